//! A company in memory for the stories: devices with a tiny store each, and frames fed by hand from a tiny relay.

use std::collections::BTreeMap;

use zuc_protocol::Blob;
use zuc_protocol::chain::{self, LogEntry, LogKind};
use zuc_protocol::control::{ControlLog, Founding, SignedControl, found};
use zuc_protocol::envelope::{BatchBody, BatchHeader, BatchKind, SealedBatch, SeenTip};
use zuc_protocol::identity::DeviceKeys;
use zuc_protocol::ids::{BatchHash, ChainHash, ControlHead, DeviceId, EpochId, Incarnation, ItemId, LogId, PersonId};
use zuc_protocol::item::{Fact, Item};
use zuc_protocol::messages::{
    Acked, AuthorTip, ClientFrame, Offered, Refusal, RefusalCode, ScopeHead, ServerFrame, Stored,
};
use zuc_protocol::person_key::held_rows;
use zuc_protocol::scope::{Rights, Role, Scope};
use zuc_protocol::secret::{BagKey, EpochKey, IndexKey};
use zuc_protocol::{recovery, suite};
use zuc_sync::membership::{Joining, approve_join, founding_bags};
use zuc_sync::{Config, Cursor, Effect, Engine, Input, KeyRing, OutboxItem, OwnHead, Resume, StoredBatch};

pub(crate) const SALES: Scope = Scope::Sales(1);

pub(crate) fn keys(seed: u8) -> DeviceKeys {
    DeviceKeys::from_seeds(&[seed; 32], &[seed ^ 0x80; 32])
}

pub(crate) fn root() -> DeviceKeys {
    recovery::root_keys(&[0x42; recovery::SECRET])
}

/// Different bytes at every call.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> [u8; 32] {
        self.0 += 1;
        let mut bytes = [0x5a; 32];
        bytes[..8].copy_from_slice(&self.0.to_le_bytes());
        bytes
    }
}

/// Luis (gerencia, administración) on device 1, Ana (ventas) on device 2, Carla (finanzas) on device 3.
pub(crate) struct Company {
    pub(crate) log: ControlLog,
    pub(crate) bag_wraps: Vec<zuc_protocol::person_key::BagKeyWraps>,
}

pub(crate) fn company() -> Company {
    let mut dice = Dice(0);
    let bags: Vec<_> = Scope::FIRST.map(|scope| (scope, BagKey::from_bytes(dice.roll()))).to_vec();
    let luis = keys(1);
    let genesis = found(
        &Founding {
            salt: [9; 16],
            name: "Escuela Kemper Urgate",
            person: PersonId([1; 16]),
            rights: Rights::new([Role::Gerencia, Role::Administracion], []),
            label: "Luis",
            device: &luis,
            root: &root(),
            index: &IndexKey::from_bytes(dice.roll()),
            scopes: bags.iter().map(|(scope, bag)| (*scope, EpochKey::from_bytes(dice.roll()), bag.clone())).collect(),
            relay_url: None,
            time_ms: 1,
        },
        &mut || dice.roll(),
    )
    .unwrap();
    let mut log = ControlLog::open(genesis).unwrap();
    let mut ring = KeyRing::of_device(luis, &log);
    let mut wraps = founding_bags(&log, &ring, &bags, &mut || dice.roll()).unwrap();
    for wraps in &wraps {
        let _ = ring.learn_bag(&log, wraps);
    }
    for (seed, role) in [(2, Role::Ventas), (3, Role::Finanzas)] {
        ring.learn(&log);
        let joining = Joining {
            person: PersonId([seed; 16]),
            rights: Some(Rights::new([role], [1])),
            device: keys(seed).public(),
            label: "otra",
        };
        for step in approve_join(&log, &ring, &joining, 2, &mut || dice.roll()).unwrap() {
            log.append(step.record).unwrap();
            wraps.extend(step.wraps);
            wraps.extend(step.replacements.into_iter().map(|replacement| replacement.wraps));
        }
    }
    Company { log, bag_wraps: wraps }
}

