//! The log's rows.

use async_trait::async_trait;
use sqlx::PgConnection;
use zuc_protocol::chain;
use zuc_relay_store::{
    AppendOutcome, AuthorHead, ChainHash, CompanyId, ControlHash, DeviceId, LogEntry, LogHead, LogKind, LogStore,
    NewEntry, Page, RelayFact, Scope, StoreError,
};

use crate::{
    PostgresStore,
    append::Appending,
    control,
    row::{batch_hash, count, db, hash, int, scope as read_scope, scope_number},
};

#[async_trait]
impl LogStore for PostgresStore {
    async fn append(
        &self,
        company: CompanyId,
        control_head: ControlHash,
        entries: Vec<NewEntry>,
    ) -> Result<Vec<AppendOutcome>, StoreError> {
        let mut writing = self.write(company).await?;
        control::require_head(&mut writing, company, &control_head).await?;
        let mut appending = Appending::new(company);
        let mut outcomes = Vec::with_capacity(entries.len());
        for entry in entries {
            outcomes.push(appending.batch(&mut writing, entry).await?);
        }
        appending.write(&mut writing).await?;
        writing.commit().await?;
        Ok(outcomes)
    }

    async fn append_facts(&self, company: CompanyId, facts: Vec<RelayFact>) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        let mut appending = Appending::new(company);
        for fact in facts {
            appending.fact(&mut writing, fact).await?;
        }
        appending.write(&mut writing).await?;
        writing.commit().await
    }

    async fn read(
        &self,
        company: CompanyId,
        scope: Scope,
        after: u64,
        max: u32,
        max_bytes: usize,
    ) -> Result<Page, StoreError> {
        let mut reading = self.read_of(company).await?;
        let end = head(&mut reading, company, scope).await?;
        let begins: Option<i64> = sqlx::query_scalar("SELECT seq FROM log_begin WHERE company = $1 AND scope = $2")
            .bind(&company.0[..])
            .bind(scope_number(scope))
            .fetch_optional(&mut *reading)
            .await
            .map_err(db)?;
        let begins = begins.map_or(Ok(0), |seq| count(seq, "log_begin", "seq"))?;
        if after < begins {
            return Ok(Page { entries: vec![], chain: end.chain, head: end.seq, begins });
        }
        let rows: Vec<(i64, i16, Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT seq, kind, bytes, chain FROM (
                 SELECT seq, kind, bytes, chain,
                        sum(octet_length(bytes)) OVER (ORDER BY seq) - octet_length(bytes) AS before
                 FROM entry WHERE company = $1 AND scope = $2 AND seq > $3 ORDER BY seq LIMIT $4
             ) AS page WHERE before = 0 OR before < $5 ORDER BY seq",
        )
        .bind(&company.0[..])
        .bind(scope_number(scope))
        .bind(int(after))
        .bind(i64::from(max))
        .bind(i64::try_from(max_bytes).unwrap_or(i64::MAX))
        .fetch_all(&mut *reading)
        .await
        .map_err(db)?;
        let mut page = Page { entries: Vec::with_capacity(rows.len()), chain: end.chain, head: end.seq, begins };
        for (seq, kind, bytes, chain) in rows {
            let kind = u8::try_from(kind)
                .ok()
                .and_then(LogKind::from_number)
                .ok_or(StoreError::Corrupt { table: "entry", column: "kind" })?;
            page.entries.push(LogEntry { seq: count(seq, "entry", "seq")?, kind, bytes: bytes.into() });
            page.chain = ChainHash(hash(&chain, "entry", "chain")?);
        }
        Ok(page)
    }

    async fn head(&self, company: CompanyId, scope: Scope) -> Result<LogHead, StoreError> {
        let mut reading = self.read_of(company).await?;
        head(&mut reading, company, scope).await
    }

    async fn heads(&self, company: CompanyId) -> Result<Vec<(Scope, LogHead)>, StoreError> {
        let mut reading = self.read_of(company).await?;
        let rows: Vec<(i64, i64, Vec<u8>)> =
            sqlx::query_as("SELECT scope, seq, chain FROM scope_head WHERE company = $1 ORDER BY scope")
                .bind(&company.0[..])
                .fetch_all(&mut *reading)
                .await
                .map_err(db)?;
        rows.into_iter()
            .map(|(scope, seq, chain)| Ok((read_scope(scope, "scope_head")?, log_head(seq, &chain)?)))
            .collect()
    }

    async fn author_heads(&self, company: CompanyId, author: DeviceId) -> Result<Vec<AuthorHead>, StoreError> {
        let mut reading = self.read_of(company).await?;
        let rows: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as(
            "SELECT scope_head.scope, last.number, last.hash FROM scope_head
             CROSS JOIN LATERAL (
                 SELECT number, hash FROM entry
                 WHERE company = $1 AND author = $2 AND scope = scope_head.scope ORDER BY number DESC LIMIT 1
             ) AS last WHERE scope_head.company = $1 ORDER BY scope_head.scope",
        )
        .bind(&company.0[..])
        .bind(&author.0[..])
        .fetch_all(&mut *reading)
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

fn log_head(seq: i64, chain: &[u8]) -> Result<LogHead, StoreError> {
    Ok(LogHead { seq: count(seq, "scope_head", "seq")?, chain: ChainHash(hash(chain, "scope_head", "chain")?) })
}

/// Where a scope's log ends.
pub(crate) async fn head(
    connection: &mut PgConnection,
    company: CompanyId,
    scope: Scope,
) -> Result<LogHead, StoreError> {
    let row: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT seq, chain FROM scope_head WHERE company = $1 AND scope = $2")
            .bind(&company.0[..])
            .bind(scope_number(scope))
            .fetch_optional(connection)
            .await
            .map_err(db)?;
    match row {
        None => Ok(LogHead { seq: 0, chain: chain::start(company, scope) }),
        Some((seq, digest)) => log_head(seq, &digest),
    }
}
