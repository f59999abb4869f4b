//! Two histories of the membership: what each says, and which of them counts, by the recovery code.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use zuc_domain::shared::{Action, Object, PersonId, Scope};
use zuc_ipc::{Changes, company::Secret, words};
use zuc_protocol::{
    control::{ControlAct, ControlAuthor, ControlLog, SignedControl},
    ids::DeviceId,
};
use zuc_sync::ControlStep;

use crate::{
    AppError, Office,
    sync::{Order, append_control, control_records},
};

/// How often the act is signed again because the membership had moved.
const TRIES: usize = 4;
/// How long it is waited until this device has taken over what the code says.
const ADOPTING: Duration = Duration::from_secs(15);
/// Between two looks whether it has.
const LOOK: Duration = Duration::from_millis(50);

/// One of two histories that follow the same record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Branch {
    /// Names its first record, hexadecimal.
    pub id: String,
    /// It is the relay's: whoever connects reads this one, and the code can say that it counts.
    pub relay: bool,
    /// It is the one that this computer holds.
    pub here: bool,
    /// What it says, in order, as far as it is known here.
    pub acts: Vec<BranchAct>,
}

/// What somebody did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BranchAct {
    /// RFC 3339, as its author says.
    pub at: String,
    /// Who; empty where nobody here knows.
    pub person: String,
    /// In words.
    pub what: String,
}

/// A fork and the relay's whole log.
struct Found {
    relay: ControlLog,
    /// The place at which they part.
    seq: u64,
    /// The other branch, as far as it is known here.
    other: Vec<SignedControl>,
}

impl Office {
    /// Both histories of a forked membership, the relay's first.
    ///
    /// # Errors
    /// `fork.none` where there is none; `relay.none` and those of a relay that does not answer.
    pub async fn fork_view(&self) -> Result<Vec<Branch>, AppError> {
        self.allow(Action::ManageDevices, Object::in_scope(Scope::Admin))?;
        Ok(self.branches(&self.found_fork().await?))
    }

    /// Says by the recovery code that the relay's history counts, and the other never did. Everybody takes it over when they
    /// are next connected; what only the other says is to be done again.
    ///
    /// # Errors
    /// `fork.none`; `fork.not_the_relays` for a branch that the relay does not hold; `sync.bad_code`,
    /// `company.other_recovery_code`; `relay.none` and the relay's codes.
    #[tracing::instrument(skip_all)]
    pub async fn fork_settle(&self, keep: &str, code: &Secret) -> Result<Changes, AppError> {
        self.allow(Action::ManageDevices, Object::in_scope(Scope::Admin))?;
        let root = self.root_of(code)?;
        let (relay, who) = (self.exchange.relay()?, self.exchange.credentials());
        for _ in 0..TRIES {
            let found = self.found_fork().await?;
            let branches = self.branches(&found);
            if !branches.iter().any(|branch| branch.relay && branch.id.starts_with(keep) && !keep.is_empty()) {
                return Err(AppError::new("fork.not_the_relays", "the relay holds the other branch"));
            }
            let loser = found.other.first().map(SignedControl::hash).ok_or_else(none)?;
            let act = ControlAct::Settle { loser };
            let record = found.relay.sign_as_root(act, self.now().as_millisecond(), &root)?;
            let step = ControlStep { record, replacements: Vec::new(), wraps: Vec::new() };
            if append_control(relay.as_ref(), &who, step).await? {
                return self.adopted().await;
            }
        }
        Err(AppError::new("sync.control_conflict", "the membership moves all the time"))
    }

    /// Waits until this device has taken over the branch that counts; where that takes longer it does so later.
    async fn adopted(&self) -> Result<Changes, AppError> {
        self.exchange.order(Order::Reconnect);
        let settled = async {
            while self.exchange.control().fork().is_some() {
                tokio::time::sleep(LOOK).await;
            }
        };
        let _later = tokio::time::timeout(ADOPTING, settled).await;
        let done = words::say("company.settled").to_owned();
        Ok(self.tell(Changes { done, ..Changes::all() }))
    }

