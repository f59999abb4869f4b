//! The engine: one device's side of the sync, as a state machine.

mod alarm;
mod bag;
mod begin;
mod branch;
mod checkup;
mod control;
mod credit;
mod earlier;
mod glance;
mod lane;
mod link;
mod offer;
mod push;
mod receive;
mod repair;
mod segment;
mod standing;
mod start;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use zuc_protocol::chain;
use zuc_protocol::control::{ControlLog, SignedControl};
use zuc_protocol::identity::DeviceKeys;
use zuc_protocol::ids::{DeviceId, KeyId, LogId};
use zuc_protocol::messages::{RefusalCode, ServerFrame, StandingLoss};
use zuc_protocol::person_key::BagKeyWraps;
use zuc_protocol::scope::Scope;

use crate::effect::Effect;
use crate::engine::bag::{Listing, offer_rows};
use crate::engine::begin::Beginning;
use crate::engine::checkup::Checkup;
use crate::engine::earlier::Earlier;
use crate::engine::lane::{Inbound, Outbound};
use crate::engine::offer::Offering;
use crate::input::{AuthorCursor, Cursor, Input};
use crate::keyring::KeyRing;
use crate::membership::ControlStep;
use crate::status::SyncStatus;

pub use self::lane::REMEMBERED;
pub use self::start::{Config, Resume};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Link {
    Down,
    /// The socket is open, the relay has not greeted.
    Greeting,
    /// The control log is being compared.
    Control,
    /// Batches flow.
    Ready,
}

/// One device's side of the sync.
pub struct Engine {
    config: Config,
    me: DeviceId,
    log: ControlLog,
    ring: KeyRing,
    inbound: BTreeMap<Scope, Inbound>,
    outbound: BTreeMap<Scope, Outbound>,
    authors: BTreeMap<(Scope, DeviceId), AuthorCursor>,
    link: Link,
    relay_log: Option<LogId>,
    /// As [`Resume::earlier_logs`].
    earlier_logs: Vec<LogId>,
    /// The relay is to say once more what its log is called.
    asks_the_name: bool,
    /// As [`Resume::offers_due`].
    offers_due: bool,
    offering: BTreeMap<Scope, Offering>,
    /// Scopes of which this connection has given everything back.
    given: BTreeSet<Scope>,
    /// Scopes that are begun at a snapshot, which is on its way.
    begins: BTreeMap<Scope, Beginning>,
    /// Scopes that were begun at a snapshot, and what lies before it.
    earlier: BTreeMap<Scope, Earlier>,
    /// Scopes of which no snapshot was good: their log is read.
    from_first: BTreeSet<Scope>,
    /// How often the relay was told in this connection that its log went back.
    said_behind: u8,
    /// A scope of which this disk holds something else than was read.
    checkup: Option<Checkup>,
    /// When the disk is to look next.
    next_checkup: i64,
    /// When each device last said where its person looks, by its own clock.
    glances: BTreeMap<DeviceId, i64>,
    relay_control_len: u64,
    /// The relay's whole control log, as far as it has come: it is looked at when it is here, for a page alone proves nothing.
    whole: Vec<SignedControl>,
    bag_keys: BTreeMap<Scope, BTreeSet<KeyId>>,
    stale: u8,
    greeted_anew: bool,
    bag_wraps: BTreeMap<Scope, Vec<BagKeyWraps>>,
    listed: BTreeMap<Scope, Listing>,
    /// Scopes whose bag was asked for and has not come whole.
    bags_due: BTreeSet<Scope>,
    /// Scopes of whose bag the store has yet to say which rows it kept, or to give those that the relay lacks.
    bags_asked: BTreeSet<Scope>,
    /// Scopes of whose bag rows came before its key.
    bags_unread: BTreeSet<Scope>,
    /// As [`Resume::bags_unsure`], and those whose rows the store kept since.
    bags_unsure: BTreeSet<Scope>,
    offered: BTreeSet<Scope>,
    authored: VecDeque<ControlStep>,
    waiting: u64,
    /// Frames taken in since the relay was given credit.
    taken: u32,
    now: i64,
    last_heard: i64,
    last_heads: i64,
    pings: u64,
    failed: Option<&'static str>,
    /// What the relay has said of a loss that stands.
    loss: Option<StandingLoss>,
    told: Option<SyncStatus>,
}

