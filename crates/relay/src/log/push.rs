//! Pushing: signature, membership, right, epoch and number, then the log.

use zuc_protocol::{
    Blob, Scope,
    control::ControlLog,
    envelope::SealedBatch,
    ids::BatchHash,
    messages::{Acked, Refusal, RefusalCode, ServerFrame, Stored},
    person_key::BagRow,
};
use zuc_relay_store::{AppendOutcome, NewEntry, StoreError};

use super::{LogService, RETRIES, Session};
use crate::RelayError;

/// The batches that may be appended, and the first that may not.
struct Judged {
    entries: Vec<NewEntry>,
    refused: Option<(BatchHash, RefusalCode)>,
}

impl LogService {
    pub(super) async fn push(
        &self,
        session: &Session,
        scope: Scope,
        batches: Vec<Blob>,
        bag_rows: Vec<BagRow>,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        for _ in 0..RETRIES {
            let control = self.control(session.company).await?;
            let mut judged = judge(session, &control, scope, &batches);
            if judged.refused.is_some() {
                // What stands already is acknowledged whatever has changed since: only its answer was lost.
                let heads = self.store.author_heads(session.company, session.device).await?;
                let last = heads.iter().find(|head| head.scope == scope).map_or(0, |head| head.number);
                judged = judge_above(session, &control, scope, &batches, last);
            }
            // Rows first: a batch must never stand in the log while the keys it names are nowhere.
            if judged.entries.iter().any(|entry| !entry.bytes.is_empty())
                && self.add_rows(session, &control, scope, &bag_rows).await?
            {
                judged = Judged {
                    refused: judged.entries.first().map(|entry| (entry.hash, RefusalCode::ErasedKey)),
                    entries: vec![],
                };
            }
            let hashes: Vec<_> = judged.entries.iter().map(|entry| entry.hash).collect();
            match self.store.append(session.company, control.head(), judged.entries).await {
                Ok(outcomes) => {
                    let frames = self.answer(session, scope, &hashes, &outcomes, judged.refused).await?;
                    if outcomes.iter().any(|outcome| matches!(outcome, AppendOutcome::Appended { .. })) {
                        self.wake(session.company);
                    }
                    return Ok(frames);
                }
                // Membership changed between judging and appending: judge again.
                Err(StoreError::ControlMoved { .. }) => self.refresh(session.company).await?,
                Err(error) => return Err(error.into()),
            };
        }
        Err(RelayError::Refused("relay.busy"))
    }

    async fn answer(
        &self,
        session: &Session,
        scope: Scope,
        hashes: &[BatchHash],
        outcomes: &[AppendOutcome],
        mut refused: Option<(BatchHash, RefusalCode)>,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        let mut acks = Vec::new();
        let mut stored = None;
        for (hash, outcome) in hashes.iter().zip(outcomes) {
            let code = match *outcome {
                AppendOutcome::Appended { seq, chain } => {
                    acks.push(Acked { hash: *hash, seq, chain });
                    continue;
                }
                AppendOutcome::Known { seq, hash: stands, chain } if stands == *hash => {
                    acks.push(Acked { hash: *hash, seq, chain });
                    continue;
                }
                AppendOutcome::Known { seq, hash: stands, .. } => {
                    stored = Some(Stored { hash: stands, seq });
                    RefusalCode::NumberTaken
                }
                AppendOutcome::OutOfOrder { .. } => RefusalCode::NumberGap,
                AppendOutcome::ControlHeadOld => RefusalCode::ControlHead,
            };
            refused = Some((*hash, code));
            break;
        }
        let mut frames = Vec::new();
        if !acks.is_empty() {
            frames.push(ServerFrame::Ack { scope, acks });
        }
        if let Some((hash, code)) = refused {
            let heads = self.store.author_heads(session.company, session.device).await?;
            let last = heads.iter().find(|head| head.scope == scope);
            let refusal = Refusal { hash, code, stored, last_accepted: last.map_or(0, |head| head.number) };
            tracing::info!(refusal.code = code.code(), "batch refused");
            frames.push(ServerFrame::Refused { scope, refusal });
        }
        Ok(frames)
    }
}

fn judge(session: &Session, control: &ControlLog, scope: Scope, batches: &[Blob]) -> Judged {
    judge_above(session, control, scope, batches, 0)
}

/// Judges the batches above `last`, the author's last accepted number; those up to it are only looked up.
fn judge_above(session: &Session, control: &ControlLog, scope: Scope, batches: &[Blob], last: u64) -> Judged {
    let mut entries = Vec::with_capacity(batches.len());
    for bytes in batches {
        match judge_one(session, control, scope, bytes, last) {
            Ok(entry) => entries.push(entry),
            Err(code) => {
                let hash = zuc_protocol::envelope::batch_hash(bytes.as_slice());
                return Judged { entries, refused: Some((hash, code)) };
            }
        }
    }
    Judged { entries, refused: None }
}

fn judge_one(
    session: &Session,
    control: &ControlLog,
    scope: Scope,
    bytes: &Blob,
    last: u64,
) -> Result<NewEntry, RefusalCode> {
    let batch = SealedBatch::parse(bytes.as_slice()).map_err(|_malformed| RefusalCode::Malformed)?;
    let header = batch.header().clone();
    if header.author != session.device || header.scope != scope {
        return Err(RefusalCode::NotAllowed);
    }
    let known = header.number <= last;
    let control_seq = control.seq_of(header.control_head);
    if !known {
        control.gate(&header)?;
        let author = control.device(header.author).ok_or(RefusalCode::Revoked)?;
        batch.verify(session.company, &author.public.verify).map_err(|_signature| RefusalCode::Malformed)?;
        control_seq.ok_or(RefusalCode::ControlHead)?;
    }
    Ok(NewEntry {
        scope,
        author: header.author,
        number: header.number,
        previous: header.prev,
        control_seq: control_seq.unwrap_or_default(),
        hash: batch.hash(),
        // A number that stands is never written again, so its bytes are not needed.
        bytes: if known { vec![] } else { batch.into_bytes() },
    })
}
