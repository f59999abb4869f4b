//! What use cases and the running exchange share: keys, the control log, orders, the status.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::sleep,
};
use zuc_domain::shared::PersonId;
use zuc_ipc::sync::{SyncLogRow, SyncStatus};
use zuc_protocol::{
    Scope,
    control::{ControlLog, DeviceState, open_index_key, open_label},
    glance::Glance,
    identity::DeviceKeys,
    ids::{CompanyId, ControlHash},
};
use zuc_store::StoreError;
use zuc_sync::{ControlStep, KeyRing};

use super::{away::Standing, onlookers::Onlookers};
use crate::{
    AppError,
    ports::{Credentials, Relay},
};

/// How often, and how long apart, it is looked whether the membership has moved.
const LOOKS: usize = 100;
const LOOK: Duration = Duration::from_millis(50);
/// Lines the sync log keeps.
const LOG_LINES: usize = 200;

/// What a use case asks of the running exchange.
pub(crate) enum Order {
    /// Take these acts of membership to the relay; the answer says whether they stand.
    Author(Vec<ControlStep>, oneshot::Sender<Result<(), AppError>>),
    /// Tell the others where the person looks, if they can hear it now.
    Look(Scope, Glance),
    /// Connect to another relay, or begin at once.
    Reconnect,
    /// The same; the answer comes when nothing of the connection before is said any more.
    Anew(oneshot::Sender<()>),
    /// Make a scope once more of its entries; the answer says whether they were all here.
    Mend(Scope, oneshot::Sender<Result<bool, AppError>>),
    /// End.
    Stop(oneshot::Sender<()>),
}

/// The shared part of the exchange.
pub(crate) struct Exchange {
    company: CompanyId,
    keys: Arc<DeviceKeys>,
    control: RwLock<Arc<ControlLog>>,
    relay: RwLock<Option<Arc<dyn Relay>>>,
    orders: mpsc::UnboundedSender<Order>,
    waiting: Mutex<Option<mpsc::UnboundedReceiver<Order>>>,
    /// The data are only read.
    out: AtomicBool,
    status: watch::Sender<SyncStatus>,
    standing: watch::Sender<Standing>,
    lines: Mutex<VecDeque<SyncLogRow>>,
    pub(super) onlookers: Onlookers,
}

impl Exchange {
    pub(crate) fn new(company: CompanyId, keys: Arc<DeviceKeys>, control: ControlLog) -> Self {
        let (orders, waiting) = mpsc::unbounded_channel();
        // whether there is a relay is said by the task that looks for it: who waits for it must not take this for its word
        let status = SyncStatus { state: "syncing".to_owned(), ..SyncStatus::default() };
        let standing = Standing::of(keys.id(), &control);
        Self {
            company,
            keys,
            control: RwLock::new(Arc::new(control)),
            relay: RwLock::new(None),
            orders,
            waiting: Mutex::new(Some(waiting)),
            out: AtomicBool::new(false),
            status: watch::channel(status).0,
            standing: watch::channel(standing).0,
            lines: Mutex::new(VecDeque::new()),
            onlookers: Onlookers::default(),
        }
    }

    /// The company.
    pub(crate) fn company(&self) -> CompanyId {
        self.company
    }

    /// The control log as it is known here.
    pub(crate) fn control(&self) -> Arc<ControlLog> {
        self.control.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_control(&self, control: ControlLog) {
        self.set_standing(Standing::of(self.keys.id(), &control));
        *self.control.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(control);
    }

    /// This device's keys as the engine takes them.
    pub(crate) fn device_keys(&self) -> DeviceKeys {
        DeviceKeys::from_both(&self.keys.to_seeds())
    }

    /// This device's keys opened over the control log.
    pub(crate) fn ring(&self) -> KeyRing {
        KeyRing::of_device(self.device_keys(), &self.control())
    }

    /// Who speaks to the relay.
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials { company: self.company, device: self.keys.clone() }
    }

    /// Neither sends nor takes anything in this process: the data are only read.
    pub(super) fn stay_out(&self) {
        self.out.store(true, Ordering::Relaxed);
        // whoever asks something of it hears at once that nobody answers
        drop(self.orders());
    }

