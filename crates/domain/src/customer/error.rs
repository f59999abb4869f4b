//! What a customer refuses.

use thiserror::Error;

/// A rule of customers broke.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum CustomerError {
    /// A customer and a contact need a name.
    #[error("a name is missing")]
    NameMissing,
    /// Archived customers are read-only.
    #[error("the customer is archived")]
    Archived,
    /// The document is full.
    #[error("a customer has at most {} contacts", super::MAX_CONTACTS)]
    TooManyContacts,
    /// Nothing changes.
    #[error("nothing changes")]
    Unchanged,
}

impl CustomerError {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NameMissing => "customer.name_missing",
            Self::Archived => "customer.archived",
            Self::TooManyContacts => "customer.too_many_contacts",
            Self::Unchanged => "customer.unchanged",
        }
    }
}
