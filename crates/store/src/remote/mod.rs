//! What others wrote, onto the disk: each entry in one transaction with its cursor.

mod kept;
mod receiver;

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};
use zuc_domain::shared::Hlc;
use zuc_protocol::Scope as WireScope;
use zuc_protocol::chain::LogKind;
use zuc_protocol::identity::DevicePublic;
use zuc_protocol::ids::{ControlHash, ItemId, LogId};
use zuc_protocol::item::{DocKind, Item};
use zuc_sync::{Advance, Source, Writer, Wrong};

pub(crate) use self::kept::{author_acted, keep_entry, move_cursors, put_setting};
use self::kept::{counts_after_all, sealed_in, set_aside, was_read};
use self::receiver::Receiver;
use crate::persons::Ring;
use crate::projections::analytics::{self, Dirty};
use crate::reread::Reread;
use crate::resume::{EARLIER_LOGS, OFFERS_DUE, RELAY_LOG};
use crate::store::{Identity, domain_scope, scope_number};
use crate::{Store, StoreError};

/// What receiving an entry changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// Documents and facts that are new or other than before: what a screen reloads. A fact has kind 0.
    pub touched: Vec<(DocKind, ItemId)>,
    /// The code of why the entry was set aside whole, by a rule of documents, or why a part of it was passed over, which is
    /// not its author's to write there.
    pub refused: Option<String>,
    /// Facts that lost against another of their id.
    pub lost: Vec<ItemId>,
    /// Codes of why changes were merged and do not count.
    pub ignored: Vec<&'static str>,
}

impl Store {
    pub(crate) async fn begin_plain(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.inner.pools.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Applies an entry of a scope's log: merge, projection, events, the sealed bytes and the cursors in one
    /// transaction. An entry that breaks a rule is set aside whole; the cursors pass it like every other device's do.
    #[expect(clippy::too_many_arguments, reason = "the parts of `Effect::Apply`, carried out as they come")]
    pub async fn apply_entry(
        &self,
        scope: WireScope,
        advance: Advance,
        source: &Source,
        kind: LogKind,
        bytes: &[u8],
        items: &[Item],
        now: Timestamp,
    ) -> Result<Received, StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let (scope, number) = (domain_scope(scope), scope_number(domain_scope(scope)));
        let mut tx = self.begin_plain().await?;
        let mut out = Received::default();
        let mut dirty = Dirty::default();
        let mut ring = Ring::new(self, identity.company.0);
        let mut latest: Option<Hlc> = None;
        let mut part = tx.begin().await?;
        let unjudged = matches!(source, Source::Device { own: true, .. }) && !was_read(&mut part, bytes).await?;
        let writer = writer_of(source);
        let rows = Reread::new(&mut part, &mut ring, &mut dirty);
        let actor = Vec::new();
        let (held, in_hand) = (BTreeMap::new(), 0);
        let mut receiver =
            Receiver { identity, rows, out: &mut out, actor, scope, writer, unjudged, now, held, in_hand };
        match Box::pin(receiver.entry(items, &mut latest)).await {
            Ok(()) => {
                part.commit().await?;
                counts_after_all(&mut tx, bytes).await?;
                if let Some(code) = &out.refused {
                    set_aside(&mut tx, number, code, bytes, now).await?;
                }
            }
            Err(StoreError::ChangeRefused(refusal)) => {
                part.rollback().await?;
                let reason = format!("store.change_refused: {refusal}");
                set_aside(&mut tx, number, &reason, bytes, now).await?;
                out = Received { refused: Some("store.change_refused".to_owned()), ..Received::default() };
                (latest, dirty) = (None, Dirty::default());
            }
            Err(other) => return Err(other),
        }
        keep_entry(&mut tx, number, advance.seq, kind.number(), bytes).await?;
        move_cursors(&mut tx, number, &advance).await?;
        if let Some(latest) = latest {
            receive_clock(&mut tx, identity, latest, now).await?;
            if let Some(writer) = writer {
                // a clock that is ahead has not been where it says
                let at = latest.millis.min(now.as_millisecond());
                author_acted(&mut tx, number, writer.device.to_uuid(), at).await?;
            }
        }
        analytics::refresh(&mut tx, &dirty).await?;
        tx.commit().await?;
        self.inner.committed.notify_one();
        Ok(out)
    }

    /// Keeps apart an entry that does not count, with the code of why, and moves the cursors past it. One that is this
    /// device's own counts here as little: gives the records that say something else now.
    #[expect(clippy::too_many_arguments, reason = "the parts of `Effect::Quarantine`, carried out as they come")]
    pub async fn set_aside_entry(
        &self,
        scope: WireScope,
        advance: Advance,
        kind: LogKind,
        bytes: &[u8],
        code: &str,
        device: &DevicePublic,
        now: Timestamp,
    ) -> Result<Vec<(DocKind, ItemId)>, StoreError> {
        let number = scope_number(domain_scope(scope));
        let mut tx = self.begin_plain().await?;
        let own = sealed_in(&mut tx, bytes).await?;
        let (touched, next) = self.refuse(&mut tx, &own, code, device, now).await?;
        set_aside(&mut tx, number, code, bytes, now).await?;
        keep_entry(&mut tx, number, advance.seq, kind.number(), bytes).await?;
        move_cursors(&mut tx, number, &advance).await?;
        tx.commit().await?;
        self.go_on_as(next);
        Ok(touched)
    }

