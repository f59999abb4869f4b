//! The open company on this device: what every use case stands on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tokio::sync::{Mutex, Notify, broadcast};
use uuid::Uuid;
use zuc_domain::shared::{Action, Actor, Object, Scope, authorize};
use zuc_ipc::{Changes, backup::BackupProgress, import::ImportProgress, sync::SyncStatus};
use zuc_store::{Session, Store, Tx};

use crate::{
    AppError,
    attachment::Files,
    desk::actor_in,
    import_run::Imports,
    ports::Ports,
    privacy::Opened,
    proof::Proof,
    sync::{Exchange, Looks},
};

/// What the window hears without asking.
#[derive(Clone, Debug)]
pub enum Notice {
    /// Records changed.
    Changes(Changes),
    /// The state of the exchange changed.
    Sync(SyncStatus),
    /// A long import moved on.
    Import(ImportProgress),
    /// A backup, its trial or its restoration moved on.
    Backup(BackupProgress),
    /// The home was locked: nothing answers any more.
    Locked,
}

/// How far a laptop's clock may be from the relay's for it to seal documents and to act by itself.
const CLOCK_SLACK: Duration = Duration::from_mins(10);

/// An open company: its store, the person at this device, and the ports.
pub struct Office {
    pub(crate) store: Store,
    pub(crate) ports: Ports,
    pub(crate) actor: Actor,
    pub(crate) zone: TimeZone,
    pub(crate) notices: broadcast::Sender<Notice>,
    pub(crate) exchange: Exchange,
    pub(crate) imports: Imports,
    pub(crate) files: Arc<Files>,
    /// Wakes the work that goes on by itself.
    pub(crate) work: Arc<Notify>,
    /// Wakes whoever looks after leads that live on in others.
    pub(crate) late: Arc<Notify>,
    /// Held while one document is issued or followed.
    pub(crate) issuing: Mutex<()>,
    /// Held while the sagas run.
    pub(crate) sagas: Mutex<()>,
    /// Shared with every piece of long work that a person waits for.
    hands: Arc<()>,
    online: AtomicBool,
    skew_ms: AtomicI64,
    /// Whether somebody was told that the clock is off.
    clock_told: AtomicBool,
    /// Commands of which a part is missing, and somebody was told.
    pub(crate) incomplete_told: std::sync::Mutex<std::collections::BTreeSet<Uuid>>,
    /// Whether a team may have to be told of an invoice.
    pub(crate) balances_due: AtomicBool,
    /// What was seen of snapshots.
    pub(crate) looks: Looks,
    /// When the passphrase was typed last.
    pub(crate) proof: Proof,
    /// Blocked documents that somebody has said why they read.
    pub(crate) opened: Opened,
}

/// The company's calendar.
pub(crate) fn zone() -> TimeZone {
    // the fixed offset stands in only where the machine has no time zone data; the centre has had no summer time since 2022
    TimeZone::get("America/Mexico_City").unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(-6)))
}

