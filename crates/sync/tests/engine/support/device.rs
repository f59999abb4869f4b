//! A laptop: the engine, over a store that is a few maps.

use std::collections::BTreeMap;

use zuc_protocol::Blob;
use zuc_protocol::chain::LogKind;
use zuc_protocol::control::{ControlLog, SignedControl};
use zuc_protocol::envelope::SealedBatch;
use zuc_protocol::ids::{ChainHash, DeviceId, Incarnation, ItemId, LogId};
use zuc_protocol::item::{Fact, Item};
use zuc_protocol::messages::{ClientFrame, Offered, ServerFrame};
use zuc_protocol::person_key::BagKeyWraps;
use zuc_protocol::scope::Scope;
use zuc_sync::{
    Advance, Alarm, AuthorCursor, Config, Cursor, Effect, Engine, Input, OutboxItem, OwnHead, Resume, StoredBatch,
};

use super::{Company, Dice, Relay, fact, keys};

/// A device: engine and a store that is a few maps.
pub(crate) struct Device {
    pub(crate) seed: u8,
    pub(crate) config: Config,
    pub(crate) engine: Engine,
    pub(crate) dice: Dice,
    pub(crate) incarnation: Incarnation,
    pub(crate) outbox: Vec<(Scope, OutboxItem)>,
    pub(crate) sealed: Vec<StoredBatch>,
    pub(crate) own: Vec<OwnHead>,
    pub(crate) cursors: BTreeMap<Scope, Cursor>,
    pub(crate) authors: BTreeMap<(Scope, DeviceId), AuthorCursor>,
    pub(crate) facts: BTreeMap<ItemId, String>,
    pub(crate) quarantined: Vec<&'static str>,
    pub(crate) refused: Vec<&'static str>,
    pub(crate) applied: usize,
    pub(crate) sent: Vec<ClientFrame>,
    pub(crate) effects: Vec<Effect>,
    bag_wraps: Vec<BagKeyWraps>,
    /// All that it has read or was told is durable, by author and number.
    held: BTreeMap<(Scope, DeviceId, u64), Blob>,
    /// The membership as it lies on its disk, and the records of forks beside it.
    records: Vec<SignedControl>,
    forks: Vec<SignedControl>,
    places: BTreeMap<(Scope, u64), ChainHash>,
    pub(crate) alarms: BTreeMap<Scope, Alarm>,
    relay_log: Option<LogId>,
    earlier_logs: Vec<LogId>,
    offers_due: bool,
}

impl Device {
    pub(crate) fn new(seed: u8, company: &Company) -> Self {
        let resume = Resume { bag_wraps: company.bag_wraps.clone(), ..Resume::default() };
        let engine = Engine::new(Config::default(), keys(seed), company.log.clone(), resume);
        Self {
            seed,
            config: Config::default(),
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
            records: company.log.records_from(0).to_vec(),
            forks: vec![],
            places: BTreeMap::new(),
            alarms: BTreeMap::new(),
            relay_log: None,
            earlier_logs: vec![],
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
            places: self
                .places
                .iter()
                .map(|((scope, seq), chain)| (*scope, Cursor { seq: *seq, chain: *chain }))
                .collect(),
            alarms: self.alarms.iter().map(|(scope, alarm)| (*scope, *alarm)).collect(),
            relay_log: self.relay_log,
            earlier_logs: self.earlier_logs.clone(),
            offers_due: self.offers_due,
            ..Resume::default()
        };
        let mut log = ControlLog::replay(self.engine.log().company(), self.records.clone()).unwrap();
        for record in &self.forks {
            log.offer(record.clone()).unwrap();
        }
        self.engine = Engine::new(self.config, keys(self.seed), log, resume);
        self.sent.clear();
    }

    /// It was written by a version that kept no chains.
    pub(crate) fn forget_places(&mut self) {
        self.places.clear();
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
                Effect::Alarm { scope, alarm } => _ = self.alarms.insert(scope, alarm),
                Effect::AlarmOver { scope } => _ = self.alarms.remove(&scope),
                Effect::StoreControl { seq, record } => self.keep_record(seq, record),
                Effect::Forked { records, .. } => self.forks.extend(records),
                Effect::BranchLeft { from, .. } => {
                    for cursor in self.authors.values_mut() {
                        cursor.control_seq = cursor.control_seq.min(from - 1);
                    }
                }
                Effect::LogChanged { log } => {
                    if self.relay_log != Some(log) {
                        self.alarms.clear();
                        self.earlier_logs.extend(self.relay_log);
                    }
                    self.places.clear();
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

    fn keep_record(&mut self, seq: u64, record: SignedControl) {
        let seq = usize::try_from(seq).unwrap();
        if self.records.get(seq) != Some(&record) {
            self.records.truncate(seq);
            assert_eq!(self.records.len(), seq, "a membership without a hole");
            self.records.push(record);
        }
    }

    fn move_cursor(&mut self, scope: Scope, advance: &Advance) {
        let before = self.cursors.get(&scope).map_or(0, |cursor| cursor.seq);
        assert_eq!(advance.seq, before + 1, "a cursor moves by one entry in {scope}");
        self.cursors.insert(scope, Cursor { seq: advance.seq, chain: advance.chain });
        self.places.insert((scope, advance.seq), advance.chain);
        if let Some((author, cursor)) = advance.author {
            self.authors.insert((scope, author), cursor);
        }
    }

    pub(crate) fn frame(&mut self, frame: ServerFrame) {
        self.input(Input::Frame(frame));
    }

    /// Is told one thing as often as it asks, for half a minute from a moment on.
    pub(crate) fn insist(&mut self, from: i64, frame: &ServerFrame) {
        for second in [0, 10, 20] {
            self.input(Input::Tick(from + second * 1_000));
            self.frame(frame.clone());
        }
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
