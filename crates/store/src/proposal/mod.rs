//! The proposal domain's documents and read tables.

mod imports;
mod product;

use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::proposal::{Proposal, ProposalState};
use zuc_domain::shared::money::canonical_decimal;
use zuc_domain::shared::{
    Actor, CustomerId, Illegal, Object, OpportunityId, PersonId, ProposalId, Scope, TransitionId,
};
use zuc_protocol::item::DocKind;

pub use imports::ProductMark;
pub use product::ProductRow;

use crate::aggregate::{Aggregate, Projector};
use crate::doc::{Keep, Kind, MapSpec};
use crate::projections::{FromColumn as _, Money, company_day, millis_of, search_terms};
use crate::shape::{Items, SealedField, Shape, When};
use crate::store::{scope_number, uuid_of};
use crate::{Store, StoreError, legality};

static KIND: Kind = Kind {
    name: "proposal",
    maps: &[MapSpec { name: "versions", keep: Keep::Grow }, MapSpec { name: "acceptance", keep: Keep::Grow }],
    texts: &[],
};

static SHAPE: Shape = Shape {
    kind: &KIND,
    number: DocKind::PROPOSAL,
    items: &[
        Items { name: "versions", levels: &["*", "*/content/lines/*"], optional: false },
        Items { name: "acceptance", levels: &[], optional: true },
    ],
    sets: &[],
    transitions: "transitions",
    sealed: &[SealedField {
        of: "acceptance",
        name: "signer",
        when: When::Always,
        erased: r#"{"name":"Persona eliminada","role":"","email":null}"#,
    }],
    derived: &["id", "scope"],
    defaults: &[("lead", "null"), ("opportunity", "null")],
};

/// Short for people, the same on every device: the last digits of the id.
fn number_of(id: Uuid) -> String {
    let bytes = id.as_bytes();
    format!("P-{}", hex::encode_upper(&bytes[13..]))
}

impl Aggregate for Proposal {
    type Id = ProposalId;
    const SHAPE: &'static Shape = &SHAPE;

