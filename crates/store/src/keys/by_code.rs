//! The keys of a home sealed to the company's recovery pair: what the printed code opens.

use serde::{Deserialize, Serialize};
use zuc_protocol::codec;
use zuc_protocol::identity::{DeviceKeys, DevicePublic};
use zuc_protocol::ids::{CompanyId, DeviceId};
use zuc_protocol::seal::{self, Wrapped};

use super::home::write_atomically;
use super::{Entropy, Home, Keys, random};
use crate::backup::BackupError;
use crate::{Store, StoreError};

const PURPOSE: &[u8] = b"zuclubit 1 keys of a home";
/// Far above what one takes.
const MAX: usize = 4 << 10;

/// A home's keys, sealed to the company's recovery pair.
pub(crate) fn seal(
    company: CompanyId,
    device: DeviceId,
    root: &DevicePublic,
    keys: &Keys,
    entropy: &dyn Entropy,
) -> Result<Wrapped, StoreError> {
    let bound = [company.0, device.0].concat();
    seal::wrap(&root.receive, PURPOSE, &keys.both(), &bound, &random(entropy))
        .map_err(|_| StoreError::corrupt("control", "bytes", "root"))
}

/// What [`seal`] sealed.
pub(crate) fn open(
    company: CompanyId,
    device: DeviceId,
    root: &DeviceKeys,
    sealed: &Wrapped,
) -> Result<Keys, StoreError> {
    let bound = [company.0, device.0].concat();
    let clear = root.unwrap(PURPOSE, sealed, &bound).map_err(|_| BackupError::Damaged)?;
    Keys::decode(&clear).map_err(|_| BackupError::Damaged.into())
}

/// The file beside a locked database, for whoever forgot the passphrase and has the code.
#[derive(Serialize, Deserialize)]
struct Beside {
    company: CompanyId,
    device: DeviceId,
    /// Which code opens it.
    root: [u8; 16],
    keys: Wrapped,
}

impl Store {
    /// Lays the keys beside the database for the recovery code whose pair is `root`.
    ///
    /// # Errors
    /// [`StoreError::NoIdentity`] before there is a company; [`StoreError::Io`].
    pub fn keep_keys_for_code(&self, root: &DevicePublic) -> Result<(), StoreError> {
        let home = self.home().ok_or(StoreError::NoIdentity)?;
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let path = home.keys_for_code();
        let (company, device) = (CompanyId::from_uuid(identity.company.0), DeviceId::from_uuid(identity.device.0));
        let keys = seal(company, device, root, &self.inner.keys, self.inner.entropy.as_ref())?;
        let beside = Beside { company, device, root: root.fingerprint(), keys };
        write_atomically(&path, &codec::encode(&beside, MAX).map_err(|_| StoreError::KeyFileDamaged)?)
    }
}

/// The keys of a locked home, by the pair of the recovery code. Whether they open the database is for [`Keys::fit`] to say:
/// anybody can seal to the pair.
///
/// # Errors
/// [`BackupError::WrongCode`] for another company's code; [`StoreError::KeyMissing`] where no such file lies beside.
pub fn keys_by_code(home: &Home, root: &DeviceKeys) -> Result<Keys, StoreError> {
    let path = home.keys_for_code();
    let bytes = match std::fs::read(&path) {
        Ok(bytes) if bytes.len() <= MAX => bytes,
        Ok(_) => return Err(StoreError::KeyFileDamaged),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Err(StoreError::KeyMissing),
        Err(cause) => return Err(StoreError::io(&path)(cause)),
    };
    let beside: Beside = codec::decode(&bytes, MAX).map_err(|_| StoreError::KeyFileDamaged)?;
    if root.public().fingerprint() != beside.root {
        return Err(BackupError::WrongCode.into());
    }
    open(beside.company, beside.device, root, &beside.keys)
}
