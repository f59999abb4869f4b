//! Beginning at a snapshot: a device that has read nothing of a long log takes in what two persons vouch for, and reads on
//! from there. Whatever is amiss with it, the log is read from its first entry instead, as if there were none.
//!
//! Where the relay has dropped what lies before, there is nothing to read instead. Whoever is further behind begins at a snapshot
//! too, whatever they hold: it takes the place of that, and their own work goes on upon it. Where there is none that they may
//! begin at, nothing is taken, and the relay is asked again.

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

/// The relay has dropped what comes next, and no snapshot may be begun at now.
const LOG_BEGINS: &str = "sync.log_begins";
/// It has dropped what it may not: no snapshot of that place was ever made.
const LOG_CUT: &str = "sync.log_cut";
/// After how many patiences without an answer the log is read instead.
const PATIENCES: i64 = 3;

/// A scope of which nothing is here yet.
pub(super) struct Beginning {
    /// When something was last said of it.
    at: i64,
    chosen: Option<Chosen>,
    /// The last entry that the relay has dropped; 0 where all of the log can be read instead.
    begins: u64,
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
                self.begins.insert(*scope, Beginning { at: self.now, chosen: None, begins: 0 });
                effects.push(Effect::Send(ClientFrame::Manifests { scope: *scope }));
            }
        }
    }

    /// Of those that may be begun at, the one that leaves the least to read.
    pub(super) fn manifests(&mut self, scope: Scope, kept: &[KeptManifest], effects: &mut Vec<Effect>) {
        let Some(log) = self.relay_log else { return };
        let Some(begins) = self.begins.get(&scope).filter(|begin| begin.chosen.is_none()).map(|begin| begin.begins)
        else {
            return;
        };
        let head = self.lane(scope).head;
        let good = kept.iter().filter_map(|kept| Some((kept.hash(), kept.check(&self.log, scope, log).ok()?)));
        let good = good.filter(|(_, manifest)| manifest.cursor >= begins && manifest.cursor <= head);
        let best = good.max_by_key(|(_, manifest)| manifest.cursor);
        let Some((hash, manifest)) = best else {
            if begins > 0 {
                // one that was vouched for once may lack a signer who left; where nobody ever made one, nothing may be dropped
                let is_behind = |kept: &KeptManifest| kept.read(scope, log).is_ok_and(|made| made.cursor >= begins);
                let code = if kept.iter().any(is_behind) { LOG_BEGINS } else { LOG_CUT };
                return self.cannot_begin(scope, begins, code, effects);
            }
            if let Some(why) = kept.iter().find_map(|kept| kept.check(&self.log, scope, log).err()) {
                effects.push(Effect::SnapshotRefused { scope, why });
            }
            self.read_from_first(scope, effects);
            return;
        };
        let chosen = Some(Chosen { hash, manifest, packs: vec![] });
        self.begins.insert(scope, Beginning { at: self.now, chosen, begins });
        self.next_pack(scope, effects);
    }

    /// Asks for the next pack, or hands all of them out.
    fn next_pack(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        let now = self.now;
        let Some(Beginning { at, chosen: Some(chosen), .. }) = self.begins.get_mut(&scope) else { return };
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
        let Some(Beginning { chosen: Some(chosen), begins, .. }) = self.begins.get_mut(&scope) else { return };
        if !keys_come && chosen.packs.len() == chosen.manifest.packs.len() {
            let (manifest, packs) = (Box::new(chosen.manifest.clone()), std::mem::take(&mut chosen.packs));
            effects.push(Effect::Begin { manifest, packs, anew: *begins > 0 });
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
        let Some(Beginning { chosen: Some(chosen), begins, .. }) = self.begins.get(&scope) else { return };
        let anew = *begins > 0;
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
        self.earlier.insert(scope, Earlier::of(cursor, read, 0));
        if anew {
            self.forget_what_was_read(scope, &authors);
        }
        self.authors.extend(authors.into_iter().map(|(device, read)| ((scope, device), read)));
        self.subscribe(scope, effects);
        self.after_reading(scope, effects);
        if anew && self.may_seal(scope) {
            effects.push(Effect::NeedOutbox { scope });
        }
    }

    /// What this device knew of a scope is what the snapshot says. What waited was sealed upon something else: the disk has unsealed
    /// it, and it goes on from the last of this device's batches that the log is known to hold.
    fn forget_what_was_read(&mut self, scope: Scope, authors: &[(DeviceId, AuthorCursor)]) {
        self.authors.retain(|(of, _), _| *of != scope);
        let lane = self.outbound.entry(scope).or_default();
        lane.take_all();
        lane.until = None;
        if let Some((_, mine)) = authors.iter().find(|(device, _)| *device == self.me) {
            lane.acked(mine.number, mine.hash);
        }
    }

    /// The relay has dropped a log's entries up to a place.
    pub(super) fn log_begins(&mut self, scope: Scope, at: Cursor, head: u64, effects: &mut Vec<Effect>) {
        if !self.ring.reads(&self.log, scope) {
            return;
        }
        if self.checkup_begins(scope, at.seq, effects) || self.earlier_begins(scope, at, effects) {
            return;
        }
        let (now, known) = (self.now, self.begins.contains_key(&scope));
        let lane = self.lane(scope);
        lane.asked = None;
        lane.head = lane.head.max(head);
        let end = lane.head;
        if at.seq <= lane.received.seq || lane.broken.is_some() || known {
            return;
        }
        if at.seq > end || !may_begin(scope) {
            return self.cannot_begin(scope, at.seq, LOG_CUT, effects);
        }
        if self.offers_due {
            // whoever holds it gives it back first
            return self.cannot_begin(scope, at.seq, LOG_BEGINS, effects);
        }
        self.begins.insert(scope, Beginning { at: now, chosen: None, begins: at.seq });
        effects.push(Effect::Send(ClientFrame::Manifests { scope }));
    }

    /// Nothing is here to go on from: it is asked for again, and nothing is built upon what is here.
    fn cannot_begin(&mut self, scope: Scope, at: u64, code: &'static str, effects: &mut Vec<Effect>) {
        self.begins.remove(&scope);
        self.does_not_fit(scope, code, at, true, effects);
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
        let begins = self.begins.remove(&scope).map_or(0, |beginning| beginning.begins);
        if begins > 0 {
            return self.cannot_begin(scope, begins, LOG_BEGINS, effects);
        }
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
