//! A log that does not grow without end: entries that a snapshot stands for, and that everybody holds who needs them, go.
//!
//! What is judged here is judged again nowhere: the store makes sure only that the membership is the one by which it was, and
//! that the snapshot is the one that was waited for. A laptop finds out a relay that drops what it may not: nobody vouches
//! for what it would begin at.

mod rule;

use std::collections::{BTreeMap, btree_map::Entry};

use serde::Serialize;
use zuc_protocol::{
    Blob, Scope,
    codec::{self, MAX_FRAME},
    control::{ControlLog, SignedControl},
    holding::{HeldWord, Holding},
    ids::{CompanyId, DeviceId, LogId},
    manifest::{KeptManifest, MAX_WITNESSES, Manifest, Says, Witness, may_begin},
};
use zuc_relay_store::{
    ControlRecord, LogBegin, RelayStore, StoreError, StoredManifest, Waits, compact::DAY_MS, label, left::KEPT_MS,
};

pub use rule::{Hindrance, KEEPERS, Readers, SILENT_MS};

use crate::RelayError;

/// How many days a snapshot stands undisputed before entries go for it, where nothing else is said.
pub const WAIT_DAYS: u32 = 30;

/// Entries whose bytes go in one transaction.
const AT_ONCE: u32 = 512;
/// Control records read at once.
const RECORDS: u32 = 256;

/// What became of one scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compacted {
    /// Which.
    pub scope: String,
    /// The last entry that is not here any more; 0 for none.
    pub begins: u64,
    /// The place of the snapshot that is waited for; 0 for none.
    pub waits_for: u64,
    /// How many entries lost their bytes, or would have.
    pub dropped: u64,
    /// Why no more did.
    pub hindrances: Vec<Hindrance>,
}

/// Compacts the logs of a store.
pub struct Compactor<'a> {
    /// The store.
    pub store: &'a dyn RelayStore,
    /// The time; milliseconds of the Unix epoch.
    pub now_ms: i64,
    /// See [`WAIT_DAYS`].
    pub wait_days: u32,
    /// Only say what would be done.
    pub dry_run: bool,
}

impl Compactor<'_> {
    /// Every company; one that fails does not stop the others.
    ///
    /// # Errors
    /// Where the companies cannot be listed.
    pub async fn all(&self) -> Result<Vec<(CompanyId, Result<Vec<Compacted>, RelayError>)>, StoreError> {
        let mut all = Vec::new();
        for company in self.store.companies().await? {
            let done = self.company(company).await;
            match &done {
                Ok(scopes) => {
                    let dropped: u64 = scopes.iter().map(|scope| scope.dropped).sum();
                    if dropped > 0 && !self.dry_run {
                        tracing::info!(
                            company.label = label(company),
                            dropped,
                            "entries that everybody holds were dropped"
                        );
                    }
                }
                Err(error) => {
                    tracing::error!(
                        company.label = label(company),
                        error.code = error.code(),
                        "a log was not compacted"
                    );
                }
            }
            all.push((company, done));
        }
        Ok(all)
    }

    /// The scopes of one company that have a log.
    ///
    /// # Errors
    /// The store's; [`StoreError::ControlMoved`] where somebody acts meanwhile: to be done again.
    pub async fn company(&self, company: CompanyId) -> Result<Vec<Compacted>, RelayError> {
        if !self.dry_run {
            // what nobody dealt with in time goes with the rest
            self.store.drop_left_before(company, self.now_ms.saturating_sub(KEPT_MS)).await?;
        }
        let control = fold(self.store, company).await?;
        let seen = self.seen(company, &control).await?;
        let mut done = Vec::new();
        for (scope, _) in self.store.heads(company).await?.into_iter().filter(|(scope, _)| may_begin(*scope)) {
            done.push(self.scope(company, &control, scope, seen.clone()).await?);
        }
        Ok(done)
    }

    /// When each device was last there. One of which that was never noted is waited for from now on.
    async fn seen(&self, company: CompanyId, control: &ControlLog) -> Result<BTreeMap<DeviceId, i64>, RelayError> {
        let mut seen: BTreeMap<DeviceId, i64> = self.store.seen(company).await?.into_iter().collect();
        for (device, _) in control.devices().filter(|(_, state)| state.removed.is_none()) {
            if let Entry::Vacant(never) = seen.entry(device) {
                if !self.dry_run {
                    self.store.note_seen(company, device, self.now_ms).await?;
                }
                never.insert(self.now_ms);
            }
        }
        Ok(seen)
    }

    async fn scope(
        &self,
        company: CompanyId,
        control: &ControlLog,
        scope: Scope,
        seen: BTreeMap<DeviceId, i64>,
    ) -> Result<Compacted, RelayError> {
        let (store, log) = (self.store, self.store.log_id(company).await?);
        let begin = store.log_begin(company, scope).await?;
        let held = held(store, company, control, scope, log).await?;
        let held = held.into_iter().map(|word| (word.device, word.held)).collect();
        let readers = Readers { control, scope, held, seen, now_ms: self.now_ms };
        let mut done =
            Compacted { scope: scope.to_string(), begins: begin.seq, waits_for: 0, dropped: 0, hindrances: vec![] };
        // what was cut short; of what is coming back nothing goes again
        if !self.dry_run && begin.seq > 0 && readers.keepers(begin.seq) >= KEEPERS {
            done.dropped += self.clear(company, scope).await?;
        }
        if store.loss(company).await?.is_some_and(|loss| loss.thawed_ms.is_none()) {
            done.hindrances.push(Hindrance::Lost);
            return Ok(done);
        }
        let Some((waits, manifest)) = self.candidate(company, control, scope, log, &begin).await? else {
            done.hindrances.push(Hindrance::NoSnapshot);
            return Ok(done);
        };
        done.waits_for = manifest.cursor;
        let until_ms = waits.since_ms.saturating_add(i64::from(self.wait_days) * DAY_MS);
        if until_ms > self.now_ms {
            done.hindrances.push(Hindrance::TooYoung { until_ms });
        }
        done.hindrances.extend(readers.hinder(manifest.cursor, begin.seq));
        if !done.hindrances.is_empty() {
            return Ok(done);
        }
        if self.dry_run {
            done.dropped += manifest.cursor - begin.seq;
            return Ok(done);
        }
        store.begin_at(company, control.head(), scope, waits.manifest).await?;
        (done.begins, done.waits_for) = (manifest.cursor, 0);
        done.dropped += self.clear(company, scope).await?;
        Ok(done)
    }

    async fn clear(&self, company: CompanyId, scope: Scope) -> Result<u64, StoreError> {
        let mut dropped = 0;
        loop {
            match self.store.clear_bodies(company, scope, AT_ONCE).await? {
                0 => return Ok(dropped),
                some => dropped += some,
            }
        }
    }

    /// The snapshot that is waited for, while it may be begun at; otherwise the newest that may, from now on.
    async fn candidate(
        &self,
        company: CompanyId,
        control: &ControlLog,
        scope: Scope,
        log: LogId,
        begin: &LogBegin,
    ) -> Result<Option<(Waits, Manifest)>, RelayError> {
        let mut newest = None;
        for stored in self.store.manifests(company, scope).await? {
            let hash = stored.manifest.hash;
            let Some(manifest) = good(control, scope, log, stored)? else { continue };
            if manifest.cursor <= begin.seq {
                continue;
            }
            if let Some(waits) = begin.waits.filter(|waits| waits.manifest == hash) {
                return Ok(Some((waits, manifest)));
            }
            newest.get_or_insert((Waits { manifest: hash, since_ms: self.now_ms }, manifest));
        }
        let waits = newest.as_ref().map(|(waits, _)| *waits);
        if !self.dry_run && waits != begin.waits {
            self.store.wait_for(company, scope, waits).await?;
        }
        Ok(newest)
    }
}

