//! The control log: read by whoever belongs, appended by compare-and-append.

use std::{collections::BTreeSet, sync::Arc};

use zuc_protocol::{
    control::{ControlAct, ControlError, Mark, SignedControl},
    ids::{CompanyId, DeviceId},
    messages::ServerFrame,
    person_key::{BagKeyWraps, BagReplacement},
};
use zuc_relay_store::{ControlAppend, StoreError};

use super::{LogService, Session, bag};
use crate::RelayError;

/// Bytes of records in one frame; one more of 64 KiB still fits.
const PAGE_BYTES: usize = 900 * 1024;

impl LogService {
    pub(crate) async fn control_records(&self, company: CompanyId, from: u64) -> Result<ServerFrame, RelayError> {
        let control = self.control(company).await?;
        let mut bytes = 0;
        let records: Vec<_> = control
            .records_from(from)
            .iter()
            .take_while(|record| {
                let before = bytes;
                bytes += record.record.len() + 160;
                before < PAGE_BYTES
            })
            .cloned()
            .collect();
        Ok(ServerFrame::ControlRecords { from, records, len: control.len() })
    }

    pub(super) async fn control_append(
        &self,
        session: &Session,
        record: SignedControl,
        replacements: Vec<BagReplacement>,
        wraps: Vec<BagKeyWraps>,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        let company = session.company;
        let before = self.control(company).await?;
        let hash = record.hash();
        let decoded = record.decode()?;
        if let Some(seq) = before.seq_of(hash.head()) {
            return Ok(vec![ServerFrame::ControlAccepted { seq, hash }]);
        }
        let mut after = (*before).clone();
        if let Err(error) = after.append(record.clone()) {
            return match error {
                ControlError::Conflict { .. } => Ok(vec![self.conflict(company).await?]),
                other => Err(other.into()),
            };
        }
        if let ControlAct::Thaw { log } = &decoded.act {
            self.check_thaw(company, *log, decoded.author).await?;
        }
        let marks = before.effective_marks(&decoded.act);
        self.check_marks(company, &marks).await?;
        let joined = match &decoded.act {
            ControlAct::AddDevice(add) => Some(add.device.id()),
            _ => None,
        };
        let append = ControlAppend {
            expected: before.head(),
            hash,
            bytes: record.to_bytes()?,
            marks,
            bags: bag::demanded(&before, &after, &decoded.act, &replacements)?,
            joined,
        };
        let seq = match self.store.control_append(company, append).await {
            Ok(seq) => seq,
            Err(StoreError::ControlMoved { .. }) => return Ok(vec![self.conflict(company).await?]),
            Err(error) => return Err(error.into()),
        };
        let after = Arc::new(after);
        self.remember(company, after.clone());
        for wraps in &wraps {
            if let Err(error) = self.put_wraps(session.device, &after, wraps).await {
                // The record stands; the keys can be offered again.
                tracing::warn!(error.code = error.code(), "wraps that travelled with a record were not kept");
            }
        }
        self.wake(company);
        // one who had receipts may be out, or nobody is waited for
        if let Err(error) = self.thaw_when_whole(company).await {
            // The record stands; the next offer, or act, looks again.
            tracing::warn!(error.code = error.code(), "the ledgers could not be rebuilt");
        }
        Ok(vec![ServerFrame::ControlAccepted { seq, hash }])
    }

    /// Marks that name another last batch than the log's would put an acknowledged one aside. What is appended from here on
    /// lies beyond them: the appending transaction looks.
    async fn check_marks(&self, company: CompanyId, marks: &[Mark]) -> Result<(), RelayError> {
        let devices: BTreeSet<DeviceId> = marks.iter().map(|mark| mark.device).collect();
        for device in devices {
            for head in self.store.author_heads(company, device).await? {
                let mark = marks.iter().find(|mark| mark.device == device && mark.scope == head.scope);
                if mark.is_some_and(|mark| mark.number == head.number && mark.last != head.hash) {
                    return Err(ControlError::MarkStale.into());
                }
            }
        }
        Ok(())
    }

    async fn conflict(&self, company: CompanyId) -> Result<ServerFrame, RelayError> {
        let control = self.refresh(company).await?;
        Ok(ServerFrame::ControlConflict { head: control.head(), len: control.len() })
    }
}
