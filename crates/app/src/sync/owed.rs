//! Giving the keys that members wait for, as soon as this device knows what the others have written.

use tokio::sync::oneshot;
use zuc_protocol::control::ControlError;
use zuc_sync::{
    Input,
    membership::{owed_epochs, owed_keys, owed_renewals, renewable},
};

use super::driver::Driver;
use crate::{AppError, Office};

/// How many ticks after somebody was taken out the keys that are still theirs are looked at, by whoever holds them: whoever
/// took them out is most often just renewing them.
const SOON: u32 = 4;
/// And then every so many, half a minute.
const AGAIN: u32 = 60;

/// What is to be looked for when this device is caught up next.
#[derive(Clone, Copy, Default)]
pub(super) struct Owed {
    /// At all: after connecting and after every record of the control log.
    look: bool,
    /// Also for keys that nobody holds, or that somebody holds who may not: after connecting, after a refusal and, while
    /// there are such, from time to time; so that whoever is just letting somebody in or out is not forestalled.
    epochs: bool,
    stale: u32,
}

impl Owed {
    /// The control log has moved.
    pub(super) fn look(&mut self) {
        self.look = true;
    }

    /// Everything is to be looked for.
    pub(super) fn all(&mut self) {
        (self.look, self.epochs) = (true, true);
    }

    /// A tick is over; `stale` while a key is out.
    pub(super) fn time_goes_on(&mut self, stale: bool) {
        self.stale = if stale { self.stale.saturating_add(1) } else { 0 };
        if stale && (self.stale == SOON || self.stale.is_multiple_of(AGAIN)) {
            self.all();
        }
    }
}

impl Driver {
    /// Signs what is owed, if anything is; `true` when the relay has yet to take it.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn pay(&mut self, office: &Office) -> Result<bool, AppError> {
        if !std::mem::take(&mut self.owed.look) {
            return Ok(false);
        }
        let all = std::mem::take(&mut self.owed.epochs);
        let renews = all && renewable(self.engine.log(), self.engine.ring()).next().is_some();
        let bags = if renews { office.bags(self.engine.log()).await? } else { Vec::new() };
        let (now, entropy) = (office.now().as_millisecond(), office.ports.entropy.as_ref());
        let (log, ring) = (self.engine.log(), self.engine.ring());
        let mut fresh = || zuc_store::keys::random(entropy);
        let mut steps = if renews { owed_renewals(log, ring, &bags, now, &mut fresh) } else { Ok(Vec::new()) };
        if steps.as_ref().is_ok_and(Vec::is_empty) {
            steps = owed_keys(log, ring, now, &mut fresh);
        }
        if steps.as_ref().is_ok_and(Vec::is_empty) && all {
            steps = owed_epochs(log, ring, now, &mut fresh);
        }
        let steps = match steps {
            Ok(steps) => steps,
            // most devices may not begin an epoch: somebody else's will
            Err(ControlError::NotAllowed) => return Ok(false),
            Err(error) => {
                tracing::warn!(code = error.code(), "the keys that members wait for could not be given");
                return Ok(false);
            }
        };
        if steps.is_empty() {
            return Ok(false);
        }
        // what else is owed is looked at behind it
        self.owed.epochs = all;
        tracing::info!(records = steps.len(), "keys are given to members who wait for them");
        // nobody waits for an answer: what is refused is looked at again
        let records = steps.iter().map(|step| step.record.hash()).collect();
        self.authoring.push_back((records, oneshot::channel().0));
        self.inputs.extend(steps.into_iter().map(Input::ControlAuthored));
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_out_is_looked_at_soon_and_then_every_half_minute_until_there_is_a_new_one() {
        let mut owed = Owed::default();
        let looks = |owed: &mut Owed, ticks, stale| -> Vec<u32> {
            let look = |owed: &mut Owed| {
                owed.time_goes_on(stale);
                std::mem::take(&mut owed.look) && std::mem::take(&mut owed.epochs)
            };
            (1..=ticks).filter(|_| look(owed)).collect()
        };
        assert_eq!(looks(&mut owed, 200, true), [4, 60, 120, 180]);
        assert!(looks(&mut owed, 200, false).is_empty(), "none is out");
        assert_eq!(looks(&mut owed, 5, true), [4], "the next one begins anew");
    }
}
