//! What a column can mean to a list of prospects.

use std::fmt;

use serde::Serialize;

/// A field of a prospect that a column of the file may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeadField {
    /// The person's full name.
    Name,
    /// Given names, where the file keeps them apart.
    FirstName,
    /// Family names, where the file keeps them apart.
    LastName,
    /// Razón social or trade name.
    Company,
    /// One mail address, or several parted by commas or semicolons.
    Email,
    /// A telephone as it was written.
    Phone,
    /// Registro Federal de Contribuyentes.
    Rfc,
    /// How many people work there.
    Size,
    /// Giro.
    Industry,
    /// Where the prospect came from.
    Source,
    /// Estimated worth.
    Amount,
    /// Currency of the worth, ISO 4217.
    Currency,
    /// Código postal.
    Cp,
    /// Street and number.
    Street,
    /// City or municipio.
    City,
    /// Estado.
    State,
    /// The day it was captured in the old system.
    Created,
    /// Share of mails opened, 0 to 1.
    OpenRate,
    /// Whether a demonstration was asked for.
    Demo,
    /// Free text.
    Notes,
    /// Who looks after it.
    Owner,
    /// The person's post.
    Position,
    /// Web page.
    Website,
}

impl LeadField {
    /// Every field, in the order the wizard offers them.
    pub const ALL: [Self; 23] = [
        Self::Name,
        Self::FirstName,
        Self::LastName,
        Self::Company,
        Self::Email,
        Self::Phone,
        Self::Rfc,
        Self::Size,
        Self::Industry,
        Self::Source,
        Self::Amount,
        Self::Currency,
        Self::Cp,
        Self::Street,
        Self::City,
        Self::State,
        Self::Created,
        Self::OpenRate,
        Self::Demo,
        Self::Notes,
        Self::Owner,
        Self::Position,
        Self::Website,
    ];

    /// The stable word used in `--json`, in `--map` and by the wizard.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Company => "company",
            Self::Email => "email",
            Self::Phone => "phone_txt",
            Self::Rfc => "rfc",
            Self::Size => "size",
            Self::Industry => "industry",
            Self::Source => "source",
            Self::Amount => "amount",
            Self::Currency => "currency",
            Self::Cp => "cp",
            Self::Street => "street",
            Self::City => "city",
            Self::State => "state",
            Self::Created => "created",
            Self::OpenRate => "open_rate",
            Self::Demo => "demo",
            Self::Notes => "notes",
            Self::Owner => "owner",
            Self::Position => "position",
            Self::Website => "website",
        }
    }

    /// The field of a stable word; `None` for any other word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// Fields that several columns may fill: a second telephone, a second note.
    pub const fn repeats(self) -> bool {
        matches!(self, Self::Email | Self::Phone | Self::Notes)
    }
}

impl fmt::Display for LeadField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for LeadField {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
