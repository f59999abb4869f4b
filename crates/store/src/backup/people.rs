//! The keys of persons, in one sealed file beside the backups: written anew at each backup and at each erasure, so that
//! whoever was forgotten since is forgotten in every backup too.
//!
//! `"ZUCPERS1" ‖ length (u32 LE) ‖ header ‖ nonce (24) ‖ XChaCha20-Poly1305(keys)`, all before the nonce as associated
//! data. What stood there before is written over before its place on the disk is given back.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use zeroize::Zeroizing;
use zuc_domain::shared::Scope;
use zuc_protocol::codec;
use zuc_protocol::ids::{CompanyId, DeviceId};

use super::BackupError;
use super::disk::{at_folder, beside, private, sync_folder};
use crate::keys::{Entropy, Keys, random};
use crate::{StoreError, vault};

const MAGIC: &[u8; 8] = b"ZUCPERS1";
const MAX_HEADER: usize = 1 << 10;
/// Two million persons.
const MAX: usize = 512 << 20;
const BAG: &str = "bag/";

#[derive(Serialize, Deserialize)]
struct Header {
    company: CompanyId,
    device: DeviceId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    scope: i64,
    key: [u8; 16],
    bag: Vec<u8>,
    wrap: Vec<u8>,
    sent: i64,
}

/// What opens the names in backups.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct People {
    rows: Vec<Row>,
    bags: Vec<(String, [u8; 32])>,
    erased: Vec<[u8; 16]>,
}

impl std::fmt::Debug for People {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "People({} keys, {} erased)", self.rows.len(), self.erased.len())
    }
}

/// Where the keys of a laptop's persons lie, beside its backups.
pub(crate) fn place(folder: &Path, device: DeviceId) -> PathBuf {
    folder.join(format!("personas-{}.llaves", super::shelf::short(device)))
}

impl People {
    /// The keys that a database holds; `vault` opens its vault.
    pub(crate) async fn of(conn: &mut SqliteConnection, keys: &Keys) -> Result<Self, StoreError> {
        let corrupt = || StoreError::corrupt("person_key", "key_id", "length");
        let held = sqlx::query!("SELECT scope, key_id, bag, wrap, sent FROM person_key ORDER BY scope, key_id")
            .fetch_all(&mut *conn)
            .await?;
        let mut rows = Vec::with_capacity(held.len());
        for row in held {
            let key = row.key_id.as_slice().try_into().map_err(|_| corrupt())?;
            rows.push(Row { scope: row.scope, key, bag: row.bag, wrap: row.wrap, sent: row.sent });
        }
        let erased =
            sqlx::query_scalar!("SELECT key_id FROM person_erased ORDER BY key_id").fetch_all(&mut *conn).await?;
        let erased =
            erased.iter().map(|key| key.as_slice().try_into().map_err(|_| corrupt())).collect::<Result<_, _>>()?;
        let sealed = sqlx::query!("SELECT name, sealed FROM vault WHERE name LIKE 'bag/%' ORDER BY name")
            .fetch_all(&mut *conn)
            .await?;
        let mut bags = Vec::with_capacity(sealed.len());
        for bag in sealed {
            let clear = vault::unseal(&keys.vault, &bag.name, &bag.sealed)?;
            let clear = clear.as_slice().try_into().map_err(|_| StoreError::corrupt("vault", "sealed", &bag.name))?;
            bags.push((bag.name, clear));
        }
        Ok(Self { rows, bags, erased })
    }

    /// Puts them into a restored database, in the place of what it knew of persons.
    pub(crate) async fn put(
        &self,
        conn: &mut SqliteConnection,
        keys: &Keys,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        for row in &self.rows {
            let key = row.key.as_slice();
            sqlx::query!(
                "INSERT INTO person_key (scope, key_id, bag, wrap, sent) VALUES (?, ?, ?, ?, ?)",
                row.scope,
                key,
                row.bag,
                row.wrap,
                row.sent,
            )
            .execute(&mut *conn)
            .await?;
        }
        for key in &self.erased {
            let key = key.as_slice();
            sqlx::query!("INSERT INTO person_erased (key_id, at) VALUES (?, 0) ON CONFLICT DO NOTHING", key)
                .execute(&mut *conn)
                .await?;
        }
        for (name, bag) in &self.bags {
            vault::put(conn, &keys.vault, entropy, name, bag).await?;
        }
        Ok(())
    }

