//! Jobs that one device of a company does for all: each under a lease of the relay, by who has read everything.

mod dispatch;
mod lease;

pub(crate) use lease::Leased;
