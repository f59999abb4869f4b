//! The task that keeps a connection and feeds the engine, for as long as the office is open.

use std::{
    collections::VecDeque,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval, sleep, sleep_until},
};
use zuc_ipc::{Changes, sync::SyncStatus};
use zuc_sync::{Config, ControlStep, Engine, Input};

use super::{anew::Failing, exchange::Order, owed::Owed};
use crate::{AppError, Notice, Office, background, ports::Link};

/// First pause after a lost connection; each is twice the one before.
const PAUSE: Duration = Duration::from_millis(200);
/// The longest pause while nothing answers: a try costs next to nothing then, and whoever comes back into the network
/// shall not wait for it.
const PAUSE_OFFLINE: Duration = Duration::from_millis(600);
/// The longest pause while the relay answers but does not let us in: it may have too much to do.
const PAUSE_REFUSED: Duration = Duration::from_secs(10);
/// How long commits are gathered before they are sealed: what is written in one go travels in one batch.
const GATHER: Duration = Duration::from_millis(100);
/// How often the engine learns the time.
const TICK: Duration = Duration::from_millis(500);

/// The engine with what it waits for.
pub(super) struct Driver {
    pub(super) engine: Engine,
    pub(super) inputs: VecDeque<Input>,
    pub(super) link: Option<Link>,
    pub(super) changed: Changes,
    pub(super) authoring: VecDeque<(usize, oneshot::Sender<Result<(), AppError>>)>,
    pub(super) owed: Owed,
    /// When what was committed meanwhile is offered to the engine.
    pub(super) gathered: Option<Instant>,
    /// The store refused an effect: the engine is ahead of the disk and must not go on.
    pub(super) failed: bool,
    pub(super) failing: Failing,
}

/// What woke the driver.
enum Woken {
    Frame(Option<zuc_protocol::messages::ServerFrame>),
    Committed,
    Gathered,
    Order(Option<Order>),
    Tick,
}

impl Office {
    /// Starts the exchange of this office.
    pub(crate) async fn start(self: &Arc<Self>) -> Result<(), AppError> {
        if let Some(url) = self.setting("relay").await?.filter(|url| !url.is_empty()) {
            self.exchange.set_relay(Some(self.ports.relays.at(&url)?));
        }
        let Some(orders) = self.exchange.orders() else { return Ok(()) };
        let control = self.exchange.control();
        // what cannot be ended now, on a full disk, is ended before the exchange begins: reading goes on meanwhile
        let left = self.end_what_was_left(&control).await.err();
        let resume = self.store.resume(&control).await?;
        let engine = Engine::new(Config::default(), self.exchange.device_keys(), (*control).clone(), resume);
        let mut driver = Driver {
            engine,
            inputs: VecDeque::new(),
            link: None,
            changed: Changes::default(),
            authoring: VecDeque::new(),
            owed: Owed::default(),
            gathered: None,
            failed: false,
            failing: Failing::default(),
        };
        if let Some(error) = left {
            driver.give_up(self, &error);
        }
        tokio::spawn(run(Arc::downgrade(self), driver, orders));
        tokio::spawn(background::run(Arc::downgrade(self), self.work.clone()));
        Ok(())
    }

    /// Ends the exchange and closes the store.
    pub(crate) async fn close(&self) {
        let (ended, done) = oneshot::channel();
        self.exchange.order(Order::Stop(ended));
        let _ = tokio::time::timeout(Duration::from_secs(5), done).await;
        if let Err(error) = self.store.mark_boot().await {
            tracing::warn!(code = error.code(), "the end could not be marked");
        }
        self.store.close().await;
    }
}