/// A relay that keeps the rules a story needs, in memory.
pub(crate) struct Relay {
    pub(crate) version: u8,
    pub(crate) log_id: LogId,
    pub(crate) control: ControlLog,
    pub(crate) scopes: BTreeMap<Scope, Vec<LogEntry>>,
    pub(crate) numbers: BTreeMap<(Scope, DeviceId), Vec<Stored>>,
    pub(crate) bag_wraps: Vec<zuc_protocol::person_key::BagKeyWraps>,
}

impl Relay {
    pub(crate) fn new(control: ControlLog) -> Self {
        Self {
            version: suite::VERSION,
            log_id: LogId([1; 16]),
            control,
            scopes: BTreeMap::new(),
            numbers: BTreeMap::new(),
            bag_wraps: vec![],
        }
    }

    pub(crate) fn chain(&self, scope: Scope, seq: u64) -> ChainHash {
        let start = chain::start(self.control.company(), scope);
        let entries = self.scopes.get(&scope).map_or(&[][..], Vec::as_slice);
        chain::extend(start, &entries[..usize::try_from(seq).unwrap()])
    }

    pub(crate) fn head(&self, scope: Scope) -> ScopeHead {
        let seq = self.scopes.get(&scope).map_or(0, Vec::len) as u64;
        ScopeHead { scope, seq, chain: self.chain(scope, seq) }
    }

    pub(crate) fn append(&mut self, scope: Scope, kind: LogKind, bytes: Vec<u8>) -> Acked {
        let log = self.scopes.entry(scope).or_default();
        let seq = log.len() as u64 + 1;
        let hash = zuc_protocol::envelope::batch_hash(&bytes);
        log.push(LogEntry { seq, kind, bytes: Blob(bytes) });
        Acked { hash, seq, chain: self.chain(scope, seq) }
    }

    pub(crate) fn entries(&self, scope: Scope, from: u64) -> ServerFrame {
        let all = self.scopes.get(&scope).cloned().unwrap_or_default();
        let head = all.len() as u64;
        let entries: Vec<_> = all.into_iter().filter(|entry| entry.seq > from).collect();
        ServerFrame::Entries { scope, from, entries, head, chain: self.chain(scope, head) }
    }

    pub(crate) fn control_from(&self, from: u64) -> ServerFrame {
        ServerFrame::ControlRecords { from, records: self.control.records_from(from).to_vec(), len: self.control.len() }
    }

    /// Answers one frame of a device.
    pub(crate) fn answer(&mut self, frame: ClientFrame) -> Vec<ServerFrame> {
        match frame {
            ClientFrame::Hello { .. } | ClientFrame::Behind { .. } => vec![ServerFrame::Welcome {
                version: self.version,
                log: self.log_id,
                time_ms: 5,
                control: self.control.head(),
                control_len: self.control.len(),
                heads: Scope::FIRST.map(|scope| self.head(scope)).to_vec(),
            }],
            ClientFrame::Push { scope, batches, .. } => self.push(scope, batches),
            ClientFrame::Pull { scope, from, .. } => vec![self.entries(scope, from)],
            ClientFrame::Subscribe { cursors } => {
                cursors.iter().map(|cursor| self.entries(cursor.scope, cursor.seq)).collect()
            }
            ClientFrame::Control { from } => vec![self.control_from(from)],
            ClientFrame::ControlAppend { record, .. } => match self.control.append(record) {
                Ok(hash) => vec![ServerFrame::ControlAccepted { seq: self.control.last_seq(), hash }],
                Err(_) => {
                    vec![ServerFrame::ControlConflict { head: self.control.head(), len: self.control.len() }]
                }
            },
            ClientFrame::ControlOffer { records } => {
                for record in records {
                    self.control.append(record).unwrap();
                }
                vec![ServerFrame::ControlAccepted { seq: self.control.last_seq(), hash: self.control.head() }]
            }
            ClientFrame::Holds { scope } => {
                let of_scope = self.numbers.iter().filter(|((of, _), _)| *of == scope);
                let tip = |((_, author), known): (&(Scope, DeviceId), &Vec<Stored>)| AuthorTip {
                    author: *author,
                    number: known.len() as u64,
                };
                vec![ServerFrame::Holds { scope, authors: of_scope.map(tip).collect() }]
            }
            ClientFrame::Offer { scope, entries, last } => {
                for entry in entries {
                    self.take_back(scope, entry);
                }
                vec![ServerFrame::Offered { scope, last }]
            }
            ClientFrame::Heads => {
                vec![ServerFrame::Heads { heads: Scope::FIRST.map(|scope| self.head(scope)).to_vec() }]
            }
            ClientFrame::Bag { scope, have, .. } => {
                let wraps = self.bag_wraps.iter().filter(|wraps| wraps.scope == scope).cloned().collect();
                // it has just what the asker says, and nothing where the asker says nothing
                vec![ServerFrame::Bag { scope, wraps, rows: vec![], more: false, listing: have == held_rows([]) }]
            }
            ClientFrame::Ping(number) => vec![ServerFrame::Pong { number, time_ms: 6 }],
            _ => vec![],
        }
    }

