//! An attempt's row.

use sqlx::{FromRow, PgConnection};
use zuc_protocol::{codec, ids::ItemId, receipt::StampState};
use zuc_relay_store::{Attempt, CompanyId, StoreError};

use crate::row::{count, db, scope};

#[derive(FromRow)]
struct AttemptRow {
    stamp_key: String,
    invoice: Vec<u8>,
    serie: String,
    folio: i64,
    scope: i64,
    state: String,
    fence: i64,
    code: Option<String>,
    detail: Option<String>,
    uuid: Option<String>,
    xml: Option<Vec<u8>>,
    stamped_xml: Option<Vec<u8>>,
    receipt: Option<Vec<u8>>,
    absences: i64,
    recoveries: i64,
    due_ms: i64,
}

impl TryFrom<AttemptRow> for Attempt {
    type Error = StoreError;

    fn try_from(row: AttemptRow) -> Result<Self, StoreError> {
        const TABLE: &str = "stamp_attempt";
        Ok(Self {
            stamp_key: row.stamp_key,
            invoice: ItemId::from_slice(&row.invoice).ok_or(StoreError::Corrupt { table: TABLE, column: "invoice" })?,
            serie: row.serie,
            folio: count(row.folio, TABLE, "folio")?,
            scope: scope(row.scope, TABLE)?,
            state: StampState::from_name(&row.state).ok_or(StoreError::Corrupt { table: TABLE, column: "state" })?,
            fence: count(row.fence, TABLE, "fence")?,
            code: row.code,
            detail: row.detail,
            uuid: row.uuid,
            xml: row.xml,
            stamped_xml: row.stamped_xml,
            receipt: row
                .receipt
                .map(|bytes| codec::decode(&bytes, codec::MAX_CONTROL))
                .transpose()
                .map_err(|_malformed| StoreError::Corrupt { table: TABLE, column: "receipt" })?,
            absences: u32::try_from(row.absences)
                .map_err(|_range| StoreError::Corrupt { table: TABLE, column: "absences" })?,
            recoveries: count(row.recoveries, TABLE, "recoveries")?,
            due_ms: row.due_ms,
        })
    }
}

/// The attempt of a stamp key.
pub(crate) async fn find(connection: &mut PgConnection, company: CompanyId, key: &str) -> Result<Attempt, StoreError> {
    let row: Option<AttemptRow> = sqlx::query_as(
        "SELECT stamp_key, invoice, serie, folio, scope, state, fence, code, detail, uuid, xml, stamped_xml, receipt,
                absences, recoveries, due_ms
         FROM stamp_attempt WHERE company = $1 AND stamp_key = $2",
    )
    .bind(&company.0[..])
    .bind(key)
    .fetch_optional(connection)
    .await
    .map_err(db)?;
    row.ok_or(StoreError::NotFound("stamp"))?.try_into()
}

/// The attempts of an invoice, oldest first.
pub(crate) async fn of_invoice(
    connection: &mut PgConnection,
    company: CompanyId,
    invoice: ItemId,
) -> Result<Vec<Attempt>, StoreError> {
    let rows: Vec<AttemptRow> = sqlx::query_as(
        "SELECT stamp_key, invoice, serie, folio, scope, state, fence, code, detail, uuid, xml, stamped_xml, receipt,
                absences, recoveries, due_ms
         FROM stamp_attempt WHERE company = $1 AND invoice = $2 ORDER BY received_ms, stamp_key",
    )
    .bind(&company.0[..])
    .bind(&invoice.0[..])
    .fetch_all(connection)
    .await
    .map_err(db)?;
    rows.into_iter().map(Attempt::try_from).collect()
}
