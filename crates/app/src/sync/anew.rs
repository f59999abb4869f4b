//! What the exchange does when the store refuses something: it rests, and begins anew from what the disk holds.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use zuc_ipc::Changes;
use zuc_protocol::{Scope, control::ControlLog};
use zuc_store::StoreError;
use zuc_sync::{Config, Effect, Engine, KeyRing};

use super::driver::Driver;
use crate::{AppError, Office, failpoint::failpoint};

/// How long the exchange rests after the store refused something; twice as long each time that it does so again.
const REST: Duration = Duration::from_secs(2);
/// The longest rest: a disk that was full is used again soon after it is not.
const LONGEST_REST: Duration = Duration::from_secs(30);
/// So many times an entry fails alike before it is set aside.
const TRIES: u32 = 3;

/// What the store has refused since the exchange was up to date.
#[derive(Default)]
pub(super) struct Failing {
    rests: u32,
    /// Entries that it fails on, by their place: with which code, and how often.
    entries: BTreeMap<(Scope, u64), (&'static str, u32)>,
}

impl Failing {
    /// How long to rest before the next try.
    pub(super) fn rest(&self) -> Duration {
        (REST * 2_u32.pow(self.rests.saturating_sub(1).min(8))).min(LONGEST_REST)
    }

    /// The store refused something.
    pub(super) fn again(&mut self) {
        self.rests = self.rests.saturating_add(1);
    }

    /// Nothing is left to do.
    pub(super) fn over(&mut self) {
        *self = Self::default();
    }

    /// What to carry out instead of an effect that failed: an entry whose content the store fails on, time and again,
    /// is set aside, or whoever wrote it had stopped the log here. What a disk says of itself is waited out.
    pub(super) fn instead(&mut self, effect: &Effect, error: &StoreError) -> Option<Effect> {
        let Effect::Apply { scope, advance, kind, bytes, .. } = effect else { return None };
        if !error.is_of_content() {
            return None;
        }
        let (scope, code) = (*scope, error.code());
        let failed = self.entries.entry((scope, advance.seq)).or_insert((code, 0));
        *failed = (code, if failed.0 == code { failed.1 + 1 } else { 1 });
        if failed.1 < TRIES {
            return None;
        }
        Some(Effect::Quarantine { scope, advance: *advance, kind: *kind, bytes: bytes.clone(), code })
    }
}

impl Driver {
    /// The store refused an effect. What the engine took for done behind it is not: nothing of it may be built upon.
    pub(super) fn give_up(&mut self, office: &Arc<Office>, error: &AppError) {
        tracing::error!(code = error.code, detail = error.detail, "an effect of the exchange failed");
        self.failing.again();
        office.exchange.set_status(|status| {
            "error".clone_into(&mut status.state);
            status.error = Some(error.code.clone());
        });
        if self.link.take().is_some() {
            office.set_online(false);
            office.exchange.line(office.now(), "disconnected", zuc_ipc::words::say("sync.disconnected").to_owned());
        }
        self.inputs.clear();
        self.status = None;
        self.answer_all(&error.code, "the exchange had to begin anew");
        self.failed = true;
    }

    /// An engine anew from what the disk holds; tried again later while that cannot be read. What the engine before had
    /// taken in and was not stored is no part of it: the relay is asked for it again.
    pub(super) async fn renew(&mut self, office: &Office) {
        match self.begin_anew(office).await {
            Ok(()) => self.failed = false,
            Err(error) => {
                self.failing.again();
                tracing::error!(code = error.code, detail = error.detail, "the exchange cannot begin anew");
            }
        }
    }

    /// Makes a scope once more of its entries; `false` where they are not all here. The engine is to begin anew then.
    pub(super) async fn mend(&mut self, office: &Office, scope: Scope) -> Result<bool, AppError> {
        let (control, ring) = (office.exchange.control(), office.exchange.ring());
        let device = ring.keys().public();
        let mending = office.store.mend(&control, &ring, scope, &device, office.now());
        let Some(mended) = Box::pin(mending).await? else { return Ok(false) };
        tracing::warn!(scope = %scope, apart = mended.apart, "a scope was made once more of its entries");
        self.changed = Changes::all();
        Ok(true)
    }

    async fn begin_anew(&mut self, office: &Office) -> Result<(), AppError> {
        let control = office.store.control().await?;
        office.end_what_was_left(&control).await?;
        let resume = office.store.resume(&control).await?;
        self.engine = Engine::new(Config::default(), office.exchange.device_keys(), control.clone(), resume);
        office.exchange.set_control(control);
        office.remember_members().await
    }
}

impl Office {
    /// Ends what the control log asks of this device and the disk refused when the record came.
    pub(super) async fn end_what_was_left(&self, control: &ControlLog) -> Result<(), AppError> {
        failpoint("sync.ending")?;
        let ring = KeyRing::of_device(self.exchange.device_keys(), control);
        Ok(self.store.end_what_was_left(control, &ring, self.now()).await?)
    }
}

#[cfg(test)]
mod tests {
    use zuc_protocol::{chain::LogKind, ids::ChainHash};
    use zuc_sync::{Advance, Source};

    use super::*;

    fn apply(seq: u64) -> Effect {
        Effect::Apply {
            scope: Scope::Sales(1),
            advance: Advance { seq, chain: ChainHash([1; 32]), author: None },
            source: Source::Relay { receipt: None },
            kind: LogKind::RelayFact,
            bytes: vec![7],
            items: vec![],
        }
    }

    fn unreadable() -> StoreError {
        StoreError::Json(serde_json::from_str::<u8>("x").expect_err("no number"))
    }

    #[test]
    fn an_entry_that_fails_alike_three_times_is_set_aside_and_the_log_goes_on() {
        let mut failing = Failing::default();
        for _ in 0..2 {
            assert_eq!(failing.instead(&apply(4), &unreadable()), None);
            assert_eq!(
                failing.instead(&apply(9), &unreadable()),
                None,
                "another beside it does not begin its tries anew"
            );
        }
        let aside = failing.instead(&apply(4), &unreadable()).expect("it is the third time");
        let Effect::Quarantine { scope, advance, bytes, code, .. } = aside else { panic!("{aside:?}") };
        assert_eq!((scope, advance.seq, bytes, code), (Scope::Sales(1), 4, vec![7], "store.json"));
        assert_eq!(failing.instead(&apply(5), &unreadable()), None, "the next one has its own tries");
    }

    #[test]
    fn what_the_disk_says_of_itself_sets_nothing_aside_and_takes_no_tries() {
        let mut failing = Failing::default();
        for _ in 0..9 {
            assert_eq!(failing.instead(&apply(4), &StoreError::DiskFull), None);
        }
        assert_eq!(failing.instead(&apply(4), &unreadable()), None);
        assert_eq!(failing.instead(&Effect::PurgeScope { scope: Scope::Sales(1) }, &unreadable()), None);
    }

    #[test]
    fn rests_grow_while_it_fails_and_begin_again_when_nothing_is_left_to_do() {
        let mut failing = Failing::default();
        let rests: Vec<u64> = (0..7)
            .map(|_| {
                failing.again();
                failing.rest().as_secs()
            })
            .collect();
        assert_eq!(rests, [2, 4, 8, 16, 30, 30, 30]);
        failing.over();
        assert_eq!(failing.rest(), REST);
    }
}
