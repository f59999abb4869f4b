//! The fold of the control log, the same on every device and at the relay.

use std::collections::{BTreeMap, BTreeSet};

use crate::control::act::{AddDevice, BagChange, ControlAct, EpochStart, Genesis, IndexWrap, KeyWrap, Mark, Recipient};
use crate::control::error::ControlError;
use crate::control::record::{ControlAuthor, ControlRecord, SignedControl, company_id, epoch_id};
use crate::control::state::{DeviceState, Epoch, PersonState, Removal};
use crate::error::ProtocolError;
use crate::identity::{DeviceKeys, DevicePublic};
use crate::ids::{BagId, CompanyId, ControlHash, ControlHead, DeviceId, EpochId, KeyId, PersonId, VerifyKey};
use crate::scope::{MAX_SCOPES, Rights, Role, Scope};
use crate::suite;

/// Two records that follow the same head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// Place of both.
    pub seq: u64,
    /// The one that this log holds.
    pub ours: ControlHash,
    /// The other.
    pub theirs: ControlHash,
}

/// What became of a record that somebody offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// It is the new head.
    Appended(ControlHash),
    /// It was there.
    Known,
    /// It follows a record that is not here yet: pull.
    Ahead,
    /// It follows a record that has another successor here: the log is forked from now on.
    Forked(Fork),
}

/// The company's control log, folded.
#[derive(Clone)]
pub struct ControlLog {
    company: CompanyId,
    records: Vec<SignedControl>,
    hashes: Vec<ControlHash>,
    heads: BTreeMap<ControlHead, u64>,
    devices: BTreeMap<DeviceId, DeviceState>,
    persons: BTreeMap<PersonId, PersonState>,
    roots: Vec<(u64, DevicePublic)>,
    index: Vec<IndexWrap>,
    epochs: BTreeMap<Scope, Vec<Epoch>>,
    marks: Vec<(u64, Mark)>,
    bags: BTreeMap<Scope, BagId>,
    erased: BTreeMap<KeyId, u64>,
    relays: Vec<VerifyKey>,
    relay_url: Option<String>,
    schema_floor: u32,
    settled: BTreeSet<ControlHash>,
    fork: Option<Fork>,
}

impl ControlLog {
    /// Begins a log with its genesis.
    ///
    /// # Errors
    /// [`ControlError`] when the genesis is not self-consistent or not signed by its device and its root.
    pub fn open(genesis: SignedControl) -> Result<Self, ControlError> {
        let record = genesis.decode()?;
        suite::check(record.version, record.suite)?;
        let hash = genesis.hash();
        let ControlAct::Genesis(act) = &record.act else {
            return Err(ControlError::Contradiction("the first record is no genesis"));
        };
        if record.seq != 0 || record.prev != ControlHash::NONE {
            return Err(ControlError::Contradiction("a genesis has no predecessor"));
        }
        if record.author != ControlAuthor::Device(act.device.id()) {
            return Err(ControlError::NotAllowed);
        }
        let company = company_id(&hash);
        genesis.verify(company, &act.device.verify)?;
        genesis.verify_root(company, &act.root.verify)?;
        if !act.rights.has(Role::Administracion) {
            return Err(ControlError::Contradiction("the first person must hold administracion"));
        }
        let mut log = Self {
            company,
            records: vec![],
            hashes: vec![],
            heads: BTreeMap::new(),
            devices: BTreeMap::new(),
            persons: BTreeMap::new(),
            roots: vec![(0, act.root)],
            index: act.index.clone(),
            epochs: BTreeMap::new(),
            marks: vec![],
            bags: BTreeMap::new(),
            erased: BTreeMap::new(),
            relays: vec![],
            relay_url: act.relay_url.clone(),
            schema_floor: 0,
            settled: BTreeSet::new(),
            fork: None,
        };
        log.begin(act, hash)?;
        log.push(genesis, hash);
        Ok(log)
    }

