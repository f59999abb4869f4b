//! Making the keys and wraps that control records carry. All randomness is the caller's.

use crate::bytes::Blob;
use crate::control::act::{ControlAct, EpochStart, Genesis, IndexWrap, KeyWrap, Recipient};
use crate::control::error::ControlError;
use crate::control::log::ControlLog;
use crate::control::record::SignedControl;
use crate::control::state::Epoch;
use crate::error::ProtocolError;
use crate::identity::{DeviceKeys, DevicePublic};
use crate::ids::{DeviceId, Digest32, PersonId, ReceiveKey, hash_parts};
use crate::person_key::bag_id;
use crate::relay_fact::epoch_public;
use crate::scope::{Rights, Scope};
use crate::seal::{self, Wrapped};
use crate::secret::{BagKey, EpochKey, IndexKey};

const EPOCH: &[u8] = b"zuclubit 1 epoch key";
const INDEX: &[u8] = b"zuclubit 1 index key";
const PREVIOUS: &[u8] = b"zuclubit 1 previous epoch key";
const LABEL: &[u8] = b"zuclubit 1 label";

/// What it takes to found a company. Every key must be fresh random bytes.
pub struct Founding<'a> {
    /// So that two companies of one name differ.
    pub salt: [u8; 16],
    /// The company's public name; only its hash is written.
    pub name: &'a str,
    /// The first person.
    pub person: PersonId,
    /// Must hold administración.
    pub rights: Rights,
    /// What the first device is called.
    pub label: &'a str,
    /// Its keys.
    pub device: &'a DeviceKeys,
    /// The recovery code's keys.
    pub root: &'a DeviceKeys,
    /// Makes blind tokens.
    pub index: &'a IndexKey,
    /// Key and bag key of each first scope; the founder keeps those of scopes that the rights let them read.
    pub scopes: Vec<(Scope, EpochKey, BagKey)>,
    /// Where the relay is, when there is one.
    pub relay_url: Option<String>,
    /// Milliseconds since 1970.
    pub time_ms: i64,
}

/// Makes and signs the genesis. `fresh` gives 32 new random bytes at each call.
///
/// # Errors
/// [`ControlError`] when the input contradicts itself.
pub fn found(input: &Founding<'_>, fresh: &mut dyn FnMut() -> [u8; 32]) -> Result<SignedControl, ControlError> {
    let device = input.device.public();
    let root = input.root.public();
    let me = (Recipient::Device(device.id()), device.receive);
    let code = (Recipient::Root, root.receive);
    let index = [me, code]
        .into_iter()
        .map(|(to, receive)| wrap_index_key(input.index, to, &receive, &fresh()))
        .collect::<Result<_, _>>()?;
    let epochs = input
        .scopes
        .iter()
        .map(|(scope, key, bag)| {
            let mut wraps = vec![wrap_epoch_key(*scope, key, code.0, &code.1, &fresh())?];
            if input.rights.may_read(*scope) {
                wraps.push(wrap_epoch_key(*scope, key, me.0, &me.1, &fresh())?);
            }
            Ok(EpochStart { scope: *scope, public: epoch_public(key), wraps, previous: None, bag: Some(bag_id(bag)) })
        })
        .collect::<Result<_, ProtocolError>>()?;
    let genesis = Genesis {
        salt: input.salt,
        name: Digest32(hash_parts("zuclubit 1 company name", &[input.name.as_bytes()])),
        root,
        person: input.person,
        device,
        rights: input.rights.clone(),
        label: seal_label(input.index, device.id(), input.label, &nonce(fresh)),
        index,
        epochs,
        relay_url: input.relay_url.clone(),
    };
    let signed = SignedControl::sign_genesis(genesis, input.time_ms, input.device, input.root)?;
    // What does not stand is not handed out.
    ControlLog::open(signed.clone())?;
    Ok(signed)
}

/// A new key of a scope to all who may read it now, except those named; seals the previous key where it is at hand.
///
/// # Errors
/// [`ProtocolError::BadKey`] when a member's key is none.
pub fn next_epoch(
    log: &ControlLog,
    scope: Scope,
    key: &EpochKey,
    previous: Option<&EpochKey>,
    bag: Option<&BagKey>,
    without: &[DeviceId],
    fresh: &mut dyn FnMut() -> [u8; 32],
) -> Result<ControlAct, ProtocolError> {
    let mut wraps = vec![wrap_epoch_key(scope, key, Recipient::Root, &log.root().receive, &fresh())?];
    for (id, device) in log.readers(scope).filter(|(id, _)| !without.contains(id)) {
        wraps.push(wrap_epoch_key(scope, key, Recipient::Device(id), &device.public.receive, &fresh())?);
    }
    let public = epoch_public(key);
    let previous = previous.map(|old| {
        let nonce = nonce(fresh);
        let mut sealed = nonce.to_vec();
        sealed.extend(seal::seal(key.expose(), &nonce, old.expose(), &previous_bound(scope, &public)));
        Blob(sealed)
    });
    Ok(ControlAct::Epoch(EpochStart { scope, public, wraps, previous, bag: bag.map(bag_id) }))
}