    /// Remembers the name of the relay's log.
    pub async fn name_log(&self, log: LogId) -> Result<(), StoreError> {
        let mut tx = self.begin_plain().await?;
        put_setting(&mut tx, RELAY_LOG, &hex::encode(log.0)).await?;
        Ok(tx.commit().await?)
    }

    /// The relay's log is another: everything is read again from its start, to no effect where it is known.
    pub async fn restart_cursors(&self, log: LogId) -> Result<(), StoreError> {
        let name = hex::encode(log.0);
        let mut tx = self.begin_plain().await?;
        // under the name that it had, nothing of what was found out about it is over
        sqlx::query!(
            "DELETE FROM alarm WHERE NOT EXISTS (SELECT 1 FROM setting WHERE name = ? AND value = ?)",
            RELAY_LOG,
            name,
        )
        .execute(&mut *tx)
        .await?;
        // nor does a name that is left come back; of more than 64 the first are let go
        sqlx::query!(
            "INSERT INTO setting (name, value) SELECT ?1, value FROM setting WHERE name = ?2 AND value <> ?3
             ON CONFLICT (name) DO UPDATE SET value = substr(setting.value || ' ' || excluded.value, -2111)",
            EARLIER_LOGS,
            RELAY_LOG,
            name,
        )
        .execute(&mut *tx)
        .await?;
        // what is left shows two logs under one name: that must stand though the program ended here
        let forked = Wrong::Forked.code();
        sqlx::query!("UPDATE alarm SET code = ?", forked).execute(&mut *tx).await?;
        sqlx::query!("DELETE FROM chain").execute(&mut *tx).await?;
        sqlx::query!("DELETE FROM cursor").execute(&mut *tx).await?;
        sqlx::query!("DELETE FROM snapshot").execute(&mut *tx).await?;
        sqlx::query!("DELETE FROM author_cursor").execute(&mut *tx).await?;
        // The places of the old log mean nothing in the next; that it was acknowledged once, and what came before what, still
        // do. Those that had a place come first, for they build upon none of those that the old log had given none yet.
        let lowest = sqlx::query_scalar!(r#"SELECT seq AS "seq!: i64" FROM entry WHERE seq < 0 ORDER BY seq LIMIT 1"#)
            .fetch_optional(&mut *tx)
            .await?;
        let highest =
            sqlx::query_scalar!(r#"SELECT seq AS "seq!: i64" FROM entry WHERE seq > 0 ORDER BY seq DESC LIMIT 1"#)
                .fetch_optional(&mut *tx)
                .await?;
        let below = highest.unwrap_or(0) - lowest.unwrap_or(0);
        sqlx::query!("UPDATE entry SET seq = seq - ? WHERE seq < 0", below).execute(&mut *tx).await?;
        sqlx::query!("UPDATE entry SET seq = -seq WHERE seq > 0").execute(&mut *tx).await?;
        put_setting(&mut tx, RELAY_LOG, &name).await?;
        put_setting(&mut tx, OFFERS_DUE, "1").await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes down a checked control record at its place. Another one there goes, and all that built upon it: after
    /// each record the disk holds a log that stands.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a record whose predecessor is not here.
    pub async fn append_control(&self, seq: u64, hash: &ControlHash, bytes: &[u8]) -> Result<(), StoreError> {
        let (seq, hash) = (i64::try_from(seq).unwrap_or(i64::MAX), hash.0.as_slice());
        let mut tx = self.begin_plain().await?;
        sqlx::query!(
            "DELETE FROM control WHERE seq >= ?1 AND EXISTS (SELECT 1 FROM control WHERE seq = ?1 AND hash <> ?2)",
            seq,
            hash,
        )
        .execute(&mut *tx)
        .await?;
        let written = sqlx::query!(
            "INSERT INTO control (seq, hash, bytes)
             SELECT ?1, ?2, ?3 WHERE ?1 = 0 OR EXISTS (SELECT 1 FROM control WHERE seq = ?1 - 1)
             ON CONFLICT (seq) DO UPDATE SET bytes = excluded.bytes",
            seq,
            hash,
            bytes,
        )
        .execute(&mut *tx)
        .await?;
        if written.rows_affected() == 0 {
            return Err(StoreError::corrupt("control", "seq", seq));
        }
        Ok(tx.commit().await?)
    }
}

fn writer_of(source: &Source) -> Option<&Writer> {
    match source {
        Source::Device { writer, .. } => Some(writer),
        Source::Relay { .. } => None,
    }
}

pub(crate) async fn receive_clock(
    conn: &mut SqliteConnection,
    identity: Identity,
    remote: Hlc,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = sqlx::query!("SELECT hlc_millis, hlc_counter FROM device_state").fetch_one(&mut *conn).await?;
    let counter = u16::try_from(row.hlc_counter).unwrap_or(u16::MAX);
    let ours = Hlc { millis: row.hlc_millis, counter, device: identity.device }.receive(remote, now.as_millisecond());
    let counter = i64::from(ours.counter);
    sqlx::query!("UPDATE device_state SET hlc_millis = ?, hlc_counter = ?", ours.millis, counter).execute(conn).await?;
    Ok(())
}
