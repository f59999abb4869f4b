//! One transaction of one company.

use std::ops::{Deref, DerefMut};

use sqlx::{PgConnection, Postgres, Transaction};
use tokio::sync::OwnedMutexGuard;
use zuc_relay_store::{CompanyId, StoreError, archive::MOVED};

use crate::{
    PostgresStore,
    row::{db, unavailable},
};

/// A transaction that sees one company and nobody else; undone when it is dropped before its commit.
pub(crate) struct OfCompany {
    transaction: Transaction<'static, Postgres>,
    /// The place in this node's queue, for one that writes.
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Deref for OfCompany {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.transaction
    }
}

impl DerefMut for OfCompany {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}

impl OfCompany {
    /// What was written is durable when this returns `Ok`: the server syncs its log first, which `open` asked of it.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().await.map_err(db)
    }
}

impl PostgresStore {
    /// Begins to write: the transaction has the company alone, here and on every other node, until it ends.
    ///
    /// So each rule of the ledgers reads the newest rows and nobody changes them meanwhile, as in a file with one
    /// writer. Each statement sees what was committed before it began (READ COMMITTED); the first one that reads
    /// begins after the turn has come.
    ///
    /// # Errors
    /// [`StoreError::UnknownCompany`]; [`StoreError::Refused`] [`MOVED`]; [`StoreError::Unavailable`] when the turn
    /// does not come in time.
    pub(crate) async fn write(&self, company: CompanyId) -> Result<OfCompany, StoreError> {
        let mut writing = self.turn(company).await?;
        match stay(&mut writing, company).await? {
            Some((Stay::Here, _)) => Ok(writing),
            Some((Stay::Left, _)) => Err(StoreError::Refused(MOVED)),
            Some((Stay::Coming, _)) | None => Err(StoreError::UnknownCompany),
        }
    }

    /// As [`PostgresStore::write`], for a company that may not exist yet.
    ///
    /// The turn is an advisory lock: a lock on the company's row would be written to disk by transactions that write
    /// nothing else (a sweep that finds nothing due, a repeated request). Its number is the beginning of the
    /// company's id; two companies that share it wait for each other and see nothing of each other.
    pub(crate) async fn turn(&self, company: CompanyId) -> Result<OfCompany, StoreError> {
        let turn = self.queues.turn(company).await?;
        let mut writing = self.begin("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", Some(turn)).await?;
        let number = company.0.first_chunk().expect("an id has sixteen bytes");
        sqlx::query("SELECT set_config('zuc.company', $1, true), pg_advisory_xact_lock($2)")
            .bind(company.to_string())
            .bind(i64::from_be_bytes(*number))
            .execute(&mut *writing)
            .await
            .map_err(db)?;
        Ok(writing)
    }

    /// Begins to read: one view of the company, whatever is committed meanwhile; waits for nobody.
    ///
    /// # Errors
    /// [`StoreError::UnknownCompany`].
    pub(crate) async fn read_of(&self, company: CompanyId) -> Result<OfCompany, StoreError> {
        let mut reading = self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", None).await?;
        sqlx::query("SELECT set_config('zuc.company', $1, true)")
            .bind(company.to_string())
            .execute(&mut *reading)
            .await
            .map_err(db)?;
        match stay(&mut reading, company).await? {
            Some((Stay::Here | Stay::Left, _)) => Ok(reading),
            Some((Stay::Coming, _)) | None => Err(StoreError::UnknownCompany),
        }
    }

    /// In a task of its own: a caller that goes away while `BEGIN` is under way would leave the connection in a
    /// transaction that its pool does not know of.
    async fn begin(&self, statement: &'static str, turn: Option<OwnedMutexGuard<()>>) -> Result<OfCompany, StoreError> {
        let pool = self.pool.clone();
        let begun = tokio::spawn(async move { pool.begin_with(statement).await }).await;
        Ok(OfCompany { transaction: begun.map_err(unavailable)?.map_err(db)?, _turn: turn })
    }
}

/// Where a company is, as its row says.
pub(crate) enum Stay {
    /// Here.
    Here,
    /// At another store; reads are still answered.
    Left,
    /// At another store that it leaves for this one.
    Coming,
}

/// Where the company of the transaction is, with the ticket of its move; none when it is not known.
pub(crate) async fn stay(
    connection: &mut PgConnection,
    company: CompanyId,
) -> Result<Option<(Stay, Option<Vec<u8>>)>, StoreError> {
    let row: Option<(String, Option<Vec<u8>>)> = sqlx::query_as("SELECT state, ticket FROM company WHERE company = $1")
        .bind(&company.0[..])
        .fetch_optional(connection)
        .await
        .map_err(db)?;
    row.map(|(state, ticket)| {
        let stay = match state.as_str() {
            "here" => Stay::Here,
            "left" => Stay::Left,
            "coming" => Stay::Coming,
            _ => return Err(StoreError::Corrupt { table: "company", column: "state" }),
        };
        Ok((stay, ticket))
    })
    .transpose()
}
