//! Answers kept by idempotency key: the same request twice has one effect.

use async_trait::async_trait;

use crate::{CompanyId, Hash, StoreError};

/// An answer to give again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// What the store remembers of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// Nothing: the caller does the work, then calls `finish`.
    Fresh,
    /// Somebody is doing it now.
    InProgress,
    /// It was done; this was the answer.
    Done(StoredAnswer),
    /// The key was used for another request.
    Mismatch,
}

/// Idempotency keys, kept for seven days.
#[async_trait]
pub trait IdempotencyStore: Send + Sync {
    /// Reserves a key of `who` for a request whose digest is `request`.
    ///
    /// A reservation older than a minute without an answer was lost in a crash and is given again.
    async fn begin(&self, company: CompanyId, who: &str, key: &str, request: Hash) -> Result<Remembered, StoreError>;

    /// Keeps the answer.
    async fn finish(&self, company: CompanyId, who: &str, key: &str, answer: StoredAnswer) -> Result<(), StoreError>;

    /// Frees a reservation whose work failed and may be tried again.
    async fn abandon(&self, company: CompanyId, who: &str, key: &str) -> Result<(), StoreError>;
}
