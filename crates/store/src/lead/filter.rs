//! What the list is narrowed by and ordered by, compiled to SQL with bound values.

use sqlx::{QueryBuilder, Sqlite};
use zuc_domain::lead::LeadState;
use zuc_domain::lead::score::Band;
use zuc_domain::shared::{ImportBatchId, PersonId};

/// Which leads; an empty list or `None` asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadFilter {
    /// Words over person, company, mail, phone and RFC, without accents, the last one perhaps unfinished.
    pub text: String,
    /// One of these states.
    pub states: Vec<LeadState>,
    /// One of these owners; `None` among them is nobody.
    pub owners: Vec<Option<PersonId>>,
    /// One of these bands.
    pub bands: Vec<Band>,
    /// One of these sources.
    pub sources: Vec<String>,
    /// Of this import.
    pub import_batch: Option<ImportBatchId>,
}

/// By which column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum LeadOrder {
    /// The company's name.
    Company,
    /// The person's name.
    Name,
    /// City.
    City,
    /// Where it stands.
    State,
    /// The score.
    #[default]
    Score,
    /// The estimated amount.
    Amount,
    /// The day of capture.
    CreatedOn,
    /// The owner's name.
    Owner,
    /// The day of the next step.
    NextStep,
}

impl LeadOrder {
    pub(super) const fn column(self) -> &'static str {
        match self {
            Self::Company => "company_sort",
            Self::Name => "name_sort",
            Self::City => "city_sort",
            Self::State => "state",
            Self::Score => "score",
            Self::Amount => "amount_micro",
            Self::CreatedOn => "created_on",
            Self::Owner => "owner_name",
            Self::NextStep => "next_step_due",
        }
    }

    pub(super) const fn index(self) -> &'static str {
        match self {
            Self::Company => "lead_by_company",
            Self::Name => "lead_by_name",
            Self::City => "lead_by_city",
            Self::State => "lead_by_state",
            Self::Score => "lead_by_score",
            Self::Amount => "lead_by_amount",
            Self::CreatedOn => "lead_by_created",
            Self::Owner => "lead_by_owner",
            Self::NextStep => "lead_by_due",
        }
    }
}

impl LeadFilter {
    /// Whether every facet passes.
    pub(super) fn takes_all_facets(&self) -> bool {
        self.states.is_empty() && self.owners.is_empty() && self.bands.is_empty() && self.sources.is_empty()
    }

    /// ` AND …` over the columns of `lead_facet f`.
    pub(super) fn push_facets(&self, query: &mut QueryBuilder<Sqlite>) {
        one_of(query, "state", self.states.iter().map(|state| state.name()));
        one_of(query, "band", self.bands.iter().map(|band| band.name()));
        one_of(query, "source", self.sources.iter().cloned());
        let bytes = |owner: &Option<PersonId>| owner.map(|owner| owner.0.as_bytes().to_vec()).unwrap_or_default();
        one_of(query, "owner", self.owners.iter().map(bytes));
    }

    /// ` AND …` over `lead_row r`: its facet is one of those that pass.
    pub(super) fn push_rows(&self, query: &mut QueryBuilder<Sqlite>) {
        if self.takes_all_facets() {
            return;
        }
        query.push(" AND r.facet IN (SELECT f.n FROM lead_facet f WHERE 1 = 1");
        self.push_facets(query);
        query.push(")");
    }
}

fn one_of<T>(query: &mut QueryBuilder<Sqlite>, column: &str, values: impl ExactSizeIterator<Item = T>)
where
    T: for<'q> sqlx::Encode<'q, Sqlite> + sqlx::Type<Sqlite> + Send + 'static,
{
    if values.len() == 0 {
        return;
    }
    query.push(" AND f.").push(column).push(" IN (");
    let mut list = query.separated(", ");
    for value in values {
        list.push_bind(value);
    }
    query.push(")");
}
