//! Keys that members wait for: of whoever was let in by somebody who does not hold them, or whose letting in was cut short.
//!
//! All of it follows from the control log, so it needs no memory of its own and whoever can pay does.

use zuc_protocol::control::{
    ControlAct, ControlError, ControlLog, DeviceState, GrantAct, Recipient, next_epoch, wrap_epoch_key,
};
use zuc_protocol::ids::{DeviceId, ReceiveKey};
use zuc_protocol::person_key::{BagKeyWraps, BagReplacement};
use zuc_protocol::scope::Scope;
use zuc_protocol::secret::{BagKey, EpochKey};

use super::steps::Draft;
use super::{ControlStep, Fresh, wraps_to_readers};
use crate::keyring::KeyRing;

/// Gives the keys that this device holds to the members that read the scope and do not have them.
///
/// # Errors
/// [`ControlError::NotAllowed`] when this device may not, [`zuc_protocol::error::ProtocolError::BadKey`] when a
/// member's key is none.
pub fn owed_keys(
    log: &ControlLog,
    ring: &KeyRing,
    time_ms: i64,
    fresh: Fresh<'_>,
) -> Result<Vec<ControlStep>, ControlError> {
    let mut draft = Draft::new(log, ring, time_ms);
    for scope in ring.readable(log) {
        let waiting: Vec<_> = waiting(log, scope).map(|(id, state)| (id, state.public.receive)).collect();
        if !waiting.is_empty() {
            grant(&mut draft, scope, &waiting, fresh)?;
        }
    }
    Ok(draft.done())
}

/// Gives the keys of a scope to devices; `false` when this device does not hold them itself.
pub(super) fn grant(
    draft: &mut Draft<'_>,
    scope: Scope,
    to: &[(DeviceId, ReceiveKey)],
    fresh: Fresh<'_>,
) -> Result<bool, ControlError> {
    let (log, ring) = (&draft.log, draft.ring);
    let epoch = log.epoch(scope).map(|epoch| epoch.id);
    let (Some(epoch), Some(key), Some(bag)) = (epoch, ring.current(log, scope), ring.bag(scope)) else {
        return Ok(false);
    };
    let (mut wraps, mut recipients) = (Vec::with_capacity(to.len()), Vec::with_capacity(to.len()));
    for (id, receive) in to {
        let device = Recipient::Device(*id);
        wraps.push(wrap_epoch_key(scope, key, device, receive, &fresh())?);
        recipients.push((device, *receive, fresh()));
    }
    let bag = BagKeyWraps::make(log.company(), scope, bag, recipients, ring.keys())?;
    draft.sign(ControlAct::Grant(GrantAct { scope, epoch, wraps }), vec![], vec![bag])?;
    Ok(true)
}

/// Begins anew the scopes that somebody reads and whose key no member holds: a new key, and a new bag, which is empty.
///
/// # Errors
/// [`ControlError::NotAllowed`] when this device does not run the company's membership.
pub fn owed_epochs(
    log: &ControlLog,
    ring: &KeyRing,
    time_ms: i64,
    fresh: Fresh<'_>,
) -> Result<Vec<ControlStep>, ControlError> {
    let mut draft = Draft::new(log, ring, time_ms);
    begin_lost(&mut draft, fresh)?;
    Ok(draft.done())
}

/// As [`owed_epochs`], after the steps so far.
pub(super) fn begin_lost(draft: &mut Draft<'_>, fresh: Fresh<'_>) -> Result<(), ControlError> {
    let lost: Vec<Scope> = draft.log.scopes().filter(|scope| is_lost(&draft.log, *scope)).collect();
    for scope in lost {
        begin_anew(draft, scope, fresh)?;
    }
    Ok(())
}

/// A new key and an empty bag for a scope, which whoever makes them forgets where they do not read it.
pub(super) fn begin_anew(draft: &mut Draft<'_>, scope: Scope, fresh: Fresh<'_>) -> Result<(), ControlError> {
    let (log, ring) = (&draft.log, draft.ring);
    let (key, bag) = (EpochKey::from_bytes(fresh()), BagKey::from_bytes(fresh()));
    let act = next_epoch(log, scope, &key, ring.current(log, scope), Some(&bag), &[], fresh)?;
    let wraps = wraps_to_readers(log, ring, scope, &bag, &[], fresh)?;
    draft.sign(act, vec![BagReplacement { wraps, rows: vec![] }], vec![])
}

/// Whether members read a scope, and none of them holds its key. One that is stopped still counts: it may be let go.
pub(super) fn is_lost(log: &ControlLog, scope: Scope) -> bool {
    let holds = |device: &(DeviceId, &DeviceState)| reads(log, device.1, scope) && has_key(log, device.0, scope);
    log.readers(scope).next().is_some() && !log.devices().any(|device| holds(&device))
}

fn waiting(log: &ControlLog, scope: Scope) -> impl Iterator<Item = (DeviceId, &DeviceState)> {
    log.readers(scope).filter(move |(id, _)| !has_key(log, *id, scope))
}

fn reads(log: &ControlLog, device: &DeviceState, scope: Scope) -> bool {
    let rights = log.person(device.person).and_then(|person| person.rights_at(log.last_seq()));
    device.removed.is_none() && rights.is_some_and(|rights| rights.may_read(scope))
}

fn has_key(log: &ControlLog, device: DeviceId, scope: Scope) -> bool {
    log.epoch(scope).is_some_and(|epoch| epoch.wraps.iter().any(|wrap| wrap.to == Recipient::Device(device)))
}
