//! What lies here of a scope's log without a hole: what this device may say that it holds.

use std::collections::BTreeMap;

use zuc_protocol::chain::{self, LogKind};
use zuc_protocol::holding::Holding;
use zuc_protocol::ids::LogId;
use zuc_protocol::messages::Offered;
use zuc_protocol::{Blob, Scope as WireScope};

use crate::checkup::{leads, runs};
use crate::store::{domain_scope, scope_number};
use crate::{Store, StoreError};

/// Entries of one page, and about how many bytes of them; one entry more still fits a frame.
const ROWS: i64 = 256;
const BYTES: usize = 600 << 10;

impl Store {
    /// The entries that lie here up to the place that is read, each looked at: from the first one on, or from where the log was
    /// begun at. Nothing, where they are not what the chain says. `None` before anything was read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn holding(&self, scope: WireScope) -> Result<Option<Holding>, StoreError> {
        let Some(log) = self.relay_log().await? else { return Ok(None) };
        let mut view = self.reader().begin().await?;
        let company = self.company()?;
        let Some(run) = runs(&mut view, company, scope).await?.pop() else { return Ok(None) };
        let number = scope_number(domain_scope(scope));
        if leads(&mut view, number, &run, &BTreeMap::new()).await? {
            return Ok(Some(Holding { scope, log, after: run.from.seq, up_to: run.to.seq, chain: run.to.chain }));
        }
        self.suspect_entries(domain_scope(scope)).await?;
        Ok(Some(Holding { scope, log, after: 0, up_to: 0, chain: chain::start(company, scope) }))
    }

    /// What this device said last that it holds of a scope: of which log, and between which places.
    pub async fn said_held(&self, scope: WireScope) -> Result<Option<(LogId, u64, u64)>, StoreError> {
        let said = self.setting(&said(scope)).await?;
        Ok(said.and_then(|said| serde_json::from_str(&said).ok()))
    }

    /// Remembers what the relay was told.
    pub async fn note_said_held(&self, held: &Holding) -> Result<(), StoreError> {
        let text = serde_json::to_string(&(held.log, held.after, held.up_to))?;
        self.set_setting(&said(held.scope), &text).await
    }

    /// What was said is to be looked at again, and taken back where it is not so any more.
    pub(crate) async fn doubt_what_was_said(&self, scope: WireScope) -> Result<(), StoreError> {
        match self.said_held(scope).await? {
            Some((log, ..)) => self.set_setting(&said(scope), &serde_json::to_string(&(log, 0, 0))?).await,
            None => Ok(()),
        }
    }

    /// Entries of a scope after a place, up to another, as the log has them, and the place of the last of these.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entries_between(
        &self,
        scope: WireScope,
        after: u64,
        up_to: u64,
    ) -> Result<(Vec<Offered>, u64), StoreError> {
        let number = scope_number(domain_scope(scope));
        let (from, to) = (i64::try_from(after).unwrap_or(i64::MAX), i64::try_from(up_to).unwrap_or(i64::MAX));
        let rows = sqlx::query!(
            r#"SELECT seq AS "seq!: i64", kind, bytes FROM entry WHERE scope = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"#,
            number,
            from,
            to,
            ROWS,
        )
        .fetch_all(self.reader())
        .await?;
        let (mut page, mut bytes, mut last) = (Vec::new(), 0, after);
        for row in rows {
            let kind = u8::try_from(row.kind).ok().and_then(LogKind::from_number);
            let kind = kind.ok_or_else(|| StoreError::corrupt("entry", "kind", row.kind))?;
            last = u64::try_from(row.seq).unwrap_or(last);
            bytes += row.bytes.len();
            page.push(Offered { kind, bytes: Blob(row.bytes) });
            if bytes > BYTES {
                break;
            }
        }
        Ok((page, last))
    }
}

/// The setting of what was said of a scope.
fn said(scope: WireScope) -> String {
    format!("held_said.{}", scope.number())
}
