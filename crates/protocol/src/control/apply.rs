//! What each act does to the fold.

use crate::control::act::{AddDevice, BagChange, ControlAct, EpochStart, Genesis, KeyWrap, Mark, Recipient};
use crate::control::error::ControlError;
use crate::control::log::ControlLog;
use crate::control::record::{ControlAuthor, ControlRecord, epoch_id};
use crate::control::state::{DeviceState, Epoch, PersonState, Removal};
use crate::ids::{BatchHash, ControlHash, DeviceId};
use crate::scope::{MAX_SCOPES, Rights, Scope};

impl ControlLog {
    pub(super) fn begin(&mut self, genesis: &Genesis, hash: ControlHash) -> Result<(), ControlError> {
        self.persons.insert(genesis.person, PersonState { history: vec![(0, genesis.rights.clone())] });
        self.devices.insert(
            genesis.device.id(),
            DeviceState {
                person: genesis.person,
                public: genesis.device,
                label: genesis.label.clone(),
                added_by: ControlAuthor::Device(genesis.device.id()),
                added_at: 0,
                removed: None,
                frozen: vec![],
            },
        );
        // Rights "after the genesis" are read below, before it is pushed.
        for epoch in &genesis.epochs {
            if self.epochs.contains_key(&epoch.scope) {
                return Err(ControlError::Contradiction("two first epochs of one scope"));
            }
            self.begin_epoch(epoch, hash, 0)?;
        }
        if Scope::FIRST.iter().any(|scope| !self.epochs.contains_key(scope) || !self.bags.contains_key(scope)) {
            return Err(ControlError::Contradiction("a genesis begins all six scopes"));
        }
        if !genesis.index.iter().any(|wrap| wrap.to == Recipient::Root) {
            return Err(ControlError::Contradiction("the index key must be wrapped to the root"));
        }
        Ok(())
    }

    pub(super) fn apply(&mut self, record: &ControlRecord, hash: ControlHash) -> Result<(), ControlError> {
        let seq = record.seq;
        match &record.act {
            ControlAct::Genesis(_) => return Err(ControlError::Contradiction("a second genesis")),
            ControlAct::AddDevice(add) => self.add_device(add, record.author, seq)?,
            ControlAct::Freeze { device, on } => {
                let state = self.member_mut(*device)?;
                let open = state.frozen.last_mut().filter(|(_, end)| end.is_none());
                match (open, on) {
                    (Some((_, end)), false) => *end = Some(seq),
                    (None, true) => state.frozen.push((seq, None)),
                    _ => {}
                }
            }
            ControlAct::Remove(remove) => {
                self.add_marks(&record.act, seq)?;
                self.change_bags(&remove.bags)?;
                let removal = Removal { at: seq, wipe: remove.wipe, reason: remove.reason };
                self.member_mut(remove.device)?.removed = Some(removal);
            }
            ControlAct::Rights(change) => {
                self.add_marks(&record.act, seq)?;
                self.change_bags(&change.bags)?;
                let person =
                    self.persons.get_mut(&change.person).ok_or(ControlError::Contradiction("no such person"))?;
                person.history.push((seq, change.rights.clone()));
            }
            ControlAct::Epoch(start) => self.begin_epoch(start, hash, seq)?,
            ControlAct::Grant(grant) => {
                self.check_wraps(grant.scope, &grant.wraps, seq)?;
                self.epochs
                    .get_mut(&grant.scope)
                    .and_then(|epochs| epochs.iter_mut().find(|epoch| epoch.id == grant.epoch))
                    .ok_or(ControlError::Contradiction("no such epoch"))?
                    .wraps
                    .extend(grant.wraps.iter().cloned());
            }
            ControlAct::RelayKey { key, url } => {
                self.relays.push(*key);
                self.relay_url = Some(url.clone());
            }
            ControlAct::Erase(erase) => {
                self.change_bags(&erase.bags)?;
                for key in &erase.keys {
                    self.erased.entry(*key).or_insert(seq);
                }
                self.owe(record.author, &erase.bags, seq);
            }
            ControlAct::SchemaFloor(floor) => {
                if *floor < self.schema_floor {
                    return Err(ControlError::Contradiction("the schema floor never falls"));
                }
                self.schema_floor = *floor;
            }
            ControlAct::RootReplaced { root, index, keys } => {
                if index.to != Recipient::Root || keys.iter().any(|(_, wrap)| wrap.to != Recipient::Root) {
                    return Err(ControlError::Contradiction("a new root takes wraps to the root only"));
                }
                self.roots.push((seq, *root));
                // Wraps to the old code serve nobody any more.
                self.index.retain(|wrap| wrap.to != Recipient::Root);
                self.index.push(index.clone());
                self.add_keys(keys)?;
            }
            ControlAct::Thaw { log } => {
                self.thawed.entry(*log).or_insert(seq);
            }
            ControlAct::Settle { loser } => {
                if self.hashes.contains(loser) {
                    return Err(ControlError::Contradiction("the losing branch is this one"));
                }
                self.settled.insert(*loser);
                self.forks.retain(|fork| fork.theirs != *loser);
            }
        }
        Ok(())
    }

