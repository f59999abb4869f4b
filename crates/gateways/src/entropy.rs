//! The system's randomness.

use zuc_app::ports::Entropy;

/// The system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the chance that the rest is given")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("a system that cannot give random bytes can make no key, and must not go on");
    }
}
