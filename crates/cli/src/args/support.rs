//! What may be typed after `zuc backup`, `zuc lock` and `zuc sync`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Backup {
    /// The backups of the folder, newest first
    List,
    /// When the last was made and the last was tried, and what should be done
    Status,
    /// Open the newest aside, verify all of it, throw it away
    Drill,
    /// Backups go into this folder from now on; none: into the data's own
    Folder {
        /// The folder
        folder: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
pub(crate) enum Lock {
    /// Whether there is one, and after how long without anybody it shuts
    Show,
    /// Put a passphrase before the data, or another in the place of the one that stands
    Put {
        /// File whose first line is the new one
        #[arg(long, value_name = "FILE")]
        phrase: PathBuf,
        /// File whose first line is the one that stands
        #[arg(long, value_name = "FILE")]
        current: Option<PathBuf>,
    },
    /// Take it off: the keyring of the system opens the data
    Off {
        /// File whose first line is the one that stands
        #[arg(long, value_name = "FILE")]
        current: PathBuf,
    },
    /// After how many minutes without anybody the window shuts: 5, 15, 30, 60, or 0 for never
    Idle {
        /// The minutes
        minutes: u32,
    },
}

#[derive(Subcommand)]
pub(crate) enum Sync {
    /// Pack each log as far as it is read here, for computers that join; or look at what another person packed, and sign it
    Snapshot,
}
