//! What every domain speaks in: ids, money, people's identifiers, time, events, roles.

pub mod amount_text;
pub mod authorize;
pub mod canonical_json;
pub mod currency;
pub mod email;
pub mod event;
pub mod hlc;
pub mod id;
pub mod money;
pub mod named;
pub mod percentage;
pub mod phone;
pub mod postal_code;
pub mod pricing;
pub mod rfc;
pub mod role;
pub mod scope;
pub mod text;
pub mod transition;

pub use amount_text::{AmountError, DecimalStyle};
pub use authorize::{Action, Actor, Forbidden, Object, authorize};
pub use currency::{Currency, UnknownCurrency};
pub use email::{Email, InvalidEmail};
pub use event::{CloudEvent, DomainEvent, EventContext};
pub use hlc::{Hlc, InvalidHlc};
pub use id::*;
pub use money::{Money, MoneyError, SignedMoney};
pub use named::UnknownName;
pub use percentage::{InvalidPercentage, Percentage};
pub use phone::{InvalidPhone, Phone};
pub use postal_code::{InvalidPostalCode, PostalCode};
pub use pricing::{PricedLine, PricingError, PricingLine, Quote, RoundingStrategy, TaxKind, TaxTotal};
pub use rfc::{InvalidRfc, Persona, Rfc};
pub use role::Role;
pub use scope::{InvalidScope, Scope};
pub use transition::{Act, Folded, StateMachine, Transition, Verdict, fold};
