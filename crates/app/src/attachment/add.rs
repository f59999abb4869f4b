//! Hanging a file on a record: sealed onto this disk first, then said.

use std::{fs::File, path::PathBuf};

use zuc_domain::{
    attachment::{Attachment, Contents, FileName},
    shared::{Action, AttachmentId},
};
use zuc_ipc::{
    Changes,
    attachment::{FileDone, FileNew},
    words,
};
use zuc_store::NewFile;

use super::{changes, id};
use crate::{AppError, Office, backup::aside, failpoint::failpoint, undo::Inverse};

impl Office {
    /// Hangs a file of this computer on a lead, a customer or a proposal. It is here at once, whether a relay answers or not.
    ///
    /// # Errors
    /// `file.not_read`; `attachment.too_large`; `store.disk_full`; `store.person_key_missing` where the record's person was
    /// forgotten, or their key is on the way.
    #[tracing::instrument(skip_all, fields(subject.id = %new.subject_id))]
    pub async fn file_add(&self, new: FileNew) -> Result<FileDone, AppError> {
        let bearer = self.bearer(id(&new.subject_id)?).await?;
        self.allow(Action::AttachFile, bearer.object)?;
        self.store.writable()?;
        let path = PathBuf::from(new.path);
        let name = FileName::new(&path.file_name().unwrap_or_default().to_string_lossy());
        // no sweep takes what no fact names yet
        let attaching = self.store.attaching().await;
        let sealed = self.seal(path).await?;
        failpoint("attachment.sealed")?;
        let contents = Some(Contents { name: name.clone(), key: sealed.key });
        let mut tx = self.begin().await?;
        let of_a_person = tx.bears_a_person(bearer.person.unwrap_or(bearer.subject.uuid())).await?;
        let (of_person, of_record) = if of_a_person { (contents, None) } else { (None, contents) };
        let act = tx.act();
        let attachment = Attachment {
            id: AttachmentId(tx.fresh_id()),
            scope: bearer.object.scope,
            subject: bearer.subject,
            bearer: bearer.person,
            of_person,
            of_record,
            hash: sealed.hash,
            size: sealed.size,
            at: act.at,
            by: act.by,
        };
        tx.record_fact(&attachment, &[]).await?;
        tx.commit().await?;
        drop(attaching);
        self.store.file_opened((attachment.scope, attachment.hash), act.at).await?;
        let file = attachment.id.to_string();
        let undo = Some(Inverse::File { file: file.clone(), away: true }.token());
        let done = words::fill("attachment.added", &[("name", &name)]);
        Ok(FileDone { id: file, changes: self.tell(Changes { undo, done, ..changes() }) })
    }

    async fn seal(&self, path: PathBuf) -> Result<NewFile, AppError> {
        let store = self.store.clone();
        let not_read = |error: std::io::Error| AppError::new("file.not_read", error.kind().to_string());
        aside(move || {
            let mut file = File::open(path).map_err(not_read)?;
            if !file.metadata().map_err(not_read)?.is_file() {
                return Err(AppError::new("file.not_read", "not a file"));
            }
            Ok(store.seal_file(&mut file)?)
        })
        .await?
    }
}