impl Engine {
    /// The engine of a device, from its keys, its control log and what its store remembers.
    pub fn new(config: Config, keys: DeviceKeys, log: ControlLog, resume: Resume) -> Self {
        let me = keys.id();
        let ring = KeyRing::of_device(keys, &log);
        let mut inbound = BTreeMap::new();
        for (scope, cursor) in resume.cursors {
            inbound.insert(scope, Inbound::at(cursor));
        }
        for (scope, place) in resume.places.into_iter().rev() {
            if let Some(lane) = inbound.get_mut(&scope) {
                lane.remember_earlier(place);
            }
        }
        let mut outbound: BTreeMap<Scope, Outbound> = BTreeMap::new();
        for own in resume.own {
            outbound.entry(own.scope).or_default().acked(own.number, own.hash);
        }
        for batch in resume.unacked {
            outbound.entry(batch.scope).or_default().keep(batch);
        }
        let mut bag_keys: BTreeMap<Scope, BTreeSet<KeyId>> = BTreeMap::new();
        for (scope, key) in resume.bag_keys {
            bag_keys.entry(scope).or_default().insert(key);
        }
        let bag_wraps = resume.bag_wraps;
        let authors = resume.authors.into_iter().map(|(scope, author, cursor)| ((scope, author), cursor)).collect();
        let mut engine = Self {
            config,
            me,
            log,
            ring,
            inbound,
            outbound,
            authors,
            link: Link::Down,
            relay_log: resume.relay_log,
            earlier_logs: resume.earlier_logs,
            asks_the_name: false,
            offers_due: resume.offers_due,
            offering: BTreeMap::new(),
            given: BTreeSet::new(),
            begins: BTreeMap::new(),
            earlier: resume
                .begun
                .into_iter()
                .map(|begun| (begun.scope, Earlier::of(begun.at, begun.read, begun.begins)))
                .collect(),
            from_first: BTreeSet::new(),
            said_behind: 0,
            checkup: None,
            next_checkup: 0,
            glances: BTreeMap::new(),
            relay_control_len: 0,
            whole: Vec::new(),
            bag_keys,
            stale: 0,
            greeted_anew: false,
            bag_wraps: BTreeMap::new(),
            listed: BTreeMap::new(),
            bags_due: BTreeSet::new(),
            bags_asked: BTreeSet::new(),
            bags_unread: BTreeSet::new(),
            bags_unsure: resume.bags_unsure.into_iter().collect(),
            offered: BTreeSet::new(),
            authored: VecDeque::new(),
            waiting: 0,
            taken: 0,
            now: 0,
            last_heard: 0,
            last_heads: 0,
            pings: 0,
            failed: None,
            loss: None,
            told: None,
        };
        for wraps in bag_wraps {
            engine.keep_wraps(wraps);
        }
        for (scope, alarm) in resume.alarms {
            engine.lane(scope).alarm = Some(alarm);
        }
        engine
    }