    fn uuid(&self) -> Uuid {
        self.id.0
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn judge(author: &Actor, key: TransitionId, record: &str, object: &Object) -> Result<(), Illegal> {
        legality::step::<ProposalState>(author, key, record, object)
    }

    async fn project(&self, into: &mut Projector<'_>) -> Result<(), StoreError> {
        if self.versions.is_empty() {
            // Only part of it has arrived.
            return Ok(());
        }
        into.dirty.proposals();
        let (id, scope) = (self.id.0.as_bytes().as_slice(), scope_number(into.scope));
        let old = sqlx::query_scalar!("SELECT accepted_on FROM proposal_row WHERE id = ?", id)
            .fetch_optional(&mut *into.conn)
            .await?
            .flatten();
        let accepted = self.acceptance.as_ref().map(|acceptance| company_day(acceptance.signed_at));
        for day in old.iter().chain(&accepted) {
            into.dirty.month(day.get(..7).unwrap_or_default());
        }
        let number = number_of(self.id.0);
        let customer = self.customer.0.as_bytes().as_slice();
        let opportunity = self.opportunity.as_ref().map(|id| id.0.as_bytes().as_slice());
        let lead = self.lead.as_ref().map(|id| id.0.as_bytes().as_slice());
        let state = self.state();
        let open = !matches!(
            state,
            ProposalState::Accepted | ProposalState::Declined | ProposalState::Expired | ProposalState::Withdrawn
        );
        let latest = self.latest();
        let (version, content_hash) = (latest.number, self.content_hash());
        // Lines that a merge left unpriceable show no total until a person mends them.
        let figures = self.figures().ok();
        let total = figures.as_ref().map_or_else(Default::default, |figures| figures.quote.total);
        let net =
            figures.as_ref().map_or_else(Default::default, |figures| figures.quote.subtotal - figures.quote.descuento);
        let arr = figures.as_ref().map_or(0, |figures| figures.mrr.micro_units().saturating_mul(12));
        let (total_text, currency) = (canonical_decimal(total), self.currency.to_string());
        let (total_micro, net_micro) = (crate::projections::micro(total), crate::projections::micro(net));
        let (valid_until, owner) = (latest.content.valid_until.to_string(), self.owner.0.as_bytes().as_slice());
        let changed = self.transitions.values().map(|transition| transition.hlc.millis).max();
        let updated = changed.unwrap_or(0).max(millis_of(self.id.0));
        let state = state.name();
        let n = sqlx::query_scalar!(
            r#"INSERT INTO proposal_row (id, scope, number, title, customer, opportunity, lead, state, open, version,
                   content_hash, total, currency, total_micro, net_micro, arr_micro, valid_until, owner, owner_name,
                   updated_at, accepted_on)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
                   ifnull((SELECT name FROM member WHERE person = ?18), ''), ?19, ?20)
               ON CONFLICT (id) DO UPDATE SET scope = excluded.scope, title = excluded.title,
                   customer = excluded.customer, opportunity = excluded.opportunity, lead = excluded.lead,
                   state = excluded.state, open = excluded.open, version = excluded.version,
                   content_hash = excluded.content_hash, total = excluded.total, currency = excluded.currency,
                   total_micro = excluded.total_micro, net_micro = excluded.net_micro, arr_micro = excluded.arr_micro,
                   valid_until = excluded.valid_until, owner = excluded.owner, owner_name = excluded.owner_name,
                   updated_at = excluded.updated_at, accepted_on = excluded.accepted_on
               RETURNING n AS "n!: i64""#,
            id,
            scope,
            number,
            self.title,
            customer,
            opportunity,
            lead,
            state,
            open,
            version,
            content_hash,
            total_text,
            currency,
            total_micro,
            net_micro,
            arr,
            valid_until,
            owner,
            updated,
            accepted,
        )
        .fetch_one(&mut *into.conn)
        .await?;
        sqlx::query!("DELETE FROM proposal_search WHERE rowid = ?", n).execute(&mut *into.conn).await?;
        sqlx::query!("INSERT INTO proposal_search (rowid, number, title) VALUES (?, ?, ?)", n, number, self.title)
            .execute(&mut *into.conn)
            .await?;
        Ok(())
    }

    async fn unproject(id: Uuid, from: &mut Projector<'_>) -> Result<(), StoreError> {
        from.dirty.proposals();
        let id = id.as_bytes().as_slice();
        let row = sqlx::query!(r#"DELETE FROM proposal_row WHERE id = ? RETURNING n AS "n!: i64", accepted_on"#, id)
            .fetch_optional(&mut *from.conn)
            .await?;
        if let Some(row) = row {
            from.dirty.month(row.accepted_on.as_deref().and_then(|day| day.get(..7)).unwrap_or_default());
            sqlx::query!("DELETE FROM proposal_search WHERE rowid = ?", row.n).execute(&mut *from.conn).await?;
        }
        Ok(())
    }
}

/// A proposal in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalRow {
    /// Its id.
    pub id: ProposalId,
    /// Short name, as `P-0A21F3`.
    pub number: String,
    /// What it is about.
    pub title: String,
    /// Whom it is for.
    pub customer: CustomerId,
    /// That customer's name, empty while it has not arrived.
    pub customer_name: String,
    /// The deal it belongs to.
    pub opportunity: Option<OpportunityId>,
    /// The state's stable name.
    pub state: String,
    /// The version that counts.
    pub version: i64,
    /// Hash of that version's content.
    pub content_hash: String,
    /// Total with taxes.
    pub total: Money,
    /// Last day to accept (`yyyy-mm-dd`).
    pub valid_until: String,
    /// Who wrote it.
    pub owner: PersonId,
    /// That person's name.
    pub owner_name: String,
    /// Unix milliseconds of the last change of state.
    pub updated_at: i64,
    /// The day it was signed.
    pub accepted_on: Option<String>,
    /// Written here and not yet acknowledged.
    pub unsent: bool,
}

struct Raw {
    id: Vec<u8>,
    number: String,
    title: String,
    customer: Vec<u8>,
    customer_name: String,
    opportunity: Option<Vec<u8>>,
    state: String,
    version: i64,
    content_hash: String,
    total: String,
    currency: String,
    valid_until: String,
    owner: Vec<u8>,
    owner_name: String,
    updated_at: i64,
    accepted_on: Option<String>,
    unsent: i64,
}

