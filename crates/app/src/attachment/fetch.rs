//! Fetching a file that lies elsewhere, because somebody opens it.

use zuc_domain::attachment::Attachment;
use zuc_ipc::Changes;
use zuc_protocol::attachment::sealed_size;
use zuc_store::{HeldFile, OwedFile};

use super::{carry::Carried, changes};
use crate::{AppError, Office};

impl Office {
    /// Whether a file is neither here nor on its way by itself.
    pub(crate) async fn is_elsewhere(&self, attachment: &Attachment) -> Result<bool, AppError> {
        let here = !matches!(self.store.held_file(attachment).await?, HeldFile::Coming { .. });
        Ok(!here && !self.keeps().await?.wants(sealed_size(attachment.size)))
    }

    /// Fetches a file now that somebody wants ([`super::Files::want`]); what had come of it before is not asked for again.
    ///
    /// # Errors
    /// `attachment.elsewhere` where no relay answers; `attachment.not_whole` where the relay has not got it itself;
    /// `attachment.dropped`; `attachment.stopped` once [`Self::file_stop`] was told.
    pub(crate) async fn fetch(&self, attachment: &Attachment) -> Result<(), AppError> {
        let elsewhere = || AppError::new("attachment.elsewhere", "it lies at the relay, and none answers");
        let (Ok(relay), Some(log)) = (self.exchange.relay(), self.store.relay_log().await?) else {
            return Err(elsewhere());
        };
        let (scope, hash, size) = (attachment.scope, attachment.hash, sealed_size(attachment.size));
        let file = OwedFile { scope, hash, size, is_here: false, seen: false };
        self.tell(changes());
        let _one = self.files.carrying.lock().await;
        let carried = self.carry_down(relay.as_ref(), &file, log).await;
        match carried {
            Ok(Carried::Whole) => Ok(()),
            Ok(Carried::Waits) => Err(AppError::new("attachment.not_whole", "the relay has not got it whole")),
            Err(error) if error.is_network() => Err(elsewhere()),
            Err(error) => Err(error),
        }
    }

    /// Stops fetching a file; what has come of it stays for the next time.
    pub async fn file_stop(&self, file: String) -> Result<Changes, AppError> {
        let attachment = self.attachment(&file).await?;
        self.files.stop(attachment.hash);
        Ok(self.tell(changes()))
    }
}