    fn take_back(&mut self, scope: Scope, entry: Offered) {
        let header = SealedBatch::parse(&entry.bytes.0).unwrap().header().clone();
        let last = self.numbers.entry((scope, header.author)).or_default().len() as u64;
        if header.number == last + 1 {
            let ack = self.append(scope, entry.kind, entry.bytes.0);
            let stored = Stored { hash: ack.hash, seq: ack.seq };
            self.numbers.entry((scope, header.author)).or_default().push(stored);
        }
    }

    fn push(&mut self, scope: Scope, batches: Vec<Blob>) -> Vec<ServerFrame> {
        let mut acks = Vec::new();
        let mut answers = Vec::new();
        for bytes in batches {
            let batch = SealedBatch::parse(&bytes.0).unwrap();
            let header = batch.header().clone();
            let known = self.numbers.entry((scope, header.author)).or_default().clone();
            let last_accepted = known.len() as u64;
            let refuse = |code, stored| Refusal { hash: batch.hash(), code, stored, last_accepted };
            let stored = known.get(usize::try_from(header.number - 1).unwrap()).copied();
            let refusal = match (stored, self.control.gate(&header)) {
                (Some(stored), _) if stored.hash == batch.hash() => {
                    acks.push(Acked { hash: stored.hash, seq: stored.seq, chain: self.chain(scope, stored.seq) });
                    continue;
                }
                (Some(stored), _) => refuse(RefusalCode::NumberTaken, Some(stored)),
                (None, Err(code)) => refuse(code, None),
                (None, Ok(())) if header.number != last_accepted + 1 => refuse(RefusalCode::NumberGap, None),
                (None, Ok(())) => {
                    let ack = self.append(scope, LogKind::Batch, bytes.0);
                    let stored = Stored { hash: ack.hash, seq: ack.seq };
                    self.numbers.entry((scope, header.author)).or_default().push(stored);
                    acks.push(ack);
                    continue;
                }
            };
            answers.push(ServerFrame::Refused { scope, refusal });
            break;
        }
        answers.insert(0, ServerFrame::Ack { scope, acks });
        answers
    }
}

