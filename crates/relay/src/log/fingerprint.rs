//! Fingerprints of stretches of a scope's log, for a laptop that looks for what lies spoiled on its own disk.

use zuc_protocol::{
    Scope,
    fingerprint::{Fingerprint, Stretch},
    messages::ServerFrame,
};

use super::{LogService, Session};
use crate::RelayError;

/// Bytes of entries read at once.
const PAGE_BYTES: usize = 700 * 1024;
/// Bytes of entries looked at for one answer: what is behind is asked for next.
const LOOKED_AT: usize = 4 << 20;

impl LogService {
    pub(super) async fn fingerprint(
        &self,
        session: &Session,
        scope: Scope,
        stretch: Stretch,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        if !self.control(session.company).await?.may_read(session.device, scope) {
            return Err(RelayError::NotAllowed);
        }
        let stretch = stretch.bounded();
        let begins = self.store.log_begin(session.company, scope).await?.seq;
        if stretch.after < begins {
            let head = self.store.head(session.company, scope).await?.seq;
            return Ok(vec![self.begins(session.company, scope, begins, head).await?]);
        }
        let mut print = Fingerprint::of_nothing(scope, stretch);
        let (mut from, mut looked) = (stretch.after, 0);
        while from < stretch.up_to {
            if looked >= LOOKED_AT {
                // what was looked at lies in it whole
                print.stretch.up_to = from;
                break;
            }
            let left = u32::try_from(stretch.up_to - from).unwrap_or(u32::MAX);
            let page = self.store.read(session.company, scope, from, left, PAGE_BYTES).await?;
            let Some(last) = page.entries.last() else { break };
            from = last.seq;
            for entry in &page.entries {
                looked += entry.bytes.0.len();
                print.add(entry.seq, entry.kind, &entry.bytes.0);
            }
        }
        Ok(vec![ServerFrame::Fingerprint(print)])
    }
}
