//! Snapshots of long logs: made by one laptop, looked at and signed by another person's, begun at by those who join.
//!
//! A laptop that has read a log past a multiple of [`SPAN`] asks the relay what is there. Where there is none of that place
//! it makes one, each laptop somewhat later than the one before it in the list of readers; where there is one that not
//! enough have signed, it folds the entries for itself, opens the packs, and says what it found. Whoever made or signed the one
//! before goes on from that.
//!
//! One that this laptop began at is compared with the entries before it once these are here. Where it is wrong, the relay is told,
//! and the scope is made once more of its entries.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;
use zuc_protocol::{
    Blob, Scope,
    control::ControlLog,
    ids::Digest32,
    manifest::{KeptManifest, Manifest, SPAN, Says, Witness, manifest_hash, may_begin},
    messages::{ClientFrame, ServerFrame},
};
use zuc_store::{Dispute, Snapshot, Unproven};
use zuc_sync::KeyRing;

use crate::{
    AppError, Office,
    failpoint::failpoint,
    ports::{Relay, RelayError},
};

/// What became of one scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotOutcome {
    /// One was made; a second person has yet to look at it.
    Made,
    /// Another's was found right and signed.
    Vouched,
    /// Another's was found wrong, and nobody begins at it.
    Disputed,
    /// This laptop had begun at one that is wrong, and holds what the log makes now.
    Mended,
    /// One stands that may be begun at.
    Stands,
    /// This person has signed; another has not yet.
    Waits,
    /// The entries are not all here, or are too much for a snapshot.
    NotHeld,
}

/// What became of one scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SnapshotRow {
    /// Which.
    pub scope: String,
    /// The last entry of the snapshot.
    pub at: u64,
    /// What.
    pub outcome: SnapshotOutcome,
}

/// What this process remembers between two looks.
#[derive(Default)]
pub(crate) struct Looks(Mutex<BTreeMap<Scope, Looked>>);

#[derive(Clone, Copy, Default)]
struct Looked {
    /// A snapshot up to here stands.
    stands: u64,
    /// How often none was there.
    missing: usize,
    /// How often nothing was asked since.
    rested: u32,
}

/// Looks that go by before it is asked again whether one that stands is disputed: some six hours.
const RESTS: u32 = 36;

impl Looks {
    fn of(&self, scope: Scope) -> Looked {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&scope).copied().unwrap_or_default()
    }

    fn note(&self, scope: Scope, looked: Looked) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(scope, looked);
    }
}

impl Office {
    /// Makes a snapshot of each scope as far as it is read here, or signs the one that another person made.
    ///
    /// # Errors
    /// `relay.none`, `relay.unreachable`, the relay's codes; those of a log that is not trusted.
    #[tracing::instrument(skip_all)]
    pub async fn snapshot(&self) -> Result<Vec<SnapshotRow>, AppError> {
        self.snapshots(true).await
    }

    /// Does what is due by itself: nothing while no log is long.
    pub(crate) async fn look_at_snapshots(&self) -> Result<(), AppError> {
        if self.is_online() {
            self.snapshots(false).await?;
        }
        Ok(())
    }

    async fn snapshots(&self, by_hand: bool) -> Result<Vec<SnapshotRow>, AppError> {
        let control = self.exchange.control();
        let ring = self.exchange.ring();
        let mut rows = Vec::new();
        for scope in ring.readable(&control).into_iter().filter(|scope| may_begin(*scope)) {
            let read = self.store.read_up_to(scope).await?;
            let due = if by_hand { read } else { read - read % SPAN };
            let unproven = self.store.unproven(scope).await?.is_some();
            let owes = !self.store.disputes_owed(scope).await?.is_empty();
            let looked = self.looks.of(scope);
            let nothing_new = looked.stands >= due && looked.rested < RESTS;
            if due == 0 || (!by_hand && !unproven && !owes && nothing_new) {
                self.looks.note(scope, Looked { rested: looked.rested.saturating_add(1), ..looked });
                continue;
            }
            self.trust_the_relay().await?;
            let at = At { office: self, control: &control, ring: &ring, scope, read, due, by_hand };
            let (at, outcome) = Box::pin(at.look()).await?;
            self.tell_what_is_held(scope, due).await?;
            rows.push(SnapshotRow { scope: scope.to_string(), at, outcome });
        }
        Ok(rows)
    }
}

