//! Acts of membership that are more than one record: letting a device in, taking one out, erasing a person.
//!
//! Each gives steps in order; each step is one [`crate::Input::ControlAuthored`]. Nothing has happened before the relay
//! has taken them; when the head has moved meanwhile they are made again.

mod owed;
mod recover;
mod rights;
mod rotate;
mod steps;

use zuc_protocol::control::{
    AddDevice, BagChange, ControlAct, ControlError, ControlLog, EraseAct, Mark, Recipient, RemoveAct, RemoveReason,
    next_epoch, seal_label, wrap_epoch_key, wrap_index_key,
};
use zuc_protocol::error::ProtocolError;
use zuc_protocol::identity::{DeviceKeys, DevicePublic};
use zuc_protocol::ids::{DeviceId, KeyId, PersonId, ReceiveKey};
use zuc_protocol::person_key::{Bag, BagKeyWraps, BagReplacement};
use zuc_protocol::scope::{Rights, Scope};
use zuc_protocol::secret::{BagKey, EpochKey};

use crate::keyring::KeyRing;

pub use owed::{owed_epochs, owed_keys, owed_renewals, renewable, renewers};
pub use recover::{Recovering, recover, replace_root};
pub use rights::{Changing, change_rights, lost_scopes};
pub use rotate::{KEY_LIFE_MS, due_rotations, rotate};
pub use steps::ControlStep;

use steps::Draft;

/// A source of 32 new random bytes.
pub type Fresh<'a> = &'a mut dyn FnMut() -> [u8; 32];

/// A device that an admin lets in.
#[derive(Clone, Debug)]
pub struct Joining<'a> {
    /// Whose.
    pub person: PersonId,
    /// Set when the person is new.
    pub rights: Option<Rights>,
    /// Its keys, once the short codes agreed.
    pub device: DevicePublic,
    /// What it is called.
    pub label: &'a str,
}

/// Wraps the first bag keys of a founded company: to whoever reads the scope, and to the root.
///
/// # Errors
/// [`ProtocolError::BadKey`] when a recipient's key is none.
pub fn founding_bags(
    log: &ControlLog,
    ring: &KeyRing,
    keys: &[(Scope, BagKey)],
    fresh: Fresh<'_>,
) -> Result<Vec<BagKeyWraps>, ProtocolError> {
    keys.iter().map(|(scope, key)| wraps_to_readers(log, ring.keys(), *scope, key, &[], fresh)).collect()
}

fn wraps_to_readers(
    log: &ControlLog,
    giver: &DeviceKeys,
    scope: Scope,
    key: &BagKey,
    without: &[DeviceId],
    fresh: Fresh<'_>,
) -> Result<BagKeyWraps, ProtocolError> {
    let mut to: Vec<(Recipient, ReceiveKey, [u8; 32])> = vec![(Recipient::Root, log.root().receive, fresh())];
    for (id, device) in log.readers(scope).filter(|(id, _)| !without.contains(id)) {
        to.push((Recipient::Device(id), device.public.receive, fresh()));
    }
    BagKeyWraps::make(log.company(), scope, key, to, giver)
}

/// Lets a device in: its record with the keys that this device holds; and for scopes that the newcomer reads and nobody
/// holds, a new key and a new bag, which this device makes and forgets. What others hold they give: [`owed_keys`].
///
/// # Errors
/// [`ControlError::NotAllowed`] when this device may not, [`ProtocolError::BadSeal`] when it has no index key.
pub fn approve_join(
    log: &ControlLog,
    ring: &KeyRing,
    joining: &Joining<'_>,
    time_ms: i64,
    fresh: Fresh<'_>,
) -> Result<Vec<ControlStep>, ControlError> {
    let mut draft = Draft::new(log, ring, time_ms);
    add_device(&mut draft, joining, fresh)?;
    owed::begin_lost(&mut draft, fresh)?;
    Ok(draft.done())
}

