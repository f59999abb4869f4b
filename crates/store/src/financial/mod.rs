//! The financial domain's documents and read tables.

mod blocked;
mod queries;
mod saga;

use rust_decimal::Decimal;
use uuid::Uuid;
use zuc_domain::compliance::{CfdiState, STAMP_WINDOW_HOURS};
use zuc_domain::financial::Invoice;
use zuc_domain::shared::money::canonical_decimal;
use zuc_domain::shared::{Actor, Illegal, InvoiceId, Object, Scope, TransitionId};
use zuc_protocol::item::DocKind;

pub(crate) use blocked::block_erased;
pub use queries::{InvoiceRow, InvoiceView};
pub(crate) use saga::ProcessStep;
pub use saga::SavedSaga;

use crate::aggregate::{Aggregate, Projector};
use crate::doc::{Keep, Kind, MapSpec};
use crate::projections::{company_day, micro, millis_of};
use crate::shape::{Items, SealedField, Shape, When};
use crate::store::scope_number;
use crate::{StoreError, legality};

static KIND: Kind = Kind { name: "invoice", maps: &[MapSpec { name: "lines", keep: Keep::Grow }], texts: &[] };

static SHAPE: Shape = Shape {
    kind: &KIND,
    number: DocKind::INVOICE,
    items: &[Items { name: "lines", levels: &["*"], optional: false }],
    sets: &[],
    transitions: "transitions",
    // Sealed under a key of the invoice's own: a fiscal document outlives the erasure of the person it names.
    sealed: &[SealedField { of: "", name: "receptor", when: When::NaturalPerson, erased: "null" }],
    derived: &["id", "scope"],
    defaults: &[("issuance", "null"), ("timbre", "null"), ("refusal", "null"), ("receptor", "null")],
};

impl Aggregate for Invoice {
    type Id = InvoiceId;
    const SHAPE: &'static Shape = &SHAPE;

    fn uuid(&self) -> Uuid {
        self.id.0
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn judge(author: &Actor, key: TransitionId, record: &str, object: &Object) -> Result<(), Illegal> {
        legality::step::<CfdiState>(author, key, record, object)
    }

    async fn project(&self, into: &mut Projector<'_>) -> Result<(), StoreError> {
        let (id, scope) = (self.id.0.as_bytes().as_slice(), scope_number(into.scope));
        let old = sqlx::query_scalar!("SELECT month FROM financial_invoice WHERE id = ?", id)
            .fetch_optional(&mut *into.conn)
            .await?;
        let customer = self.customer.0.as_bytes().as_slice();
        let receptor = self.receptor.as_ref();
        let (name, rfc) = receptor.map_or(("", ""), |receptor| (receptor.legal_name.as_str(), receptor.rfc.as_str()));
        let issued = self.issuance.as_ref();
        let (label, serie) = (self.label(), issued.map_or("", |issued| issued.serie.as_str()));
        let folio = issued.and_then(|issued| i64::try_from(issued.folio).ok());
        let state = self.state();
        let document = match state {
            CfdiState::PreInvoice => "draft",
            CfdiState::Voided => "voided",
            _ => "issued",
        };
        // Lines that a merge left unpriceable show no total until a person mends them.
        let quote = self.quote().ok();
        let total = quote.as_ref().map_or_else(Default::default, |quote| quote.total);
        let net = quote.as_ref().map_or_else(Default::default, |quote| quote.subtotal - quote.descuento);
        let outstanding = if state == CfdiState::Voided { Decimal::default() } else { total };
        let (total_text, net_text) = (canonical_decimal(total), canonical_decimal(net));
        let (outstanding_text, currency) = (canonical_decimal(outstanding), self.currency.to_string());
        let (total_micro, net_micro, outstanding_micro) = (micro(total), micro(net), micro(outstanding));
        let on_date = issued.map_or_else(|| self.created_on.to_string(), |issued| company_day(issued.fecha));
        let month = on_date.get(..7).unwrap_or_default();
        for month in old.as_deref().into_iter().chain([month]) {
            into.dirty.month(month);
        }
        let (due, uuid) = (self.due_on.to_string(), self.timbre.as_ref().map_or("", |timbre| timbre.uuid.as_str()));
        let deadline = issued
            .filter(|_| state.is_waiting())
            .map(|issued| issued.fecha.as_millisecond() + STAMP_WINDOW_HOURS * 3_600_000);
        let proposal = self.proposal.as_ref().map(|id| id.0.as_bytes().as_slice());
        let contract = self.contract.as_ref().map(|id| id.0.as_bytes().as_slice());
        let changed = self.transitions.values().map(|transition| transition.hlc.millis).min();
        let created = changed.unwrap_or(0).max(millis_of(self.id.0));
        let fiscal = state.name();
        let n = sqlx::query_scalar!(
            r#"INSERT INTO financial_invoice (id, scope, customer, customer_name, rfc, label, serie, folio, document_state,
                   fiscal_state, payment_state, total, net, outstanding, currency, total_micro, net_micro,
                   outstanding_micro, on_date, due_date, month, uuid, stamp_deadline, proposal, contract, created_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'not_paid', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (id) DO UPDATE SET scope = excluded.scope, customer = excluded.customer,
                   customer_name = excluded.customer_name, rfc = excluded.rfc, label = excluded.label,
                   serie = excluded.serie, folio = excluded.folio, document_state = excluded.document_state,
                   fiscal_state = excluded.fiscal_state, total = excluded.total, net = excluded.net,
                   outstanding = excluded.outstanding, currency = excluded.currency,
                   total_micro = excluded.total_micro, net_micro = excluded.net_micro,
                   outstanding_micro = excluded.outstanding_micro, on_date = excluded.on_date,
                   due_date = excluded.due_date, month = excluded.month, uuid = excluded.uuid,
                   stamp_deadline = excluded.stamp_deadline, proposal = excluded.proposal,
                   contract = excluded.contract, created_at = excluded.created_at
               RETURNING n AS "n!: i64""#,
            id,
            scope,
            customer,
            name,
            rfc,
            label,
            serie,
            folio,
            document,
            fiscal,
            total_text,
            net_text,
            outstanding_text,
            currency,
            total_micro,
            net_micro,
            outstanding_micro,
            on_date,
            due,
            month,
            uuid,
            deadline,
            proposal,
            contract,
            created,
        )
        .fetch_one(&mut *into.conn)
        .await?;
        sqlx::query!("DELETE FROM financial_invoice_search WHERE rowid = ?", n).execute(&mut *into.conn).await?;
        sqlx::query!(
            "INSERT INTO financial_invoice_search (rowid, customer_name, rfc, label, uuid) VALUES (?, ?, ?, ?, ?)",
            n,
            name,
            rfc,
            label,
            uuid,
        )
        .execute(&mut *into.conn)
        .await?;
        blocked::block_if_erased(into.conn, self.id).await
    }

    async fn unproject(id: Uuid, from: &mut Projector<'_>) -> Result<(), StoreError> {
        let id = id.as_bytes().as_slice();
        let row = sqlx::query!(r#"DELETE FROM financial_invoice WHERE id = ? RETURNING n AS "n!: i64", month"#, id)
            .fetch_optional(&mut *from.conn)
            .await?;
        if let Some(row) = row {
            from.dirty.month(&row.month);
            sqlx::query!("DELETE FROM financial_invoice_search WHERE rowid = ?", row.n)
                .execute(&mut *from.conn)
                .await?;
        }
        Ok(())
    }
}
