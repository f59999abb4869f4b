//! The printed recovery code in an administrator's stead: it lets one in where none is left, and is replaced by another.

use zuc_protocol::control::{
    ControlAct, ControlError, ControlLog, GrantAct, Recipient, wrap_epoch_key, wrap_index_key,
};
use zuc_protocol::error::ProtocolError;
use zuc_protocol::identity::DeviceKeys;
use zuc_protocol::ids::{PersonId, ReceiveKey};
use zuc_protocol::person_key::BagKeyWraps;
use zuc_protocol::scope::{Rights, Role, Scope};

use super::owed::begin_anew;
use super::steps::Draft;
use super::{ControlStep, Fresh, Joining, add_device};
use crate::keyring::KeyRing;

/// Whom the recovery code lets in.
pub struct Recovering<'a> {
    /// Somebody new. Who was in the company already may have a computer in other hands, and that would read everything too.
    pub person: PersonId,
    /// The keys of their device.
    pub device: &'a DeviceKeys,
    /// What it is called.
    pub label: &'a str,
}

/// Lets in whoever holds the recovery code, with every role and every key that the code opens, older ones too: there may be
/// nobody else who reads them. A scope whose bag does not open gets a new key and an empty bag. `ring` is
/// [`KeyRing::of_root`] with the bags it opens. Where the device is in already, what it still lacks is given.
///
/// # Errors
/// [`ControlError::Protocol`] with [`ProtocolError::BadKey`] when the code is not the current one, [`ProtocolError::BadSeal`]
/// when it does not open the index key; [`ControlError::Contradiction`] for a person who is known.
pub fn recover(
    log: &ControlLog,
    ring: &KeyRing,
    recovering: &Recovering<'_>,
    time_ms: i64,
    fresh: Fresh<'_>,
) -> Result<Vec<ControlStep>, ControlError> {
    let device = recovering.device.public();
    let mut draft = Draft::new(log, ring, time_ms);
    draft.giver = recovering.device;
    draft.signed_by(Some(ring.keys()));
    if log.device(device.id()).is_none() {
        let rights = Some(everything(log));
        add_device(&mut draft, &Joining { person: recovering.person, rights, device, label: recovering.label }, fresh)?;
    }
    let lacking: Vec<Scope> = log.scopes().filter(|scope| !draft.log.has_key(device.id(), *scope)).collect();
    for scope in lacking {
        begin_anew(&mut draft, scope, fresh)?;
    }
    let theirs = KeyRing::of_device(recovering.device.clone(), &draft.log);
    give_earlier(&mut draft, ring, &theirs, Recipient::Device(device.id()), &device.receive, fresh)?;
    Ok(draft.done())
}

/// Replaces the recovery code by another: from its record on the one before signs nothing, and what is wrapped later is not
/// wrapped to it. `ring` is that of a device of an administrator, with its bags; `root` the code that ends, `next` the one
/// that begins.
///
/// What was wrapped to the one before stays readable to whoever kept it: a code that was seen by others is no reason to
/// replace it alone, the keys have to be renewed too.
///
/// # Errors
/// As [`recover`].
pub fn replace_root(
    log: &ControlLog,
    ring: &KeyRing,
    root: &DeviceKeys,
    next: &DeviceKeys,
    time_ms: i64,
    fresh: Fresh<'_>,
) -> Result<Vec<ControlStep>, ControlError> {
    let opened = KeyRing::of_root(root.clone(), log);
    let index = opened.index().ok_or(ProtocolError::BadSeal)?;
    let new = next.public();
    let (mut keys, mut wraps) = (vec![], vec![]);
    for scope in log.scopes() {
        if let Some(key) = opened.current(log, scope) {
            keys.push((scope, wrap_epoch_key(scope, key, Recipient::Root, &new.receive, &fresh())?));
        }
        if let Some(bag) = ring.bag(scope) {
            let one = [(Recipient::Root, new.receive, fresh())];
            wraps.push(BagKeyWraps::make(log.company(), scope, bag, one, ring.keys())?);
        }
    }
    let index = wrap_index_key(index, Recipient::Root, &new.receive, &fresh())?;
    let mut draft = Draft::new(log, ring, time_ms);
    draft.signed_by(Some(root));
    draft.sign(ControlAct::RootReplaced { root: new, index, keys }, vec![], wraps)?;
    draft.signed_by(None);
    let theirs = KeyRing::of_root(next.clone(), &draft.log);
    give_earlier(&mut draft, &opened, &theirs, Recipient::Root, &new.receive, fresh)?;
    Ok(draft.done())
}

/// Every role, in every team.
fn everything(log: &ControlLog) -> Rights {
    let team = |scope| if let Scope::Sales(team) = scope { Some(team) } else { None };
    Rights::new(Role::ALL, log.scopes().filter_map(team))
}

/// Earlier keys that `opened` holds and nothing leads `theirs` to: who began the key after them did not hold them, and could
/// not seal them into it.
fn give_earlier(
    draft: &mut Draft<'_>,
    opened: &KeyRing,
    theirs: &KeyRing,
    to: Recipient,
    receive: &ReceiveKey,
    fresh: Fresh<'_>,
) -> Result<(), ControlError> {
    let mut grants = vec![];
    for scope in draft.log.scopes() {
        for epoch in draft.log.epochs(scope).iter().filter(|epoch| theirs.epoch(epoch.id).is_none()) {
            let Some(key) = opened.epoch(epoch.id) else { continue };
            let wraps = vec![wrap_epoch_key(scope, key, to, receive, &fresh())?];
            grants.push(GrantAct { scope, epoch: epoch.id, wraps });
        }
    }
    grants.into_iter().try_for_each(|grant| draft.sign(ControlAct::Grant(grant), vec![], vec![]))
}
