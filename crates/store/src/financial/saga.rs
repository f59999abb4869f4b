//! Running processes, persisted with each step so that a killed one resumes.

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use zuc_domain::shared::ProposalId;

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
    /// Accepted proposals whose process of a kind has not come to an end or has not begun, the oldest first.
    pub async fn accepted_without_end(&self, kind: &str, limit: u32) -> Result<Vec<ProposalId>, StoreError> {
        let rows = sqlx::query_scalar!(
            "SELECT id FROM proposal_row p WHERE state = 'accepted' AND NOT EXISTS
                 (SELECT 1 FROM saga WHERE kind = ? AND subject = p.id AND state IN ('done', 'compensated'))
             ORDER BY updated_at LIMIT ?",
            kind,
            limit,
        )
        .fetch_all(self.reader())
        .await?;
        rows.iter().map(|id| Ok(ProposalId(uuid_of("proposal_row", id)?))).collect()
    }
}