    fn add_device(&mut self, add: &AddDevice, author: ControlAuthor, seq: u64) -> Result<(), ControlError> {
        let id = add.device.id();
        if self.devices.contains_key(&id) {
            return Err(ControlError::Contradiction("the device is already known"));
        }
        match (self.persons.get(&add.person), &add.rights) {
            (None, Some(rights)) => {
                self.persons.insert(add.person, PersonState { history: vec![(seq, rights.clone())] });
            }
            (Some(_), None) => {}
            _ => return Err(ControlError::Contradiction("rights are given to a new person and to no other")),
        }
        if add.index.to != Recipient::Device(id) || add.keys.iter().any(|(_, wrap)| wrap.to != Recipient::Device(id)) {
            return Err(ControlError::Contradiction("a joining device takes wraps to itself only"));
        }
        self.devices.insert(
            id,
            DeviceState {
                person: add.person,
                public: add.device,
                label: add.label.clone(),
                added_by: author,
                added_at: seq,
                removed: None,
                frozen: vec![],
            },
        );
        self.index.push(add.index.clone());
        for (scope, wrap) in &add.keys {
            self.check_wraps(*scope, std::slice::from_ref(wrap), seq)?;
        }
        self.add_keys(&add.keys)
    }

    fn add_keys(&mut self, keys: &[(Scope, KeyWrap)]) -> Result<(), ControlError> {
        for (scope, wrap) in keys {
            self.epochs
                .get_mut(scope)
                .and_then(|epochs| epochs.last_mut())
                .ok_or(ControlError::Contradiction("no such scope"))?
                .wraps
                .push(wrap.clone());
        }
        Ok(())
    }

    fn begin_epoch(&mut self, start: &EpochStart, hash: ControlHash, seq: u64) -> Result<(), ControlError> {
        self.check_wraps(start.scope, &start.wraps, seq)?;
        if !start.wraps.iter().any(|wrap| wrap.to == Recipient::Root) {
            return Err(ControlError::Contradiction("an epoch key must be wrapped to the root"));
        }
        if !self.epochs.contains_key(&start.scope) && self.epochs.len() == MAX_SCOPES {
            return Err(ControlError::Contradiction("a company has at most 16 scopes"));
        }
        if let Some(bag) = start.bag {
            self.bags.insert(start.scope, bag);
            self.owed.remove(&start.scope);
        }
        self.epochs.entry(start.scope).or_default().push(Epoch {
            id: epoch_id(&hash, start.scope),
            scope: start.scope,
            at: seq,
            public: start.public,
            wraps: start.wraps.clone(),
            previous: start.previous.clone(),
        });
        Ok(())
    }

