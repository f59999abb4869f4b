//! Running processes: each step a fact of finance, so that a killed one resumes and whoever takes it over goes on from there.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use zuc_domain::shared::{PersonId, ProposalId, Scope, derive};
use zuc_protocol::item::Fact;

use crate::aggregate::Projector;
use crate::facts::FactRecord;
use crate::lease::Lease;
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

/// A step of a process, and where it stands after it. Of two devices that took the same step, the one with the later lease
/// counts; where a process stands is what was written last under the latest lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProcessStep {
    process: Uuid,
    kind: String,
    subject: Uuid,
    /// From 1.
    step: u32,
    fence: u64,
    state: String,
    body: Value,
    at: Timestamp,
    by: PersonId,
}

impl FactRecord for ProcessStep {
    const KIND: &'static str = Fact::PROCESS_STEP;
    const SEALED: &'static [&'static str] = &[];

    fn uuid(&self) -> Uuid {
        derive(Scope::Finance, self.process, &format!("step {}", self.step))
    }

    fn subject(&self) -> Uuid {
        self.subject
    }

    fn scope(&self) -> Scope {
        Scope::Finance
    }

    fn by(&self) -> Option<PersonId> {
        Some(self.by)
    }

    fn fence(&self) -> u64 {
        self.fence
    }

    async fn project(&self, into: &mut Projector<'_>) -> Result<(), StoreError> {
        let (id, subject) = (self.process.as_bytes().as_slice(), self.subject.as_bytes().as_slice());
        let (body, at) = (self.body.to_string(), self.at.as_millisecond());
        let fence = i64::try_from(self.fence).unwrap_or(i64::MAX);
        sqlx::query!(
            "INSERT INTO saga (id, kind, subject, step, state, body, updated_at, fence) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET step = excluded.step, state = excluded.state, body = excluded.body,
                 updated_at = excluded.updated_at, fence = excluded.fence
             WHERE (excluded.fence, excluded.step) >= (fence, step)",
            id,
            self.kind,
            subject,
            self.step,
            self.state,
            body,
            at,
            fence,
        )
        .execute(&mut *into.conn)
        .await?;
        Ok(())
    }
}

impl Tx {
    /// Writes where a process stands, in the transaction of the step it did. `state` is its stable name: `done` and
    /// `compensated` are over.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where a later lease moved it already.
    pub async fn put_saga(
        &mut self,
        id: Uuid,
        kind: &str,
        subject: impl Into<Uuid>,
        state: &str,
        body: &(impl Serialize + Sync),
        lease: &Lease,
    ) -> Result<(), StoreError> {
        let bytes = id.as_bytes().as_slice();
        let before =
            sqlx::query!("SELECT step, fence FROM saga WHERE id = ?", bytes).fetch_optional(self.conn()).await?;
        let (step, fence) = before.map_or((0, 0), |before| (before.step, before.fence));
        if u64::try_from(fence).unwrap_or(0) > lease.fence() {
            return Err(StoreError::Fenced);
        }
        let step = ProcessStep {
            process: id,
            kind: kind.to_owned(),
            subject: subject.into(),
            step: u32::try_from(step).unwrap_or(0).saturating_add(1),
            fence: lease.fence(),
            state: state.to_owned(),
            body: serde_json::to_value(body)?,
            at: self.session.at,
            by: self.session.person,
        };
        self.record_fact(&step, &[]).await
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
    /// The latest lease that a process was moved under, as far as it is known here; 0 for one that has not begun.
    pub async fn process_fence(&self, id: Uuid) -> Result<u64, StoreError> {
        let id = id.as_bytes().as_slice();
        let fence =
            sqlx::query_scalar!("SELECT fence FROM saga WHERE id = ?", id).fetch_optional(self.reader()).await?;
        Ok(fence.and_then(|fence| u64::try_from(fence).ok()).unwrap_or(0))
    }

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
