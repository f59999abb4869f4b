//! Undo: each command that can be taken back gives its inverse, as a token.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use zuc_ipc::{Changes, words};
use zuc_protocol::item::DocKind;

use crate::{AppError, Office};

/// The code of an undo that would write over what somebody wrote since.
pub(crate) const CHANGED: &str = "undo.changed_since";

/// What takes a command back; a new command, never a rewinding of history.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "snake_case")]
pub(crate) enum Inverse {
    /// Writes a field again.
    LeadField {
        /// Lead.
        lead: String,
        /// Field.
        field: String,
        /// Value it had.
        value: String,
        /// Value it was given: whatever else it says by then, somebody wrote since.
        written: String,
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
    /// Brings a file back, or takes it away.
    File {
        /// The file.
        file: String,
        /// Takes it away.
        away: bool,
    },
    /// Takes an import back.
    Import {
        /// Its batch.
        batch: String,
    },
}

impl Inverse {
    /// As the window keeps it.
    pub(crate) fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("plain strings always become JSON"))
    }

    fn from_token(token: &str) -> Result<Self, AppError> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| AppError::invalid("token"))?;
        serde_json::from_slice(&bytes).map_err(|_| AppError::invalid("token"))
    }
}

impl Office {
    /// Takes back what a token stands for, where nobody wrote over it since.
    ///
    /// # Errors
    /// `undo.changed_since` where somebody did.
    pub async fn undo(&self, token: String) -> Result<Changes, AppError> {
        match Inverse::from_token(&token)? {
            Inverse::LeadField { lead, field, value, written } => {
                self.write_field(crate::lead::id(&lead)?, &field, &written, &value, CHANGED).await?;
                Ok(self.tell(Changes { leads: true, done: words::say("undo.done").to_owned(), ..Changes::default() }))
            }
            Inverse::Settled { kind, record, field, value, written } => {
                let record = record.parse().map_err(|_| AppError::invalid("token"))?;
                let json = |text: &str| serde_json::from_str(text).map_err(|_| AppError::invalid("token"));
                self.settle_value(DocKind(kind), record, &field, json(&value)?, Some(json(&written)?)).await?;
                Ok(self.tell(Changes { done: words::say("undo.done").to_owned(), ..Changes::all() }))
            }
            Inverse::File { file, away } => Ok(self.tell(self.set_away(&file, away).await?)),
            Inverse::Import { batch } => self.import_undo(batch).await,
        }
    }
}
