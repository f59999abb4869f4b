//! Stages of the pipeline with their figures.

use crate::shared::named::named;
use crate::shared::{Action, Ask, StateMachine};

named! {
    /// A stage of the pipeline.
    Stage {
        /// First contact with a need.
        Prospeccion = "prospeccion",
        /// Budget, authority, need, date.
        Calificacion = "calificacion",
        /// Diagnosis or demo.
        Diagnostico = "diagnostico",
        /// A proposal is out.
        Propuesta = "propuesta",
        /// Terms are being settled.
        Negociacion = "negociacion",
        /// Won.
        Ganada = "ganada",
        /// Lost.
        Perdida = "perdida",
    }

    /// What a deal counts as in the forecast.
    ForecastCategory {
        /// Early.
        Pipeline = "pipeline",
        /// May close.
        BestCase = "best_case",
        /// Will close.
        Commit = "commit",
        /// Closed.
        Closed = "closed",
        /// Counts for nothing.
        Omitted = "omitted",
    }

    /// Why a deal was lost.
    LossReason {
        /// Too dear.
        Price = "price",
        /// Bought elsewhere.
        Competitor = "competitor",
        /// No decision was made.
        NoDecision = "no_decision",
        /// No budget.
        NoBudget = "no_budget",
        /// Did not fit.
        Fit = "fit",
        /// Anything else.
        Other = "other",
    }
}

impl Stage {
    /// Chance of winning, in percent, taken over at stage entry.
    pub const fn probability(self) -> u8 {
        match self {
            Self::Prospeccion => 10,
            Self::Calificacion => 20,
            Self::Diagnostico => 35,
            Self::Propuesta => 50,
            Self::Negociacion => 75,
            Self::Ganada => 100,
            Self::Perdida => 0,
        }
    }

    /// What the stage counts as.
    pub const fn forecast_category(self) -> ForecastCategory {
        match self {
            Self::Prospeccion | Self::Calificacion | Self::Diagnostico => ForecastCategory::Pipeline,
            Self::Propuesta => ForecastCategory::BestCase,
            Self::Negociacion => ForecastCategory::Commit,
            Self::Ganada => ForecastCategory::Closed,
            Self::Perdida => ForecastCategory::Omitted,
        }
    }

    /// Days without a completed activity after which a deal here rots.
    pub const fn rots_after_days(self) -> Option<u16> {
        match self {
            Self::Prospeccion | Self::Calificacion => Some(14),
            Self::Diagnostico | Self::Propuesta => Some(10),
            Self::Negociacion => Some(7),
            Self::Ganada | Self::Perdida => None,
        }
    }

    /// Whether the deal is over.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Ganada | Self::Perdida)
    }
}

impl StateMachine for Stage {
    const INITIAL: Self = Self::Prospeccion;

    // A closed deal wins over an open one, and of two open stages the later one.
    fn rank(self) -> u8 {
        match self {
            Self::Prospeccion => 0,
            Self::Calificacion => 1,
            Self::Diagnostico => 2,
            Self::Propuesta => 3,
            Self::Negociacion => 4,
            Self::Perdida => 5,
            Self::Ganada => 6,
        }
    }

    // Every stage leads to every other; who may leave a closed one is a matter of permission.
    fn allows(self, _to: Self) -> bool {
        true
    }

    // Won here and lost there: only a person knows.
    fn needs_review(self, other: Self) -> bool {
        self.is_closed() && other.is_closed() && self != other
    }

    fn asks(self, to: Self, authority: bool) -> &'static [Ask] {
        match (self, to) {
            _ if authority => &[],
            (from, to) if from.is_closed() && from != to => &[Ask::Here(Action::ReopenOpportunity)],
            // a signed proposal wins its deal
            (_, Self::Ganada) => &[Ask::Here(Action::CloseOpportunity), Ask::Beside(Action::AcceptProposal)],
            (_, Self::Perdida) => &[Ask::Here(Action::CloseOpportunity)],
            _ => &[Ask::Here(Action::EditOpportunity)],
        }
    }

    fn name(self) -> &'static str {
        Self::name(self)
    }
}
