//! A company that leaves or arrives: what its file says of that, and its rows.

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Row as _, Sqlite, SqliteConnection, query::Query, sqlite::SqliteRow};
use zuc_relay_store::{
    Archive, CompanyId, LogId, StoreError,
    archive::{Kind, MOVED, Rows, TABLES, Table, Ticket, Value},
};

use crate::{SqliteStore, row::db, writer::OnConnection};

/// What `meta` says of a company that is not simply here.
enum Mark {
    Left(Vec<u8>),
    Coming(Vec<u8>),
}

async fn mark(connection: &mut SqliteConnection) -> Result<Option<Mark>, StoreError> {
    let row: Option<(String, Vec<u8>)> =
        sqlx::query_as("SELECT key, value FROM meta WHERE key IN ('left', 'coming') ORDER BY key LIMIT 1")
            .fetch_optional(connection)
            .await
            .map_err(db)?;
    Ok(row.map(|(key, ticket)| if key == "left" { Mark::Left(ticket) } else { Mark::Coming(ticket) }))
}

/// Asked in each transaction that writes: the move may be another process's.
pub(crate) async fn require_here(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    match mark(connection).await? {
        None => Ok(()),
        Some(Mark::Left(_)) => Err(StoreError::Refused(MOVED)),
        Some(Mark::Coming(_)) => Err(StoreError::UnknownCompany),
    }
}

async fn require_coming(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    match mark(connection).await? {
        Some(Mark::Coming(_)) => Ok(()),
        _ => Err(StoreError::UnknownCompany),
    }
}

async fn log_id(connection: &mut SqliteConnection) -> Result<Option<LogId>, StoreError> {
    let bytes: Option<Vec<u8>> = sqlx::query_scalar("SELECT value FROM meta WHERE key = 'log_id'")
        .fetch_optional(connection)
        .await
        .map_err(db)?;
    let corrupt = StoreError::Corrupt { table: "meta", column: "value" };
    bytes.map(|bytes| LogId::from_slice(&bytes).ok_or(corrupt)).transpose()
}

async fn set(connection: &mut SqliteConnection, key: &'static str, value: &[u8]) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
        .bind(key)
        .bind(value)
        .execute(connection)
        .await
        .map_err(db)?;
    Ok(())
}

async fn unset(connection: &mut SqliteConnection, key: &'static str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM meta WHERE key = ?1").bind(key).execute(connection).await.map_err(db)?;
    Ok(())
}

fn ticket_of(bytes: &[u8]) -> Result<Ticket, StoreError> {
    bytes.try_into().map_err(|_length| StoreError::Corrupt { table: "meta", column: "value" })
}

#[async_trait]
impl Archive for SqliteStore {
    async fn expect(&self, company: CompanyId, ticket: Ticket) -> Result<Ticket, StoreError> {
        let of_ticket = self
            .past_the_gate(company, true, move |connection| {
                Box::pin(async move {
                    match mark(connection).await? {
                        Some(Mark::Coming(begun)) => return ticket_of(&begun),
                        Some(Mark::Left(_)) => unset(connection, "left").await?,
                        None if log_id(connection).await?.is_some() => return Err(StoreError::CompanyExists),
                        None => {}
                    }
                    set(connection, "coming", &ticket).await?;
                    Ok(ticket)
                })
            })
            .await?;
        self.set_away(company, true).await?;
        Ok(of_ticket)
    }

    async fn leave(&self, company: CompanyId, ticket: Ticket) -> Result<LogId, StoreError> {
        let left = self
            .past_the_gate(company, false, move |connection| {
                Box::pin(async move {
                    match mark(connection).await? {
                        Some(Mark::Left(other)) if other != ticket => return Err(StoreError::Refused(MOVED)),
                        Some(Mark::Coming(_)) => return Err(StoreError::UnknownCompany),
                        Some(Mark::Left(_)) => {}
                        None => set(connection, "left", &ticket).await?,
                    }
                    log_id(connection).await?.ok_or(StoreError::UnknownCompany)
                })
            })
            .await?;
        self.set_away(company, true).await?;
        Ok(left)
    }

    async fn rows(
        &self,
        company: CompanyId,
        table: &'static Table,
        after: Option<Vec<Value>>,
        max: u32,
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        let company = self.company(company).await?;
        let columns = names(table, table.columns.len());
        let key = names(table, table.key);
        let beyond = if after.is_some() { format!("WHERE ({key}) > ({})", places(table.key)) } else { String::new() };
        let statement = format!("SELECT {columns} FROM {} {beyond} ORDER BY {key} LIMIT {max}", table.name);
        let mut query = sqlx::query(AssertSqlSafe(statement));
        for value in after.unwrap_or_default() {
            query = bind(query, value);
        }
        let rows = query.fetch_all(&company.readers).await.map_err(db)?;
        rows.iter().map(|row| read(row, table)).collect()
    }

