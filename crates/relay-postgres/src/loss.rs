//! Lost logs: what is noted of them, and the way back in.

use async_trait::async_trait;
use sqlx::PgConnection;
use zuc_relay_store::{
    AppendOutcome, CompanyId, ControlHash, DeviceId, FROZEN, Folio, FolioState, GaveBack, Ledger, LogId, Loss,
    LossStore, NewEntry, RelayFact, Scope, StampedBefore, StoreError,
};

use crate::{
    PostgresStore,
    append::Appending,
    control,
    row::{count, db, int, now_ms, scope_number},
    stamp_step::receipt_bytes,
};

/// Refuses while receipts of a lost log may be missing.
pub(crate) async fn require_thawed(connection: &mut PgConnection, company: CompanyId) -> Result<(), StoreError> {
    if is_frozen(connection, company).await? { Err(StoreError::Refused(FROZEN)) } else { Ok(()) }
}

/// Whether receipts of a lost log may be missing.
pub(crate) async fn is_frozen(connection: &mut PgConnection, company: CompanyId) -> Result<bool, StoreError> {
    sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT 1 FROM loss JOIN company ON company.company = loss.company AND log_id = log
             WHERE loss.company = $1 AND thawed_ms IS NULL)",
    )
    .bind(&company.0[..])
    .fetch_one(connection)
    .await
    .map_err(db)
}

/// Whether a log of this company was ever lost: what was sent under a folio is not known for certain since.
pub(crate) async fn has_lost(connection: &mut PgConnection, company: CompanyId) -> Result<bool, StoreError> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM loss WHERE company = $1)")
        .bind(&company.0[..])
        .fetch_one(connection)
        .await
        .map_err(db)
}

async fn log_id(connection: &mut PgConnection, company: CompanyId) -> Result<LogId, StoreError> {
    let bytes: Vec<u8> = sqlx::query_scalar("SELECT log_id FROM company WHERE company = $1")
        .bind(&company.0[..])
        .fetch_one(connection)
        .await
        .map_err(db)?;
    LogId::from_slice(&bytes).ok_or(StoreError::Corrupt { table: "company", column: "log_id" })
}

#[async_trait]
impl LossStore for PostgresStore {
    async fn loss(&self, company: CompanyId) -> Result<Option<Loss>, StoreError> {
        let mut reading = self.read_of(company).await?;
        let log = log_id(&mut reading, company).await?;
        let row: Option<(i64, Option<i64>)> =
            sqlx::query_as("SELECT since_ms, thawed_ms FROM loss WHERE company = $1 AND log = $2")
                .bind(&company.0[..])
                .bind(&log.0[..])
                .fetch_optional(&mut *reading)
                .await
                .map_err(db)?;
        let Some((since_ms, thawed_ms)) = row else { return Ok(None) };
        let rows: Vec<(Vec<u8>, i64)> =
            sqlx::query_as("SELECT device, witness FROM offered WHERE company = $1 AND log = $2 ORDER BY device")
                .bind(&company.0[..])
                .bind(&log.0[..])
                .fetch_all(&mut *reading)
                .await
                .map_err(db)?;
        let gave_back = |(device, witness): (Vec<u8>, i64)| {
            let device = DeviceId::from_slice(&device);
            let device = device.ok_or(StoreError::Corrupt { table: "offered", column: "device" })?;
            Ok(GaveBack { device, witness: witness != 0 })
        };
        let offered = rows.into_iter().map(gave_back).collect::<Result<_, StoreError>>()?;
        Ok(Some(Loss { since_ms, thawed_ms, offered }))
    }

    async fn note_loss(&self, company: CompanyId, stands: LogId, log: LogId) -> Result<bool, StoreError> {
        let mut writing = self.write(company).await?;
        if log_id(&mut writing, company).await? != stands {
            return Ok(false);
        }
        let noted =
            sqlx::query("INSERT INTO loss (company, log, since_ms) VALUES ($1, $2, now_ms()) ON CONFLICT DO NOTHING")
                .bind(&company.0[..])
                .bind(&log.0[..])
                .execute(&mut *writing)
                .await
                .map_err(db)?;
        if noted.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("UPDATE company SET log_id = $2 WHERE company = $1")
            .bind(&company.0[..])
            .bind(&log.0[..])
            .execute(&mut *writing)
            .await
            .map_err(db)?;
        sqlx::query(
            "UPDATE stamp_attempt SET state = 'UNKNOWN', fence = fence + 1, ever_sent = true, due_ms = now_ms()
             WHERE company = $1 AND state IN ('RECEIVED', 'CLAIMED', 'SENT', 'ABSENT')",
        )
        .bind(&company.0[..])
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        writing.commit().await?;
        Ok(true)
    }

    async fn authors(&self, company: CompanyId, scope: Scope) -> Result<Vec<(DeviceId, u64)>, StoreError> {
        let mut reading = self.read_of(company).await?;
        let rows: Vec<(Vec<u8>, i64)> = sqlx::query_as(
            "SELECT author, MAX(number) FROM entry WHERE company = $1 AND scope = $2 AND author IS NOT NULL
             GROUP BY author ORDER BY author",
        )
        .bind(&company.0[..])
        .bind(scope_number(scope))
        .fetch_all(&mut *reading)
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
        let mut writing = self.write(company).await?;
        control::require_head(&mut writing, company, &control_head).await?;
        let mut appending = Appending::of_earlier_log(company);
        let mut outcomes = Vec::with_capacity(entries.len());
        for entry in entries {
            outcomes.push(appending.batch(&mut writing, entry).await?);
        }
        for fact in facts {
            if !appending.has_fact(&mut writing, &fact).await? {
                appending.fact(&mut writing, fact).await?;
            }
        }
        appending.write(&mut writing).await?;
        writing.commit().await?;
        Ok(outcomes)
    }

