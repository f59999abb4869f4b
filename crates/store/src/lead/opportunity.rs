//! Deals of the pipeline.

use uuid::Uuid;
use zuc_domain::lead::opportunity::{Opportunity, Stage};
use zuc_domain::shared::money::canonical_decimal;
use zuc_domain::shared::{Actor, Currency, CustomerId, Illegal, Object, OpportunityId, PersonId, Scope, TransitionId};
use zuc_protocol::item::DocKind;

use crate::aggregate::{Aggregate, Projector};
use crate::doc::Kind;
use crate::projections::{FromColumn as _, Money, money_of_micro};
use crate::shape::Shape;
use crate::store::{scope_number, uuid_of};
use crate::{Store, StoreError, legality};

static KIND: Kind = Kind { name: "opportunity", maps: &[], texts: &[] };

static SHAPE: Shape = Shape {
    kind: &KIND,
    number: DocKind::OPPORTUNITY,
    items: &[],
    sets: &[],
    transitions: "transitions",
    sealed: &[],
    derived: &["id", "scope"],
    defaults: &[("mrr", "null"), ("closed_on", "null"), ("loss", "null"), ("won_by", "null")],
};

impl Aggregate for Opportunity {
    type Id = OpportunityId;
    const SHAPE: &'static Shape = &SHAPE;

    fn uuid(&self) -> Uuid {
        self.id.0
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn judge(author: &Actor, key: TransitionId, record: &str, object: &Object) -> Result<(), Illegal> {
        legality::step::<Stage>(author, key, record, object)
    }

    async fn project(&self, into: &mut Projector<'_>) -> Result<(), StoreError> {
        into.dirty.opportunities();
        let (id, customer, lead) = (self.id.0, self.customer.0, self.lead.map(|lead| lead.0));
        let (id, customer) = (id.as_bytes().as_slice(), customer.as_bytes().as_slice());
        let lead = lead.as_ref().map(|lead| lead.as_bytes().as_slice());
        let (scope, stage) = (scope_number(into.scope), self.stage());
        let (stage_name, open) = (stage.name(), !stage.is_closed());
        let (amount, currency) = (canonical_decimal(self.amount.amount()), self.amount.currency().to_string());
        let (micro, owner) = (self.amount.micro_units(), self.owner.0.as_bytes().as_slice());
        let (created, closes) = (self.created_at.as_millisecond(), self.expected_close.to_string());
        let closed = self.closed_on.map(|day| day.to_string());
        sqlx::query!(
            "INSERT INTO lead_opportunity (id, scope, customer, lead, name, stage, open, probability, amount, currency,
                 amount_micro, owner, created_at, closes_on, closed_on)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET scope = excluded.scope, customer = excluded.customer, lead = excluded.lead,
                 name = excluded.name, stage = excluded.stage, open = excluded.open,
                 probability = excluded.probability, amount = excluded.amount, currency = excluded.currency,
                 amount_micro = excluded.amount_micro, owner = excluded.owner, created_at = excluded.created_at,
                 closes_on = excluded.closes_on, closed_on = excluded.closed_on",
            id,
            scope,
            customer,
            lead,
            self.name,
            stage_name,
            open,
            self.probability,
            amount,
            currency,
            micro,
            owner,
            created,
            closes,
            closed,
        )
        .execute(&mut *into.conn)
        .await?;
        Ok(())
    }

    async fn unproject(id: Uuid, from: &mut Projector<'_>) -> Result<(), StoreError> {
        from.dirty.opportunities();
        let id = id.as_bytes().as_slice();
        sqlx::query!("DELETE FROM lead_opportunity WHERE id = ?", id).execute(&mut *from.conn).await?;
        Ok(())
    }
}

