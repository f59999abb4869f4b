//! The list of leads: a typed filter and order, compiled to SQL with bound values.

use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;
use zuc_domain::lead::LeadState;
use zuc_domain::lead::score::Band;
use zuc_domain::shared::{ImportBatchId, LeadId, PersonId};

use crate::projections::{FromColumn as _, Money, search_terms};
use crate::store::uuid_of;
use crate::{Store, StoreError};

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
    /// Only those nobody has touched.
    pub untouched: bool,
    /// Only those whose next step is due on this day or before.
    pub due_by: Option<jiff::civil::Date>,
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
    const fn column(self) -> &'static str {
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

    const fn index(self) -> &'static str {
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

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadRow {
    /// Its id.
    pub id: LeadId,
    /// The person.
    pub full_name: String,
    /// The company.
    pub company: String,
    /// Mail.
    pub email: String,
    /// Phone.
    pub phone: String,
    /// RFC.
    pub rfc: String,
    /// City.
    pub city: String,
    /// Postal code.
    pub postal_code: String,
    /// Line of business.
    pub industry: String,
    /// Employees.
    pub company_size: Option<i64>,
    /// Where it came from.
    pub source: String,
    /// Where it stands.
    pub state: String,
    /// Concurrent final states that a person must settle.
    pub needs_review: bool,
    /// Who works it.
    pub owner: Option<PersonId>,
    /// That person's name.
    pub owner_name: String,
    /// The score.
    pub score: i64,
    /// Its band.
    pub band: String,
    /// Who made it.
    pub score_method: String,
    /// Why, as JSON.
    pub factors: String,
    /// The estimated amount.
    pub amount: Option<Money>,
    /// What comes next.
    pub next_step: String,
    /// By when (`yyyy-mm-dd`).
    pub next_step_due: Option<String>,
    /// The day of capture (`yyyy-mm-dd`).
    pub created_on: String,
    /// Free notes.
    pub notes: String,
    /// The customer it became.
    pub customer: Option<Uuid>,
    /// The opportunity it became.
    pub opportunity: Option<Uuid>,
    /// Written here and not yet acknowledged by the relay.
    pub unsent: bool,
}

/// What the matching leads add up to in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadSum {
    /// The currency.
    pub currency: String,
    /// How many of them carry an amount or not in this currency.
    pub rows: u64,
    /// Sum in micro-units.
    pub micro: i64,
}

/// A window of the list with the totals of all that match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadPage {
    /// How many match.
    pub total: u64,
    /// More match the text than were looked at: `total` is a floor.
    pub truncated: bool,
    /// The window.
    pub rows: Vec<LeadRow>,
    /// Sums by currency.
    pub sums: Vec<LeadSum>,
}

/// Below this many matches the rows are fetched and sorted; above, an index in the wanted order is walked.
const FEW: u64 = 3_000;
/// A text that more rows match than this says nothing: the newest are looked at.
const MOST_HITS: i64 = 5_000;

pub(super) const SELECT: &str = "SELECT r.id, r.full_name, r.company, r.email, r.phone, r.rfc, r.city, r.postal_code, r.industry, \
     r.company_size, r.source, r.state, r.needs_review, r.owner, r.owner_name, r.score, r.band, r.score_method, \
     r.factors, r.amount, r.currency, r.next_step, r.next_step_due, r.created_on, r.notes, r.customer, r.opportunity, \
     EXISTS (SELECT 1 FROM outbox WHERE item = r.id) AS unsent ";

#[derive(sqlx::FromRow)]
pub(super) struct Raw {
    id: Vec<u8>,
    full_name: String,
    company: String,
    email: String,
    phone: String,
    rfc: String,
    city: String,
    postal_code: String,
    industry: String,
    company_size: Option<i64>,
    source: String,
    state: String,
    needs_review: bool,
    owner: Vec<u8>,
    owner_name: String,
    score: i64,
    band: String,
    score_method: String,
    factors: String,
    amount: Option<String>,
    currency: String,
    next_step: String,
    next_step_due: Option<String>,
    created_on: String,
    notes: String,
    customer: Option<Vec<u8>>,
    opportunity: Option<Vec<u8>>,
    unsent: bool,
}