    /// A key goes to members who may read the scope, and to the root.
    fn check_wraps(&self, scope: Scope, wraps: &[KeyWrap], seq: u64) -> Result<(), ControlError> {
        let reads = |to: &Recipient| match to {
            Recipient::Root => true,
            Recipient::Device(device) => self.devices.get(device).is_some_and(|state| {
                state.member_at(seq)
                    && self
                        .persons
                        .get(&state.person)
                        .and_then(|person| person.rights_at(seq))
                        .is_some_and(|rights| rights.may_read(scope))
            }),
        };
        if wraps.iter().all(|wrap| reads(&wrap.to)) {
            Ok(())
        } else {
            Err(ControlError::Contradiction("a key is wrapped to a device that may not read the scope"))
        }
    }

    fn change_bags(&mut self, bags: &[BagChange]) -> Result<(), ControlError> {
        for change in bags {
            let current = self.bags.get_mut(&change.scope).ok_or(ControlError::Contradiction("no such scope"))?;
            *current = change.bag;
            self.owed.remove(&change.scope);
        }
        Ok(())
    }

    /// Whoever erases replaces the bags that they hold. What lies in another they cannot know: its holders owe it.
    fn owe(&mut self, author: ControlAuthor, replaced: &[BagChange], seq: u64) {
        let holds = |scope: Scope| match author {
            ControlAuthor::Root => false,
            ControlAuthor::Device(id) => {
                self.has_key(id, scope) && self.device(id).is_some_and(|device| self.reads(device, scope))
            }
        };
        let is_replaced = |scope: Scope| replaced.iter().any(|change| change.scope == scope);
        let owed: Vec<Scope> =
            self.bags.keys().copied().filter(|scope| !is_replaced(*scope) && !holds(*scope)).collect();
        for scope in owed {
            self.owed.entry(scope).or_default().insert(seq);
        }
    }

    fn member_mut(&mut self, device: DeviceId) -> Result<&mut DeviceState, ControlError> {
        self.devices
            .get_mut(&device)
            .filter(|state| state.removed.is_none())
            .ok_or(ControlError::Contradiction("no such device"))
    }

    fn add_marks(&mut self, act: &ControlAct, seq: u64) -> Result<(), ControlError> {
        if let ControlAct::Remove(remove) = act {
            self.member_mut(remove.device)?;
        }
        let marks = self.effective_marks(act);
        self.marks.extend(marks.into_iter().map(|mark| (seq, mark)));
        Ok(())
    }

    /// The marks that an act sets, also those it does not name (0: nothing counts). The relay refuses the act with
    /// [`ControlError::MarkStale`] when one lies below the last batch that it has acknowledged.
    pub fn effective_marks(&self, act: &ControlAct) -> Vec<Mark> {
        let named = |marks: &[Mark], device, scope| {
            let named = marks.iter().find(|mark| mark.device == device && mark.scope == scope).copied();
            named.unwrap_or(Mark { device, scope, number: 0, last: BatchHash::NONE })
        };
        match act {
            ControlAct::Remove(remove) => {
                self.scopes().map(|scope| named(&remove.marks, remove.device, scope)).collect()
            }
            ControlAct::Rights(change) => {
                let nothing = Rights::default();
                let before = self
                    .persons
                    .get(&change.person)
                    .and_then(|person| person.rights_at(self.last_seq()))
                    .unwrap_or(&nothing);
                let taken: Vec<_> = self
                    .scopes()
                    .filter(|scope| before.may_write(*scope) && !change.rights.may_write(*scope))
                    .collect();
                self.devices_of(change.person)
                    .flat_map(|(device, _)| taken.iter().map(move |scope| (device, *scope)))
                    .map(|(device, scope)| named(&change.marks, device, scope))
                    .collect()
            }
            _ => vec![],
        }
    }
}
