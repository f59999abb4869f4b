//! The list of leads: a window of what passes a filter, in an order, with the totals of all.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;
use zuc_domain::shared::{LeadId, PersonId};

use super::filter::{LeadFilter, LeadOrder};
use crate::projections::{FromColumn as _, Money, search_terms};
use crate::store::uuid_of;
use crate::{Store, StoreError};

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
    /// The window.
    pub rows: Vec<LeadRow>,
    /// Sums by currency.
    pub sums: Vec<LeadSum>,
    /// The text is found in so many leads that only the newest of them are among these.
    pub only_newest: bool,
}

/// What is few, and what is too many.
#[derive(Clone, Copy)]
struct Bounds {
    /// Up to this many matches the rows are fetched and sorted; with more, an index in the wanted order is walked.
    few: u64,
    /// A text that more rows match than this says nothing: the newest are looked at.
    hits: i64,
}

const BOUNDS: Bounds = Bounds { few: 1_000, hits: 5_000 };

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
        self.page(filter, order, descending, (offset, limit), BOUNDS).await
    }

    async fn page(
        &self,
        filter: &LeadFilter,
        order: LeadOrder,
        descending: bool,
        (offset, limit): (u64, u32),
        bounds: Bounds,
    ) -> Result<LeadPage, StoreError> {
        let terms = search_terms(&filter.text);
        let narrowed = terms.is_some() || filter.import_batch.is_some();
        // one reading of the file: where the window lies is reckoned from the total
        let mut conn = self.reader().begin().await?;
        let sums: Vec<(String, i64, i64)> =
            totals(filter, terms.as_deref(), bounds.hits).build_query_as().fetch_all(&mut *conn).await?;
        let sums: Vec<LeadSum> = sums
            .into_iter()
            .map(|(currency, rows, micro)| LeadSum { currency, rows: u64::try_from(rows).unwrap_or(0), micro })
            .collect();
        let total = sums.iter().map(|sum| sum.rows).sum();
        let only_newest = match &terms {
            Some(terms) => has_more_hits(&mut conn, terms, bounds.hits).await?,
            None => false,
        };

        let window = Window::of(total, offset, limit);
        let mut query = QueryBuilder::<Sqlite>::new(SELECT);
        if total > bounds.few {
            query.push("FROM lead_row r INDEXED BY ").push(order.index()).push(" WHERE 1 = 1");
            filter.push_rows(&mut query);
            push_found(&mut query, filter, terms.as_deref(), bounds.hits);
        } else if narrowed {
            query.push("FROM lead_row r WHERE 1 = 1");
            filter.push_rows(&mut query);
            push_found(&mut query, filter, terms.as_deref(), bounds.hits);
        } else {
            // the few facets that match, each found through its index
            query.push("FROM lead_facet f CROSS JOIN lead_row r INDEXED BY lead_by_facet ON r.facet = f.n WHERE 1 = 1");
            filter.push_facets(&mut query);
        }
        let direction = if descending == window.from_the_end { "" } else { " DESC" };
        query.push(" ORDER BY r.").push(order.column()).push(direction).push(", r.n").push(direction);
        query.push(" LIMIT ").push_bind(window.limit).push(" OFFSET ").push_bind(window.offset);
        let rows: Vec<Raw> = query.build_query_as().fetch_all(&mut *conn).await?;
        conn.rollback().await?;
        let mut rows = rows.into_iter().map(LeadRow::try_from).collect::<Result<Vec<_>, _>>()?;
        if window.from_the_end {
            rows.reverse();
        }
        Ok(LeadPage { total, rows, sums, only_newest })
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
        Ok(sqlx::query_scalar!(
            "SELECT f.source FROM lead_facet f JOIN lead_total t ON t.facet = f.n
             GROUP BY f.source ORDER BY sum(t.rows) DESC, f.source"
        )
        .fetch_all(self.reader())
        .await?)
    }
}

/// A window of a walk that starts at the end that is nearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    from_the_end: bool,
    offset: i64,
    limit: i64,
}

impl Window {
    fn of(total: u64, offset: u64, limit: u32) -> Self {
        let limit = u64::from(limit).min(total.saturating_sub(offset));
        let after = total.saturating_sub(offset).saturating_sub(limit);
        let from_the_end = after < offset;
        let offset = if from_the_end { after } else { offset };
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        Self { from_the_end, offset: number(offset), limit: number(limit) }
    }
}

