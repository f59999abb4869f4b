//! Whether the entries that lie here are those that were read: once a week, and where one was met that is not. What is spoiled
//! or gone is pulled again from the relay, which is believed nothing but what the chain proves.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use jiff::Timestamp;
use sqlx::SqliteConnection;
use zuc_domain::shared::Scope;
use zuc_protocol::Scope as WireScope;
use zuc_protocol::chain::{self, LogEntry, LogKind};
use zuc_protocol::envelope::batch_hash;
use zuc_protocol::fingerprint::{Fingerprint, Stretch};
use zuc_protocol::ids::{ChainHash, CompanyId};
use zuc_sync::{Cursor, Input};

use crate::remote::{keep_entry, put_setting};
use crate::store::{domain_scope, scope_number};
use crate::{Store, StoreError};

const HOUR_MS: i64 = 60 * 60 * 1_000;
/// So often each scope is looked at.
const WEEK_MS: i64 = 7 * 24 * HOUR_MS;
/// So long after one that was not mended.
const AGAIN_MS: i64 = HOUR_MS;

/// The setting that says when a scope was looked at last, in Unix milliseconds; 0 where something was met that is not right.
fn looked(scope: i64) -> String {
    format!("entries_looked_at.{scope}")
}

/// Places whose entries lie here, with the chain at both ends, as it was when they were read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) from: Cursor,
    pub(crate) to: Cursor,
}

impl Run {
    fn stretch(&self) -> Stretch {
        Stretch { after: self.from.seq, up_to: self.to.seq }
    }
}

/// What lies at a place.
struct Lying {
    kind: i64,
    hash: Vec<u8>,
    bytes: Vec<u8>,
}

impl Lying {
    /// Whether its bytes are those that it was kept under.
    fn is_itself(&self) -> bool {
        batch_hash(&self.bytes).0.as_slice() == self.hash
    }

    fn is(&self, entry: &LogEntry) -> bool {
        self.is_itself() && self.kind == i64::from(entry.kind.number()) && self.bytes == entry.bytes.0
    }
}

impl Store {
    /// Looks at the entries of one scope of which that is due; what the engine is to hear where they are not what was read.
    pub(crate) async fn look_at_entries(&self, now: Timestamp) -> Result<Option<Input>, StoreError> {
        let now = now.as_millisecond();
        for (scope, _) in self.cursors().await? {
            let number = scope_number(domain_scope(scope));
            let last = self.setting(&looked(number)).await?.and_then(|at| at.parse::<i64>().ok());
            // what was read by now was read just now, or by a version that did not look
            let Some(last) = last else {
                self.set_setting(&looked(number), &now.to_string()).await?;
                continue;
            };
            if last <= now && now - last < WEEK_MS {
                continue;
            }
            let spoiled = self.spoiled_runs(scope).await?;
            // one that is cut short is tried again before the week is over
            let at = if spoiled.is_empty() { now } else { now - WEEK_MS + AGAIN_MS };
            self.set_setting(&looked(number), &at.to_string()).await?;
            if !spoiled.is_empty() {
                self.doubt_what_was_said(scope).await?;
                tracing::warn!(scope = %scope, "entries of the log lie spoiled on this disk, or do not lie there any more");
                return Ok(Some(Input::Spoiled { scope, stretches: spoiled }));
            }
        }
        Ok(None)
    }

    /// An entry was met that is not what was read: its scope is looked at as soon as there is nothing else to do.
    pub(crate) async fn suspect_entries(&self, scope: Scope) -> Result<(), StoreError> {
        self.set_setting(&looked(scope_number(scope)), "0").await
    }

    /// Where the entries of a scope do not lead from one end to the other.
    pub(crate) async fn spoiled_runs(&self, scope: WireScope) -> Result<Vec<Stretch>, StoreError> {
        let mut view = self.reader().begin().await?;
        let number = scope_number(domain_scope(scope));
        let mut spoiled = Vec::new();
        for run in runs(&mut view, self.company()?, scope).await? {
            if !leads(&mut view, number, &run, &BTreeMap::new()).await? {
                spoiled.push(run.stretch());
            }
        }
        Ok(spoiled)
    }

    pub(crate) fn company(&self) -> Result<CompanyId, StoreError> {
        Ok(CompanyId::from_uuid(self.identity().ok_or(StoreError::NoIdentity)?.company.0))
    }