/// A snapshot that is whole and may be begun at.
fn good(
    control: &ControlLog,
    scope: Scope,
    log: LogId,
    stored: StoredManifest,
) -> Result<Option<Manifest>, RelayError> {
    let (packs, words) = (stored.packs, stored.words);
    let words = words.iter().map(|word| codec::decode(word, MAX_FRAME)).collect::<Result<Vec<Witness>, _>>()?;
    let mut kept = KeptManifest { manifest: Blob(stored.manifest.bytes), witnesses: words };
    // a dispute is heard however many have spoken
    kept.witnesses.sort_by_key(|word| word.says == Says::Right);
    kept.witnesses.truncate(MAX_WITNESSES);
    let Ok(manifest) = kept.check(control, scope, log) else { return Ok(None) };
    Ok(manifest.packs.iter().all(|pack| packs.contains(&pack.hash.0)).then_some(manifest))
}

/// What those who read a scope say that they hold of the log that stands.
pub(crate) async fn held(
    store: &dyn RelayStore,
    company: CompanyId,
    control: &ControlLog,
    scope: Scope,
    log: LogId,
) -> Result<Vec<HeldWord>, RelayError> {
    let mut words = Vec::new();
    for bytes in store.held(company, scope).await? {
        let word: HeldWord = codec::decode(&bytes, MAX_FRAME)?;
        let reads = control.device(word.device).is_some_and(|state| control.reads(state, scope));
        let Holding { log: of, .. } = word.held;
        if reads && of == log && word.check(control).is_ok() {
            words.push(word);
        }
    }
    Ok(words)
}

/// A company's membership, as the store has it.
pub(crate) async fn fold(store: &dyn RelayStore, company: CompanyId) -> Result<ControlLog, RelayError> {
    let mut records = Vec::new();
    loop {
        let page: Vec<ControlRecord> = store.control_read(company, records.len() as u64, RECORDS).await?;
        let done = page.len() < RECORDS as usize;
        for record in page {
            records.push(SignedControl::from_bytes(&record.bytes)?);
        }
        if done {
            break;
        }
    }
    if records.is_empty() {
        return Err(StoreError::UnknownCompany.into());
    }
    Ok(ControlLog::replay(company, records)?)
}
