//! What may be typed after `zuc backup`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Backup {
    /// The backups of the folder, newest first
    List,
    /// Open the newest aside, verify all of it, throw it away
    Drill,
    /// Backups go into this folder from now on; none: into the data's own
    Folder {
        /// The folder
        folder: Option<PathBuf>,
    },
}
