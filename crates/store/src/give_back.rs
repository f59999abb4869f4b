//! What this device holds of a log that the relay has lost, page by page.

use zuc_protocol::bytes::Blob;
use zuc_protocol::chain::LogKind;
use zuc_protocol::envelope::batch_hash;
use zuc_protocol::ids::DeviceId;
use zuc_protocol::messages::{AuthorTip, Offered};

use crate::store::{domain_scope, scope_number};
use crate::{Store, StoreError};

/// Entries looked at in one go.
const ROWS: i64 = 256;
/// Bytes of a page; one entry more still fits a frame.
const BYTES: usize = 600 << 10;

impl Store {
    /// Entries of a scope that the log which stands has not given a place yet, beyond what the relay holds of each author, in
    /// the order in which they were read: whatever one builds upon comes before it. `after` is the place of the last that was
    /// looked at before, 0 for none; given is the last place of this page, where there are more. Own batches that were never
    /// acknowledged are not among them: they are pushed.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a row that makes no sense.
    pub async fn offer_page(
        &self,
        scope: zuc_protocol::Scope,
        above: &[AuthorTip],
        after: u64,
    ) -> Result<(Vec<Offered>, Option<u64>), StoreError> {
        let number = scope_number(domain_scope(scope));
        let (mut page, mut bytes, mut place) = (Vec::new(), 0, after);
        loop {
            let below = i64::try_from(place).unwrap_or(i64::MAX).saturating_neg();
            let rows = sqlx::query!(
                r#"SELECT seq AS "seq!: i64", author, number AS "number!: i64", kind, hash, bytes FROM entry
                 WHERE scope = ? AND seq < ? ORDER BY seq DESC LIMIT ?"#,
                number,
                below,
                ROWS,
            )
            .fetch_all(self.reader())
            .await?;
            let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) == ROWS;
            for row in rows {
                place = row.seq.unsigned_abs();
                let author = DeviceId::from_slice(&row.author);
                let its_number = u64::try_from(row.number).unwrap_or(0);
                let known = above.iter().find(|tip| Some(tip.author) == author);
                if known.is_some_and(|tip| its_number <= tip.number) {
                    continue;
                }
                if batch_hash(&row.bytes).0.as_slice() != row.hash {
                    // it lies spoiled here: it comes back with whoever holds it as it was
                    tracing::warn!(place, "an entry that lies spoiled on this disk is not given back");
                    continue;
                }
                let kind = u8::try_from(row.kind).ok().and_then(LogKind::from_number);
                let kind = kind.ok_or_else(|| StoreError::corrupt("entry", "kind", row.kind))?;
                bytes += row.bytes.len();
                page.push(Offered { kind, bytes: Blob(row.bytes) });
                if bytes > BYTES {
                    return Ok((page, Some(place)));
                }
            }
            if !more {
                return Ok((page, None));
            }
            if !page.is_empty() {
                return Ok((page, Some(place)));
            }
        }
    }
}
