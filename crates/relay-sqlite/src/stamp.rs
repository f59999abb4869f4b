//! The stamping ledger: each method is one guarded transition.

use async_trait::async_trait;
use zuc_protocol::{
    ids::ItemId,
    receipt::{IntentKind, StampState},
};
use zuc_relay_store::{
    Attempt, ClaimedAttempt, CompanyId, NewAttempt, Outcome, Receipted, ReceiveOutcome, StampLedger, StoreError, Timbre,
};

use crate::{
    SqliteStore, log,
    row::{db, int, now_ms},
    stamp_row::{find, of_invoice},
    stamp_step::{guard, intend, receipt_bytes, receive, settle, stamped, sweep, take},
};

#[async_trait]
impl StampLedger for SqliteStore {
    async fn intent(&self, company: CompanyId, invoice: ItemId) -> Result<Option<IntentKind>, StoreError> {
        let company = self.company(company).await?;
        let stands: Option<String> = sqlx::query_scalar("SELECT intent FROM stamp_intent WHERE invoice = ?1")
            .bind(&invoice.0[..])
            .fetch_optional(&company.readers)
            .await
            .map_err(db)?;
        Ok(stands.map(|word| if word == "issue" { IntentKind::Issue } else { IntentKind::Void }))
    }

    async fn intend(&self, company: CompanyId, invoice: ItemId, intent: IntentKind) -> Result<IntentKind, StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| Box::pin(async move { intend(connection, invoice, intent).await }))
            .await
    }

    async fn receive(&self, company: CompanyId, attempt: NewAttempt) -> Result<ReceiveOutcome, StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| Box::pin(async move { receive(connection, attempt).await }))
            .await
    }

    async fn refuse(
        &self,
        company: CompanyId,
        stamp_key: &str,
        code: &str,
        detail: &str,
        receipt: Receipted,
    ) -> Result<(), StoreError> {
        let (key, code, detail) = (stamp_key.to_owned(), code.to_owned(), detail.to_owned());
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let now = now_ms(connection).await?;
                    let done = sqlx::query(
                        "UPDATE stamp_attempt SET state = 'REFUSED', code = ?2, detail = ?3, settled_ms = ?4, receipt = ?5
                         WHERE stamp_key = ?1 AND state = 'RECEIVED'",
                    )
                    .bind(&key)
                    .bind(&code)
                    .bind(&detail)
                    .bind(now)
                    .bind(receipt_bytes(&receipt.receipt)?)
                    .execute(&mut *connection)
                    .await
                    .map_err(db)?;
                    guard(connection, &key, done.rows_affected()).await?;
                    log::append_fact(connection, company, receipt.fact).await
                })
            })
            .await
    }

    async fn take(
        &self,
        company: CompanyId,
        stamp_key: &str,
        lease_ms: i64,
        settle_ms: i64,
    ) -> Result<Option<ClaimedAttempt>, StoreError> {
        let key = stamp_key.to_owned();
        self.company(company)
            .await?
            .writer
            .write(move |connection| Box::pin(async move { take(connection, &key, lease_ms, settle_ms).await }))
            .await
    }

    async fn sent(
        &self,
        company: CompanyId,
        stamp_key: &str,
        fence: u64,
        deadline_ms: i64,
        settle_ms: i64,
    ) -> Result<i64, StoreError> {
        let key = stamp_key.to_owned();
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let deadline = now_ms(connection).await? + deadline_ms;
                    let done = sqlx::query(
                        "UPDATE stamp_attempt
                         SET state = 'SENT', ever_sent = 1, deadline_ms = ?3, due_ms = ?4
                         WHERE stamp_key = ?1 AND state = 'CLAIMED' AND fence = ?2
                           AND lease_ms > CAST(unixepoch('subsec') * 1000 AS INTEGER)",
                    )
                    .bind(&key)
                    .bind(int(fence))
                    .bind(deadline)
                    .bind(deadline + settle_ms)
                    .execute(&mut *connection)
                    .await
                    .map_err(db)?;
                    guard(connection, &key, done.rows_affected()).await?;
                    Ok(deadline)
                })
            })
            .await
    }

    async fn release_claim(
        &self,
        company: CompanyId,
        stamp_key: &str,
        fence: u64,
        delay_ms: i64,
    ) -> Result<(), StoreError> {
        let key = stamp_key.to_owned();
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let due = now_ms(connection).await? + delay_ms;
                    let done = sqlx::query(
                        "UPDATE stamp_attempt SET state = 'RECEIVED', fence = fence + 1, due_ms = ?3
                         WHERE stamp_key = ?1 AND state = 'CLAIMED' AND fence = ?2",
                    )
                    .bind(&key)
                    .bind(int(fence))
                    .bind(due)
                    .execute(&mut *connection)
                    .await
                    .map_err(db)?;
                    guard(connection, &key, done.rows_affected()).await
                })
            })
            .await
    }

    async fn settle(
        &self,
        company: CompanyId,
        stamp_key: &str,
        fence: u64,
        outcome: Outcome,
    ) -> Result<StampState, StoreError> {
        let key = stamp_key.to_owned();
        self.company(company)
            .await?
            .writer
            .write(move |connection| Box::pin(async move { settle(connection, company, &key, fence, outcome).await }))
            .await
    }

    async fn resolve(
        &self,
        company: CompanyId,
        stamp_key: &str,
        found: Option<(Timbre, Receipted)>,
    ) -> Result<StampState, StoreError> {
        let key = stamp_key.to_owned();
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let attempt = find(connection, &key).await?;
                    if attempt.state != StampState::Human {
                        return Err(StoreError::Fenced { state: attempt.state });
                    }
                    let Some((timbre, receipt)) = found else {
                        sqlx::query("UPDATE stamp_attempt SET state = 'ABSENT', due_ms = 0 WHERE stamp_key = ?1")
                            .bind(&key)
                            .execute(connection)
                            .await
                            .map_err(db)?;
                        return Ok(StampState::Absent);
                    };
                    stamped(connection, company, &attempt, timbre, receipt).await?;
                    Ok(StampState::Stamped)
                })
            })
            .await
    }

    async fn withdraw(&self, company: CompanyId, stamp_key: &str, receipt: Receipted) -> Result<(), StoreError> {
        let key = stamp_key.to_owned();
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let now = now_ms(connection).await?;
                    let done = sqlx::query(
                        "UPDATE stamp_attempt SET state = 'WITHDRAWN', fence = fence + 1, receipt = ?2, settled_ms = ?3
                         WHERE stamp_key = ?1 AND state IN ('RECEIVED', 'ABSENT', 'REJECTED', 'REFUSED')",
                    )
                    .bind(&key)
                    .bind(receipt_bytes(&receipt.receipt)?)
                    .bind(now)
                    .execute(&mut *connection)
                    .await
                    .map_err(db)?;
                    guard(connection, &key, done.rows_affected()).await?;
                    log::append_fact(connection, company, receipt.fact).await
                })
            })
            .await
    }

    async fn sweep(&self, company: CompanyId) -> Result<(Vec<String>, Option<i64>), StoreError> {
        self.company(company).await?.writer.write(|connection| Box::pin(sweep(connection))).await
    }

    async fn attempt(&self, company: CompanyId, stamp_key: &str) -> Result<Attempt, StoreError> {
        let company = self.company(company).await?;
        let mut connection = company.readers.acquire().await.map_err(db)?;
        find(&mut connection, stamp_key).await
    }

    async fn attempts_of(&self, company: CompanyId, invoice: ItemId) -> Result<Vec<Attempt>, StoreError> {
        let company = self.company(company).await?;
        let mut connection = company.readers.acquire().await.map_err(db)?;
        of_invoice(&mut connection, invoice).await
    }

    async fn erase_bodies(&self, company: CompanyId, older_than_ms: i64) -> Result<u64, StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let before = now_ms(connection).await? - older_than_ms;
                    let done = sqlx::query(
                        "UPDATE stamp_attempt SET xml = NULL, stamped_xml = NULL
                         WHERE xml IS NOT NULL AND settled_ms < ?1 AND state IN ('STAMPED', 'WITHDRAWN')",
                    )
                    .bind(before)
                    .execute(connection)
                    .await
                    .map_err(db)?;
                    Ok(done.rows_affected())
                })
            })
            .await
    }
}
