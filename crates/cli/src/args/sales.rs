//! Leads and their imports, customers, products, proposals.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Import {
    /// A list of prospects: CSV, text or a sheet
    Leads {
        /// The file
        file: PathBuf,
        /// Only say what would happen
        #[arg(long)]
        dry_run: bool,
        /// Save the rows that stay out here
        #[arg(long, value_name = "FILE")]
        rejects: Option<PathBuf>,
    },
    /// A list of products
    Products {
        /// The file
        file: PathBuf,
    },
    /// Rows held because they probably repeat a prospect
    Held,
    /// Decide about a held row
    Decide {
        /// The held row
        id: String,
        /// create: it is another prospect; merge: it is the one there; discard: it stays out
        #[arg(value_parser = ["create", "merge", "discard"])]
        decision: String,
    },
    /// Take an import back
    Undo {
        /// Its batch
        batch: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum Lead {
    /// A page of leads
    List {
        /// Text to look for
        #[arg(long, default_value = "")]
        text: String,
        /// Only these states
        #[arg(long, value_delimiter = ',')]
        state: Vec<String>,
        /// Most rows
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// One lead with its score and timeline
    Show {
        /// Lead
        id: String,
    },
    /// Add one
    Create {
        /// Contact
        #[arg(long, default_value = "")]
        name: String,
        /// Company
        #[arg(long, default_value = "")]
        company: String,
        /// Mail
        #[arg(long, default_value = "")]
        email: String,
        /// Phone
        #[arg(long, default_value = "")]
        phone: String,
        /// Sales team, for who sells in several
        #[arg(long, default_value_t = 0, hide_default_value = true)]
        team: u16,
    },
    /// Change one field
    Edit {
        /// Lead
        id: String,
        /// Field
        field: String,
        /// New value
        #[arg(allow_hyphen_values = true)]
        value: String,
        /// Value it must have now
        #[arg(long, allow_hyphen_values = true)]
        old: Option<String>,
    },
    /// Log a touch
    Log {
        /// Lead
        id: String,
        /// call, email, meeting, note, whatsapp
        #[arg(long, default_value = "call")]
        channel: String,
        /// in or out
        #[arg(long, default_value = "out")]
        direction: String,
        /// What was said
        text: String,
    },
    /// Pass the gate
    Qualify {
        /// Lead
        id: String,
        /// What they need
        #[arg(long)]
        need: String,
        /// Budget is there
        #[arg(long)]
        budget: bool,
        /// We speak with who decides
        #[arg(long)]
        authority: bool,
    },
    /// Leads that may be the same prospect
    Duplicates {
        /// Lead
        id: String,
    },
    /// Make two leads one
    Merge {
        /// The one that stays
        survivor: String,
        /// The one that becomes part of it
        other: String,
        /// Fields of which the other's value stays, as `city,estimated_amount`
        #[arg(long, value_delimiter = ',')]
        take: Vec<String>,
        /// Only show both side by side
        #[arg(long)]
        compare: bool,
    },
    /// Let it go to another sales team
    Move {
        /// Lead
        id: String,
        /// Team
        team: u16,
    },
    /// Make it customer, contact and opportunity
    Convert {
        /// Lead
        id: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum Customer {
    /// Customers
    List {
        /// Text to look for
        #[arg(default_value = "")]
        text: String,
    },
    /// Everything about one
    Show {
        /// Customer
        id: String,
    },
    /// Set the fiscal profile
    Fiscal {
        /// Customer
        id: String,
        /// RFC
        #[arg(long)]
        rfc: String,
        /// Name without company type
        #[arg(long)]
        name: String,
        /// The SAT's key of the régimen fiscal, as 601
        #[arg(long)]
        regimen: String,
        /// Postal code of the fiscal domicile
        #[arg(long)]
        cp: String,
        /// The SAT's key of the use, as G03
        #[arg(long)]
        uso: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum Product {
    /// Products by text
    List {
        /// Text to look for
        #[arg(default_value = "")]
        text: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum Proposal {
    /// Proposals
    List,
    /// Open one for a customer
    Create {
        /// Customer
        customer: String,
        /// Opportunity
        #[arg(long)]
        opportunity: Option<String>,
        /// Title
        #[arg(long, default_value = "")]
        title: String,
    },
    /// Show one
    Show {
        /// Proposal
        id: String,
    },
    /// Replace lines and terms by those of a JSON file in the editor's shape
    Save {
        /// The file
        file: PathBuf,
    },
    /// The client signs
    Sign {
        /// Proposal
        id: String,
        /// Signer's name
        #[arg(long)]
        name: String,
        /// Signer's role
        #[arg(long)]
        role: String,
        /// PNG of the signature
        #[arg(long, value_name = "FILE")]
        signature: PathBuf,
    },
    /// Write its PDF
    Pdf {
        /// Proposal
        id: String,
        /// Where to
        #[arg(long)]
        out: PathBuf,
    },
}
