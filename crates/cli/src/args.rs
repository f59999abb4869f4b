//! What may be typed after `zuc`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    /// Every event of this device, one CloudEvent a line
    Events,
    /// Check pages, chains, audit and read tables
    Verify {
        /// Compare with this home in every scope both hold
        #[arg(long, value_name = "HOME")]
        same_as: Option<PathBuf>,
    },
    /// Make the read tables again from documents and facts
    Rebuild {
        /// Only say what would differ
        #[arg(long)]
        verify: bool,
    },
    /// Persons and what is known of them
    #[command(subcommand)]
    Person(Person),
    /// Exchange with the relay once, and do what waits for it: sagas, stamps
    Sync {
        /// Stay until everything is sent and received, at most so many seconds
        #[arg(long, default_value_t = 30)]
        wait: u64,
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

#[derive(Subcommand)]
pub(crate) enum Company {
    /// Make a company here
    Create(CompanyCreate),
    /// Show it
    Show,
    /// Set the relay's address
    Relay {
        /// Address
        url: String,
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
}

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
    },
    /// Change one field
    Edit {
        /// Lead
        id: String,
        /// Field
        field: String,
        /// New value
        value: String,
        /// Value it must have now
        #[arg(long)]
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

#[derive(Subcommand)]
pub(crate) enum Csd {
    /// Load a certificate and its key
    Add {
        /// The .cer
        cer: PathBuf,
        /// The .key
        key: PathBuf,
        /// File with the password
        #[arg(long, env = "ZUC_CSD_PASSWORD_FILE")]
        password_file: PathBuf,
    },
    /// Certificates of the company
    List,
}

#[derive(Subcommand)]
pub(crate) enum Invoice {
    /// Invoices
    List {
        /// Which ones
        #[arg(
            long,
            default_value = "all",
            value_parser = ["all", "to_issue", "in_progress", "stamped", "needs_someone"]
        )]
        view: String,
    },
    /// One invoice and its CFDI's story
    Show {
        /// Invoice
        id: String,
    },
    /// Receiver and terms of a draft
    Fiscal {
        /// Invoice
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
        /// PUE or PPD
        #[arg(long, default_value = "PPD")]
        metodo: String,
        /// The SAT's key of the form of payment, as 03
        #[arg(long, default_value = "99")]
        forma: String,
        /// Internal note
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Folio, seal, stamp; goes on where it was interrupted
    Issue {
        /// Invoice
        id: String,
    },
    /// Write its XML, byte for byte
    Xml {
        /// Invoice
        id: String,
        /// Where to
        #[arg(long)]
        out: PathBuf,
    },
    /// Write its PDF
    Pdf {
        /// Invoice
        id: String,
        /// Where to
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum Person {
    /// Forget the person behind a lead or a contact, on every device
    Erase {
        /// The record
        record: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum Cfdi {
    /// XML without seal from a JSON description
    Build {
        /// The description
        file: PathBuf,
    },
    /// Seal an XML
    Seal {
        /// The XML
        file: PathBuf,
        /// The .cer
        #[arg(long)]
        cer: PathBuf,
        /// The .key
        #[arg(long)]
        key: PathBuf,
        /// File with the password
        #[arg(long, env = "ZUC_CSD_PASSWORD_FILE")]
        password_file: PathBuf,
    },
    /// Run the rules over an XML
    Verify {
        /// The XML
        file: PathBuf,
    },
    /// The cadena original of an XML
    Cadena {
        /// The XML
        file: PathBuf,
    },
    /// The printed form of an XML
    Pdf {
        /// The XML
        file: PathBuf,
        /// Where to
        #[arg(long)]
        out: PathBuf,
    },
}