    /// # Errors
    /// `store.read_only`.
    fn takes_part(&self) -> Result<(), AppError> {
        if self.out.load(Ordering::Relaxed) { Err(StoreError::ReadOnly.into()) } else { Ok(()) }
    }

    /// The relay, when one is set.
    ///
    /// # Errors
    /// `relay.none`; `store.read_only`.
    pub(crate) fn relay(&self) -> Result<Arc<dyn Relay>, AppError> {
        self.takes_part()?;
        self.relay
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or_else(|| AppError::new("relay.none", "no relay is set"))
    }

    pub(super) fn set_relay(&self, relay: Option<Arc<dyn Relay>>) {
        *self.relay.write().unwrap_or_else(PoisonError::into_inner) = relay;
    }

    pub(super) fn orders(&self) -> Option<mpsc::UnboundedReceiver<Order>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Asks the running exchange for something; it is gone only when the office closes.
    pub(crate) fn order(&self, order: Order) {
        let _ = self.orders.send(order);
    }

    /// Takes acts of membership to the relay and waits until they stand.
    pub(crate) async fn author(&self, steps: Vec<ControlStep>) -> Result<(), AppError> {
        if steps.is_empty() {
            return Ok(());
        }
        self.takes_part()?;
        let (answer, done) = oneshot::channel();
        self.order(Order::Author(steps, answer));
        done.await.map_err(|_| AppError::new("app.internal", "the exchange ended"))?
    }

    /// Makes a scope once more of its entries, while nothing of it is read.
    pub(crate) async fn mend(&self, scope: Scope) -> Result<bool, AppError> {
        self.takes_part()?;
        let (answer, done) = oneshot::channel();
        self.order(Order::Mend(scope, answer));
        done.await.map_err(|_| AppError::new("app.internal", "the exchange ended"))?
    }

    /// Waits until the membership is known to have moved on from `head`, for a few seconds at most.
    pub(crate) async fn moved_from(&self, head: ControlHash) {
        for _ in 0..LOOKS {
            if self.control().head() != head {
                return;
            }
            sleep(LOOK).await;
        }
    }

    /// How this device stands with its company.
    pub(crate) fn standing(&self) -> Standing {
        *self.standing.borrow()
    }

    /// Hears when that changes.
    pub(crate) fn watch_standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    pub(super) fn set_standing(&self, standing: Standing) {
        self.standing.send_if_modified(|now| std::mem::replace(now, standing) != standing);
    }

    /// The status bar's state.
    pub(crate) fn status(&self) -> SyncStatus {
        self.status.borrow().clone()
    }

    /// Hears of every new state.
    pub(crate) fn watch(&self) -> watch::Receiver<SyncStatus> {
        self.status.subscribe()
    }

    pub(crate) fn set_status(&self, change: impl FnOnce(&mut SyncStatus)) {
        self.status.send_modify(change);
    }

    /// Adds a line to the sync log.
    pub(crate) fn line(&self, at: Timestamp, kind: &str, text: String) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_front(SyncLogRow { at: at.to_string(), kind: kind.to_owned(), text });
        lines.truncate(LOG_LINES);
    }

    /// The sync log, newest first.
    pub(crate) fn lines(&self) -> Vec<SyncLogRow> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// A person's name: what their device is called, sealed in the control log under the index key.
    pub(crate) fn name_of(&self, person: PersonId) -> String {
        self.name_in(&self.control(), person)
    }

    /// The same, in a log that may know others than this device's.
    pub(crate) fn name_in(&self, control: &ControlLog, person: PersonId) -> String {
        let me = zuc_protocol::control::Recipient::Device(self.keys.id());
        let Ok(index) = open_index_key(control, me, &self.keys) else { return String::new() };
        let person = zuc_protocol::ids::PersonId::from_uuid(person.uuid());
        // who left keeps the name, after those who have not
        let mut devices: Vec<_> = control.devices().filter(|(_, device)| device.person == person).collect();
        devices.sort_by_key(|(_, device)| (device.removed.is_some(), device.added_at));
        let name = |(_, device): (_, &DeviceState)| open_label(&index, &device.public, &device.label).ok();
        devices.into_iter().find_map(name).unwrap_or_default()
    }
}
