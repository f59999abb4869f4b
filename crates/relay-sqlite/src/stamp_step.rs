//! The steps of the stamping ledger, each inside the writer's transaction.

use sqlx::SqliteConnection;
use zuc_protocol::{
    codec,
    ids::ItemId,
    receipt::{IntentKind, SignedReceipt, StampState},
};
use zuc_relay_store::{
    Attempt, ClaimedAttempt, CompanyId, NewAttempt, Outcome, Receipted, ReceiveOutcome, StoreError, Timbre,
};

use crate::{
    folio, log,
    loss::{is_frozen, require_thawed},
    row::{db, int, is_duplicate, now_ms},
    stamp_row::find,
};

/// When to look again for whether attempts may go on.
const FROZEN_MS: i64 = 2_000;

/// Turns "no row was touched" into who holds the attempt now.
pub(crate) async fn guard(connection: &mut SqliteConnection, key: &str, touched: u64) -> Result<(), StoreError> {
    if touched == 1 {
        return Ok(());
    }
    Err(StoreError::Fenced { state: find(connection, key).await?.state })
}

pub(crate) async fn intend(
    connection: &mut SqliteConnection,
    invoice: ItemId,
    intent: IntentKind,
) -> Result<IntentKind, StoreError> {
    require_thawed(connection).await?;
    let word = if intent == IntentKind::Issue { "issue" } else { "void" };
    sqlx::query("INSERT INTO stamp_intent (invoice, intent) VALUES (?1, ?2) ON CONFLICT DO NOTHING")
        .bind(&invoice.0[..])
        .bind(word)
        .execute(&mut *connection)
        .await
        .map_err(db)?;
    let stands: String = sqlx::query_scalar("SELECT intent FROM stamp_intent WHERE invoice = ?1")
        .bind(&invoice.0[..])
        .fetch_one(connection)
        .await
        .map_err(db)?;
    Ok(if stands == "issue" { IntentKind::Issue } else { IntentKind::Void })
}

pub(crate) async fn receive(connection: &mut SqliteConnection, new: NewAttempt) -> Result<ReceiveOutcome, StoreError> {
    match find(connection, &new.stamp_key).await {
        Ok(known) if known.invoice == new.invoice => return Ok(ReceiveOutcome::Known(known.state)),
        // The same bytes for two invoices: the second would get the first one's timbre.
        Ok(_other) => return Err(StoreError::Refused("stamp.key_of_another_invoice")),
        Err(StoreError::NotFound(_)) => {}
        Err(error) => return Err(error),
    }
    if intend(connection, new.invoice, IntentKind::Issue).await? == IntentKind::Void {
        return Err(StoreError::Refused("stamp.intent_void"));
    }
    if new.of_earlier_log {
        folio::restore_folio(connection, &new.serie, new.folio, new.invoice).await?;
    }
    let held = folio::folio_of(connection, new.invoice).await?;
    if !held.is_some_and(|held| held.serie == new.serie && held.number == new.folio) {
        return Err(StoreError::Refused("stamp.folio_not_claimed"));
    }
    sqlx::query("UPDATE stamp_intent SET serie = ?2, folio = ?3 WHERE invoice = ?1")
        .bind(&new.invoice.0[..])
        .bind(&new.serie)
        .bind(int(new.folio))
        .execute(&mut *connection)
        .await
        .map_err(|error| if is_duplicate(&error) { StoreError::Refused("stamp.folio_taken") } else { db(error) })?;
    let now = now_ms(connection).await?;
    sqlx::query(
        "INSERT INTO stamp_attempt
             (stamp_key, invoice, serie, folio, scope, made_by, state, ever_sent, due_ms, xml, received_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?9, ?10, ?7, ?8, ?7)",
    )
    .bind(&new.stamp_key)
    .bind(&new.invoice.0[..])
    .bind(&new.serie)
    .bind(int(new.folio))
    .bind(new.scope.number())
    .bind(&new.by.0[..])
    .bind(now)
    .bind(&new.xml)
    .bind(if new.of_earlier_log { StampState::Unknown.name() } else { StampState::Received.name() })
    .bind(new.of_earlier_log)
    .execute(connection)
    .await
    .map_err(|error| if is_duplicate(&error) { StoreError::Refused("stamp.invoice_busy") } else { db(error) })?;
    Ok(ReceiveOutcome::New)
}

pub(crate) async fn take(
    connection: &mut SqliteConnection,
    key: &str,
    lease_ms: i64,
    settle_ms: i64,
) -> Result<Option<ClaimedAttempt>, StoreError> {
    if is_frozen(connection).await? {
        return Ok(None);
    }
    let now = now_ms(connection).await?;
    let until = now + lease_ms;
    let done = sqlx::query(
        "UPDATE stamp_attempt SET
             fence = fence + 1,
             recoveries = recoveries + (state = 'UNKNOWN'),
             lease_ms = ?2,
             -- A recovery's bytes may be on their way until its lease ends.
             due_ms = CASE WHEN state = 'UNKNOWN' THEN ?2 + ?4 ELSE ?2 END,
             state = CASE WHEN state = 'UNKNOWN' THEN 'UNKNOWN' ELSE 'CLAIMED' END
         WHERE stamp_key = ?1 AND due_ms <= ?3 AND state IN ('RECEIVED', 'ABSENT', 'UNKNOWN')",
    )
    .bind(key)
    .bind(until)
    .bind(now)
    .bind(settle_ms)
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    let attempt = find(connection, key).await?;
    Ok(Some(ClaimedAttempt { fence: attempt.fence, attempt, lease_until_ms: until }))
}

