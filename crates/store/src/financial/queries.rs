//! Lists of invoices and what is owed.

use jiff::civil::Date;
use zuc_domain::shared::{ContractId, Currency, CustomerId, InvoiceId, ProposalId, Scope};

use crate::projections::{FromColumn as _, Money, money_of_micro, search_terms};
use crate::store::{scope_of, uuid_of};
use crate::{Store, StoreError};

/// The views of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum InvoiceView {
    /// Everything.
    #[default]
    All,
    /// Drafts, and those whose window has passed.
    ToIssue,
    /// Sealed and not yet stamped.
    InProgress,
    /// Stamped.
    Stamped,
    /// Refused: a person must look.
    NeedsSomeone,
    /// Kept for the law alone, of customers who were forgotten; no other view has them.
    Blocked,
}

impl InvoiceView {
    /// Every view, in order.
    pub const ALL: [Self; 6] =
        [Self::All, Self::ToIssue, Self::InProgress, Self::Stamped, Self::NeedsSomeone, Self::Blocked];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::ToIssue => "to_issue",
            Self::InProgress => "in_progress",
            Self::Stamped => "stamped",
            Self::NeedsSomeone => "needs_someone",
            Self::Blocked => "blocked",
        }
    }

    /// The fiscal states it shows, between commas.
    const fn states(self) -> &'static str {
        match self {
            Self::All | Self::Blocked => {
                ",pre_invoice,window_expired,generated,queued,submitted,unknown,stamped,rejected,voided,"
            }
            Self::ToIssue => ",pre_invoice,window_expired,",
            Self::InProgress => ",generated,queued,submitted,unknown,",
            Self::Stamped => ",stamped,",
            Self::NeedsSomeone => ",rejected,",
        }
    }
}

/// An invoice in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceRow {
    /// Its id.
    pub id: InvoiceId,
    /// The customer.
    pub customer: CustomerId,
    /// That customer's name; the receiver's where the customer has not arrived.
    pub customer_name: String,
    /// The receiver's RFC, empty while unknown.
    pub rfc: String,
    /// Serie and folio, or the draft's label.
    pub label: String,
    /// `draft`, `issued`, `voided`.
    pub document_state: String,
    /// The fiscal state's stable name.
    pub fiscal_state: String,
    /// `not_paid`, `partial`, `paid`.
    pub payment_state: String,
    /// Total with taxes.
    pub total: Money,
    /// What is still owed.
    pub outstanding: Money,
    /// The day of the document (`yyyy-mm-dd`).
    pub on: String,
    /// The day it is due (`yyyy-mm-dd`).
    pub due: String,
    /// Folio fiscal once stamped.
    pub uuid: String,
    /// Unix milliseconds until which it must be stamped; only while it waits.
    pub stamp_deadline: Option<i64>,
    /// The proposal it came from.
    pub proposal: Option<ProposalId>,
    /// The contract it bills.
    pub contract: Option<ContractId>,
    /// Written here and not yet acknowledged.
    pub unsent: bool,
    /// It is kept for the law alone: its customer was forgotten.
    pub blocked: bool,
}

struct Raw {
    id: Vec<u8>,
    customer: Vec<u8>,
    customer_name: String,
    rfc: String,
    label: String,
    document_state: String,
    fiscal_state: String,
    payment_state: String,
    total: String,
    outstanding: String,
    currency: String,
    on_date: String,
    due_date: String,
    uuid: String,
    stamp_deadline: Option<i64>,
    proposal: Option<Vec<u8>>,
    contract: Option<Vec<u8>>,
    unsent: i64,
    blocked: i64,
}

impl TryFrom<Raw> for InvoiceRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        let id = uuid_of("financial_invoice", &raw.id)?;
        let link = |link: Option<Vec<u8>>| link.map(|link| uuid_of("financial_invoice", &link)).transpose();
        Ok(Self {
            id: InvoiceId(id),
            customer: CustomerId(uuid_of("financial_invoice", &raw.customer)?),
            customer_name: raw.customer_name,
            rfc: raw.rfc,
            label: raw.label,
            document_state: raw.document_state,
            fiscal_state: raw.fiscal_state,
            payment_state: raw.payment_state,
            total: Money::required("financial_invoice", id, &raw.total, &raw.currency)?,
            outstanding: Money::required("financial_invoice", id, &raw.outstanding, &raw.currency)?,
            on: raw.on_date,
            due: raw.due_date,
            uuid: raw.uuid,
            stamp_deadline: raw.stamp_deadline,
            proposal: link(raw.proposal)?.map(ProposalId),
            contract: link(raw.contract)?.map(ContractId),
            unsent: raw.unsent != 0,
            blocked: raw.blocked != 0,
        })
    }
}

