//! The company itself: its fiscal data, its people's devices, this device's settings.

mod devices;
mod invite;
mod people;
mod profile;
mod revoke;
mod rotate;
mod settings;
mod thaw;

pub(crate) use profile::CompanyProfile;