    /// The fingerprint of what lies here in a stretch. What is not what it was kept under counts as gone.
    pub(crate) async fn fingerprint_of(&self, scope: WireScope, stretch: Stretch) -> Result<Fingerprint, StoreError> {
        let number = scope_number(domain_scope(scope));
        let mut print = Fingerprint::of_nothing(scope, stretch);
        let (after, up_to) = (place(stretch.after), place(stretch.up_to));
        let mut rows = sqlx::query!(
            r#"SELECT seq AS "seq!: i64", kind, hash, bytes FROM entry WHERE scope = ? AND seq > ? AND seq <= ? ORDER BY seq"#,
            number,
            after,
            up_to,
        )
        .fetch(self.reader());
        while let Some(row) = rows.try_next().await? {
            let lies = Lying { kind: row.kind, hash: row.hash, bytes: row.bytes };
            if let (Ok(seq), Some(kind), true) = (u64::try_from(row.seq), kind_of(lies.kind), lies.is_itself()) {
                print.add(seq, kind, &lies.bytes);
            }
        }
        Ok(print)
    }

    /// Puts entries that the relay gave once more in the places of those that are spoiled or gone, and makes the read tables
    /// anew: what else the disk spoiled beside them is not known. How many.
    ///
    /// Taken is what is proved: where all of a run leads to the chain that was read, all of it; otherwise what a row that is
    /// spoiled was kept under, or what leads from one place to the next where the chain of both is remembered.
    pub(crate) async fn repair_entries(
        &self,
        scope: WireScope,
        entries: &[LogEntry],
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let number = scope_number(domain_scope(scope));
        let mut tx = self.begin_plain().await?;
        let (mut whole, mut mended) = (true, 0);
        for run in runs(&mut tx, self.company()?, scope).await? {
            let mut given = BTreeMap::new();
            let mut lacking = BTreeMap::new();
            for entry in entries.iter().filter(|entry| run.stretch().covers(entry.seq)) {
                let lies = lying(&mut tx, number, entry.seq).await?;
                if lies.as_ref().is_some_and(|lies| lies.is(entry)) {
                    continue;
                }
                if lies.as_ref().is_none_or(|lies| !lies.is_itself()) {
                    lacking.insert(entry.seq, entry);
                }
                given.insert(entry.seq, (entry, lies));
            }
            let all: BTreeMap<u64, &LogEntry> = given.iter().map(|(seq, (entry, _))| (*seq, *entry)).collect();
            // what seems right here is touched only where the chain wants that
            let proven = if leads(&mut tx, number, &run, &lacking).await? {
                lacking
            } else if leads(&mut tx, number, &run, &all).await? {
                all
            } else {
                whole = false;
                proven_alone(&mut tx, number, &given).await?
            };
            for entry in proven.values() {
                let seq = place(entry.seq);
                sqlx::query!("DELETE FROM entry WHERE scope = ? AND seq = ?", number, seq).execute(&mut *tx).await?;
                keep_entry(&mut tx, number, entry.seq, entry.kind.number(), &entry.bytes.0).await?;
                mended += 1;
            }
        }
        let now = now.as_millisecond();
        let at = if whole { now } else { now - WEEK_MS + AGAIN_MS };
        put_setting(&mut tx, &looked(number), &at.to_string()).await?;
        if mended > 0 {
            self.project_all(&mut tx).await?;
        }
        tx.commit().await?;
        if mended > 0 {
            tracing::warn!(scope = %scope, mended, whole, "entries of the log were pulled again");
        }
        Ok(mended)
    }
}

/// The runs of a scope's log that are here: all of it, or what lies before a snapshot and is read, and what lies behind.
pub(crate) async fn runs(
    conn: &mut SqliteConnection,
    company: CompanyId,
    scope: WireScope,
) -> Result<Vec<Run>, StoreError> {
    let number = scope_number(domain_scope(scope));
    let cursor = |seq: i64, chain: &[u8], table: &'static str| {
        let chain = ChainHash::from_slice(chain).ok_or_else(|| StoreError::corrupt(table, "chain", number))?;
        Ok::<_, StoreError>(Cursor { seq: u64::try_from(seq).unwrap_or(0), chain })
    };
    let row = sqlx::query!("SELECT seq, chain FROM cursor WHERE scope = ?", number).fetch_optional(&mut *conn).await?;
    let Some(row) = row else { return Ok(Vec::new()) };
    let to = cursor(row.seq, &row.chain, "cursor")?;
    let from = Cursor { seq: 0, chain: chain::start(company, scope) };
    let begun = sqlx::query!(
        "SELECT seq, chain, read_seq, read_chain, begins, begins_chain FROM snapshot WHERE scope = ?",
        number
    )
    .fetch_optional(conn)
    .await?;
    let Some(begun) = begun else { return Ok(vec![Run { from, to }]) };
    let from = match &begun.begins_chain {
        Some(chain) if begun.begins > 0 => cursor(begun.begins, chain, "snapshot")?,
        _ => from,
    };
    let read = cursor(begun.read_seq, &begun.read_chain, "snapshot")?;
    let at = cursor(begun.seq, &begun.chain, "snapshot")?;
    if read.seq == at.seq {
        return Ok(vec![Run { from, to }]);
    }
    Ok(vec![Run { from, to: read }, Run { from: at, to }])
}

