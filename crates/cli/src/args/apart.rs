//! What may be typed after `zuc conflicts`.

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Conflicts {
    /// Fields that were changed apart and wait for a person, newest first
    List,
    /// One of them with its sides
    Show {
        /// The record
        id: String,
        /// The field
        field: String,
    },
    /// What was written on this laptop and nobody took, newest first: it counts nowhere, and this is where it can be read
    Kept,
    /// Say what holds
    Resolve {
        /// The record
        id: String,
        /// The field
        field: String,
        /// mine, theirs, or a side as `show` names it
        #[arg(long, required_unless_present = "value", conflicts_with = "value")]
        keep: Option<String>,
        /// The other side becomes a record of its own, where there is one to become
        #[arg(long, requires = "keep")]
        both: bool,
        /// Neither: this holds
        #[arg(long)]
        value: Option<String>,
    },
}