/// A device: engine and a store that is a few maps.
pub(crate) struct Device {
    pub(crate) seed: u8,
    pub(crate) engine: Engine,
    pub(crate) dice: Dice,
    pub(crate) incarnation: Incarnation,
    pub(crate) outbox: Vec<(Scope, OutboxItem)>,
    pub(crate) sealed: Vec<StoredBatch>,
    pub(crate) own: Vec<OwnHead>,
    pub(crate) cursors: BTreeMap<Scope, Cursor>,
    pub(crate) authors: BTreeMap<(Scope, DeviceId), zuc_sync::AuthorCursor>,
    pub(crate) facts: BTreeMap<ItemId, String>,
    pub(crate) quarantined: Vec<&'static str>,
    pub(crate) refused: Vec<&'static str>,
    pub(crate) applied: usize,
    pub(crate) sent: Vec<ClientFrame>,
    pub(crate) effects: Vec<Effect>,
    bag_wraps: Vec<zuc_protocol::person_key::BagKeyWraps>,
    /// All that it has read or was told is durable, by author and number.
    held: BTreeMap<(Scope, DeviceId, u64), Blob>,
    relay_log: Option<LogId>,
    offers_due: bool,
}

impl Device {
    pub(crate) fn new(seed: u8, company: &Company) -> Self {
        let resume = Resume { bag_wraps: company.bag_wraps.clone(), ..Resume::default() };
        let engine = Engine::new(Config::default(), keys(seed), company.log.clone(), resume);
        Self {
            seed,
            engine,
            dice: Dice(u64::from(seed) << 32),
            incarnation: Incarnation([seed; 16]),
            outbox: vec![],
            sealed: vec![],
            own: vec![],
            cursors: BTreeMap::new(),
            authors: BTreeMap::new(),
            facts: BTreeMap::new(),
            quarantined: vec![],
            refused: vec![],
            applied: 0,
            sent: vec![],
            effects: vec![],
            bag_wraps: company.bag_wraps.clone(),
            held: BTreeMap::new(),
            relay_log: None,
            offers_due: false,
        }
    }

    /// Keeps the bytes of an entry.
    fn hold(&mut self, scope: Scope, bytes: Vec<u8>) {
        if let Ok(batch) = SealedBatch::parse(&bytes) {
            let (author, number) = (batch.header().author, batch.header().number);
            self.held.insert((scope, author, number), Blob(bytes));
        }
    }

    pub(crate) fn id(&self) -> DeviceId {
        keys(self.seed).id()
    }

    /// The process dies and starts again from what its store holds.
    pub(crate) fn restart(&mut self) {
        let resume = Resume {
            cursors: self.cursors.iter().map(|(scope, cursor)| (*scope, *cursor)).collect(),
            authors: self.authors.iter().map(|((scope, author), cursor)| (*scope, *author, *cursor)).collect(),
            own: self.own.clone(),
            unacked: self.sealed.clone(),
            bag_wraps: self.bag_wraps.clone(),
            relay_log: self.relay_log,
            offers_due: self.offers_due,
            ..Resume::default()
        };
        let log = self.engine.log().clone();
        self.engine = Engine::new(Config::default(), keys(self.seed), log, resume);
        self.sent.clear();
    }

    /// Writes a fact into the outbox, as a command does.
    pub(crate) fn write(&mut self, scope: Scope, id: u8, body: &str) {
        let fact = Fact {
            id: ItemId([id; 16]),
            kind: "activity.logged".into(),
            subject: ItemId([1; 16]),
            fence: 0,
            body: body.into(),
            person_keys: vec![],
            events: vec![],
            part: None,
        };
        self.facts.insert(fact.id, fact.body.clone());
        let item =
            OutboxItem { id: i64::from(id), incarnation: self.incarnation, item: Item::Fact(fact), bag_rows: vec![] };
        self.outbox.push((scope, item));
        self.feed(scope);
    }

    /// As [`Self::write`], without offering it yet.
    pub(crate) fn note(&mut self, scope: Scope, number: u32) {
        let mut id = [0x77; 16];
        id[..4].copy_from_slice(&number.to_le_bytes());
        let item = Item::Fact(Fact { id: ItemId(id), ..fact(0, "activity.logged") });
        self.outbox
            .push((scope, OutboxItem { id: i64::from(number), incarnation: self.incarnation, item, bag_rows: vec![] }));
    }

