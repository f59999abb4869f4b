//! The ids of every record: newtypes over [`Uuid`], so that a lead's id is never taken for a customer's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::scope::Scope;

/// Namespace of every derived id; fixed for ever, because ids already written depend on it.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x7a75_636c_7562_6974_8000_6465_7269_7665);

/// The version 5 UUID that every device computes alike for `name` under `parent` in `scope`.
///
/// The scope is part of the hash: a document is keyed by (scope, id), and the same parent seen from two
/// scopes gives two records.
pub fn derive(scope: Scope, parent: Uuid, name: &str) -> Uuid {
    let mut bytes = scope.to_string().into_bytes();
    bytes.push(0);
    bytes.extend_from_slice(parent.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(name.as_bytes());
    Uuid::new_v5(&NAMESPACE, &bytes)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The id every device computes alike for `name` under `parent` in `scope`.
            pub fn derive(scope: Scope, parent: impl Into<Uuid>, name: &str) -> Self {
                Self(derive(scope, parent.into(), name))
            }

            /// The bare UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )+};
}

ids! {
    /// A prospect.
    LeadId,
    /// A customer account.
    CustomerId,
    /// A person at a customer.
    ContactId,
    /// A deal in the pipeline.
    OpportunityId,
    /// A proposal with all its versions.
    ProposalId,
    /// One version of a proposal.
    VersionId,
    /// A line of a proposal or an invoice.
    LineId,
    /// A product of the catalogue.
    ProductId,
    /// A contract with a customer.
    ContractId,
    /// An invoice, stamped or not.
    InvoiceId,
    /// A logged call, mail, meeting, note or message.
    ActivityId,
    /// A file that hangs on a record.
    AttachmentId,
    /// One run of an import, undone as one.
    ImportBatchId,
    /// A person who uses the program.
    PersonId,
    /// A laptop of the company.
    DeviceId,
    /// The company itself: the tenant.
    CompanyId,
    /// A sales team.
    TeamId,
    /// A domain event.
    EventId,
    /// A fiscal document before and after its timbre.
    CfdiId,
    /// One change of state.
    TransitionId,
}

impl CompanyId {
    /// The id of the sales team `number` of this company.
    pub fn team(self, number: u16) -> TeamId {
        TeamId::derive(Scope::Sales(number), self, "team")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_depend_on_scope_parent_and_name_and_on_nothing_else() {
        let lead = LeadId(Uuid::from_u128(7));
        let here = CustomerId::derive(Scope::Sales(1), lead, "customer");
        assert_eq!(here, CustomerId::derive(Scope::Sales(1), lead, "customer"));
        assert_ne!(here, CustomerId::derive(Scope::Sales(2), lead, "customer"));
        assert_ne!(here, CustomerId::derive(Scope::Sales(1), lead, "contact"));
        assert_ne!(here, CustomerId::derive(Scope::Sales(1), LeadId(Uuid::from_u128(8)), "customer"));
        assert_eq!(here.uuid().get_version_num(), 5);
    }

    #[test]
    fn a_derived_id_never_changes_between_releases() {
        let id = CustomerId::derive(Scope::Sales(1), LeadId(Uuid::from_u128(7)), "customer");
        assert_eq!(id.to_string(), "3e1f7c10-96df-5a41-b5bb-efbadb841dc2");
    }

    #[test]
    fn ids_read_back_what_they_print() {
        let id = InvoiceId(Uuid::from_u128(0xabc));
        assert_eq!(id.to_string().parse::<InvoiceId>().unwrap(), id);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
    }
}
