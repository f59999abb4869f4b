//! Keys that members wait for: of whoever was let in by somebody who does not hold them, or whose letting in was cut short.
//!
//! All of it follows from the control log, so it needs no memory of its own and whoever can pay does.

use zuc_protocol::control::{
    ControlAct, ControlError, ControlLog, DeviceState, GrantAct, Recipient, next_epoch, wrap_epoch_key,
};
use zuc_protocol::ids::DeviceId;
use zuc_protocol::person_key::{BagKeyWraps, BagReplacement};
use zuc_protocol::scope::Scope;
use zuc_protocol::secret::{BagKey, EpochKey};

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
    let mut log = log.clone();
    let mut steps = Vec::new();
    for scope in ring.readable(&log) {
        let waiting: Vec<_> = waiting(&log, scope).map(|(id, state)| (id, state.public.receive)).collect();
        let (Some(epoch), Some(key), Some(bag)) =
            (log.epoch(scope).map(|epoch| epoch.id), ring.current(&log, scope), ring.bag(scope))
        else {
            continue;
        };
        if waiting.is_empty() {
            continue;
        }
        let mut wraps = Vec::with_capacity(waiting.len());
        let mut to = Vec::with_capacity(waiting.len());
        for (id, receive) in waiting {
            wraps.push(wrap_epoch_key(scope, key, Recipient::Device(id), &receive, &fresh())?);
            to.push((Recipient::Device(id), receive, fresh()));
        }
        let bag = BagKeyWraps::make(log.company(), scope, bag, to, ring.keys())?;
        let record = log.sign(ControlAct::Grant(GrantAct { scope, epoch, wraps }), time_ms, ring.keys())?;
        log.append(record.clone())?;
        steps.push(ControlStep { record, replacements: vec![], wraps: vec![bag] });
    }
    Ok(steps)
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
    let mut log = log.clone();
    let lost: Vec<Scope> = log.scopes().filter(|scope| is_lost(&log, *scope)).collect();
    let mut steps = Vec::with_capacity(lost.len());
    for scope in lost {
        let (act, replacement) = anew(&log, ring, scope, fresh)?;
        let record = log.sign(act, time_ms, ring.keys())?;
        log.append(record.clone())?;
        steps.push(ControlStep { record, replacements: vec![replacement], wraps: vec![] });
    }
    Ok(steps)
}

/// A new key and an empty bag for a scope, which whoever makes them forgets where they do not read it.
pub(super) fn anew(
    log: &ControlLog,
    ring: &KeyRing,
    scope: Scope,
    fresh: Fresh<'_>,
) -> Result<(ControlAct, BagReplacement), ControlError> {
    let (key, bag) = (EpochKey::from_bytes(fresh()), BagKey::from_bytes(fresh()));
    let act = next_epoch(log, scope, &key, ring.current(log, scope), Some(&bag), &[], fresh)?;
    let wraps = wraps_to_readers(log, ring, scope, &bag, &[], fresh)?;
    Ok((act, BagReplacement { wraps, rows: vec![] }))
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