    pub(crate) fn feed(&mut self, scope: Scope) {
        let items: Vec<_> = self.outbox.iter().filter(|(of, _)| *of == scope).map(|(_, item)| item.clone()).collect();
        let sealed: Vec<i64> = self.sealed.iter().flat_map(|batch| batch.outbox.clone()).collect();
        let items: Vec<_> = items.into_iter().filter(|item| !sealed.contains(&item.id)).collect();
        if !items.is_empty() {
            self.input(Input::OutboxReady { scope, items });
        }
    }

    /// Handles one input and carries its effects out; what is to be sent waits in `sent`.
    pub(crate) fn input(&mut self, input: Input) {
        let dice = &mut self.dice;
        let effects = self.engine.handle(input, &mut || dice.roll());
        for effect in effects {
            self.effects.push(effect.clone());
            match effect {
                Effect::Send(frame) => self.sent.push(frame),
                Effect::StoreSealed(batch) => {
                    let (scope, number) = (batch.scope, batch.number);
                    self.sealed.push(batch);
                    self.input(Input::SealedStored { scope, number });
                }
                Effect::MarkAcked { scope, number, hash, outbox, advance, .. } => {
                    if let Some(batch) = self.sealed.iter().find(|batch| batch.hash == hash) {
                        self.hold(scope, batch.bytes.clone());
                    }
                    self.sealed.retain(|batch| batch.hash != hash);
                    self.outbox.retain(|(_, item)| !outbox.contains(&item.id));
                    self.own.retain(|own| own.scope != scope || own.number > number);
                    self.own.push(OwnHead { scope, number, hash });
                    if let Some(advance) = advance {
                        self.move_cursor(scope, &advance);
                    }
                }
                Effect::Apply { scope, advance, items, bytes, .. } => {
                    self.hold(scope, bytes);
                    self.applied += 1;
                    for item in items {
                        if let Item::Fact(fact) = item {
                            self.facts.insert(fact.id, fact.body);
                        }
                    }
                    self.move_cursor(scope, &advance);
                    self.input(Input::Applied { scope, seq: advance.seq });
                }
                Effect::Quarantine { scope, advance, code, bytes, .. } => {
                    self.hold(scope, bytes);
                    self.quarantined.push(code);
                    self.move_cursor(scope, &advance);
                    self.input(Input::Applied { scope, seq: advance.seq });
                }
                Effect::Unseal { numbers, scope, .. } => {
                    self.sealed.retain(|batch| batch.scope != scope || !numbers.contains(&batch.number));
                }
                Effect::OutboxRefused { outbox, code, scope, number } => {
                    self.refused.push(code);
                    self.outbox.retain(|(_, item)| !outbox.contains(&item.id));
                    self.sealed.retain(|batch| batch.scope != scope || Some(batch.number) != number);
                }
                Effect::NeedOutbox { scope } => self.feed(scope),
                Effect::LogChanged { log } => {
                    self.cursors.clear();
                    self.authors.clear();
                    (self.relay_log, self.offers_due) = (Some(log), true);
                }
                Effect::LogNamed { log } => self.relay_log = Some(log),
                Effect::NeedOffer { scope, above, .. } => {
                    let known = |author: &DeviceId, number: u64| {
                        above.iter().any(|tip| tip.author == *author && number <= tip.number)
                    };
                    let of_scope = self.held.iter().filter(|((of, ..), _)| *of == scope);
                    let lacking = of_scope.filter(|((_, author, number), _)| !known(author, *number));
                    let offered = |(_, bytes): (_, &Blob)| Offered { kind: LogKind::Batch, bytes: bytes.clone() };
                    let entries = lacking.map(offered).collect();
                    self.input(Input::Offer { scope, entries, next: None });
                }
                Effect::OffersDone => self.offers_due = false,
                Effect::StoreBag { scope, wraps, .. } if !wraps.is_empty() => {
                    self.input(Input::BagKept { scope, keys: vec![] });
                }
                Effect::NeedBagRows { scope, .. } => self.input(Input::BagRows { scope, rows: vec![] }),
                _ => {}
            }
        }
    }

