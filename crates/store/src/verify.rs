//! Whether the store is what it says: chains, documents, read tables; and whether two homes hold the same.

use std::fmt;

use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Row, SqliteConnection};
use uuid::Uuid;
use zuc_domain::shared::Scope;

use crate::doc::Document;
use crate::persons::Ring;
use crate::projections::analytics;
use crate::store::{domain_scope, scope_of, uuid_of};
use crate::{Store, StoreError, audit, erase, registry};

/// Read tables: name, the condition that picks a scope's rows (`?1`), what puts them in order. Columns that only mean
/// something on one device (`n`, `facet`, names looked up beside ids) are left out of every comparison.
const TABLES: [(&str, &str, &str); 13] = [
    ("lead_row", "scope = ?1", "id"),
    ("lead_alias", "scope = ?1", "alias"),
    ("lead_moved", "scope = ?1", "lead"),
    ("lead_activity", "scope = ?1", "id"),
    ("lead_opportunity", "scope = ?1", "id"),
    ("customer_row", "scope = ?1", "id"),
    ("customer_contact", "customer IN (SELECT id FROM customer_row WHERE scope = ?1)", "customer, id"),
    ("customer_contract", "scope = ?1", "id"),
    ("customer_invoice", "scope = ?1", "customer, invoice"),
    ("proposal_row", "scope = ?1", "id"),
    ("proposal_product", "scope = ?1", "id"),
    ("financial_invoice", "scope = ?1", "id"),
    ("conflict", "scope = ?1", "id, field"),
];
const LOCAL: [&str; 3] = ["n", "facet", "owner_name"];
/// Counts and sums over them: name, and what is compared.
const DERIVED: [(&str, &str); 4] = [
    (
        "lead_total",
        "SELECT f.state, f.owner, f.band, f.source, t.currency, t.rows, t.amount_micro
         FROM lead_total t LEFT JOIN lead_facet f ON f.n = t.facet ORDER BY 1, 2, 3, 4, 5",
    ),
    ("financial_receivable", "SELECT * FROM financial_receivable ORDER BY 1, 2, 3"),
    ("analytics_funnel", "SELECT * FROM analytics_funnel ORDER BY 1, 2, 3"),
    ("analytics_sales_summary", "SELECT * FROM analytics_sales_summary ORDER BY 1, 2, 3"),
];

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable code, as `verify.audit_chain`.
    pub code: &'static str,
    /// Where.
    pub detail: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.code, self.detail)
    }
}

/// What a scope holds, as hashes: equal on two devices that hold the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeDigest {
    /// The scope.
    pub scope: Scope,
    /// Over the documents' ids, kinds and heads, and what of them does not count.
    pub documents: String,
    /// Over the facts' ids and hashes, and which of them stand.
    pub facts: String,
    /// Over the read rows.
    pub rows: String,
    /// How many documents and facts.
    pub count: u64,
}

