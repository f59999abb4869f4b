//! Contracts: what a customer pays for.

use uuid::Uuid;
use zuc_domain::customer::{Contract, ContractState};
use zuc_domain::shared::money::canonical_decimal;
use zuc_domain::shared::{Actor, ContractId, CustomerId, Illegal, Money as Amount, Object, Scope, TransitionId};
use zuc_protocol::item::DocKind;

use crate::aggregate::{Aggregate, Projector};
use crate::doc::Kind;
use crate::projections::{FromColumn as _, Money};
use crate::shape::Shape;
use crate::store::{scope_number, uuid_of};
use crate::{Store, StoreError, legality};

static KIND: Kind = Kind { name: "contract", maps: &[], texts: &[] };

static SHAPE: Shape = Shape {
    kind: &KIND,
    number: DocKind::CONTRACT,
    items: &[],
    sets: &[],
    transitions: "transitions",
    sealed: &[],
    derived: &["id", "scope"],
    defaults: &[],
};

impl Aggregate for Contract {
    type Id = ContractId;
    const SHAPE: &'static Shape = &SHAPE;

    fn uuid(&self) -> Uuid {
        self.id.0
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn judge(author: &Actor, key: TransitionId, record: &str, object: &Object) -> Result<(), Illegal> {
        legality::step::<ContractState>(author, key, record, object)
    }

    async fn project(&self, into: &mut Projector<'_>) -> Result<(), StoreError> {
        let (id, scope) = (self.id.0.as_bytes().as_slice(), scope_number(into.scope));
        let customer = self.customer.0.as_bytes().as_slice();
        let proposal = self.proposal.as_ref().map(|proposal| proposal.0.as_bytes().as_slice());
        let (state, currency) = (self.state().name(), self.value.currency().to_string());
        // A recurring part so large that twelve of it are no amount came of a merge: shown as nothing.
        let arr = self.arr().unwrap_or(Amount::zero(self.mrr.currency()));
        let (value, value_micro) = (canonical_decimal(self.value.amount()), self.value.micro_units());
        let (arr, arr_micro) = (canonical_decimal(arr.amount()), arr.micro_units());
        let (starts, ends) = (self.start.to_string(), self.end.to_string());
        sqlx::query!(
            "INSERT INTO customer_contract (id, scope, customer, proposal, state, value, currency, value_micro, arr,
                 arr_micro, starts_on, ends_on) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET scope = excluded.scope, customer = excluded.customer,
                 proposal = excluded.proposal, state = excluded.state, value = excluded.value,
                 currency = excluded.currency, value_micro = excluded.value_micro, arr = excluded.arr,
                 arr_micro = excluded.arr_micro, starts_on = excluded.starts_on, ends_on = excluded.ends_on",
            id,
            scope,
            customer,
            proposal,
            state,
            value,
            currency,
            value_micro,
            arr,
            arr_micro,
            starts,
            ends,
        )
        .execute(&mut *into.conn)
        .await?;
        Ok(())
    }

    async fn unproject(id: Uuid, from: &mut Projector<'_>) -> Result<(), StoreError> {
        let id = id.as_bytes().as_slice();
        sqlx::query!("DELETE FROM customer_contract WHERE id = ?", id).execute(&mut *from.conn).await?;
        Ok(())
    }
}

/// A contract in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractRow {
    /// Its id.
    pub id: ContractId,
    /// The state's stable name.
    pub state: String,
    /// What is bought, without tax.
    pub value: Money,
    /// Recurring part of a year, without tax.
    pub arr: Money,
    /// First day (`yyyy-mm-dd`).
    pub starts_on: String,
    /// Last day (`yyyy-mm-dd`).
    pub ends_on: String,
}

impl Store {
    /// Whose contract this is; `None` when none has this id.
    pub async fn contract_customer(&self, id: ContractId) -> Result<Option<CustomerId>, StoreError> {
        let id = id.0.as_bytes().as_slice();
        let customer = sqlx::query_scalar!("SELECT customer FROM customer_contract WHERE id = ?", id)
            .fetch_optional(self.reader())
            .await?;
        customer.map(|customer| Ok(CustomerId(uuid_of("customer_contract", &customer)?))).transpose()
    }

    /// The contracts of a customer, active ones first.
    pub async fn contracts_of(&self, customer: CustomerId) -> Result<Vec<ContractRow>, StoreError> {
        let customer = customer.0.as_bytes().as_slice();
        let rows = sqlx::query!(
            "SELECT id, state, value, currency, arr, starts_on, ends_on FROM customer_contract WHERE customer = ?
             ORDER BY state = 'active' DESC, starts_on DESC",
            customer,
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                let id = uuid_of("customer_contract", &row.id)?;
                Ok(ContractRow {
                    id: ContractId(id),
                    state: row.state,
                    value: Money::required("customer_contract", id, &row.value, &row.currency)?,
                    arr: Money::required("customer_contract", id, &row.arr, &row.currency)?,
                    starts_on: row.starts_on,
                    ends_on: row.ends_on,
                })
            })
            .collect()
    }
}
