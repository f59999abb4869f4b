//! Merging and catching up, without I/O: messages in, effects out.
//!
//! [`Engine`] is told what happened ([`Input`]) and says what to do ([`Effect`]), in order. It never opens a socket,
//! reads a clock or draws a random number. Delivery is at least once; whoever carries the effects out applies them
//! idempotently, each [`Effect::Apply`] in one transaction with its cursor.

mod alarm;
mod effect;
mod engine;
mod input;
pub mod keyring;
pub mod legality;
pub mod membership;
pub mod sealer;
mod status;

pub use alarm::{Alarm, Wrong};
pub use effect::{Advance, Effect, Source, Writer};
pub use engine::{Config, Engine, REMEMBERED, Resume};
pub use input::{AuthorCursor, Begun, Cursor, Input, OutboxItem, OwnHead, StoredBatch};
pub use keyring::KeyRing;
pub use membership::ControlStep;
pub use status::SyncStatus;
