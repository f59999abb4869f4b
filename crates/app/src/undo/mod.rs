//! Undo: each command that can be taken back gives its inverse, as a token. What takes it back is a change like any other,
//! never a rewinding of history, and it leaves what somebody wrote since.

mod lead;
mod record;
mod table;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zuc_domain::{
    lead::LeadField,
    shared::{ImportBatchId, LeadId},
};
use zuc_ipc::{Changes, words};
use zuc_protocol::item::DocKind;

pub(crate) use lead::FieldWas;
pub(crate) use record::{Before, Made, RecordWas};
pub use table::{UNDO, Undo, Why};

use crate::{
    AppError, Office,
    lead::{Joined, Moved},
};

/// The code of an undo that would write over what somebody wrote since.
pub(crate) const CHANGED: &str = "undo.changed_since";
/// Largest token, as text: what was done to the most leads at once fits.
const MAX_TOKEN: usize = 1 << 20;

/// What takes a command back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "snake_case")]
pub(crate) enum Inverse {
    /// Writes a field of a lead again.
    LeadField(FieldWas),
    /// The same of several leads that were changed at once.
    LeadFields {
        /// Each of them.
        fields: Vec<FieldWas>,
    },
    /// Takes away a record that a command made.
    Made(Made),
    /// Writes the fields of records again that one command changed.
    Records {
        /// Each of them.
        records: Vec<RecordWas>,
    },
    /// Writes what everybody saw before a conflict was settled.
    Settled {
        /// Kind of record.
        kind: u16,
        /// Record.
        record: String,
        /// Field.
        field: String,
        /// Value it had, as JSON.
        value: String,
        /// Value it was given, as JSON.
        written: String,
    },
    /// Gives the other word on whether a person opposes being scored and written to.
    Opposition {
        /// A record of theirs.
        record: Uuid,
        /// Whether they oppose it.
        opposes: bool,
    },
    /// Brings a file back, or takes it away.
    File {
        /// The file.
        file: String,
        /// Takes it away.
        away: bool,
    },
    /// Parts two leads that became one.
    Joined(Joined),
    /// Brings a lead back that went to another team.
    Moved(Moved),
    /// Takes an import back.
    Import {
        /// Its batch.
        batch: ImportBatchId,
    },
}

impl Inverse {
    /// A field of a lead that was `was` and was given `written`.
    pub(crate) fn of_field(lead: LeadId, was: LeadField, written: LeadField) -> Self {
        Self::LeadField(FieldWas { lead, was, written })
    }

    /// As the window keeps it.
    pub(crate) fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("plain strings always become JSON"))
    }

    fn from_token(token: &str) -> Result<Self, AppError> {
        if token.len() > MAX_TOKEN {
            return Err(AppError::invalid("token"));
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| AppError::invalid("token"))?;
        serde_json::from_slice(&bytes).map_err(|_| AppError::invalid("token"))
    }
}

impl Office {
    /// Takes back what a token stands for, where nobody wrote over it since. Where that can be taken back in its turn, the
    /// answer has the token.
    ///
    /// # Errors
    /// `undo.changed_since` where somebody did; `app.invalid_input` for what is no token.
    #[tracing::instrument(skip_all)]
    pub async fn undo(&self, token: String) -> Result<Changes, AppError> {
        let done = || words::say("undo.done").to_owned();
        match Inverse::from_token(&token)? {
            Inverse::LeadField(field) => {
                let back = Box::pin(self.put_field_back(&field)).await?;
                Ok(self.tell(Changes { leads: true, undo: Some(back.token()), done: done(), ..Changes::default() }))
            }
            Inverse::LeadFields { fields } => Box::pin(self.put_fields_back(&fields)).await,
            Inverse::Made(made) => {
                Box::pin(self.take_away(&made)).await?;
                Ok(self.tell(Changes { done: done(), ..Changes::all() }))
            }
            Inverse::Records { records } => {
                let back = Box::pin(self.put_records_back(&records)).await?;
                Ok(self.tell(Changes { undo: Some(back.token()), done: done(), ..Changes::all() }))
            }
            Inverse::Settled { kind, record, field, value, written } => {
                let record = record.parse().map_err(|_| AppError::invalid("token"))?;
                let json = |text: &str| serde_json::from_str(text).map_err(|_| AppError::invalid("token"));
                self.settle_value(DocKind(kind), record, &field, json(&value)?, Some(json(&written)?)).await?;
                Ok(self.tell(Changes { done: done(), ..Changes::all() }))
            }
            Inverse::Opposition { record, opposes } => Box::pin(self.take_opposition_back(record, opposes)).await,
            Inverse::File { file, away } => Ok(self.tell(self.set_away(&file, away).await?)),
            Inverse::Joined(joined) => Box::pin(self.part_leads(&joined)).await,
            Inverse::Moved(moved) => Box::pin(self.bring_back(&moved)).await,
            Inverse::Import { batch } => Box::pin(self.import_undo(batch.to_string())).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_what_it_stands_for() {
        let lead = LeadId(Uuid::from_u128(7));
        let inverse = Inverse::of_field(lead, LeadField::City(None), LeadField::City(Some("León".to_owned())));
        assert_eq!(Inverse::from_token(&inverse.token()).ok(), Some(inverse));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in ["", "no es", "e30", &"A".repeat(MAX_TOKEN + 1)] {
            assert_eq!(Inverse::from_token(text).err().map(|error| error.code).as_deref(), Some("app.invalid_input"));
        }
    }
}
