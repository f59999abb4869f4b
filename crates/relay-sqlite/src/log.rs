//! The log's rows.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use zuc_protocol::{chain, envelope};
use zuc_relay_store::{
    AppendOutcome, AuthorHead, BatchHash, ChainHash, CompanyId, ControlHash, DeviceId, LogEntry, LogHead, LogKind,
    LogStore, NewEntry, Page, RelayFact, Scope, StoreError,
};

use crate::{
    SqliteStore, control,
    row::{batch_hash, count, db, hash, int, scope as read_scope},
};

#[async_trait]
impl LogStore for SqliteStore {
    async fn append(
        &self,
        company: CompanyId,
        control_head: ControlHash,
        entries: Vec<NewEntry>,
    ) -> Result<Vec<AppendOutcome>, StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    control::require_head(connection, &control_head).await?;
                    let mut outcomes = Vec::with_capacity(entries.len());
                    for entry in entries {
                        outcomes.push(append_one(connection, company, entry, Seen::Grows).await?);
                    }
                    Ok(outcomes)
                })
            })
            .await
    }

    async fn append_facts(&self, company: CompanyId, facts: Vec<RelayFact>) -> Result<(), StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    for fact in facts {
                        append_fact(connection, company, fact).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn read(
        &self,
        company: CompanyId,
        scope: Scope,
        after: u64,
        max: u32,
        max_bytes: usize,
    ) -> Result<Page, StoreError> {
        let open = self.company(company).await?;
        // One statement, so that page and head belong together.
        let rows: Vec<PageRow> = sqlx::query_as(
            "SELECT asked.begins, head.seq, head.chain, page.seq, page.kind, page.bytes, page.chain
             FROM (SELECT ?1 AS scope, COALESCE((SELECT seq FROM log_begin WHERE scope = ?1), 0) AS begins) AS asked
             LEFT JOIN scope_head AS head ON head.scope = asked.scope
             LEFT JOIN (
                 SELECT seq, kind, bytes, chain, SUM(LENGTH(bytes)) OVER (ORDER BY seq) - LENGTH(bytes) AS before
                 FROM entry WHERE scope = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3
             ) AS page ON ?2 >= asked.begins AND (page.before = 0 OR page.before < ?4)
             ORDER BY page.seq",
        )
        .bind(scope.number())
        .bind(int(after))
        .bind(i64::from(max))
        .bind(i64::try_from(max_bytes).unwrap_or(i64::MAX))
        .fetch_all(&open.readers)
        .await
        .map_err(db)?;
        page(company, scope, rows)
    }

    async fn head(&self, company: CompanyId, scope: Scope) -> Result<LogHead, StoreError> {
        let open = self.company(company).await?;
        let mut connection = open.readers.acquire().await.map_err(db)?;
        head(&mut connection, company, scope).await
    }

    async fn heads(&self, company: CompanyId) -> Result<Vec<(Scope, LogHead)>, StoreError> {
        let company = self.company(company).await?;
        let rows: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as("SELECT scope, seq, chain FROM scope_head ORDER BY scope")
            .fetch_all(&company.readers)
            .await
            .map_err(db)?;
        rows.into_iter()
            .map(|(scope, seq, chain)| {
                let chain = ChainHash(hash(&chain, "scope_head", "chain")?);
                Ok((read_scope(scope, "scope_head")?, LogHead { seq: count(seq, "scope_head", "seq")?, chain }))
            })
            .collect()
    }

    async fn author_heads(&self, company: CompanyId, author: DeviceId) -> Result<Vec<AuthorHead>, StoreError> {
        let company = self.company(company).await?;
        let rows: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as(
            // from the head of each scope down the index: how many batches an author has does not matter
            "SELECT last.scope, last.number, last.hash FROM scope_head AS head
             JOIN entry AS last ON last.author = ?1 AND last.scope = head.scope AND last.number = (
                 SELECT MAX(number) FROM entry WHERE author = ?1 AND scope = head.scope
             ) ORDER BY last.scope",
        )
        .bind(&author.0[..])
        .fetch_all(&company.readers)
        .await
        .map_err(db)?;
        rows.into_iter()
            .map(|(scope, number, digest)| {
                Ok(AuthorHead {
                    scope: read_scope(scope, "entry")?,
                    number: count(number, "entry", "number")?,
                    hash: batch_hash(&digest, "entry", "hash")?,
                })
            })
            .collect()
    }
}

