//! A company that leaves or arrives: what its row says of that, and its rows.

use std::fmt::Write as _;

use async_trait::async_trait;
use sqlx::{
    AssertSqlSafe, PgConnection, Postgres, Row as _,
    postgres::{PgArguments, PgRow},
    query::Query,
};
use zuc_relay_store::{
    Archive, CompanyId, LogId, StoreError,
    archive::{Kind, MOVED, Rows, TABLES, Table, Ticket, Value},
};

use crate::{
    PostgresStore,
    row::{db, text},
    transaction::{OfCompany, Stay, stay},
};

impl PostgresStore {
    /// A transaction of a company that is expected.
    async fn coming(&self, company: CompanyId) -> Result<OfCompany, StoreError> {
        let mut writing = self.turn(company).await?;
        match stay(&mut writing, company).await? {
            Some((Stay::Coming, _)) => Ok(writing),
            _ => Err(StoreError::UnknownCompany),
        }
    }
}

fn ticket_of(bytes: Option<Vec<u8>>) -> Result<Ticket, StoreError> {
    let corrupt = StoreError::Corrupt { table: "company", column: "ticket" };
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(corrupt)
}

async fn set_state(
    connection: &mut PgConnection,
    company: CompanyId,
    state: &'static str,
    ticket: Option<&[u8]>,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE company SET state = $2, ticket = $3 WHERE company = $1")
        .bind(&company.0[..])
        .bind(state)
        .bind(ticket)
        .execute(connection)
        .await
        .map_err(db)?;
    Ok(())
}

#[async_trait]
impl Archive for PostgresStore {
    async fn expect(&self, company: CompanyId, ticket: Ticket) -> Result<Ticket, StoreError> {
        let mut writing = self.turn(company).await?;
        match stay(&mut writing, company).await? {
            Some((Stay::Here, _)) => return Err(StoreError::CompanyExists),
            Some((Stay::Coming, begun)) => return ticket_of(begun),
            Some((Stay::Left, _)) => set_state(&mut writing, company, "coming", Some(&ticket)).await?,
            None => {
                sqlx::query(
                    "INSERT INTO company (company, log_id, created_ms, state, ticket)
                     VALUES ($1, '', now_ms(), 'coming', $2)",
                )
                .bind(&company.0[..])
                .bind(&ticket[..])
                .execute(&mut *writing)
                .await
                .map_err(db)?;
            }
        }
        writing.commit().await?;
        Ok(ticket)
    }

    async fn leave(&self, company: CompanyId, ticket: Ticket) -> Result<LogId, StoreError> {
        let mut writing = self.turn(company).await?;
        match stay(&mut writing, company).await? {
            None | Some((Stay::Coming, _)) => return Err(StoreError::UnknownCompany),
            Some((Stay::Left, other)) if ticket_of(other.clone())? != ticket => {
                return Err(StoreError::Refused(MOVED));
            }
            Some((Stay::Left, _)) => {}
            Some((Stay::Here, _)) => set_state(&mut writing, company, "left", Some(&ticket)).await?,
        }
        let name: Vec<u8> = sqlx::query_scalar("SELECT log_id FROM company WHERE company = $1")
            .bind(&company.0[..])
            .fetch_one(&mut *writing)
            .await
            .map_err(db)?;
        writing.commit().await?;
        LogId::from_slice(&name).ok_or(StoreError::Corrupt { table: "company", column: "log_id" })
    }

