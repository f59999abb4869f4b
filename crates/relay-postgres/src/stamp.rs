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
    PostgresStore,
    append::append_fact,
    row::{db, int, now_ms, text},
    stamp_row::{find, of_invoice},
    stamp_step::{guard, intend, intent_of, receipt_bytes, receive, settle, stamped, sweep, take},
};

#[async_trait]
impl StampLedger for PostgresStore {
    async fn intent(&self, company: CompanyId, invoice: ItemId) -> Result<Option<IntentKind>, StoreError> {
        let mut reading = self.read_of(company).await?;
        intent_of(&mut reading, company, invoice).await
    }

    async fn intend(&self, company: CompanyId, invoice: ItemId, intent: IntentKind) -> Result<IntentKind, StoreError> {
        let mut writing = self.write(company).await?;
        let stands = intend(&mut writing, company, invoice, intent).await?;
        writing.commit().await?;
        Ok(stands)
    }

    async fn receive(&self, company: CompanyId, attempt: NewAttempt) -> Result<ReceiveOutcome, StoreError> {
        let mut writing = self.write(company).await?;
        let outcome = receive(&mut writing, company, attempt).await?;
        writing.commit().await?;
        Ok(outcome)
    }

    async fn refuse(
        &self,
        company: CompanyId,
        stamp_key: &str,
        code: &str,
        detail: &str,
        receipt: Receipted,
    ) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        let now = now_ms(&mut writing).await?;
        let done = sqlx::query(
            "UPDATE stamp_attempt SET state = 'REFUSED', code = $3, detail = $4, settled_ms = $5, receipt = $6
             WHERE company = $1 AND stamp_key = $2 AND state = 'RECEIVED'",
        )
        .bind(&company.0[..])
        .bind(stamp_key)
        .bind(text(code))
        .bind(text(detail))
        .bind(now)
        .bind(receipt_bytes(&receipt.receipt)?)
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        guard(&mut writing, company, stamp_key, done.rows_affected()).await?;
        append_fact(&mut writing, company, receipt.fact).await?;
        writing.commit().await
    }

    async fn take(
        &self,
        company: CompanyId,
        stamp_key: &str,
        lease_ms: i64,
        settle_ms: i64,
    ) -> Result<Option<ClaimedAttempt>, StoreError> {
        let mut writing = self.write(company).await?;
        let claimed = take(&mut writing, company, stamp_key, lease_ms, settle_ms).await?;
        writing.commit().await?;
        Ok(claimed)
    }

    async fn sent(
        &self,
        company: CompanyId,
        stamp_key: &str,
        fence: u64,
        deadline_ms: i64,
        settle_ms: i64,
    ) -> Result<i64, StoreError> {
        let mut writing = self.write(company).await?;
        let now = now_ms(&mut writing).await?;
        let deadline = now + deadline_ms;
        let done = sqlx::query(
            "UPDATE stamp_attempt SET state = 'SENT', ever_sent = true, deadline_ms = $4, due_ms = $5
             WHERE company = $1 AND stamp_key = $2 AND state = 'CLAIMED' AND fence = $3 AND lease_ms > $6",
        )
        .bind(&company.0[..])
        .bind(stamp_key)
        .bind(int(fence))
        .bind(deadline)
        .bind(deadline + settle_ms)
        .bind(now)
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        guard(&mut writing, company, stamp_key, done.rows_affected()).await?;
        writing.commit().await?;
        Ok(deadline)
    }

    async fn release_claim(
        &self,
        company: CompanyId,
        stamp_key: &str,
        fence: u64,
        delay_ms: i64,
    ) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        let due = now_ms(&mut writing).await? + delay_ms;
        let done = sqlx::query(
            "UPDATE stamp_attempt SET state = 'RECEIVED', fence = fence + 1, due_ms = $4
             WHERE company = $1 AND stamp_key = $2 AND state = 'CLAIMED' AND fence = $3",
        )
        .bind(&company.0[..])
        .bind(stamp_key)
        .bind(int(fence))
        .bind(due)
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        guard(&mut writing, company, stamp_key, done.rows_affected()).await?;
        writing.commit().await
    }

    async fn settle(
        &self,
        company: CompanyId,
        stamp_key: &str,
        fence: u64,
        outcome: Outcome,
    ) -> Result<StampState, StoreError> {
        let mut writing = self.write(company).await?;
        let state = settle(&mut writing, company, stamp_key, fence, outcome).await?;
        writing.commit().await?;
        Ok(state)
    }

    async fn resolve(
        &self,
        company: CompanyId,
        stamp_key: &str,
        found: Option<(Timbre, Receipted)>,
    ) -> Result<StampState, StoreError> {
        let mut writing = self.write(company).await?;
        let attempt = find(&mut writing, company, stamp_key).await?;
        if attempt.state != StampState::Human {
            return Err(StoreError::Fenced { state: attempt.state });
        }
        let state = if let Some((timbre, receipt)) = found {
            stamped(&mut writing, company, &attempt, timbre, receipt).await?;
            StampState::Stamped
        } else {
            sqlx::query("UPDATE stamp_attempt SET state = 'ABSENT', due_ms = 0 WHERE company = $1 AND stamp_key = $2")
                .bind(&company.0[..])
                .bind(stamp_key)
                .execute(&mut *writing)
                .await
                .map_err(db)?;
            StampState::Absent
        };
        writing.commit().await?;
        Ok(state)
    }

    async fn withdraw(&self, company: CompanyId, stamp_key: &str, receipt: Receipted) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        let now = now_ms(&mut writing).await?;
        let done = sqlx::query(
            "UPDATE stamp_attempt SET state = 'WITHDRAWN', fence = fence + 1, receipt = $3, settled_ms = $4
             WHERE company = $1 AND stamp_key = $2 AND state IN ('RECEIVED', 'ABSENT', 'REJECTED', 'REFUSED')",
        )
        .bind(&company.0[..])
        .bind(stamp_key)
        .bind(receipt_bytes(&receipt.receipt)?)
        .bind(now)
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        guard(&mut writing, company, stamp_key, done.rows_affected()).await?;
        append_fact(&mut writing, company, receipt.fact).await?;
        writing.commit().await
    }

    async fn sweep(&self, company: CompanyId) -> Result<(Vec<String>, Option<i64>), StoreError> {
        let mut writing = self.write(company).await?;
        let swept = sweep(&mut writing, company).await?;
        writing.commit().await?;
        Ok(swept)
    }

    async fn attempt(&self, company: CompanyId, stamp_key: &str) -> Result<Attempt, StoreError> {
        let mut reading = self.read_of(company).await?;
        find(&mut reading, company, stamp_key).await
    }

    async fn attempts_of(&self, company: CompanyId, invoice: ItemId) -> Result<Vec<Attempt>, StoreError> {
        let mut reading = self.read_of(company).await?;
        of_invoice(&mut reading, company, invoice).await
    }

    async fn erase_bodies(&self, company: CompanyId, older_than_ms: i64) -> Result<u64, StoreError> {
        let mut writing = self.write(company).await?;
        let before = now_ms(&mut writing).await? - older_than_ms;
        let done = sqlx::query(
            "UPDATE stamp_attempt SET xml = NULL, stamped_xml = NULL
             WHERE company = $1 AND xml IS NOT NULL AND settled_ms < $2 AND state IN ('STAMPED', 'WITHDRAWN')",
        )
        .bind(&company.0[..])
        .bind(before)
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        writing.commit().await?;
        Ok(done.rows_affected())
    }
}
