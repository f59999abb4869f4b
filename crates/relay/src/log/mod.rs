//! The log of a company's scopes, with membership at its door: frames in, frames out, no socket.
//!
//! The same object serves the WebSocket and a network in memory.

mod attachment;
mod bag;
mod control;
mod decide;
mod fingerprint;
mod glance;
mod held;
mod left;
mod lost;
mod offer;
mod push;
mod read;
mod session;
mod snapshot;
mod thaw;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::sync::{broadcast, watch};
use zuc_protocol::{
    Scope,
    control::{ControlLog, SignedControl},
    ids::{CompanyId, DeviceId, LogId},
    messages::{ClientFrame, ScopeHead, ServerFrame},
    suite,
};
use zuc_relay_store::{AttachmentPiece, RelayStore, StoreError, compact::day};

pub use attachment::QUOTA;
pub use session::Session;

use crate::{Clock, RelayError, author::Author, chance::random, compact::fold, keys::RelayKeys};

/// How many times a judgement is repeated when the control log moves meanwhile.
pub(crate) const RETRIES: usize = 8;
/// How many additions to bags a slow session may fall behind before it is told the whole bag.
const BAG_NEWS: usize = 64;
/// How many glances a slow session may fall behind before the oldest are lost.
const GLANCES: usize = 32;
/// How many companies' control logs stay folded in memory.
const FOLDED_MAX: usize = 512;

/// The log service.
pub struct LogService {
    pub(crate) store: Arc<dyn RelayStore>,
    pub(crate) keys: Arc<RelayKeys>,
    pub(crate) clock: Arc<dyn Clock>,
    /// How many bytes the files of one company may have.
    quota: u64,
    companies: Mutex<HashMap<CompanyId, Arc<Company>>>,
}

/// What is remembered of a company between two frames.
struct Company {
    control: Mutex<Arc<ControlLog>>,
    /// The name that the log was given while sessions knew it under another.
    renamed: Mutex<Option<LogId>>,
    wake: watch::Sender<u64>,
    bags: broadcast::Sender<Arc<bag::BagNews>>,
    glances: broadcast::Sender<Arc<glance::Passing>>,
    /// The day on which each device was last noted to be there.
    there: Mutex<HashMap<DeviceId, i64>>,
}

impl LogService {
    /// The service over a store.
    pub fn open(store: Arc<dyn RelayStore>, keys: Arc<RelayKeys>, clock: Arc<dyn Clock>) -> Self {
        Self { store, keys, clock, quota: QUOTA, companies: Mutex::new(HashMap::new()) }
    }

    /// The same, with so many bytes for the files of one company.
    #[must_use]
    pub fn with_quota(self, quota: u64) -> Self {
        Self { quota, ..self }
    }

    /// Makes a company of a self-signed genesis record; `false` when it stood already, as after a lost answer.
    ///
    /// # Errors
    /// [`RelayError`] when the record does not stand.
    pub async fn create(&self, genesis: SignedControl) -> Result<(CompanyId, bool), RelayError> {
        let log = ControlLog::open(genesis.clone())?;
        let company = log.company();
        let log_id = LogId(random());
        match self.store.create(company, log_id, log.head(), genesis.to_bytes()?).await {
            Ok(()) => Ok((company, true)),
            Err(StoreError::CompanyExists) => Ok((company, false)),
            Err(error) => Err(error.into()),
        }
    }

    /// A session of a device that the control log knows, be it stopped or removed: it may then only read the control
    /// log and learn why.
    ///
    /// # Errors
    /// [`RelayError::NoSession`] for a device, or a company, that is not known.
    pub async fn session(&self, company: CompanyId, device: DeviceId) -> Result<Session, RelayError> {
        let control = self.control(company).await.map_err(|error| match error {
            RelayError::Store(StoreError::UnknownCompany) => RelayError::NoSession,
            other => other,
        })?;
        let root = control.root().id() == device;
        if !root && control.device(device).is_none() {
            return Err(RelayError::NoSession);
        }
        let known = self.remembered(company, || control.clone());
        let (bags, glances) = (known.bags.subscribe(), known.glances.subscribe());
        Ok(Session::new(company, device, root, control.len(), known.wake.subscribe(), bags, glances))
    }

