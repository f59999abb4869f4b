//! Sealed identifiers of persons, and the bag that holds their keys outside every log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bytes::Blob;
use crate::codec::{self, MAX_FRAME};
use crate::control::Recipient;
use crate::error::ProtocolError;
use crate::identity::{DeviceKeys, DevicePublic};
use crate::ids::{
    BagId, CompanyId, DeviceId, Digest32, HeldRows, KeyId, ReceiveKey, Signature, VerifyKey, hash_parts, hash16,
};
use crate::scope::Scope;
use crate::seal::{self, Wrapped};
use crate::secret::{BagKey, PersonKey};

const IDENTIFIER: &[u8] = b"zuclubit 1 identifier";
const ROW: &[u8] = b"zuclubit 1 bag row";
const WRAP: &[u8] = b"zuclubit 1 bag key";
const SIGN: &str = "zuclubit 1 bag";

/// A direct identifier (name, mail, phone, street address, 13-character RFC, signature image) under a person's key.
///
/// As text `key id . base64url` it lies in documents, facts, event payloads and packs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedIdentifier {
    /// Whose key.
    pub key: KeyId,
    /// Nonce and ciphertext.
    pub sealed: Blob,
}

impl SealedIdentifier {
    /// Seals an identifier. `field` (as `lead.email`) is bound to it, so that it cannot be moved into another field.
    /// `nonce` must be fresh random bytes.
    pub fn seal(key: KeyId, secret: &PersonKey, field: &str, clear: &str, nonce: &[u8; 24]) -> Self {
        let mut sealed = nonce.to_vec();
        sealed.extend(seal::seal(secret.expose(), nonce, clear.as_bytes(), &identifier_bound(key, field)));
        Self { key, sealed: Blob(sealed) }
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`ProtocolError::BadSeal`] with another key or in another field.
    pub fn open(&self, secret: &PersonKey, field: &str) -> Result<String, ProtocolError> {
        let (nonce, sealed) = self.sealed.0.split_first_chunk().ok_or(ProtocolError::Malformed)?;
        let clear = seal::open(secret.expose(), nonce, sealed, &identifier_bound(self.key, field))?;
        String::from_utf8(clear).map_err(|_| ProtocolError::Malformed)
    }

    /// As one string of hexadecimal key id, a dot, and hexadecimal nonce and ciphertext.
    pub fn to_text(&self) -> String {
        format!("{}.{}", self.key, hex::encode(&self.sealed.0))
    }

    /// Reads [`Self::to_text`]; `None` when the text is something else.
    pub fn from_text(text: &str) -> Option<Self> {
        let (key, sealed) = text.split_once('.')?;
        Some(Self { key: KeyId::from_hex(key)?, sealed: Blob(hex::decode(sealed).ok()?) })
    }
}

fn identifier_bound(key: KeyId, field: &str) -> Vec<u8> {
    [IDENTIFIER, &key.0, field.as_bytes()].concat()
}

/// One person key in a bag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BagRow {
    /// Whose bag.
    pub scope: Scope,
    /// The bag's generation.
    pub bag: BagId,
    /// The person key's name.
    pub key: KeyId,
    /// Nonce and ciphertext under the bag key.
    pub wrap: Blob,
}

impl BagRow {
    /// Wraps a person key; `nonce` must be fresh random bytes.
    pub fn wrap(
        company: CompanyId,
        scope: Scope,
        bag: &BagKey,
        key: KeyId,
        secret: &PersonKey,
        nonce: &[u8; 24],
    ) -> Self {
        let id = bag_id(bag);
        let mut wrap = nonce.to_vec();
        wrap.extend(seal::seal(bag.expose(), nonce, secret.expose(), &row_bound(company, scope, id, key)));
        Self { scope, bag: id, key, wrap: Blob(wrap) }
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`ProtocolError::BadSeal`] under another generation of the bag key.
    pub fn open(&self, company: CompanyId, bag: &BagKey) -> Result<PersonKey, ProtocolError> {
        let (nonce, sealed) = self.wrap.0.split_first_chunk().ok_or(ProtocolError::Malformed)?;
        let clear = zeroize::Zeroizing::new(seal::open(
            bag.expose(),
            nonce,
            sealed,
            &row_bound(company, self.scope, self.bag, self.key),
        )?);
        let key = <[u8; 32]>::try_from(clear.as_slice()).map_err(|_| ProtocolError::Malformed)?;
        Ok(PersonKey::from_bytes(key))
    }
}

