//! Running processes, persisted with each step so that a killed one resumes.

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::store::uuid_of;
use crate::tx::Tx;
use crate::{Store, StoreError};

/// A process as it was last written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSaga<S> {
    /// Its id.
    pub id: Uuid,
    /// What it is about.
    pub subject: Uuid,
    /// Where it stands.
    pub body: S,
}

impl Tx {
    /// Writes where a process stands, in the transaction of the step it did. `state` is its stable name: `done` and
    /// `compensated` are over.
    pub async fn put_saga(
        &mut self,
        id: Uuid,
        kind: &str,
        subject: impl Into<Uuid>,
        state: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<(), StoreError> {
        let (subject, json): (Uuid, String) = (subject.into(), serde_json::to_string(body)?);
        let (id, subject) = (id.as_bytes().as_slice(), subject.as_bytes().as_slice());
        let at = self.session.at.as_millisecond();
        sqlx::query!(
            "INSERT INTO saga (id, kind, subject, step, state, body, updated_at) VALUES (?, ?, ?, 1, ?, ?, ?)
             ON CONFLICT DO UPDATE SET step = step + 1, state = excluded.state, body = excluded.body,
                 updated_at = excluded.updated_at",
            id,
            kind,
            subject,
            state,
            json,
            at,
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// A process as this transaction sees it.
    pub async fn saga<S: DeserializeOwned>(&mut self, id: Uuid) -> Result<Option<SavedSaga<S>>, StoreError> {
        let bytes = id.as_bytes().as_slice();
        let row =
            sqlx::query!("SELECT subject, body FROM saga WHERE id = ?", bytes).fetch_optional(self.conn()).await?;
        row.map(|row| {
            Ok(SavedSaga { id, subject: uuid_of("saga", &row.subject)?, body: serde_json::from_str(&row.body)? })
        })
        .transpose()
    }
}

impl Store {
    /// Processes of a kind that are not over, oldest first: what a start resumes.
    pub async fn open_sagas<S: DeserializeOwned>(&self, kind: &str) -> Result<Vec<SavedSaga<S>>, StoreError> {
        let rows = sqlx::query!(
            "SELECT id, subject, body FROM saga WHERE kind = ? AND state NOT IN ('done', 'compensated') ORDER BY updated_at",
            kind,
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(SavedSaga {
                    id: uuid_of("saga", &row.id)?,
                    subject: uuid_of("saga", &row.subject)?,
                    body: serde_json::from_str(&row.body)?,
                })
            })
            .collect()
    }
}