/// One scope, and how far it is read here.
struct At<'a> {
    office: &'a Office,
    control: &'a ControlLog,
    ring: &'a KeyRing,
    scope: Scope,
    read: u64,
    /// The place of which there should be a snapshot.
    due: u64,
    by_hand: bool,
}

impl At<'_> {
    async fn look(&self) -> Result<(u64, SnapshotOutcome), AppError> {
        let relay = self.office.exchange.relay()?;
        let Some(log) = self.office.store.relay_log().await? else { return Ok((self.due, SnapshotOutcome::NotHeld)) };
        let answer = self.ask(relay.as_ref(), ClientFrame::Manifests { scope: self.scope }).await?;
        let ServerFrame::Manifests { kept, .. } = answer else { return Err(RelayError::Nonsense.into()) };
        let read: Vec<(&KeptManifest, Manifest)> =
            kept.iter().filter_map(|kept| Some((kept, kept.read(self.scope, log).ok()?))).collect();
        if let Some(proved) = self.prove(relay.as_ref(), &read).await? {
            return Ok(proved);
        }
        self.hear_disputes(&read).await?;
        self.tell_disputes(relay.as_ref(), &read).await?;
        let good = |kept: &KeptManifest| kept.check(self.control, self.scope, log).is_ok();
        let stands = read.iter().filter(|(kept, _)| good(kept)).map(|(_, manifest)| manifest.cursor).max();
        let stands = stands.unwrap_or(0);
        let mut looked = self.office.looks.of(self.scope);
        if stands >= self.due {
            self.office.looks.note(self.scope, Looked { stands, missing: 0, rested: 0 });
            return Ok((stands, SnapshotOutcome::Stands));
        }
        let me = self.ring.keys().id();
        let word = |kept: &KeptManifest| kept.witnesses.iter().find(|word| word.device == me).map(|word| word.says);
        // the newest first, as the relay gives them
        let newer = read.iter().filter(|(_, manifest)| {
            manifest.cursor > stands && manifest.cursor <= self.read && (self.by_hand || manifest.cursor >= self.due)
        });
        let disputed = |kept: &KeptManifest| kept.witnesses.iter().any(|word| word.says == Says::Wrong);
        for (kept, manifest) in newer.filter(|(kept, _)| !disputed(kept)) {
            match word(kept) {
                None => {
                    let base = self.base(relay.as_ref(), &read, manifest.cursor).await?;
                    return self.look_into(relay.as_ref(), kept, manifest, base.as_ref()).await;
                }
                Some(_) if manifest.cursor >= self.due => return Ok((manifest.cursor, SnapshotOutcome::Waits)),
                Some(_) => {}
            }
        }
        // not everybody at once
        let mut readers: Vec<_> = self.control.readers(self.scope).map(|(device, _)| device).collect();
        readers.sort_unstable();
        let turn = readers.iter().position(|device| *device == me).unwrap_or(0);
        if !self.by_hand && looked.missing < turn {
            looked.missing += 1;
            self.office.looks.note(self.scope, looked);
            return Ok((self.due, SnapshotOutcome::Waits));
        }
        let base = self.base(relay.as_ref(), &read, self.due).await?;
        self.make(relay.as_ref(), base.as_ref()).await
    }

    /// Compares the snapshot that this laptop began at with what lies before it, once it has read that. Whether the relay still
    /// keeps it does not matter.
    async fn prove(
        &self,
        relay: &dyn Relay,
        read: &[(&KeptManifest, Manifest)],
    ) -> Result<Option<(u64, SnapshotOutcome)>, AppError> {
        let (office, store) = (self.office, &self.office.store);
        let Some(Unproven { manifest: hash, seq, .. }) = store.unproven(self.scope).await? else { return Ok(None) };
        let Some(right) = Box::pin(store.prove(self.control, self.ring, self.scope, office.now())).await? else {
            return Ok(None);
        };
        let kept = read.iter().map(|(kept, _)| *kept).find(|kept| kept.hash() == hash);
        if right {
            if kept.is_some() {
                self.say(relay, hash, Says::Right).await?;
            }
            store.proven(self.scope).await?;
            return Ok(Some((seq, SnapshotOutcome::Vouched)));
        }
        let signers = kept.map(|kept| kept.vouchers(self.control, self.scope)).unwrap_or_default();
        let found_by = self.ring.keys().id();
        let dispute = Dispute { manifest: hash, scope: self.scope, seq, signers, found_by };
        // on disk before anything is mended: whatever ends here, the others are told
        store.note_dispute(&dispute, true, office.now()).await?;
        self.warn(seq);
        failpoint("snapshot.disputed")?;
        office.exchange.mend(self.scope).await?;
        self.tell_disputes(relay, read).await?;
        Ok(Some((seq, SnapshotOutcome::Mended)))
    }

    fn warn(&self, at: u64) {
        tracing::error!(scope = %self.scope, at, "a snapshot is not what the log makes");
        let text = zuc_ipc::sentence("snapshot.disputed").unwrap_or_default().to_owned();
        self.office.exchange.line(self.office.now(), "error", text);
    }

    /// Remembers what others found wrong, with who had signed it.
    async fn hear_disputes(&self, read: &[(&KeptManifest, Manifest)]) -> Result<(), AppError> {
        for (kept, manifest) in read {
            let (hash, scope, seq) = (kept.hash(), self.scope, manifest.cursor);
            let wrong = |word: &&Witness| word.says == Says::Wrong && word.check(self.control, scope, hash).is_ok();
            let Some(word) = kept.witnesses.iter().find(wrong) else { continue };
            let signers = kept.vouchers(self.control, scope);
            let dispute = Dispute { manifest: hash, scope, seq, signers, found_by: word.device };
            if self.office.store.note_dispute(&dispute, false, self.office.now()).await? {
                self.warn(seq);
            }
        }
        Ok(())
    }

    /// Tells the relay what was found wrong here and could not be told then. Nobody begins at one that it keeps no more.
    async fn tell_disputes(&self, relay: &dyn Relay, read: &[(&KeptManifest, Manifest)]) -> Result<(), AppError> {
        for hash in self.office.store.disputes_owed(self.scope).await? {
            if read.iter().any(|(kept, _)| kept.hash() == hash) {
                self.say(relay, hash, Says::Wrong).await?;
            }
            self.office.store.dispute_told(hash).await?;
        }
        Ok(())
    }

    /// The newest snapshot before a place that this device has made or found right, whole; what lies before it need not be folded
    /// again.
    async fn base(
        &self,
        relay: &dyn Relay,
        read: &[(&KeptManifest, Manifest)],
        before: u64,
    ) -> Result<Option<Snapshot>, AppError> {
        let me = self.ring.keys().id();
        let mine = |kept: &KeptManifest| {
            let hash = kept.hash();
            let said = kept.witnesses.iter().find(|word| word.device == me);
            let right =
                said.is_some_and(|word| word.says == Says::Right && word.check(self.control, self.scope, hash).is_ok());
            right && kept.witnesses.iter().all(|word| word.says == Says::Right)
        };
        let before = read.iter().filter(|(kept, manifest)| manifest.cursor < before && mine(kept));
        let Some((kept, manifest)) = before.max_by_key(|(_, manifest)| manifest.cursor) else { return Ok(None) };
        let packs = self.packs(relay, kept.hash(), manifest).await?;
        Ok(packs.map(|packs| Snapshot { manifest: manifest.clone(), packs }))
    }

    /// The packs of a snapshot; `None` where one of them is not there any more.
    async fn packs(
        &self,
        relay: &dyn Relay,
        hash: Digest32,
        manifest: &Manifest,
    ) -> Result<Option<Vec<Blob>>, AppError> {
        let mut packs = Vec::with_capacity(manifest.packs.len());
        for pack in &manifest.packs {
            let ask = ClientFrame::Pack { scope: self.scope, manifest: hash, hash: pack.hash };
            match self.ask(relay, ask).await? {
                ServerFrame::Pack { pack: Some(pack), .. } => packs.push(pack),
                ServerFrame::Pack { .. } => return Ok(None),
                _ => return Err(RelayError::Nonsense.into()),
            }
        }
        Ok(Some(packs))
    }

    async fn say(&self, relay: &dyn Relay, manifest: Digest32, says: Says) -> Result<(), AppError> {
        let witness = Witness::sign(self.control.company(), manifest, says, self.ring.keys());
        self.ask(relay, ClientFrame::Testify { scope: self.scope, manifest, witness }).await?;
        Ok(())
    }

    async fn make(&self, relay: &dyn Relay, base: Option<&Snapshot>) -> Result<(u64, SnapshotOutcome), AppError> {
        let (store, now) = (&self.office.store, self.office.now());
        let made = Box::pin(store.snapshot(self.control, self.ring, self.scope, base, self.due, now)).await?;
        let Some(Snapshot { manifest, packs }) = made else { return Ok((self.due, SnapshotOutcome::NotHeld)) };
        failpoint("snapshot.made")?;
        let bytes = manifest.to_bytes()?;
        let hash = manifest_hash(&bytes);
        let witness = Witness::sign(self.control.company(), hash, Says::Right, self.ring.keys());
        let offer = ClientFrame::ManifestOffer { manifest: bytes.into(), witness };
        let ServerFrame::ManifestKept { lacks, .. } = self.ask(relay, offer).await? else {
            return Err(RelayError::Nonsense.into());
        };
        failpoint("snapshot.offered")?;
        for (pack, named) in packs.into_iter().zip(&manifest.packs) {
            if lacks.contains(&named.hash) {
                self.ask(relay, ClientFrame::PackOffer { scope: self.scope, manifest: hash, pack }).await?;
                failpoint("snapshot.pack_sent")?;
            }
        }
        Ok((self.due, SnapshotOutcome::Made))
    }

    /// Folds the entries here, opens the packs of another's, and says whether they are the same.
    async fn look_into(
        &self,
        relay: &dyn Relay,
        kept: &KeptManifest,
        manifest: &Manifest,
        base: Option<&Snapshot>,
    ) -> Result<(u64, SnapshotOutcome), AppError> {
        let hash = kept.hash();
        // it was made anew meanwhile
        let Some(packs) = self.packs(relay, hash, manifest).await? else {
            return Ok((manifest.cursor, SnapshotOutcome::Waits));
        };
        let snapshot = Snapshot { manifest: manifest.clone(), packs };
        let (store, now) = (&self.office.store, self.office.now());
        let Some(right) = Box::pin(store.is_right(self.control, self.ring, &snapshot, base, now)).await? else {
            return Ok((manifest.cursor, SnapshotOutcome::NotHeld));
        };
        let says = if right { Says::Right } else { Says::Wrong };
        if !right {
            let signers = kept.vouchers(self.control, self.scope);
            let (scope, seq, found_by) = (self.scope, manifest.cursor, self.ring.keys().id());
            let dispute = Dispute { manifest: hash, scope, seq, signers, found_by };
            store.note_dispute(&dispute, true, now).await?;
            self.warn(seq);
        }
        self.say(relay, hash, says).await?;
        if !right {
            store.dispute_told(hash).await?;
        }
        let outcome = if right { SnapshotOutcome::Vouched } else { SnapshotOutcome::Disputed };
        Ok((manifest.cursor, outcome))
    }

    async fn ask(&self, relay: &dyn Relay, frame: ClientFrame) -> Result<ServerFrame, AppError> {
        Ok(relay.ask(&self.office.exchange.credentials(), frame).await?)
    }
}
