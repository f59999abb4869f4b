//! The device's side of the logs: where each scope's stands, the control log, what was set aside, the bags.

use std::collections::BTreeSet;

use zuc_domain::shared::Scope;
use zuc_protocol::Blob;
use zuc_protocol::control::{ControlLog, SignedControl};
use zuc_protocol::ids::{BagId, BatchHash, ChainHash, CompanyId, KeyId};
use zuc_protocol::person_key::{BagRow, bag_id};

use crate::outbox::hash_of;
use crate::store::{scope_number, wire_scope};
use crate::{Store, StoreError};

/// A batch that was not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Its scope.
    pub scope: Scope,
    /// Its hash.
    pub hash: BatchHash,
    /// The stable code of why.
    pub reason: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Store {
    /// How far `scope` was read; `None` before its first entry.
    pub async fn cursor(&self, scope: Scope) -> Result<Option<(u64, ChainHash)>, StoreError> {
        let scope = scope_number(scope);
        let row =
            sqlx::query!("SELECT seq, chain FROM cursor WHERE scope = ?", scope).fetch_optional(self.reader()).await?;
        row.map(|row| {
            let chain = row.chain.as_slice().try_into().map_err(|_| StoreError::corrupt("cursor", "chain", scope))?;
            Ok((u64::try_from(row.seq).unwrap_or(0), ChainHash(chain)))
        })
        .transpose()
    }

    /// The control log from its genesis record on.
    pub async fn control_log(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        Ok(sqlx::query_scalar!("SELECT bytes FROM control ORDER BY seq").fetch_all(self.reader()).await?)
    }

    /// The control log as the disk holds it, folded, with the forks that nobody has settled: what was received and not stored
    /// is not in it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a log that does not stand, or what the disk says.
    pub async fn control(&self) -> Result<ControlLog, StoreError> {
        let company = CompanyId::from_uuid(self.identity().ok_or(StoreError::NoIdentity)?.company.0);
        let corrupt = |reason: &str| StoreError::corrupt("control", "bytes", reason);
        let records = self.control_log().await?;
        let records = records.iter().map(|bytes| SignedControl::from_bytes(bytes)).collect::<Result<Vec<_>, _>>();
        let records = records.map_err(|error| corrupt(error.code()))?;
        self.with_forks(ControlLog::replay(company, records).map_err(|error| corrupt(error.code()))?).await
    }

    /// What was set aside.
    pub async fn quarantined(&self) -> Result<Vec<Quarantined>, StoreError> {
        let rows = sqlx::query!("SELECT scope, hash, reason, bytes FROM quarantine ORDER BY n")
            .fetch_all(self.reader())
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Quarantined {
                    scope: crate::store::scope_of(row.scope)?,
                    hash: hash_of(&row.hash)?,
                    reason: row.reason,
                    bytes: row.bytes,
                })
            })
            .collect()
    }

    /// Rows of a scope's bag.
    pub async fn bag_rows(&self, scope: Scope) -> Result<Vec<BagRow>, StoreError> {
        let number = scope_number(scope);
        let rows = sqlx::query_as!(
            RawRow,
            "SELECT key_id, bag, wrap FROM person_key WHERE scope = ? ORDER BY key_id",
            number,
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter().map(|row| row.of(scope)).collect()
    }

    /// The rows of these keys, as they lie under the key in use.
    pub(crate) async fn bag_rows_of(&self, scope: Scope, keys: &[KeyId]) -> Result<Vec<BagRow>, StoreError> {
        let Some(bag) = self.bag(scope).map(|key| bag_id(&key)) else { return Ok(Vec::new()) };
        let (number, generation) = (scope_number(scope), bag.0.as_slice());
        let keys = serde_json::to_string(&keys.iter().map(|key| hex::encode(key.0)).collect::<Vec<_>>())?;
        let rows = sqlx::query_as!(
            RawRow,
            "SELECT key_id, bag, wrap FROM person_key
             WHERE scope = ? AND bag = ? AND key_id IN (SELECT unhex(value) FROM json_each(?)) ORDER BY key_id",
            number,
            generation,
            keys,
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter().map(|row| row.of(scope)).collect()
    }

    /// Those of `keys` whose rows the relay has not yet been given.
    pub(crate) async fn unsent_bag_rows(
        &self,
        scope: Scope,
        keys: &BTreeSet<KeyId>,
    ) -> Result<Vec<BagRow>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let number = scope_number(scope);
        let keys = serde_json::to_string(&keys.iter().map(|key| hex::encode(key.0)).collect::<Vec<_>>())?;
        let rows = sqlx::query_as!(
            RawRow,
            "SELECT key_id, bag, wrap FROM person_key
             WHERE scope = ? AND sent = 0 AND key_id IN (SELECT unhex(value) FROM json_each(?))",
            number,
            keys,
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter().map(|row| row.of(scope)).collect()
    }
}

pub(crate) struct RawRow {
    pub(crate) key_id: Vec<u8>,
    pub(crate) bag: Vec<u8>,
    pub(crate) wrap: Vec<u8>,
}

impl RawRow {
    pub(crate) fn of(self, scope: Scope) -> Result<BagRow, StoreError> {
        let corrupt = || StoreError::corrupt("person_key", "key_id", hex::encode(&self.key_id));
        Ok(BagRow {
            scope: wire_scope(scope),
            bag: BagId(self.bag.as_slice().try_into().map_err(|_| corrupt())?),
            key: KeyId(self.key_id.as_slice().try_into().map_err(|_| corrupt())?),
            wrap: Blob(self.wrap),
        })
    }
}
