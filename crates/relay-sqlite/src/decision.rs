//! Folios, RFCs, leads and leases: one transaction per claim, with its receipt.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use zuc_protocol::{
    codec,
    ids::{BlindToken, ItemId},
    receipt::{Claim, ClaimRequest, Decision, Seen, SignedReceipt},
};
use zuc_relay_store::{CompanyId, Decided, DecisionStore, DeviceId, Folio, Sign, StoreError};

use crate::{
    SqliteStore,
    folio::{FolioRow, claim_folio, discard_folio},
    log,
    row::{count, db, int, now_ms},
    stamp_step::receipt_bytes,
};

/// The longest lease anybody gets, in milliseconds.
const LEASE_MAX: i64 = 10 * 60 * 1_000;

pub(crate) fn item(bytes: &[u8], table: &'static str, column: &'static str) -> Result<ItemId, StoreError> {
    ItemId::from_slice(bytes).ok_or(StoreError::Corrupt { table, column })
}

fn device(bytes: &[u8], table: &'static str) -> Result<DeviceId, StoreError> {
    DeviceId::from_slice(bytes).ok_or(StoreError::Corrupt { table, column: "device" })
}

#[async_trait]
impl DecisionStore for SqliteStore {
    async fn decide(
        &self,
        company: CompanyId,
        device: DeviceId,
        request: ClaimRequest,
        see_holder: bool,
        sign: Sign,
    ) -> Result<SignedReceipt, StoreError> {
        let clock = self.options.clock.clone();
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let now = match clock {
                        Some(clock) => clock.now_ms(),
                        None => now_ms(connection).await?,
                    };
                    let digest = codec::encode(&(device, &request.claim), codec::MAX_CONTROL)
                        .map_err(|_too_large| StoreError::Refused("sync.too_large"))?;
                    let known: Option<(Vec<u8>, Vec<u8>)> =
                        sqlx::query_as("SELECT digest, receipt FROM request WHERE id = ?1")
                            .bind(&request.id.0[..])
                            .fetch_optional(&mut *connection)
                            .await
                            .map_err(db)?;
                    if let Some((asked, receipt)) = known {
                        if asked != digest {
                            return Err(StoreError::Refused("relay.request_reused"));
                        }
                        return codec::decode(&receipt, codec::MAX_CONTROL)
                            .map_err(|_malformed| StoreError::Corrupt { table: "request", column: "receipt" });
                    }
                    let asker = Asker { company, device, see_holder, now };
                    let (decision, fresh) = decide(connection, &asker, request.claim).await?;
                    let signed = sign(&Decided { decision, fresh, now_ms: now })?;
                    for fact in signed.facts {
                        log::append_fact(connection, company, fact).await?;
                    }
                    sqlx::query("INSERT INTO request (id, digest, receipt, at_ms) VALUES (?1, ?2, ?3, ?4)")
                        .bind(&request.id.0[..])
                        .bind(digest)
                        .bind(receipt_bytes(&signed.receipt)?)
                        .bind(now)
                        .execute(connection)
                        .await
                        .map_err(db)?;
                    Ok(signed.receipt)
                })
            })
            .await
    }

    async fn folios(&self, company: CompanyId, serie: &str) -> Result<Vec<Folio>, StoreError> {
        let company = self.company(company).await?;
        let rows: Vec<FolioRow> =
            sqlx::query_as("SELECT serie, number, invoice, state FROM folio WHERE serie = ?1 ORDER BY number")
                .bind(serie)
                .fetch_all(&company.readers)
                .await
                .map_err(db)?;
        rows.into_iter().map(Folio::try_from).collect()
    }
}

struct Asker {
    company: CompanyId,
    device: DeviceId,
    see_holder: bool,
    now: i64,
}

async fn decide(
    connection: &mut SqliteConnection,
    asker: &Asker,
    claim: Claim,
) -> Result<(Decision, bool), StoreError> {
    match claim {
        Claim::Folio { serie, invoice } => claim_folio(connection, serie, invoice).await,
        Claim::DiscardFolio { serie, invoice } => discard_folio(connection, serie, invoice).await,
        Claim::Rfc { token, account } => claim_rfc(connection, asker, token, account).await,
        Claim::ReleaseRfc { token, account } => {
            let done = sqlx::query("DELETE FROM rfc_claim WHERE token = ?1 AND account = ?2")
                .bind(&token.0[..])
                .bind(&account.0[..])
                .execute(connection)
                .await
                .map_err(db)?;
            Ok((Decision::RfcReleased { token, account }, done.rows_affected() > 0))
        }
        Claim::Lead { lead } => claim_lead(connection, asker, lead).await,
        Claim::Lease { job, period, for_ms, seen } => {
            require_read(connection, asker, &seen).await?;
            claim_lease(connection, asker, Wanted { job, period, for_ms, above: int(seen.fence) }).await
        }
        Claim::ReleaseLease { job, period, fence } => {
            // The row stays, so that the next holder's fence is higher.
            let done = sqlx::query(
                "UPDATE lease SET until_ms = 0 WHERE job = ?1 AND period = ?2 AND fence = ?3 AND device = ?4",
            )
            .bind(&job)
            .bind(&period)
            .bind(int(fence))
            .bind(&asker.device.0[..])
            .execute(connection)
            .await
            .map_err(db)?;
            if done.rows_affected() == 0 {
                return Err(StoreError::Refused("lease.fenced"));
            }
            Ok((Decision::LeaseReleased { job, period, fence }, true))
        }
    }
}

