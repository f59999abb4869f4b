//! Every decoder of what comes from outside, given what nobody meant it to get: it reads or refuses, and never panics.
//!
//! Inputs are what this program writes, spoiled: bytes flipped, doubled, cut, spliced with others, and at times bytes of
//! no origin. `cargo test` draws so many from a seed that it prints when one fails; `ZUC_FUZZ_SECONDS` says for how long
//! each target draws, and `cargo xtask fuzz --deep` lets each draw for ten minutes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod lists;
mod papers;
mod spoil;
mod window;
mod wire;

use std::time::Duration;

/// Draws spoiled inputs and gives them to a decoder.
pub(crate) fn never_panics(kept: &[Vec<u8>], decode: impl Fn(&[u8]) + std::panic::RefUnwindSafe) {
    let seconds = std::env::var("ZUC_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    for whole in kept {
        decode(whole);
    }
    bolero::check!()
        .with_test_time(Duration::from_secs(seconds))
        .with_type::<spoil::Spoiling>()
        .for_each(|spoiling| decode(&spoiling.of(kept)));
}
