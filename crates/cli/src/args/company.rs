//! The company, its devices and people.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Subcommand)]
pub(crate) enum Company {
    /// Make a company here
    Create(CompanyCreate),
    /// Show it
    Show,
    /// Come into a company by its recovery code, when no computer of an administrator is left
    Recover(CompanyRecover),
    /// Set the relay's address
    Relay {
        /// Address
        url: String,
    },
    /// After the relay lost its data: give folios and stamp again without waiting for the computers that are missing
    Thaw {
        /// Decide at once, by the recovery code in this file, and not a day after the loss
        #[arg(long, value_name = "FILE")]
        code_file: Option<PathBuf>,
    },
    /// When the membership has two histories: show both; with the recovery code, say which one counts
    Settle {
        /// The beginning of the name of the one that counts
        #[arg(long, requires = "code_file")]
        keep: Option<String>,
        /// The recovery code
        #[arg(long, value_name = "FILE", requires = "keep")]
        code_file: Option<PathBuf>,
    },
}

#[derive(Args)]
pub(crate) struct CompanyCreate {
    /// RFC
    #[arg(long, default_value = "")]
    pub(crate) rfc: String,
    /// Name without company type
    #[arg(long, default_value = "")]
    pub(crate) name: String,
    /// The SAT's key of the régimen fiscal, as 601
    #[arg(long, default_value = "601")]
    pub(crate) regimen: String,
    /// Place of issue
    #[arg(long, default_value = "")]
    pub(crate) cp: String,
    /// Who makes it
    #[arg(long, default_value = "Administración")]
    pub(crate) person: String,
    /// Relay's address
    #[arg(long, default_value = "")]
    pub(crate) relay: String,
    /// Fill it with sample data, marked as such
    #[arg(long)]
    pub(crate) sample: bool,
    /// Write the recovery code here instead of showing it; counts as typing it back
    #[arg(long, value_name = "FILE")]
    pub(crate) recovery_out: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct CompanyRecover {
    /// The company, as `zuc company show` and the paper with the code say it
    #[arg(long)]
    pub(crate) company: String,
    /// Its relay's address
    #[arg(long)]
    pub(crate) relay: String,
    /// Who sits here
    #[arg(long)]
    pub(crate) person: String,
    /// The recovery code
    #[arg(long, value_name = "FILE")]
    pub(crate) code_file: PathBuf,
    /// Write the code that takes its place here; counts as typing it back
    #[arg(long, value_name = "FILE")]
    pub(crate) recovery_out: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum Device {
    /// Make a one-time invite
    Invite {
        /// Who it is for
        #[arg(long, default_value = "")]
        person: String,
        /// Roles: ventas, gerencia, finanzas, administracion
        #[arg(long, value_delimiter = ',', default_value = "ventas")]
        roles: Vec<String>,
    },
    /// Ask to join, show the code to compare, wait for the approval
    Join {
        /// The invite
        code: String,
        /// Who sits here
        #[arg(long)]
        person: String,
        /// Wait so many seconds for the approval
        #[arg(long, default_value_t = 120)]
        wait: u64,
    },
    /// Devices that ask to come in
    Pending,
    /// Let in the device that shows this code
    Approve {
        /// The code both screens show
        code: String,
    },
    /// Devices of the company
    List,
    /// Take a device out: nothing counts that it writes from now on, and it reads nothing new
    Revoke {
        /// Its id, or the beginning of it
        device: String,
        /// Why
        #[arg(long, value_enum)]
        reason: Reason,
        /// It deletes everything it holds when it is next heard of
        #[arg(long)]
        wipe: bool,
    },
    /// What those who left the company could not send: read it, take it over, throw it away
    #[command(subcommand)]
    LeftBehind(LeftBehind),
    /// Let a stopped device go on
    Release {
        /// Its id, or the beginning of it
        device: String,
    },
    /// Give scopes new keys; whoever reads them has them at once
    Rotate {
        /// Their names, as catalog or sales.1
        #[arg(required_unless_present = "all")]
        scopes: Vec<String>,
        /// All whose key is here
        #[arg(long, conflicts_with = "scopes")]
        all: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum LeftBehind {
    /// All of it, by computer and scope
    List,
    /// Make one of the changes yours; its record says whose it was
    Take {
        /// The computer, or the beginning of its id
        device: String,
        /// The scope, as sales.1
        scope: String,
        /// The number of the change
        number: u32,
        /// Also over what somebody wrote there since
        #[arg(long)]
        over: bool,
    },
    /// Throw away what is left of it: the relay forgets it for good
    Discard {
        /// The computer, or the beginning of its id
        device: String,
        /// The scope, as sales.1
        scope: String,
    },
    /// What this computer could not send before it was taken out, and where that is
    Mine,
}

/// Why a device is taken out.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Reason {
    /// Its person leaves, or the machine is retired
    Left,
    /// It is lost or stolen
    Lost,
}

#[derive(Subcommand)]
pub(crate) enum Person {
    /// The company's people and their roles
    List,
    /// Give a person other roles, on all their computers
    Rights {
        /// Id or name
        person: String,
        /// From now on; told again for each: ventas, gerencia, finanzas, administracion
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// The number of a sales team from now on; told again for each, as before where none is told
        #[arg(long = "team")]
        teams: Vec<u16>,
    },
    /// Write down all that is held on a person, for them: a file for programs and a paper
    Export {
        /// The record of a lead, a contact or a customer; a mail; a telephone
        who: String,
        /// Folder to write to
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Note that a person opposes being scored and written to by campaigns
    Oppose {
        /// The record of a lead or a contact; a mail; a telephone
        who: String,
        /// They do not any more
        #[arg(long)]
        withdraw: bool,
    },
    /// Forget a person on every device
    Erase {
        /// The record of a lead, a contact or a customer; a mail; a telephone
        who: String,
        /// Folder to write the receipt to
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// The receipt of an erasure as things stand now; or whether a file is one
    #[command(group = clap::ArgGroup::new("what").required(true).args(["record", "check"]))]
    Receipt {
        /// The record whose person was forgotten
        record: Option<String>,
        /// Check this file: its signature, and that a device of this company wrote it
        #[arg(long, value_name = "FILE")]
        check: Option<PathBuf>,
        /// Folder to write the receipt to
        #[arg(long, value_name = "DIR", conflicts_with = "check")]
        out: Option<PathBuf>,
    },
}