/// Where the log begins, its end, and an entry of the page; both of these may be lacking.
type PageRow = (i64, Option<i64>, Option<Vec<u8>>, Option<i64>, Option<i64>, Option<Vec<u8>>, Option<Vec<u8>>);

fn page(company: CompanyId, scope: Scope, rows: Vec<PageRow>) -> Result<Page, StoreError> {
    let entries = Vec::with_capacity(rows.len());
    let mut page = Page { entries, chain: chain::start(company, scope), head: 0, begins: 0 };
    for (begins, head, end, seq, kind, bytes, chain) in rows {
        page.begins = count(begins, "log_begin", "seq")?;
        if let (Some(head), Some(end)) = (head, end) {
            page.head = count(head, "scope_head", "seq")?;
            page.chain = ChainHash(hash(&end, "scope_head", "chain")?);
        }
        if let (Some(seq), Some(kind), Some(bytes), Some(chain)) = (seq, kind, bytes, chain) {
            let kind = u8::try_from(kind)
                .ok()
                .and_then(LogKind::from_number)
                .ok_or(StoreError::Corrupt { table: "entry", column: "kind" })?;
            page.entries.push(LogEntry { seq: count(seq, "entry", "seq")?, kind, bytes: bytes.into() });
            page.chain = ChainHash(hash(&chain, "entry", "chain")?);
        }
    }
    Ok(page)
}

pub(crate) async fn head(
    connection: &mut SqliteConnection,
    company: CompanyId,
    scope: Scope,
) -> Result<LogHead, StoreError> {
    let row: Option<(i64, Vec<u8>)> = sqlx::query_as("SELECT seq, chain FROM scope_head WHERE scope = ?1")
        .bind(scope.number())
        .fetch_optional(connection)
        .await
        .map_err(db)?;
    match row {
        None => Ok(LogHead { seq: 0, chain: chain::start(company, scope) }),
        Some((seq, digest)) => Ok(LogHead {
            seq: count(seq, "scope_head", "seq")?,
            chain: ChainHash(hash(&digest, "scope_head", "chain")?),
        }),
    }
}

/// What an author had seen of the control log, from one batch to the next.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    /// It never goes back.
    Grows,
    /// Batches of an earlier log come back scope by scope.
    Any,
}

/// Takes in a batch of an earlier log.
pub(crate) async fn offer_one(
    connection: &mut SqliteConnection,
    company: CompanyId,
    entry: NewEntry,
) -> Result<AppendOutcome, StoreError> {
    append_one(connection, company, entry, Seen::Any).await
}

