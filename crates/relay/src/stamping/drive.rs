//! Moving one attempt as far as it goes now.

use zuc_protocol::{ids::CompanyId, receipt::StampState};
use zuc_relay_store::{Attempt, ClaimedAttempt, Outcome, StoreError, Timbre};

use super::{Stamping, ms, receipt};
use crate::{
    RelayError,
    log::RETRIES,
    pac::{ACCOUNT, Answer, Found, NoAnswer, Recovery},
};

/// What a call said, before the ledger is told.
enum Said {
    Stamped { uuid: String, stamped_xml: Vec<u8> },
    Rejected { code: String, detail: String },
    Nothing,
    Unknown(String),
    Human(String),
}

impl Stamping {
    /// Moves an attempt; what another moves meanwhile is left to it.
    pub(super) async fn drive(&self, company: CompanyId, key: &str) {
        match self.try_drive(company, key).await {
            Ok(()) | Err(RelayError::Store(StoreError::Fenced { .. })) => {}
            Err(error) => {
                tracing::error!(stamp.key = key, error.code = error.code(), error = %error, "an attempt could not be moved");
            }
        }
    }

    async fn try_drive(&self, company: CompanyId, key: &str) -> Result<(), RelayError> {
        let store = &self.log.store;
        let attempt = store.attempt(company, key).await?;
        if attempt.state == StampState::Received && self.refused(company, &attempt).await? {
            return Ok(());
        }
        let able = self.pac.capabilities();
        // A recovery's lease covers its call; nobody else may call before it has ended.
        let lease = match attempt.state {
            StampState::Unknown => able.deadline,
            _ => self.settings.claim,
        };
        let Some(claimed) = store.take(company, key, ms(lease), ms(able.settle)).await? else { return Ok(()) };
        let said = match claimed.attempt.state {
            StampState::Unknown => self.recover(&claimed).await,
            _ => match self.send(company, &claimed).await? {
                Some(said) => said,
                None => return Ok(()),
            },
        };
        self.settle(company, &claimed, said).await
    }

    /// Our own checks, again at each try: `Fecha` grows old while a PAC is down.
    async fn refused(&self, company: CompanyId, attempt: &Attempt) -> Result<bool, RelayError> {
        let now = self.log.store.clock_ms(company).await?;
        let Err(finding) = self.settings.trust.check(&self.xml(attempt)?, now) else { return Ok(false) };
        let code = finding.stable_code();
        for _ in 0..RETRIES {
            let author = self.log.author(company).await?;
            let state = StampState::Refused;
            let receipt = receipt::of_failure(&author, attempt, state, &code, &finding.message_es, now)?;
            match self.log.store.refuse(company, &attempt.stamp_key, &code, "", receipt).await {
                Ok(()) => {
                    self.told(company, state, &attempt.stamp_key);
                    return Ok(true);
                }
                Err(StoreError::ControlMoved { .. }) => drop(self.log.refresh(company).await?),
                Err(error) => return Err(error.into()),
            }
        }
        Err(RelayError::Refused("relay.busy"))
    }

    /// CLAIMED → SENT, then the call. `None` when nothing was sent and the attempt waits.
    async fn send(&self, company: CompanyId, claimed: &ClaimedAttempt) -> Result<Option<Said>, RelayError> {
        let (store, key) = (&self.log.store, &claimed.attempt.stamp_key);
        let able = self.pac.capabilities();
        let xml = self.xml(&claimed.attempt)?;
        let now = store.clock_ms(company).await?;
        if self.settings.trust.check(&xml, now).is_err() {
            // Too old by now: back to RECEIVED, from where it is refused or withdrawn.
            store.release_claim(company, key, claimed.fence, 0).await?;
            self.mark_busy(company);
            return Ok(None);
        }
        let reachable = if self.breaker.admits() { self.pac.ready().await } else { Err(NoAnswer::new("pac.breaker")) };
        if let Err(no_answer) = reachable {
            if no_answer.code != "pac.breaker" {
                self.breaker.failed();
            }
            tracing::warn!(stamp.key = key, pac.code = no_answer.code, "the PAC cannot be reached; nothing was sent");
            store.release_claim(company, key, claimed.fence, ms(self.settings.retry)).await?;
            return Ok(None);
        }
        // Measured from before the commit: no byte leaves after the deadline that is written down.
        #[expect(clippy::disallowed_methods, reason = "how long to wait is measured, never what day it is")]
        let until = tokio::time::Instant::now() + able.deadline;
        store.sent(company, key, claimed.fence, ms(able.deadline), ms(able.settle)).await?;
        let answer = tokio::time::timeout_at(until, self.pac.stamp(key, &xml)).await;
        Ok(Some(self.judge(&xml, answer.unwrap_or_else(|_late| Err(NoAnswer::new("pac.timeout"))))))
    }

