//! Steps of an act: records that are signed one on top of the other, before the relay has any of them.

use zuc_protocol::control::{ControlAct, ControlError, ControlLog, SignedControl};
use zuc_protocol::identity::DeviceKeys;
use zuc_protocol::person_key::{BagKeyWraps, BagReplacement};

use crate::keyring::KeyRing;

/// One record, and what travels beside it outside the log.
#[derive(Clone, Debug)]
pub struct ControlStep {
    /// The record.
    pub record: SignedControl,
    /// New generations of bags.
    pub replacements: Vec<BagReplacement>,
    /// Bag keys for others.
    pub wraps: Vec<BagKeyWraps>,
}

/// An act in the making.
pub(super) struct Draft<'r> {
    /// The log as it will be when the relay has taken the steps so far.
    pub(super) log: ControlLog,
    pub(super) ring: &'r KeyRing,
    /// Signs what travels outside the log. Bag keys are believed of members only: where the recovery code signs the records,
    /// this is the device that it lets in.
    pub(super) giver: &'r DeviceKeys,
    time_ms: i64,
    root: Option<&'r DeviceKeys>,
    steps: Vec<ControlStep>,
}

impl<'r> Draft<'r> {
    pub(super) fn new(log: &ControlLog, ring: &'r KeyRing, time_ms: i64) -> Self {
        Self { log: log.clone(), ring, giver: ring.keys(), time_ms, root: None, steps: Vec::new() }
    }

    /// From here on signed by the recovery code instead of this device; by this device again, where there is none.
    pub(super) fn signed_by(&mut self, root: Option<&'r DeviceKeys>) {
        self.root = root;
    }

    pub(super) fn sign(
        &mut self,
        act: ControlAct,
        replacements: Vec<BagReplacement>,
        wraps: Vec<BagKeyWraps>,
    ) -> Result<(), ControlError> {
        let record = match self.root {
            Some(root) => self.log.sign_as_root(act, self.time_ms, root)?,
            None => self.log.sign(act, self.time_ms, self.ring.keys())?,
        };
        self.log.append(record.clone())?;
        self.steps.push(ControlStep { record, replacements, wraps });
        Ok(())
    }

    pub(super) fn done(self) -> Vec<ControlStep> {
        self.steps
    }
}