/// Whether the entries of a run, some of them in other places' stead, lead from one end to the other.
pub(crate) async fn leads(
    conn: &mut SqliteConnection,
    scope: i64,
    run: &Run,
    instead: &BTreeMap<u64, &LogEntry>,
) -> Result<bool, StoreError> {
    let (after, up_to) = (place(run.from.seq), place(run.to.seq));
    let mut at = run.from;
    let mut rows = sqlx::query!(
        r#"SELECT seq AS "seq!: i64", kind, hash, bytes FROM entry WHERE scope = ? AND seq > ? AND seq <= ? ORDER BY seq"#,
        scope,
        after,
        up_to,
    )
    .fetch(conn);
    while let Some(row) = rows.try_next().await? {
        let seq = u64::try_from(row.seq).unwrap_or(0);
        // places of which none lies here
        while at.seq + 1 < seq {
            let Some(entry) = instead.get(&(at.seq + 1)) else { return Ok(false) };
            at = after_one(at, entry.kind, &entry.bytes.0);
        }
        let lies = Lying { kind: row.kind, hash: row.hash, bytes: row.bytes };
        at = match (instead.get(&seq), kind_of(lies.kind)) {
            (Some(entry), _) => after_one(at, entry.kind, &entry.bytes.0),
            // under another hash it is not found by whoever looks for it, though its bytes are right
            (None, Some(kind)) if lies.is_itself() => after_one(at, kind, &lies.bytes),
            (None, _) => return Ok(false),
        };
    }
    while at.seq < run.to.seq {
        let Some(entry) = instead.get(&(at.seq + 1)) else { return Ok(false) };
        at = after_one(at, entry.kind, &entry.bytes.0);
    }
    Ok(at.chain == run.to.chain)
}

fn after_one(at: Cursor, kind: LogKind, bytes: &[u8]) -> Cursor {
    Cursor { seq: at.seq + 1, chain: chain::next(at.chain, kind, bytes) }
}

/// Those of the entries given that something here proves by itself.
async fn proven_alone<'e>(
    conn: &mut SqliteConnection,
    scope: i64,
    given: &BTreeMap<u64, (&'e LogEntry, Option<Lying>)>,
) -> Result<BTreeMap<u64, &'e LogEntry>, StoreError> {
    let mut proven = BTreeMap::new();
    for (seq, (entry, lies)) in given {
        let kept = lies.as_ref().is_some_and(|lies| {
            lies.hash == batch_hash(&entry.bytes.0).0 && lies.kind == i64::from(entry.kind.number())
        });
        let before = chain_at(conn, scope, seq - 1).await?;
        let after = chain_at(conn, scope, *seq).await?;
        let leads = before.zip(after).map(|(before, after)| chain::next(before, entry.kind, &entry.bytes.0) == after);
        if leads.unwrap_or(kept) {
            proven.insert(*seq, *entry);
        }
    }
    Ok(proven)
}

async fn chain_at(conn: &mut SqliteConnection, scope: i64, seq: u64) -> Result<Option<ChainHash>, StoreError> {
    let seq = place(seq);
    let chain = sqlx::query_scalar!("SELECT chain FROM chain WHERE scope = ? AND seq = ?", scope, seq);
    Ok(chain.fetch_optional(conn).await?.and_then(|chain| ChainHash::from_slice(&chain)))
}

async fn lying(conn: &mut SqliteConnection, scope: i64, seq: u64) -> Result<Option<Lying>, StoreError> {
    let seq = place(seq);
    let row = sqlx::query!("SELECT kind, hash, bytes FROM entry WHERE scope = ? AND seq = ?", scope, seq);
    let row = row.fetch_optional(conn).await?;
    Ok(row.map(|row| Lying { kind: row.kind, hash: row.hash, bytes: row.bytes }))
}

fn kind_of(kind: i64) -> Option<LogKind> {
    u8::try_from(kind).ok().and_then(LogKind::from_number)
}

fn place(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