    async fn put(&self, company: CompanyId, table: &'static Table, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
        self.past_the_gate(company, false, move |connection| {
            Box::pin(async move {
                require_coming(connection).await?;
                let otherwise = match table.rows {
                    Rows::Change => {
                        let set: Vec<String> = table.columns[table.key..]
                            .iter()
                            .map(|(name, _)| format!("{name} = excluded.{name}"))
                            .collect();
                        format!("ON CONFLICT ({}) DO UPDATE SET {}", names(table, table.key), set.join(", "))
                    }
                    // of an earlier stay the bytes may have been dropped
                    Rows::Grow if table.name == "entry" => {
                        "ON CONFLICT (scope, seq) DO UPDATE SET bytes = excluded.bytes WHERE entry.bytes = x''"
                            .to_owned()
                    }
                    Rows::Grow | Rows::ComeAndGo => "ON CONFLICT DO NOTHING".to_owned(),
                };
                let count = table.columns.len();
                let statement = format!(
                    "INSERT INTO {} ({}) VALUES ({}) {otherwise}",
                    table.name,
                    names(table, count),
                    places(count)
                );
                for row in rows {
                    let mut query = sqlx::query(AssertSqlSafe(statement.clone()));
                    for value in row {
                        query = bind(query, value);
                    }
                    query.execute(&mut *connection).await.map_err(db)?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn clear(&self, company: CompanyId) -> Result<(), StoreError> {
        self.past_the_gate(company, false, move |connection| {
            Box::pin(async move {
                require_coming(connection).await?;
                let gone = TABLES.iter().filter(|table| table.rows == Rows::ComeAndGo);
                for table in gone {
                    execute(connection, format!("DELETE FROM {}", table.name)).await?;
                }
                // What stands of an earlier stay must not be in the way of what is unique among the new rows.
                for statement in [
                    "UPDATE stamp_attempt SET state = 'WITHDRAWN', uuid = NULL",
                    "UPDATE stamp_intent SET serie = NULL, folio = NULL",
                    "UPDATE folio SET invoice = NULL",
                ] {
                    execute(connection, statement.to_owned()).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn arrive(&self, company: CompanyId, name: LogId, counts: Vec<u64>) -> Result<(), StoreError> {
        self.past_the_gate(company, false, move |connection| {
            Box::pin(async move {
                require_coming(connection).await?;
                for (table, count) in TABLES.iter().zip(counts) {
                    let statement = format!("SELECT COUNT(*) FROM {}", table.name);
                    let stand: i64 =
                        sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&mut *connection).await.map_err(db)?;
                    if u64::try_from(stand) != Ok(count) {
                        return Err(StoreError::Corrupt { table: table.name, column: "count" });
                    }
                }
                set(connection, "log_id", &name.0).await?;
                unset(connection, "coming").await
            })
        })
        .await?;
        self.set_away(company, false).await
    }
}

impl SqliteStore {
    /// Runs `work` in a transaction of the writer, also for a company that left or is expected.
    async fn past_the_gate<T, F>(&self, company: CompanyId, create: bool, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> OnConnection<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.company_or_new(company, create).await?.writer.past(work).await
    }
}

async fn execute(connection: &mut SqliteConnection, statement: String) -> Result<(), StoreError> {
    sqlx::query(AssertSqlSafe(statement)).execute(connection).await.map(|_done| ()).map_err(db)
}

/// The first `count` columns.
fn names(table: &Table, count: usize) -> String {
    table.columns[..count].iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn places(count: usize) -> String {
    vec!["?"; count].join(", ")
}

fn bind(
    query: Query<'_, Sqlite, sqlx::sqlite::SqliteArguments>,
    value: Value,
) -> Query<'_, Sqlite, sqlx::sqlite::SqliteArguments> {
    match value {
        Value::Null => query.bind(None::<i64>),
        Value::Int(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
    }
}

fn read(row: &SqliteRow, table: &Table) -> Result<Vec<Value>, StoreError> {
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(at, (_, kind))| {
            let value = match kind {
                Kind::Int => row.try_get::<Option<i64>, _>(at).map(|found| found.map(Value::Int)),
                Kind::Text => row.try_get::<Option<String>, _>(at).map(|found| found.map(Value::Text)),
                Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(at).map(|found| found.map(Value::Bytes)),
            };
            Ok(value.map_err(db)?.unwrap_or(Value::Null))
        })
        .collect()
}
