//! What the folded log answers.

use crate::control::act::{IndexWrap, Mark, Recipient};
use crate::control::log::{ControlLog, Fork};
use crate::control::record::SignedControl;
use crate::control::state::{DeviceState, Epoch, PersonState};
use crate::identity::DevicePublic;
use crate::ids::{BagId, CompanyId, ControlHash, ControlHead, DeviceId, EpochId, KeyId, LogId, PersonId, VerifyKey};
use crate::scope::Scope;

impl ControlLog {
    /// The last batch of a device in a scope that counts when the batch names the record `seen`; `None` when nothing was
    /// taken away after it.
    pub fn mark(&self, device: DeviceId, scope: Scope, seen: u64) -> Option<Mark> {
        self.marks
            .iter()
            .filter(|(at, mark)| *at > seen && mark.device == device && mark.scope == scope)
            .map(|(_, mark)| *mark)
            .min_by_key(|mark| mark.number)
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

    /// Place of the record that a batch counts as having named: the one that it names, or, where that never counted, the last
    /// before it that does.
    pub fn seen(&self, head: ControlHead) -> Option<u64> {
        self.seq_of(head).or_else(|| self.left.get(&head).copied())
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

    /// Whether a device reads a scope, or will again once it is let go: it was not removed, and its person's roles read it.
    pub fn reads(&self, device: &DeviceState, scope: Scope) -> bool {
        let rights = self.person(device.person).and_then(|person| person.rights_at(self.last_seq()));
        device.removed.is_none() && rights.is_some_and(|rights| rights.may_read(scope))
    }

    /// Whether the current key of a scope was given to a device.
    pub fn has_key(&self, device: DeviceId, scope: Scope) -> bool {
        self.epoch(scope).is_some_and(|epoch| epoch.wraps.iter().any(|wrap| wrap.to == Recipient::Device(device)))
    }

    /// Whether the current key of a scope was given to a device that may not read it any more: until there is a new one,
    /// nothing is sealed under it.
    pub fn is_stale(&self, scope: Scope) -> bool {
        let gone = |to: &Recipient| match to {
            Recipient::Root => false,
            Recipient::Device(device) => !self.device(*device).is_some_and(|state| self.reads(state, scope)),
        };
        self.epoch(scope).is_some_and(|epoch| epoch.wraps.iter().any(|wrap| gone(&wrap.to)))
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

    /// Erasures that the bag of a scope has still to follow, by their records: whoever signed them did not hold it, so its
    /// holders owe a bag without those keys.
    pub fn owed_erasures(&self, scope: Scope) -> impl Iterator<Item = u64> + '_ {
        self.owed.get(&scope).into_iter().flatten().copied()
    }

    /// Whether the bag of a scope has still to follow an erasure.
    pub fn owes_erasure(&self, scope: Scope) -> bool {
        self.owed.contains_key(&scope)
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

    /// Whether an administrator, or the recovery code, has said that a log need wait for no more receipts.
    pub fn is_thawed(&self, log: LogId) -> bool {
        self.thawed.contains_key(&log)
    }

    /// Place of the first record that names a log as the one that stands ([`ControlAct::Thaw`]).
    pub fn thawed_at(&self, log: LogId) -> Option<u64> {
        self.thawed.get(&log).copied()
    }

    /// The root's public keys.
    pub fn root(&self) -> DevicePublic {
        self.root_at(self.last_seq())
    }

    pub(crate) fn root_at(&self, seq: u64) -> DevicePublic {
        let root = self.roots.iter().rev().find(|(from, _)| *from <= seq);
        root.unwrap_or(&self.roots[0]).1
    }

    /// A fork, while there is one: no sealing, no stamping, until the root settles it.
    pub fn fork(&self) -> Option<&Fork> {
        self.forks.first()
    }

    /// All forks that nobody has settled, in the order in which they were found.
    pub fn forks(&self) -> &[Fork] {
        &self.forks
    }
}
