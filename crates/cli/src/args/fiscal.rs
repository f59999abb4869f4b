//! Certificates, invoices, and CFDI without a company.

use std::path::PathBuf;

use clap::Subcommand;

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
            value_parser = ["all", "to_issue", "in_progress", "stamped", "needs_someone", "blocked"]
        )]
        view: String,
    },
    /// One invoice and its CFDI's story
    Show {
        /// Invoice
        id: String,
        /// Why it is read: one that is kept for the law alone, its customer forgotten, opens to nobody who does not say
        #[arg(long)]
        reason: Option<String>,
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
    /// Keep one longer than the law does: a return was late, a dispute goes on
    Hold {
        /// Invoice
        id: String,
        /// Its last day, as 2033-03-31
        #[arg(long)]
        until: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Write its XML, byte for byte
    Xml {
        /// Invoice
        id: String,
        /// Why it is read: one that is kept for the law alone, its customer forgotten, opens to nobody who does not say
        #[arg(long)]
        reason: Option<String>,
        /// Where to
        #[arg(long)]
        out: PathBuf,
    },
    /// Write its PDF
    Pdf {
        /// Invoice
        id: String,
        /// Why it is read: one that is kept for the law alone, its customer forgotten, opens to nobody who does not say
        #[arg(long)]
        reason: Option<String>,
        /// Where to
        #[arg(long)]
        out: PathBuf,
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
