//! One laptop: the product's store, the product's engine, and what is on its way to and from the relay.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Timestamp, civil::date};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use uuid::Uuid;
use zuc_domain::shared::{CompanyId, DeviceId};
use zuc_protocol::{
    control::{ControlLog, SignedControl},
    identity::DeviceKeys,
    ids::{Incarnation, PersonId},
    messages::{ClientFrame, ServerFrame},
};
use zuc_relay::log::Session;
use zuc_store::{Identity, Session as Command, Store, Tx};
use zuc_sync::{Config, Effect, Engine, Input};

/// The first second of every story, of 1970.
const BEGINNING: i64 = 1_790_000_000;

/// Whether the disk has no room for what an effect asks of it.
pub type Full = Box<dyn FnMut(&Effect) -> bool + Send>;

/// A laptop.
pub struct Laptop {
    /// Whose it is.
    pub name: &'static str,
    /// Its data.
    pub store: Store,
    /// What it says to the relay and makes of the answers.
    pub engine: Engine,
    /// Codes of the entries that it set aside.
    pub set_aside: Vec<String>,
    /// At which effect its disk is full, once.
    pub full_at: Option<Full>,
    /// Frames on their way to the relay.
    pub up: VecDeque<ClientFrame>,
    /// Frames on their way back.
    pub down: VecDeque<ServerFrame>,
    pub(super) session: Option<Session>,
    seeds: [u8; 64],
    person: PersonId,
    chance: Arc<Mutex<ChaCha8Rng>>,
    second: i64,
}

impl Laptop {
    pub(super) async fn new(
        name: &'static str,
        number: u8,
        person: PersonId,
        keys: &DeviceKeys,
        records: &[SignedControl],
        seed: u64,
    ) -> Self {
        let chance = Arc::new(Mutex::new(ChaCha8Rng::seed_from_u64(seed << 8 | u64::from(number))));
        let bytes = chance.clone();
        let entropy = move |out: &mut [u8]| bytes.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(out);
        let store = Store::in_memory(Arc::new(entropy)).await.expect("a store in memory");
        for (seq, record) in (0_u64..).zip(records) {
            let bytes = record.to_bytes().expect("a record that was read");
            store.append_control(seq, &record.hash(), &bytes).await.expect("an open store");
        }
        let control = control_of(records);
        let incarnation = Incarnation([number + 1; 16]);
        let identity = Identity {
            company: CompanyId(control.company().to_uuid()),
            device: DeviceId(keys.id().to_uuid()),
            incarnation,
            actor: keys.public().actor(incarnation),
        };
        store.adopt(identity).await.expect("an open store");
        let seeds = *keys.to_seeds();
        let resume = store.resume(&control).await.expect("an open store");
        let engine = Engine::new(Config::default(), DeviceKeys::from_both(&seeds), control, resume);
        Self {
            name,
            store,
            engine,
            set_aside: Vec::new(),
            full_at: None,
            up: VecDeque::new(),
            down: VecDeque::new(),
            session: None,
            seeds,
            person,
            chance,
            second: 0,
        }
    }

    /// Its keys.
    pub fn keys(&self) -> DeviceKeys {
        DeviceKeys::from_both(&self.seeds)
    }

    /// Who sits at it.
    pub fn person(&self) -> zuc_domain::shared::PersonId {
        zuc_domain::shared::PersonId(self.person.to_uuid())
    }

    /// Whether it has a connection.
    pub fn is_online(&self) -> bool {
        self.session.is_some()
    }

    pub(super) fn draw(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// Begins the transaction of a command, a second after the one before.
    pub async fn begin(&mut self) -> Tx {
        self.second += 1;
        let command = Command {
            person: self.person(),
            at: self.now(),
            today: date(2026, 9, 21),
            correlation: Uuid::from_u128(5),
            offline: !self.is_online(),
        };
        self.store.begin(command).await.expect("an open store")
    }

    /// The laptop's clock; each goes as its commands do.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_second(BEGINNING + self.second).expect("this century")
    }

    /// Commits a command and offers it to the engine, as the product does.
    pub async fn commit(&mut self, tx: Tx) {
        tx.commit().await.expect("an open store");
        for input in self.store.offers().await.expect("an open store") {
            self.hear(input).await;
        }
    }

    /// Gives the engine an input and carries out all that follows.
    pub async fn hear(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let chance = self.chance.clone();
            let mut draw = || {
                let mut bytes = [0; 32];
                chance.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
                bytes
            };
            for effect in self.engine.handle(input, &mut draw) {
                if self.is_full(&effect) {
                    // as the product does: nothing that the engine took for done behind it is built upon
                    self.restart().await;
                    return;
                }
                let carried = self.store.carry(&effect, self.engine.ring(), self.now()).await;
                let carried = carried.unwrap_or_else(|error| panic!("{}: {effect:?}: {error}", self.name));
                inputs.extend(carried.inputs);
                self.set_aside.extend(carried.refused);
                match effect {
                    Effect::Send(frame) => self.up.push_back(frame),
                    Effect::Reconnect => {
                        self.hang_up();
                        inputs.push_back(Input::Disconnected);
                    }
                    _ => {}
                }
            }
        }
    }

    /// The frame at `which` of those on their way here arrives `times` times; `false` when none is on its way.
    pub async fn receive(&mut self, which: usize, times: usize) -> bool {
        if self.down.is_empty() {
            return false;
        }
        let Some(frame) = self.down.remove(which % self.down.len()) else { return false };
        for _ in 0..times {
            if self.is_online() {
                self.hear(Input::Frame(frame.clone())).await;
            }
        }
        true
    }

    pub(super) async fn connected(&mut self, session: Session) {
        self.session = Some(session);
        self.hear(Input::Connected { token: "story".into() }).await;
        let waiting = self.store.unsent().await.expect("an open store");
        self.hear(Input::Waiting(waiting)).await;
    }

    /// The connection breaks, and what was on its way is lost.
    pub async fn disconnect(&mut self) {
        self.hang_up();
        self.hear(Input::Disconnected).await;
    }

    fn hang_up(&mut self) {
        self.session = None;
        self.up.clear();
        self.down.clear();
    }

    fn is_full(&mut self, effect: &Effect) -> bool {
        let full = self.full_at.as_mut().is_some_and(|full_at| full_at(effect));
        self.full_at.take_if(|_| full).is_some()
    }

    /// The program dies and starts again from what its store holds.
    pub async fn restart(&mut self) {
        self.hang_up();
        let control = self.store.control().await.expect("a log that stands");
        self.store.end_what_was_left(&control).await.expect("an open store");
        let resume = self.store.resume(&control).await.expect("an open store");
        self.engine = Engine::new(Config::default(), self.keys(), control, resume);
    }
}

fn control_of(records: &[SignedControl]) -> ControlLog {
    let mut records = records.iter().cloned();
    let mut control = ControlLog::open(records.next().expect("a genesis record")).expect("a genesis record");
    for record in records {
        control.append(record).expect("records that stood");
    }
    control
}
