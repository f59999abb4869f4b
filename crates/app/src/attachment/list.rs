//! The files of a record.

use uuid::Uuid;
use zuc_domain::{
    attachment::{Attachment, AttachmentRemoval},
    shared::{Action, CustomerId, LeadId, Object},
};
use zuc_ipc::attachment::FileRow;
use zuc_protocol::attachment::sealed_size;
use zuc_store::HeldFile;

use super::id;
use crate::{AppError, Office};

impl Office {
    /// The files of a lead, a customer or a proposal, newest first; those of a customer with those of the lead that it was.
    pub async fn file_list(&self, subject: String) -> Result<Vec<FileRow>, AppError> {
        self.allow(Action::ReadLeads, Object::in_scope(self.sales()))?;
        let subject = id(&subject)?;
        let mut subjects = vec![subject];
        let customer = self.store.customer_row(CustomerId(subject)).await?;
        subjects.extend(customer.and_then(|customer| customer.lead).map(LeadId::uuid));
        let mut rows = Vec::new();
        for subject in subjects {
            rows.extend(self.files_of(subject).await?);
            // with those of leads that live on in it
            for alias in self.store.aliases_of(subject).await? {
                rows.extend(self.files_of(alias.uuid()).await?);
            }
        }
        rows.sort_by(|left, right| (&right.at, &right.id).cmp(&(&left.at, &left.id)));
        Ok(rows)
    }

    async fn files_of(&self, subject: Uuid) -> Result<Vec<FileRow>, AppError> {
        let attachments = self.store.facts::<Attachment>(subject).await?;
        if attachments.is_empty() {
            return Ok(Vec::new());
        }
        let object = self.bearer(subject).await?.object;
        let may_remove = self.may(Action::RemoveFile, object);
        let acts = self.store.facts::<AttachmentRemoval>(subject).await?;
        let mut rows = Vec::new();
        for attachment in attachments.iter().filter(|file| !AttachmentRemoval::is_away(file.id, &acts)) {
            // of somebody who was forgotten, or whose key is on the way
            let Some(contents) = attachment.contents() else { continue };
            let (state, percent) = self.state_of(attachment).await?;
            rows.push(FileRow {
                id: attachment.id.to_string(),
                name: contents.name.to_string(),
                size: attachment.size,
                by: self.exchange.name_of(attachment.by),
                at: attachment.at.to_string(),
                state: state.to_owned(),
                percent,
                may_remove,
            });
        }
        Ok(rows)
    }

    async fn state_of(&self, attachment: &Attachment) -> Result<(&'static str, u8), AppError> {
        let keeps = self.keeps().await?;
        Ok(match self.store.held_file(attachment).await? {
            HeldFile::Safe => ("safe", 100),
            HeldFile::Unsent if self.files.is_dropped(attachment.hash) => ("alone", 100),
            HeldFile::Alone => ("alone", 100),
            HeldFile::Coming { .. } if self.files.is_dropped(attachment.hash) => ("gone", 0),
            HeldFile::Gone => ("gone", 0),
            HeldFile::Unsent => ("unsent", percent(self.files.sent_of(attachment.hash), sealed_size(attachment.size))),
            HeldFile::Coming { have, of, .. } if self.files.wish(attachment.hash).is_some() => {
                ("fetching", percent(have, of))
            }
            HeldFile::Coming { have, of, .. } if keeps.wants(of) => ("coming", percent(have, of)),
            HeldFile::Coming { have, of, at_relay } => {
                (if at_relay { "elsewhere" } else { "missing" }, percent(have, of))
            }
        })
    }
}

fn percent(have: u64, of: u64) -> u8 {
    (have * 100).checked_div(of).and_then(|percent| u8::try_from(percent).ok()).unwrap_or(0).min(100)
}
