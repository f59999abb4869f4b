//! Entries of a lost log, given back by whoever holds them.

use zuc_protocol::{
    Scope,
    control::ControlLog,
    envelope::SealedBatch,
    messages::{AuthorTip, Offered, RefusalCode, ServerFrame},
    relay_fact::SealedRelayFact,
};
use zuc_relay_store::{GaveBack, LogKind, NewEntry, RelayFact, StoreError};

use super::{LogService, RETRIES, Session};
use crate::RelayError;

/// The parts of an offer that may stand.
#[derive(Default)]
struct Sound {
    entries: Vec<NewEntry>,
    facts: Vec<RelayFact>,
}

impl LogService {
    pub(super) async fn holds(&self, session: &Session, scope: Scope) -> Result<Vec<ServerFrame>, RelayError> {
        if !self.control(session.company).await?.may_read(session.device, scope) {
            return Err(RelayError::NotAllowed);
        }
        // of a log whose beginning was dropped everything is wanted back
        let begins = self.store.log_begin(session.company, scope).await?.seq;
        let authors = if begins > 0 { vec![] } else { self.store.authors(session.company, scope).await? };
        let authors = authors.into_iter().map(|(author, number)| AuthorTip { author, number }).collect();
        Ok(vec![ServerFrame::Holds { scope, authors }])
    }

    /// Takes what counts of what is given back. What does not is passed over: its author, or the relay, did not sign it,
    /// or it lies beyond a mark.
    pub(super) async fn offer(
        &self,
        session: &Session,
        scope: Scope,
        entries: Vec<Offered>,
        last: bool,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        let company = session.company;
        let begins = self.store.log_begin(company, scope).await?.seq;
        if begins > 0 {
            self.refill(session, scope, &entries).await?;
        }
        let Some(loss) = self.store.loss(company).await? else {
            return if begins > 0 {
                Ok(vec![ServerFrame::Offered { scope, last }])
            } else {
                Err(RelayError::Refused("sync.not_lost"))
            };
        };
        for _ in 0..RETRIES {
            let control = self.control(company).await?;
            if !control.may_read(session.device, scope) {
                return Err(RelayError::NotAllowed);
            }
            let sound = judge(&control, scope, &entries);
            match self.store.offer(company, control.head(), sound.entries, sound.facts).await {
                Ok(_outcomes) => {}
                Err(StoreError::ControlMoved { .. }) => {
                    self.refresh(company).await?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            self.wake(company);
            let reads = |scope| control.may_read(session.device, scope);
            let proof = if reads(Scope::Fiscal) { Scope::Fiscal } else { Scope::Admin };
            // whoever reads neither today may be given either tomorrow, and has given back what they hold
            if last && (scope == proof || !reads(proof)) {
                let log = self.store.log_id(company).await?;
                let gave = GaveBack { device: session.device, witness: scope == Scope::Fiscal };
                self.store.note_offered(company, log, gave).await?;
                match loss.thawed_ms {
                    // who did not wait for these receipts has them in the ledgers now
                    Some(_) => self.thaw(company, log).await?,
                    None => self.thaw_when_whole(company).await?,
                }
            }
            return Ok(vec![ServerFrame::Offered { scope, last }]);
        }
        Err(RelayError::Refused("relay.busy"))
    }
}

fn judge(control: &ControlLog, scope: Scope, entries: &[Offered]) -> Sound {
    let mut sound = Sound::default();
    for entry in entries {
        let refused = match entry.kind {
            LogKind::Batch => judge_batch(control, scope, entry).map(|batch| sound.entries.push(batch)),
            LogKind::RelayFact => judge_fact(control, scope, entry).map(|fact| sound.facts.push(fact)),
        };
        if let Err(code) = refused {
            tracing::info!(refusal.code = code.code(), "an entry that was given back does not count");
        }
    }
    sound
}

fn judge_batch(control: &ControlLog, scope: Scope, entry: &Offered) -> Result<NewEntry, RefusalCode> {
    let batch = SealedBatch::parse(entry.bytes.as_slice()).map_err(|_malformed| RefusalCode::Malformed)?;
    let (header, hash) = (batch.header().clone(), batch.hash());
    if header.scope != scope {
        return Err(RefusalCode::NotAllowed);
    }
    let control_seq = control.gate_offered(&header, hash)?;
    let author = control.device(header.author).ok_or(RefusalCode::Revoked)?;
    batch.verify(control.company(), &author.public.verify).map_err(|_signature| RefusalCode::Malformed)?;
    Ok(NewEntry {
        scope,
        author: header.author,
        number: header.number,
        previous: header.prev,
        control_seq,
        hash,
        bytes: batch.into_bytes(),
    })
}

fn judge_fact(control: &ControlLog, scope: Scope, entry: &Offered) -> Result<RelayFact, RefusalCode> {
    let fact = SealedRelayFact::from_bytes(entry.bytes.as_slice()).map_err(|_malformed| RefusalCode::Malformed)?;
    if fact.header.scope != scope {
        return Err(RefusalCode::NotAllowed);
    }
    if !control.relay_keys().any(|key| fact.verify(control.company(), key).is_ok()) {
        return Err(RefusalCode::Malformed);
    }
    Ok(RelayFact { scope, bytes: entry.bytes.as_slice().to_vec(), control_head: control.head() })
}