async fn run(office: Weak<Office>, mut driver: Driver, mut orders: mpsc::UnboundedReceiver<Order>) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut pause = PAUSE;
    loop {
        let Some(this) = office.upgrade() else { return };
        if driver.link.is_none() {
            let rest = driver.failing.rest();
            let longest = if driver.failed { Some(rest) } else { connect(&this, &mut driver).await.err() };
            if let Some(longest) = longest {
                // nothing to reach: wait, but hear orders
                let waited = tokio::select! {
                    order = orders.recv() => Some(order),
                    () = sleep(if driver.failed { rest } else { pause.min(longest) }) => None,
                };
                pause = (pause * 2).min(longest);
                if let Some(order) = waited {
                    pause = PAUSE;
                    if obey(&this, &mut driver, order).await {
                        return;
                    }
                } else if driver.failed {
                    driver.renew(&this).await;
                }
                continue;
            }
            pause = PAUSE;
            if driver.failed {
                continue;
            }
        }
        let woken = {
            let link = driver.link.as_mut();
            let frames = async {
                match link {
                    Some(link) => link.receive.recv().await,
                    None => None,
                }
            };
            tokio::select! {
                frame = frames => Woken::Frame(frame),
                () = this.store.committed(), if driver.gathered.is_none() => Woken::Committed,
                () = until(driver.gathered) => Woken::Gathered,
                order = orders.recv() => Woken::Order(order),
                _ = tick.tick() => Woken::Tick,
            }
        };
        match woken {
            Woken::Frame(Some(frame)) => driver.inputs.push_back(Input::Frame(frame)),
            Woken::Frame(None) => disconnected(&this, &mut driver),
            Woken::Committed => driver.gather(),
            Woken::Gathered => {
                driver.gathered = None;
                offer(&this, &mut driver).await;
            }
            Woken::Tick => driver.inputs.push_back(Input::Tick(this.now().as_millisecond())),
            Woken::Order(order) => {
                if obey(&this, &mut driver, order).await {
                    return;
                }
            }
        }
        settle(&this, &mut driver).await;
    }
}

impl Driver {
    /// The store refused an effect. What the engine took for done behind it is not: nothing of it may be built upon.
    fn give_up(&mut self, office: &Arc<Office>, error: &AppError) {
        tracing::error!(code = error.code, detail = error.detail, "an effect of the exchange failed");
        self.failing.again();
        office.exchange.set_status(|status| {
            "error".clone_into(&mut status.state);
            status.error = Some(error.code.clone());
        });
        if self.link.take().is_some() {
            office.set_online(false);
            office.exchange.line(office.now(), "disconnected", zuc_ipc::words::say("sync.disconnected").to_owned());
        }
        self.inputs.clear();
        for (_, answer) in self.authoring.drain(..) {
            // who asked may have gone
            let _ = answer.send(Err(AppError::new(&*error.code, "the exchange had to begin anew")));
        }
        self.failed = true;
    }

    #[expect(clippy::disallowed_methods, reason = "how long to wait is measured, never what day it is")]
    fn gather(&mut self) {
        self.gathered = Some(Instant::now() + GATHER);
    }

    /// Whether commits are being gathered, so that whatever waits in the outbox is offered in a moment anyway.
    pub(super) fn is_gathering(&mut self, office: &Office) -> bool {
        if self.gathered.is_none() && office.store.has_committed() {
            self.gather();
        }
        self.gathered.is_some()
    }
}

