//! A device's session: who it is, and how far it has been served.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio::sync::{
    broadcast::{self, error::TryRecvError},
    watch,
};
use zuc_protocol::{
    Scope,
    ids::{CompanyId, DeviceId, LogId},
    messages::{MAX_CREDIT, ScopeCursor, StandingLoss},
};

use super::{bag::BagNews, glance::Passing};

/// One session. It belongs to one device of one company and to nobody else.
#[derive(Debug)]
pub struct Session {
    /// The company.
    pub company: CompanyId,
    /// The device; for the recovery code the id of its keys.
    pub device: DeviceId,
    /// Whether it is the recovery code's, which reads and appends control records and nothing else.
    pub root: bool,
    state: Mutex<State>,
    wake: tokio::sync::Mutex<watch::Receiver<u64>>,
    bags: Mutex<broadcast::Receiver<Arc<BagNews>>>,
    glances: Mutex<broadcast::Receiver<Arc<Passing>>>,
}

#[derive(Debug, Default)]
struct State {
    cursors: BTreeMap<Scope, u64>,
    /// From where on it was told that a scope's log is here, where that is behind its cursor.
    begins: BTreeMap<Scope, u64>,
    control_len: u64,
    /// The name under which it was told of the log.
    log: Option<LogId>,
    /// The loss that it was told of.
    loss: Option<StandingLoss>,
    /// Frames that it takes unasked.
    credit: u32,
    /// There is something to send and no credit for it.
    starves: bool,
    /// When it last said where its person looks.
    glanced_ms: Option<i64>,
    over: bool,
}

impl Session {
    pub(crate) fn new(
        company: CompanyId,
        device: DeviceId,
        root: bool,
        control_len: u64,
        wake: watch::Receiver<u64>,
        bags: broadcast::Receiver<Arc<BagNews>>,
        glances: broadcast::Receiver<Arc<Passing>>,
    ) -> Self {
        let state = Mutex::new(State { control_len, ..State::default() });
        let (wake, bags, glances) = (tokio::sync::Mutex::new(wake), Mutex::new(bags), Mutex::new(glances));
        Self { company, device, root, state, wake, bags, glances }
    }

    /// Waits until there may be something to poll for.
    pub async fn woken(&self) {
        let mut wake = self.wake.lock().await;
        if wake.changed().await.is_err() {
            // The service is gone; the socket will notice.
            std::future::pending::<()>().await;
        }
    }

    /// Whether the session has been told to go.
    pub fn is_over(&self) -> bool {
        self.state().over
    }

    pub(crate) fn end(&self) {
        self.state().over = true;
    }

    /// It takes so many frames more.
    pub(crate) fn grant(&self, frames: u32) {
        self.state().credit = frames.min(MAX_CREDIT);
    }

    pub(crate) fn credit(&self) -> u32 {
        self.state().credit
    }

    pub(crate) fn spend(&self, frames: usize) {
        let mut state = self.state();
        state.credit = state.credit.saturating_sub(u32::try_from(frames).unwrap_or(u32::MAX));
    }

    /// Whether something waits for it to give credit, as far as the last poll saw.
    pub fn starves(&self) -> bool {
        self.state().starves
    }

    pub(crate) fn set_starves(&self, starves: bool) {
        self.state().starves = starves;
    }

    pub(crate) fn subscribe(&self, cursors: Vec<ScopeCursor>) {
        let mut state = self.state();
        for cursor in cursors {
            state.cursors.insert(cursor.scope, cursor.seq);
            state.begins.remove(&cursor.scope);
        }
    }

    pub(crate) fn cursors(&self) -> Vec<(Scope, u64)> {
        self.state().cursors.iter().map(|(scope, seq)| (*scope, *seq)).collect()
    }

    /// Moves a cursor from where it was to where it is now, unless a new subscription moved it meanwhile.
    pub(crate) fn advance(&self, scope: Scope, from: u64, to: u64) -> bool {
        let mut state = self.state();
        match state.cursors.get_mut(&scope) {
            Some(seq) if *seq == from => {
                *seq = to;
                true
            }
            _ => false,
        }
    }

    /// Remembers from where on it is told that a log is here; whether it is news.
    pub(crate) fn tell_begin(&self, scope: Scope, at: u64) -> bool {
        self.state().begins.insert(scope, at) != Some(at)
    }

    pub(crate) fn unsubscribe(&self, scope: Scope) {
        self.state().cursors.remove(&scope);
    }

    pub(crate) fn control_len(&self) -> u64 {
        self.state().control_len
    }

    pub(crate) fn log(&self) -> Option<LogId> {
        self.state().log
    }

    pub(crate) fn set_log(&self, log: LogId) {
        self.state().log = Some(log);
    }

    /// Remembers what is told of a loss; whether it is news.
    pub(crate) fn tell_loss(&self, loss: Option<StandingLoss>) -> bool {
        let mut state = self.state();
        let told = std::mem::replace(&mut state.loss, loss);
        told != state.loss
    }

    /// Whether it was told of a loss that stands.
    pub(crate) fn knows_of_a_loss(&self) -> bool {
        self.state().loss.is_some()
    }

    pub(crate) fn set_control_len(&self, len: u64) {
        self.state().control_len = len;
    }

    /// What was added to bags since the last time; `None` when so much was that some of it is lost.
    pub(crate) fn bag_news(&self) -> Option<Vec<Arc<BagNews>>> {
        let mut bags = self.bags.lock().expect("no holder panics");
        let mut all = Vec::new();
        let mut lost = false;
        loop {
            match bags.try_recv() {
                Ok(news) => all.push(news),
                Err(TryRecvError::Lagged(_)) => lost = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return (!lost).then_some(all),
            }
        }
    }

    /// Whether it may say where its person looks, so long after the last time; that counts as such a time.
    pub(crate) fn may_glance(&self, now_ms: i64, apart_ms: i64) -> bool {
        let mut state = self.state();
        let may = state.glanced_ms.is_none_or(|last| now_ms < last || now_ms - last >= apart_ms);
        if may {
            state.glanced_ms = Some(now_ms);
        }
        may
    }

    /// Where others looked since the last time, as far as it was not too much.
    pub(crate) fn glances(&self) -> Vec<Arc<Passing>> {
        let mut glances = self.glances.lock().expect("no holder panics");
        let mut all = Vec::new();
        loop {
            match glances.try_recv() {
                Ok(passing) => all.push(passing),
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return all,
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}