    async fn found_fork(&self) -> Result<Found, AppError> {
        let ours = self.exchange.control();
        let fork = ours.fork().ok_or_else(none)?;
        let records = control_records(self.exchange.relay()?.as_ref(), &self.exchange.credentials()).await?;
        let relay = ControlLog::replay(self.exchange.company(), records)?;
        let seq = fork.seq;
        let other = if relay.seq_of(fork.ours.head()).is_none() {
            ours.records_from(seq).to_vec()
        } else {
            // this computer holds the relay's: of the other it has what proves it
            let kept = self.store.forked_records().await?;
            kept.into_iter().filter(|record| record.hash() == fork.theirs).collect()
        };
        Ok(Found { relay, seq, other })
    }

    fn branches(&self, found: &Found) -> Vec<Branch> {
        let theirs = found.relay.records_from(found.seq);
        let ours = self.exchange.control();
        let relays = self.branch(&found.relay, theirs, true, ours.as_ref());
        vec![relays, self.branch(&found.relay, &found.other, false, ours.as_ref())]
    }

    fn branch(&self, relays: &ControlLog, records: &[SignedControl], relay: bool, ours: &ControlLog) -> Branch {
        let first = records.first().map(SignedControl::hash);
        let here = first.is_some_and(|first| ours.seq_of(first.head()).is_some());
        // whoever came in by one branch is known there only
        let log = if relay { relays } else { ours };
        let acts = records.iter().filter_map(|record| self.act_told(log, record)).collect();
        Branch { id: first.as_ref().map(ToString::to_string).unwrap_or_default(), relay, here, acts }
    }

    fn act_told(&self, log: &ControlLog, record: &SignedControl) -> Option<BranchAct> {
        let record = record.decode().ok()?;
        let person = match record.author {
            ControlAuthor::Device(device) => self.whose(log, device),
            ControlAuthor::Root => words::say("control.by_code").to_owned(),
        };
        let at = Timestamp::from_millisecond(record.time_ms).map(|at| at.to_string()).unwrap_or_default();
        Some(BranchAct { at, person, what: self.in_words(log, &record.act) })
    }

    fn whose(&self, log: &ControlLog, device: DeviceId) -> String {
        let state = log.device(device);
        state.map(|state| self.exchange.name_in(log, PersonId(state.person.to_uuid()))).unwrap_or_default()
    }

    fn in_words(&self, log: &ControlLog, act: &ControlAct) -> String {
        let named = |person: zuc_protocol::ids::PersonId| self.exchange.name_in(log, PersonId(person.to_uuid()));
        match act {
            ControlAct::Genesis(_) => words::say("control.genesis").to_owned(),
            ControlAct::AddDevice(add) => words::fill("control.added", &[("name", &named(add.person))]),
            ControlAct::Freeze { device, on: true } => {
                words::fill("control.stopped", &[("name", &self.whose(log, *device))])
            }
            ControlAct::Freeze { device, on: false } => {
                words::fill("control.released", &[("name", &self.whose(log, *device))])
            }
            ControlAct::Remove(remove) => words::fill("control.removed", &[("name", &self.whose(log, remove.device))]),
            ControlAct::Rights(change) => {
                let roles: Vec<&str> = change.rights.roles.iter().map(|role| role.name()).collect();
                words::fill("control.rights", &[("name", &named(change.person)), ("roles", &roles.join(", "))])
            }
            ControlAct::Epoch(start) => words::fill("control.epoch", &[("scope", &start.scope)]),
            ControlAct::Grant(grant) => words::fill("control.grant", &[("scope", &grant.scope)]),
            ControlAct::RelayKey { url, .. } => words::fill("control.relay", &[("url", url)]),
            ControlAct::Erase(_) => words::say("control.erased").to_owned(),
            ControlAct::SchemaFloor(_) => words::say("control.floor").to_owned(),
            ControlAct::RootReplaced { .. } => words::say("control.code").to_owned(),
            ControlAct::Settle { .. } => words::say("control.settled").to_owned(),
            ControlAct::Thaw { .. } => words::say("control.thawed").to_owned(),
        }
    }
}

fn none() -> AppError {
    AppError::new("fork.none", "the membership has one history")
}
