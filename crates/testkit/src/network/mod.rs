//! A company in one process: laptops with the product's store and engine, the product's relay, and frames carried by
//! hand. There is no socket and no sleep, time passes when it is told to, and one seed decides every draw.

mod blank;
mod founding;
mod ground;
mod host;
mod laptop;
mod left;
mod recovery;
mod snapshot;

use uuid::Uuid;
use zuc_protocol::{
    control::{ControlAct, RemoveReason, SignedControl, next_epoch},
    identity::DeviceKeys,
    ids::{CompanyId, ControlHash, DeviceId, ItemId, RequestId},
    manifest::SPAN,
    messages::{ClientFrame, ServerFrame},
    receipt::{Claim, ClaimRequest, Decision},
    scope::{Rights, Scope},
    secret::EpochKey,
};
use zuc_relay::RelayError;
use zuc_store::Lease;
use zuc_sync::{
    ControlStep, Input, SyncStatus,
    membership::{
        Changing, Joining, Removing, approve_join, change_rights, erase, freeze, owed_keys, owed_renewals,
        remove_device,
    },
};

pub use ground::Ground;
pub use host::{Host, Time};
pub use laptop::{Full, Laptop, On};

use laptop::Owner;

/// Changes what the relay answers.
pub type Meddle = Box<dyn FnMut(&mut ServerFrame) + Send + Sync>;

/// How many times everybody is asked before it is said that they never come to rest.
const PATIENCE: usize = 400;

/// Laptops and their relay.
pub struct Network {
    /// The laptops, the founder's first.
    pub laptops: Vec<Laptop>,
    /// The relay's machine.
    pub host: Host,
    /// The time, which passes when it is told to.
    pub time: Time,
    /// The company.
    pub company: CompanyId,
    /// The keys of the recovery code that counts.
    code: DeviceKeys,
    /// From how many entries on a laptop that joins begins a log at a snapshot.
    pub begin_at: u64,
    /// What befalls a frame on its way to a laptop.
    pub meddle: Option<Meddle>,
    seed: u64,
    on: On,
    /// Laptops that ever joined: those taken away are counted, for nobody comes back under their keys.
    joined: u8,
}