    /// Folds a whole log, as a device does when it starts or joins; `company` is what it was told by a person.
    ///
    /// # Errors
    /// [`ControlError`] at the first record that does not stand; [`ProtocolError::Inconsistent`] for another company.
    pub fn replay(company: CompanyId, records: impl IntoIterator<Item = SignedControl>) -> Result<Self, ControlError> {
        let mut records = records.into_iter();
        let genesis = records.next().ok_or(ControlError::Contradiction("an empty log"))?;
        let mut log = Self::open(genesis)?;
        if log.company != company {
            return Err(ProtocolError::Inconsistent.into());
        }
        for record in records {
            // A log that fails half-way is dropped whole: no copy is needed.
            log.append_in_place(record)?;
        }
        Ok(log)
    }

    /// Compare-and-append: the record must follow the head, be signed, and be its author's right.
    ///
    /// # Errors
    /// [`ControlError::Conflict`] when the head is another; otherwise why the record does not stand.
    pub fn append(&mut self, signed: SignedControl) -> Result<ControlHash, ControlError> {
        let mut next = self.clone();
        let hash = next.append_in_place(signed)?;
        *self = next;
        Ok(hash)
    }

    /// As [`Self::append`]; after an error the log is not to be used.
    fn append_in_place(&mut self, signed: SignedControl) -> Result<ControlHash, ControlError> {
        let record = self.check(&signed)?;
        if record.seq != self.len() || record.prev != self.head() {
            return Err(ControlError::Conflict { head: self.head() });
        }
        let hash = signed.hash();
        self.apply(&record, hash)?;
        self.push(signed, hash);
        Ok(hash)
    }

    /// Takes a record from a peer or from the relay, wherever it belongs.
    ///
    /// # Errors
    /// Why the record does not stand. A fork is no error: it is what the offer says.
    pub fn offer(&mut self, signed: SignedControl) -> Result<Offer, ControlError> {
        let hash = signed.hash();
        if self.hashes.contains(&hash) || self.settled.contains(&hash) {
            return Ok(Offer::Known);
        }
        let record = signed.decode()?;
        if record.seq == 0 {
            return Err(ProtocolError::Inconsistent.into());
        }
        let Some(before) = self.hashes.iter().position(|known| *known == record.prev) else {
            return Ok(Offer::Ahead);
        };
        if before + 1 == self.hashes.len() {
            return self.append(signed).map(Offer::Appended);
        }
        // Only a record that its author had the right to sign is evidence; noise forks nothing.
        self.check(&signed)?;
        let fork = Fork { seq: record.seq, ours: self.hashes[before + 1], theirs: hash };
        self.fork = Some(fork.clone());
        Ok(Offer::Forked(fork))
    }

    /// Replaces this log by a longer one, or by one in which the root has settled the fork against ours.
    ///
    /// # Errors
    /// [`ControlError::Forked`] when it is neither; otherwise why a record does not stand.
    pub fn adopt(&mut self, records: impl IntoIterator<Item = SignedControl>) -> Result<(), ControlError> {
        let mut next = Self::replay(self.company, records)?;
        let parting = self.hashes.iter().zip(&next.hashes).position(|(ours, theirs)| ours != theirs);
        let parted = match parting {
            Some(at) => Some(self.hashes[at]),
            None if next.hashes.len() < self.hashes.len() => return Err(ControlError::Conflict { head: self.head() }),
            None => None,
        };
        if parted.is_some_and(|ours| !next.settled.contains(&ours)) {
            return Err(ControlError::Forked);
        }
        next.fork = self.fork.clone().filter(|fork| {
            let settled = |hash| next.settled.contains(hash);
            !settled(&fork.ours) && !settled(&fork.theirs)
        });
        *self = next;
        Ok(())
    }

    /// Signature and right, at the place where the record stands.
    fn check(&self, signed: &SignedControl) -> Result<ControlRecord, ControlError> {
        let record = signed.decode()?;
        suite::check(record.version, record.suite)?;
        let before = record
            .seq
            .checked_sub(1)
            .filter(|before| *before < self.len())
            .ok_or(ControlError::Conflict { head: self.head() })?;
        let key = self.signer(record.author, &record.act, before)?;
        signed.verify(self.company, &key)?;
        Ok(record)
    }

    fn push(&mut self, signed: SignedControl, hash: ControlHash) {
        self.heads.insert(hash.head(), self.len());
        self.records.push(signed);
        self.hashes.push(hash);
    }

