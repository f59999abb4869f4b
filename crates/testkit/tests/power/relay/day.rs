//! A relay's day over a disk that may fail: laptops push, invoices walk to their timbre, and each answer is a promise.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinSet;
use zuc_protocol::Blob;
use zuc_protocol::ids::{ItemId, RequestId, Signature};
use zuc_protocol::receipt::{Claim, ClaimRequest, Decision, SignedReceipt};
use zuc_relay_sqlite::SqliteStore;
use zuc_relay_store::{
    AppendOutcome, BatchHash, CompanyId, ControlHash, ControlStore, DecisionStore, DeviceId, LogId, LogStore,
    NewAttempt, NewEntry, Outcome as PacOutcome, Receipted, RelayFact, Scope, Signed, StampLedger, StoreError, Timbre,
};

use crate::figures::Draw;

pub(super) const COMPANY: CompanyId = CompanyId([9; 16]);
const GENESIS: ControlHash = ControlHash([8; 32]);
pub(super) const SERIE: &str = "A";
/// Leases and deadlines outlast every day of a test.
const LONG_MS: i64 = 600_000;
/// Laptops; the scopes they push into.
pub(super) const AUTHORS: u8 = 4;
pub(super) const SCOPES: [Scope; 2] = [Scope::Sales(1), Scope::Catalog];
/// Invoices under way at once.
const OPEN: usize = 3;

/// How far an invoice has come in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Nothing,
    Folio,
    Received,
    Claimed,
    Sent,
    Stamped,
}

const STEPS: [Step; 6] = [Step::Nothing, Step::Folio, Step::Received, Step::Claimed, Step::Sent, Step::Stamped];

/// One transaction that somebody asks for.
#[derive(Debug, Clone)]
pub(super) enum Job {
    Create,
    Push { author: u8, batches: Vec<NewEntry> },
    Walk { invoice: u8, to: Step, number: u64 },
}

/// An invoice's acknowledged step, and the number its last answer gave: the folio, later the fence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk {
    pub(super) step: Step,
    pub(super) folio: u64,
    fence: u64,
}

/// What was acknowledged, and what was asked for without an answer.
pub(crate) struct Day {
    pub(super) created: bool,
    pub(super) pushes: BTreeMap<u8, Vec<Vec<NewEntry>>>,
    pub(super) invoices: Vec<Walk>,
    pub(super) in_flight: Vec<Job>,
    pub(super) acknowledged: usize,
}

pub(super) fn scope(author: u8) -> Scope {
    SCOPES[usize::from(author) % SCOPES.len()]
}

pub(super) fn item(invoice: u8) -> ItemId {
    ItemId([invoice; 16])
}

fn key(invoice: u8) -> String {
    format!("{invoice:064x}")
}

fn receipt(text: &str) -> SignedReceipt {
    SignedReceipt { header: Blob(text.as_bytes().to_vec()), signature: Signature([7; 64]) }
}

fn fact(text: &str) -> RelayFact {
    RelayFact { scope: Scope::Fiscal, bytes: text.as_bytes().to_vec(), control_head: GENESIS }
}

impl Job {
    /// Asks for it; the number that a folio or a lease answers with.
    pub(super) async fn ask(&self, store: &SqliteStore) -> Result<u64, StoreError> {
        match self {
            Self::Create => store.create(COMPANY, LogId([1; 16]), GENESIS, vec![1; 400]).await.map(|()| 0),
            Self::Push { batches, .. } => {
                let outcomes = store.append(COMPANY, GENESIS, batches.clone()).await?;
                assert!(outcomes.iter().all(|outcome| matches!(outcome, AppendOutcome::Appended { .. })));
                Ok(0)
            }
            Self::Walk { invoice, to, number } => walk(store, *invoice, *to, *number).await,
        }
    }
}

