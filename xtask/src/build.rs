//! Programs out of the sources.

use std::path::PathBuf;

use xshell::{Shell, cmd};

use crate::{setup, tools, tools::step, ui};

/// zuclubit, zuc and zuclubit-relay, as they are shipped.
pub(crate) fn release(shell: &Shell) -> anyhow::Result<()> {
    step("set-up", || setup::for_build(shell))?;
    step("pages", || ui::build(shell))?;
    step("programs", || {
        cmd!(shell, "cargo build --locked --release -p zuclubit --features custom-protocol").quiet().run()?;
        cmd!(shell, "cargo build --locked --release -p zuc-cli -p zuc-relay").quiet().run()?;
        Ok(())
    })?;
    println!("zuclubit, zuc and zuclubit-relay are in {}", tools::target().join("release").display());
    Ok(())
}

/// The same programs as the tests drive them; the folder they are in.
pub(crate) fn for_tests(shell: &Shell) -> anyhow::Result<PathBuf> {
    step("pages", || ui::build(shell))?;
    step("programs", || {
        cmd!(shell, "cargo build --quiet --locked -p zuclubit --features custom-protocol").quiet().run()?;
        cmd!(shell, "cargo build --quiet --locked -p zuc-cli -p zuc-relay").quiet().run()?;
        Ok(())
    })?;
    Ok(tools::target().join("debug"))
}
