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
use zuc_ipc::Changes;
use zuc_protocol::ids::ControlHash;
use zuc_sync::{Config, ControlStep, Engine, Input};

use super::{
    anew::Failing,
    away::{Away, Standing},
    connect::{connect, disconnected},
    exchange::Order,
    owed::Owed,
    segments::Segments,
};
use crate::{AppError, Office, attachment, background, lead, left, ports::Link};

/// First pause after a lost connection; each is twice the one before.
const PAUSE: Duration = Duration::from_millis(200);
/// How long commits are gathered before they are sealed: what is written in one go travels in one batch.
const GATHER: Duration = Duration::from_millis(100);
/// How often the engine learns the time.
pub(super) const TICK: Duration = Duration::from_millis(500);

/// Records on their way to the relay, and whoever waits until they stand.
pub(super) type Authoring = (VecDeque<ControlHash>, oneshot::Sender<Result<(), AppError>>);

/// The engine with what it waits for.
pub(super) struct Driver {
    pub(super) engine: Engine,
    pub(super) inputs: VecDeque<Input>,
    pub(super) link: Option<Link>,
    pub(super) changed: Changes,
    /// What was signed here and does not stand yet, in order.
    pub(super) authoring: VecDeque<Authoring>,
    pub(super) owed: Owed,
    /// When what was committed meanwhile is offered to the engine.
    pub(super) gathered: Option<Instant>,
    /// The store refused an effect: the engine is ahead of the disk and must not go on.
    pub(super) failed: bool,
    pub(super) failing: Failing,
    pub(super) away: Away,
    pub(super) segments: Segments,
    /// What the status bar is to say once nothing is left to be carried out.
    pub(super) status: Option<zuc_sync::SyncStatus>,
}

/// What woke the driver.
enum Woken {
    Frame(Option<zuc_protocol::messages::ServerFrame>),
    Segment(Input),
    Committed,
    Gathered,
    Order(Option<Order>),
    Tick,
}

impl Office {
    /// Starts the exchange of this office.
    pub(crate) async fn start(self: &Arc<Self>) -> Result<(), AppError> {
        if self.stays_out() {
            return Ok(());
        }
        if let Some(url) = self.setting("relay").await?.filter(|url| !url.is_empty()) {
            self.exchange.set_relay(Some(self.ports.relays.at(&url)?));
        }
        let Some(orders) = self.exchange.orders() else { return Ok(()) };
        let control = self.exchange.control();
        // what cannot be ended now, on a full disk, is ended before the exchange begins: reading goes on meanwhile
        let left = self.end_what_was_left(&control).await.err();
        if let Err(error) = self.store.sweep_files().await {
            tracing::warn!(code = error.code(), "files that nobody holds any more were not deleted");
        }
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
            away: Away::default(),
            segments: Segments::default(),
            status: None,
        };
        // one that was taken out, or does not trust its relay, says so without asking anybody
        if self.exchange.standing() != Standing::In || driver.engine.distrust().is_some() {
            driver.inputs.push_back(Input::Disconnected);
        }
        if let Some(error) = left {
            driver.give_up(self, &error);
        }
        tokio::spawn(run(Arc::downgrade(self), driver, orders));
        tokio::spawn(left::run(Arc::downgrade(self)));
        tokio::spawn(lead::run(Arc::downgrade(self), self.late.clone()));
        tokio::spawn(background::run(Arc::downgrade(self), self.work.clone()));
        tokio::spawn(attachment::run(Arc::downgrade(self)));
        Ok(())
    }

    /// Ends the exchange and closes the store.
    pub(crate) async fn close(&self) {
        let (ended, done) = oneshot::channel();
        self.exchange.order(Order::Stop(ended));
        let _ = tokio::time::timeout(Duration::from_secs(5), done).await;
        if self.store.newer().is_none()
            && let Err(error) = self.store.mark_boot().await
        {
            tracing::warn!(code = error.code(), "the end could not be marked");
        }
        self.store.close().await;
    }
}