fn row_bound(company: CompanyId, scope: Scope, bag: BagId, key: KeyId) -> Vec<u8> {
    [ROW, &company.0, &scope.number().to_le_bytes(), &bag.0, &key.0].concat()
}

/// The generation of a bag key: its hash, so that nobody can pass off another.
pub fn bag_id(key: &BagKey) -> BagId {
    BagId(hash16("zuclubit 1 bag id", &[key.expose()]))
}

/// Names a set of rows. A count would not do: two that hold as many rows may each lack what the other has.
pub fn held_rows<'k>(in_order: impl IntoIterator<Item = &'k KeyId>) -> HeldRows {
    let mut hasher = blake3::Hasher::new_derive_key("zuclubit 1 held rows");
    for key in in_order {
        hasher.update(&key.0);
    }
    let mut short = [0; 16];
    short.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    HeldRows(short)
}

/// A bag key to those who may read its scope; signed by a member, kept outside the log, overwritten when replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BagKeyWraps {
    /// Whose bag.
    pub scope: Scope,
    /// The generation.
    pub bag: BagId,
    /// The key to each recipient.
    pub wraps: Vec<(Recipient, Wrapped)>,
    /// Who made them.
    pub author: DeviceId,
    /// The author's signature over all of the above.
    pub signature: Signature,
}

impl BagKeyWraps {
    /// Wraps a bag key to recipients, each with its own 32 fresh random bytes.
    ///
    /// # Errors
    /// [`ProtocolError::BadKey`] when a recipient's key is none.
    pub fn make(
        company: CompanyId,
        scope: Scope,
        key: &BagKey,
        recipients: impl IntoIterator<Item = (Recipient, ReceiveKey, [u8; 32])>,
        author: &DeviceKeys,
    ) -> Result<Self, ProtocolError> {
        let bag = bag_id(key);
        let bound = wrap_bound(company, scope, bag);
        let wraps = recipients
            .into_iter()
            .map(|(to, receive, ephemeral)| Ok((to, seal::wrap(&receive, WRAP, key.expose(), &bound, &ephemeral)?)))
            .collect::<Result<Vec<_>, ProtocolError>>()?;
        let signature = author.sign(SIGN, &[&company.0, &signed_part(scope, bag, &wraps)?]);
        Ok(Self { scope, bag, wraps, author: author.id(), signature })
    }

    /// Checks the author's signature; whether the author had the right is the caller's to know.
    ///
    /// # Errors
    /// [`ProtocolError::BadSignature`].
    pub fn verify(&self, company: CompanyId, author: &VerifyKey) -> Result<(), ProtocolError> {
        author.verify(SIGN, &[&company.0, &signed_part(self.scope, self.bag, &self.wraps)?], &self.signature)
    }

    /// Opens the bag key for a device (or the root), once [`Self::verify`] has passed.
    ///
    /// # Errors
    /// [`ProtocolError::BadSeal`] when there is none for it, or it is not the key of this generation.
    pub fn open(&self, company: CompanyId, me: Recipient, keys: &DeviceKeys) -> Result<BagKey, ProtocolError> {
        let bound = wrap_bound(company, self.scope, self.bag);
        let (_, wrap) = self.wraps.iter().find(|(to, _)| *to == me).ok_or(ProtocolError::BadSeal)?;
        let clear = keys.unwrap(WRAP, wrap, &bound)?;
        let key = BagKey::from_bytes(<[u8; 32]>::try_from(clear.as_slice()).map_err(|_| ProtocolError::Malformed)?);
        if bag_id(&key) == self.bag { Ok(key) } else { Err(ProtocolError::BadSeal) }
    }
}

fn wrap_bound(company: CompanyId, scope: Scope, bag: BagId) -> Vec<u8> {
    [&company.0[..], &scope.number().to_le_bytes(), &bag.0].concat()
}

