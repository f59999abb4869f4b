//! What the sync engine is started from.

use zuc_domain::shared::Scope;
use zuc_protocol::chain::LogKind;
use zuc_protocol::codec::{self, MAX_FRAME};
use zuc_protocol::control::ControlLog;
use zuc_protocol::ids::{BatchHash, ChainHash, DeviceId, KeyId, LogId};
use zuc_protocol::person_key::BagKeyWraps;
use zuc_sync::{AuthorCursor, Cursor, OwnHead, Resume, StoredBatch};

use crate::outbox::hash_of;
use crate::outgoing::bag_rows_of;
use crate::store::{domain_scope, scope_number, scope_of, wire_scope};
use crate::{Store, StoreError};

/// The setting that says that the relay is to be given back what is held here.
pub(crate) const OFFERS_DUE: &str = "offers_due";
/// Setting of the name of the relay's log.
pub(crate) const RELAY_LOG: &str = "relay_log";
/// Setting of the names that it had before, in their order, as hexadecimal words.
pub(crate) const EARLIER_LOGS: &str = "earlier_logs";

impl Store {
    /// All that the engine wants to know; the current generations of the bags are those that the control log names.
    pub async fn resume(&self, control: &ControlLog) -> Result<Resume, StoreError> {
        let mut resume = Resume {
            cursors: self.cursors().await?,
            authors: self.author_cursors().await?,
            own: self.own_heads().await?,
            unacked: Vec::new(),
            bag_keys: Vec::new(),
            bag_wraps: Vec::new(),
            bags_unsure: self.unsure_bags(control.scopes()).await?,
            begun: self.begun().await?,
            places: self.places().await?,
            alarms: self.alarms().await?,
            relay_log: self.relay_log().await?,
            earlier_logs: self.earlier_logs().await?,
            offers_due: self.setting(OFFERS_DUE).await?.is_some(),
        };
        for row in sqlx::query!("SELECT DISTINCT scope FROM entry WHERE seq IS NULL").fetch_all(self.reader()).await? {
            resume.unacked.extend(self.unacked(scope_of(row.scope)?).await?);
        }
        for scope in control.scopes() {
            let Some(bag) = control.bag(scope) else { continue };
            let (number, generation) = (i64::from(scope.number()), bag.0.as_slice());
            let keys = sqlx::query_scalar!(
                "SELECT key_id FROM person_key WHERE scope = ? AND bag = ? AND sent = 1",
                number,
                generation
            )
            .fetch_all(self.reader())
            .await?;
            for key in keys {
                let key =
                    key.as_slice().try_into().map_err(|_| StoreError::corrupt("person_key", "key_id", "length"))?;
                resume.bag_keys.push((scope, KeyId(key)));
            }
            let wraps =
                sqlx::query_scalar!("SELECT bytes FROM bag_wraps WHERE scope = ? AND bag = ?", number, generation)
                    .fetch_all(self.reader())
                    .await?;
            for bytes in wraps {
                let wraps: BagKeyWraps =
                    codec::decode(&bytes, MAX_FRAME).map_err(|_| StoreError::corrupt("bag_wraps", "bytes", scope))?;
                resume.bag_wraps.push(wraps);
            }
        }
        Ok(resume)
    }

    /// How far each scope's log was read here; a scope of which nothing was read is not among them.
    pub async fn cursors(&self) -> Result<Vec<(zuc_protocol::Scope, Cursor)>, StoreError> {
        let rows = sqlx::query!("SELECT scope, seq, chain FROM cursor").fetch_all(self.reader()).await?;
        rows.into_iter()
            .map(|row| {
                let chain =
                    row.chain.as_slice().try_into().map_err(|_| StoreError::corrupt("cursor", "chain", row.scope))?;
                let cursor = Cursor { seq: u64::try_from(row.seq).unwrap_or(0), chain: ChainHash(chain) };
                Ok((wire_scope(scope_of(row.scope)?), cursor))
            })
            .collect()
    }

    /// How far a scope's log is read here; 0 for nothing.
    pub async fn read_up_to(&self, scope: zuc_protocol::Scope) -> Result<u64, StoreError> {
        Ok(self.cursors().await?.into_iter().find(|(of, _)| *of == scope).map_or(0, |(_, cursor)| cursor.seq))
    }

    async fn author_cursors(&self) -> Result<Vec<(zuc_protocol::Scope, DeviceId, AuthorCursor)>, StoreError> {
        let rows =
            sqlx::query!("SELECT scope, author, number, hash, control_seq, blocked, upon_this FROM author_cursor")
                .fetch_all(self.reader())
                .await?;
        rows.into_iter()
            .map(|row| {
                let author = row.author.as_slice().try_into();
                let author = author.map_err(|_| StoreError::corrupt("author_cursor", "author", row.scope))?;
                let cursor = AuthorCursor {
                    number: u64::try_from(row.number).unwrap_or(0),
                    hash: hash_of(&row.hash)?,
                    control_seq: u64::try_from(row.control_seq).unwrap_or(0),
                    blocked: row.blocked != 0,
                    upon_this: row.upon_this != 0,
                };
                Ok((wire_scope(scope_of(row.scope)?), DeviceId(author), cursor))
            })
            .collect()
    }