impl TryFrom<Raw> for LeadRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        let id = uuid_of("lead_row", &raw.id)?;
        let link = |link: Option<Vec<u8>>| link.map(|link| uuid_of("lead_row", &link)).transpose();
        Ok(Self {
            id: LeadId(id),
            full_name: raw.full_name,
            company: raw.company,
            email: raw.email,
            phone: raw.phone,
            rfc: raw.rfc,
            city: raw.city,
            postal_code: raw.postal_code,
            industry: raw.industry,
            company_size: raw.company_size,
            source: raw.source,
            state: raw.state,
            needs_review: raw.needs_review,
            owner: if raw.owner.is_empty() { None } else { Some(PersonId(uuid_of("lead_row", &raw.owner)?)) },
            owner_name: raw.owner_name,
            score: raw.score,
            band: raw.band,
            score_method: raw.score_method,
            factors: raw.factors,
            amount: Money::of_column("lead_row", id, raw.amount.as_deref(), &raw.currency)?,
            next_step: raw.next_step,
            next_step_due: raw.next_step_due,
            created_on: raw.created_on,
            notes: raw.notes,
            customer: link(raw.customer)?,
            opportunity: link(raw.opportunity)?,
            unsent: raw.unsent,
        })
    }
}

impl Store {
    /// One lead's row; `None` when no lead has this id.
    pub async fn lead_row(&self, id: LeadId) -> Result<Option<LeadRow>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(SELECT);
        query.push("FROM lead_row r WHERE r.id = ").push_bind(id.0.as_bytes().to_vec());
        let raw: Option<Raw> = query.build_query_as().fetch_optional(self.reader()).await?;
        raw.map(LeadRow::try_from).transpose()
    }

    /// A window of the leads that pass `filter`, in `order`, with the totals of all of them.
    pub async fn lead_page(
        &self,
        filter: &LeadFilter,
        order: LeadOrder,
        descending: bool,
        offset: u64,
        limit: u32,
    ) -> Result<LeadPage, StoreError> {
        let terms = search_terms(&filter.text);
        let narrowed = terms.is_some() || filter.import_batch.is_some() || filter.untouched || filter.due_by.is_some();
        let mut page = LeadPage::default();
        let mut totals = QueryBuilder::<Sqlite>::new("");
        if narrowed {
            totals.push("SELECT currency, count(*), ifnull(sum(amount_micro), 0) FROM lead_row r WHERE 1 = 1");
            facets(&mut totals, "r", filter);
            narrow(&mut totals, filter, terms.as_deref());
        } else {
            totals.push("SELECT currency, sum(rows), sum(amount_micro) FROM lead_facet r WHERE 1 = 1");
            facets(&mut totals, "r", filter);
        }
        totals.push(" GROUP BY currency ORDER BY currency");
        let sums: Vec<(String, i64, i64)> = totals.build_query_as().fetch_all(self.reader()).await?;
        page.sums = sums
            .into_iter()
            .map(|(currency, rows, micro)| LeadSum { currency, rows: u64::try_from(rows).unwrap_or(0), micro })
            .collect();
        page.total = page.sums.iter().map(|sum| sum.rows).sum();
        page.truncated = terms.is_some() && page.total >= u64::try_from(MOST_HITS).unwrap_or(u64::MAX);

        let mut query = QueryBuilder::<Sqlite>::new(SELECT);
        if narrowed {
            query.push("FROM lead_row r WHERE 1 = 1");
            facets(&mut query, "r", filter);
            narrow(&mut query, filter, terms.as_deref());
        } else if page.total <= FEW {
            // The few combinations of facets that match, each found through the index.
            query.push("FROM (SELECT DISTINCT state, owner, band, source FROM lead_facet f WHERE 1 = 1");
            facets(&mut query, "f", filter);
            query.push(
                ") f CROSS JOIN lead_row r INDEXED BY lead_by_facet
                 ON r.state = f.state AND r.owner = f.owner AND r.band = f.band AND r.source = f.source",
            );
        } else {
            query.push("FROM lead_row r INDEXED BY ").push(order.index()).push(" WHERE 1 = 1");
            facets(&mut query, "r", filter);
        }
        let direction = if descending { " DESC" } else { "" };
        query.push(" ORDER BY r.").push(order.column()).push(direction).push(", r.n").push(direction);
        query.push(" LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(i64::try_from(offset).unwrap_or(i64::MAX));
        let rows: Vec<Raw> = query.build_query_as().fetch_all(self.reader()).await?;
        page.rows = rows.into_iter().map(LeadRow::try_from).collect::<Result<_, _>>()?;
        Ok(page)
    }

    /// Leads by a few letters, best score first: the palette and the search box as one types.
    pub async fn search_leads(&self, text: &str, limit: u32) -> Result<Vec<LeadRow>, StoreError> {
        let Some(terms) = search_terms(text) else { return Ok(Vec::new()) };
        let mut query = QueryBuilder::<Sqlite>::new(SELECT);
        query
            .push("FROM lead_row r WHERE r.n IN (SELECT rowid FROM lead_search WHERE lead_search MATCH ")
            .push_bind(terms)
            .push(" ORDER BY rowid DESC LIMIT 400) ORDER BY r.open DESC, r.score DESC, r.n DESC LIMIT ")
            .push_bind(limit);
        let rows: Vec<Raw> = query.build_query_as().fetch_all(self.reader()).await?;
        rows.into_iter().map(LeadRow::try_from).collect()
    }

    /// The sources that leads came from, most frequent first.
    pub async fn lead_sources(&self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar!("SELECT source FROM lead_facet GROUP BY source ORDER BY sum(rows) DESC")
            .fetch_all(self.reader())
            .await?)
    }
}

