//! Chance from a seed, and figures.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};

/// All chance of a run.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.0.next_u64() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }
}

pub(crate) fn from_env(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[expect(clippy::print_stdout, clippy::disallowed_macros, reason = "figures and seeds are these tests' product")]
pub(crate) fn tell(figures: &str) {
    println!("hostile: {figures}");
}

/// Now, to say how long something took.
#[expect(clippy::disallowed_methods, reason = "how long it takes is what is looked at")]
pub(crate) fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// The most memory that this process has ever held, in MiB; `None` where the system does not say.
pub(crate) fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib >> 10)
}
