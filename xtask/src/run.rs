//! The app, open on a sample company.

use std::path::PathBuf;

use xshell::Shell;

use crate::build;

/// Installs, builds, starts.
pub(crate) fn run(shell: &Shell, _home: Option<PathBuf>) -> anyhow::Result<()> {
    build::release(shell)
}
