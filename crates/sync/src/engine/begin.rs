//! Beginning at a snapshot: a device that has read nothing of a long log takes in what two persons vouch for, and reads on
//! from there. Whatever is amiss with it, the log is read from its first entry instead, as if there were none.

use zuc_protocol::Blob;
use zuc_protocol::ids::{DeviceId, Digest32};
use zuc_protocol::manifest::{KeptManifest, Manifest, Unfit, may_begin};
use zuc_protocol::messages::{ClientFrame, ScopeCursor};
use zuc_protocol::pack::{SealedPack, pack_hash};
use zuc_protocol::scope::Scope;

use crate::effect::Effect;
use crate::engine::Engine;
use crate::engine::earlier::Earlier;
use crate::engine::lane::Inbound;
use crate::input::{AuthorCursor, Cursor};

/// After how many patiences without an answer the log is read instead.
const PATIENCES: i64 = 3;

/// A scope of which nothing is here yet.
pub(super) struct Beginning {
    /// When something was last said of it.
    at: i64,
    chosen: Option<Chosen>,
}

/// The snapshot that is being fetched.
struct Chosen {
    hash: Digest32,
    manifest: Manifest,
    packs: Vec<Blob>,
}

impl Engine {
    /// Asks for the snapshots of scopes that are long and of which nothing is here.
    pub(super) fn look_for_snapshots(&mut self, readable: &[Scope], effects: &mut Vec<Effect>) {
        for scope in readable {
            let fresh = self.inbound.get(scope).is_some_and(|lane| {
                lane.received.seq == 0 && lane.head >= self.config.begin_at && lane.trouble().is_none()
            });
            // who gives back a lost log has read it before
            let may = may_begin(*scope) && !self.offers_due && !self.from_first.contains(scope);
            if fresh && may && !self.begins.contains_key(scope) {
                self.begins.insert(*scope, Beginning { at: self.now, chosen: None });
                effects.push(Effect::Send(ClientFrame::Manifests { scope: *scope }));
            }
        }
    }

    /// Of those that may be begun at, the one that leaves the least to read.
    pub(super) fn manifests(&mut self, scope: Scope, kept: &[KeptManifest], effects: &mut Vec<Effect>) {
        let Some(log) = self.relay_log.filter(|_| self.begins.get(&scope).is_some_and(|begin| begin.chosen.is_none()))
        else {
            return;
        };
        let head = self.lane(scope).head;
        let good = kept.iter().filter_map(|kept| Some((kept.hash(), kept.check(&self.log, scope, log).ok()?)));
        let best = good.filter(|(_, manifest)| manifest.cursor <= head).max_by_key(|(_, manifest)| manifest.cursor);
        let Some((hash, manifest)) = best else {
            if let Some(why) = kept.iter().find_map(|kept| kept.check(&self.log, scope, log).err()) {
                effects.push(Effect::SnapshotRefused { scope, why });
            }
            self.read_from_first(scope, effects);
            return;
        };
        self.begins.insert(scope, Beginning { at: self.now, chosen: Some(Chosen { hash, manifest, packs: vec![] }) });
        self.next_pack(scope, effects);
    }

    /// Asks for the next pack, or hands all of them out.
    fn next_pack(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        let now = self.now;
        let Some(Beginning { at, chosen: Some(chosen) }) = self.begins.get_mut(&scope) else { return };
        *at = now;
        match chosen.manifest.packs.get(chosen.packs.len()) {
            Some(pack) => {
                let (manifest, hash) = (chosen.hash, pack.hash);
                effects.push(Effect::Send(ClientFrame::Pack { scope, manifest, hash }));
            }
            None => self.hand_out(scope, effects),
        }
    }

