//! What was written here and nobody took: it counts nowhere, and stays readable.

use serde::Serialize;
use serde_json::Value;
use zuc_store::KeptApart;

use crate::{
    AppError, Office,
    history::{edit_line, kind_name},
};

/// What is listed; older ones stay on the disk.
const LISTED: u32 = 500;

/// One thing that nobody took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The record, or the fact.
    pub record: String,
    /// `lead`, `customer`, …; a fact's own kind.
    pub kind: String,
    /// RFC 3339 of when that was known; empty where it was not noted.
    pub at: String,
    /// The stable code of why.
    pub code: String,
    /// The same in words.
    pub why: String,
    /// What it said, a line a field: `Ciudad: Celaya → León`.
    pub said: Vec<String>,
}

impl Office {
    /// What was written on this laptop and nobody took, newest first, as far as the person may read it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn conflict_kept(&self) -> Result<Vec<Kept>, AppError> {
        let kept = self.store.all_kept_apart(LISTED).await?.into_iter();
        Ok(kept.filter(|kept| self.may_see(kept)).map(|kept| self.kept(kept)).collect())
    }

    /// A fact is shown by its kind alone, which says nothing of anybody.
    fn may_see(&self, kept: &KeptApart) -> bool {
        kept.fact.is_some() || self.may_read(kept.kind, kept.scope).is_ok()
    }

    fn kept(&self, kept: KeptApart) -> Kept {
        let said = kept.edits.iter().filter_map(|edit| {
            // nothing of it is put back from here
            let shown = self.edit_shown(kept.kind, edit, &Value::Null)?;
            Some(edit_line(&shown))
        });
        Kept {
            record: kept.record.to_string(),
            said: said.collect(),
            kind: kept.fact.map_or_else(|| kind_name(kept.kind).to_owned(), |fact| fact.kind),
            at: kept.at.map(|at| at.to_string()).unwrap_or_default(),
            why: zuc_ipc::sentence(&kept.code).unwrap_or_default().to_owned(),
            code: kept.code,
        }
    }
}
