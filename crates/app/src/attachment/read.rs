//! A file in clear, to save it where the person says.

use zuc_domain::{
    attachment::Attachment,
    shared::{Action, Object},
};

use super::id;
use crate::{AppError, File, Office, backup::aside};

impl Office {
    /// A file in clear, checked whole before any of it is given; one that lies elsewhere is fetched first.
    ///
    /// # Errors
    /// `attachment.elsewhere` where it is not here and no relay answers; `attachment.not_whole`, `attachment.dropped`,
    /// `attachment.stopped`;
    /// `attachment.not_here` while it is coming; `attachment.altered`; `store.person_key_missing` where its person was
    /// forgotten.
    pub async fn file_read(&self, file: String) -> Result<File, AppError> {
        let attachment = self.attachment(&file).await?;
        self.allow(Action::ReadLeads, Object::in_scope(attachment.scope))?;
        let _wanted = self.files.want(attachment.hash);
        if self.is_elsewhere(&attachment).await? {
            self.fetch(&attachment).await?;
        }
        self.store.file_opened((attachment.scope, attachment.hash), self.now()).await?;
        self.clear(attachment).await
    }

    /// The file of this id, as its fact says it.
    pub(super) async fn attachment(&self, file: &str) -> Result<Attachment, AppError> {
        self.store.attachment(id(file)?).await?.ok_or_else(|| AppError::not_found("file"))
    }

    pub(crate) async fn clear(&self, attachment: Attachment) -> Result<File, AppError> {
        let store = self.store.clone();
        aside(move || {
            let name = attachment.contents().map(|contents| contents.name.to_string()).unwrap_or_default();
            let mut bytes = Vec::new();
            store.open_file(&attachment, &mut bytes)?;
            Ok(File { name, bytes })
        })
        .await?
    }
}
