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
}