/// The end of the gathering; never where there is none.
async fn until(gathered: Option<Instant>) {
    match gathered {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Carries out everything the engine says until it waits again.
async fn settle(office: &Arc<Office>, driver: &mut Driver) {
    while let Some(input) = driver.inputs.pop_front() {
        let entropy = office.ports.entropy.clone();
        let effects = driver.engine.handle(input, &mut || zuc_store::keys::random(entropy.as_ref()));
        for effect in effects {
            if let Err(error) = driver.carry(office, effect).await {
                driver.give_up(office, &error);
                break;
            }
        }
    }
    let changed = std::mem::take(&mut driver.changed);
    if changed != Changes::default() {
        if changed.proposals || changed.invoices {
            office.work.notify_one();
        }
        office.tell(changed);
    }
}

/// Connects, or says how long the pauses between tries may become.
async fn connect(office: &Arc<Office>, driver: &mut Driver) -> Result<(), Duration> {
    let Ok(relay) = office.exchange.relay() else {
        set_state(office, "no_relay").await;
        return Err(PAUSE_REFUSED);
    };
    match relay.connect(&office.exchange.credentials()).await {
        Ok(link) => {
            office.set_online(true);
            office.exchange.line(office.now(), "connected", zuc_ipc::words::say("sync.connected").to_owned());
            driver.inputs.push_back(Input::Tick(office.now().as_millisecond()));
            driver.inputs.push_back(Input::Connected { token: link.token.clone() });
            driver.link = Some(link);
            driver.owed = Owed { look: true, epochs: true };
            match office.store.unsent().await {
                Ok(waiting) => driver.inputs.push_back(Input::Waiting(waiting)),
                Err(error) => tracing::error!(code = error.code(), "the outbox could not be counted"),
            }
            settle(office, driver).await;
            office.work.notify_one();
            Ok(())
        }
        Err(error) => {
            office.set_online(false);
            tracing::debug!(code = error.code(), "the relay does not answer");
            let offline = matches!(error.code(), "relay.unreachable" | "relay.timed_out");
            office.exchange.set_status(|status| status.error = (!offline).then(|| error.code().to_owned()));
            set_state(office, if offline { "offline" } else { "error" }).await;
            Err(if offline { PAUSE_OFFLINE } else { PAUSE_REFUSED })
        }
    }
}

fn disconnected(office: &Arc<Office>, driver: &mut Driver) {
    if driver.link.take().is_some() {
        office.set_online(false);
        office.exchange.line(office.now(), "disconnected", zuc_ipc::words::say("sync.disconnected").to_owned());
    }
    driver.inputs.push_back(Input::Disconnected);
}

/// Does what a use case asked; `true` when it is time to end.
async fn obey(office: &Arc<Office>, driver: &mut Driver, order: Option<Order>) -> bool {
    match order {
        None => return true,
        Some(Order::Stop(ended)) => {
            driver.link = None;
            let _ = ended.send(());
            return true;
        }
        Some(Order::Reconnect) => disconnected(office, driver),
        Some(Order::Anew(begun)) => {
            disconnected(office, driver);
            settle(office, driver).await;
            // who asked may have gone
            let _ = begun.send(());
        }
        Some(Order::Author(steps, answer)) => author(driver, steps, answer),
    }
    settle(office, driver).await;
    false
}

fn author(driver: &mut Driver, steps: Vec<ControlStep>, answer: oneshot::Sender<Result<(), AppError>>) {
    if driver.link.is_none() {
        let _ = answer.send(Err(AppError::new("relay.unreachable", "acts of membership need the relay")));
        return;
    }
    driver.authoring.push_back((steps.len(), answer));
    driver.inputs.extend(steps.into_iter().map(Input::ControlAuthored));
}

async fn offer(office: &Arc<Office>, driver: &mut Driver) {
    match office.store.offers().await {
        Ok(inputs) => driver.inputs.extend(inputs),
        Err(error) => tracing::error!(code = error.code(), "the outbox could not be read"),
    }
}

async fn set_state(office: &Arc<Office>, state: &str) {
    let pending = office.store.unsent().await.unwrap_or_default();
    let before: SyncStatus = office.exchange.status();
    office.exchange.set_status(|status| {
        state.clone_into(&mut status.state);
        status.pending = pending;
    });
    let after = office.exchange.status();
    if after != before {
        let _ = office.notices.send(Notice::Sync(after));
    }
}

/// Waits until the exchange is connected, as acts of membership need it.
///
/// # Errors
/// `relay.unreachable` when that takes too long.
pub(super) async fn wait_connected(office: &Office) -> Result<(), AppError> {
    let mut states = office.exchange.watch();
    let connected = async {
        loop {
            if matches!(states.borrow_and_update().state.as_str(), "up_to_date" | "syncing") {
                return;
            }
            // a lost sender means that the office closes, which the time limit covers
            let _ = tokio::time::timeout(TICK, states.changed()).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), connected)
        .await
        .map_err(|_| AppError::new("relay.unreachable", "the relay does not answer"))
}
