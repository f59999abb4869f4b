//! Paths and steps that every task uses.

use std::{
    env,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context as _;
use xshell::Shell;

/// Every room but the pages, with the window as it is shipped. One selection for lints, tests and the programs that tests drive: another
/// would switch other features on, and build what many rooms stand on once more.
pub(crate) const ROOMS: &[&str] = &["--workspace", "--exclude", "zuc-ui", "--features", "zuclubit/custom-protocol"];

/// A shell that stands at the root of the workspace.
pub(crate) fn shell() -> anyhow::Result<Shell> {
    let shell = Shell::new()?;
    shell.change_dir(root());
    Ok(shell)
}

/// Root of the workspace: of the clone that cargo runs this for, which need not be the one it was built in.
pub(crate) fn root() -> PathBuf {
    let own = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&own).parent().expect("xtask lies in the workspace").to_owned()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The wasm build has flags of its own; a folder of its own keeps the native cache.
pub(crate) fn wasm_target() -> PathBuf {
    target().join("wasm")
}

/// Says what comes and how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    println!("── {what}");
    let start = Instant::now();
    let result = work().with_context(|| what.to_owned())?;
    println!("── {what}: {:.0} s", start.elapsed().as_secs_f64());
    Ok(result)
}
