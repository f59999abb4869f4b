//! The relay: orders sealed entries it cannot read, and does what needs one authority or the outside world.
//!
//! [`Relay`] is the whole without a socket: frames in, frames out. `http` puts it on the network; `pac` is how it
//! speaks to who stamps.

mod author;
mod chance;
mod clock;
pub mod compact;
mod error;
mod http;
mod keys;
pub mod log;
pub mod pac;
mod relay;
pub mod sandbox;
pub mod stamping;

pub use clock::{Clock, SystemClock};
pub use error::RelayError;
pub use http::{HttpOptions, serve};
pub use keys::RelayKeys;
pub use relay::Relay;