    fn move_cursor(&mut self, scope: Scope, advance: &zuc_sync::Advance) {
        let before = self.cursors.get(&scope).map_or(0, |cursor| cursor.seq);
        assert_eq!(advance.seq, before + 1, "a cursor moves by one entry in {scope}");
        self.cursors.insert(scope, Cursor { seq: advance.seq, chain: advance.chain });
        if let Some((author, cursor)) = advance.author {
            self.authors.insert((scope, author), cursor);
        }
    }

    pub(crate) fn frame(&mut self, frame: ServerFrame) {
        self.input(Input::Frame(frame));
    }

    /// Connects and talks with the relay until neither has anything to say.
    pub(crate) fn online(&mut self, relay: &mut Relay) {
        self.input(Input::Connected { token: "t".into() });
        self.talk(relay);
    }

    pub(crate) fn talk(&mut self, relay: &mut Relay) {
        for _ in 0..200 {
            let frames = std::mem::take(&mut self.sent);
            if frames.is_empty() {
                return;
            }
            for frame in frames {
                for answer in relay.answer(frame) {
                    self.frame(answer);
                }
            }
        }
        panic!("device and relay never come to rest");
    }

    /// The batches of the pushes that wait to be sent, taken out.
    pub(crate) fn take_pushes(&mut self) -> Vec<Vec<Blob>> {
        let (pushes, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.sent).into_iter().partition(|frame| matches!(frame, ClientFrame::Push { .. }));
        self.sent = rest;
        pushes
            .into_iter()
            .map(|frame| match frame {
                ClientFrame::Push { batches, .. } => batches,
                _ => unreachable!("only pushes were chosen"),
            })
            .collect()
    }
}

/// A record signed by Luis on the relay's log.
pub(crate) fn by_luis(relay: &Relay, act: zuc_protocol::control::ControlAct) -> SignedControl {
    relay.control.sign(act, 9, &keys(1)).unwrap()
}

pub(crate) fn scene() -> (Company, Relay, Device, Device) {
    let company = company();
    let mut relay = Relay::new(company.log.clone());
    relay.bag_wraps.clone_from(&company.bag_wraps);
    let (luis, ana) = (Device::new(1, &company), Device::new(2, &company));
    (company, relay, luis, ana)
}

/// A batch of one fact, sealed by hand: what an honest device would never send.
pub(crate) fn forged(
    log: &ControlLog,
    seed: u8,
    number: u64,
    prev: BatchHash,
    head: ControlHead,
    epoch: EpochId,
) -> SealedBatch {
    let ring = KeyRing::of_device(keys(1), log);
    let header = BatchHeader {
        version: suite::VERSION,
        suite: suite::SUITE,
        scope: SALES,
        epoch,
        kind: BatchKind::Fact,
        author: keys(seed).id(),
        incarnation: Incarnation([seed; 16]),
        number,
        prev,
        control_head: head,
    };
    let fact = fact(u8::try_from(number).unwrap() + 100, "activity.logged");
    let start = chain::start(log.company(), SALES);
    let body = BatchBody { seen: SeenTip::new(&LogId([1; 16]), 0, &start), items: vec![Item::Fact(fact)] };
    SealedBatch::seal(log.company(), header, &body, ring.epoch(epoch).unwrap(), &keys(seed), &[7; 24]).unwrap()
}

pub(crate) fn fact(id: u8, kind: &str) -> Fact {
    Fact {
        id: ItemId([id; 16]),
        kind: kind.into(),
        subject: ItemId([1; 16]),
        fence: 0,
        body: "{}".into(),
        person_keys: vec![],
        events: vec![],
        part: None,
    }
}
