//! What was found out about the relay's logs and about the membership: on disk, so that a restart forgets nothing of it.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::shared::{DeviceId, Scope};
use zuc_protocol::Scope as WireScope;
use zuc_protocol::control::{ControlAuthor, ControlLog, SignedControl};
use zuc_protocol::error::ProtocolError;
use zuc_protocol::ids::{ChainHash, DeviceId as WireDevice};
use zuc_sync::legality::Illegal;
use zuc_sync::{Alarm, Cursor, REMEMBERED, Wrong};

use crate::doctor::moment;
use crate::store::{domain_scope, scope_number, scope_of, wire_scope};
use crate::{Fate, Finding, Store, StoreError};

impl Store {
    /// Remembers that a scope's log is not trusted; of two reasons, the later.
    pub(crate) async fn note_alarm(&self, scope: WireScope, alarm: Alarm, now: Timestamp) -> Result<(), StoreError> {
        let (scope, code) = (scope_number(domain_scope(scope)), alarm.wrong.code());
        let seq = i64::try_from(alarm.seq).unwrap_or(i64::MAX);
        let author = alarm.author.map(|author| author.0.to_vec()).unwrap_or_default();
        let at = now.as_millisecond();
        let mut tx = self.begin_plain().await?;
        sqlx::query!(
            "INSERT INTO alarm (scope, code, seq, author, at) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET code = excluded.code, seq = excluded.seq, author = excluded.author,
                 at = excluded.at",
            scope,
            code,
            seq,
            author,
            at,
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// A scope's log is trusted again.
    pub(crate) async fn end_alarm(&self, scope: WireScope) -> Result<(), StoreError> {
        let scope = scope_number(domain_scope(scope));
        let mut tx = self.begin_plain().await?;
        sqlx::query!("DELETE FROM alarm WHERE scope = ?", scope).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// The scopes whose log is not trusted.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a reason that nobody knows: it is not passed over.
    pub async fn alarms(&self) -> Result<Vec<(WireScope, Alarm)>, StoreError> {
        let rows = sqlx::query!("SELECT scope, code, seq, author FROM alarm ORDER BY scope").fetch_all(self.reader());
        rows.await?
            .into_iter()
            .map(|row| {
                let wrong =
                    Wrong::from_code(&row.code).ok_or_else(|| StoreError::corrupt("alarm", "code", row.scope))?;
                let seq = u64::try_from(row.seq).unwrap_or(0);
                let alarm = Alarm { wrong, seq, author: WireDevice::from_slice(&row.author) };
                Ok((wire_scope(scope_of(row.scope)?), alarm))
            })
            .collect()
    }

    /// Keeps both records of a fork of the membership.
    pub(crate) async fn keep_fork(
        &self,
        seq: u64,
        records: &[SignedControl],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (seq, at) = (i64::try_from(seq).unwrap_or(i64::MAX), now.as_millisecond());
        let mut tx = self.begin_plain().await?;
        for record in records {
            put_fork(&mut tx, seq, record, at).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Records of membership of which another stands, or stood, at their place.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for one that cannot be read.
    pub async fn forked_records(&self) -> Result<Vec<SignedControl>, StoreError> {
        let rows = sqlx::query_scalar!(r#"SELECT bytes AS "bytes!: Vec<u8>" FROM control_fork ORDER BY seq, hash"#);
        let corrupt = |error: ProtocolError| StoreError::corrupt("control_fork", "bytes", error.code());
        let rows = rows.fetch_all(self.reader()).await?;
        rows.iter().map(|bytes| SignedControl::from_bytes(bytes).map_err(corrupt)).collect()
    }

    /// The same log with the forks that were found in it: those that no record settles stand.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a kept record that could not have stood.
    pub async fn with_forks(&self, mut control: ControlLog) -> Result<ControlLog, StoreError> {
        for record in self.forked_records().await? {
            let offered = control.offer(record.clone());
            offered.map_err(|error| StoreError::corrupt("control_fork", "bytes", error.code()))?;
            control.leave(&[record]);
        }
        Ok(control)
    }

    /// These records of membership, from a place on, never counted: no author has named them. They are kept. What was set aside
    /// by what they said is judged anew, with all of its scope's log, which is read from the start; gives those scopes.
    pub(crate) async fn leave_branch(
        &self,
        from: u64,
        records: &[SignedControl],
        now: Timestamp,
    ) -> Result<Vec<WireScope>, StoreError> {
        let last = i64::try_from(from).unwrap_or(i64::MAX).saturating_sub(1);
        let mut tx = self.begin_plain().await?;
        for (seq, record) in (last + 1..).zip(records) {
            put_fork(&mut tx, seq, record, now.as_millisecond()).await?;
        }
        sqlx::query!("UPDATE author_cursor SET control_seq = ?1 WHERE control_seq > ?1", last)
            .execute(&mut *tx)
            .await?;
        let rows = sqlx::query!(
            r#"SELECT DISTINCT q.scope AS "scope!: i64", q.reason AS "reason!: String"
               FROM quarantine q JOIN entry e ON e.hash = q.hash WHERE e.seq > 0 ORDER BY q.scope"#
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut scopes: Vec<i64> =
            rows.into_iter().filter(|row| Illegal::is_by_membership(&row.reason)).map(|row| row.scope).collect();
        scopes.dedup();
        for scope in &scopes {
            sqlx::query!("DELETE FROM chain WHERE scope = ?", scope).execute(&mut *tx).await?;
            sqlx::query!("DELETE FROM cursor WHERE scope = ?", scope).execute(&mut *tx).await?;
            sqlx::query!("DELETE FROM author_cursor WHERE scope = ?", scope).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        scopes.into_iter().map(|scope| Ok(wire_scope(scope_of(scope)?))).collect()
    }

    /// The places that were read last, in their order, with the chain there.
    pub(crate) async fn places(&self) -> Result<Vec<(WireScope, Cursor)>, StoreError> {
        let rows =
            sqlx::query!("SELECT scope, seq, chain FROM chain ORDER BY scope, seq").fetch_all(self.reader()).await?;
        rows.into_iter()
            .map(|row| {
                let chain = row.chain.as_slice().try_into();
                let chain = chain.map_err(|_| StoreError::corrupt("chain", "chain", row.scope))?;
                let place = Cursor { seq: u64::try_from(row.seq).unwrap_or(0), chain: ChainHash(chain) };
                Ok((wire_scope(scope_of(row.scope)?), place))
            })
            .collect()
    }

    /// Logs that are not trusted, and records of membership that stand beside another.
    pub(crate) async fn alarm_findings(&self) -> Result<Vec<Finding>, StoreError> {
        let rows = sqlx::query!("SELECT scope, code, author, at FROM alarm ORDER BY scope").fetch_all(self.reader());
        let mut found = Vec::new();
        for row in rows.await? {
            let device = Uuid::from_slice(&row.author).ok().map(DeviceId);
            let scope = scope_of(row.scope)?;
            found.push(Finding { at: moment(row.at), ..finding(Fate::Distrusted, &row.code, scope, device) });
        }
        let rows = sqlx::query!(
            r#"SELECT seq AS "seq!: i64", hash AS "hash!: Vec<u8>", bytes AS "bytes!: Vec<u8>", at AS "at!: i64"
               FROM control_fork ORDER BY seq, hash"#
        )
        .fetch_all(self.reader())
        .await?;
        if rows.is_empty() {
            return Ok(found);
        }
        let control = self.control().await?;
        for row in rows {
            let record = SignedControl::from_bytes(&row.bytes);
            let record = record.map_err(|error| StoreError::corrupt("control_fork", "bytes", error.code()))?;
            let hash = record.hash();
            let is_open = control.forks().iter().any(|fork| fork.ours == hash || fork.theirs == hash);
            if !is_open && control.seq_of(hash.head()).is_some() {
                // of two that were settled, the one that counts is no finding
                continue;
            }
            let author = record.decode().ok().and_then(|record| match record.author {
                ControlAuthor::Device(device) => Some(DeviceId(device.to_uuid())),
                ControlAuthor::Root => None,
            });
            let (fate, code) =
                if is_open { (Fate::Forked, "sync.control_forked") } else { (Fate::Left, "sync.branch_left") };
            let kind = format!("control/{}/{}", row.seq, hex::encode(&row.hash));
            found.push(Finding { kind, at: moment(row.at), ..finding(fate, code, Scope::Admin, author) });
        }
        Ok(found)
    }
}

fn finding(fate: Fate, code: &str, scope: Scope, device: Option<DeviceId>) -> Finding {
    let code = code.to_owned();
    Finding { fate, code, scope, record: None, kind: String::new(), device, person: None, at: None }
}

async fn put_fork(conn: &mut SqliteConnection, seq: i64, record: &SignedControl, at: i64) -> Result<(), StoreError> {
    let bytes = record.to_bytes().map_err(|_| StoreError::corrupt("control_fork", "bytes", seq))?;
    let hash = record.hash();
    let hash = hash.0.as_slice();
    sqlx::query!(
        "INSERT INTO control_fork (hash, seq, bytes, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        hash,
        seq,
        bytes,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Remembers the chain at a place of a scope's log, and forgets the oldest.
pub(crate) async fn note_place(
    conn: &mut SqliteConnection,
    scope: i64,
    seq: i64,
    chain: &[u8],
) -> Result<(), StoreError> {
    let oldest = seq.saturating_sub(i64::try_from(REMEMBERED).unwrap_or(i64::MAX));
    sqlx::query!(
        "INSERT INTO chain (scope, seq, chain) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET chain = excluded.chain",
        scope,
        seq,
        chain,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM chain WHERE scope = ? AND seq <= ?", scope, oldest).execute(conn).await?;
    Ok(())
}
