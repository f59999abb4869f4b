//! What may be typed after `zuc`.

mod apart;
mod company;
mod file;
mod fiscal;
mod sales;
mod support;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub(crate) use apart::Conflicts;
pub(crate) use company::{Company, CompanyRecover, Device, LeftBehind, Person, Reason};
pub(crate) use file::Files;
pub(crate) use fiscal::{Cfdi, Csd, Invoice};
pub(crate) use sales::{Customer, Import, Lead, Product, Proposal};
pub(crate) use support::{Backup, Lock, Sync};

/// Zuclubit without a window.
#[derive(Parser)]
#[command(name = "zuc", version, about = "Zuclubit sin ventana: los mismos casos de uso, para guiones y soporte")]
pub(crate) struct Cli {
    /// Folder of the data
    #[arg(long, global = true, env = "ZUC_HOME")]
    pub(crate) home: Option<PathBuf>,
    /// Print one JSON value and nothing else
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Descriptor from which the passphrase is read, where there is no keyring
    #[arg(long, global = true, value_name = "N")]
    pub(crate) passphrase_fd: Option<i32>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Play one sale end to end on three homes and a relay
    Demo {
        /// Folder for the documents
        #[arg(long)]
        out: PathBuf,
        /// Leave the homes and the servers' data there too
        #[arg(long)]
        keep_homes: bool,
    },
    /// The company of this home
    #[command(subcommand)]
    Company(Company),
    /// Devices: invite, join, approve
    #[command(subcommand)]
    Device(Device),
    /// Bring a list in, or take one back
    #[command(subcommand)]
    Import(Import),
    /// Leads
    #[command(subcommand)]
    Lead(Lead),
    /// Customers
    #[command(subcommand)]
    Customer(Customer),
    /// Files that hang on a lead or a customer
    #[command(subcommand)]
    File(Files),
    /// Products of the catalogue
    #[command(subcommand)]
    Product(Product),
    /// Proposals
    #[command(subcommand)]
    Proposal(Proposal),
    /// Certificates that seal invoices
    #[command(subcommand)]
    Csd(Csd),
    /// Invoices
    #[command(subcommand)]
    Invoice(Invoice),
    /// Fiscal documents outside any company
    #[command(subcommand)]
    Cfdi(Cfdi),
    /// What Inicio shows to the person of this home
    Dashboard,
    /// Every event of this device, one CloudEvent a line; one list with --json
    Events,
    /// Check pages, chains, audit and read tables
    Verify {
        /// Compare with this home in every scope both hold
        #[arg(long, value_name = "HOME")]
        same_as: Option<PathBuf>,
    },
    /// How far the audit record of each computer reaches, as it told the others
    Audit {
        /// Tell now how far this one's does
        #[arg(long)]
        tell: bool,
    },
    /// What was set aside, ignored or stopped here: why, whose, when
    Doctor,
    /// Make the read tables again from documents and facts
    Rebuild {
        /// Only say what would differ
        #[arg(long)]
        verify: bool,
    },
    /// Back the data up; list backups, try the newest
    Backup {
        /// Folder to write it to; without it the one that is set, or `respaldos` in the data's own
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
        #[command(subcommand)]
        command: Option<Backup>,
    },
    /// Make this home what a backup holds; what stands here is set aside
    Restore {
        /// The backup
        file: PathBuf,
        /// Recovery code of the company, for a home without the keys of the backup; - reads it from standard input
        #[arg(long, value_name = "CODE")]
        recovery_code: Option<String>,
        /// Without the names of persons, when their keys are not beside the backup: the relay gives back what it has
        #[arg(long)]
        without_names: bool,
    },
    /// The lock on the data of this home: a passphrase before them, for the window and for this program
    #[command(subcommand)]
    Lock(Lock),
    /// What was changed apart and waits for a person
    #[command(subcommand)]
    Conflicts(Conflicts),
    /// Who changed what of a record, newest first
    History {
        /// The record
        id: String,
        /// Write again what a field was before a change
        #[arg(long, num_args = 2, value_names = ["CHANGE", "FIELD"])]
        restore: Option<Vec<String>>,
        /// What is older than this change
        #[arg(long, value_name = "CHANGE", default_value = "", conflicts_with = "restore")]
        before: String,
    },
    /// Persons and what is known of them
    #[command(subcommand)]
    Person(Person),
    /// Exchange with the relay once, and do what waits for it: sagas, stamps
    Sync {
        /// Stay until everything is sent and received, at most so many seconds
        #[arg(long, default_value_t = 30, global = true)]
        wait: u64,
        #[command(subcommand)]
        command: Option<Sync>,
    },
    /// Records by text
    Search {
        /// What to look for
        text: String,
    },
    /// Undo by token
    Undo {
        /// Token that a command returned
        token: String,
    },
}
