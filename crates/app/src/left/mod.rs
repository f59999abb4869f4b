//! What somebody who left the company could not send: taken to the relay once by their computer, and listed, taken over or
//! thrown away by whoever manages or administers. Nothing of it is merged: what is taken over is a command of whoever does.

mod judge;
mod list;
mod send;
mod take;

pub use send::LeftTold;
pub(crate) use send::run;
