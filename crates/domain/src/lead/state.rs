//! States of a lead, and which wins when two devices set different ones.

use crate::shared::named::named;
use crate::shared::{Action, Ask, StateMachine};

named! {
    /// Where a lead stands.
    LeadState {
        /// Captured. Nuevo.
        New = "new",
        /// Has an owner. Asignado.
        Assigned = "assigned",
        /// First outbound touch or reply logged. En contacto.
        Working = "working",
        /// Not now. En nutrición.
        Nurturing = "nurturing",
        /// Passed the gate. Calificado.
        Qualified = "qualified",
        /// Conversion committed. Convertido; final but for the saga's compensation.
        Converted = "converted",
        /// Discarded. Descartado.
        Disqualified = "disqualified",
    }

    /// What a state counts as in reports; display names may change, this does not.
    StateKind {
        /// Nobody has begun.
        Open = "open",
        /// In work.
        Ongoing = "ongoing",
        /// Will buy.
        Won = "won",
        /// Will not.
        Lost = "lost",
    }
}

impl LeadState {
    /// What the state counts as.
    pub const fn kind(self) -> StateKind {
        match self {
            Self::New | Self::Assigned => StateKind::Open,
            Self::Working | Self::Nurturing => StateKind::Ongoing,
            Self::Qualified | Self::Converted => StateKind::Won,
            Self::Disqualified => StateKind::Lost,
        }
    }
}

impl StateMachine for LeadState {
    const INITIAL: Self = Self::New;

    // Converted > Disqualified > Qualified > Nurturing > Working > Assigned > New.
    fn rank(self) -> u8 {
        match self {
            Self::Converted => 6,
            Self::Disqualified => 5,
            Self::Qualified => 4,
            Self::Nurturing => 3,
            Self::Working => 2,
            Self::Assigned => 1,
            Self::New => 0,
        }
    }

    fn allows(self, to: Self) -> bool {
        use LeadState::{Assigned, Converted, Disqualified, New, Nurturing, Qualified, Working};
        self == to
            || matches!(
                (self, to),
                (New, Assigned | Disqualified)
                    | (Assigned, Working | New | Disqualified)
                    | (Working, Qualified | Nurturing | Disqualified)
                    | (Nurturing, Working | Disqualified)
                    | (Qualified, Converted | Nurturing | Disqualified)
                    | (Disqualified, Working)
            )
    }

    // The saga converts what its own rules let through, and takes a conversion back.
    fn allows_authority(self, to: Self) -> bool {
        self.allows(to) || matches!((self, to), (Self::Converted, Self::Qualified))
    }

    fn asks(self, to: Self, authority: bool) -> &'static [Ask] {
        use Action::{
            AssignLead, ClaimLead, ConvertLead, CreateLead, DisqualifyLead, EditLead, ImportLeads, LogActivity,
            QualifyLead, SettleLeadConversion,
        };
        match (self, to) {
            _ if authority => &[Ask::Here(SettleLeadConversion)],
            (_, Self::Converted) => &[Ask::Here(ConvertLead), Ask::Here(SettleLeadConversion)],
            (_, Self::Qualified) => &[Ask::Here(QualifyLead)],
            (_, Self::Disqualified | Self::Nurturing) | (Self::Disqualified, Self::Working) => {
                &[Ask::Here(DisqualifyLead)]
            }
            (_, Self::Working) => &[Ask::Here(LogActivity)],
            // the first touch takes a lead that nobody owns
            (_, Self::Assigned | Self::New) => &[
                Ask::Here(CreateLead),
                Ask::Here(ImportLeads),
                Ask::Here(ClaimLead),
                Ask::Here(AssignLead),
                Ask::Here(EditLead),
                Ask::Here(LogActivity),
            ],
        }
    }

    fn name(self) -> &'static str {
        Self::name(self)
    }
}