    /// The last acknowledged batch of this device in each scope.
    async fn own_heads(&self) -> Result<Vec<OwnHead>, StoreError> {
        let Some(identity) = self.identity() else { return Ok(Vec::new()) };
        let device = identity.device.0.as_bytes().as_slice();
        let rows = sqlx::query!(
            r#"SELECT scope, number AS "number!: i64", hash FROM entry e WHERE author = ?1 AND seq IS NOT NULL AND number =
                   (SELECT max(number) FROM entry WHERE author = ?1 AND seq IS NOT NULL AND scope = e.scope)"#,
            device,
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                let number = u64::try_from(row.number).unwrap_or(0);
                Ok(OwnHead { scope: wire_scope(scope_of(row.scope)?), number, hash: hash_of(&row.hash)? })
            })
            .collect()
    }

    /// Sealed batches of `scope` that were not acknowledged, in order.
    async fn unacked(&self, scope: Scope) -> Result<Vec<StoredBatch>, StoreError> {
        let number = scope_number(scope);
        let rows = sqlx::query!(
            "SELECT number, hash, bytes FROM entry WHERE scope = ? AND seq IS NULL
             AND author = (SELECT device FROM device_state) ORDER BY number",
            number
        )
        .fetch_all(self.reader())
        .await?;
        let mut batches = Vec::with_capacity(rows.len());
        for row in rows {
            batches.push(self.stored_batch(scope, row.number, &row.hash, row.bytes).await?);
        }
        Ok(batches)
    }

    async fn stored_batch(
        &self,
        scope: Scope,
        number: i64,
        hash: &[u8],
        bytes: Vec<u8>,
    ) -> Result<StoredBatch, StoreError> {
        let outbox = sqlx::query_scalar!(r#"SELECT n AS "n!: i64" FROM outbox WHERE batch = ? ORDER BY n"#, hash)
            .fetch_all(self.reader())
            .await?;
        let hash: BatchHash = hash_of(hash)?;
        let name = bag_rows_of(&hash);
        let keys =
            sqlx::query_scalar!("SELECT value FROM setting WHERE name = ?", name).fetch_optional(self.reader()).await?;
        let keys: Vec<KeyId> = keys.map(|keys| serde_json::from_str(&keys)).transpose()?.unwrap_or_default();
        let bag_rows = self.unsent_bag_rows(scope, &keys.into_iter().collect()).await?;
        Ok(StoredBatch {
            scope: wire_scope(scope),
            number: u64::try_from(number).unwrap_or(0),
            hash,
            bytes,
            outbox,
            bag_rows,
        })
    }

    /// This device's own batches above a number, as they were sent.
    pub async fn own_batches_above(
        &self,
        scope: zuc_protocol::Scope,
        above: u64,
    ) -> Result<Vec<StoredBatch>, StoreError> {
        let Some(identity) = self.identity() else { return Ok(Vec::new()) };
        let scope = domain_scope(scope);
        let (number, above) = (scope_number(scope), i64::try_from(above).unwrap_or(i64::MAX));
        let (device, kind) = (identity.device.0.as_bytes().as_slice(), LogKind::Batch.number());
        let rows = sqlx::query!(
            "SELECT number, hash, bytes FROM entry WHERE scope = ? AND author = ? AND kind = ? AND number > ? ORDER BY number",
            number,
            device,
            kind,
            above,
        )
        .fetch_all(self.reader())
        .await?;
        let mut batches = Vec::with_capacity(rows.len());
        for row in rows {
            batches.push(self.stored_batch(scope, row.number, &row.hash, row.bytes).await?);
        }
        Ok(batches)
    }

    /// The name of the relay's log that was read last.
    pub async fn relay_log(&self) -> Result<Option<LogId>, StoreError> {
        Ok(self.setting(RELAY_LOG).await?.as_deref().and_then(log_named))
    }

    /// The names that the relay's log had before.
    async fn earlier_logs(&self) -> Result<Vec<LogId>, StoreError> {
        let names = self.setting(EARLIER_LOGS).await?.unwrap_or_default();
        Ok(names.split_whitespace().filter_map(log_named).collect())
    }

    /// A setting of this device.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar!("SELECT value FROM setting WHERE name = ?", name).fetch_optional(self.reader()).await?)
    }

    /// Sets a setting of this device; it never leaves it.
    pub async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let mut conn = self.inner.pools.writer.acquire().await?;
        crate::remote::put_setting(&mut conn, name, value).await
    }

    /// Forgets a setting of this device; no error when there was none.
    pub async fn delete_setting(&self, name: &str) -> Result<(), StoreError> {
        sqlx::query!("DELETE FROM setting WHERE name = ?", name).execute(&self.inner.pools.writer).await?;
        Ok(())
    }
}

fn log_named(hex: &str) -> Option<LogId> {
    hex::decode(hex).ok().and_then(|bytes| bytes.try_into().ok()).map(LogId)
}