async fn walk(store: &SqliteStore, invoice: u8, to: Step, number: u64) -> Result<u64, StoreError> {
    let stamp_key = key(invoice);
    match to {
        Step::Nothing => Ok(0),
        Step::Folio => {
            let claim = Claim::Folio { serie: SERIE.to_owned(), invoice: item(invoice) };
            let request = ClaimRequest { id: RequestId([invoice; 16]), claim };
            let signed = store
                .decide(
                    COMPANY,
                    DeviceId([0; 16]),
                    request,
                    false,
                    Box::new(|decided| {
                        let Decision::Folio { folio, .. } = decided.decision else { panic!("a folio was asked for") };
                        Ok(Signed {
                            receipt: receipt(&folio.to_string()),
                            facts: vec![fact(&format!("folio {folio}"))],
                        })
                    }),
                )
                .await?;
            Ok(String::from_utf8(signed.header.0).unwrap().parse().unwrap())
        }
        Step::Received => {
            let attempt = NewAttempt {
                stamp_key,
                invoice: item(invoice),
                serie: SERIE.to_owned(),
                folio: number,
                scope: Scope::Fiscal,
                xml: vec![invoice; 3000],
                by: DeviceId([0; 16]),
                of_earlier_log: false,
            };
            store.receive(COMPANY, attempt).await.map(|_new| 0)
        }
        Step::Claimed => {
            let claimed = store.take(COMPANY, &stamp_key, LONG_MS, LONG_MS).await?;
            Ok(claimed.expect("it is due and nobody else works here").fence)
        }
        Step::Sent => store.sent(COMPANY, &stamp_key, number, LONG_MS, LONG_MS).await.map(|_deadline| 0),
        Step::Stamped => {
            let uuid = uuid(invoice);
            let receipted = Receipted { receipt: receipt(&uuid), fact: fact(&format!("timbre {uuid}")) };
            let timbre = Timbre { uuid, stamped_xml: vec![invoice; 5000] };
            store.settle(COMPANY, &stamp_key, number, PacOutcome::Stamped(timbre, receipted)).await.map(|_state| 0)
        }
    }
}

pub(super) fn uuid(invoice: u8) -> String {
    format!("{invoice:08x}-0000-4000-8000-000000000000")
}

impl Day {
    pub(crate) fn new() -> Self {
        Self { created: false, pushes: BTreeMap::new(), invoices: vec![], in_flight: vec![], acknowledged: 0 }
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged
    }

    /// Works until something fails: each round asks for several things at once, and the writer commits them together
    /// or apart, as it comes.
    pub(crate) async fn until_it_fails(&mut self, store: SqliteStore, draw: &mut Draw) {
        let store = Arc::new(store);
        let mut jobs = vec![Job::Create];
        loop {
            let mut asked = JoinSet::new();
            for job in &jobs {
                let (store, job) = (store.clone(), job.clone());
                asked.spawn(async move { (job.ask(&store).await, job) });
            }
            self.in_flight = jobs;
            let mut failed = Vec::new();
            while let Some(answer) = asked.join_next().await {
                match answer.unwrap() {
                    (Ok(number), job) => self.acknowledge(job, number),
                    (Err(_), job) => failed.push(job),
                }
            }
            self.in_flight = failed;
            if !self.in_flight.is_empty() {
                return;
            }
            jobs = self.draw(draw);
        }
    }

    fn acknowledge(&mut self, job: Job, number: u64) {
        self.acknowledged += 1;
        match job {
            Job::Create => self.created = true,
            Job::Push { author, batches } => self.pushes.entry(author).or_default().push(batches),
            Job::Walk { invoice, to, .. } => {
                let walk = &mut self.invoices[usize::from(invoice)];
                walk.step = to;
                match to {
                    Step::Folio => walk.folio = number,
                    Step::Claimed => walk.fence = number,
                    _ => {}
                }
            }
        }
    }

    /// One to four jobs that do not depend on each other.
    fn draw(&mut self, draw: &mut Draw) -> Vec<Job> {
        let open = self.invoices.iter().filter(|walk| walk.step != Step::Stamped).count();
        if open < OPEN && self.invoices.len() < usize::from(u8::MAX) {
            self.invoices.push(Walk { step: Step::Nothing, folio: 0, fence: 0 });
        }
        let mut jobs: Vec<Job> = (0..AUTHORS).map(|author| self.push(author, draw)).collect();
        for (invoice, walk) in (0_u8..).zip(&self.invoices) {
            if walk.step != Step::Stamped {
                let to = STEPS[STEPS.iter().position(|step| *step == walk.step).expect("one of them") + 1];
                let number = if to == Step::Received { walk.folio } else { walk.fence };
                jobs.push(Job::Walk { invoice, to, number });
            }
        }
        let wanted = 1 + draw.below(4);
        (0..wanted).map(|_| jobs.swap_remove(usize::try_from(draw.below(jobs.len() as u64)).unwrap())).collect()
    }

    fn push(&self, author: u8, draw: &mut Draw) -> Job {
        let mut last = self.pushes.get(&author).and_then(|pushes| pushes.last()?.last());
        let mut batches: Vec<NewEntry> = Vec::new();
        for _ in 0..=draw.below(3) {
            let (number, previous) = last.map_or((1, BatchHash::NONE), |last| (last.number + 1, last.hash));
            let size = [60, 900, 6000][usize::try_from(draw.below(3)).unwrap()];
            let mut bytes = vec![author];
            bytes.extend(draw.bytes(size));
            let hash = BatchHash(blake3::hash(&bytes).as_bytes()[..16].try_into().unwrap());
            let author = DeviceId([author; 16]);
            let scope = scope(bytes[0]);
            batches.push(NewEntry { scope, author, number, previous, control_seq: 0, hash, bytes });
            last = batches.last();
        }
        Job::Push { author, batches }
    }
}
