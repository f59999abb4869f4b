//! What somebody who left the company could not send: one last upload of each scope, sealed and signed, which nobody folds in.
//!
//! It says what was written in words of fields, before and after, and carries no change of a document: whoever reads it can
//! write what they choose of it as their own, and can do nothing else with it.

use serde::{Deserialize, Serialize};

use crate::bytes::Blob;
use crate::codec::{self, MAX_FRAME};
use crate::control::{ControlLog, RemoveReason};
use crate::error::ProtocolError;
use crate::identity::DeviceKeys;
use crate::ids::{CompanyId, DeviceId, EpochId, ItemId, KeyId, Signature};
use crate::item::{DocKind, Fact};
use crate::scope::Scope;
use crate::seal::{self, NONCE};
use crate::secret::{EpochKey, PersonKey};

const SIGN: &str = "zuclubit 1 left behind";
const SEAL: &[u8] = b"zuclubit 1 left behind seal";
/// Bytes of one, sealed, at most: it fits a frame with what is said beside it.
pub const MAX_SEALED: usize = MAX_FRAME - (4 << 10);
/// Bytes of what is sealed, at most.
const MAX_PLAIN: usize = MAX_SEALED - 64;
/// Changes and facts of one, and keys of persons, at most.
pub const MAX_ITEMS: usize = 4_096;
/// Bytes that a key of a person takes beside the items.
const KEY_BYTES: usize = 48;

/// Something that was written and not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LeftItem {
    /// A change of a document, in words of its fields.
    Change {
        /// The document.
        doc: ItemId,
        /// Its kind.
        kind: DocKind,
        /// When, by the clock of who wrote it; milliseconds since 1970.
        at_ms: i64,
        /// JSON: a list of `field`, `from` and `to`, the values as the document holds them.
        edits: String,
    },
    /// A fact.
    Fact(Fact),
}

/// The key of a person whom nobody else knows yet: what is sealed under it is opened by nobody without.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftKey {
    /// Its id.
    pub key: KeyId,
    secret: [u8; 32],
}

impl LeftKey {
    /// A key with its id.
    pub fn new(key: KeyId, secret: &PersonKey) -> Self {
        Self { key, secret: *secret.expose() }
    }

    /// The key itself.
    pub fn secret(&self) -> PersonKey {
        PersonKey::from_bytes(self.secret)
    }
}

/// What was left behind in a scope. No `Debug`: it holds keys.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftBehind {
    /// In the order in which they were written.
    pub items: Vec<LeftItem>,
    /// Keys that came of no bag.
    pub keys: Vec<LeftKey>,
    /// How many items more there were, for which there was no room.
    pub beyond: u32,
}

impl LeftBehind {
    /// As many of the items, from the oldest on, as find room beside the keys.
    pub fn fitting(items: Vec<LeftItem>, mut keys: Vec<LeftKey>) -> Self {
        keys.truncate(MAX_ITEMS);
        let mut room = MAX_PLAIN - 32 - keys.len() * KEY_BYTES;
        let mut left = Self { items: Vec::new(), keys, beyond: 0 };
        for item in items {
            match codec::encode(&item, room) {
                Ok(bytes) if left.beyond == 0 && left.items.len() < MAX_ITEMS => {
                    room -= bytes.len();
                    left.items.push(item);
                }
                _ => left.beyond += 1,
            }
        }
        left
    }
}

/// A [`LeftBehind`] as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedLeft {
    /// The scope.
    pub scope: Scope,
    /// The scope's key under which it is sealed: the last that its author was given.
    pub epoch: EpochId,
    /// Whose it is.
    pub author: DeviceId,
    /// The nonce and the ciphertext.
    pub sealed: Blob,
    /// The author's, over company, scope, epoch, author and ciphertext.
    pub signature: Signature,
}

impl SealedLeft {
    /// Seals and signs; `nonce` must be fresh random bytes.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`] for what [`LeftBehind::fitting`] did not make.
    pub fn seal(
        company: CompanyId,
        scope: Scope,
        (epoch, key): (EpochId, &EpochKey),
        me: &DeviceKeys,
        left: &LeftBehind,
        nonce: &[u8; NONCE],
    ) -> Result<Self, ProtocolError> {
        let author = me.id();
        let bound = bound(company, scope, epoch, author);
        let plain = codec::encode(left, MAX_PLAIN)?;
        let sealed = [nonce.as_slice(), &seal::seal(key.expose(), nonce, &plain, &bound)].concat();
        let signature = me.sign(SIGN, &[&bound, &sealed]);
        Ok(Self { scope, epoch, author, sealed: Blob(sealed), signature })
    }

    /// Checks what needs no key: that it is of a device which was taken out because its person left, and is not to wipe
    /// itself; that this person wrote the scope to the end; that the key is one of the scope's from before; and the signature.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`]; [`ProtocolError::Inconsistent`] where nothing is taken of the device;
    /// [`ProtocolError::BadSignature`].
    pub fn check(&self, control: &ControlLog) -> Result<(), ProtocolError> {
        if self.sealed.0.len() > MAX_SEALED {
            return Err(ProtocolError::TooLarge { max: MAX_SEALED });
        }
        let device = control.device(self.author).ok_or(ProtocolError::Inconsistent)?;
        let gone = device.removed.filter(|removal| removal.reason == RemoveReason::Left && !removal.wipe);
        let gone = gone.ok_or(ProtocolError::Inconsistent)?;
        let wrote = control.person(device.person).and_then(|person| person.rights_at(gone.at));
        let begun = control.epoch_by_id(self.epoch).filter(|epoch| epoch.scope == self.scope && epoch.at < gone.at);
        if begun.is_none() || !wrote.is_some_and(|rights| rights.may_write(self.scope)) {
            return Err(ProtocolError::Inconsistent);
        }
        let bound = bound(control.company(), self.scope, self.epoch, self.author);
        device.public.verify.verify(SIGN, &[&bound, &self.sealed.0], &self.signature)
    }

