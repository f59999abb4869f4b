//! Steps of an act: records that are signed one on top of the other, before the relay has any of them.

use zuc_protocol::control::{ControlAct, ControlError, ControlLog, SignedControl};
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
    time_ms: i64,
    by_root: bool,
    steps: Vec<ControlStep>,
}

impl<'r> Draft<'r> {
    pub(super) fn new(log: &ControlLog, ring: &'r KeyRing, time_ms: i64) -> Self {
        Self { log: log.clone(), ring, time_ms, by_root: false, steps: Vec::new() }
    }

    /// Signed by the root, which the recovery code opens, instead of this device.
    pub(super) fn by_root(self) -> Self {
        Self { by_root: true, ..self }
    }

    pub(super) fn sign(
        &mut self,
        act: ControlAct,
        replacements: Vec<BagReplacement>,
        wraps: Vec<BagKeyWraps>,
    ) -> Result<(), ControlError> {
        let (keys, time) = (self.ring.keys(), self.time_ms);
        let record =
            if self.by_root { self.log.sign_as_root(act, time, keys)? } else { self.log.sign(act, time, keys)? };
        self.log.append(record.clone())?;
        self.steps.push(ControlStep { record, replacements, wraps });
        Ok(())
    }

    pub(super) fn done(self) -> Vec<ControlStep> {
        self.steps
    }
}
