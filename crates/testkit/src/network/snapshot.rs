//! Snapshots of a scope, made and looked into as the product does.

use zuc_protocol::{
    Scope,
    holding::{HeldWord, Holding},
    manifest::{PackRef, Says, Witness, manifest_hash},
    messages::{ClientFrame, ServerFrame},
    pack::{Digester, PackHeader, PackItem, SealedPack, items, pack_hash},
};
use zuc_store::{Dispute, Snapshot};

use super::Network;

impl Network {
    /// A laptop folds a scope as far as it has read it.
    pub async fn snapshot(&mut self, laptop: usize, scope: Scope) -> Snapshot {
        let laptop = &self.laptops[laptop];
        let at = laptop.engine.cursor(scope).seq;
        let made =
            laptop.store.snapshot(laptop.engine.log(), laptop.engine.ring(), scope, None, at, laptop.now()).await;
        made.expect("an open store").expect("it holds all entries")
    }

    /// A connected laptop gives the relay a snapshot with its own word; the code of the refusal.
    pub async fn offer_snapshot(&mut self, laptop: usize, snapshot: &Snapshot) -> Result<(), String> {
        let (scope, bytes) = (snapshot.manifest.scope, snapshot.manifest.to_bytes().expect("a small manifest"));
        let manifest = manifest_hash(&bytes);
        let witness = Witness::sign(self.company, manifest, Says::Right, &self.laptops[laptop].keys());
        self.ask(laptop, ClientFrame::ManifestOffer { manifest: bytes.into(), witness }).await?;
        for pack in snapshot.packs.clone() {
            self.ask(laptop, ClientFrame::PackOffer { scope, manifest, pack }).await?;
        }
        Ok(())
    }

    /// Whether a snapshot is what a laptop makes of the entries.
    pub async fn look_into_quietly(&self, laptop: usize, snapshot: &Snapshot) -> bool {
        let one = &self.laptops[laptop];
        let right = one.store.is_right(one.engine.log(), one.engine.ring(), snapshot, None, one.now()).await;
        right.expect("an open store").expect("it holds all entries")
    }

    /// The same over a snapshot that this laptop knows to be right; whether it comes out as the other.
    pub async fn goes_on_from(&self, laptop: usize, base: &Snapshot, scope: Scope, at: u64) -> Option<Snapshot> {
        let one = &self.laptops[laptop];
        let made = one.store.snapshot(one.engine.log(), one.engine.ring(), scope, Some(base), at, one.now()).await;
        made.expect("an open store")
    }

    /// What the product does of itself once a laptop has read all that lies before what it began at: it compares, tells the company
    /// where that was wrong, and makes the scope once more of its entries. Whether it was right.
    ///
    /// # Panics
    /// When not all of it is read.
    pub async fn proves(&mut self, laptop: usize, snapshot: &Snapshot) -> bool {
        let scope = snapshot.manifest.scope;
        let one = &mut self.laptops[laptop];
        let right = one.store.prove(one.engine.log(), one.engine.ring(), scope, one.now()).await;
        let right = right.expect("an open store").expect("all of it is read");
        if right {
            one.store.proven(scope).await.expect("an open store");
            return true;
        }
        let unproven = one.store.unproven(scope).await.expect("an open store").expect("it began at one");
        let signers = vec![snapshot_author(snapshot)];
        let (manifest, seq, found_by) = (unproven.manifest, unproven.seq, one.keys().id());
        let dispute = Dispute { manifest, scope, seq, signers, found_by };
        assert!(one.store.note_dispute(&dispute, true, one.now()).await.expect("an open store"));
        self.say(laptop, snapshot, Says::Wrong).await;
        let one = &mut self.laptops[laptop];
        one.store.dispute_told(manifest).await.expect("an open store");
        one.mend(scope).await;
        false
    }

    /// A connected laptop folds the entries for itself and says what it finds; whether that is that it is right.
    pub async fn look_into(&mut self, laptop: usize, snapshot: &Snapshot) -> bool {
        let right = self.look_into_quietly(laptop, snapshot).await;
        self.say(laptop, snapshot, if right { Says::Right } else { Says::Wrong }).await;
        right
    }

    /// What one snapshot holds, said to be what another is of: packs and manifest as a program makes them that means ill.
    ///
    /// # Panics
    /// When the laptop lacks the key.
    pub fn resealed(&mut self, laptop: usize, holds: &Snapshot, said: &Snapshot) -> Snapshot {
        let mut made = Snapshot { packs: Vec::new(), ..said.clone() };
        (made.manifest.digest, made.manifest.packs) = (holds.manifest.digest, Vec::new());
        for pack in &holds.packs {
            let one = &mut self.laptops[laptop];
            let (ring, nonce) = (one.ring(), one.draw());
            let pack = SealedPack::parse(&pack.0).expect("a pack");
            let key = ring.epoch(pack.header().epoch).expect("a key that it holds");
            let items = pack.open(self.company, key).expect("a pack of its company");
            let header = PackHeader { cursor: made.manifest.cursor, ..pack.header().clone() };
            let nonce = nonce.first_chunk().expect("enough bytes");
            let sealed =
                SealedPack::seal(self.company, header, &items, key, ring.keys(), nonce).expect("it fit before");
            let size = u32::try_from(sealed.bytes().len()).expect("a pack is small");
            made.manifest.packs.push(PackRef { hash: pack_hash(sealed.bytes()), size });
            made.packs.push(sealed.into_bytes().into());
        }
        made
    }