    /// The bags' keys, by scope.
    pub(crate) fn bags(&self) -> impl Iterator<Item = (Scope, [u8; 32])> {
        self.bags.iter().filter_map(|(name, key)| Some((name.strip_prefix(BAG)?.parse().ok()?, *key)))
    }

    /// How many persons were forgotten by now.
    pub(crate) fn erased(&self) -> usize {
        self.erased.len()
    }

    /// Writes them beside the backups in `folder`, over what stood there.
    pub(crate) fn write(
        &self,
        folder: &Path,
        whose: (CompanyId, DeviceId),
        keys: &Keys,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let (company, device) = whose;
        let broken = |_| StoreError::corrupt("person_key", "key_id", "file");
        let header = codec::encode(&Header { company, device }, MAX_HEADER).map_err(broken)?;
        let mut file = MAGIC.to_vec();
        file.extend_from_slice(&u32::try_from(header.len()).unwrap_or(0).to_le_bytes());
        file.extend_from_slice(&header);
        let clear = Zeroizing::new(codec::encode(self, MAX).map_err(broken)?);
        let nonce: [u8; 24] = random(entropy);
        let sealed = cipher(keys)
            .encrypt(&XNonce::from(nonce), Payload { msg: &clear, aad: &file })
            .map_err(|_| StoreError::corrupt("person_key", "key_id", "file"))?;
        file.extend_from_slice(&nonce);
        file.extend_from_slice(&sealed);

        let to = place(folder, device);
        let beside = beside(&to);
        let mut new = private(&beside)?;
        new.write_all(&file).and_then(|()| new.sync_all()).map_err(at_folder(&beside))?;
        let before = OpenOptions::new().write(true).open(&to).ok();
        std::fs::rename(&beside, &to).map_err(at_folder(&to))?;
        sync_folder(&to)?;
        if let Some(before) = before {
            // what is lost here is lost on purpose: a disk that refuses changes nothing for whoever reads the new file
            let _ = blank(before);
        }
        Ok(())
    }

    /// Reads the keys beside a backup; `None` where there are none.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] for a file that is not what was written.
    pub(crate) fn read(folder: &Path, whose: (CompanyId, DeviceId), keys: &Keys) -> Result<Option<Self>, StoreError> {
        let path = place(folder, whose.1);
        let file = match std::fs::read(&path) {
            Ok(file) => file,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(StoreError::io(&path)(cause)),
        };
        Self::decode(&file, whose, keys).map(Some).ok_or_else(|| BackupError::Damaged.into())
    }

    fn decode(file: &[u8], whose: (CompanyId, DeviceId), keys: &Keys) -> Option<Self> {
        let length = file.strip_prefix(MAGIC)?.first_chunk::<4>()?;
        let begins = 12_usize.checked_add(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        let (bound, rest) = file.split_at_checked(begins)?;
        let header: Header = codec::decode(bound.get(12..)?, MAX_HEADER).ok()?;
        let (nonce, sealed) = rest.split_first_chunk::<24>()?;
        let clear = cipher(keys).decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: bound }).ok()?;
        let clear = Zeroizing::new(clear);
        let people = codec::decode(&clear, MAX).ok()?;
        ((header.company, header.device) == whose).then_some(people)
    }
}

fn cipher(keys: &Keys) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&keys.purpose("zuclubit 1 keys of persons beside backups").into())
}

/// Writes over a file that has lost its name.
fn blank(mut file: File) -> std::io::Result<()> {
    let mut left = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    let zeros = vec![0; 64 << 10];
    while left > 0 {
        let now = usize::try_from(left).map_or(zeros.len(), |left| left.min(zeros.len()));
        file.write_all(&zeros[..now])?;
        left -= now as u64;
    }
    file.sync_all()
}
