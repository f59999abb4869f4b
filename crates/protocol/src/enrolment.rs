//! How a device joins: an invite's code, a request that proves the invite's secret, a short code to compare.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::base32;
use crate::bytes::Blob;
use crate::codec;
use crate::error::ProtocolError;
use crate::identity::{DeviceKeys, DevicePublic, short_code};
use crate::ids::{CompanyId, ControlHead, Digest32, InviteId, Signature, VerifyKey, hash_parts, hash16};
use crate::seal;
use crate::suite;

/// How long an invite is good for, in milliseconds.
pub const INVITE_MS: i64 = 24 * 60 * 60 * 1000;
const SIGN: &str = "zuclubit 1 invite";
const NAME: &[u8] = b"zuclubit 1 join name";
const CHECK: usize = 4;
/// The longest invite, in bytes: the rest is the relay's address.
const MAX_INVITE: usize = 400;

/// The 128-bit secret of an invite. It goes from person to person, never to the relay.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
pub struct InviteSecret([u8; 16]);

impl InviteSecret {
    /// Takes 16 random bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The secret itself, for the inviting device's vault.
    pub const fn expose(&self) -> &[u8; 16] {
        &self.0
    }

    /// What the joining device shows the relay: proves the secret without giving it away.
    pub fn access(&self) -> Digest32 {
        Digest32(*seal::derive(&self.0, b"", "zuclubit 1 invite access"))
    }
}

/// An invite, as its code says it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// See [`suite::VERSION`].
    pub version: u8,
    /// See [`suite::SUITE`].
    pub suite: u8,
    /// Which.
    pub id: InviteId,
    /// Known to the two people only.
    pub secret: InviteSecret,
    /// The company to join.
    pub company: CompanyId,
    /// Fingerprint of the inviting device's keys ([`DevicePublic::fingerprint`]).
    pub admin: [u8; 16],
    /// The control log must contain this record.
    pub control_head: ControlHead,
    /// Where the relay is.
    pub relay_url: String,
}

impl Invite {
    /// As text in groups of five characters, with a checksum.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`] when the relay's address is too long.
    pub fn to_code(&self) -> Result<String, ProtocolError> {
        let mut bytes = codec::encode(self, MAX_INVITE)?;
        bytes.extend_from_slice(&check(&bytes));
        Ok(base32::group(&base32::encode(&bytes)))
    }

    /// Reads a code as people type or paste it.
    ///
    /// # Errors
    /// [`ProtocolError::BadCode`] for a typing error, [`ProtocolError::Downgrade`] or [`ProtocolError::TooNew`].
    pub fn from_code(text: &str) -> Result<Self, ProtocolError> {
        if text.len() > 4 * MAX_INVITE {
            return Err(ProtocolError::BadCode);
        }
        let bytes = base32::decode(text).ok_or(ProtocolError::BadCode)?;
        let (body, found) = bytes.split_last_chunk::<CHECK>().ok_or(ProtocolError::BadCode)?;
        if *found != check(body) {
            return Err(ProtocolError::BadCode);
        }
        if let [version, suite, ..] = *body {
            suite::check(version, suite)?;
        }
        codec::decode(body, MAX_INVITE).map_err(|_| ProtocolError::BadCode)
    }
}

fn check(body: &[u8]) -> [u8; CHECK] {
    let hash = hash16("zuclubit 1 invite check", &[body]);
    let mut check = [0; CHECK];
    check.copy_from_slice(&hash[..CHECK]);
    check
}

/// What an admin's device tells the relay of an invite: enough to let one device in once, not to impersonate it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteOffer {
    /// Which.
    pub id: InviteId,
    /// The company.
    pub company: CompanyId,
    /// Hash of [`InviteSecret::access`].
    pub access_hash: Digest32,
    /// On the relay's clock, milliseconds since 1970; at most [`INVITE_MS`] away.
    pub until_ms: i64,
    /// The admin device's signature over all of the above.
    pub signature: Signature,
}