pub(crate) async fn settle(
    connection: &mut SqliteConnection,
    company: CompanyId,
    key: &str,
    fence: u64,
    outcome: Outcome,
) -> Result<StampState, StoreError> {
    let attempt = find(connection, key).await?;
    let from = attempt.state;
    if attempt.fence != fence || !matches!(from, StampState::Sent | StampState::Unknown) {
        return Err(StoreError::Fenced { state: from });
    }
    let now = now_ms(connection).await?;
    let (mut receipt, mut uncounted) = (None, false);
    let (state, code, detail, due, absences) = match outcome {
        Outcome::Stamped(timbre, receipt) => {
            stamped(connection, company, &attempt, timbre, receipt).await?;
            return Ok(StampState::Stamped);
        }
        Outcome::Rejected { code, detail, receipt: signed } if from == StampState::Sent => {
            receipt = Some(signed);
            (StampState::Rejected, Some(code), Some(detail), attempt.due_ms, 0)
        }
        // A recovery that hears "no" has still not heard what became of the first call.
        Outcome::Rejected { code, detail, .. } => {
            (StampState::Human, Some(code), Some(detail), attempt.due_ms, attempt.absences)
        }
        Outcome::Unknown { code, counts } => {
            uncounted = from == StampState::Unknown && !counts;
            (StampState::Unknown, Some(code), None, attempt.due_ms, attempt.absences)
        }
        Outcome::Human { code, receipt: signed } => {
            receipt = Some(signed);
            (StampState::Human, Some(code), None, attempt.due_ms, attempt.absences)
        }
        Outcome::NotFound { .. } if attempt.absences >= 1 => (StampState::Absent, None, None, now, 2),
        Outcome::NotFound { settle_ms } => (StampState::Unknown, attempt.code.clone(), None, now + settle_ms, 1),
    };
    let signed = receipt.as_ref().map(|signed| receipt_bytes(&signed.receipt)).transpose()?;
    sqlx::query(
        "UPDATE stamp_attempt SET state = ?2, code = ?3, detail = ?4, due_ms = ?5, absences = ?6, settled_ms = ?7,
             receipt = ?8, recoveries = recoveries - ?9
         WHERE stamp_key = ?1",
    )
    .bind(key)
    .bind(state.name())
    .bind(code)
    .bind(detail)
    .bind(due)
    .bind(i64::from(absences))
    .bind(now)
    .bind(signed)
    .bind(uncounted)
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    if let Some(signed) = receipt {
        log::append_fact(connection, company, signed.fact).await?;
    }
    Ok(state)
}

/// A receipt as a column keeps it.
pub(crate) fn receipt_bytes(receipt: &SignedReceipt) -> Result<Vec<u8>, StoreError> {
    codec::encode(receipt, codec::MAX_CONTROL).map_err(|_too_large| StoreError::Refused("relay.receipt_too_large"))
}

/// The attempt, its folio and its receipt become stamped together or not at all.
pub(crate) async fn stamped(
    connection: &mut SqliteConnection,
    company: CompanyId,
    attempt: &Attempt,
    timbre: Timbre,
    receipt: Receipted,
) -> Result<(), StoreError> {
    let now = now_ms(connection).await?;
    sqlx::query(
        "UPDATE stamp_attempt SET state = 'STAMPED', uuid = ?2, stamped_xml = ?3, code = NULL, detail = NULL, settled_ms = ?4, receipt = ?5
         WHERE stamp_key = ?1",
    )
    .bind(&attempt.stamp_key)
    .bind(&timbre.uuid)
    .bind(&timbre.stamped_xml)
    .bind(now)
    .bind(receipt_bytes(&receipt.receipt)?)
    .execute(&mut *connection)
    .await
    .map_err(|error| if is_duplicate(&error) { StoreError::Refused("stamp.uuid_seen") } else { db(error) })?;
    sqlx::query("UPDATE folio SET state = 'stamped' WHERE serie = ?1 AND number = ?2 AND invoice = ?3")
        .bind(&attempt.serie)
        .bind(int(attempt.folio))
        .bind(&attempt.invoice.0[..])
        .execute(&mut *connection)
        .await
        .map_err(db)?;
    log::append_fact(connection, company, receipt.fact).await
}

pub(crate) async fn sweep(connection: &mut SqliteConnection) -> Result<(Vec<String>, Option<i64>), StoreError> {
    let now = now_ms(connection).await?;
    if is_frozen(connection).await? {
        return Ok((vec![], Some(now + FROZEN_MS)));
    }
    sqlx::query(
        "UPDATE stamp_attempt SET state = 'RECEIVED', fence = fence + 1, due_ms = ?1
         WHERE state = 'CLAIMED' AND lease_ms <= ?1",
    )
    .bind(now)
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    sqlx::query(
        "UPDATE stamp_attempt SET state = 'UNKNOWN', code = 'stamp.no_answer'
         WHERE state = 'SENT' AND deadline_ms <= ?1",
    )
    .bind(now)
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    let due: Vec<String> = sqlx::query_scalar(
        "SELECT stamp_key FROM stamp_attempt
         WHERE state IN ('RECEIVED', 'ABSENT', 'UNKNOWN') AND due_ms <= ?1 ORDER BY due_ms LIMIT 100",
    )
    .bind(now)
    .fetch_all(&mut *connection)
    .await
    .map_err(db)?;
    let next: Option<i64> = sqlx::query_scalar(
        "SELECT MIN(CASE state WHEN 'SENT' THEN deadline_ms WHEN 'CLAIMED' THEN lease_ms ELSE due_ms END)
         FROM stamp_attempt WHERE state IN ('RECEIVED', 'CLAIMED', 'SENT', 'UNKNOWN', 'ABSENT')",
    )
    .fetch_one(connection)
    .await
    .map_err(db)?;
    Ok((due, next))
}
