//! The relay's randomness: its own keys, nonces and names of logs.

/// `N` bytes of the machine's randomness.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes);
    bytes
}