async fn append_one(
    connection: &mut SqliteConnection,
    company: CompanyId,
    entry: NewEntry,
    seen: Seen,
) -> Result<AppendOutcome, StoreError> {
    let (last, last_hash, newest): (Option<i64>, Option<Vec<u8>>, Option<i64>) = sqlx::query_as(
        "SELECT last.number, last.hash, (SELECT control_seq FROM author WHERE device = ?1)
         FROM (SELECT 1) LEFT JOIN (
             SELECT number, hash FROM entry WHERE author = ?1 AND scope = ?2 ORDER BY number DESC LIMIT 1
         ) AS last",
    )
    .bind(&entry.author.0[..])
    .bind(entry.scope.number())
    .fetch_one(&mut *connection)
    .await
    .map_err(db)?;
    let (last, last_hash) = match (last, last_hash) {
        (Some(number), Some(digest)) => (count(number, "entry", "number")?, batch_hash(&digest, "entry", "hash")?),
        _ => (0, BatchHash::NONE),
    };
    if entry.number <= last {
        let known: Option<(i64, Vec<u8>, Vec<u8>)> =
            sqlx::query_as("SELECT seq, hash, chain FROM entry WHERE author = ?1 AND scope = ?2 AND number = ?3")
                .bind(&entry.author.0[..])
                .bind(entry.scope.number())
                .bind(int(entry.number))
                .fetch_optional(&mut *connection)
                .await
                .map_err(db)?;
        return match known {
            Some((seq, digest, chain)) => Ok(AppendOutcome::Known {
                seq: count(seq, "entry", "seq")?,
                hash: batch_hash(&digest, "entry", "hash")?,
                chain: ChainHash(hash(&chain, "entry", "chain")?),
            }),
            None => Ok(AppendOutcome::OutOfOrder { last, last_hash }),
        };
    }
    if entry.number != last + 1 || entry.previous != last_hash {
        return Ok(AppendOutcome::OutOfOrder { last, last_hash });
    }
    let is_older = newest.is_some_and(|newest| newest > int(entry.control_seq));
    if is_older && seen == Seen::Grows {
        return Ok(AppendOutcome::ControlHeadOld);
    }
    if !is_older && newest != Some(int(entry.control_seq)) {
        sqlx::query(
            "INSERT INTO author (device, control_seq) VALUES (?1, ?2)
             ON CONFLICT (device) DO UPDATE SET control_seq = excluded.control_seq",
        )
        .bind(&entry.author.0[..])
        .bind(int(entry.control_seq))
        .execute(&mut *connection)
        .await
        .map_err(db)?;
    }
    let head = insert(connection, company, entry.scope, LogKind::Batch, &entry.bytes, Some(&entry)).await?;
    Ok(AppendOutcome::Appended { seq: head.seq, chain: head.chain })
}

async fn insert(
    connection: &mut SqliteConnection,
    company: CompanyId,
    scope: Scope,
    kind: LogKind,
    bytes: &[u8],
    batch: Option<&NewEntry>,
) -> Result<LogHead, StoreError> {
    let before = head(connection, company, scope).await?;
    let after = LogHead { seq: before.seq + 1, chain: chain::next(before.chain, kind, bytes) };
    sqlx::query(
        "INSERT INTO entry (scope, seq, kind, chain, bytes, at_ms, author, number, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, CAST(unixepoch('subsec') * 1000 AS INTEGER), ?6, ?7, ?8)",
    )
    .bind(scope.number())
    .bind(int(after.seq))
    .bind(i64::from(kind.number()))
    .bind(&after.chain.0[..])
    .bind(bytes)
    .bind(batch.map(|batch| &batch.author.0[..]))
    .bind(batch.map(|batch| int(batch.number)))
    .bind(&batch.map_or_else(|| envelope::batch_hash(bytes), |batch| batch.hash).0[..])
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    sqlx::query(
        "INSERT INTO scope_head (scope, seq, chain) VALUES (?1, ?2, ?3)
         ON CONFLICT (scope) DO UPDATE SET seq = excluded.seq, chain = excluded.chain",
    )
    .bind(scope.number())
    .bind(int(after.seq))
    .bind(&after.chain.0[..])
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    Ok(after)
}

/// Takes in a fact of an earlier log, unless it stands.
pub(crate) async fn offer_fact(
    connection: &mut SqliteConnection,
    company: CompanyId,
    fact: RelayFact,
) -> Result<(), StoreError> {
    let stands: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM entry WHERE scope = ?1 AND hash = ?2 AND author IS NULL")
            .bind(fact.scope.number())
            .bind(&envelope::batch_hash(&fact.bytes).0[..])
            .fetch_optional(&mut *connection)
            .await
            .map_err(db)?;
    match stands {
        Some(_) => Ok(()),
        None => append_fact(connection, company, fact).await,
    }
}

/// Appends a fact of the relay's own, in the transaction of what makes it true.
pub(crate) async fn append_fact(
    connection: &mut SqliteConnection,
    company: CompanyId,
    fact: RelayFact,
) -> Result<(), StoreError> {
    control::require_head(connection, &fact.control_head).await?;
    insert(connection, company, fact.scope, LogKind::RelayFact, &fact.bytes, None).await?;
    Ok(())
}