impl TryFrom<Raw> for ProposalRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        let id = uuid_of("proposal_row", &raw.id)?;
        Ok(Self {
            id: ProposalId(id),
            number: raw.number,
            title: raw.title,
            customer: CustomerId(uuid_of("proposal_row", &raw.customer)?),
            customer_name: raw.customer_name,
            opportunity: raw.opportunity.map(|id| uuid_of("proposal_row", &id)).transpose()?.map(OpportunityId),
            state: raw.state,
            version: raw.version,
            content_hash: raw.content_hash,
            total: Money::required("proposal_row", id, &raw.total, &raw.currency)?,
            valid_until: raw.valid_until,
            owner: PersonId(uuid_of("proposal_row", &raw.owner)?),
            owner_name: raw.owner_name,
            updated_at: raw.updated_at,
            accepted_on: raw.accepted_on,
            unsent: raw.unsent != 0,
        })
    }
}

macro_rules! proposals {
    ($tail:literal, $($value:expr),*) => {
        sqlx::query_as!(
            Raw,
            r#"SELECT p.id, p.number, p.title, p.customer, ifnull(c.name, '') AS "customer_name!: String",
                   p.opportunity, p.state, p.version, p.content_hash, p.total, p.currency, p.valid_until, p.owner,
                   p.owner_name, p.updated_at, p.accepted_on,
                   EXISTS (SELECT 1 FROM outbox WHERE item = p.id) AS "unsent!: i64"
               FROM proposal_row p LEFT JOIN customer_row c ON c.id = p.customer "# + $tail,
            $($value),*
        )
    };
}

impl Store {
    /// One proposal's row; `None` when no proposal has this id.
    pub async fn proposal_row(&self, id: ProposalId) -> Result<Option<ProposalRow>, StoreError> {
        let id = id.0.as_bytes().as_slice();
        let row = proposals!("WHERE p.id = ?", id).fetch_optional(self.reader()).await?;
        row.map(ProposalRow::try_from).transpose()
    }

    /// Proposals, the last changed first.
    pub async fn proposals(&self, offset: u32, limit: u32) -> Result<Vec<ProposalRow>, StoreError> {
        let rows = proposals!("ORDER BY p.updated_at DESC, p.n DESC LIMIT ? OFFSET ?", limit, offset)
            .fetch_all(self.reader())
            .await?;
        rows.into_iter().map(ProposalRow::try_from).collect()
    }

    /// How many proposals there are.
    pub async fn proposal_count(&self) -> Result<u64, StoreError> {
        let rows = sqlx::query_scalar!("SELECT count(*) FROM proposal_row").fetch_one(self.reader()).await?;
        Ok(u64::try_from(rows).unwrap_or_default())
    }

    /// The last proposals of a customer.
    pub async fn proposals_of(&self, customer: CustomerId, limit: u32) -> Result<Vec<ProposalRow>, StoreError> {
        let customer = customer.0.as_bytes().as_slice();
        let rows = proposals!("WHERE p.customer = ? ORDER BY p.updated_at DESC, p.n DESC LIMIT ?", customer, limit)
            .fetch_all(self.reader())
            .await?;
        rows.into_iter().map(ProposalRow::try_from).collect()
    }

    /// Proposals by a few letters of number or title, or of their customer's name.
    pub async fn search_proposals(&self, text: &str, limit: u32) -> Result<Vec<ProposalRow>, StoreError> {
        let Some(terms) = search_terms(text) else { return Ok(Vec::new()) };
        let rows = proposals!(
            "WHERE p.n IN (SELECT rowid FROM proposal_search WHERE proposal_search MATCH ?1 LIMIT 400)
                OR c.n IN (SELECT rowid FROM customer_search WHERE customer_search MATCH ?1 LIMIT 50)
             ORDER BY p.updated_at DESC LIMIT ?2",
            terms,
            limit
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter().map(ProposalRow::try_from).collect()
    }
}

/// Shows a person's name beside the rows that they own.
pub(crate) async fn name_owner(conn: &mut SqliteConnection, person: &[u8], name: &str) -> Result<(), StoreError> {
    sqlx::query!("UPDATE proposal_row SET owner_name = ? WHERE owner = ? AND owner_name <> ?", name, person, name)
        .execute(conn)
        .await?;
    Ok(())
}
