//! Lost logs: what is noted of them, and the way back in.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use zuc_relay_store::{
    AppendOutcome, CompanyId, ControlHash, DeviceId, FROZEN, Folio, FolioState, GaveBack, Ledger, LogId, Loss,
    LossStore, NewEntry, RelayFact, Scope, StampedBefore, StoreError,
};

use crate::{
    SqliteStore, control,
    log::{offer_fact, offer_one},
    row::{count, db, int, now_ms},
    stamp_step::receipt_bytes,
};

/// Refuses while receipts of a lost log may be missing.
pub(crate) async fn require_thawed(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    if is_frozen(connection).await? { Err(StoreError::Refused(FROZEN)) } else { Ok(()) }
}

/// Whether receipts of a lost log may be missing.
pub(crate) async fn is_frozen(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM loss JOIN meta ON value = log WHERE key = 'log_id' AND thawed_ms IS NULL)",
    )
    .fetch_one(connection)
    .await
    .map_err(db)
}

/// Whether a log of this company was ever lost: what was sent under a folio is not known for certain since.
pub(crate) async fn has_lost(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM loss)").fetch_one(connection).await.map_err(db)
}

async fn log_id(connection: &mut SqliteConnection) -> Result<LogId, StoreError> {
    let bytes: Option<Vec<u8>> = sqlx::query_scalar("SELECT value FROM meta WHERE key = 'log_id'")
        .fetch_optional(connection)
        .await
        .map_err(db)?;
    let bytes = bytes.ok_or(StoreError::UnknownCompany)?;
    LogId::from_slice(&bytes).ok_or(StoreError::Corrupt { table: "meta", column: "value" })
}

#[async_trait]
impl LossStore for SqliteStore {
    async fn loss(&self, company: CompanyId) -> Result<Option<Loss>, StoreError> {
        let company = self.company(company).await?;
        let row: Option<(i64, Option<i64>)> =
            sqlx::query_as("SELECT since_ms, thawed_ms FROM loss JOIN meta ON value = log WHERE key = 'log_id'")
                .fetch_optional(&company.readers)
                .await
                .map_err(db)?;
        let Some((since_ms, thawed_ms)) = row else { return Ok(None) };
        let rows: Vec<(Vec<u8>, bool)> = sqlx::query_as(
            "SELECT device, witness FROM offered JOIN meta ON value = log WHERE key = 'log_id' ORDER BY device",
        )
        .fetch_all(&company.readers)
        .await
        .map_err(db)?;
        let gave_back = |(device, witness): (Vec<u8>, bool)| {
            let device = DeviceId::from_slice(&device);
            let device = device.ok_or(StoreError::Corrupt { table: "offered", column: "device" })?;
            Ok(GaveBack { device, witness })
        };
        let offered = rows.into_iter().map(gave_back).collect::<Result<_, StoreError>>()?;
        Ok(Some(Loss { since_ms, thawed_ms, offered }))
    }

    async fn note_loss(&self, company: CompanyId, stands: LogId, log: LogId) -> Result<bool, StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    if log_id(connection).await? != stands {
                        return Ok(false);
                    }
                    let now = now_ms(connection).await?;
                    let noted = sqlx::query("INSERT INTO loss (log, since_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING")
                        .bind(&log.0[..])
                        .bind(now)
                        .execute(&mut *connection)
                        .await
                        .map_err(db)?;
                    if noted.rows_affected() == 0 {
                        return Ok(false);
                    }
                    sqlx::query("UPDATE meta SET value = ?1 WHERE key = 'log_id'")
                        .bind(&log.0[..])
                        .execute(&mut *connection)
                        .await
                        .map_err(db)?;
                    sqlx::query(
                        "UPDATE stamp_attempt SET state = 'UNKNOWN', fence = fence + 1, ever_sent = 1, due_ms = ?1
                         WHERE state IN ('RECEIVED', 'CLAIMED', 'SENT', 'ABSENT')",
                    )
                    .bind(now)
                    .execute(connection)
                    .await
                    .map_err(db)?;
                    Ok(true)
                })
            })
            .await
    }

    async fn authors(&self, company: CompanyId, scope: Scope) -> Result<Vec<(DeviceId, u64)>, StoreError> {
        let company = self.company(company).await?;
        let rows: Vec<(Vec<u8>, i64)> = sqlx::query_as(
            "SELECT author, MAX(number) FROM entry WHERE scope = ?1 AND author IS NOT NULL GROUP BY author",
        )
        .bind(scope.number())
        .fetch_all(&company.readers)
        .await
        .map_err(db)?;
        rows.into_iter()
            .map(|(author, number)| {
                let author = DeviceId::from_slice(&author);
                let author = author.ok_or(StoreError::Corrupt { table: "entry", column: "author" })?;
                Ok((author, count(number, "entry", "number")?))
            })
            .collect()
    }

    async fn offer(
        &self,
        company: CompanyId,
        control_head: ControlHash,
        entries: Vec<NewEntry>,
        facts: Vec<RelayFact>,
    ) -> Result<Vec<AppendOutcome>, StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    control::require_head(connection, &control_head).await?;
                    let mut outcomes = Vec::with_capacity(entries.len());
                    for entry in entries {
                        outcomes.push(offer_one(connection, company, entry).await?);
                    }
                    for fact in facts {
                        offer_fact(connection, company, fact).await?;
                    }
                    Ok(outcomes)
                })
            })
            .await
    }

    async fn note_offered(&self, company: CompanyId, log: LogId, by: GaveBack) -> Result<(), StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO offered (log, device, witness) VALUES (?1, ?2, ?3)
                         ON CONFLICT (log, device) DO UPDATE SET witness = MAX(witness, excluded.witness)",
                    )
                    .bind(&log.0[..])
                    .bind(&by.device.0[..])
                    .bind(by.witness)
                    .execute(connection)
                    .await
                    .map_err(db)?;
                    Ok(())
                })
            })
            .await
    }

    async fn thaw(&self, company: CompanyId, log: LogId, ledger: Ledger) -> Result<(), StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    if log_id(connection).await? != log {
                        return Ok(());
                    }
                    let now = now_ms(connection).await?;
                    for folio in &ledger.folios {
                        put_folio(connection, folio).await?;
                    }
                    for timbre in &ledger.stamped {
                        put_timbre(connection, timbre, now).await?;
                    }
                    for invoice in &ledger.voided {
                        let void =
                            "INSERT INTO stamp_intent (invoice, intent) VALUES (?1, 'void') ON CONFLICT DO NOTHING";
                        sqlx::query(void).bind(&invoice.0[..]).execute(&mut *connection).await.map_err(db)?;
                    }
                    sqlx::query("UPDATE loss SET thawed_ms = ?2 WHERE log = ?1 AND thawed_ms IS NULL")
                        .bind(&log.0[..])
                        .bind(now)
                        .execute(connection)
                        .await
                        .map_err(db)?;
                    Ok(())
                })
            })
            .await
    }
}