/// A deal in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpportunityRow {
    /// Its id.
    pub id: OpportunityId,
    /// The customer.
    pub customer: CustomerId,
    /// Its name.
    pub name: String,
    /// The stage's stable name.
    pub stage: String,
    /// Whether it is still open.
    pub open: bool,
    /// Percent.
    pub probability: i64,
    /// What it is worth.
    pub amount: Money,
    /// Who works it.
    pub owner: PersonId,
    /// When it may close (`yyyy-mm-dd`).
    pub closes_on: String,
}

struct Raw {
    id: Vec<u8>,
    customer: Vec<u8>,
    name: String,
    stage: String,
    open: i64,
    probability: i64,
    amount: String,
    currency: String,
    owner: Vec<u8>,
    closes_on: String,
}

impl TryFrom<Raw> for OpportunityRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        let id = uuid_of("lead_opportunity", &raw.id)?;
        Ok(Self {
            id: OpportunityId(id),
            customer: CustomerId(uuid_of("lead_opportunity", &raw.customer)?),
            name: raw.name,
            stage: raw.stage,
            open: raw.open != 0,
            probability: raw.probability,
            amount: Money::required("lead_opportunity", id, &raw.amount, &raw.currency)?,
            owner: PersonId(uuid_of("lead_opportunity", &raw.owner)?),
            closes_on: raw.closes_on,
        })
    }
}

impl Store {
    /// The deals of a customer, open ones first.
    pub async fn opportunities_of(&self, customer: CustomerId) -> Result<Vec<OpportunityRow>, StoreError> {
        let customer = customer.0.as_bytes().as_slice();
        let rows = sqlx::query_as!(
            Raw,
            r#"SELECT id, customer, name, stage, open, probability, amount, currency, owner,
                   ifnull(closes_on, '') AS "closes_on!: String"
               FROM lead_opportunity WHERE customer = ? ORDER BY open DESC, created_at DESC"#,
            customer,
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter().map(OpportunityRow::try_from).collect()
    }

    /// A deal's name and its customer; `None` when no deal has this id.
    pub async fn opportunity_name(&self, id: OpportunityId) -> Result<Option<(String, CustomerId)>, StoreError> {
        let id = id.0.as_bytes().as_slice();
        let row = sqlx::query!("SELECT name, customer FROM lead_opportunity WHERE id = ?", id)
            .fetch_optional(self.reader())
            .await?;
        row.map(|row| Ok((row.name, CustomerId(uuid_of("lead_opportunity", &row.customer)?)))).transpose()
    }

    /// How many deals of a person are open, and the sum of those in pesos.
    pub async fn open_sum(&self, owner: PersonId) -> Result<(u64, Money), StoreError> {
        let owner = owner.0.as_bytes().as_slice();
        let row = sqlx::query!(
            // in halves, as in the views: a sum that is too large is no failure
            r#"SELECT count(*) AS "rows!: i64",
                   ifnull(CAST(sum(amount_micro >> 32) FILTER (WHERE currency = 'MXN') * 4294967296
                       + sum(amount_micro & 4294967295) FILTER (WHERE currency = 'MXN') AS INTEGER), 0) AS "sum!: i64"
               FROM lead_opportunity WHERE owner = ? AND open = 1"#,
            owner,
        )
        .fetch_one(self.reader())
        .await?;
        Ok((u64::try_from(row.rows).unwrap_or_default(), money_of_micro(row.sum, Currency::Mxn)?))
    }

    /// The open deals of a person, or of everybody, largest first.
    pub async fn open_opportunities(
        &self,
        owner: Option<PersonId>,
        max: u32,
    ) -> Result<Vec<OpportunityRow>, StoreError> {
        let owner = owner.map(|owner| owner.0.as_bytes().to_vec());
        let rows = sqlx::query_as!(
            Raw,
            r#"SELECT id, customer, name, stage, open, probability, amount, currency, owner,
                   ifnull(closes_on, '') AS "closes_on!: String"
               FROM lead_opportunity WHERE open = 1 AND (?1 IS NULL OR owner = ?1) ORDER BY amount_micro DESC LIMIT ?2"#,
            owner,
            max,
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter().map(OpportunityRow::try_from).collect()
    }
}
