//! The sandbox's own ledger: every timbre it gave, whether or not anybody heard of it.

use std::path::Path;

use serde::Serialize;
use sqlx::{
    ConnectOptions as _, FromRow, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

/// The ledger's database failed.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox's ledger cannot be used")]
pub struct LedgerError(#[from] sqlx::Error);

/// One timbre.
#[derive(Clone, Debug, PartialEq, Eq, FromRow, Serialize)]
pub struct LedgerRow {
    /// Its UUID.
    pub uuid: String,
    /// The caller's reference; empty when it gave none.
    pub reference: String,
    /// SHA-256 of the bytes that were stamped, in hexadecimal.
    pub sha256: String,
    /// RFC of the issuer.
    pub rfc: String,
    /// Serie.
    pub serie: String,
    /// Folio.
    pub folio: String,
    /// Total, as written.
    pub total: String,
    /// Local time of the timbre.
    pub stamped_at: String,
    /// The stamped document.
    #[serde(skip)]
    pub xml: String,
}

pub(super) struct Ledger {
    connection: SqliteConnection,
}

impl Ledger {
    pub(super) async fn open(path: &Path) -> Result<Self, LedgerError> {
        let mut connection = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .disable_statement_logging()
            .connect()
            .await?;
        sqlx::query(
            "CREATE TABLE IF NOT EXISTS timbre (
                 number INTEGER PRIMARY KEY,
                 uuid TEXT NOT NULL UNIQUE,
                 reference TEXT NOT NULL,
                 sha256 TEXT NOT NULL,
                 rfc TEXT NOT NULL,
                 serie TEXT NOT NULL,
                 folio TEXT NOT NULL,
                 total TEXT NOT NULL,
                 stamped_at TEXT NOT NULL,
                 xml TEXT NOT NULL
             )",
        )
        .execute(&mut connection)
        .await?;
        Ok(Self { connection })
    }

    pub(super) async fn add(&mut self, row: &LedgerRow) -> Result<(), LedgerError> {
        sqlx::query(
            "INSERT INTO timbre (uuid, reference, sha256, rfc, serie, folio, total, stamped_at, xml)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )
        .bind(&row.uuid)
        .bind(&row.reference)
        .bind(&row.sha256)
        .bind(&row.rfc)
        .bind(&row.serie)
        .bind(&row.folio)
        .bind(&row.total)
        .bind(&row.stamped_at)
        .bind(&row.xml)
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }

    pub(super) async fn by_bytes(&mut self, sha256: &str) -> Result<Option<LedgerRow>, LedgerError> {
        Ok(sqlx::query_as(
            "SELECT uuid, reference, sha256, rfc, serie, folio, total, stamped_at, xml FROM timbre
             WHERE sha256 = ?1 ORDER BY number LIMIT 1",
        )
        .bind(sha256)
        .fetch_optional(&mut self.connection)
        .await?)
    }

    pub(super) async fn by_reference(&mut self, reference: &str) -> Result<Option<LedgerRow>, LedgerError> {
        Ok(sqlx::query_as(
            "SELECT uuid, reference, sha256, rfc, serie, folio, total, stamped_at, xml FROM timbre
             WHERE reference = ?1 AND reference <> '' ORDER BY number LIMIT 1",
        )
        .bind(reference)
        .fetch_optional(&mut self.connection)
        .await?)
    }

    pub(super) async fn by_uuid(&mut self, uuid: &str) -> Result<Option<LedgerRow>, LedgerError> {
        Ok(sqlx::query_as(
            "SELECT uuid, reference, sha256, rfc, serie, folio, total, stamped_at, xml FROM timbre
             WHERE uuid = ?1 COLLATE NOCASE",
        )
        .bind(uuid)
        .fetch_optional(&mut self.connection)
        .await?)
    }

    pub(super) async fn all(&mut self) -> Result<Vec<LedgerRow>, LedgerError> {
        Ok(sqlx::query_as(
            "SELECT uuid, reference, sha256, rfc, serie, folio, total, stamped_at, xml FROM timbre ORDER BY number",
        )
        .fetch_all(&mut self.connection)
        .await?)
    }
}