    /// Answers one frame. [`ClientFrame::Stamp`] and its commands are not the log's: [`crate::Relay`] answers them.
    pub async fn handle(&self, session: &Session, frame: ClientFrame) -> Vec<ServerFrame> {
        let answered = match frame {
            ClientFrame::Hello { version, .. } if version < suite::VERSION_FLOOR => {
                session.end();
                return vec![ServerFrame::GoAway { code: "relay.version".to_owned() }];
            }
            ClientFrame::Hello { control, log, .. } => match self.meet(session, log, control).await {
                Ok(()) => {
                    self.note_there(session).await;
                    self.welcome(session, control).await
                }
                Err(error) => Err(error),
            },
            ClientFrame::Push { scope, batches, bag_rows } => self.push(session, scope, batches, bag_rows).await,
            ClientFrame::Pull { scope, from, max } => self.pull(session, scope, from, max).await,
            ClientFrame::Subscribe { cursors } => {
                session.subscribe(cursors);
                Ok(self.poll(session).await)
            }
            ClientFrame::Control { from } => self.control_records(session.company, from).await.map(|frame| vec![frame]),
            ClientFrame::ControlAppend { record, replacements, wraps } => {
                return self
                    .control_append(session, record, replacements, wraps)
                    .await
                    .unwrap_or_else(|error| vec![refusal(&error)]);
            }
            ClientFrame::Bag { scope, have, after } => self.bag(session, scope, have, after).await,
            ClientFrame::BagOffer { wraps, rows } => self.bag_offer(session, wraps, rows).await,
            ClientFrame::Heads => self.heads(session).await.map(|heads| vec![ServerFrame::Heads { heads }]),
            ClientFrame::Marks { device } => self.marks(session, device).await,
            ClientFrame::Claim(request) => return self.claim(session, request).await,
            ClientFrame::Ping(number) => Ok(vec![ServerFrame::Pong { number, time_ms: self.clock.now_ms() }]),
            ClientFrame::Behind { log, at } => self.behind(session, log, at).await,
            ClientFrame::Followed { log } => self.followed(session, log).await,
            ClientFrame::ControlOffer { records } => self.control_offer(session, records).await,
            ClientFrame::Holds { scope } => self.holds(session, scope).await,
            ClientFrame::Offer { scope, entries, last } => self.offer(session, scope, entries, last).await,
            ClientFrame::Credit { frames } => {
                session.grant(frames);
                Ok(vec![])
            }
            ClientFrame::Attachment { scope, id } => self.attachment(session, scope, id).await,
            ClientFrame::AttachmentPut { scope, id, size, at, bytes } => {
                let piece = AttachmentPiece { scope, id, size, at, bytes: bytes.0 };
                self.attachment_put(session, piece).await
            }
            ClientFrame::AttachmentDrop { scope, id } => self.attachment_drop(session, scope, id).await,
            ClientFrame::AttachmentGet { scope, id, at } => self.attachment_get(session, scope, id, at).await,
            ClientFrame::Manifests { scope } => self.manifests(session, scope).await,
            ClientFrame::Pack { scope, manifest, hash } => self.pack(session, scope, manifest, hash).await,
            ClientFrame::ManifestOffer { manifest, witness } => self.manifest_offer(session, manifest.0, witness).await,
            ClientFrame::PackOffer { scope, manifest, pack } => {
                self.pack_offer(session, scope, manifest, pack.as_slice()).await
            }
            ClientFrame::Testify { scope, manifest, witness } => self.testify(session, scope, manifest, witness).await,
            ClientFrame::Fingerprint { scope, stretch } => self.fingerprint(session, scope, stretch).await,
            ClientFrame::Glance { scope, glance } => self.glance(session, scope, glance).await,
            ClientFrame::Held { word } => self.held(session, word).await,
            ClientFrame::HeldBy { scope } => self.held_by(session, scope).await,
            ClientFrame::Leave { left } => self.leave(session, left).await,
            ClientFrame::LeftBehind { scope, after } => self.left_behind(session, scope, after).await,
            ClientFrame::SettleLeft { scope, device } => self.settle_left(session, scope, device).await,
            ClientFrame::Stamp(_) | ClientFrame::StampCommand { .. } => Err(RelayError::Refused("relay.no_pac")),
        };
        answered.unwrap_or_else(|error| vec![other_refusal(&error)])
    }

    /// The company's control log as far as this relay knows it.
    pub(crate) async fn control(&self, company: CompanyId) -> Result<Arc<ControlLog>, RelayError> {
        let known = self.companies.lock().expect("no holder panics").get(&company).cloned();
        if let Some(known) = known {
            return Ok(known.control.lock().expect("no holder panics").clone());
        }
        self.refresh(company).await
    }

    /// Folds the control log again: somebody said that it has moved.
    pub(crate) async fn refresh(&self, company: CompanyId) -> Result<Arc<ControlLog>, RelayError> {
        let control = Arc::new(fold(&*self.store, company).await?);
        self.remember(company, control.clone());
        Ok(control)
    }

    /// Keeps a newer control log.
    fn remember(&self, company: CompanyId, control: Arc<ControlLog>) {
        let known = self.remembered(company, || control.clone());
        let mut held = known.control.lock().expect("no holder panics");
        if control.len() >= held.len() {
            *held = control;
        }
    }

