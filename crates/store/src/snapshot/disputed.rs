//! Snapshots that were found wrong, on this laptop or on another: who had signed them, and whether the relay was told.

use jiff::Timestamp;
use uuid::Uuid;
use zuc_domain::shared::DeviceId;
use zuc_protocol::Scope as WireScope;
use zuc_protocol::ids::{DeviceId as WireDevice, Digest32};

use crate::doctor::moment;
use crate::store::{domain_scope, scope_number, scope_of};
use crate::{Fate, Finding, Store, StoreError};

/// A snapshot that is not what the entries make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// Names its manifest.
    pub manifest: Digest32,
    /// Whose log.
    pub scope: WireScope,
    /// The place that it is of.
    pub seq: u64,
    /// Whose devices had signed that it is right.
    pub signers: Vec<WireDevice>,
    /// Whose device found that it is not.
    pub found_by: WireDevice,
}

impl Store {
    /// Notes a dispute; with `owed` the relay has yet to be told. `false` where it was noted before.
    pub async fn note_dispute(&self, dispute: &Dispute, owed: bool, now: Timestamp) -> Result<bool, StoreError> {
        let (manifest, found_by) = (dispute.manifest.0.as_slice(), dispute.found_by.0.as_slice());
        let (scope, seq) = (scope_number(domain_scope(dispute.scope)), i64::try_from(dispute.seq).unwrap_or(i64::MAX));
        let signers =
            serde_json::to_string(&dispute.signers.iter().map(|device| device.to_uuid()).collect::<Vec<_>>())?;
        let at = now.as_millisecond();
        let mut tx = self.begin_plain().await?;
        let noted = sqlx::query!(
            "INSERT INTO disputed (manifest, scope, seq, signers, found_by, at, owed) VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
            manifest,
            scope,
            seq,
            signers,
            found_by,
            at,
            owed,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(noted.rows_affected() > 0)
    }

    /// The snapshots of a scope of whose fault the relay has yet to be told.
    pub async fn disputes_owed(&self, scope: WireScope) -> Result<Vec<Digest32>, StoreError> {
        let number = scope_number(domain_scope(scope));
        let rows = sqlx::query_scalar!("SELECT manifest FROM disputed WHERE scope = ? AND owed = 1", number)
            .fetch_all(self.reader())
            .await?;
        Ok(rows.iter().filter_map(|hash| Digest32::from_slice(hash)).collect())
    }

    /// The relay was told, or keeps the snapshot no more.
    pub async fn dispute_told(&self, manifest: Digest32) -> Result<(), StoreError> {
        let manifest = manifest.0.as_slice();
        let mut tx = self.begin_plain().await?;
        sqlx::query!("UPDATE disputed SET owed = 0 WHERE manifest = ?", manifest).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// One of each device that had signed what is wrong.
    pub(crate) async fn dispute_findings(&self) -> Result<Vec<Finding>, StoreError> {
        let rows = sqlx::query!("SELECT manifest, scope, seq, signers, at FROM disputed ORDER BY at, manifest")
            .fetch_all(self.reader())
            .await?;
        let mut found = Vec::new();
        for row in rows {
            let signers: Vec<Uuid> = serde_json::from_str(&row.signers)?;
            let scope = scope_of(row.scope)?;
            for signer in signers {
                found.push(Finding {
                    fate: Fate::Disputed,
                    code: "snapshot.disputed".to_owned(),
                    scope,
                    record: None,
                    kind: format!("snapshot/{}/{}", row.seq, hex::encode(&row.manifest)),
                    device: Some(DeviceId(signer)),
                    person: None,
                    at: moment(row.at),
                });
            }
        }
        Ok(found)
    }

    /// The Automerge actors under which this device has written.
    pub(crate) async fn own_actors(&self, conn: &mut sqlx::SqliteConnection) -> Result<Vec<Vec<u8>>, StoreError> {
        let rows = sqlx::query_scalar!("SELECT actor FROM doc_actor WHERE device = (SELECT device FROM device_state)");
        Ok(rows.fetch_all(conn).await?)
    }
}
