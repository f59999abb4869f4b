//! What devices say that they hold of a log, whether the relay wants back what it has dropped, and how that comes.

use zuc_protocol::{
    Scope,
    codec::{self, MAX_FRAME},
    control::ControlLog,
    envelope::SealedBatch,
    holding::{HeldWord, MAX_WORDS},
    manifest::may_begin,
    messages::{Offered, ServerFrame},
};
use zuc_relay_store::{Body, LogKind};

use super::{LogService, Session};
use crate::{
    RelayError,
    compact::{self, KEEPERS, Readers},
};

impl LogService {
    /// Keeps a device's own word on the log that stands, whose chain is the log's.
    pub(super) async fn held(&self, session: &Session, word: HeldWord) -> Result<Vec<ServerFrame>, RelayError> {
        let (company, held) = (session.company, word.held);
        let control = self.control(company).await?;
        if !control.may_read(session.device, held.scope) {
            return Err(RelayError::NotAllowed);
        }
        if !may_begin(held.scope) {
            return Err(RelayError::Refused("snapshot.other_scope"));
        }
        if word.device != session.device || word.check(&control).is_err() {
            return Err(RelayError::Refused("snapshot.forged_word"));
        }
        if held.log != self.store.log_id(company).await? {
            return Err(RelayError::Refused("snapshot.other_log"));
        }
        if self.store.chain_at(company, held.scope, held.up_to).await? != Some(held.chain) {
            return Err(RelayError::Refused("snapshot.other_chain"));
        }
        self.note_there(session).await;
        self.store.put_held(company, held.scope, session.device, codec::encode(&word, MAX_FRAME)?).await?;
        self.held_by(session, held.scope).await
    }

    pub(super) async fn held_by(&self, session: &Session, scope: Scope) -> Result<Vec<ServerFrame>, RelayError> {
        let company = session.company;
        let control = self.control(company).await?;
        if !control.may_read(session.device, scope) {
            return Err(RelayError::NotAllowed);
        }
        let begins = self.store.log_begin(company, scope).await?.seq;
        let log = self.store.log_id(company).await?;
        let mut words = compact::held(&*self.store, company, &control, scope, log).await?;
        let wants = begins > 0 && self.too_few_keep(session, &control, scope, begins, &words).await?;
        words.truncate(MAX_WORDS);
        Ok(vec![ServerFrame::HeldBy { scope, begins, wants, words }])
    }

    async fn too_few_keep(
        &self,
        session: &Session,
        control: &ControlLog,
        scope: Scope,
        begins: u64,
        words: &[HeldWord],
    ) -> Result<bool, RelayError> {
        let held = words.iter().map(|word| (word.device, word.held)).collect();
        let seen = self.store.seen(session.company).await?.into_iter().collect();
        let readers = Readers { control, scope, held, seen, now_ms: self.clock.now_ms() };
        Ok(readers.keepers(begins) < KEEPERS)
    }

    /// Takes back what was dropped of a scope, whoever gives it: the chain proves it.
    pub(super) async fn refill(&self, session: &Session, scope: Scope, entries: &[Offered]) -> Result<(), RelayError> {
        if !self.control(session.company).await?.may_read(session.device, scope) {
            return Err(RelayError::NotAllowed);
        }
        let bodies = entries.iter().filter_map(body).collect();
        if self.store.refill(session.company, scope, bodies).await? > 0 {
            self.wake(session.company);
        }
        Ok(())
    }

    /// Notes once a day that a device is there: one that is not for long is not waited for. A store that takes no writes is
    /// read all the same.
    pub(super) async fn note_there(&self, session: &Session) {
        let now_ms = self.clock.now_ms();
        if session.root || !self.is_news_today(session, now_ms) {
            return;
        }
        if let Err(error) = self.store.note_seen(session.company, session.device, now_ms).await {
            tracing::info!(error.code = error.code(), "that a device was there is not noted");
        }
    }
}

/// An entry as it may have been dropped; none where it cannot be read.
fn body(entry: &Offered) -> Option<Body> {
    let batch = match entry.kind {
        LogKind::Batch => {
            let batch = SealedBatch::parse(entry.bytes.as_slice()).ok()?;
            Some((batch.header().author, batch.header().number))
        }
        LogKind::RelayFact => None,
    };
    Some(Body { kind: entry.kind, batch, bytes: entry.bytes.as_slice().to_vec() })
}
