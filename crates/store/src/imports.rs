//! Batches of imports: who brought what in, and what one undo takes back.

use std::path::Path;

use uuid::Uuid;
use zuc_domain::shared::{ImportBatchId, PersonId};

use crate::StoreError;
use crate::store::uuid_of;
use crate::tx::Tx;

/// What a list brought in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOf {
    /// Prospects.
    Leads,
    /// A price list.
    Products,
}

impl ImportOf {
    const ALL: [Self; 2] = [Self::Leads, Self::Products];

    const fn name(self) -> &'static str {
        match self {
            Self::Leads => "leads",
            Self::Products => "products",
        }
    }
}

/// A batch as it is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportBatch {
    /// What the list brought in.
    pub of: ImportOf,
    /// Who imported.
    pub actor: PersonId,
    /// It was taken back.
    pub undone: bool,
}

impl Tx {
    /// Remembers a batch: its file's name, and what it counted.
    pub async fn record_import(
        &mut self,
        batch: ImportBatchId,
        of: ImportOf,
        file: &str,
        report: &str,
    ) -> Result<(), StoreError> {
        let file = Path::new(file).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (id, actor) = (batch.0.as_bytes().as_slice(), self.session().person.0);
        let (actor, at, what) = (actor.as_bytes().as_slice(), self.session().at.as_millisecond(), of.name());
        sqlx::query!(
            "INSERT INTO import_batch (id, what, file, at, actor, report) VALUES (?, ?, ?, ?, ?, ?)",
            id,
            what,
            file,
            at,
            actor,
            report,
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// A batch that was remembered here.
    pub async fn import_batch(&mut self, batch: ImportBatchId) -> Result<Option<ImportBatch>, StoreError> {
        let id = batch.0.as_bytes().as_slice();
        let row = sqlx::query!("SELECT what, actor, undone_at FROM import_batch WHERE id = ?", id)
            .fetch_optional(self.conn())
            .await?;
        row.map(|row| {
            let of = ImportOf::ALL.into_iter().find(|of| of.name() == row.what);
            let of = of.ok_or_else(|| StoreError::corrupt("import_batch", "what", &row.what))?;
            let actor = PersonId(uuid_of("import_batch", &row.actor)?);
            Ok(ImportBatch { of, actor, undone: row.undone_at.is_some() })
        })
        .transpose()
    }

    /// Marks a batch as taken back, with the rows it still held for a person.
    pub async fn close_import(&mut self, batch: ImportBatchId) -> Result<(), StoreError> {
        let (id, at) = (batch.0.as_bytes().as_slice(), self.session().at.as_millisecond());
        sqlx::query!("UPDATE import_batch SET undone_at = ? WHERE id = ?", at, id).execute(self.conn()).await?;
        self.release_rows(batch).await
    }

    /// Remembers under the number `n` the heads that a batch left a document with, and those `before` where it stood
    /// already. What was written is not copied; the document knows it, and forgets it with the person.
    pub(crate) async fn note_write(
        &mut self,
        batch: ImportBatchId,
        n: i64,
        object: Uuid,
        before: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        self.flush().await?;
        let (batch, object, before) =
            (batch.0.as_bytes().as_slice(), object.as_bytes().as_slice(), before.map(hex::encode));
        sqlx::query!(
            "INSERT INTO undo (batch, n, scope, object, kind, heads, inverse)
             SELECT ?, ?, scope, id, kind, heads, ? FROM doc WHERE id = ?",
            batch,
            n,
            before,
            object,
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
