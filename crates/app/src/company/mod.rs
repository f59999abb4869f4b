//! The company itself: its fiscal data, its people's devices, this device's settings.

mod code;
mod devices;
mod fork;
mod invite;
mod people;
mod profile;
mod revoke;
mod rotate;
mod settings;
mod thaw;

pub use fork::{Branch, BranchAct};
pub(crate) use profile::CompanyProfile;
