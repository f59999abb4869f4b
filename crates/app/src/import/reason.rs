//! Codes of what is wrong with a row, or only remarkable about it. The window owns the words.

use std::fmt;

use serde::{Serialize, Serializer};
use zuc_ipc::words;

macro_rules! codes {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }
    };
}

codes! {
    /// Why a row stays out.
    Reason {
        /// Neither a person nor a company.
        NoNameNoCompany = "no_name_no_company",
        /// The mail address is none.
        Email = "email",
        /// The RFC has not the shape the SAT gives it.
        RfcFormat = "rfc_format",
        /// Fewer than zero employees.
        NegativeSize = "negative_size",
        /// The amount is negative, no number or too long to be money.
        Amount = "amount",
        /// The day does not exist.
        Date = "date",
    }
}

codes! {
    /// What is remarkable about a row that comes in.
    Warning {
        /// A cell would be a formula in a spreadsheet; it is kept as text.
        Formula = "formula",
        /// A cell holds markup; it is kept as text.
        Html = "html",
        /// The RFC's check digit does not fit; the SAT has issued such RFCs.
        RfcCheckDigit = "rfc_check_digit",
        /// The telephone cannot be dialled; it is kept as it was written.
        Phone = "phone",
        /// The number of employees could not be read and is left out.
        Size = "size",
        /// The código postal could not be read and is left out.
        Cp = "cp",
        /// The share of mails opened could not be read and is left out.
        OpenRate = "open_rate",
        /// Neither yes nor no; taken as no.
        Demo = "demo",
        /// The currency is not handled; the amount is taken as pesos.
        Currency = "currency",
        /// More cells than the header has names: a delimiter stood in a text.
        ExtraCells = "extra_cells",
        /// A letter could not be read.
        Unreadable = "unreadable",
        /// A text was longer than the field holds and was cut.
        TooLong = "too_long",
    }
}

impl Reason {
    /// What a person who mends the row reads beside it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoNameNoCompany => words::say("import.reason.no_name_no_company"),
            Self::Email => words::say("import.reason.email"),
            Self::RfcFormat => words::say("import.reason.rfc_format"),
            Self::NegativeSize => words::say("import.reason.negative_size"),
            Self::Amount => words::say("import.reason.amount"),
            Self::Date => words::say("import.reason.date"),
        }
    }
}