impl InviteOffer {
    /// Signs an offer.
    pub fn sign(id: InviteId, company: CompanyId, secret: &InviteSecret, until_ms: i64, admin: &DeviceKeys) -> Self {
        let access_hash = access_hash(&secret.access());
        let signature = admin.sign(SIGN, &[&id.0, &company.0, &access_hash.0, &until_ms.to_le_bytes()]);
        Self { id, company, access_hash, until_ms, signature }
    }

    /// Checks the admin's signature.
    ///
    /// # Errors
    /// [`ProtocolError::BadSignature`].
    pub fn verify(&self, admin: &VerifyKey) -> Result<(), ProtocolError> {
        admin.verify(
            SIGN,
            &[&self.id.0, &self.company.0, &self.access_hash.0, &self.until_ms.to_le_bytes()],
            &self.signature,
        )
    }

    /// Whether `access` is this invite's, in constant time.
    pub fn admits(&self, access: &Digest32) -> bool {
        access_hash(access).0.ct_eq(&self.access_hash.0).into()
    }
}

fn access_hash(access: &Digest32) -> Digest32 {
    Digest32(hash_parts("zuclubit 1 invite access hash", &[&access.0]))
}

/// A device asks to join. The relay stores it; only the inviting device can check it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRequest {
    /// Under which invite.
    pub invite: InviteId,
    /// The company.
    pub company: CompanyId,
    /// The new device's keys.
    pub device: DevicePublic,
    /// What the person calls themselves and the device, sealed under the invite's secret.
    pub name: Blob,
    /// The newest control record that the device was shown. Both screens make the code over it, so that whatever joins the log
    /// meanwhile changes neither; whoever signs has to know it.
    pub seen: ControlHead,
    /// HMAC under the invite's secret over all of the above.
    pub mac: Digest32,
}

impl JoinRequest {
    /// Makes a request; `nonce` must be fresh random bytes.
    pub fn make(invite: &Invite, device: DevicePublic, name: &str, seen: ControlHead, nonce: &[u8; 24]) -> Self {
        let key = seal::derive(&invite.secret.0, b"", "zuclubit 1 join name");
        let mut sealed = nonce.to_vec();
        sealed.extend(seal::seal(&key, nonce, name.as_bytes(), &[NAME, &invite.id.0].concat()));
        let (name, mac) = (Blob(sealed), Digest32([0; 32]));
        let mut request = Self { invite: invite.id, company: invite.company, device, name, seen, mac };
        request.mac = Digest32(request.mac_of(&invite.secret).finalize().into_bytes().into());
        request
    }

    /// Checks that whoever asks knows the invite's secret, and gives the name.
    ///
    /// # Errors
    /// [`ProtocolError::BadSeal`] when they do not.
    pub fn check(&self, id: InviteId, company: CompanyId, secret: &InviteSecret) -> Result<String, ProtocolError> {
        if self.invite != id || self.company != company {
            return Err(ProtocolError::BadSeal);
        }
        self.mac_of(secret).verify_slice(&self.mac.0).map_err(|_| ProtocolError::BadSeal)?;
        let key = seal::derive(&secret.0, b"", "zuclubit 1 join name");
        let (nonce, sealed) = self.name.0.split_first_chunk().ok_or(ProtocolError::Malformed)?;
        let name = seal::open(&key, nonce, sealed, &[NAME, &id.0].concat())?;
        String::from_utf8(name).map_err(|_| ProtocolError::Malformed)
    }