macro_rules! invoices {
    ($tail:literal, $($value:expr),*) => {
        sqlx::query_as!(
            Raw,
            r#"SELECT i.id, i.customer, ifnull(c.name, i.customer_name) AS "customer_name!: String", i.rfc, i.label,
                   i.document_state, i.fiscal_state, i.payment_state, i.total, i.outstanding, i.currency, i.on_date,
                   i.due_date, i.uuid, i.stamp_deadline, i.proposal, i.contract, i.blocked,
                   EXISTS (SELECT 1 FROM outbox WHERE item = i.id) AS "unsent!: i64"
               FROM financial_invoice i LEFT JOIN customer_row c ON c.id = i.customer "# + $tail,
            $($value),*
        )
    };
}

impl Store {
    /// One invoice's row; `None` when no invoice has this id.
    pub async fn invoice_row(&self, id: InvoiceId) -> Result<Option<InvoiceRow>, StoreError> {
        let id = id.0.as_bytes().as_slice();
        let row = invoices!("WHERE i.id = ?", id).fetch_optional(self.reader()).await?;
        row.map(InvoiceRow::try_from).transpose()
    }

    /// Invoices of a view by a few letters of customer, RFC, folio or UUID; all of the view, newest first, without any.
    pub async fn invoices(
        &self,
        view: InvoiceView,
        text: &str,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<InvoiceRow>, StoreError> {
        let (states, blocked) = (view.states(), view == InvoiceView::Blocked);
        let rows = match search_terms(text) {
            Some(terms) => {
                invoices!(
                    "WHERE i.blocked = ?5 AND instr(?1, ',' || i.fiscal_state || ',') > 0 AND i.n IN (
                         SELECT n FROM (SELECT rowid AS n FROM financial_invoice_search
                             WHERE financial_invoice_search MATCH ?2 ORDER BY rowid DESC LIMIT 2000)
                         UNION
                         SELECT of.n FROM financial_invoice of WHERE of.customer IN (
                             SELECT id FROM customer_row WHERE n IN
                                 (SELECT rowid FROM customer_search WHERE customer_search MATCH ?2 LIMIT 100)))
                     ORDER BY i.on_date DESC, i.created_at DESC LIMIT ?3 OFFSET ?4",
                    states,
                    terms,
                    limit,
                    offset,
                    blocked
                )
                .fetch_all(self.reader())
                .await?
            }
            None if matches!(view, InvoiceView::All | InvoiceView::Blocked) => {
                invoices!(
                    "WHERE i.blocked = ? ORDER BY i.on_date DESC, i.created_at DESC LIMIT ? OFFSET ?",
                    blocked,
                    limit,
                    offset
                )
                .fetch_all(self.reader())
                .await?
            }
            // one state is read in the order of its index; of several there are few, which are sorted
            None if !states.trim_matches(',').contains(',') => {
                let state = states.trim_matches(',');
                invoices!(
                    "WHERE i.blocked = 0 AND i.fiscal_state = ? ORDER BY i.on_date DESC, i.created_at DESC LIMIT ? OFFSET ?",
                    state,
                    limit,
                    offset
                )
                .fetch_all(self.reader())
                .await?
            }
            None => {
                let names = serde_json::to_string(&states.trim_matches(',').split(',').collect::<Vec<_>>())?;
                invoices!(
                    "WHERE i.blocked = 0 AND i.fiscal_state IN (SELECT value FROM json_each(?))
                     ORDER BY i.on_date DESC, i.created_at DESC LIMIT ? OFFSET ?",
                    names,
                    limit,
                    offset
                )
                .fetch_all(self.reader())
                .await?
            }
        };
        rows.into_iter().map(InvoiceRow::try_from).collect()
    }

    /// How many invoices wait for somebody or for their stamp.
    pub async fn invoices_to_stamp(&self) -> Result<u64, StoreError> {
        let views = [InvoiceView::ToIssue, InvoiceView::InProgress, InvoiceView::NeedsSomeone];
        let states = views.iter().flat_map(|view| view.states().split(',')).filter(|state| !state.is_empty());
        let states = serde_json::to_string(&states.collect::<Vec<_>>())?;
        let rows = sqlx::query_scalar!(
            "SELECT count(*) FROM financial_invoice
             WHERE blocked = 0 AND fiscal_state IN (SELECT value FROM json_each(?))",
            states,
        )
        .fetch_one(self.reader())
        .await?;
        Ok(u64::try_from(rows).unwrap_or(0))
    }