    /// A snapshot with other items than it has, as two persons make it who mean ill: its digest is of these.
    ///
    /// # Panics
    /// When the laptop lacks the key.
    pub fn doctored(
        &mut self,
        laptop: usize,
        snapshot: &Snapshot,
        change: impl FnOnce(Vec<PackItem>) -> Vec<PackItem>,
    ) -> Snapshot {
        let all = change(self.items(laptop, snapshot));
        let (mut digester, mut items) = (Digester::new(), Vec::new());
        for item in all {
            let bytes = item.to_bytes().expect("an item of a pack");
            digester.add(&bytes);
            items.extend_from_slice(&bytes);
        }
        let one = &mut self.laptops[laptop];
        let (ring, nonce) = (one.ring(), one.draw());
        let header = SealedPack::parse(&snapshot.packs[0].0).expect("a pack").header().clone();
        let key = ring.epoch(header.epoch).expect("a key that it holds");
        let nonce = nonce.first_chunk().expect("enough bytes");
        let sealed = SealedPack::seal(self.company, header, &items, key, ring.keys(), nonce).expect("a small snapshot");
        let size = u32::try_from(sealed.bytes().len()).expect("a pack is small");
        let mut made = snapshot.clone();
        made.manifest.digest = digester.finish();
        made.manifest.packs = vec![PackRef { hash: pack_hash(sealed.bytes()), size }];
        made.packs = vec![sealed.into_bytes().into()];
        made
    }

    /// What a snapshot holds.
    ///
    /// # Panics
    /// When the laptop lacks the key.
    pub fn items(&self, laptop: usize, snapshot: &Snapshot) -> Vec<PackItem> {
        let ring = self.laptops[laptop].ring();
        let mut all = Vec::new();
        for pack in &snapshot.packs {
            let pack = SealedPack::parse(&pack.0).expect("a pack");
            let key = ring.epoch(pack.header().epoch).expect("a key that it holds");
            let opened = pack.open(self.company, key).expect("a pack of its company");
            all.extend(items(&opened).expect("items").into_iter().map(|(item, _)| item));
        }
        all
    }

    /// A connected laptop says something of a snapshot, whatever it knows.
    ///
    /// # Panics
    /// When the relay does not take it.
    pub async fn say(&mut self, laptop: usize, snapshot: &Snapshot, says: Says) {
        let scope = snapshot.manifest.scope;
        let manifest = manifest_hash(&snapshot.manifest.to_bytes().expect("a small manifest"));
        let witness = Witness::sign(self.company, manifest, says, &self.laptops[laptop].keys());
        self.ask(laptop, ClientFrame::Testify { scope, manifest, witness }).await.expect("a word of a reader's");
    }

    /// A connected laptop says what it holds of a scope, and gives back what the relay wants of what it has dropped, as the product
    /// does by itself; the code of the refusal.
    ///
    /// # Panics
    /// When it has read nothing.
    pub async fn hold(&mut self, laptop: usize, scope: Scope) -> Result<Holding, String> {
        let one = &self.laptops[laptop];
        let held = one.store.holding(scope).await.expect("an open store").expect("it has read something");
        let word = HeldWord::sign(self.company, held, &one.keys());
        let (wants, begins) = match self.answer(laptop, ClientFrame::Held { word }).await {
            ServerFrame::HeldBy { wants, begins, .. } => (wants, begins),
            ServerFrame::Error { code, .. } => return Err(code),
            other => panic!("{other:?} is no answer"),
        };
        let mut after = 0;
        while wants && held.is_whole_to(begins) && after < begins {
            let store = &self.laptops[laptop].store;
            let (entries, place) = store.entries_between(scope, after, begins).await.expect("an open store");
            after = place;
            let offer = ClientFrame::Offer { scope, entries, last: after >= begins };
            let answer = self.answer(laptop, offer).await;
            assert!(matches!(answer, ServerFrame::Offered { .. }), "{answer:?}");
        }
        Ok(held)
    }

    async fn answer(&mut self, laptop: usize, frame: ClientFrame) -> ServerFrame {
        let session = self.laptops[laptop].session.as_ref().expect("it is connected");
        self.host.relay().handle(session, frame).await.into_iter().next().expect("an answer")
    }

    async fn ask(&mut self, laptop: usize, frame: ClientFrame) -> Result<(), String> {
        match self.answer(laptop, frame).await {
            ServerFrame::ManifestKept { .. } => Ok(()),
            ServerFrame::Error { code, .. } => Err(code),
            other => panic!("{other:?} is no answer"),
        }
    }
}

fn snapshot_author(snapshot: &Snapshot) -> zuc_protocol::ids::DeviceId {
    SealedPack::parse(&snapshot.packs[0].0).expect("a pack").header().author
}