async fn claim_rfc(
    connection: &mut SqliteConnection,
    asker: &Asker,
    token: BlindToken,
    account: ItemId,
) -> Result<(Decision, bool), StoreError> {
    let done = sqlx::query(
        "INSERT INTO rfc_claim (token, account, device, at_ms) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    )
    .bind(&token.0[..])
    .bind(&account.0[..])
    .bind(&asker.device.0[..])
    .bind(asker.now)
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    let bytes: Vec<u8> = sqlx::query_scalar("SELECT account FROM rfc_claim WHERE token = ?1")
        .bind(&token.0[..])
        .fetch_one(connection)
        .await
        .map_err(db)?;
    let holder = item(&bytes, "rfc_claim", "account")?;
    let granted = holder == account;
    let holder = (granted || asker.see_holder).then_some(holder);
    Ok((Decision::Rfc { token, account, holder, granted }, done.rows_affected() > 0))
}

async fn claim_lead(
    connection: &mut SqliteConnection,
    asker: &Asker,
    lead: ItemId,
) -> Result<(Decision, bool), StoreError> {
    let done = sqlx::query("INSERT INTO lead_claim (lead, device, at_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")
        .bind(&lead.0[..])
        .bind(&asker.device.0[..])
        .bind(asker.now)
        .execute(&mut *connection)
        .await
        .map_err(db)?;
    let (number, first): (i64, Vec<u8>) = sqlx::query_as("SELECT number, device FROM lead_claim WHERE lead = ?1")
        .bind(&lead.0[..])
        .fetch_one(connection)
        .await
        .map_err(db)?;
    let first = device(&first, "lead_claim")?;
    let number = count(number, "lead_claim", "number")?;
    Ok((Decision::Lead { lead, device: first, number }, done.rows_affected() > 0))
}

/// A lease as it is asked for; its fence is above that of what was seen done.
struct Wanted {
    job: String,
    period: String,
    for_ms: u32,
    above: i64,
}

/// Refuses whoever has not read to the end of the scopes they name.
async fn require_read(connection: &mut SqliteConnection, asker: &Asker, seen: &Seen) -> Result<(), StoreError> {
    for (scope, seq) in &seen.scopes {
        if log::head(connection, asker.company, *scope).await?.seq != *seq {
            return Err(StoreError::Refused("lease.behind"));
        }
    }
    Ok(())
}

async fn claim_lease(
    connection: &mut SqliteConnection,
    asker: &Asker,
    wanted: Wanted,
) -> Result<(Decision, bool), StoreError> {
    let Wanted { job, period, for_ms, above } = wanted;
    let row: Option<(Vec<u8>, i64, i64)> =
        sqlx::query_as("SELECT device, fence, until_ms FROM lease WHERE job = ?1 AND period = ?2")
            .bind(&job)
            .bind(&period)
            .fetch_optional(&mut *connection)
            .await
            .map_err(db)?;
    let fence = match row {
        None => above.saturating_add(1),
        Some((holder, fence, until_ms)) => {
            let holder = device(&holder, "lease")?;
            let runs = asker.now < until_ms;
            if runs && holder != asker.device {
                let fence = count(fence, "lease", "fence")?;
                return Ok((Decision::Lease { job, period, device: holder, fence, until_ms }, false));
            }
            // One's own lease that still runs is prolonged under its fence.
            if runs && fence >= above { fence } else { fence.max(above).saturating_add(1) }
        }
    };
    let until_ms = asker.now + i64::from(for_ms).min(LEASE_MAX);
    sqlx::query(
        "INSERT INTO lease (job, period, device, fence, until_ms) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (job, period) DO UPDATE
         SET device = excluded.device, fence = excluded.fence, until_ms = excluded.until_ms",
    )
    .bind(&job)
    .bind(&period)
    .bind(&asker.device.0[..])
    .bind(fence)
    .bind(until_ms)
    .execute(connection)
    .await
    .map_err(db)?;
    let fence = count(fence, "lease", "fence")?;
    Ok((Decision::Lease { job, period, device: asker.device, fence, until_ms }, true))
}
