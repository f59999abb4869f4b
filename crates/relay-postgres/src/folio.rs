//! Folios: dense per serie, one per invoice.

use sqlx::{FromRow, PgConnection};
use zuc_protocol::{ids::ItemId, receipt::Decision};
use zuc_relay_store::{CompanyId, Folio, FolioState, StoreError};

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
pub(crate) async fn folio_of(
    connection: &mut PgConnection,
    company: CompanyId,
    invoice: ItemId,
) -> Result<Option<Folio>, StoreError> {
    let row: Option<FolioRow> =
        sqlx::query_as("SELECT serie, number, invoice, state FROM folio WHERE company = $1 AND invoice = $2")
            .bind(&company.0[..])
            .bind(&invoice.0[..])
            .fetch_optional(connection)
            .await
            .map_err(db)?;
    row.map(Folio::try_from).transpose()
}

/// Brings back a folio whose receipt survived the log it was given in.
pub(crate) async fn restore_folio(
    connection: &mut PgConnection,
    company: CompanyId,
    serie: &str,
    number: u64,
    invoice: ItemId,
) -> Result<(), StoreError> {
    if folio_of(connection, company, invoice).await?.is_some() {
        return Ok(());
    }
    sqlx::query("INSERT INTO folio (company, serie, number, invoice, state) VALUES ($1, $2, $3, $4, 'reserved')")
        .bind(&company.0[..])
        .bind(serie)
        .bind(int(number))
        .bind(&invoice.0[..])
        .execute(connection)
        .await
        .map_err(|error| if is_duplicate(&error) { StoreError::Refused("stamp.folio_taken") } else { db(error) })?;
    Ok(())
}

pub(crate) async fn claim_folio(
    connection: &mut PgConnection,
    company: CompanyId,
    serie: String,
    invoice: ItemId,
) -> Result<(Decision, bool), StoreError> {
    require_thawed(connection, company).await?;
    if let Some(held) = folio_of(connection, company, invoice).await? {
        if held.serie != serie {
            return Err(StoreError::Refused("folio.other_serie"));
        }
        return Ok((Decision::Folio { serie, folio: held.number, invoice }, false));
    }
    let intent: Option<String> =
        sqlx::query_scalar("SELECT intent FROM stamp_intent WHERE company = $1 AND invoice = $2")
            .bind(&company.0[..])
            .bind(&invoice.0[..])
            .fetch_optional(&mut *connection)
            .await
            .map_err(db)?;
    if intent.as_deref() == Some("void") {
        return Err(StoreError::Refused("stamp.intent_void"));
    }
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO folio (company, serie, number, invoice, state)
         VALUES ($1, $2, COALESCE(
             (SELECT MIN(number) FROM folio WHERE company = $1 AND serie = $2 AND state = 'free'),
             (SELECT MAX(number) FROM folio WHERE company = $1 AND serie = $2) + 1,
             1), $3, 'reserved')
         ON CONFLICT (company, serie, number) DO UPDATE SET invoice = excluded.invoice, state = 'reserved'
         RETURNING number",
    )
    .bind(&company.0[..])
    .bind(&serie)
    .bind(&invoice.0[..])
    .fetch_one(connection)
    .await
    .map_err(db)?;
    Ok((Decision::Folio { serie, folio: count(number, "folio", "number")?, invoice }, true))
}

pub(crate) async fn discard_folio(
    connection: &mut PgConnection,
    company: CompanyId,
    serie: String,
    invoice: ItemId,
) -> Result<(Decision, bool), StoreError> {
    require_thawed(connection, company).await?;
    let held = folio_of(connection, company, invoice).await?.ok_or(StoreError::NotFound("folio"))?;
    if held.serie != serie {
        return Err(StoreError::Refused("folio.other_serie"));
    }
    let (alive, ever_sent): (i64, bool) = sqlx::query_as(
        "SELECT COUNT(*) FILTER (WHERE state NOT IN ('WITHDRAWN', 'REFUSED', 'REJECTED')),
                COALESCE(BOOL_OR(ever_sent), false)
         FROM stamp_attempt WHERE company = $1 AND invoice = $2",
    )
    .bind(&company.0[..])
    .bind(&invoice.0[..])
    .fetch_one(&mut *connection)
    .await
    .map_err(db)?;
    if alive > 0 || held.state == FolioState::Stamped {
        return Err(StoreError::Refused("folio.in_use"));
    }
    // of what was sent in a log that is lost, nothing may be here
    let statements: &[&'static str] = if ever_sent || has_lost(connection, company).await? {
        &["UPDATE folio SET state = 'inutilizado' WHERE company = $1 AND invoice = $2"]
    } else {
        &[
            "UPDATE stamp_intent SET serie = NULL, folio = NULL WHERE company = $1 AND invoice = $2",
            "UPDATE folio SET state = 'free', invoice = NULL WHERE company = $1 AND invoice = $2",
        ]
    };
    for statement in statements {
        sqlx::query(*statement)
            .bind(&company.0[..])
            .bind(&invoice.0[..])
            .execute(&mut *connection)
            .await
            .map_err(db)?;
    }
    Ok((Decision::FolioDiscarded { serie, folio: held.number, invoice }, true))
}