    fn mac_of(&self, secret: &InviteSecret) -> Hmac<Sha256> {
        let key = seal::derive(&secret.0, b"", "zuclubit 1 join mac");
        let mut mac = Hmac::<Sha256>::new_from_slice(&*key).expect("HMAC takes keys of any length");
        let keys = [&self.device.verify.0[..], &self.device.receive.0];
        for part in [&self.invite.0[..], &self.company.0, keys[0], keys[1], &self.name.0, &self.seen.0] {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac
    }
}

/// The code that both screens show before the admin signs: see [`short_code`].
pub fn comparison_code(admin: &DevicePublic, request: &JoinRequest) -> String {
    short_code(admin, &request.device, request.seen)
}

/// Where a join stands, as the relay tells the waiting device; it then pulls the control log and checks it itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JoinStatus {
    /// The admin has not approved yet.
    Pending,
    /// The control log names the device.
    Approved,
    /// The invite is used, over or unknown: one answer for all three.
    Gone,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite() -> Invite {
        Invite {
            version: suite::VERSION,
            suite: suite::SUITE,
            id: InviteId([1; 16]),
            secret: InviteSecret::from_bytes([2; 16]),
            company: CompanyId([3; 16]),
            admin: [4; 16],
            control_head: ControlHead([5; 16]),
            relay_url: "https://relevo.example:8443".into(),
        }
    }

    #[test]
    fn an_invite_goes_round_and_typing_errors_are_found() {
        let code = invite().to_code().unwrap();
        assert!(Invite::from_code(&code).unwrap() == invite());
        assert!(Invite::from_code(&code.to_lowercase().replace('-', "\n")).unwrap() == invite());
        let last = if code.ends_with('0') { "1" } else { "0" };
        for wrong in [format!("{}{last}", &code[..code.len() - 1]), code[5..].to_owned(), String::new()] {
            assert!(matches!(Invite::from_code(&wrong), Err(ProtocolError::BadCode)));
        }
        let weak = Invite { suite: 0, ..invite() }.to_code().unwrap();
        assert!(matches!(Invite::from_code(&weak), Err(ProtocolError::Downgrade { .. })));
    }

    #[test]
    fn a_request_proves_the_secret_and_cannot_be_given_other_keys() {
        let (invite, device) = (invite(), DeviceKeys::from_seeds(&[6; 32], &[7; 32]).public());
        let request = JoinRequest::make(&invite, device, "Carla", ControlHead([5; 16]), &[8; 24]);
        assert_eq!(request.check(invite.id, invite.company, &invite.secret).unwrap(), "Carla");
        let mut substituted = request.clone();
        substituted.device = DeviceKeys::from_seeds(&[9; 32], &[9; 32]).public();
        assert_eq!(substituted.check(invite.id, invite.company, &invite.secret), Err(ProtocolError::BadSeal));
        let other = JoinRequest { seen: ControlHead([6; 16]), ..request.clone() };
        assert_eq!(other.check(invite.id, invite.company, &invite.secret), Err(ProtocolError::BadSeal));
        let admin = DeviceKeys::from_seeds(&[1; 32], &[2; 32]).public();
        assert_ne!(comparison_code(&admin, &other), comparison_code(&admin, &request), "it is bound into the code");
        let guess = InviteSecret::from_bytes([9; 16]);
        assert_eq!(request.check(invite.id, invite.company, &guess), Err(ProtocolError::BadSeal));
        assert_eq!(request.check(InviteId([9; 16]), invite.company, &invite.secret), Err(ProtocolError::BadSeal));
    }

    #[test]
    fn the_relay_can_admit_but_the_offer_does_not_tell_the_secret() {
        let admin = DeviceKeys::from_seeds(&[1; 32], &[2; 32]);
        let secret = InviteSecret::from_bytes([2; 16]);
        let offer = InviteOffer::sign(InviteId([1; 16]), CompanyId([3; 16]), &secret, 10, &admin);
        offer.verify(&admin.public().verify).unwrap();
        assert!(offer.admits(&secret.access()));
        assert!(!offer.admits(&InviteSecret::from_bytes([3; 16]).access()));
        let longer = InviteOffer { until_ms: 11, ..offer };
        assert_eq!(longer.verify(&admin.public().verify), Err(ProtocolError::BadSignature));
    }
}