    /// The adapter's declared way out of UNKNOWN: never changed bytes, never another PAC.
    async fn recover(&self, claimed: &ClaimedAttempt) -> Said {
        let (attempt, able) = (&claimed.attempt, self.pac.capabilities());
        if attempt.recoveries > self.settings.recoveries {
            return Said::Human("stamp.recovery_exhausted".to_owned());
        }
        let Ok(xml) = self.xml(attempt) else { return Said::Human("stamp.xml_erased".to_owned()) };
        let key = &attempt.stamp_key;
        #[expect(clippy::disallowed_methods, reason = "how long to wait is measured, never what day it is")]
        let until = tokio::time::Instant::now() + able.deadline;
        match able.recovery {
            Recovery::Person => Said::Human("stamp.pac_cannot_recover".to_owned()),
            Recovery::Resend => {
                let answer = tokio::time::timeout_at(until, self.pac.stamp(key, &xml)).await;
                self.judge(&xml, answer.unwrap_or_else(|_late| Err(NoAnswer::new("pac.timeout"))))
            }
            Recovery::LookUp => match tokio::time::timeout_at(until, self.pac.look_up(key)).await {
                Ok(Ok(Found::Timbre(stamped))) => self.judge(&xml, Ok(Answer::Before(stamped))),
                Ok(Ok(Found::Nothing)) => {
                    self.breaker.succeeded();
                    Said::Nothing
                }
                Ok(Err(no_answer)) => self.judge(&xml, Err(no_answer)),
                Err(_late) => self.judge(&xml, Err(NoAnswer::new("pac.timeout"))),
            },
        }
    }

    /// An answer is believed only after every check; one that fails them says nothing.
    fn judge(&self, sent: &[u8], answer: Result<Answer, NoAnswer>) -> Said {
        match answer {
            Ok(Answer::Stamped(stamped_xml) | Answer::Before(stamped_xml)) => {
                self.breaker.succeeded();
                match self.settings.trust.judge(sent, &stamped_xml) {
                    Ok(uuid) => Said::Stamped { uuid, stamped_xml },
                    Err(error) => {
                        tracing::error!(error.code = error.code(), "the PAC's answer was not believed");
                        Said::Unknown(error.code().to_owned())
                    }
                }
            }
            Ok(Answer::Rejected { code, detail }) => {
                self.breaker.succeeded();
                Said::Rejected { code, detail }
            }
            Err(no_answer) => {
                self.breaker.failed();
                Said::Unknown(no_answer.code)
            }
        }
    }

    async fn settle(&self, company: CompanyId, claimed: &ClaimedAttempt, said: Said) -> Result<(), RelayError> {
        let key = &claimed.attempt.stamp_key;
        for _ in 0..RETRIES {
            let outcome = self.outcome(company, &claimed.attempt, &said).await?;
            match self.log.store.settle(company, key, claimed.fence, outcome).await {
                Ok(state) => {
                    self.told(company, state, key);
                    return Ok(());
                }
                Err(StoreError::ControlMoved { .. }) => drop(self.log.refresh(company).await?),
                // Another attempt's timbre: an answer like any other that is not ours.
                Err(StoreError::Refused(code)) => {
                    tracing::error!(stamp.key = key, error.code = code, "the PAC's answer was not believed");
                    let outcome = Outcome::Unknown { code: code.to_owned(), counts: true };
                    self.log.store.settle(company, key, claimed.fence, outcome).await?;
                    self.mark_busy(company);
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(RelayError::Refused("relay.busy"))
    }

    async fn outcome(&self, company: CompanyId, attempt: &Attempt, said: &Said) -> Result<Outcome, RelayError> {
        let author = self.log.author(company).await?;
        let now = self.log.store.clock_ms(company).await?;
        Ok(match said {
            Said::Stamped { uuid, stamped_xml } => {
                let receipt = receipt::of_timbre(&author, attempt, uuid, stamped_xml, now)?;
                let stamped_xml = self.log.keys.seal_row(stamped_xml, &attempt.stamp_key);
                Outcome::Stamped(Timbre { uuid: uuid.clone(), stamped_xml }, receipt)
            }
            Said::Rejected { code, detail } => {
                // A recovery that hears "no" has still not heard what became of the first call.
                let state = if attempt.state == StampState::Unknown { StampState::Human } else { StampState::Rejected };
                let receipt = receipt::of_failure(&author, attempt, state, code, detail, now)?;
                Outcome::Rejected { code: code.clone(), detail: String::new(), receipt }
            }
            Said::Nothing => Outcome::NotFound { settle_ms: ms(self.pac.capabilities().settle) },
            // The account is for somebody to mend, and may take days: it says nothing of this document.
            Said::Unknown(code) => Outcome::Unknown { code: code.clone(), counts: code != ACCOUNT },
            Said::Human(code) => {
                let receipt = receipt::of_failure(&author, attempt, StampState::Human, code, "", now)?;
                Outcome::Human { code: code.clone(), receipt }
            }
        })
    }

    /// The sealed XML of an attempt, out of its encrypted row.
    pub(super) fn xml(&self, attempt: &Attempt) -> Result<Vec<u8>, RelayError> {
        let row = attempt.xml.as_deref().ok_or(RelayError::NotFound("xml"))?;
        let corrupt = StoreError::Corrupt { table: "stamp_attempt", column: "xml" };
        Ok(self.log.keys.open_row(row, &attempt.stamp_key).ok_or(corrupt)?)
    }

    fn told(&self, company: CompanyId, state: StampState, key: &str) {
        ::metrics::counter!("relay_stamp_outcomes_total", "state" => state.name()).increment(1);
        tracing::info!(stamp.key = key, stamp.state = state.name(), "an attempt moved");
        self.log.wake(company);
        if !zuc_relay_store::stamp::rests(state) {
            self.mark_busy(company);
        }
    }
}