fn signed_part(scope: Scope, bag: BagId, wraps: &[(Recipient, Wrapped)]) -> Result<Vec<u8>, ProtocolError> {
    codec::encode(&(scope, bag, wraps), MAX_FRAME)
}

/// A new generation of a bag: what `ERASE` and a removal put in place of the old.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BagReplacement {
    /// The new key to those who remain.
    pub wraps: BagKeyWraps,
    /// Rows that remain, under the new key. What does not fit a frame is offered once the record stands.
    pub rows: Vec<BagRow>,
}

impl BagReplacement {
    /// As the control record names it: hash of the wraps. The rows need no hash, for only a holder of the new key can
    /// make one, and a row under any other key opens nowhere.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`].
    pub fn digest(&self) -> Result<Digest32, ProtocolError> {
        Ok(Digest32(hash_parts("zuclubit 1 bag replacement", &[&codec::encode(&self.wraps, MAX_FRAME)?])))
    }
}

/// A scope's bag: grows and merges by union, shrinks only by being replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bag {
    scope: Scope,
    generation: BagId,
    rows: BTreeMap<KeyId, BagRow>,
}

impl Bag {
    /// An empty bag of one generation.
    pub fn new(scope: Scope, generation: BagId) -> Self {
        Self { scope, generation, rows: BTreeMap::new() }
    }

    /// Its scope.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Its generation.
    pub fn generation(&self) -> BagId {
        self.generation
    }

    /// Adds rows of this scope and generation; a row that is there stays. Gives the rows that were new; the rest,
    /// among them all of an older generation, changed nothing.
    pub fn merge(&mut self, rows: impl IntoIterator<Item = BagRow>) -> Vec<KeyId> {
        let mut added = Vec::new();
        for row in rows {
            if row.scope == self.scope && row.bag == self.generation && !self.rows.contains_key(&row.key) {
                added.push(row.key);
                self.rows.insert(row.key, row);
            }
        }
        added
    }

    /// The row of a key.
    pub fn row(&self, key: KeyId) -> Option<&BagRow> {
        self.rows.get(&key)
    }

    /// All rows, by key id.
    pub fn rows(&self) -> impl Iterator<Item = &BagRow> {
        self.rows.values()
    }

    /// Wraps all but the erased rows under a new key. A row that does not open holds no key, and is left out: whoever
    /// pushed it must not keep the rest from being wrapped. `nonce` gives fresh random bytes for each row.
    ///
    /// # Errors
    /// [`ProtocolError::BadSeal`] when `old` is not this generation's key.
    pub fn rewrapped(
        &self,
        company: CompanyId,
        old: &BagKey,
        new: &BagKey,
        erased: &[KeyId],
        mut nonce: impl FnMut() -> [u8; 24],
    ) -> Result<Self, ProtocolError> {
        if bag_id(old) != self.generation {
            return Err(ProtocolError::BadSeal);
        }
        let mut next = Self::new(self.scope, bag_id(new));
        for row in self.rows.values().filter(|row| !erased.contains(&row.key)) {
            let Ok(secret) = row.open(company, old) else { continue };
            next.rows.insert(row.key, BagRow::wrap(company, self.scope, new, row.key, &secret, &nonce()));
        }
        Ok(next)
    }
}