/// The record that lets a device in, with the keys that the ring holds.
fn add_device(draft: &mut Draft<'_>, joining: &Joining<'_>, fresh: Fresh<'_>) -> Result<(), ControlError> {
    let (log, ring) = (&draft.log, draft.ring);
    let index = ring.index().ok_or(ProtocolError::BadSeal)?;
    let id = joining.device.id();
    let to = Recipient::Device(id);
    let rights = match &joining.rights {
        Some(rights) => rights.clone(),
        None => log
            .person(joining.person)
            .and_then(|person| person.rights_at(log.last_seq()))
            .cloned()
            .ok_or(ControlError::Contradiction("no such person"))?,
    };
    let (mut keys, mut wraps) = (vec![], vec![]);
    for scope in log.scopes().filter(|scope| rights.may_read(*scope)) {
        if let (Some(key), Some(bag)) = (ring.current(log, scope), ring.bag(scope)) {
            keys.push((scope, wrap_epoch_key(scope, key, to, &joining.device.receive, &fresh())?));
            let one = [(to, joining.device.receive, fresh())];
            wraps.push(BagKeyWraps::make(log.company(), scope, bag, one, draft.giver)?);
        }
    }
    let mut nonce = [0; 24];
    nonce.copy_from_slice(&fresh()[..24]);
    let add = ControlAct::AddDevice(AddDevice {
        person: joining.person,
        rights: joining.rights.clone(),
        device: joining.device,
        label: seal_label(index, id, joining.label, &nonce),
        index: wrap_index_key(index, to, &joining.device.receive, &fresh())?,
        keys,
    });
    draft.sign(add, vec![], wraps)
}

/// What a removal takes.
#[derive(Clone, Debug)]
pub struct Removing {
    /// The device, which has been frozen.
    pub device: DeviceId,
    /// Its last accepted numbers, as the relay gave them after the freeze.
    pub marks: Vec<Mark>,
    /// Whether it wipes itself on contact.
    pub wipe: bool,
    /// Why.
    pub reason: RemoveReason,
}

/// Stops a device, so that its last accepted numbers stay what they are.
///
/// # Errors
/// [`ControlError::NotAllowed`], [`ControlError::Contradiction`] for a device that is none.
pub fn freeze(log: &ControlLog, ring: &KeyRing, device: DeviceId, time_ms: i64) -> Result<ControlStep, ControlError> {
    freezing(log, ring, device, true, time_ms)
}

/// Lets a stopped device go on: what it wrote while it was stopped, and had not sent, counts when it comes.
///
/// # Errors
/// As [`freeze`].
pub fn release(log: &ControlLog, ring: &KeyRing, device: DeviceId, time_ms: i64) -> Result<ControlStep, ControlError> {
    freezing(log, ring, device, false, time_ms)
}

fn freezing(
    log: &ControlLog,
    ring: &KeyRing,
    device: DeviceId,
    on: bool,
    time_ms: i64,
) -> Result<ControlStep, ControlError> {
    let mut draft = Draft::new(log, ring, time_ms);
    draft.sign(ControlAct::Freeze { device, on }, vec![], vec![])?;
    draft.done().pop().ok_or(ControlError::Contradiction("no step"))
}

