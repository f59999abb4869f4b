//! Giving the keys that members wait for, as soon as this device is up to date.

use tokio::sync::oneshot;
use zuc_protocol::control::ControlError;
use zuc_sync::{
    Input,
    membership::{owed_epochs, owed_keys},
};

use super::driver::Driver;
use crate::Office;

/// What is to be looked for when this device is up to date next.
#[derive(Clone, Copy, Default)]
pub(super) struct Owed {
    /// At all: after connecting and after every record of the control log.
    pub(super) look: bool,
    /// Also for keys that nobody holds: only after connecting and after a refusal, so that whoever is just letting
    /// somebody in is not forestalled.
    pub(super) epochs: bool,
}

impl Driver {
    /// Signs what is owed, if anything is; `true` when the relay has yet to take it.
    pub(super) fn pay(&mut self, office: &Office) -> bool {
        if !std::mem::take(&mut self.owed.look) {
            return false;
        }
        let (now, entropy) = (office.now().as_millisecond(), office.ports.entropy.as_ref());
        let (log, ring) = (self.engine.log(), self.engine.ring());
        let mut fresh = || zuc_store::keys::random(entropy);
        let mut steps = owed_keys(log, ring, now, &mut fresh);
        if steps.as_ref().is_ok_and(Vec::is_empty) && std::mem::take(&mut self.owed.epochs) {
            steps = owed_epochs(log, ring, now, &mut fresh);
        }
        let steps = match steps {
            Ok(steps) => steps,
            // most devices may not begin an epoch: somebody else's will
            Err(ControlError::NotAllowed) => return false,
            Err(error) => {
                tracing::warn!(code = error.code(), "the keys that members wait for could not be given");
                return false;
            }
        };
        if steps.is_empty() {
            return false;
        }
        tracing::info!(records = steps.len(), "keys are given to members who wait for them");
        // nobody waits for an answer: what is refused is looked at again
        self.authoring.push_back((steps.len(), oneshot::channel().0));
        self.inputs.extend(steps.into_iter().map(Input::ControlAuthored));
        true
    }
}