/// Rows and amounts of all that match, by currency. Amounts are summed in halves, as in the views.
fn totals(filter: &LeadFilter, terms: Option<&str>, hits: i64) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::<Sqlite>::new("");
    if terms.is_some() || filter.import_batch.is_some() {
        query.push(
            "SELECT r.currency, count(*),
                 ifnull(CAST(sum(r.amount_micro >> 32) * 4294967296 + sum(r.amount_micro & 4294967295) AS INTEGER), 0)
             FROM lead_row r INDEXED BY lead_by_n WHERE 1 = 1",
        );
        filter.push_rows(&mut query);
        push_found(&mut query, filter, terms, hits);
        query.push(" GROUP BY r.currency ORDER BY r.currency");
    } else {
        query.push(
            "SELECT t.currency, sum(t.rows),
                 CAST(sum(t.amount_micro >> 32) * 4294967296 + sum(t.amount_micro & 4294967295) AS INTEGER)
             FROM lead_facet f JOIN lead_total t ON t.facet = f.n WHERE 1 = 1",
        );
        filter.push_facets(&mut query);
        query.push(" GROUP BY t.currency ORDER BY t.currency");
    }
    query
}

async fn has_more_hits(conn: &mut SqliteConnection, terms: &str, hits: i64) -> Result<bool, StoreError> {
    let past = sqlx::query_scalar::<_, i64>("SELECT 1 FROM lead_search WHERE lead_search MATCH ?1 LIMIT 1 OFFSET ?2")
        .bind(terms)
        .bind(hits);
    Ok(past.fetch_optional(conn).await?.is_some())
}

