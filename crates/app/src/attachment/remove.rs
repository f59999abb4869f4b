//! Taking a file away from a record, and bringing it back.

use zuc_domain::{
    attachment::AttachmentRemoval,
    shared::{Action, AttachmentId},
};
use zuc_ipc::{Changes, words};
use zuc_store::HeldFile;

use super::changes;
use crate::{AppError, Office, undo::Inverse};

impl Office {
    /// Takes a file away from its record. Its bytes stay where they are: the undo brings it back.
    pub async fn file_remove(&self, file: String) -> Result<Changes, AppError> {
        let done = self.set_away(&file, true).await?;
        let undo = Some(Inverse::File { file, away: false }.token());
        Ok(self.tell(Changes { undo, ..done }))
    }

    /// Takes a file away, or brings it back; one that is so already stays so.
    ///
    /// # Errors
    /// `attachment.gone` for one to be brought back whose time in the bin is over.
    pub(crate) async fn set_away(&self, file: &str, away: bool) -> Result<Changes, AppError> {
        let attachment = self.attachment(file).await?;
        let bearer = self.bearer(attachment.subject.uuid()).await?;
        self.allow(Action::RemoveFile, bearer.object)?;
        if !away && self.store.held_file(&attachment).await? == HeldFile::Gone {
            return Err(AppError::new("attachment.gone", "its time in the bin is over"));
        }
        let mut tx = self.begin().await?;
        let acts = tx.facts::<AttachmentRemoval>(attachment.subject.uuid()).await?;
        if AttachmentRemoval::is_away(attachment.id, &acts) != away {
            let act = tx.act();
            let removal = AttachmentRemoval {
                id: AttachmentId(tx.fresh_id()),
                scope: attachment.scope,
                subject: attachment.subject,
                file: attachment.id,
                removed: away,
                hlc: act.hlc,
                by: act.by,
            };
            tx.record_fact(&removal, &[]).await?;
            tx.commit().await?;
        }
        let done = if away { words::say("attachment.removed") } else { words::say("attachment.brought_back") };
        Ok(Changes { done: done.to_owned(), ..changes() })
    }
}
