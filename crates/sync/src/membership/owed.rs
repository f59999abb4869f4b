//! Keys that members wait for: of whoever was let in by somebody who does not hold them, or whose letting in was cut short.
//!
//! All of it follows from the control log, so it needs no memory of its own and whoever can pay does.

use zuc_protocol::control::{
    ControlAct, ControlError, ControlLog, DeviceState, GrantAct, Recipient, next_epoch, wrap_epoch_key,
};
use zuc_protocol::ids::{DeviceId, ReceiveKey};
use zuc_protocol::person_key::{Bag, BagKeyWraps, BagReplacement};
use zuc_protocol::scope::{Role, Scope};
use zuc_protocol::secret::{BagKey, EpochKey};

use super::steps::Draft;
use super::{ControlStep, Fresh, replace_bag, wraps_to_readers};
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
    let bag = BagKeyWraps::make(log.company(), scope, bag, recipients, draft.giver)?;
    draft.sign(ControlAct::Grant(GrantAct { scope, epoch, wraps }), vec![], vec![bag])?;
    Ok(true)
}

/// The scopes that this device is to renew: somebody has the key who may not read them any more, or their bag has still to
/// follow an erasure; this device holds it, and it administers, or writes them where no administrator holds it.
pub fn renewable<'l>(log: &'l ControlLog, ring: &KeyRing) -> impl Iterator<Item = Scope> + use<'l> {
    let rights = ring.device().and_then(|me| log.rights(me));
    let may = move |scope: &Scope| {
        rights.is_some_and(|rights| {
            rights.has(Role::Administracion) || (rights.may_write(*scope) && !log.is_held_by_an_admin(*scope))
        })
    };
    // a bag whose key has not come yet is nothing to replace
    let owes = |scope: &Scope| log.owes_erasure(*scope) && ring.bag(*scope).is_some();
    let mut scopes: Vec<Scope> = ring.readable(log).into_iter().collect();
    scopes.retain(|scope| log.is_stale(*scope) || owes(scope));
    scopes.into_iter().filter(may)
}

/// The devices of those who are to renew a scope, by what the log says of who holds its key.
pub fn renewers(log: &ControlLog, scope: Scope) -> impl Iterator<Item = DeviceId> {
    let by_admin = log.is_held_by_an_admin(scope);
    let may = move |state: &DeviceState| {
        let rights = log.person(state.person).and_then(|person| person.rights_at(log.last_seq()));
        let admin = rights.is_some_and(|rights| rights.has(Role::Administracion));
        admin || (!by_admin && rights.is_some_and(|rights| rights.may_write(scope)))
    };
    log.readers(scope).filter(move |(id, state)| log.has_key(*id, scope) && may(state)).map(|(id, _)| id)
}

/// Gives new keys, and new bags, to the scopes whose key somebody has who may not read them any more, or whose bag an erasure
/// has not reached: whoever ordered that does not hold it, or was cut short. `bags` are those that this device holds. What an
/// administrator holds is left to those who administer.
///
/// # Errors
/// [`zuc_protocol::error::ProtocolError::BadKey`] when a member's key is none.
pub fn owed_renewals(
    log: &ControlLog,
    ring: &KeyRing,
    bags: &[Bag],
    time_ms: i64,
    fresh: Fresh<'_>,
) -> Result<Vec<ControlStep>, ControlError> {
    let mut draft = Draft::new(log, ring, time_ms);
    for scope in renewable(log, ring) {
        renew(&mut draft, bags, scope, fresh)?;
    }
    Ok(draft.done())
}

/// A new key of a scope, which seals the one before; with the rows of its bag, where they are here, under a new bag key.
fn renew(draft: &mut Draft<'_>, bags: &[Bag], scope: Scope, fresh: Fresh<'_>) -> Result<(), ControlError> {
    let (log, ring) = (&draft.log, draft.ring);
    let key = EpochKey::from_bytes(fresh());
    let mut act = next_epoch(log, scope, &key, ring.current(log, scope), None, &[], fresh)?;
    let mut replacements = Vec::new();
    if let Some(bag) = bags.iter().find(|bag| bag.scope() == scope) {
        replacements.extend(replace_bag(log, ring, bag, &[], &[], fresh)?);
    }
    if replacements.is_empty() && !log.is_stale(scope) {
        // only the bag is owed, and it is not here
        return Ok(());
    }
    if let (ControlAct::Epoch(start), Some(replacement)) = (&mut act, replacements.first()) {
        start.bag = Some(replacement.wraps.bag);
    }
    draft.sign(act, replacements, vec![])
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
    let wraps = wraps_to_readers(log, draft.giver, scope, &bag, &[], fresh)?;
    draft.sign(act, vec![BagReplacement { wraps, rows: vec![] }], vec![])
}

/// Whether members read a scope, and none of them holds its key. One that is stopped still counts: it may be let go.
pub(super) fn is_lost(log: &ControlLog, scope: Scope) -> bool {
    let holds = |device: &(DeviceId, &DeviceState)| log.reads(device.1, scope) && log.has_key(device.0, scope);
    log.readers(scope).next().is_some() && !log.devices().any(|device| holds(&device))
}

fn waiting(log: &ControlLog, scope: Scope) -> impl Iterator<Item = (DeviceId, &DeviceState)> {
    log.readers(scope).filter(move |(id, _)| !log.has_key(*id, scope))
}