    fn begin(&mut self, genesis: &Genesis, hash: ControlHash) -> Result<(), ControlError> {
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

    fn apply(&mut self, record: &ControlRecord, hash: ControlHash) -> Result<(), ControlError> {
        let seq = record.seq;
        match &record.act {
            ControlAct::Genesis(_) => return Err(ControlError::Contradiction("a second genesis")),
            ControlAct::AddDevice(add) => self.add_device(add, record.author, seq)?,
            ControlAct::Freeze { device, on } => {
                let state = self.member_mut(*device)?;
                match state.frozen.last_mut() {
                    Some((_, end)) if end.is_none() => {
                        if !on {
                            *end = Some(seq);
                        }
                    }
                    _ if *on => state.frozen.push((seq, None)),
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
            ControlAct::Settle { loser } => {
                if self.hashes.contains(loser) {
                    return Err(ControlError::Contradiction("the losing branch is this one"));
                }
                self.settled.insert(*loser);
                if self.fork.as_ref().is_some_and(|fork| fork.theirs == *loser) {
                    self.fork = None;
                }
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
        }
        Ok(())
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
            marks.iter().find(|mark| mark.device == device && mark.scope == scope).map_or(0, |mark| mark.number)
        };
        match act {
            ControlAct::Remove(remove) => self
                .scopes()
                .map(|scope| Mark { device: remove.device, scope, number: named(&remove.marks, remove.device, scope) })
                .collect(),
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
                    .map(|(device, scope)| Mark { device, scope, number: named(&change.marks, device, scope) })
                    .collect()
            }
            _ => vec![],
        }
    }

    /// The last batch number of a device in a scope that counts when the batch names the record `seen`; `None` when
    /// nothing was taken away after it.
    pub fn mark(&self, device: DeviceId, scope: Scope, seen: u64) -> Option<u64> {
        self.marks
            .iter()
            .filter(|(at, mark)| *at > seen && mark.device == device && mark.scope == scope)
            .map(|(_, mark)| mark.number)
            .min()
    }

    /// The company: hash of the genesis.
    pub fn company(&self) -> CompanyId {
        self.company
    }

    /// The newest record.
    pub fn head(&self) -> ControlHash {
        self.hashes.last().copied().unwrap_or(ControlHash::NONE)
    }

    /// How many records there are.
    pub fn len(&self) -> u64 {
        self.hashes.len() as u64
    }

    /// Never: a log begins with its genesis.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Place of the newest record.
    pub fn last_seq(&self) -> u64 {
        self.len().saturating_sub(1)
    }

    /// Place of a record, as a batch header names it.
    pub fn seq_of(&self, head: ControlHead) -> Option<u64> {
        self.heads.get(&head).copied()
    }

    /// Records from a place on.
    pub fn records_from(&self, seq: u64) -> &[SignedControl] {
        let from = usize::try_from(seq).unwrap_or(usize::MAX).min(self.records.len());
        &self.records[from..]
    }

    /// A device, removed or not.
    pub fn device(&self, device: DeviceId) -> Option<&DeviceState> {
        self.devices.get(&device)
    }

    /// All devices that ever were.
    pub fn devices(&self) -> impl Iterator<Item = (DeviceId, &DeviceState)> {
        self.devices.iter().map(|(id, state)| (*id, state))
    }

    /// A person's devices that are members now.
    pub fn devices_of(&self, person: PersonId) -> impl Iterator<Item = (DeviceId, &DeviceState)> {
        let now = self.last_seq();
        self.devices().filter(move |(_, state)| state.person == person && state.member_at(now))
    }

    /// A person.
    pub fn person(&self, person: PersonId) -> Option<&PersonState> {
        self.persons.get(&person)
    }

    /// All persons that ever were.
    pub fn persons(&self) -> impl Iterator<Item = (PersonId, &PersonState)> {
        self.persons.iter().map(|(id, state)| (*id, state))
    }

    /// Devices that may read a scope now.
    pub fn readers(&self, scope: Scope) -> impl Iterator<Item = (DeviceId, &DeviceState)> {
        self.devices().filter(move |(id, _)| self.may_read(*id, scope))
    }

    /// The scopes that exist.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> + '_ {
        self.epochs.keys().copied()
    }

    /// A scope's current key.
    pub fn epoch(&self, scope: Scope) -> Option<&Epoch> {
        self.epochs.get(&scope).and_then(|epochs| epochs.last())
    }

    /// A scope's keys, oldest first.
    pub fn epochs(&self, scope: Scope) -> &[Epoch] {
        self.epochs.get(&scope).map_or(&[], Vec::as_slice)
    }

    /// A key by its id.
    pub fn epoch_by_id(&self, id: EpochId) -> Option<&Epoch> {
        self.epochs.values().flatten().find(|epoch| epoch.id == id)
    }

    /// The index key's wraps.
    pub fn index_wraps(&self) -> &[IndexWrap] {
        &self.index
    }

    /// The current generation of a scope's bag of person keys.
    pub fn bag(&self, scope: Scope) -> Option<BagId> {
        self.bags.get(&scope).copied()
    }

    /// Whether a person key is erased.
    pub fn is_erased(&self, key: KeyId) -> bool {
        self.erased.contains_key(&key)
    }

    /// The record that erased a person key. A batch that names the key and that record, or a later one, is refused.
    pub fn erased_at(&self, key: KeyId) -> Option<u64> {
        self.erased.get(&key).copied()
    }

    /// All erased person keys.
    pub fn erased(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.erased.keys().copied()
    }

    /// The key under which the relay signs, once an admin has entered it.
    pub fn relay_key(&self) -> Option<&VerifyKey> {
        self.relays.last()
    }

    /// All keys under which the relay ever signed, newest first: what it wrote under an earlier one still counts.
    pub fn relay_keys(&self) -> impl Iterator<Item = &VerifyKey> {
        self.relays.iter().rev()
    }

    /// Where the relay is.
    pub fn relay_url(&self) -> Option<&str> {
        self.relay_url.as_deref()
    }

    /// Apps below this schema only read.
    pub fn schema_floor(&self) -> u32 {
        self.schema_floor
    }

    /// The root's public keys.
    pub fn root(&self) -> DevicePublic {
        self.root_at(self.last_seq())
    }

    pub(crate) fn root_at(&self, seq: u64) -> DevicePublic {
        let root = self.roots.iter().rev().find(|(from, _)| *from <= seq);
        root.unwrap_or(&self.roots[0]).1
    }

    /// The fork, while there is one: no sealing, no stamping, until the root settles it.
    pub fn fork(&self) -> Option<&Fork> {
        self.fork.as_ref()
    }

    /// Signs the next record by a device.
    ///
    /// # Errors
    /// [`ControlError::Forked`] while there is a fork, [`ControlError::NotAllowed`], [`ProtocolError::TooLarge`].
    pub fn sign(&self, act: ControlAct, time_ms: i64, keys: &DeviceKeys) -> Result<SignedControl, ControlError> {
        if self.fork.is_some() {
            return Err(ControlError::Forked);
        }
        self.sign_as(ControlAuthor::Device(keys.id()), act, time_ms, keys)
    }

    /// Signs the next record by the recovery code.
    ///
    /// # Errors
    /// [`ControlError::NotAllowed`], [`ProtocolError::BadKey`] when `root` is not the current root.
    pub fn sign_as_root(
        &self,
        act: ControlAct,
        time_ms: i64,
        root: &DeviceKeys,
    ) -> Result<SignedControl, ControlError> {
        if root.public() != self.root() {
            return Err(ProtocolError::BadKey.into());
        }
        self.sign_as(ControlAuthor::Root, act, time_ms, root)
    }

    fn sign_as(
        &self,
        author: ControlAuthor,
        act: ControlAct,
        time_ms: i64,
        keys: &DeviceKeys,
    ) -> Result<SignedControl, ControlError> {
        self.signer(author, &act, self.last_seq())?;
        let record = ControlRecord {
            version: suite::VERSION,
            suite: suite::SUITE,
            seq: self.len(),
            prev: self.head(),
            author,
            time_ms,
            act,
        };
        Ok(SignedControl::sign(self.company, &record, keys)?)
    }
}