fn facets(query: &mut QueryBuilder<Sqlite>, table: &str, filter: &LeadFilter) {
    one_of(query, table, "state", filter.states.iter().map(|state| state.name()));
    one_of(query, table, "band", filter.bands.iter().map(|band| band.name()));
    one_of(query, table, "source", filter.sources.iter().cloned());
    one_of(
        query,
        table,
        "owner",
        filter.owners.iter().map(|owner| owner.map(|owner| owner.0.as_bytes().to_vec()).unwrap_or_default()),
    );
}

fn one_of<T>(query: &mut QueryBuilder<Sqlite>, table: &str, column: &str, values: impl ExactSizeIterator<Item = T>)
where
    T: for<'q> sqlx::Encode<'q, Sqlite> + sqlx::Type<Sqlite> + Send + 'static,
{
    if values.len() == 0 {
        return;
    }
    query.push(" AND ").push(table).push(".").push(column).push(" IN (");
    let mut list = query.separated(", ");
    for value in values {
        list.push_bind(value);
    }
    query.push(")");
}

fn narrow(query: &mut QueryBuilder<Sqlite>, filter: &LeadFilter, terms: Option<&str>) {
    if let Some(terms) = terms {
        query
            .push(" AND r.n IN (SELECT rowid FROM lead_search WHERE lead_search MATCH ")
            .push_bind(terms.to_owned())
            .push(" ORDER BY rowid DESC LIMIT ")
            .push_bind(MOST_HITS)
            .push(")");
    }
    if let Some(batch) = filter.import_batch {
        query.push(" AND r.import_batch = ").push_bind(batch.0.as_bytes().to_vec());
    }
    if filter.untouched {
        query.push(" AND r.touched = 0");
    }
    if let Some(day) = filter.due_by {
        query.push(" AND r.next_step_due <= ").push_bind(day.to_string());
    }
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;

    #[tokio::test]
    async fn each_order_has_the_index_that_a_long_list_is_walked_by() {
        let store = crate::testing::device(1).await;
        for order in [
            LeadOrder::Company,
            LeadOrder::Name,
            LeadOrder::City,
            LeadOrder::State,
            LeadOrder::Score,
            LeadOrder::Amount,
            LeadOrder::CreatedOn,
            LeadOrder::Owner,
            LeadOrder::NextStep,
        ] {
            let (index, column) = (order.index(), order.column());
            let sql = format!("EXPLAIN QUERY PLAN SELECT * FROM lead_row INDEXED BY {index} ORDER BY {column}, n");
            let plan = sqlx::query_as::<_, (i64, i64, i64, String)>(AssertSqlSafe(sql));
            let steps = plan.fetch_all(store.reader()).await.unwrap();
            assert!(steps.iter().all(|step| !step.3.contains("TEMP B-TREE")), "{order:?}: {steps:?}");
        }
    }
}