/// ` AND …` over `lead_row r`: the text was found in it, and it came with the import.
fn push_found(query: &mut QueryBuilder<Sqlite>, filter: &LeadFilter, terms: Option<&str>, hits: i64) {
    if let Some(terms) = terms {
        query
            .push(" AND r.n IN (SELECT rowid FROM lead_search WHERE lead_search MATCH ")
            .push_bind(terms.to_owned())
            .push(" ORDER BY rowid DESC LIMIT ")
            .push_bind(hits)
            .push(")");
    }
    if let Some(batch) = filter.import_batch {
        query
            .push(" AND r.n IN (SELECT b.n FROM lead_row b INDEXED BY lead_by_batch WHERE b.import_batch = ")
            .push_bind(batch.0.as_bytes().to_vec())
            .push(")");
    }
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;
    use zuc_domain::lead::LeadState;
    use zuc_domain::shared::Money as Amount;
    use zuc_domain::shared::{Currency, ImportBatchId};

    use super::*;
    use crate::testing::{at, device, lead};

    const ORDERS: [LeadOrder; 9] = [
        LeadOrder::Company,
        LeadOrder::Name,
        LeadOrder::City,
        LeadOrder::State,
        LeadOrder::Score,
        LeadOrder::Amount,
        LeadOrder::CreatedOn,
        LeadOrder::Owner,
        LeadOrder::NextStep,
    ];

    #[test]
    fn a_window_is_walked_to_from_the_nearer_end() {
        let window = |total, offset, limit| {
            let window = Window::of(total, offset, limit);
            (window.from_the_end, window.offset, window.limit)
        };
        assert_eq!(window(100, 0, 10), (false, 0, 10));
        assert_eq!(window(100, 45, 10), (false, 45, 10));
        assert_eq!(window(100, 60, 10), (true, 30, 10));
        assert_eq!(window(100, 95, 10), (true, 0, 5));
        assert_eq!(window(100, 100, 10), (true, 0, 0));
        assert_eq!(window(100, u64::MAX, 10), (true, 0, 0));
        assert_eq!(window(0, 0, 10), (false, 0, 0));
        assert_eq!(window(7, 0, 10), (false, 0, 7));
    }

    #[tokio::test]
    async fn a_long_list_is_walked_to_the_rows_that_a_short_one_is_sorted_into() {
        let store = device(1).await;
        let batch = ImportBatchId(Uuid::from_u128(77));
        let mut tx = store.begin(at(0)).await.unwrap();
        for number in 0..90u128 {
            let company = ["Mercería Ñandú", "Aceros", "Zapatos"][number as usize % 3];
            let (mut lead, event) = lead(number + 1, &format!("Persona {:02}", number * 7 % 90), company, &tx.act());
            lead.city = Some(["León", "Ávila"][number as usize % 2].to_owned());
            lead.owner = (number % 4 != 0).then(|| at(0).person);
            lead.import_batch = (number % 5 == 0).then_some(batch);
            lead.source = ["Expo", "Web"][usize::from(number > 60)].to_owned();
            lead.estimated_amount = Amount::try_new(u32::try_from(number % 11).unwrap().into(), Currency::Mxn).ok();
            tx.repository().record(&lead, &event).await.unwrap();
        }
        tx.commit().await.unwrap();
        let filters = [
            LeadFilter::default(),
            LeadFilter { text: "merc".into(), ..LeadFilter::default() },
            LeadFilter { text: "merc".into(), sources: vec!["Web".into()], ..LeadFilter::default() },
            LeadFilter { owners: vec![None], states: vec![LeadState::New], ..LeadFilter::default() },
            LeadFilter { import_batch: Some(batch), ..LeadFilter::default() },
        ];
        for (filter, total) in filters.iter().zip([90, 30, 9, 23, 18]) {
            for order in ORDERS {
                for descending in [false, true] {
                    let all = store
                        .page(filter, order, descending, (0, 500), Bounds { few: u64::MAX, ..BOUNDS })
                        .await
                        .unwrap();
                    assert_eq!((all.total, all.rows.len()), (total, usize::try_from(total).unwrap()), "{filter:?}");
                    let mut walked = Vec::new();
                    for offset in (0..total + 7).step_by(7) {
                        let page = store
                            .page(filter, order, descending, (offset, 7), Bounds { few: 0, ..BOUNDS })
                            .await
                            .unwrap();
                        assert_eq!((page.total, &page.sums), (all.total, &all.sums), "{filter:?}");
                        walked.extend(page.rows);
                    }
                    assert_eq!(walked, all.rows, "{filter:?} by {order:?}");
                }
            }
        }
        // thirty rows hold the word
        for (hits, seen) in [(29, (29, true)), (30, (30, false))] {
            let bounds = Bounds { hits, ..BOUNDS };
            let page = store.page(&filters[1], LeadOrder::CreatedOn, true, (0, 50), bounds).await.unwrap();
            assert_eq!((page.total, page.only_newest), seen, "at most {hits} are looked at");
        }
    }

    #[tokio::test]
    async fn a_facet_that_no_lead_has_any_more_is_forgotten() {
        let store = device(1).await;
        let mut tx = store.begin(at(0)).await.unwrap();
        let (mut lead, event) = lead(1, "Ana", "Una", &tx.act());
        lead.source = "Recomendada por Julia".to_owned();
        tx.repository().record(&lead, &event).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.lead_sources().await.unwrap(), ["Recomendada por Julia"]);
        let mut tx = store.begin(at(1)).await.unwrap();
        lead.source = "Expo".to_owned();
        tx.repository().save(&lead).await.unwrap();
        tx.commit().await.unwrap();
        let held = || sqlx::query_scalar::<_, String>("SELECT source FROM lead_facet").fetch_all(store.reader());
        assert_eq!(held().await.unwrap(), ["Expo"]);
        let mut tx = store.begin(at(2)).await.unwrap();
        assert!(tx.repository::<zuc_domain::lead::Lead>().delete(lead.id).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(held().await.unwrap(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn each_order_has_the_index_that_a_long_list_is_walked_by() {
        let store = device(1).await;
        for order in ORDERS {
            let (index, column) = (order.index(), order.column());
            let sql = format!("EXPLAIN QUERY PLAN SELECT * FROM lead_row INDEXED BY {index} ORDER BY {column}, n");
            let plan = sqlx::query_as::<_, (i64, i64, i64, String)>(AssertSqlSafe(sql));
            let steps = plan.fetch_all(store.reader()).await.unwrap();
            assert!(steps.iter().all(|step| !step.3.contains("TEMP B-TREE")), "{order:?}: {steps:?}");
        }
    }
}
