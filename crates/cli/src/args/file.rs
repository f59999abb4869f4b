//! What may be typed after `zuc file`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Files {
    /// Hang a file on a lead or a customer
    Add {
        /// Lead or customer
        record: String,
        /// The file
        file: PathBuf,
    },
    /// The files of a lead or a customer, newest first
    List {
        /// Lead or customer
        record: String,
    },
    /// Write a file to this computer
    Save {
        /// The file's id
        id: String,
        /// Where to: a file, or a folder that is there
        #[arg(long)]
        out: PathBuf,
    },
    /// Take a file away; undo brings it back
    Remove {
        /// The file's id
        id: String,
    },
    /// How much room files take on this computer, and which it keeps
    Space {
        /// Keep only the files that are opened, within so many MiB; those of up to 1 MiB are always kept
        #[arg(long, value_name = "MIB")]
        limit: Option<u32>,
        /// Keep every file
        #[arg(long, conflicts_with = "limit")]
        all: bool,
    },
}