async fn run(office: Weak<Office>, mut driver: Driver, mut orders: mpsc::UnboundedReceiver<Order>) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut pause = PAUSE;
    if let Some(this) = office.upgrade() {
        settle(&this, &mut driver).await;
    }
    loop {
        let Some(this) = office.upgrade() else { return };
        if driver.link.is_none() {
            driver.segments.forget();
            let rest = driver.rest(&this);
            let longest = if rest.is_some() { rest } else { connect(&this, &mut driver).await.err() };
            if let Some(longest) = longest {
                // nothing to reach: wait, but hear orders
                let waited = tokio::select! {
                    order = orders.recv() => Some(order),
                    () = sleep(rest.unwrap_or_else(|| pause.min(longest))) => None,
                };
                if rest.is_none() {
                    pause = (pause * 2).min(longest);
                }
                if let Some(order) = waited {
                    pause = PAUSE;
                    if obey(&this, &mut driver, order).await {
                        return;
                    }
                } else if driver.failed {
                    driver.renew(&this).await;
                } else {
                    driver.away.waited();
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
                read = driver.segments.next() => Woken::Segment(read),
                () = this.store.committed(), if driver.gathered.is_none() => Woken::Committed,
                () = until(driver.gathered) => Woken::Gathered,
                order = orders.recv() => Woken::Order(order),
                _ = tick.tick() => Woken::Tick,
            }
        };
        match woken {
            Woken::Frame(Some(frame)) => driver.inputs.push_back(Input::Frame(frame)),
            Woken::Frame(None) => disconnected(&this, &mut driver),
            Woken::Segment(read) => {
                if matches!(read, Input::SegmentRead { .. }) {
                    driver.segments.over(&this);
                }
                driver.inputs.push_back(read);
            }
            Woken::Committed => driver.gather(),
            Woken::Gathered => {
                driver.gathered = None;
                offer(&this, &mut driver).await;
            }
            Woken::Tick => {
                driver.away.lasts();
                driver.owed.time_goes_on(driver.engine.is_stale());
                driver.inputs.push_back(Input::Tick(this.now().as_millisecond()));
            }
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

/// Carries out everything the engine says until it waits again, and then what this device owes the others.
pub(super) async fn settle(office: &Arc<Office>, driver: &mut Driver) {
    loop {
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
        let ended = if driver.failed { Ok(false) } else { driver.end(office).await };
        match ended {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => driver.give_up(office, &error),
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

/// Does what a use case asked; `true` when it is time to end.
async fn obey(office: &Arc<Office>, driver: &mut Driver, order: Option<Order>) -> bool {
    match order {
        None => return true,
        Some(Order::Stop(ended)) => {
            driver.link = None;
            let _ = ended.send(());
            return true;
        }
        Some(Order::Reconnect) => {
            driver.away.waited();
            disconnected(office, driver);
        }
        Some(Order::Anew(begun)) => {
            driver.away.waited();
            disconnected(office, driver);
            settle(office, driver).await;
            if office.exchange.standing() == Standing::In && driver.engine.distrust().is_none() {
                // what was said before the question is no answer to it
                office.exchange.set_status(|status| {
                    if status.state == "error" {
                        "syncing".clone_into(&mut status.state);
                        status.error = None;
                    }
                });
            }
            // who asked may have gone
            let _ = begun.send(());
        }
        Some(Order::Mend(scope, answer)) => {
            // what the engine knows of the scope is of what it was begun at
            disconnected(office, driver);
            settle(office, driver).await;
            let mended = driver.mend(office, scope).await;
            driver.renew(office).await;
            let _ = answer.send(mended);
        }
        Some(Order::Look(scope, glance)) => driver.inputs.push_back(Input::Look { scope, glance }),
        Some(Order::Author(steps, answer)) => author(office, driver, steps, answer),
    }
    settle(office, driver).await;
    false
}

fn author(
    office: &Office,
    driver: &mut Driver,
    steps: Vec<ControlStep>,
    answer: oneshot::Sender<Result<(), AppError>>,
) {
    if office.exchange.standing() != Standing::In {
        let _ = answer.send(Err(AppError::new("sync.revoked", "this device may not act for the company")));
        return;
    }
    if driver.link.is_none() {
        let _ = answer.send(Err(AppError::new("relay.unreachable", "acts of membership need the relay")));
        return;
    }
    driver.authoring.push_back((steps.iter().map(|step| step.record.hash()).collect(), answer));
    driver.inputs.extend(steps.into_iter().map(Input::ControlAuthored));
}

async fn offer(office: &Arc<Office>, driver: &mut Driver) {
    match office.store.offers().await {
        Ok(inputs) => driver.inputs.extend(inputs),
        Err(error) => tracing::error!(code = error.code(), "the outbox could not be read"),
    }
}
