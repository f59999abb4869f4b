//! Snapshots of long logs: made by one laptop, looked at and signed by another person's, begun at by those who join.
//!
//! A laptop that has read a log past a multiple of [`SPAN`] asks the relay what is there. Where there is none of that place
//! it makes one, each laptop somewhat later than the one before it in the list of readers; where there is one that not
//! enough have signed, it folds the entries for itself, opens the packs, and says what it found.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;
use zuc_protocol::{
    Scope,
    control::ControlLog,
    manifest::{KeptManifest, Manifest, SPAN, Says, Witness, manifest_hash, may_begin},
    messages::{ClientFrame, ServerFrame},
};
use zuc_store::Snapshot;
use zuc_sync::KeyRing;

use crate::{
    AppError, Office,
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
}

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
            if due == 0 || (!by_hand && !unproven && self.looks.of(scope).stands >= due) {
                continue;
            }
            self.trust_the_relay().await?;
            let at = At { office: self, control: &control, ring: &ring, scope, read, due, by_hand };
            let (at, outcome) = Box::pin(at.look()).await?;
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
        let good = |kept: &KeptManifest| kept.check(self.control, self.scope, log).is_ok();
        let stands = read.iter().filter(|(kept, _)| good(kept)).map(|(_, manifest)| manifest.cursor).max();
        let stands = stands.unwrap_or(0);
        let mut looked = self.office.looks.of(self.scope);
        if stands >= self.due {
            self.office.looks.note(self.scope, Looked { stands, missing: 0 });
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
                None => return self.look_into(relay.as_ref(), kept, manifest).await,
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
        self.make(relay.as_ref()).await
    }

    /// Looks into the snapshot that this laptop began at, once it has read what lies before.
    async fn prove(
        &self,
        relay: &dyn Relay,
        read: &[(&KeptManifest, Manifest)],
    ) -> Result<Option<(u64, SnapshotOutcome)>, AppError> {
        let Some(hash) = self.office.store.unproven(self.scope).await? else { return Ok(None) };
        let looked = match read.iter().find(|(kept, _)| kept.hash() == hash) {
            Some((kept, manifest)) => Some(self.look_into(relay, kept, manifest).await?),
            // there is a newer one, of which the same entries are part
            None => None,
        };
        self.office.store.proven(self.scope).await?;
        Ok(looked)
    }

    async fn make(&self, relay: &dyn Relay) -> Result<(u64, SnapshotOutcome), AppError> {
        let (store, now) = (&self.office.store, self.office.now());
        let made = Box::pin(store.snapshot(self.control, self.ring, self.scope, self.due, now)).await?;
        let Some(Snapshot { manifest, packs }) = made else { return Ok((self.due, SnapshotOutcome::NotHeld)) };
        let bytes = manifest.to_bytes()?;
        let hash = manifest_hash(&bytes);
        let witness = Witness::sign(self.control.company(), hash, Says::Right, self.ring.keys());
        let offer = ClientFrame::ManifestOffer { manifest: bytes.into(), witness };
        let ServerFrame::ManifestKept { lacks, .. } = self.ask(relay, offer).await? else {
            return Err(RelayError::Nonsense.into());
        };
        for (pack, named) in packs.into_iter().zip(&manifest.packs) {
            if lacks.contains(&named.hash) {
                self.ask(relay, ClientFrame::PackOffer { scope: self.scope, manifest: hash, pack }).await?;
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
    ) -> Result<(u64, SnapshotOutcome), AppError> {
        let hash = kept.hash();
        let mut packs = Vec::with_capacity(manifest.packs.len());
        for pack in &manifest.packs {
            let ask = ClientFrame::Pack { scope: self.scope, manifest: hash, hash: pack.hash };
            match self.ask(relay, ask).await? {
                ServerFrame::Pack { pack: Some(pack), .. } => packs.push(pack),
                // it was made anew meanwhile
                ServerFrame::Pack { .. } => return Ok((manifest.cursor, SnapshotOutcome::Waits)),
                _ => return Err(RelayError::Nonsense.into()),
            }
        }
        let snapshot = Snapshot { manifest: manifest.clone(), packs };
        let (store, now) = (&self.office.store, self.office.now());
        let Some(right) = Box::pin(store.is_right(self.control, self.ring, &snapshot, now)).await? else {
            return Ok((manifest.cursor, SnapshotOutcome::NotHeld));
        };
        let says = if right { Says::Right } else { Says::Wrong };
        if !right {
            tracing::error!(scope = %self.scope, at = manifest.cursor, "a snapshot is not what the log makes");
        }
        let witness = Witness::sign(self.control.company(), hash, says, self.ring.keys());
        self.ask(relay, ClientFrame::Testify { scope: self.scope, manifest: hash, witness }).await?;
        let outcome = if right { SnapshotOutcome::Vouched } else { SnapshotOutcome::Disputed };
        Ok((manifest.cursor, outcome))
    }

    async fn ask(&self, relay: &dyn Relay, frame: ClientFrame) -> Result<ServerFrame, AppError> {
        Ok(relay.ask(&self.office.exchange.credentials(), frame).await?)
    }
}
