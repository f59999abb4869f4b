//! The fold of the control log, the same on every device and at the relay.

use std::collections::{BTreeMap, BTreeSet};

use crate::control::act::{ControlAct, IndexWrap, Mark};
use crate::control::error::ControlError;
use crate::control::record::{ControlAuthor, ControlRecord, SignedControl, company_id};
use crate::control::state::{DeviceState, Epoch, PersonState};
use crate::error::ProtocolError;
use crate::identity::{DeviceKeys, DevicePublic};
use crate::ids::{BagId, CompanyId, ControlHash, ControlHead, DeviceId, KeyId, LogId, PersonId, VerifyKey};
use crate::scope::{Role, Scope};
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
    pub(super) company: CompanyId,
    pub(super) records: Vec<SignedControl>,
    pub(super) hashes: Vec<ControlHash>,
    pub(super) heads: BTreeMap<ControlHead, u64>,
    pub(super) devices: BTreeMap<DeviceId, DeviceState>,
    pub(super) persons: BTreeMap<PersonId, PersonState>,
    pub(super) roots: Vec<(u64, DevicePublic)>,
    pub(super) index: Vec<IndexWrap>,
    pub(super) epochs: BTreeMap<Scope, Vec<Epoch>>,
    pub(super) marks: Vec<(u64, Mark)>,
    pub(super) bags: BTreeMap<Scope, BagId>,
    pub(super) erased: BTreeMap<KeyId, u64>,
    /// Erasures that the bag of a scope has still to follow, by their records.
    pub(super) owed: BTreeMap<Scope, BTreeSet<u64>>,
    pub(super) relays: Vec<VerifyKey>,
    pub(super) relay_url: Option<String>,
    pub(super) schema_floor: u32,
    pub(super) settled: BTreeSet<ControlHash>,
    /// Records that were held here and never counted, with the place of the last that counts before them.
    pub(super) left: BTreeMap<ControlHead, u64>,
    pub(super) thawed: BTreeMap<LogId, u64>,
    pub(super) forks: Vec<Fork>,
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
            owed: BTreeMap::new(),
            relays: vec![],
            relay_url: act.relay_url.clone(),
            schema_floor: 0,
            settled: BTreeSet::new(),
            left: BTreeMap::new(),
            thawed: BTreeMap::new(),
            forks: vec![],
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
        if let Some(known) = self.forks.iter().find(|fork| fork.theirs == hash) {
            return Ok(Offer::Forked(known.clone()));
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
        // Only a record that could have stood there is evidence; noise forks nothing, and costs no replay.
        let author = match record.author {
            ControlAuthor::Root => self.root_at(before as u64),
            ControlAuthor::Device(device) => self.device(device).ok_or(ControlError::NotAllowed)?.public,
        };
        signed.verify(self.company, &author.verify)?;
        Self::replay(self.company, self.records[..=before].to_vec())?.append_in_place(signed)?;
        let fork = Fork { seq: record.seq, ours: self.hashes[before + 1], theirs: hash };
        self.forks.push(fork.clone());
        Ok(Offer::Forked(fork))
    }

    /// Replaces this log by a longer one, or by one in which the root has settled the fork against ours.
    ///
    /// # Errors
    /// [`ControlError::Forked`] when it is neither; otherwise why a record does not stand.
    pub fn adopt(&mut self, records: impl IntoIterator<Item = SignedControl>) -> Result<(), ControlError> {
        let mut next = Self::replay(self.company, records)?;
        let parting = self.hashes.iter().zip(&next.hashes).position(|(ours, theirs)| ours != theirs);
        let (parted, left) = match parting {
            Some(at) => (Some(self.hashes[at]), self.records[at..].to_vec()),
            None if next.hashes.len() < self.hashes.len() => return Err(ControlError::Conflict { head: self.head() }),
            None => (None, vec![]),
        };
        if parted.is_some_and(|ours| !next.settled.contains(&ours)) {
            return Err(ControlError::Forked);
        }
        next.forks.clone_from(&self.forks);
        next.forks.retain(|fork| !next.settled.contains(&fork.ours) && !next.settled.contains(&fork.theirs));
        next.left.clone_from(&self.left);
        next.leave(&left);
        *self = next;
        Ok(())
    }

    /// Remembers records of a branch that was held here, in their order, where the root has said that it never counted:
    /// whoever named one of them counts as having named the last before them ([`Self::seen`]).
    pub fn leave(&mut self, branch: &[SignedControl]) {
        for record in branch {
            let Ok(decoded) = record.decode() else { continue };
            let hash = record.hash();
            let last = if self.settled.contains(&hash) {
                decoded.seq.checked_sub(1)
            } else {
                self.left.get(&decoded.prev.head()).copied()
            };
            if let Some(last) = last {
                self.left.insert(hash.head(), last);
            }
        }
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

    /// Signs the next record by a device.
    ///
    /// # Errors
    /// [`ControlError::Forked`] while there is a fork, [`ControlError::NotAllowed`], [`ProtocolError::TooLarge`].
    pub fn sign(&self, act: ControlAct, time_ms: i64, keys: &DeviceKeys) -> Result<SignedControl, ControlError> {
        if self.fork().is_some() {
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