    /// Hands a snapshot out that is here whole, once the keys of its persons are: without them each row would be made twice.
    pub(super) fn hand_out(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        let keys_come = self.bags_due.contains(&scope);
        let Some(Beginning { chosen: Some(chosen), .. }) = self.begins.get_mut(&scope) else { return };
        if !keys_come && chosen.packs.len() == chosen.manifest.packs.len() {
            let (manifest, packs) = (Box::new(chosen.manifest.clone()), std::mem::take(&mut chosen.packs));
            effects.push(Effect::Begin { manifest, packs });
        }
    }

    pub(super) fn pack(&mut self, scope: Scope, pack: Option<Blob>, effects: &mut Vec<Effect>) {
        let Some(Beginning { chosen: Some(chosen), .. }) = self.begins.get(&scope) else { return };
        let Some(named) = chosen.manifest.packs.get(chosen.packs.len()) else { return };
        let Some(pack) = pack else { return self.give_up(scope, Unfit::NotWhole, effects) };
        let hash = pack_hash(&pack.0);
        if chosen.manifest.packs[..chosen.packs.len()].iter().any(|here| here.hash == hash) {
            // it was delivered twice
            return;
        }
        if hash != named.hash || !self.is_of(&chosen.manifest, &pack) {
            return self.give_up(scope, Unfit::ForgedPack, effects);
        }
        if let Some(Beginning { chosen: Some(chosen), .. }) = self.begins.get_mut(&scope) {
            chosen.packs.push(pack);
        }
        self.next_pack(scope, effects);
    }

    /// Whether a pack says that it is of this snapshot, and a device of the company signed that.
    fn is_of(&self, manifest: &Manifest, pack: &Blob) -> bool {
        let Ok(pack) = SealedPack::parse(&pack.0) else { return false };
        let header = pack.header();
        let same = (header.scope, header.log, header.cursor) == (manifest.scope, manifest.log, manifest.cursor);
        let author = self.log.device(header.author);
        same && author.is_some_and(|author| pack.verify(self.log.company(), &author.public.verify).is_ok())
    }

    /// What the packs hold is on disk, or is not what the manifest says.
    pub(super) fn begun(
        &mut self,
        scope: Scope,
        outcome: Result<Vec<(DeviceId, AuthorCursor)>, Unfit>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(Beginning { chosen: Some(chosen), .. }) = self.begins.get(&scope) else { return };
        let cursor = Cursor { seq: chosen.manifest.cursor, chain: chosen.manifest.chain };
        let authors = match outcome {
            Ok(authors) => authors,
            Err(why) => return self.give_up(scope, why, effects),
        };
        self.begins.remove(&scope);
        let head = self.lane(scope).head;
        let mut lane = Inbound::at(cursor);
        lane.head = lane.head.max(head);
        self.inbound.insert(scope, lane);
        let read = self.start(scope);
        self.earlier.insert(scope, Earlier { at: cursor, read, asked: None });
        self.authors.extend(authors.into_iter().map(|(device, read)| ((scope, device), read)));
        self.subscribe(scope, effects);
        self.after_reading(scope, effects);
    }

    /// Asks no more where no answer came.
    pub(super) fn begin_late(&mut self, effects: &mut Vec<Effect>) {
        let before = self.now - PATIENCES * self.config.retry_ms;
        let late = self.begins.iter().filter(|(_, beginning)| beginning.at <= before);
        let late: Vec<Scope> = late.map(|(scope, _)| *scope).collect();
        for scope in late {
            self.read_from_first(scope, effects);
        }
    }

    fn give_up(&mut self, scope: Scope, why: Unfit, effects: &mut Vec<Effect>) {
        effects.push(Effect::SnapshotRefused { scope, why });
        self.read_from_first(scope, effects);
    }

    fn read_from_first(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        self.begins.remove(&scope);
        self.from_first.insert(scope);
        self.subscribe(scope, effects);
    }

    fn subscribe(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        if self.is_far(scope) {
            return self.pull(scope, effects);
        }
        let seq = self.lane(scope).received.seq;
        effects.push(Effect::Send(ClientFrame::Subscribe { cursors: vec![ScopeCursor { scope, seq }] }));
    }
}