/// A recipient of wraps, from a device's public keys.
pub fn recipient(device: &DevicePublic) -> (Recipient, ReceiveKey) {
    (Recipient::Device(device.id()), device.receive)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPANY: CompanyId = CompanyId([1; 16]);
    const SCOPE: Scope = Scope::Sales(1);

    fn row(bag: &BagKey, key: u8) -> BagRow {
        BagRow::wrap(COMPANY, SCOPE, bag, KeyId([key; 16]), &PersonKey::from_bytes([key; 32]), &[key; 24])
    }

    #[test]
    fn an_identifier_opens_with_its_persons_key_in_its_own_field_only() {
        let (id, key) = (KeyId([5; 16]), PersonKey::from_bytes([5; 32]));
        let sealed = SealedIdentifier::seal(id, &key, "lead.email", "ana@ejemplo.mx", &[6; 24]);
        let back = SealedIdentifier::from_text(&sealed.to_text()).unwrap();
        assert_eq!(back.open(&key, "lead.email").unwrap(), "ana@ejemplo.mx");
        assert_eq!(back.open(&key, "lead.phone"), Err(ProtocolError::BadSeal));
        assert_eq!(back.open(&PersonKey::from_bytes([6; 32]), "lead.email"), Err(ProtocolError::BadSeal));
        assert_eq!(SealedIdentifier::from_text("ana@ejemplo.mx"), None);
    }

    proptest::proptest! {
        #[test]
        fn bags_merge_by_union_in_any_order_and_any_repetition(
            order in proptest::collection::vec(1_u8..20, 1..60),
        ) {
            let bag_key = BagKey::from_bytes([2; 32]);
            let rows: Vec<_> = order.iter().map(|key| row(&bag_key, *key)).collect();
            let mut forward = Bag::new(SCOPE, bag_id(&bag_key));
            let mut backward = forward.clone();
            for row in &rows { forward.merge([row.clone()]); }
            backward.merge(rows.iter().rev().cloned());
            proptest::prop_assert_eq!(&forward, &backward);
            proptest::prop_assert!(forward.merge(rows).is_empty());
        }
    }

    #[test]
    fn after_an_erasure_the_old_generation_is_refused_and_the_erased_key_is_gone() {
        let (old, new) = (BagKey::from_bytes([2; 32]), BagKey::from_bytes([3; 32]));
        let mut bag = Bag::new(SCOPE, bag_id(&old));
        let nonsense = BagRow { wrap: Blob(vec![7; 48]), ..row(&old, 12) };
        bag.merge([row(&old, 10), row(&old, 11), nonsense]);
        let mut count = 0;
        let next = bag
            .rewrapped(COMPANY, &old, &new, &[KeyId([10; 16])], || {
                count += 1;
                [count; 24]
            })
            .unwrap();
        assert!(next.row(KeyId([10; 16])).is_none());
        assert!(next.row(KeyId([12; 16])).is_none(), "a row of nonsense holds nobody up");
        assert!(next.row(KeyId([11; 16])).unwrap().open(COMPANY, &new).unwrap() == PersonKey::from_bytes([11; 32]));
        assert_eq!(next.row(KeyId([11; 16])).unwrap().open(COMPANY, &old).err(), Some(ProtocolError::BadSeal));
        // A peer or relay that kept the old rows cannot bring them back.
        let mut after = next.clone();
        assert!(after.merge(bag.rows().cloned()).is_empty());
        assert_eq!(after, next);
        assert!(bag.rewrapped(COMPANY, &new, &old, &[], || [0; 24]).is_err());
    }

    #[test]
    fn a_bag_key_comes_from_a_member_and_is_the_key_of_its_generation() {
        let (admin, ana, eve) = (
            DeviceKeys::from_seeds(&[1; 32], &[2; 32]),
            DeviceKeys::from_seeds(&[3; 32], &[4; 32]),
            DeviceKeys::from_seeds(&[5; 32], &[6; 32]),
        );
        let key = BagKey::from_bytes([9; 32]);
        let (to, receive) = recipient(&ana.public());
        let wraps = BagKeyWraps::make(COMPANY, SCOPE, &key, [(to, receive, [7; 32])], &admin).unwrap();
        wraps.verify(COMPANY, &admin.public().verify).unwrap();
        assert!(wraps.open(COMPANY, to, &ana).unwrap() == key);
        assert!(wraps.open(COMPANY, recipient(&eve.public()).0, &eve).is_err());
        assert_eq!(wraps.verify(COMPANY, &eve.public().verify), Err(ProtocolError::BadSignature));
        // Eve passes off a key of her own under the company's generation.
        let mut forged =
            BagKeyWraps::make(COMPANY, SCOPE, &BagKey::from_bytes([8; 32]), [(to, receive, [7; 32])], &eve).unwrap();
        forged.bag = wraps.bag;
        assert!(forged.open(COMPANY, to, &ana).is_err());
    }
}
