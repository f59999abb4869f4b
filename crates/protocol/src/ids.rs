//! The names of things on the wire. All of 16 bytes are valid UUIDs where the product needs UUIDs.

use uuid::Uuid;

use crate::bytes::byte_string;

byte_string!(
    /// A company: the first 16 bytes of the hash of its genesis control record, shaped as a UUID (version 8).
    CompanyId, 16
);
byte_string!(
    /// A device: hash of its two public keys, shaped as a UUID, so that an id can never be given another key.
    DeviceId, 16
);
byte_string!(
    /// A person: a set of devices and roles.
    PersonId, 16
);
byte_string!(
    /// An epoch of a scope's key: hash of the control record that began it and of the scope.
    EpochId, 16
);
byte_string!(
    /// Names a person key: the key under which one person's direct identifiers are sealed.
    KeyId, 16
);
byte_string!(
    /// Which rows of a bag somebody holds: hash of their key ids in order (BLAKE3, first 16 bytes).
    HeldRows, 16
);
byte_string!(
    /// One generation of a scope's bag key: hash of that key, so that a substituted key is noticed.
    BagId, 16
);
byte_string!(
    /// 128 random bits that a device draws anew whenever its database may have gone back in time.
    Incarnation, 16
);
byte_string!(
    /// The Automerge actor of a device in one incarnation.
    ActorId, 16
);
byte_string!(
    /// A document or fact inside its scope.
    ItemId, 16
);
byte_string!(
    /// The relay's log, drawn at random; a new one says that the log may have gone back.
    LogId, 16
);
byte_string!(
    /// An invite; public, its secret is not.
    InviteId, 16
);
byte_string!(
    /// A command asked of the relay; asking twice under one id does it once.
    RequestId, 16
);
byte_string!(
    /// Hash of a sealed batch (BLAKE3, first 16 bytes).
    BatchHash, 16
);
byte_string!(
    /// Names the sealed bytes of a file: their hash (BLAKE3).
    AttachmentId, 32
);
byte_string!(
    /// Hash of a control record (BLAKE3).
    ControlHash, 32
);
byte_string!(
    /// The first half of a [`ControlHash`], as a batch header names it.
    ControlHead, 16
);
byte_string!(
    /// Where a scope's log stands: `h = BLAKE3(h_prev ‖ entry)`.
    ChainHash, 32
);
byte_string!(
    /// An Ed25519 signature.
    Signature, 64
);
byte_string!(
    /// An Ed25519 public key.
    VerifyKey, 32
);
byte_string!(
    /// An X25519 public key.
    ReceiveKey, 32
);
byte_string!(
    /// HMAC(company index key, normalised RFC): equal for equal RFCs, says nothing else.
    BlindToken, 32
);
byte_string!(
    /// A plain SHA-256 or BLAKE3 digest.
    Digest32, 32
);

macro_rules! uuid_shaped {
    ($($name:ident),+) => {$(
        impl $name {
            /// The same 16 bytes as a UUID.
            pub const fn to_uuid(self) -> Uuid {
                Uuid::from_bytes(self.0)
            }

            /// The 16 bytes of a UUID.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id.into_bytes())
            }
        }
    )+};
}
uuid_shaped!(CompanyId, DeviceId, PersonId, KeyId, ItemId, RequestId, InviteId, LogId, Incarnation, ActorId);

impl BatchHash {
    /// Stands before a device's first batch in a scope.
    pub const NONE: Self = Self([0; 16]);
}

impl ControlHash {
    /// Stands before the genesis record.
    pub const NONE: Self = Self([0; 32]);

    /// As a batch header names it.
    pub fn head(&self) -> ControlHead {
        let mut head = [0; 16];
        head.copy_from_slice(&self.0[..16]);
        ControlHead(head)
    }
}

/// Shapes 16 hash bytes as a UUID of version 8 (RFC 9562: vendor-made).
pub(crate) fn shape_uuid(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    bytes
}

/// BLAKE3 over a domain tag and parts, each with its length, so that no two inputs run together.
pub(crate) fn hash_parts(domain: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(domain);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// The first 16 bytes of [`hash_parts`].
pub(crate) fn hash16(domain: &str, parts: &[&[u8]]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&hash_parts(domain, parts)[..16]);
    short
}