async fn put_folio(connection: &mut SqliteConnection, folio: &Folio) -> Result<(), StoreError> {
    let invoice = folio.invoice.as_ref().map(|invoice| &invoice.0[..]);
    // whoever held it under another number, as a table that went back may say, does not any more
    sqlx::query(
        "UPDATE folio SET invoice = NULL, state = 'inutilizado' WHERE invoice = ?3 AND NOT (serie = ?1 AND number = ?2)",
    )
    .bind(&folio.serie)
    .bind(int(folio.number))
    .bind(invoice)
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    let state = match folio.state {
        FolioState::Reserved => "reserved",
        FolioState::Free => "free",
        FolioState::Stamped => "stamped",
        FolioState::Inutilizado => "inutilizado",
    };
    sqlx::query(
        "INSERT INTO folio (serie, number, invoice, state) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (serie, number) DO UPDATE SET invoice = excluded.invoice, state = excluded.state",
    )
    .bind(&folio.serie)
    .bind(int(folio.number))
    .bind(invoice)
    .bind(state)
    .execute(connection)
    .await
    .map_err(db)?;
    Ok(())
}

async fn put_timbre(connection: &mut SqliteConnection, timbre: &StampedBefore, now: i64) -> Result<(), StoreError> {
    let (invoice, folio) = (&timbre.invoice.0[..], int(timbre.folio));
    sqlx::query("UPDATE stamp_intent SET serie = NULL, folio = NULL WHERE serie = ?2 AND folio = ?3 AND invoice <> ?1")
        .bind(invoice)
        .bind(&timbre.serie)
        .bind(folio)
        .execute(&mut *connection)
        .await
        .map_err(db)?;
    sqlx::query(
        "INSERT INTO stamp_intent (invoice, intent, serie, folio) VALUES (?1, 'issue', ?2, ?3)
         ON CONFLICT (invoice) DO UPDATE SET intent = 'issue', serie = excluded.serie, folio = excluded.folio",
    )
    .bind(invoice)
    .bind(&timbre.serie)
    .bind(folio)
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    sqlx::query(
        "UPDATE stamp_attempt SET state = 'WITHDRAWN' WHERE invoice = ?1 AND stamp_key <> ?2 AND state <> 'STAMPED'",
    )
    .bind(invoice)
    .bind(&timbre.stamp_key)
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    let receipt = receipt_bytes(&timbre.receipt)?;
    sqlx::query(
        "UPDATE stamp_attempt SET state = 'STAMPED', fence = fence + 1, uuid = ?2, receipt = ?3, settled_ms = ?4
         WHERE stamp_key = ?1 AND state <> 'STAMPED'",
    )
    .bind(&timbre.stamp_key)
    .bind(&timbre.uuid)
    .bind(&receipt)
    .bind(now)
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    // Who asked for it is not in the receipt; the bytes are with whoever holds the fact.
    sqlx::query(
        "INSERT INTO stamp_attempt (stamp_key, invoice, serie, folio, scope, made_by, state, ever_sent, due_ms, uuid,
             receipt, received_ms, settled_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, x'00', 'STAMPED', 1, 0, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
    )
    .bind(&timbre.stamp_key)
    .bind(invoice)
    .bind(&timbre.serie)
    .bind(folio)
    .bind(Scope::Fiscal.number())
    .bind(&timbre.uuid)
    .bind(receipt)
    .bind(timbre.time_ms)
    .bind(now)
    .execute(connection)
    .await
    .map_err(db)?;
    Ok(())
}
