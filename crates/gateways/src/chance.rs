//! Chance.

use zuc_app::ports::Entropy;

/// Random bytes of the operating system.
#[derive(Clone, Copy, Debug)]
pub struct OsChance;

impl Entropy for OsChance {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("an operating system without random bytes cannot run this program");
    }
}