/// Opens the key before an epoch's, where it was sealed under it.
///
/// # Errors
/// [`ProtocolError::BadSeal`] when `key` is not the epoch's.
pub fn open_previous(epoch: &Epoch, key: &EpochKey) -> Result<Option<EpochKey>, ProtocolError> {
    let Some(previous) = &epoch.previous else { return Ok(None) };
    let (nonce, sealed) = previous.0.split_first_chunk().ok_or(ProtocolError::Malformed)?;
    let clear = seal::open(key.expose(), nonce, sealed, &previous_bound(epoch.scope, &epoch.public))?;
    to_key(&clear).map(EpochKey::from_bytes).map(Some)
}

fn previous_bound(scope: Scope, public: &ReceiveKey) -> Vec<u8> {
    [PREVIOUS, &scope.number().to_le_bytes(), &public.0].concat()
}

/// Wraps an epoch key to one recipient.
///
/// # Errors
/// [`ProtocolError::BadKey`] when the recipient's key is none.
pub fn wrap_epoch_key(
    scope: Scope,
    key: &EpochKey,
    to: Recipient,
    receive: &ReceiveKey,
    ephemeral: &[u8; 32],
) -> Result<KeyWrap, ProtocolError> {
    let bound = epoch_bound(scope, &epoch_public(key));
    Ok(KeyWrap { to, wrap: seal::wrap(receive, EPOCH, key.expose(), &bound, ephemeral)? })
}

/// Opens an epoch key and checks that it is the one whose public half the log names.
///
/// # Errors
/// [`ProtocolError::BadSeal`].
pub fn open_epoch_key(
    scope: Scope,
    public: &ReceiveKey,
    wrap: &Wrapped,
    keys: &DeviceKeys,
) -> Result<EpochKey, ProtocolError> {
    let clear = keys.unwrap(EPOCH, wrap, &epoch_bound(scope, public))?;
    let key = EpochKey::from_bytes(to_key(&clear)?);
    if epoch_public(&key) == *public { Ok(key) } else { Err(ProtocolError::BadSeal) }
}

fn epoch_bound(scope: Scope, public: &ReceiveKey) -> Vec<u8> {
    [&scope.number().to_le_bytes()[..], &public.0].concat()
}

/// Wraps the index key to one recipient.
///
/// # Errors
/// [`ProtocolError::BadKey`] when the recipient's key is none.
pub fn wrap_index_key(
    key: &IndexKey,
    to: Recipient,
    receive: &ReceiveKey,
    ephemeral: &[u8; 32],
) -> Result<IndexWrap, ProtocolError> {
    Ok(IndexWrap { to, wrap: seal::wrap(receive, INDEX, key.expose(), b"", ephemeral)? })
}

/// Opens the index key for one recipient.
///
/// # Errors
/// [`ProtocolError::BadSeal`] when none was wrapped to it.
pub fn open_index_key(log: &ControlLog, me: Recipient, keys: &DeviceKeys) -> Result<IndexKey, ProtocolError> {
    let wrap = log.index_wraps().iter().rev().find(|wrap| wrap.to == me).ok_or(ProtocolError::BadSeal)?;
    let clear = keys.unwrap(INDEX, &wrap.wrap, b"")?;
    to_key(&clear).map(IndexKey::from_bytes)
}

/// Seals a device's name for the members; the relay sees none.
pub fn seal_label(index: &IndexKey, device: DeviceId, label: &str, nonce: &[u8; 24]) -> Blob {
    let key = seal::derive(index.expose(), b"", "zuclubit 1 label key");
    let mut sealed = nonce.to_vec();
    sealed.extend(seal::seal(&key, nonce, label.as_bytes(), &[LABEL, &device.0].concat()));
    Blob(sealed)
}

/// Opens a device's name. A joining device opens its own as proof that the enrolment went well.
///
/// # Errors
/// [`ProtocolError::BadSeal`].
pub fn open_label(index: &IndexKey, device: &DevicePublic, label: &Blob) -> Result<String, ProtocolError> {
    let key = seal::derive(index.expose(), b"", "zuclubit 1 label key");
    let (nonce, sealed) = label.0.split_first_chunk().ok_or(ProtocolError::Malformed)?;
    let clear = seal::open(&key, nonce, sealed, &[LABEL, &device.id().0].concat())?;
    String::from_utf8(clear).map_err(|_| ProtocolError::Malformed)
}

fn nonce(fresh: &mut dyn FnMut() -> [u8; 32]) -> [u8; 24] {
    let bytes = fresh();
    let mut nonce = [0; 24];
    nonce.copy_from_slice(&bytes[..24]);
    nonce
}

fn to_key(clear: &[u8]) -> Result<[u8; 32], ProtocolError> {
    clear.try_into().map_err(|_| ProtocolError::Malformed)
}