    /// How many invoices each view shows.
    pub async fn invoice_counts(&self) -> Result<Vec<(InvoiceView, u64)>, StoreError> {
        let rows = sqlx::query!(
            "SELECT fiscal_state, blocked, count(*) AS rows FROM financial_invoice GROUP BY fiscal_state, blocked"
        )
        .fetch_all(self.reader())
        .await?;
        let count = |view: InvoiceView| {
            let shown = rows.iter().filter(|row| {
                (row.blocked != 0) == (view == InvoiceView::Blocked)
                    && view.states().contains(&format!(",{},", row.fiscal_state))
            });
            u64::try_from(shown.map(|row| row.rows).sum::<i64>()).unwrap_or(0)
        };
        Ok(InvoiceView::ALL.map(|view| (view, count(view))).to_vec())
    }

    /// The stamped invoices of a customer that are not paid, oldest due first.
    pub async fn unpaid_of(&self, customer: CustomerId) -> Result<Vec<InvoiceRow>, StoreError> {
        let customer = customer.0.as_bytes().as_slice();
        let rows = invoices!(
            "WHERE i.customer = ? AND i.blocked = 0 AND i.fiscal_state = 'stamped' AND i.outstanding_micro > 0 ORDER BY i.due_date",
            customer
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter().map(InvoiceRow::try_from).collect()
    }

    /// Stamped invoices of which the team that their customer belongs to was told nothing yet, with that team's scope.
    pub async fn untold_invoices(&self, limit: u32) -> Result<Vec<(InvoiceId, Scope)>, StoreError> {
        let rows = sqlx::query!(
            "SELECT i.id, c.scope FROM financial_invoice i JOIN customer_row c ON c.id = i.customer
             WHERE i.blocked = 0 AND i.fiscal_state = 'stamped' AND NOT EXISTS
                 (SELECT 1 FROM customer_invoice t WHERE t.customer = c.id AND t.scope = c.scope AND t.invoice = i.id)
             LIMIT ?",
            limit,
        )
        .fetch_all(self.reader())
        .await?;
        rows.iter().map(|row| Ok((InvoiceId(uuid_of("financial_invoice", &row.id)?), scope_of(row.scope)?))).collect()
    }

    /// The last invoices of a customer, also those that are kept for the law alone.
    pub async fn invoices_of(&self, customer: CustomerId, limit: u32) -> Result<Vec<InvoiceRow>, StoreError> {
        let customer = customer.0.as_bytes().as_slice();
        let rows =
            invoices!("WHERE i.customer = ? ORDER BY i.on_date DESC, i.created_at DESC LIMIT ?", customer, limit)
                .fetch_all(self.reader())
                .await?;
        rows.into_iter().map(InvoiceRow::try_from).collect()
    }

    /// What was stamped for a customer before taxes, in pesos.
    pub async fn revenue_of(&self, customer: CustomerId) -> Result<Money, StoreError> {
        let customer = customer.0.as_bytes().as_slice();
        let micro = sqlx::query_scalar!(
            r#"SELECT ifnull(CAST(sum(net_micro >> 32) * 4294967296 + sum(net_micro & 4294967295) AS INTEGER), 0)
                   AS "sum!: i64"
               FROM financial_invoice
               WHERE customer = ? AND fiscal_state = 'stamped' AND currency = 'MXN'"#,
            customer,
        )
        .fetch_one(self.reader())
        .await?;
        money_of_micro(micro, Currency::Mxn)
    }

    /// Sealed documents that wait for their stamp, the shortest clock first; only they have one.
    pub async fn waiting_for_stamp(&self, limit: u32) -> Result<Vec<InvoiceRow>, StoreError> {
        let rows =
            invoices!("WHERE i.stamp_deadline IS NOT NULL ORDER BY i.stamp_deadline, i.created_at LIMIT ?", limit)
                .fetch_all(self.reader())
                .await?;
        rows.into_iter().map(InvoiceRow::try_from).collect()
    }

    /// What is owed in pesos as of a day, by days past due: current, 1–30, 31–60, 61–90, 91 and more.
    pub async fn receivables(&self, today: Date) -> Result<[Money; 5], StoreError> {
        let day = today.to_string();
        let rows = sqlx::query!(
            r#"SELECT CAST(julianday(?1) - julianday(due_date) AS INTEGER) AS "late!: i64",
                   outstanding_micro AS "micro!: i64"
               FROM financial_receivable WHERE currency = 'MXN'"#,
            day,
        )
        .fetch_all(self.reader())
        .await?;
        let mut sums = [0i64; 5];
        for row in rows {
            let bracket = match row.late {
                ..=0 => 0,
                1..=30 => 1,
                31..=60 => 2,
                61..=90 => 3,
                _ => 4,
            };
            sums[bracket] = sums[bracket].saturating_add(row.micro);
        }
        let mut money = [money_of_micro(0, Currency::Mxn)?; 5];
        for (slot, sum) in money.iter_mut().zip(sums) {
            *slot = money_of_micro(sum, Currency::Mxn)?;
        }
        Ok(money)
    }
}
