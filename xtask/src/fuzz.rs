//! Spoiled inputs for every decoder, for as long as one has patience.

use xshell::{Shell, cmd};

use crate::tools::step;

/// Seconds of one decoder in a run of all tests, and in a deep one.
pub(crate) const SECONDS: u64 = 5;
const DEEP: u64 = 600;

/// How long, and which.
#[derive(clap::Args)]
pub(crate) struct Fuzz {
    /// Ten minutes a decoder, optimised
    #[arg(long)]
    deep: bool,
    /// Only decoders whose names contain this, as `wire::bodies`
    only: Option<String>,
}

/// Draws inputs; one that panics is printed with the seed that draws it again.
pub(crate) fn fuzz(shell: &Shell, fuzz: &Fuzz) -> anyhow::Result<()> {
    let seconds = if fuzz.deep { DEEP } else { SECONDS };
    let _seconds = shell.push_env("ZUC_FUZZ_SECONDS", seconds.to_string());
    let profile: &[&str] = if fuzz.deep { &["--profile", "sim"] } else { &[] };
    let only = &fuzz.only;
    step("decoders and spoiled inputs", || {
        Ok(cmd!(shell, "cargo test --locked {profile...} -p zuc-testkit --test fuzz -- --nocapture {only...}")
            .quiet()
            .run()?)
    })
}