impl Network {
    /// A company whose founder manages and administers it, and one laptop more for each of `others`, all connected and
    /// with nothing left to say. Their data lie in memory.
    pub async fn found(seed: u64, others: &[(&'static str, Rights)]) -> Self {
        Self::found_on(On::Memory, seed, others).await
    }

    /// The same, with the data of the laptops where it is said.
    pub async fn found_on(on: On, seed: u64, others: &[(&'static str, Rights)]) -> Self {
        let time = Time::default();
        let host = Host::new(time.clone()).await;
        let (founder, genesis) = Box::pin(founding::found_company(seed, on, time.clone())).await;
        let (company, _) = host.relay().log().create(genesis).await.expect("the first record of its company");
        let code = founding::root();
        let laptops = vec![founder];
        let mut network =
            Self { laptops, host, time, company, code, begin_at: SPAN, meddle: None, seed, on, joined: 0 };
        network.settle().await;
        for (name, rights) in others {
            Box::pin(network.join(name, rights.clone())).await;
        }
        Box::pin(network.settle()).await;
        network
    }

    /// One more laptop, let in by the founder's; all others must be connected and at rest.
    pub async fn join(&mut self, name: &'static str, rights: Rights) {
        self.joined += 1;
        let number = self.joined;
        let keys = founding::device_keys(number);
        let person = founding::person(number);
        let joining = Joining { person, rights: Some(rights), device: keys.public(), label: name };
        let founder = &mut self.laptops[0];
        let ring = founder.ring();
        let log = founder.engine.log().clone();
        let steps = approve_join(&log, &ring, &joining, 2, &mut || founder.draw()).expect("the founder may");
        for step in steps {
            self.author(step).await;
        }
        let records = self.laptops[0].engine.log().records_from(0).to_vec();
        let (seed, on, time) = (self.seed, self.on, self.time.clone());
        let begin_at = self.begin_at;
        let owner = Owner { name, number, person, keys: &keys, seed, on, time, begin_at };
        self.laptops.push(Box::pin(Laptop::new(owner, &records)).await);
    }

    /// The founder sets out to give a scope a new key, as somebody does every ninety days. Where the relay is away or
    /// others were first, nothing comes of it.
    pub async fn order_rotation(&mut self, scope: Scope) {
        let founder = &mut self.laptops[0];
        let (log, ring) = (founder.engine.log().clone(), founder.ring());
        let key = EpochKey::from_bytes(founder.draw());
        let act = next_epoch(&log, scope, &key, ring.current(&log, scope), None, &[], &mut || founder.draw());
        let record = log.sign(act.expect("good keys"), 2, ring.keys()).expect("the founder may");
        let step = ControlStep { record, replacements: vec![], wraps: vec![] };
        founder.hear(Input::ControlAuthored(step)).await;
    }

    /// A laptop gives the keys that it holds to those who joined without them; all must be connected and at rest.
    pub async fn give_owed_keys(&mut self, laptop: usize) {
        let holder = &mut self.laptops[laptop];
        let (log, ring) = (holder.engine.log().clone(), holder.ring());
        let steps = owed_keys(&log, &ring, 3, &mut || holder.draw()).expect("good keys");
        for step in steps {
            self.laptops[laptop].hear(Input::ControlAuthored(step)).await;
            self.settle().await;
        }
    }

    /// A laptop does what others could not do of removals and erasures, as the product does by itself once it has caught up;
    /// how many records that took.
    pub async fn pay_what_is_owed(&mut self, laptop: usize) -> usize {
        let holder = &mut self.laptops[laptop];
        let (log, ring, bags) = (holder.engine.log().clone(), holder.ring(), holder.bags().await);
        let steps = owed_renewals(&log, &ring, &bags, 3, &mut || holder.draw()).expect("good keys");
        let signed = steps.len();
        for step in steps {
            self.laptops[laptop].hear(Input::ControlAuthored(step)).await;
        }
        self.settle().await;
        signed
    }

    /// The founder enters the relay's key, so that what it signs counts.
    pub async fn trust_the_relay(&mut self) {
        let founder = &self.laptops[0];
        let key = self.host.relay().relay_keys().verify_key();
        let act = ControlAct::RelayKey { key, url: "https://relevo.example".into() };
        let record = founder.engine.log().sign(act, 2, &founder.keys()).expect("the founder may");
        self.author(ControlStep { record, replacements: vec![], wraps: vec![] }).await;
    }

    /// The founder says that the log which stands need wait for no more receipts; the code where the relay refuses that.
    pub async fn order_thaw(&mut self) -> Result<(), String> {
        let founder = &self.laptops[0];
        let log = self.host.log_id(self.company).await.expect("a disk that works");
        let record = founder.engine.log().sign(ControlAct::Thaw { log }, 2, &founder.keys()).expect("the founder may");
        self.offer_act(record).await
    }

    /// The same by the recovery code, which need not wait a day.
    pub async fn thaw_by_code(&mut self) -> Result<(), String> {
        let log = self.host.log_id(self.company).await.expect("a disk that works");
        let control = self.laptops[0].engine.log();
        let record = control.sign_as_root(ControlAct::Thaw { log }, 2, &self.code).expect("the code may");
        self.offer_act(record).await
    }

    async fn offer_act(&self, record: SignedControl) -> Result<(), String> {
        let founder = &self.laptops[0];
        let session = founder.session.as_ref().expect("the founder is connected");
        let frame = ClientFrame::ControlAppend { record, replacements: vec![], wraps: vec![] };
        let answers = self.host.relay().handle(session, frame).await;
        match answers.into_iter().next() {
            Some(ServerFrame::Error { code, .. }) => Err(code),
            _ => Ok(()),
        }
    }

    /// A connected laptop asks for the folio of an invoice: its number, or the code of the refusal.
    pub async fn claim_folio(&mut self, laptop: usize, invoice: u8) -> Result<u64, String> {
        let request = ClaimRequest {
            id: RequestId(self.laptops[laptop].draw()[..16].try_into().expect("sixteen bytes")),
            claim: Claim::Folio { serie: "A".into(), invoice: ItemId([invoice; 16]) },
        };
        let session = self.laptops[laptop].session.as_ref().expect("it is connected");
        for frame in self.host.relay().handle(session, ClientFrame::Claim(request)).await {
            match frame {
                ServerFrame::Receipt(receipt) => match receipt.peek().expect("a receipt").decision {
                    Decision::Folio { folio, .. } => return Ok(folio),
                    other => panic!("{other:?} is no folio"),
                },
                ServerFrame::Error { code, .. } => return Err(code),
                _ => {}
            }
        }
        panic!("a claim is answered")
    }

    /// A connected laptop asks for the lease of a process: as it measures it, or the code of the refusal, which is
    /// `relay.leased` where another holds it.
    pub async fn lease(&mut self, laptop: usize, job: &str, process: Uuid, for_ms: u32) -> Result<Lease, String> {
        let asking = &self.laptops[laptop];
        let (me, asked) = (asking.keys().id(), asking.now());
        let Some(session) = &asking.session else { return Err("relay.unreachable".to_owned()) };
        let seen = asking.seen(process).await.map_err(|error| error.code().to_owned())?;
        let claim = Claim::Lease { job: job.to_owned(), period: process.to_string(), for_ms, seen };
        let id = RequestId(asking.draw()[..16].try_into().expect("sixteen bytes"));
        for frame in self.host.relay().handle(session, ClientFrame::Claim(ClaimRequest { id, claim })).await {
            match frame {
                ServerFrame::Receipt(receipt) => {
                    let header = receipt.peek().expect("a receipt");
                    return match header.decision {
                        Decision::Lease { device, fence, until_ms, .. } if device == me => {
                            Ok(Lease::granted(fence, asked, until_ms - header.time_ms))
                        }
                        Decision::Lease { .. } => Err("relay.leased".to_owned()),
                        other => panic!("{other:?} is no lease"),
                    };
                }
                ServerFrame::Error { code, .. } => return Err(code),
                _ => {}
            }
        }
        panic!("a claim is answered")
    }

    /// The founder takes a laptop out of the company: stops it, asks what the relay has of it, and removes it.
    pub async fn remove(&mut self, laptop: usize) {
        self.remove_device(self.laptops[laptop].keys().id()).await;
    }

    /// The founder takes a laptop out of the company because its person leaves.
    pub async fn let_go(&mut self, laptop: usize) {
        self.take_out(self.laptops[laptop].keys().id(), RemoveReason::Left).await;
    }

    /// The same, of a device whose laptop may be nowhere any more.
    pub async fn remove_device(&mut self, device: DeviceId) {
        self.take_out(device, RemoveReason::LostOrStolen).await;
    }

    async fn take_out(&mut self, device: DeviceId, reason: RemoveReason) {
        let founder = &self.laptops[0];
        let stop = freeze(founder.engine.log(), &founder.ring(), device, 3).expect("the founder may");
        self.author(stop).await;
        let founder = &mut self.laptops[0];
        let session = founder.session.as_ref().expect("the founder is connected");
        let answers = self.host.relay().handle(session, ClientFrame::Marks { device }).await;
        let marks = answers.into_iter().find_map(|frame| match frame {
            ServerFrame::Marks { marks } => Some(marks),
            _ => None,
        });
        let removing = Removing { device, marks: marks.expect("marks"), wipe: false, reason };
        let (log, ring, bags) = (founder.engine.log().clone(), founder.ring(), founder.bags().await);
        let steps = remove_device(&log, &ring, &bags, &removing, 4, &mut || founder.draw()).expect("the founder may");
        for step in steps {
            self.author(step).await;
        }
    }

    /// The founder has the person behind a record forgotten.
    pub async fn forget(&mut self, record: Uuid) {
        let founder = &mut self.laptops[0];
        let (log, ring, bags) = (founder.engine.log().clone(), founder.ring(), founder.bags().await);
        let keys = founder.store.person_keys_of(record).await.expect("an open store");
        let step = erase(&log, &ring, &bags, &keys, 5, &mut || founder.draw()).expect("the founder may");
        self.author(step).await;
    }

    /// The rows that the relay keeps of the person keys of a scope.
    pub async fn rows_at_the_relay(&self, scope: Scope) -> Vec<zuc_protocol::ids::KeyId> {
        self.host.bag(self.company, scope).await
    }

    /// The recovery code says at the founder's laptop that a record of membership, and what follows it, never counted.
    pub async fn settle_fork(&mut self, loser: ControlHash) {
        let log = self.laptops[0].engine.log();
        let record = log.sign_as_root(ControlAct::Settle { loser }, 6, &self.code).expect("the code may");
        self.author(ControlStep { record, replacements: vec![], wraps: vec![] }).await;
    }

    /// The founder gives the person at a laptop other roles, which read what the ones before did.
    pub async fn change_roles(&mut self, laptop: usize, rights: Rights) {
        let person =
            self.laptops[laptop].engine.log().device(self.laptops[laptop].keys().id()).expect("a member").person;
        let founder = &mut self.laptops[0];
        let (log, ring) = (founder.engine.log().clone(), founder.ring());
        let changing = Changing { person, rights, marks: vec![] };
        let steps = change_rights(&log, &ring, &[], &changing, 5, &mut || founder.draw()).expect("the founder may");
        for step in steps {
            self.author(step).await;
        }
    }

    /// Takes an act of the founder's to the relay.
    async fn author(&mut self, step: ControlStep) {
        let before = self.laptops[0].engine.log().len();
        self.laptops[0].hear(Input::ControlAuthored(step)).await;
        self.settle().await;
        assert_eq!(self.laptops[0].engine.log().len(), before + 1, "the relay took the act");
    }

    /// Opens a laptop's connection, when it has none.
    pub async fn connect(&mut self, laptop: usize) {
        let laptop = &mut self.laptops[laptop];
        // who was taken out asks no more
        if !laptop.is_online() && !laptop.stumbled && !laptop.away && laptop.engine.is_out().is_none() {
            let (relay, device) = (self.host.relay().log(), laptop.keys().id());
            let mut session = relay.session(self.company, device).await;
            if matches!(session, Err(RelayError::NoSession)) {
                // one that lost its data is told who belongs to the company
                let records = laptop.engine.log().records_from(0);
                let restored = relay.restore(records[0].clone(), records[1..].to_vec()).await;
                if restored.is_ok() {
                    session = relay.session(self.company, device).await;
                }
            }
            // a relay whose disk fails knows nobody
            if let Ok(session) = session {
                laptop.connected(session).await;
            }
        }
    }

    /// The oldest waiting frame of a laptop reaches the relay, or is lost on the way; `false` when none waits.
    pub async fn carry_up(&mut self, laptop: usize, lost: bool) -> bool {
        let laptop = &mut self.laptops[laptop];
        let Some(frame) = laptop.up.pop_front() else { return false };
        // a connection begins with a greeting or is none
        let lost = lost && !matches!(frame, ClientFrame::Hello { .. });
        if let (false, Some(session)) = (lost, &laptop.session) {
            let mut answers = self.host.relay().handle(session, frame).await;
            if let Some(meddle) = &mut self.meddle {
                answers.iter_mut().for_each(meddle);
            }
            laptop.down.extend(answers);
        }
        true
    }

    /// What the relay has for a laptop that has subscribed is put on its way.
    pub async fn poll(&mut self, laptop: usize) {
        let laptop = &mut self.laptops[laptop];
        if let Some(session) = &laptop.session {
            laptop.down.extend(self.host.relay().log().poll(session).await);
        }
    }

    /// The relay's power goes; nobody is connected any more.
    pub async fn cut_the_relay(&mut self, seed: u64) {
        self.host.power_cut(seed).await;
        self.disconnect_all().await;
    }

    /// The relay is killed and started again.
    pub async fn kill_the_relay(&mut self) {
        self.host.kill().await;
        self.disconnect_all().await;
    }

    /// The relay's data are gone, and it is started anew.
    pub async fn wipe_the_relay(&mut self) {
        self.host.wipe().await;
        self.disconnect_all().await;
    }

    /// The relay is killed and started again; gives what it keeps, to put it back later.
    pub async fn copy_the_relay(&mut self) -> tempfile::TempDir {
        let copy = self.host.copy().await;
        self.disconnect_all().await;
        copy
    }

    /// The relay's data become those of a copy, and it is started anew.
    pub async fn put_the_relay_back(&mut self, copy: &tempfile::TempDir) {
        self.host.put_back(copy.path()).await;
        self.disconnect_all().await;
    }

    /// Every connection breaks.
    pub async fn disconnect_all(&mut self) {
        for laptop in &mut self.laptops {
            laptop.disconnect().await;
        }
    }

    /// Time passes, and meanwhile everybody says what they have to say and hears the answers; whether all are at rest.
    pub async fn round_trip(&mut self, ms: i64) -> bool {
        self.time.pass(ms);
        let now = self.time.passed_ms();
        let mut moved = false;
        for at in 0..self.laptops.len() {
            self.laptops[at].hear(Input::Tick(now)).await;
            self.connect(at).await;
            for _ in 0..self.laptops[at].up.len() {
                moved |= self.carry_up(at, false).await;
            }
            self.poll(at).await;
            for _ in 0..self.laptops[at].down.len() {
                moved |= self.laptops[at].receive(0, 1).await;
            }
        }
        !moved && self.laptops.iter().all(|laptop| laptop.engine.status() == SyncStatus::UpToDate)
    }

    /// Carries everything, in order and once, until nobody has anything to say.
    ///
    /// # Panics
    /// When that never comes.
    pub async fn settle(&mut self) {
        for _ in 0..PATIENCE {
            let mut moved = false;
            for at in 0..self.laptops.len() {
                Box::pin(self.connect(at)).await;
                while Box::pin(self.carry_up(at, false)).await {
                    moved = true;
                }
                Box::pin(self.poll(at)).await;
                while Box::pin(self.laptops[at].receive(0, 1)).await {
                    moved = true;
                }
            }
            let rests = |laptop: &Laptop| {
                laptop.away || laptop.engine.is_out().is_some() || laptop.engine.status() == SyncStatus::UpToDate
            };
            if !moved && self.laptops.iter().all(rests) {
                return;
            }
        }
        let states: Vec<_> = self.laptops.iter().map(|laptop| (laptop.name, laptop.engine.status())).collect();
        panic!("they never come to rest: {states:?}");
    }
}
