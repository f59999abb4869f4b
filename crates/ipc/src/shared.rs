//! Shapes that several commands share.

use serde::{Deserialize, Serialize};

/// An amount with its currency; the amount is a canonical decimal string such as `1234.50`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Canonical decimal, point as separator, no thousands.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: String,
}

/// What a command changed; the window asks again only for that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "one flag per list that a screen may show")]
pub struct Changes {
    /// Leads, activities, held duplicates.
    pub leads: bool,
    /// Customers, contacts, contracts.
    pub customers: bool,
    /// Opportunities.
    pub opportunities: bool,
    /// Proposals and products.
    pub proposals: bool,
    /// Invoices and CFDI.
    pub invoices: bool,
    /// Company, devices, certificates, settings.
    pub settings: bool,
    /// Token for `undo`, where the command can be undone.
    pub undo: Option<String>,
    /// What was done, in Spanish, for the toast; empty when nothing is worth saying.
    pub done: String,
}

impl Changes {
    /// Everything may have changed: after an import or a batch from another device.
    pub fn all() -> Self {
        Self {
            leads: true,
            customers: true,
            opportunities: true,
            proposals: true,
            invoices: true,
            settings: true,
            ..Self::default()
        }
    }

    /// The union of two sets of changes; the later toast and undo win.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.leads |= other.leads;
        self.customers |= other.customers;
        self.opportunities |= other.opportunities;
        self.proposals |= other.proposals;
        self.invoices |= other.invoices;
        self.settings |= other.settings;
        self.undo = other.undo.or(self.undo);
        if !other.done.is_empty() {
            self.done = other.done;
        }
        self
    }
}

/// A window of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// Rows that match, over all pages.
    pub total: u64,
    /// Index of the first row here.
    pub offset: u64,
    /// The rows.
    pub rows: Vec<T>,
}

/// A choice of a picker: key and text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Key, as the SAT or the domain writes it.
    pub key: String,
    /// Text in Spanish.
    pub text: String,
}

/// A command without arguments.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Empty {}

/// A command about one record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ById {
    /// Id of the record.
    pub id: String,
}

/// A command with a search text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Query {
    /// What was typed.
    pub text: String,
    /// Most rows wanted.
    pub limit: u32,
}

/// A person as shown in rows: name and initials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRef {
    /// Person id.
    pub id: String,
    /// Name.
    pub name: String,
}
