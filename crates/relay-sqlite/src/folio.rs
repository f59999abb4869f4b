//! Folios: dense per serie, one per invoice.

use sqlx::{FromRow, SqliteConnection};
use zuc_protocol::{ids::ItemId, receipt::Decision};
use zuc_relay_store::{Folio, FolioState, StoreError};

use crate::{
    decision::item,
    loss::{has_lost, require_thawed},
    row::{count, db, int, is_duplicate},
};

#[derive(FromRow)]
pub(crate) struct FolioRow {
    serie: String,
    number: i64,
    invoice: Option<Vec<u8>>,
    state: String,
}

impl TryFrom<FolioRow> for Folio {
    type Error = StoreError;

    fn try_from(row: FolioRow) -> Result<Self, StoreError> {
        let state = match row.state.as_str() {
            "reserved" => FolioState::Reserved,
            "free" => FolioState::Free,
            "stamped" => FolioState::Stamped,
            "inutilizado" => FolioState::Inutilizado,
            _ => return Err(StoreError::Corrupt { table: "folio", column: "state" }),
        };
        let invoice = row.invoice.map(|bytes| item(&bytes, "folio", "invoice")).transpose()?;
        Ok(Self { serie: row.serie, number: count(row.number, "folio", "number")?, invoice, state })
    }
}

/// The folio an invoice holds.
pub(crate) async fn folio_of(connection: &mut SqliteConnection, invoice: ItemId) -> Result<Option<Folio>, StoreError> {
    let row: Option<FolioRow> = sqlx::query_as("SELECT serie, number, invoice, state FROM folio WHERE invoice = ?1")
        .bind(&invoice.0[..])
        .fetch_optional(connection)
        .await
        .map_err(db)?;
    row.map(Folio::try_from).transpose()
}

/// Brings back a folio whose receipt survived the log it was given in.
pub(crate) async fn restore_folio(
    connection: &mut SqliteConnection,
    serie: &str,
    number: u64,
    invoice: ItemId,
) -> Result<(), StoreError> {
    if folio_of(connection, invoice).await?.is_some() {
        return Ok(());
    }
    sqlx::query("INSERT INTO folio (serie, number, invoice, state) VALUES (?1, ?2, ?3, 'reserved')")
        .bind(serie)
        .bind(int(number))
        .bind(&invoice.0[..])
        .execute(connection)
        .await
        .map_err(|error| if is_duplicate(&error) { StoreError::Refused("stamp.folio_taken") } else { db(error) })?;
    Ok(())
}

pub(crate) async fn claim_folio(
    connection: &mut SqliteConnection,
    serie: String,
    invoice: ItemId,
) -> Result<(Decision, bool), StoreError> {
    require_thawed(connection).await?;
    if let Some(held) = folio_of(connection, invoice).await? {
        if held.serie != serie {
            return Err(StoreError::Refused("folio.other_serie"));
        }
        return Ok((Decision::Folio { serie, folio: held.number, invoice }, false));
    }
    let intent: Option<String> = sqlx::query_scalar("SELECT intent FROM stamp_intent WHERE invoice = ?1")
        .bind(&invoice.0[..])
        .fetch_optional(&mut *connection)
        .await
        .map_err(db)?;
    if intent.as_deref() == Some("void") {
        return Err(StoreError::Refused("stamp.intent_void"));
    }
    let number: i64 = sqlx::query_scalar(
        "SELECT COALESCE(
             (SELECT MIN(number) FROM folio WHERE serie = ?1 AND state = 'free'),
             (SELECT MAX(number) FROM folio WHERE serie = ?1) + 1,
             1)",
    )
    .bind(&serie)
    .fetch_one(&mut *connection)
    .await
    .map_err(db)?;
    sqlx::query(
        "INSERT INTO folio (serie, number, invoice, state) VALUES (?1, ?2, ?3, 'reserved')
         ON CONFLICT (serie, number) DO UPDATE SET invoice = excluded.invoice, state = 'reserved'",
    )
    .bind(&serie)
    .bind(number)
    .bind(&invoice.0[..])
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    Ok((Decision::Folio { serie, folio: count(number, "folio", "number")?, invoice }, true))
}

pub(crate) async fn discard_folio(
    connection: &mut SqliteConnection,
    serie: String,
    invoice: ItemId,
) -> Result<(Decision, bool), StoreError> {
    require_thawed(connection).await?;
    let held = folio_of(connection, invoice).await?.ok_or(StoreError::NotFound("folio"))?;
    if held.serie != serie {
        return Err(StoreError::Refused("folio.other_serie"));
    }
    let (alive, ever_sent): (i64, i64) = sqlx::query_as(
        "SELECT COUNT(*) FILTER (WHERE state NOT IN ('WITHDRAWN', 'REFUSED', 'REJECTED')),
                COALESCE(MAX(ever_sent), 0)
         FROM stamp_attempt WHERE invoice = ?1",
    )
    .bind(&invoice.0[..])
    .fetch_one(&mut *connection)
    .await
    .map_err(db)?;
    if alive > 0 || held.state == FolioState::Stamped {
        return Err(StoreError::Refused("folio.in_use"));
    }
    // of what was sent in a log that is lost, nothing may be here
    let statement = if ever_sent > 0 || has_lost(connection).await? {
        "UPDATE folio SET state = 'inutilizado' WHERE invoice = ?1"
    } else {
        sqlx::query("UPDATE stamp_intent SET serie = NULL, folio = NULL WHERE invoice = ?1")
            .bind(&invoice.0[..])
            .execute(&mut *connection)
            .await
            .map_err(db)?;
        "UPDATE folio SET state = 'free', invoice = NULL WHERE invoice = ?1"
    };
    sqlx::query(statement).bind(&invoice.0[..]).execute(connection).await.map_err(db)?;
    Ok((Decision::FolioDiscarded { serie, folio: held.number, invoice }, true))
}
