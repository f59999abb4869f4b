//! What a power cut left of a relay's day, read back and compared with what was said.

use std::collections::BTreeMap;
use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use zuc_protocol::chain;
use zuc_protocol::receipt::StampState;
use zuc_relay_sqlite::{Options, SqliteStore};
use zuc_relay_store::{ControlStore, DecisionStore, LogKind, LogStore, NewEntry, Scope, StampLedger, StoreError};

use super::day::{AUTHORS, COMPANY, Day, Job, SCOPES, SERIE, Step, item, scope, uuid};
use crate::figures::Outcome;

impl Day {
    /// Opens what the crash left in `folder` as the relay would, and compares with what was said.
    pub(crate) async fn compare(&self, folder: &Path) -> Outcome {
        match self.look(folder).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Damaged(format!("{error:?}")),
        }
    }

    async fn look(&self, folder: &Path) -> Result<Outcome, StoreError> {
        let path = folder.join(format!("{COMPANY}.db"));
        if path.exists()
            && let Some(complaint) = complaint(&path).await.map_err(|error| StoreError::Unavailable(Box::new(error)))?
        {
            return Ok(Outcome::Damaged(complaint));
        }
        let store = SqliteStore::open(folder, Options::default()).await?;
        match store.control_head(COMPANY).await {
            Ok(_) => {}
            Err(StoreError::UnknownCompany) if self.created => return Ok(Outcome::Lost(self.acknowledged)),
            // a founding nobody heard of is asked for again
            Err(StoreError::UnknownCompany) => return Job::Create.ask(&store).await.map(|_| Outcome::Whole),
            Err(error) => return Err(error),
        }
        let (mut lost, mut facts) = (0, Vec::new());
        let checked = async {
            lost += self.pushed(&store).await?;
            lost += self.walked(&store, &mut facts).await?;
            told(&store, facts).await
        };
        Ok(match checked.await {
            Ok(()) if lost == 0 => Outcome::Whole,
            Ok(()) => Outcome::Lost(lost),
            Err(Wrong::Store(error)) => return Err(error),
            Err(Wrong::Mixed(what)) => Outcome::Mixed(what),
        })
    }

    /// How many acknowledged pushes the log has not; wrong when one is there by half.
    async fn pushed(&self, store: &SqliteStore) -> Result<usize, Wrong> {
        let mut logs = BTreeMap::new();
        for scope in SCOPES {
            logs.insert(scope, log(store, scope).await?);
        }
        let mut lost = 0;
        for author in 0..AUTHORS {
            let mut pushes: Vec<&Vec<NewEntry>> = self.pushes.get(&author).into_iter().flatten().collect();
            let acknowledged = pushes.len();
            pushes.extend(self.in_flight.iter().filter_map(|job| match job {
                Job::Push { author: of, batches } if *of == author => Some(batches),
                _ => None,
            }));
            let mut found = logs[&scope(author)].iter().filter(|bytes| bytes[0] == author);
            let mut whole = 0;
            let mut expected = pushes.iter();
            while let Some(first) = found.next() {
                let push = expected.next().ok_or_else(|| Wrong::Mixed(format!("more of author {author}")))?;
                let rest: Vec<&Vec<u8>> = found.by_ref().take(push.len() - 1).collect();
                if !push.iter().map(|batch| &batch.bytes).eq(std::iter::once(first).chain(rest)) {
                    return Err(Wrong::Mixed(format!("push {whole} of author {author}")));
                }
                whole += 1;
            }
            lost += acknowledged.saturating_sub(whole);
        }
        Ok(lost)
    }

    /// How many acknowledged steps the ledger has not; `facts` are those that belong to what it has.
    async fn walked(&self, store: &SqliteStore, facts: &mut Vec<String>) -> Result<usize, Wrong> {
        let folios = store.folios(COMPANY, SERIE).await?;
        if !folios.iter().map(|folio| folio.number).eq(1..=folios.len() as u64) {
            return Err(Wrong::Mixed("folios with a gap".to_owned()));
        }
        let mut lost = 0;
        for (invoice, walk) in (0_u8..).zip(&self.invoices) {
            let asked = self.in_flight.iter().find_map(|job| match job {
                Job::Walk { invoice: of, to, .. } if *of == invoice => Some(*to),
                _ => None,
            });
            let folio = folios.iter().find(|folio| folio.invoice == Some(item(invoice)));
            let attempts = store.attempts_of(COMPANY, item(invoice)).await?;
            let found = match (folio, attempts.as_slice()) {
                (None, []) => Step::Nothing,
                (Some(_), []) => Step::Folio,
                (Some(_), [attempt]) => match attempt.state {
                    StampState::Received => Step::Received,
                    StampState::Claimed => Step::Claimed,
                    StampState::Sent => Step::Sent,
                    StampState::Stamped if attempt.uuid == Some(uuid(invoice)) && attempt.receipt.is_some() => {
                        Step::Stamped
                    }
                    state => return Err(Wrong::Mixed(format!("invoice {invoice} is {state:?}"))),
                },
                _ => return Err(Wrong::Mixed(format!("{} attempts of invoice {invoice}", attempts.len()))),
            };
            if found > walk.step && Some(found) != asked {
                return Err(Wrong::Mixed(format!("invoice {invoice} is {found:?} and was {:?}", walk.step)));
            }
            if let Some(folio) = folio {
                if walk.step >= Step::Folio && folio.number != walk.folio {
                    return Err(Wrong::Mixed(format!("invoice {invoice} has another folio")));
                }
                facts.push(format!("folio {}", folio.number));
            }
            if found == Step::Stamped {
                facts.push(format!("timbre {}", uuid(invoice)));
            }
            lost += (walk.step as usize).saturating_sub(found as usize);
        }
        Ok(lost)
    }
}

/// Why a comparison ends early.
enum Wrong {
    Store(StoreError),
    Mixed(String),
}

impl From<StoreError> for Wrong {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The bytes of a scope's entries, once places and chain are right.
async fn log(store: &SqliteStore, scope: Scope) -> Result<Vec<Vec<u8>>, Wrong> {
    let page = store.read(COMPANY, scope, 0, u32::MAX, usize::MAX).await?;
    let dense = page.entries.iter().map(|entry| entry.seq).eq(1..=page.head);
    if !dense || chain::extend(chain::start(COMPANY, scope), &page.entries) != page.chain {
        return Err(Wrong::Mixed(format!("the chain of {scope}")));
    }
    let kind = if scope == Scope::Fiscal { LogKind::RelayFact } else { LogKind::Batch };
    if page.entries.iter().any(|entry| entry.kind != kind) {
        return Err(Wrong::Mixed(format!("another kind of entry in {scope}")));
    }
    Ok(page.entries.into_iter().map(|entry| entry.bytes.0).collect())
}

/// The laptops are told of exactly what the ledger has.
async fn told(store: &SqliteStore, mut facts: Vec<String>) -> Result<(), Wrong> {
    let mut told: Vec<String> =
        log(store, Scope::Fiscal).await?.into_iter().map(|bytes| String::from_utf8(bytes).unwrap()).collect();
    told.sort_unstable();
    facts.sort_unstable();
    if told == facts { Ok(()) } else { Err(Wrong::Mixed(format!("{} facts of {}", told.len(), facts.len()))) }
}

async fn complaint(path: &Path) -> Result<Option<String>, sqlx::Error> {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await?;
    let found: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok((found != "ok").then_some(found))
}
