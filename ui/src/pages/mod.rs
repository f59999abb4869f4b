//! The pages: they fetch and arrange; what is allowed arrives decided.

mod home;
mod leads;
mod nowhere;
mod welcome;

pub(crate) use home::HomePage;
pub(crate) use leads::LeadsPage;
pub(crate) use nowhere::Nowhere;
pub(crate) use welcome::Welcome;
