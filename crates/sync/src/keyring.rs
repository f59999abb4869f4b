//! The keys of this device, in memory: all of them follow from the device's own keys and the control log.

use std::collections::BTreeMap;

use zuc_protocol::control::{ControlLog, Epoch, Recipient, open_epoch_key, open_index_key, open_label, open_previous};
use zuc_protocol::error::ProtocolError;
use zuc_protocol::identity::DeviceKeys;
use zuc_protocol::ids::{BagId, DeviceId, EpochId};
use zuc_protocol::person_key::BagKeyWraps;
use zuc_protocol::scope::{Role, Scope};
use zuc_protocol::secret::{BagKey, EpochKey, IndexKey};

/// Which key a holder of the company's secrets has. No `Debug`.
pub struct KeyRing {
    me: Recipient,
    keys: DeviceKeys,
    index: Option<IndexKey>,
    epochs: BTreeMap<EpochId, EpochKey>,
    bags: BTreeMap<Scope, (BagId, BagKey)>,
}

impl KeyRing {
    /// The keys of a device, as far as the log gives them to it.
    pub fn of_device(keys: DeviceKeys, log: &ControlLog) -> Self {
        let me = Recipient::Device(keys.id());
        Self::new(me, keys, log)
    }

    /// The keys of the recovery code: all scopes.
    pub fn of_root(keys: DeviceKeys, log: &ControlLog) -> Self {
        Self::new(Recipient::Root, keys, log)
    }

    fn new(me: Recipient, keys: DeviceKeys, log: &ControlLog) -> Self {
        let mut ring = Self { me, keys, index: None, epochs: BTreeMap::new(), bags: BTreeMap::new() };
        ring.learn(log);
        ring
    }

    /// Opens whatever the log has wrapped to this holder since.
    pub fn learn(&mut self, log: &ControlLog) {
        if let Ok(index) = open_index_key(log, self.me, &self.keys) {
            self.index = Some(index);
        }
        for scope in log.scopes() {
            // Newest first: each key opens the one before it.
            for epoch in log.epochs(scope).iter().rev() {
                self.learn_epoch(log, epoch);
            }
        }
        // A key of another generation opens nothing any more, and must not be kept.
        self.bags.retain(|scope, (generation, _)| log.bag(*scope) == Some(*generation));
    }

    fn learn_epoch(&mut self, log: &ControlLog, epoch: &Epoch) {
        if !self.epochs.contains_key(&epoch.id) {
            let mut mine = epoch.wraps.iter().filter(|wrap| wrap.to == self.me);
            // After a new recovery code there are wraps to the old one too: whichever opens.
            let opened = mine.find_map(|wrap| open_epoch_key(epoch.scope, &epoch.public, &wrap.wrap, &self.keys).ok());
            if let Some(key) = opened {
                self.epochs.insert(epoch.id, key);
            }
        }
        let Some(key) = self.epochs.get(&epoch.id) else { return };
        let before = log.epochs(epoch.scope).iter().rev().find(|before| before.at < epoch.at);
        if let (Some(before), Ok(Some(previous))) = (before, open_previous(epoch, key)) {
            self.epochs.entry(before.id).or_insert(previous);
        }
    }

    /// Learns a bag key, if a member with the right gave it and it is the key of the current generation.
    ///
    /// # Errors
    /// [`ProtocolError::BadSignature`] when nobody with the right signed it, [`ProtocolError::Inconsistent`] for another
    /// generation, [`ProtocolError::BadSeal`] when it holds nothing for this device.
    pub fn learn_bag(&mut self, log: &ControlLog, wraps: &BagKeyWraps) -> Result<(), ProtocolError> {
        check_bag(log, wraps)?;
        let key = wraps.open(log.company(), self.me, &self.keys)?;
        self.bags.insert(wraps.scope, (wraps.bag, key));
        Ok(())
    }

    /// Puts in a bag key that this device has just made.
    pub fn put_bag(&mut self, scope: Scope, bag: BagId, key: BagKey) {
        self.bags.insert(scope, (bag, key));
    }

    /// The device's own keys.
    pub fn keys(&self) -> &DeviceKeys {
        &self.keys
    }

    /// The device; `None` for the root.
    pub fn device(&self) -> Option<DeviceId> {
        match self.me {
            Recipient::Device(device) => Some(device),
            Recipient::Root => None,
        }
    }

    /// The index key.
    pub fn index(&self) -> Option<&IndexKey> {
        self.index.as_ref()
    }

    /// The key of an epoch.
    pub fn epoch(&self, id: EpochId) -> Option<&EpochKey> {
        self.epochs.get(&id)
    }

    /// The current key of a scope.
    pub fn current(&self, log: &ControlLog, scope: Scope) -> Option<&EpochKey> {
        log.epoch(scope).and_then(|epoch| self.epochs.get(&epoch.id))
    }

    /// A scope's bag key of the current generation.
    pub fn bag(&self, scope: Scope) -> Option<&BagKey> {
        self.bags.get(&scope).map(|(_, key)| key)
    }

    /// The scopes that this device may read and holds the current key of.
    pub fn readable(&self, log: &ControlLog) -> Vec<Scope> {
        log.scopes().filter(|scope| self.reads(log, *scope)).collect()
    }

    /// Whether a scope is one of [`Self::readable`].
    pub fn reads(&self, log: &ControlLog, scope: Scope) -> bool {
        self.current(log, scope).is_some()
            && match self.me {
                Recipient::Device(device) => log.may_read(device, scope),
                Recipient::Root => true,
            }
    }

    /// Whether a device reads a scope whose current key is not here. So it is after an approval by somebody who does not
    /// read the scope, until a member who does gives the key, or the record that begins it anew has come.
    pub fn lacks(&self, log: &ControlLog, device: DeviceId) -> bool {
        log.scopes().any(|scope| log.may_read(device, scope) && self.current(log, scope).is_none())
    }

    /// Proves that the enrolment went well: opens this device's own sealed name and the key of every scope that its
    /// roles read. To be called before the first write.
    ///
    /// # Errors
    /// [`ProtocolError::BadSeal`] when something is missing.
    pub fn prove(&self, log: &ControlLog) -> Result<String, ProtocolError> {
        let device = self.device().and_then(|id| log.device(id)).ok_or(ProtocolError::BadSeal)?;
        let index = self.index.as_ref().ok_or(ProtocolError::BadSeal)?;
        let id = device.public.id();
        if self.lacks(log, id) {
            return Err(ProtocolError::BadSeal);
        }
        open_label(index, &device.public, &device.label)
    }
}

/// Whether bag key wraps are of the current generation and signed by a member who may write the scope or runs the
/// company's membership.
pub(crate) fn check_bag(log: &ControlLog, wraps: &BagKeyWraps) -> Result<(), ProtocolError> {
    if log.bag(wraps.scope) != Some(wraps.bag) {
        return Err(ProtocolError::Inconsistent);
    }
    let author = log.device(wraps.author).ok_or(ProtocolError::BadSignature)?;
    // Whoever is taken out is stopped first: what was given before counts all the same.
    let last = author.removed.map_or(log.last_seq(), |removal| removal.at.saturating_sub(1));
    let rights = log.person(author.person).and_then(|person| person.rights_at(last));
    let allowed = rights.is_some_and(|rights| rights.may_read(wraps.scope) || rights.has(Role::Administracion));
    if !allowed {
        return Err(ProtocolError::BadSignature);
    }
    wraps.verify(log.company(), &author.public.verify)
}
