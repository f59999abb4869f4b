//! Which jobs are due, and in which order they are done.

use crate::{AppError, Office};

impl Office {
    /// Does the jobs that are due and that this device may do for the company. What another device does already, and what
    /// waits until this one has read everything, is looked at again later.
    ///
    /// # Errors
    /// `clock.off`: a device whose clock is far from the relay's does nothing for the others. The first failure of a job.
    pub(crate) async fn run_jobs(&self) -> Result<(), AppError> {
        self.trust_clock_or_tell()?;
        self.run_sagas().await?;
        if let Err(error) = Box::pin(self.end_what_is_over()).await {
            tracing::warn!(code = error.code, detail = error.detail, "documents whose day is over were not ended");
        }
        // what somebody else's act came before is due again the next time
        if let Err(error) = self.rotate_what_is_due().await {
            tracing::warn!(code = error.code, detail = error.detail, "keys that are due were not renewed");
        }
        Ok(())
    }
}
