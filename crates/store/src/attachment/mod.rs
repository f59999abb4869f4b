//! Files that hang on records: their facts, what of them is to be here, and their sealed bytes on this disk.

mod bin;
mod error;
mod files;
mod folder;
mod held;
mod space;

#[cfg(test)]
mod tests;

use uuid::Uuid;
use zuc_domain::attachment::{Attachment, AttachmentRemoval};
use zuc_domain::shared::{PersonId, Scope};
use zuc_protocol::attachment::sealed_size;
use zuc_protocol::item::Fact;

pub use bin::{FileKey, IN_THE_BIN};
pub use error::AttachmentError;
pub use files::{HeldFile, OwedFile};
pub use folder::NewFile;
pub(crate) use folder::is_named;
pub use held::FileWords;
pub use space::{FileSpace, SpareFile};

use crate::aggregate::Projector;
use crate::facts::FactRecord;
use crate::store::scope_number;
use crate::tx::Tx;
use crate::{Store, StoreError};

impl FactRecord for Attachment {
    const KIND: &'static str = Fact::ATTACHMENT;
    const SEALED: &'static [&'static str] = &["/of_person"];

    fn uuid(&self) -> Uuid {
        self.id.0
    }

    fn subject(&self) -> Uuid {
        self.subject.uuid()
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn person(&self) -> Uuid {
        self.bearer.unwrap_or(self.subject.uuid())
    }

    fn by(&self) -> Option<PersonId> {
        Some(self.by)
    }

    /// Notes which key seals it by the fact itself: whether that key is here does not matter.
    async fn project(&self, into: &mut Projector<'_>) -> Result<(), StoreError> {
        let (scope, id, hash) = (scope_number(into.scope), self.id.0, self.hash.0.as_slice());
        let (id, size) = (id.as_bytes().as_slice(), i64::try_from(sealed_size(self.size)).unwrap_or(i64::MAX));
        sqlx::query!(
            "INSERT INTO attachment (scope, hash, size, key_id)
             SELECT ?, ?, ?, unhex(substr(json_extract(body, '$.of_person.sealed'), 1, 32)) FROM fact
             WHERE scope = ? AND id = ? AND lost = 0
             ON CONFLICT DO NOTHING",
            scope,
            hash,
            size,
            scope,
            id,
        )
        .execute(&mut *into.conn)
        .await?;
        Ok(())
    }
}

impl FactRecord for AttachmentRemoval {
    const KIND: &'static str = Fact::ATTACHMENT_REMOVAL;
    const SEALED: &'static [&'static str] = &[];

    fn uuid(&self) -> Uuid {
        self.id.0
    }

    fn subject(&self) -> Uuid {
        self.subject.uuid()
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn by(&self) -> Option<PersonId> {
        Some(self.by)
    }

    /// Nothing: a record has few files, and a list of them reads their facts.
    async fn project(&self, _: &mut Projector<'_>) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Tx {
    /// Whether a person's key seals what identifies this record.
    pub async fn bears_a_person(&mut self, subject: impl Into<Uuid>) -> Result<bool, StoreError> {
        let subject: Uuid = subject.into();
        let subject = subject.as_bytes().as_slice();
        let known = sqlx::query_scalar!("SELECT 1 FROM person_subject WHERE subject = ?", subject);
        Ok(known.fetch_optional(&mut *self.conn).await?.is_some())
    }
}

impl Store {
    /// A file by its id, as its fact says it; nothing where there is none, or another of that id prevailed.
    pub async fn attachment(&self, id: Uuid) -> Result<Option<Attachment>, StoreError> {
        let bytes = id.as_bytes().as_slice();
        let subject = sqlx::query_scalar!(
            "SELECT subject FROM fact WHERE id = ? AND kind = 'attachment.added' AND lost = 0 LIMIT 1",
            bytes
        )
        .fetch_optional(self.reader())
        .await?;
        let Some(subject) = subject else { return Ok(None) };
        let of_its_record = self.facts::<Attachment>(crate::store::uuid_of("fact", &subject)?).await?;
        Ok(of_its_record.into_iter().find(|attachment| attachment.id.0 == id))
    }
}