    fn remembered(&self, company: CompanyId, control: impl FnOnce() -> Arc<ControlLog>) -> Arc<Company> {
        let mut companies = self.companies.lock().expect("no holder panics");
        if companies.len() >= FOLDED_MAX {
            companies.retain(|_, company| company.wake.receiver_count() > 0);
        }
        companies
            .entry(company)
            .or_insert_with(|| {
                Arc::new(Company {
                    control: Mutex::new(control()),
                    renamed: Mutex::new(None),
                    wake: watch::Sender::new(0),
                    bags: broadcast::Sender::new(BAG_NEWS),
                    glances: broadcast::Sender::new(GLANCES),
                    there: Mutex::new(HashMap::new()),
                })
            })
            .clone()
    }

    /// Tells the company's sessions that there is something to read.
    pub(crate) fn wake(&self, company: CompanyId) {
        let known = self.companies.lock().expect("no holder panics").get(&company).cloned();
        if let Some(known) = known {
            known.wake.send_modify(|count| *count += 1);
        }
    }

    /// The log has another name: whoever knows it under the old one is to greet again.
    fn renamed(&self, company: CompanyId, log: LogId) {
        let known = self.companies.lock().expect("no holder panics").get(&company).cloned();
        if let Some(known) = known {
            *known.renamed.lock().expect("no holder panics") = Some(log);
            known.wake.send_modify(|count| *count += 1);
        }
    }

    /// Whether a session knows the log under a name that it does not have any more.
    fn is_outdated(&self, session: &Session) -> bool {
        let known = self.companies.lock().expect("no holder panics").get(&session.company).cloned();
        let renamed = known.and_then(|known| *known.renamed.lock().expect("no holder panics"));
        renamed.is_some_and(|log| session.log().is_some_and(|known| known != log))
    }

    /// Whether a device was not noted to be there today; that counts as such a note.
    fn is_news_today(&self, session: &Session, now_ms: i64) -> bool {
        let known = self.companies.lock().expect("no holder panics").get(&session.company).cloned();
        let Some(known) = known else { return true };
        let before = known.there.lock().expect("no holder panics").insert(session.device, day(now_ms));
        before != Some(day(now_ms))
    }

    /// Tells the other sessions what was added to a bag, before any entry that names it can be read.
    fn tell_bag(&self, company: CompanyId, news: bag::BagNews) {
        let known = self.companies.lock().expect("no holder panics").get(&company).cloned();
        if let Some(known) = known {
            // Nobody listening is no error.
            let _nobody = known.bags.send(Arc::new(news));
        }
    }

    /// Tells the other sessions where somebody looks.
    fn pass_on(&self, company: CompanyId, passing: glance::Passing) {
        let known = self.companies.lock().expect("no holder panics").get(&company).cloned();
        if let Some(known) = known
            && known.glances.send(Arc::new(passing)).is_ok()
        {
            known.wake.send_modify(|count| *count += 1);
        }
    }

    /// The relay as the company's author.
    pub(crate) async fn author(&self, company: CompanyId) -> Result<Author, RelayError> {
        let control = self.control(company).await?;
        let log = self.store.log_id(company).await?;
        Author::try_new(control, log, self.keys.clone())
    }

    pub(crate) async fn heads(&self, session: &Session) -> Result<Vec<ScopeHead>, RelayError> {
        let control = self.control(session.company).await?;
        let stand: HashMap<Scope, _> = self.store.heads(session.company).await?.into_iter().collect();
        let readable = control.scopes().filter(|scope| control.may_read(session.device, *scope));
        Ok(readable
            .map(|scope| match stand.get(&scope) {
                Some(head) => ScopeHead { scope, seq: head.seq, chain: head.chain },
                None => ScopeHead { scope, seq: 0, chain: zuc_protocol::chain::start(session.company, scope) },
            })
            .collect())
    }
}

/// A refusal as a frame, logged if it is our fault.
pub(crate) fn refusal(error: &RelayError) -> ServerFrame {
    if error.is_ours() {
        tracing::error!(error.code = error.code(), error = %error, "a frame could not be answered");
    }
    ServerFrame::Error { request: None, code: error.code().to_owned() }
}

/// A refusal of anything but a control record: without a request's id, codes that begin with `sync.` say that a record
/// does not stand, and nothing else.
pub(crate) fn other_refusal(error: &RelayError) -> ServerFrame {
    match refusal(error) {
        ServerFrame::Error { request, code } => {
            let code = code.strip_prefix("sync.").map(|rest| format!("relay.{rest}")).unwrap_or(code);
            ServerFrame::Error { request, code }
        }
        other => other,
    }
}