impl Store {
    /// Checks everything; an empty list is good news. Reads the whole database.
    pub async fn verify(&self) -> Result<Vec<Problem>, StoreError> {
        let mut problems = Vec::new();
        let mut conn = self.inner.pools.writer.acquire().await?;
        let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut *conn).await?;
        problems.extend(
            found.into_iter().filter(|line| line != "ok").map(|detail| Problem { code: "verify.integrity", detail }),
        );
        let found: Vec<String> = sqlx::query_scalar("PRAGMA cipher_integrity_check").fetch_all(&mut *conn).await?;
        problems.extend(found.into_iter().map(|detail| Problem { code: "verify.page", detail }));
        if let Some(seq) = audit::first_break(&mut conn).await? {
            problems.push(Problem { code: "verify.audit_chain", detail: format!("row {seq}") });
        }
        problems.extend(wrong_counts(&mut conn).await?);
        let Some(identity) = self.identity() else { return Ok(problems) };
        problems.extend(audit::contradictions(&mut conn, &identity).await?);
        wrong_heads(&mut conn, &identity.actor.0, &mut problems).await?;
        drop(conn);
        for (scope, _) in self.cursors().await? {
            if !self.spoiled_runs(scope).await?.is_empty() {
                problems.push(Problem { code: "verify.log_chain", detail: scope.to_string() });
                self.suspect_entries(domain_scope(scope)).await?;
            }
        }
        problems.extend(self.rebuild(false).await?);
        Ok(problems)
    }

    /// Projects every document and fact again. With `keep` the new rows replace the old; without, they are only
    /// compared. The tables that were not as a re-projection makes them are returned.
    pub async fn rebuild(&self, keep: bool) -> Result<Vec<Problem>, StoreError> {
        let mut tx = self.begin_plain().await?;
        let before = all_rows(&mut tx).await?;
        self.project_all(&mut tx).await?;
        let after = all_rows(&mut tx).await?;
        let problems = before
            .into_iter()
            .zip(after)
            .filter(|((_, old), (_, new))| old != new)
            .map(|((table, _), _)| Problem { code: "verify.projection", detail: table })
            .collect();
        if keep {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(problems)
    }

    /// Makes every read row anew from what documents and facts say.
    pub(crate) async fn project_all(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        for (table, ..) in TABLES {
            sqlx::query(AssertSqlSafe(format!("DELETE FROM {table}"))).execute(&mut *tx).await?;
        }
        for table in [
            "lead_total",
            "lead_facet",
            "financial_receivable",
            "lead_match_key",
            "customer_search",
            "proposal_search",
            "proposal_product_search",
            "financial_invoice_search",
        ] {
            sqlx::query(AssertSqlSafe(format!("DELETE FROM {table}"))).execute(&mut *tx).await?;
        }
        let rows = sqlx::query!("SELECT scope, id FROM doc ORDER BY scope, id").fetch_all(&mut *tx).await?;
        let docs = rows
            .into_iter()
            .map(|row| Ok((row.scope, uuid_of("doc", &row.id)?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        erase::reproject(Ring::new(self, identity.company.0), &mut *tx, &identity.actor.0, &docs).await?;
        self.reproject_facts(&mut *tx, identity.company.0).await?;
        analytics::rebuild(&mut *tx).await?;
        sqlx::query!("DELETE FROM outbox_count").execute(&mut *tx).await?;
        sqlx::query!("INSERT INTO outbox_count SELECT scope, count(*) FROM outbox GROUP BY scope")
            .execute(&mut *tx)
            .await?;
        Ok(())
    }

    async fn reproject_facts(&self, conn: &mut SqliteConnection, company: Uuid) -> Result<(), StoreError> {
        let mut ring = Ring::new(self, company);
        let mut dirty = analytics::Dirty::default();
        let rows =
            sqlx::query!("SELECT scope, id, kind, subject, fence, body FROM fact WHERE lost = 0 ORDER BY scope, id")
                .fetch_all(&mut *conn)
                .await?;
        for row in rows {
            let fact = zuc_protocol::item::Fact {
                id: zuc_protocol::ids::ItemId::from_uuid(uuid_of("fact", &row.id)?),
                kind: row.kind,
                subject: zuc_protocol::ids::ItemId::from_uuid(uuid_of("fact", &row.subject)?),
                fence: u64::try_from(row.fence).unwrap_or(0),
                body: row.body,
                person_keys: Vec::new(),
                events: Vec::new(),
                part: None,
            };
            registry::project_fact(scope_of(row.scope)?, &fact, &mut ring, conn, &mut dirty).await?;
        }
        Ok(())
    }

    /// What each scope holds, for a comparison with another home.
    pub async fn digests(&self) -> Result<Vec<ScopeDigest>, StoreError> {
        let mut conn = self.reader().acquire().await?;
        digests_of(&mut conn).await
    }

    /// Folds the tails of at most `max` documents into their snapshots: work for an idle moment. Those
    /// with changes that wait in the outbox are left for later. How many were folded.
    pub async fn fold_tails(&self, max: u32) -> Result<u64, StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let mut tx = self.begin_plain().await?;
        let rows = sqlx::query!(
            "SELECT scope, id, kind, snapshot, tail FROM doc
             WHERE length(tail) > 4096 AND length(tail) > length(snapshot)
                 AND NOT EXISTS (SELECT 1 FROM outbox WHERE item = doc.id AND outbox.scope = doc.scope) LIMIT ?",
            max,
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut folded = 0;
        for row in rows {
            let kind = zuc_protocol::item::DocKind(u16::try_from(row.kind).unwrap_or(0));
            let Some(shape) = registry::shape(kind) else { continue };
            let mut document = Document::load(shape.kind, &row.snapshot, &row.tail, &identity.actor.0)?;
            let snapshot = document.snapshot();
            let size = i64::try_from(snapshot.len()).unwrap_or(i64::MAX);
            sqlx::query!(
                "UPDATE doc SET snapshot = ?, tail = x'', size = ? WHERE scope = ? AND id = ?",
                snapshot,
                size,
                row.scope,
                row.id,
            )
            .execute(&mut *tx)
            .await?;
            folded += 1;
        }
        tx.commit().await?;
        Ok(folded)
    }
}

/// What each scope of a database holds.
pub(crate) async fn digests_of(conn: &mut SqliteConnection) -> Result<Vec<ScopeDigest>, StoreError> {
    let scopes = sqlx::query_scalar!(
        r#"SELECT scope AS "scope!: i64" FROM (SELECT scope FROM doc UNION SELECT scope FROM fact) ORDER BY scope"#
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut digests = Vec::with_capacity(scopes.len());
    let columns = columns(conn).await?;
    for number in scopes {
        let sql = "SELECT id, kind, heads, ignored FROM doc WHERE scope = ?1 ORDER BY id";
        let docs = hash_rows(conn, sql, Some(number)).await?;
        let sql = "SELECT id, hash, lost FROM fact WHERE scope = ?1 ORDER BY id, hash";
        let facts = hash_rows(conn, sql, Some(number)).await?;
        let mut rows = blake3::Hasher::new();
        for ((table, condition, order), columns) in TABLES.iter().zip(&columns) {
            let sql = format!("SELECT {columns} FROM {table} WHERE {condition} ORDER BY {order}");
            rows.update(hash_rows(conn, &sql, Some(number)).await?.0.as_bytes());
        }
        digests.push(ScopeDigest {
            scope: scope_of(number)?,
            documents: docs.0.to_hex().to_string(),
            facts: facts.0.to_hex().to_string(),
            rows: rows.finalize().to_hex().to_string(),
            count: docs.1 + facts.1,
        });
    }
    Ok(digests)
}

/// Scopes whose count of what waits to be sent is not what waits: what is not counted would never be offered.
async fn wrong_counts(conn: &mut SqliteConnection) -> Result<Vec<Problem>, StoreError> {
    let scopes = sqlx::query_scalar!(
        r#"SELECT scope AS "scope!: i64" FROM (
               SELECT scope, items FROM outbox_count WHERE items <> 0
               EXCEPT SELECT scope, count(*) FROM outbox GROUP BY scope
           ) UNION SELECT scope FROM (
               SELECT scope, count(*) AS items FROM outbox GROUP BY scope
               EXCEPT SELECT scope, items FROM outbox_count
           )"#
    )
    .fetch_all(conn)
    .await?;
    let problem = |scope: i64| Ok(Problem { code: "verify.outbox_count", detail: scope_of(scope)?.to_string() });
    scopes.into_iter().map(problem).collect()
}

async fn wrong_heads(conn: &mut SqliteConnection, actor: &[u8], problems: &mut Vec<Problem>) -> Result<(), StoreError> {
    let (mut scope, mut id) = (i64::MIN, Vec::new());
    loop {
        let rows = sqlx::query!(
            "SELECT scope, id, kind, snapshot, tail, heads FROM doc WHERE (scope, id) > (?, ?) ORDER BY scope, id LIMIT 500",
            scope,
            id,
        )
        .fetch_all(&mut *conn)
        .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        (scope, id) = (last.scope, last.id.clone());
        for row in rows {
            let kind = zuc_protocol::item::DocKind(u16::try_from(row.kind).unwrap_or(0));
            let Some(shape) = registry::shape(kind) else { continue };
            let loaded = Document::load(shape.kind, &row.snapshot, &row.tail, actor);
            if loaded.map_or(true, |mut document| document.heads() != row.heads) {
                problems.push(Problem { code: "verify.document", detail: hex::encode(&row.id) });
            }
        }
    }
}

/// The columns of each of [`TABLES`] that are compared, as a query names them.
async fn columns(conn: &mut SqliteConnection) -> Result<[String; TABLES.len()], StoreError> {
    let of = TABLES.map(|(table, ..)| format!("SELECT '{table}' AS name, cid, name FROM pragma_table_info('{table}')"));
    let sql = format!("{} ORDER BY 1, 2", of.join(" UNION ALL "));
    let rows: Vec<(String, i64, String)> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(conn).await?;
    Ok(TABLES.map(|(table, ..)| {
        let own = rows.iter().filter(|(of, _, name)| of == table && !LOCAL.contains(&name.as_str()));
        own.map(|(_, _, name)| name.as_str()).collect::<Vec<_>>().join(", ")
    }))
}

async fn all_rows(conn: &mut SqliteConnection) -> Result<Vec<(String, blake3::Hash)>, StoreError> {
    let mut hashes = Vec::new();
    for ((table, _, order), columns) in TABLES.iter().zip(columns(conn).await?) {
        let sql = format!("SELECT {columns} FROM {table} ORDER BY {order}");
        hashes.push(((*table).to_owned(), hash_rows(conn, &sql, None).await?.0));
    }
    for (table, sql) in DERIVED {
        hashes.push((table.to_owned(), hash_rows(conn, sql, None).await?.0));
    }
    Ok(hashes)
}

/// A hash over the values of rows with their types, and how many rows there were.
async fn hash_rows(
    conn: &mut SqliteConnection,
    sql: &str,
    scope: Option<i64>,
) -> Result<(blake3::Hash, u64), StoreError> {
    use futures::TryStreamExt as _;
    let mut hasher = blake3::Hasher::new();
    let mut count = 0;
    let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
    if let Some(scope) = scope {
        query = query.bind(scope);
    }
    let mut rows = query.fetch(conn);
    while let Some(row) = rows.try_next().await? {
        count += 1;
        for column in 0..row.len() {
            let value: Option<Vec<u8>> = match row.try_get::<Option<i64>, _>(column) {
                Ok(number) => number.map(|number| number.to_le_bytes().to_vec()),
                Err(_) => match row.try_get::<Option<String>, _>(column) {
                    Ok(text) => text.map(String::into_bytes),
                    Err(_) => row.try_get(column)?,
                },
            };
            match value {
                Some(value) => {
                    hasher.update(&[1]).update(&u64::try_from(value.len()).unwrap_or(0).to_le_bytes()).update(&value);
                }
                None => {
                    hasher.update(&[0]);
                }
            }
        }
    }
    Ok((hasher.finalize(), count))
}
