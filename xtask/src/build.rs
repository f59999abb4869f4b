//! Programs out of the sources.

use std::path::PathBuf;

use xshell::{Shell, cmd};

use crate::{
    setup, tools,
    tools::{ROOMS, step},
    ui,
};

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

/// The same programs as the tests drive them, with the pages they show; the folder they are in.
pub(crate) fn for_tests(shell: &Shell) -> anyhow::Result<PathBuf> {
    step("pages", || ui::build(shell))?;
    step("programs", || programs_for_tests(shell))?;
    Ok(tools::target().join("debug"))
}

/// The programs as the tests drive them. Cargo builds them for a test of their rooms, with the features that the tests switch on: built by
/// themselves they would stand on libraries of their own.
pub(crate) fn programs_for_tests(shell: &Shell) -> anyhow::Result<()> {
    // the window is compiled around its pages
    shell.create_dir("dist")?;
    let tests = ["e2e", "faults", "http"].map(|name| ["--test", name]).concat();
    Ok(cmd!(shell, "cargo test --quiet --locked {ROOMS...} --no-run {tests...}").quiet().run()?)
}