impl Office {
    /// An office over an opened store.
    pub(crate) fn new(
        store: Store,
        ports: Ports,
        actor: Actor,
        notices: broadcast::Sender<Notice>,
        exchange: Exchange,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            ports,
            actor,
            zone: zone(),
            notices,
            exchange,
            imports: Imports::default(),
            files: Arc::default(),
            work: Arc::default(),
            late: Arc::default(),
            issuing: Mutex::default(),
            sagas: Mutex::default(),
            hands: Arc::default(),
            online: AtomicBool::new(false),
            skew_ms: AtomicI64::new(0),
            clock_told: AtomicBool::new(false),
            incomplete_told: std::sync::Mutex::default(),
            balances_due: AtomicBool::new(true),
            looks: Looks::default(),
            proof: Proof::default(),
            opened: Opened::default(),
        })
    }

    /// Now, UTC.
    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// The company's calendar day.
    pub(crate) fn today(&self) -> Date {
        self.now().to_zoned_datetime(self.zone.clone()).date()
    }

    /// The person at this device with the roles that the control log gives them now.
    pub(crate) fn acting(&self) -> Actor {
        actor_in(&self.exchange.control(), self.exchange.device_keys().id()).unwrap_or_else(|| self.actor.clone())
    }

    /// The scope of sales in which what the person makes lies: their first team's.
    pub(crate) fn sales(&self) -> Scope {
        Scope::Sales(self.acting().team())
    }

    /// A fresh id, ordered by time.
    pub(crate) fn fresh_id(&self) -> Uuid {
        let mut noise = [0; 10];
        self.ports.entropy.fill(&mut noise);
        let millis = u64::try_from(self.now().as_millisecond()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &noise).into_uuid()
    }

    /// Held by work that a lock by itself waits for.
    pub(crate) fn at_work(&self) -> Arc<()> {
        self.hands.clone()
    }

    /// Whether such work is under way.
    pub(crate) fn is_at_work(&self) -> bool {
        Arc::strong_count(&self.hands) > 1
    }

    /// Whether the relay answered last time.
    pub(crate) fn is_online(&self) -> bool {
        self.online.load(Ordering::Relaxed)
    }

    /// Notes whether the relay answers.
    pub(crate) fn set_online(&self, online: bool) {
        self.online.store(online, Ordering::Relaxed);
    }

    /// Notes how far this laptop's clock is from the relay's, in milliseconds.
    pub(crate) fn set_skew(&self, millis: i64) {
        self.skew_ms.store(millis, Ordering::Relaxed);
    }

    /// Refuses where this laptop's clock is too far from the relay's to date what leaves the company.
    ///
    /// # Errors
    /// `clock.off`.
    pub(crate) fn trust_clock(&self) -> Result<(), AppError> {
        let skew = self.skew_ms.load(Ordering::Relaxed);
        if u128::from(skew.unsigned_abs()) <= CLOCK_SLACK.as_millis() {
            return Ok(());
        }
        Err(AppError::new("clock.off", format!("the clock is {} s off the relay's", skew / 1_000)))
    }

    /// As [`Self::trust_clock`], for what goes on by itself and answers nobody: the person is told in the log of the exchange,
    /// once until it is right again.
    ///
    /// # Errors
    /// `clock.off`.
    pub(crate) fn trust_clock_or_tell(&self) -> Result<(), AppError> {
        let trusted = self.trust_clock();
        let told = self.clock_told.swap(trusted.is_err(), Ordering::Relaxed);
        if trusted.is_err() && !told {
            self.exchange.line(self.now(), "error", zuc_ipc::words::say("sync.clock_off").to_owned());
        }
        trusted
    }

    /// Who acts, when, under which correlation.
    pub(crate) fn session(&self) -> Session {
        Session {
            person: self.actor.person,
            at: self.now(),
            today: self.today(),
            correlation: self.fresh_id(),
            offline: !self.is_online(),
        }
    }

    /// Begins the transaction of one command.
    pub(crate) async fn begin(&self) -> Result<Tx, AppError> {
        Ok(self.store.begin(self.session()).await?)
    }

    /// Refuses what the person's roles do not allow.
    pub(crate) fn allow(&self, action: Action, object: Object) -> Result<(), AppError> {
        Ok(authorize(&self.acting(), action, &object)?)
    }

    /// Whether the person's roles allow it, for what the window offers.
    pub(crate) fn may(&self, action: Action, object: Object) -> bool {
        authorize(&self.acting(), action, &object).is_ok()
    }

    /// Tells every window of this device, and gives the changes back.
    pub(crate) fn tell(&self, changes: Changes) -> Changes {
        if changes.invoices || changes.customers {
            self.balances_due.store(true, Ordering::Relaxed);
        }
        // nobody listening is not an error: the command line has no window
        let _ = self.notices.send(Notice::Changes(changes.clone()));
        changes
    }
}