    async fn rows(
        &self,
        company: CompanyId,
        table: &'static Table,
        after: Option<Vec<Value>>,
        max: u32,
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        let mut reading = self.read_of(company).await?;
        let columns: Vec<String> = table.columns.iter().map(|(name, kind)| shown(name, *kind)).collect();
        let key: Vec<&str> = table.columns[..table.key].iter().map(|(name, _)| *name).collect();
        let key = key.join(", ");
        let mut statement = format!("SELECT {} FROM {} WHERE company = $1", columns.join(", "), table.name);
        if after.is_some() {
            let places: Vec<String> = (2..2 + table.key).map(|place| format!("${place}")).collect();
            let _infallible = write!(statement, " AND ({key}) > ({})", places.join(", "));
        }
        let _infallible = write!(statement, " ORDER BY {key} LIMIT {max}");
        let mut query = sqlx::query(AssertSqlSafe(statement)).bind(company.0.to_vec());
        for value in after.into_iter().flatten() {
            query = match value {
                Value::Null => query.bind(None::<i64>),
                Value::Int(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
                Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        let rows = query.fetch_all(&mut *reading).await.map_err(db)?;
        rows.iter().map(|row| read(row, table)).collect()
    }

    /// In one statement, whatever the rows: a column is an array.
    async fn put(&self, company: CompanyId, table: &'static Table, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
        let mut writing = self.coming(company).await?;
        let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        let kept: Vec<String> = names.iter().map(|name| stored(name)).collect();
        let arrays: Vec<String> =
            (2..).zip(table.columns).map(|(place, (_, kind))| format!("${place}::{}[]", sql_type(*kind))).collect();
        let mut statement = format!(
            "INSERT INTO {} (company, {names}) SELECT $1, {} FROM unnest({}) AS new ({names}) ON CONFLICT ",
            table.name,
            kept.join(", "),
            arrays.join(", "),
            names = names.join(", "),
        );
        if table.rows == Rows::Change {
            let set: Vec<String> = names[table.key..].iter().map(|name| format!("{name} = excluded.{name}")).collect();
            let key = names[..table.key].join(", ");
            let _infallible = write!(statement, "(company, {key}) DO UPDATE SET {}", set.join(", "));
        } else {
            statement.push_str("DO NOTHING");
        }
        let mut query = sqlx::query(AssertSqlSafe(statement)).bind(company.0.to_vec());
        for (at, (name, kind)) in table.columns.iter().enumerate() {
            let column = rows.iter().map(|row| row.get(at).unwrap_or(&Value::Null));
            query = bind_column(query, *kind, column.cloned())
                .ok_or(StoreError::Corrupt { table: table.name, column: name })?;
        }
        query.execute(&mut *writing).await.map_err(db)?;
        if table.name == "entry" {
            give_bodies(&mut writing, table, &rows).await?;
        }
        writing.commit().await
    }

    async fn clear(&self, company: CompanyId) -> Result<(), StoreError> {
        let mut writing = self.coming(company).await?;
        for table in TABLES.iter().filter(|table| table.rows == Rows::ComeAndGo) {
            execute(&mut writing, company, format!("DELETE FROM {} WHERE company = $1", table.name)).await?;
        }
        // What stands of an earlier stay must not be in the way of what is unique among the new rows.
        for statement in [
            "UPDATE stamp_attempt SET state = 'WITHDRAWN', uuid = NULL WHERE company = $1",
            "UPDATE stamp_intent SET serie = NULL, folio = NULL WHERE company = $1",
            "UPDATE folio SET invoice = NULL WHERE company = $1",
        ] {
            execute(&mut writing, company, statement.to_owned()).await?;
        }
        writing.commit().await
    }

    async fn arrive(&self, company: CompanyId, name: LogId, counts: Vec<u64>) -> Result<(), StoreError> {
        let mut writing = self.coming(company).await?;
        for (table, count) in TABLES.iter().zip(counts) {
            let statement = format!("SELECT count(*) FROM {} WHERE company = $1", table.name);
            let stand: i64 = sqlx::query_scalar(AssertSqlSafe(statement))
                .bind(&company.0[..])
                .fetch_one(&mut *writing)
                .await
                .map_err(db)?;
            if u64::try_from(stand) != Ok(count) {
                return Err(StoreError::Corrupt { table: table.name, column: "count" });
            }
        }
        sqlx::query("UPDATE company SET log_id = $2 WHERE company = $1")
            .bind(&company.0[..])
            .bind(&name.0[..])
            .execute(&mut *writing)
            .await
            .map_err(db)?;
        set_state(&mut writing, company, "here", None).await?;
        writing.commit().await
    }
}

async fn execute(connection: &mut PgConnection, company: CompanyId, statement: String) -> Result<(), StoreError> {
    let query = sqlx::query(AssertSqlSafe(statement)).bind(&company.0[..]);
    query.execute(connection).await.map(|_done| ()).map_err(db)
}

/// Gives entries of an earlier stay their bytes back, where these were dropped and are among those that come.
async fn give_bodies(connection: &mut PgConnection, table: &Table, rows: &[Vec<Value>]) -> Result<(), StoreError> {
    let at = |name| table.columns.iter().position(|(column, _)| *column == name);
    let (Some(scope), Some(seq), Some(bytes)) = (at("scope"), at("seq"), at("bytes")) else { return Ok(()) };
    for row in rows {
        let (Some(Value::Int(scope)), Some(Value::Int(seq)), Some(Value::Bytes(bytes))) =
            (row.get(scope), row.get(seq), row.get(bytes))
        else {
            continue;
        };
        if !bytes.is_empty() {
            sqlx::query("SELECT give_body($1, $2, $3)")
                .bind(scope)
                .bind(seq)
                .bind(bytes)
                .execute(&mut *connection)
                .await
                .map_err(db)?;
        }
    }
    Ok(())
}

fn sql_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "bigint",
        Kind::Text => "text",
        Kind::Bytes => "bytea",
    }
}

/// A column as it is read: numbers are all of one length.
fn shown(name: &str, kind: Kind) -> String {
    match (name, kind) {
        ("ever_sent", _) => "ever_sent::int::bigint".to_owned(),
        (_, Kind::Int) => format!("{name}::bigint"),
        _ => name.to_owned(),
    }
}

/// A column as it is written; two are of another type than they travel in.
fn stored(name: &str) -> String {
    match name {
        "kind" => "kind::smallint".to_owned(),
        "ever_sent" => "ever_sent <> 0".to_owned(),
        _ => name.to_owned(),
    }
}

fn bind_column(
    query: Query<'_, Postgres, PgArguments>,
    kind: Kind,
    column: impl Iterator<Item = Value>,
) -> Option<Query<'_, Postgres, PgArguments>> {
    Some(match kind {
        Kind::Int => query.bind(
            column
                .map(|value| match value {
                    Value::Null => Some(None),
                    Value::Int(number) => Some(Some(number)),
                    _ => None,
                })
                .collect::<Option<Vec<Option<i64>>>>()?,
        ),
        Kind::Text => query.bind(
            column
                .map(|value| match value {
                    Value::Null => Some(None),
                    Value::Text(words) => Some(Some(text(&words).into_owned())),
                    _ => None,
                })
                .collect::<Option<Vec<Option<String>>>>()?,
        ),
        Kind::Bytes => query.bind(
            column
                .map(|value| match value {
                    Value::Null => Some(None),
                    Value::Bytes(bytes) => Some(Some(bytes)),
                    _ => None,
                })
                .collect::<Option<Vec<Option<Vec<u8>>>>>()?,
        ),
    })
}

fn read(row: &PgRow, table: &Table) -> Result<Vec<Value>, StoreError> {
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
