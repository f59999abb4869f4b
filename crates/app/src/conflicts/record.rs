//! The record behind a conflict: whose it is, who may decide, and whether its terms may still be edited.

use uuid::Uuid;
use zuc_domain::{
    customer::{Contract, Customer},
    financial::Invoice,
    lead::{Lead, opportunity::Opportunity},
    proposal::{Product, Proposal, ProposalState},
    shared::{Action, Object, PersonId, Scope},
};
use zuc_protocol::item::DocKind;
use zuc_store::{Aggregate, ConflictRow};

use crate::{AppError, Office};

/// What deciding about a record asks.
pub(crate) trait Decided: Aggregate {
    /// What the person must be allowed, by the field.
    fn action(field: &str) -> Action;
    /// Whose it is.
    fn whose(&self) -> Option<PersonId>;
    /// A person has said what a field says.
    fn answer(&mut self, _field: &str) {}
    /// Another value than the one that is shown may still be written.
    fn is_editable(&self, _field: &str) -> bool {
        true
    }
}

impl Decided for Lead {
    fn action(_: &str) -> Action {
        Action::EditLead
    }

    fn answer(&mut self, field: &str) {
        Self::answer(self, field);
    }

    fn whose(&self) -> Option<PersonId> {
        self.owner
    }
}

impl Decided for Customer {
    fn action(field: &str) -> Action {
        if field == "fiscal_profile" { Action::EditFiscalProfile } else { Action::EditCustomer }
    }

    fn whose(&self) -> Option<PersonId> {
        Some(self.owner)
    }
}

impl Decided for Contract {
    fn action(_: &str) -> Action {
        Action::ManageContract
    }

    fn whose(&self) -> Option<PersonId> {
        None
    }
}

impl Decided for Opportunity {
    fn action(_: &str) -> Action {
        Action::EditOpportunity
    }

    fn whose(&self) -> Option<PersonId> {
        Some(self.owner)
    }
}

impl Decided for Product {
    fn action(_: &str) -> Action {
        Action::EditCatalog
    }

    fn whose(&self) -> Option<PersonId> {
        None
    }
}

impl Decided for Proposal {
    fn action(_: &str) -> Action {
        Action::EditProposal
    }

    fn whose(&self) -> Option<PersonId> {
        Some(self.owner)
    }

    // what the customer has in hand, or has signed, is not changed under them: a new version is
    fn is_editable(&self, field: &str) -> bool {
        !field.starts_with("versions/") || self.state() == ProposalState::Draft
    }
}

impl Decided for Invoice {
    fn action(_: &str) -> Action {
        Action::EditInvoice
    }

    fn whose(&self) -> Option<PersonId> {
        None
    }

    fn is_editable(&self, _: &str) -> bool {
        self.state().is_editable()
    }
}

/// What the person may do here.
#[derive(Clone, Copy, Default)]
pub(super) struct Open {
    /// Decide.
    pub(super) may: bool,
    /// And that with another value than the one that is shown.
    pub(super) editable: bool,
}

impl Office {
    /// What the person may do with the record of a conflict.
    pub(super) async fn record_of(&self, stored: &ConflictRow) -> Result<Open, AppError> {
        match stored.kind {
            DocKind::LEAD => self.open_record::<Lead>(stored).await,
            DocKind::CUSTOMER => self.open_record::<Customer>(stored).await,
            DocKind::CONTRACT => self.open_record::<Contract>(stored).await,
            DocKind::OPPORTUNITY => self.open_record::<Opportunity>(stored).await,
            DocKind::PRODUCT => self.open_record::<Product>(stored).await,
            DocKind::PROPOSAL => self.open_record::<Proposal>(stored).await,
            _ => self.open_record::<Invoice>(stored).await,
        }
    }

    async fn open_record<A: Decided>(&self, stored: &ConflictRow) -> Result<Open, AppError>
    where
        A::Id: From<Uuid>,
    {
        let Some(record) = self.store.read::<A>(A::Id::from(stored.id)).await? else { return Ok(Open::default()) };
        Ok(Open {
            may: self.may(A::action(&stored.field), object(&record, stored.scope)),
            editable: record.is_editable(&stored.field),
        })
    }
}

/// What `authorize` asks about the record.
pub(crate) fn object<A: Decided>(record: &A, scope: Scope) -> Object {
    Object { scope, owner: record.whose() }
}