    async fn note_offered(&self, company: CompanyId, log: LogId, by: GaveBack) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        sqlx::query(
            "INSERT INTO offered (company, log, device, witness) VALUES ($1, $2, $3, $4)
             ON CONFLICT (company, log, device)
             DO UPDATE SET witness = GREATEST(offered.witness, excluded.witness)",
        )
        .bind(&company.0[..])
        .bind(&log.0[..])
        .bind(&by.device.0[..])
        .bind(i64::from(by.witness))
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        writing.commit().await
    }

    async fn thaw(&self, company: CompanyId, log: LogId, ledger: Ledger) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        if log_id(&mut writing, company).await? != log {
            return Ok(());
        }
        let now = now_ms(&mut writing).await?;
        for folio in &ledger.folios {
            put_folio(&mut writing, company, folio).await?;
        }
        for timbre in &ledger.stamped {
            put_timbre(&mut writing, company, timbre, now).await?;
        }
        let voided: Vec<&[u8]> = ledger.voided.iter().map(|invoice| &invoice.0[..]).collect();
        sqlx::query(
            "INSERT INTO stamp_intent (company, invoice, intent) SELECT $1, unnest($2::bytea[]), 'void'
             ON CONFLICT DO NOTHING",
        )
        .bind(&company.0[..])
        .bind(voided)
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        sqlx::query("UPDATE loss SET thawed_ms = $3 WHERE company = $1 AND log = $2 AND thawed_ms IS NULL")
            .bind(&company.0[..])
            .bind(&log.0[..])
            .bind(now)
            .execute(&mut *writing)
            .await
            .map_err(db)?;
        writing.commit().await
    }
}

async fn put_folio(connection: &mut PgConnection, company: CompanyId, folio: &Folio) -> Result<(), StoreError> {
    let invoice = folio.invoice.as_ref().map(|invoice| &invoice.0[..]);
    // whoever held it under another number, as a table that went back may say, does not any more
    sqlx::query(
        "UPDATE folio SET invoice = NULL, state = 'inutilizado'
         WHERE company = $1 AND invoice = $4 AND NOT (serie = $2 AND number = $3)",
    )
    .bind(&company.0[..])
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
        "INSERT INTO folio (company, serie, number, invoice, state) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (company, serie, number) DO UPDATE SET invoice = excluded.invoice, state = excluded.state",
    )
    .bind(&company.0[..])
    .bind(&folio.serie)
    .bind(int(folio.number))
    .bind(invoice)
    .bind(state)
    .execute(connection)
    .await
    .map_err(db)?;
    Ok(())
}

async fn put_timbre(
    connection: &mut PgConnection,
    company: CompanyId,
    timbre: &StampedBefore,
    now: i64,
) -> Result<(), StoreError> {
    let (invoice, folio) = (&timbre.invoice.0[..], int(timbre.folio));
    for statement in [
        "UPDATE stamp_intent SET serie = NULL, folio = NULL
         WHERE company = $1 AND serie = $3 AND folio = $4 AND invoice <> $2",
        "INSERT INTO stamp_intent (company, invoice, intent, serie, folio) VALUES ($1, $2, 'issue', $3, $4)
         ON CONFLICT (company, invoice)
         DO UPDATE SET intent = 'issue', serie = excluded.serie, folio = excluded.folio",
    ] {
        sqlx::query(statement)
            .bind(&company.0[..])
            .bind(invoice)
            .bind(&timbre.serie)
            .bind(folio)
            .execute(&mut *connection)
            .await
            .map_err(db)?;
    }
    sqlx::query(
        "UPDATE stamp_attempt SET state = 'WITHDRAWN'
         WHERE company = $1 AND invoice = $2 AND stamp_key <> $3 AND state <> 'STAMPED'",
    )
    .bind(&company.0[..])
    .bind(invoice)
    .bind(&timbre.stamp_key)
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    let receipt = receipt_bytes(&timbre.receipt)?;
    sqlx::query(
        "UPDATE stamp_attempt SET state = 'STAMPED', fence = fence + 1, uuid = $3, receipt = $4, settled_ms = $5
         WHERE company = $1 AND stamp_key = $2 AND state <> 'STAMPED'",
    )
    .bind(&company.0[..])
    .bind(&timbre.stamp_key)
    .bind(&timbre.uuid)
    .bind(&receipt)
    .bind(now)
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    // Who asked for it is not in the receipt; the bytes are with whoever holds the fact.
    sqlx::query(
        "INSERT INTO stamp_attempt (company, stamp_key, invoice, serie, folio, scope, made_by, state, ever_sent, due_ms,
             uuid, receipt, received_ms, settled_ms)
         VALUES ($1, $2, $3, $4, $5, $6, '\\x00', 'STAMPED', true, 0, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
    )
    .bind(&company.0[..])
    .bind(&timbre.stamp_key)
    .bind(invoice)
    .bind(&timbre.serie)
    .bind(folio)
    .bind(scope_number(Scope::Fiscal))
    .bind(&timbre.uuid)
    .bind(receipt)
    .bind(timbre.time_ms)
    .bind(now)
    .execute(connection)
    .await
    .map_err(db)?;
    Ok(())
}
