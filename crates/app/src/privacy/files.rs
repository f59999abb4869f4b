//! Files that hang on a person's records.

use uuid::Uuid;
use zuc_domain::attachment::{Attachment, AttachmentRemoval};
use zuc_store::HeldFile;

use super::copy::{AttachedFile, PersonCopy};
use crate::{AppError, Office};

impl Office {
    /// Puts the files of a record that is the person into their copy, also those that were taken away. What lies elsewhere is
    /// fetched for it; what cannot be is named without its bytes.
    pub(super) async fn gather_files(&self, about: Uuid, copy: &mut PersonCopy) -> Result<(), AppError> {
        let acts = self.store.facts::<AttachmentRemoval>(about).await?;
        for attachment in self.store.facts::<Attachment>(about).await? {
            let Some(contents) = attachment.contents() else { continue };
            let _wanted = self.files.want(attachment.hash);
            if self.is_elsewhere(&attachment).await?
                && let Err(error) = self.fetch(&attachment).await
            {
                tracing::warn!(code = error.code, "a file of somebody's copy could not be fetched");
            }
            let is_here = !matches!(self.store.held_file(&attachment).await?, HeldFile::Coming { .. } | HeldFile::Gone);
            let nth = copy.files.len() + 1;
            copy.files.push(AttachedFile {
                id: attachment.id.uuid(),
                about,
                name: contents.name.to_string(),
                size: attachment.size,
                at: attachment.at,
                by: self.exchange.name_of(attachment.by),
                removed: AttachmentRemoval::is_away(attachment.id, &acts),
                file: if is_here { format!("archivo-{nth}-{}", contents.name) } else { String::new() },
            });
        }
        Ok(())
    }

    /// The bytes of a file in clear.
    pub(super) async fn bytes_of(&self, file: Uuid) -> Result<Vec<u8>, AppError> {
        let attachment = self.store.attachment(file).await?.ok_or_else(|| AppError::not_found("file"))?;
        let _wanted = self.files.want(attachment.hash);
        if self.is_elsewhere(&attachment).await? {
            self.fetch(&attachment).await?;
        }
        Ok(self.clear(attachment).await?.bytes)
    }
}