    /// Opens one that was checked, under the key that it names.
    ///
    /// # Errors
    /// [`ProtocolError::BadSeal`] under another key, or [`ProtocolError::Malformed`].
    pub fn open(&self, company: CompanyId, key: &EpochKey) -> Result<LeftBehind, ProtocolError> {
        let bound = bound(company, self.scope, self.epoch, self.author);
        let (nonce, sealed) = self.sealed.0.split_first_chunk().ok_or(ProtocolError::BadSeal)?;
        let left: LeftBehind = codec::decode(&seal::open(key.expose(), nonce, sealed, &bound)?, MAX_PLAIN)?;
        if left.items.len() > MAX_ITEMS || left.keys.len() > MAX_ITEMS {
            return Err(ProtocolError::Malformed);
        }
        Ok(left)
    }

    /// As one value on a disk.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, ProtocolError> {
        codec::encode(self, MAX_FRAME)
    }

    /// Reads one from a disk.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`] or [`ProtocolError::Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        codec::decode(bytes, MAX_FRAME)
    }
}

/// One at a relay, with when it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLeft {
    /// It.
    pub left: SealedLeft,
    /// By the relay's clock, in milliseconds since 1970.
    pub at_ms: i64,
}

/// The keys of a scope under which a device that was taken out may seal what it could not send, newest first: those from before
/// that.
pub fn epochs_before_leaving(
    control: &ControlLog,
    device: DeviceId,
    scope: Scope,
) -> impl Iterator<Item = EpochId> + '_ {
    let gone = control.device(device).and_then(|device| device.removed).map_or(0, |removal| removal.at);
    control.epochs(scope).iter().rev().filter(move |epoch| epoch.at < gone).map(|epoch| epoch.id)
}

fn bound(company: CompanyId, scope: Scope, epoch: EpochId, author: DeviceId) -> Vec<u8> {
    [SEAL, &company.0, &scope.number().to_le_bytes(), &epoch.0, &author.0].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPANY: CompanyId = CompanyId([1; 16]);
    const EPOCH: EpochId = EpochId([2; 16]);
    const SALES: Scope = Scope::Sales(1);

    fn beto() -> DeviceKeys {
        DeviceKeys::from_seeds(&[5; 32], &[6; 32])
    }

    fn change(edits: &str) -> LeftItem {
        LeftItem::Change { doc: ItemId([3; 16]), kind: DocKind::LEAD, at_ms: 7, edits: edits.to_owned() }
    }

    #[test]
    fn it_is_opened_where_it_was_meant_and_nowhere_else() {
        let key = EpochKey::from_bytes([4; 32]);
        let keys = vec![LeftKey::new(KeyId([8; 16]), &PersonKey::from_bytes([9; 32]))];
        let left = LeftBehind::fitting(vec![change("[]")], keys);
        let sealed = SealedLeft::seal(COMPANY, SALES, (EPOCH, &key), &beto(), &left, &[7; NONCE]).unwrap();
        assert!(sealed.open(COMPANY, &key).unwrap() == left);
        let again = SealedLeft::from_bytes(&sealed.to_bytes().unwrap()).unwrap();
        assert_eq!(again, sealed);
        for other in [
            sealed.open(CompanyId([9; 16]), &key),
            sealed.open(COMPANY, &EpochKey::from_bytes([9; 32])),
            SealedLeft { scope: Scope::Sales(2), ..sealed.clone() }.open(COMPANY, &key),
            SealedLeft { author: DeviceId([9; 16]), ..sealed.clone() }.open(COMPANY, &key),
            SealedLeft { epoch: EpochId([9; 16]), ..sealed.clone() }.open(COMPANY, &key),
            SealedLeft { sealed: Blob(vec![1; 9]), ..sealed.clone() }.open(COMPANY, &key),
        ] {
            assert!(other.is_err());
        }
    }

    #[test]
    fn what_finds_no_room_is_counted_and_the_oldest_goes_first() {
        let large = "x".repeat(300 << 10);
        let items =
            vec![change("first"), change(&large), change(&large), change(&large), change(&large), change("last")];
        let left = LeftBehind::fitting(items, Vec::new());
        assert_eq!((left.items.len(), left.beyond), (4, 2), "what comes after a gap may build upon it");
        assert_eq!(left.items[0], change("first"));
        let key = EpochKey::from_bytes([4; 32]);
        let sealed = SealedLeft::seal(COMPANY, SALES, (EPOCH, &key), &beto(), &left, &[7; NONCE]).unwrap();
        assert!(sealed.sealed.0.len() <= MAX_SEALED);
        let many = LeftBehind::fitting(vec![change(""); MAX_ITEMS + 3], Vec::new());
        assert_eq!((many.items.len(), many.beyond), (MAX_ITEMS, 3));
    }
}