/// Takes a device out: its removal with new bags of what it could read, then new keys of those scopes. What this device
/// does not hold is renewed by who does: [`owed_renewals`].
///
/// # Errors
/// [`ControlError::NotAllowed`], [`ControlError::Contradiction`] for a device that is none.
pub fn remove_device(
    log: &ControlLog,
    ring: &KeyRing,
    bags: &[Bag],
    removing: &Removing,
    time_ms: i64,
    fresh: Fresh<'_>,
) -> Result<Vec<ControlStep>, ControlError> {
    let device = log.device(removing.device).ok_or(ControlError::Contradiction("no such device"))?;
    let rights = log.person(device.person).and_then(|person| person.rights_at(log.last_seq())).cloned();
    let rights = rights.unwrap_or_default();
    let scopes: Vec<Scope> = log.scopes().filter(|scope| rights.may_read(*scope)).collect();
    let without = [removing.device];
    let mut replacements = Vec::new();
    for bag in bags.iter().filter(|bag| scopes.contains(&bag.scope())) {
        if let Some(replacement) = replace_bag(log, ring, bag, &[], &without, fresh)? {
            replacements.push(replacement);
        }
    }
    let act = ControlAct::Remove(RemoveAct {
        device: removing.device,
        marks: removing.marks.clone(),
        wipe: removing.wipe,
        reason: removing.reason,
        bags: changes(&replacements)?,
    });
    let mut draft = Draft::new(log, ring, time_ms);
    draft.sign(act, replacements, vec![])?;
    new_keys(&mut draft, &scopes, &without, fresh)?;
    owed::begin_lost(&mut draft, fresh)?;
    Ok(draft.done())
}

/// A new key of each scope whose key is here, for its readers but those; what was read before stays readable for them.
fn new_keys(
    draft: &mut Draft<'_>,
    scopes: &[Scope],
    without: &[DeviceId],
    fresh: Fresh<'_>,
) -> Result<(), ControlError> {
    for scope in scopes {
        let (log, key) = (&draft.log, EpochKey::from_bytes(fresh()));
        let Some(before) = draft.ring.current(log, *scope) else { continue };
        let act = next_epoch(log, *scope, &key, Some(before), None, without, fresh)?;
        draft.sign(act, vec![], vec![])?;
    }
    Ok(())
}

/// Erases person keys: the bags that hold them are replaced whole, without them.
///
/// # Errors
/// [`ControlError::NotAllowed`]; [`ProtocolError::BadSeal`] when this device lacks the key of a bag that holds one.
pub fn erase(
    log: &ControlLog,
    ring: &KeyRing,
    bags: &[Bag],
    keys: &[KeyId],
    time_ms: i64,
    fresh: Fresh<'_>,
) -> Result<ControlStep, ControlError> {
    let mut replacements = Vec::new();
    for bag in bags.iter().filter(|bag| keys.iter().any(|key| bag.row(*key).is_some())) {
        replacements.push(replace_bag(log, ring, bag, keys, &[], fresh)?.ok_or(ProtocolError::BadSeal)?);
    }
    let act = ControlAct::Erase(EraseAct { keys: keys.to_vec(), bags: changes(&replacements)? });
    let record = log.sign(act, time_ms, ring.keys())?;
    Ok(ControlStep { record, replacements, wraps: vec![] })
}

fn replace_bag(
    log: &ControlLog,
    ring: &KeyRing,
    bag: &Bag,
    erased: &[KeyId],
    without: &[DeviceId],
    fresh: Fresh<'_>,
) -> Result<Option<BagReplacement>, ProtocolError> {
    let Some(old) = ring.bag(bag.scope()) else { return Ok(None) };
    let new = BagKey::from_bytes(fresh());
    // whatever was erased before leaves it as well: a disk that could not carry that out may still have the rows
    let gone: Vec<KeyId> = erased.iter().copied().chain(log.erased()).collect();
    let next = bag.rewrapped(log.company(), old, &new, &gone, || {
        let mut nonce = [0; 24];
        nonce.copy_from_slice(&fresh()[..24]);
        nonce
    })?;
    let wraps = wraps_to_readers(log, ring.keys(), bag.scope(), &new, without, fresh)?;
    Ok(Some(BagReplacement { wraps, rows: next.rows().cloned().collect() }))
}

fn changes(replacements: &[BagReplacement]) -> Result<Vec<BagChange>, ProtocolError> {
    replacements
        .iter()
        .map(|replacement| {
            Ok(BagChange {
                scope: replacement.wraps.scope,
                bag: replacement.wraps.bag,
                replacement: replacement.digest()?,
            })
        })
        .collect()
}