    /// Takes what happened and says what to do, in order. `fresh` gives 32 new random bytes at each call.
    pub fn handle(&mut self, input: Input, fresh: &mut dyn FnMut() -> [u8; 32]) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Connected { token } => self.connected(token, &mut effects),
            Input::Disconnected => self.disconnected(),
            Input::Frame(frame) => {
                let costs = credit::costs(&frame);
                self.frame(frame, &mut effects);
                self.took_in(costs, &mut effects);
            }
            Input::OutboxReady { scope, items } => self.outbox_ready(scope, items, fresh, &mut effects),
            Input::Waiting(count) => self.waiting = count,
            Input::SealedStored { scope, number } => {
                self.outbound.entry(scope).or_default().stored(number);
                self.push(scope, &mut effects);
            }
            Input::Applied { scope, seq } => self.applied(scope, seq),
            Input::SegmentRead { scope } => self.segment_read(scope, &mut effects),
            Input::ReadAnew { scope } => self.read_anew(scope, &mut effects),
            Input::Reoffer { scope, batches } => self.reoffer(scope, batches, &mut effects),
            Input::Offer { scope, entries, next } => self.give_back(scope, entries, next, &mut effects),
            Input::BagRows { scope, rows } => {
                self.bags_asked.remove(&scope);
                offer_rows(rows, &mut effects);
            }
            Input::BagKept { scope, keys } => self.bag_kept(scope, keys, &mut effects),
            Input::Begun { scope, outcome } => self.begun(scope, outcome, &mut effects),
            Input::Look { scope, glance } => self.look(scope, &glance, fresh, &mut effects),
            Input::Spoiled { scope, stretches } => self.spoiled(scope, &stretches, &mut effects),
            Input::Compared { theirs, ours } => self.compared(&theirs, &ours, &mut effects),
            Input::ControlAuthored(step) => self.control_authored(step, &mut effects),
            Input::Tick(now) => self.tick(now, &mut effects),
        }
        let status = self.status();
        if self.told.as_ref() != Some(&status) {
            self.told = Some(status.clone());
            effects.push(Effect::Status(status));
        }
        effects
    }

    /// The control log as it is known.
    pub fn log(&self) -> &ControlLog {
        &self.log
    }

    /// This device's keys.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// This device's keys, to put in a bag key that it has made.
    pub fn ring_mut(&mut self) -> &mut KeyRing {
        &mut self.ring
    }

    /// How far a scope's log is applied.
    pub fn cursor(&self, scope: Scope) -> Cursor {
        self.inbound.get(&scope).map_or_else(|| self.start(scope), |lane| lane.applied)
    }

    fn start(&self, scope: Scope) -> Cursor {
        Cursor { seq: 0, chain: chain::start(self.log.company(), scope) }
    }

    fn lane(&mut self, scope: Scope) -> &mut Inbound {
        let start = self.start(scope);
        self.inbound.entry(scope).or_insert_with(|| Inbound::at(start))
    }

    fn frame(&mut self, frame: ServerFrame, effects: &mut Vec<Effect>) {
        self.last_heard = self.now;
        match frame {
            ServerFrame::Welcome { version, log, time_ms, control, control_len, heads } => {
                effects.push(Effect::RelayTime(time_ms));
                if self.understands(version) {
                    self.welcome(log, control, control_len, &heads, effects);
                }
            }
            ServerFrame::Ack { scope, acks } => self.acked(scope, &acks, effects),
            ServerFrame::Refused { scope, refusal } => self.refused(scope, &refusal, effects),
            ServerFrame::Entries { scope, from, entries, head, chain } => {
                self.entries(scope, from, entries, head, chain, effects);
            }
            ServerFrame::ControlRecords { from, records, len } => self.control_records(from, records, len, effects),
            ServerFrame::ControlAccepted { hash, .. } => self.control_accepted(hash, effects),
            ServerFrame::ControlConflict { len, .. } => self.control_conflict(len, effects),
            ServerFrame::Bag { scope, wraps, rows, more, listing } => {
                if listing {
                    self.compare_rows(scope, &rows, more, effects);
                }
                self.bag(scope, wraps, rows, more, effects);
                self.hand_out(scope, effects);
            }
            ServerFrame::Heads { heads } => self.heads(&heads, effects),
            ServerFrame::Marks { marks } => effects.push(Effect::Marks(marks)),
            ServerFrame::GoAway { code } => {
                self.disconnected();
                if code == RefusalCode::Revoked.code() {
                    // Where the control log says so too, that is what is shown.
                    self.failed = Some(RefusalCode::Revoked.code());
                    effects.push(Effect::Stopped);
                } else {
                    effects.push(Effect::Reconnect);
                }
            }
            ServerFrame::Holds { scope, authors } => self.holds(scope, authors, effects),
            ServerFrame::Offered { scope, last } => self.gave_back(scope, last, effects),
            ServerFrame::Receipt(receipt) => effects.push(Effect::Receipt(receipt)),
            ServerFrame::Stamp(view) => effects.push(Effect::Stamp(view)),
            // Nothing else of what a device sends without a request's id is refused under such a code.
            ServerFrame::Error { request: None, code } if code.starts_with("sync.") && !self.authored.is_empty() => {
                self.refuse_authored(&code, effects);
            }
            ServerFrame::Error { request, code } => effects.push(Effect::Refused { request, code }),
            ServerFrame::Lost { loss } => self.note_loss(loss, effects),
            ServerFrame::Manifests { scope, kept } => self.manifests(scope, &kept, effects),
            ServerFrame::Pack { scope, pack } => self.pack(scope, pack, effects),
            ServerFrame::Glance { scope, glance } => self.glanced(scope, &glance, effects),
            ServerFrame::Begins { scope, at, chain, head } => {
                self.log_begins(scope, Cursor { seq: at, chain }, head, effects);
            }
            ServerFrame::Fingerprint(theirs) => self.fingerprint(theirs, effects),
            ServerFrame::Pong { time_ms, .. } => effects.push(Effect::RelayTime(time_ms)),
            // files and what is made of a log are carried beside the connection, and answered there
            ServerFrame::ManifestKept { .. }
            | ServerFrame::HeldBy { .. }
            | ServerFrame::LeftKept { .. }
            | ServerFrame::LeftBehind { .. }
            | ServerFrame::Attachment { .. }
            | ServerFrame::AttachmentBytes { .. } => {}
        }
    }
}
