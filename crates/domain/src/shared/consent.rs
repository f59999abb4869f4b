//! On what ground a person's data is held; it goes with the person from lead to contact.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::named::named;

/// On what ground the company may hold a person's data, and since when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Consent {
    /// Legal basis.
    pub basis: ConsentBasis,
    /// Since when, UTC.
    pub at: Timestamp,
}

named! {
    /// Legal basis for holding a person's data. Source: LFPDPPP.
    ConsentBasis {
        /// The person agreed.
        Consent = "consent",
        /// The person asked for an offer.
        Request = "request",
        /// Data of a business relation.
        Business = "business",
    }
}
