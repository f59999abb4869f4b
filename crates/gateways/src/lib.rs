//! The laptop's ports made real: the clock, the system's randomness, the keyring, the relay over the network.

mod clock;
mod desk;
mod dump;
mod entropy;
mod exit;
mod keyring;
mod memory;
mod relay;
mod secrets;

pub use clock::{SystemClock, now};
pub use desk::{default_home, desk, desk_with, ports, shut_desk, shut_desk_with};
pub use dump::keep_memory_to_itself;
pub use entropy::OsEntropy;
pub use exit::leave;
pub use keyring::OsKeyring;
pub use memory::{MiMalloc, settle_memory};
pub use relay::{RelayAddresses, RelayClient};
pub use secrets::Secrets;
