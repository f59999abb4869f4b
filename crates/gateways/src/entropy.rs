//! The system's randomness.

use std::cell::RefCell;

use zeroize::Zeroizing;
use zuc_app::ports::Entropy;

/// How much is asked of the system at once: an import draws some ten nonces and ids for each of its rows.
const DRAWN: usize = 1024;

/// The system's randomness. Each thread draws some at a time; what was given out is wiped.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

/// What is left lies at the end.
struct Drawn {
    bytes: Zeroizing<[u8; DRAWN]>,
    left: usize,
}

thread_local! {
    static DRAWN_HERE: RefCell<Drawn> = RefCell::new(Drawn { bytes: Zeroizing::new([0; DRAWN]), left: 0 });
}

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        DRAWN_HERE.with_borrow_mut(|drawn| drawn.fill(bytes));
    }
}

impl Drawn {
    fn fill(&mut self, bytes: &mut [u8]) {
        if bytes.len() > DRAWN {
            return draw(bytes);
        }
        if self.left < bytes.len() {
            draw(self.bytes.as_mut_slice());
            self.left = DRAWN;
        }
        let given = DRAWN - self.left..DRAWN - self.left + bytes.len();
        bytes.copy_from_slice(&self.bytes[given.clone()]);
        self.bytes[given].fill(0);
        self.left -= bytes.len();
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the chance that the rest is given")]
fn draw(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("a system that cannot give random bytes can make no key, and must not go on");
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nothing_is_given_out_twice() {
        let mut seen = HashSet::new();
        for length in [16, 32, 24, 16, DRAWN, 1, 16].into_iter().cycle().take(700) {
            let mut bytes = vec![0; length];
            OsEntropy.fill(&mut bytes);
            let first: Vec<u8> = bytes.iter().copied().chain([0; 16]).take(16).collect();
            assert!(length < 16 || seen.insert(first), "{length} bytes were given out before");
        }
        assert_eq!(seen.len(), 600);
    }

    #[test]
    fn what_was_given_out_is_wiped() {
        let mut drawn = Drawn { bytes: Zeroizing::new([0; DRAWN]), left: 0 };
        let mut key = [0; 32];
        drawn.fill(&mut key);
        assert_ne!(key, [0; 32]);
        assert_eq!(drawn.bytes[..32], [0; 32]);
        assert_ne!(drawn.bytes[32..64], [0; 32]);
    }

    #[test]
    fn more_than_is_drawn_at_once_comes_from_the_system() {
        let mut bytes = vec![0; 3 * DRAWN];
        OsEntropy.fill(&mut bytes);
        assert_ne!(bytes[2 * DRAWN..], vec![0; DRAWN][..]);
    }
}
