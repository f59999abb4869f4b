//! Files that nothing opens any more leave this laptop, and the relay is told to forget them.

use zuc_protocol::{
    ids::AttachmentId,
    messages::{ClientFrame, ServerFrame},
};
use zuc_store::wire_scope;

use super::changes;
use crate::{AppError, Office, failpoint::failpoint, ports::RelayError};

impl Office {
    /// Lets files go whose time in the bin is over, and has the relay forget whatever nothing opens any more, where the person
    /// may say so. What cannot be said now is said the next time.
    ///
    /// # Errors
    /// Of a relay that does not answer; what was said before stays said.
    pub(crate) async fn forget_files(&self) -> Result<(), AppError> {
        // by a clock that is off, nothing is destroyed
        if self.trust_clock().is_ok() && self.store.let_files_go(self.now()).await? > 0 {
            self.tell(changes());
        }
        let Ok(relay) = self.exchange.relay() else { return Ok(()) };
        let control = self.exchange.control();
        let Some(rights) = control.rights(self.exchange.device_keys().id()) else { return Ok(()) };
        for file in self.store.files_to_drop().await? {
            let (scope, id) = (wire_scope(file.0), AttachmentId(file.1.0));
            if !rights.may_drop_files(scope) {
                continue;
            }
            match relay.ask(&self.exchange.credentials(), ClientFrame::AttachmentDrop { scope, id }).await {
                Ok(ServerFrame::Attachment { id: of, size: 0, have: 0 }) if of == id => {
                    self.store.file_dropped(file).await?;
                }
                Ok(_) => return Err(RelayError::Nonsense.into()),
                // its rights are older than ours, or it does not know the frame
                Err(RelayError::Refused { code }) => tracing::debug!(code, "a file is not dropped yet"),
                Err(error) => return Err(error.into()),
            }
            failpoint("attachment.dropped")?;
        }
        Ok(())
    }
}
