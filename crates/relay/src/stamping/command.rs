//! Commands about an invoice: never issue it, take an attempt back, where it stands, what a person found.

use serde_json::json;
use zuc_protocol::{
    Scope,
    ids::{CompanyId, ItemId},
    messages::ServerFrame,
    receipt::{Decision, IntentKind, StampState},
    stamping::{StampCommand, StampView},
};
use zuc_relay_store::{StoreError, Timbre};

use super::{Stamping, receipt};
use crate::{
    RelayError,
    author::Told,
    log::{LogService, RETRIES, Session},
};

/// Does a command; it needs no PAC.
///
/// # Errors
/// [`RelayError`]: who asks may not, or a rule of the ledger.
pub(crate) async fn command(
    log: &LogService,
    session: &Session,
    command: StampCommand,
) -> Result<StampView, RelayError> {
    let (company, control) = (session.company, log.control(session.company).await?);
    let rights = control.rights(session.device).ok_or(RelayError::NotAllowed)?;
    let may = match command {
        StampCommand::Status { .. } => rights.may_read(Scope::Fiscal),
        StampCommand::Void { .. } | StampCommand::Withdraw { .. } => rights.may_write(Scope::Fiscal),
    };
    if !may {
        return Err(RelayError::NotAllowed);
    }
    match command {
        StampCommand::Status { invoice } => view(log, company, invoice).await,
        StampCommand::Void { invoice, serie, folio } => void(log, company, invoice, serie, folio).await,
        StampCommand::Withdraw { stamp_key } => withdraw(log, company, &stamp_key).await,
    }
}

/// Where an invoice stands: its newest attempt, and which intent.
pub(super) async fn view(log: &LogService, company: CompanyId, invoice: ItemId) -> Result<StampView, RelayError> {
    let intent = log.store.intent(company, invoice).await?;
    let mut view =
        StampView { invoice, stamp_key: None, intent, state: None, code: None, uuid: None, xml: None, receipt: None };
    let attempts = log.store.attempts_of(company, invoice).await?;
    // At most one attempt is alive; the others are withdrawn.
    let alive = attempts.iter().find(|attempt| attempt.state != StampState::Withdrawn);
    let Some(attempt) = alive.or(attempts.last()) else { return Ok(view) };
    let stamped = attempt.stamped_xml.as_deref().and_then(|row| log.keys.open_row(row, &attempt.stamp_key));
    view.stamp_key = Some(attempt.stamp_key.clone());
    view.state = Some(attempt.state);
    view.code.clone_from(&attempt.code);
    view.uuid.clone_from(&attempt.uuid);
    view.receipt.clone_from(&attempt.receipt);
    // What does not fit into a frame is read from the log, or not at all.
    view.xml = stamped.filter(|xml| xml.len() < zuc_protocol::codec::MAX_FRAME / 2).map(Into::into);
    Ok(view)
}

async fn void(
    log: &LogService,
    company: CompanyId,
    invoice: ItemId,
    serie: String,
    folio: u64,
) -> Result<StampView, RelayError> {
    let author = log.author(company).await?;
    let before = log.store.intent(company, invoice).await?;
    let kind = log.store.intend(company, invoice, IntentKind::Void).await?;
    let now = log.store.clock_ms(company).await?;
    let body = json!({ "intent": kind, "serie": serie, "folio": folio });
    let receipt = author.receipt(None, now, Decision::Intent { invoice, kind, serie, folio })?;
    if before.is_none() {
        for _ in 0..RETRIES {
            let author = log.author(company).await?;
            let told = Told { kind: "receipt.intent", subject: invoice, body: body.clone() };
            let fact = author.fact(Scope::Fiscal, &receipt, &told)?;
            match log.store.append_facts(company, vec![fact]).await {
                Ok(()) => break,
                Err(StoreError::ControlMoved { .. }) => drop(log.refresh(company).await?),
                Err(error) => return Err(error.into()),
            }
        }
        log.wake(company);
    }
    let mut view = view(log, company, invoice).await?;
    view.receipt = view.receipt.or(Some(receipt));
    Ok(view)
}

async fn withdraw(log: &LogService, company: CompanyId, stamp_key: &str) -> Result<StampView, RelayError> {
    for _ in 0..RETRIES {
        let attempt = log.store.attempt(company, stamp_key).await?;
        if attempt.state == StampState::Withdrawn {
            return view(log, company, attempt.invoice).await;
        }
        let author = log.author(company).await?;
        let now = log.store.clock_ms(company).await?;
        let code = attempt.code.clone().unwrap_or_else(|| "stamp.withdrawn".to_owned());
        let receipt = receipt::of_failure(&author, &attempt, StampState::Withdrawn, &code, "", now)?;
        match log.store.withdraw(company, stamp_key, receipt).await {
            Ok(()) => {
                log.wake(company);
                return view(log, company, attempt.invoice).await;
            }
            Err(StoreError::ControlMoved { .. }) => drop(log.refresh(company).await?),
            Err(error) => return Err(error.into()),
        }
    }
    Err(RelayError::Refused("relay.busy"))
}

impl Stamping {
    /// A person looked at the PAC's own list: the stamped XML they found, or nothing.
    ///
    /// What they bring passes the same checks as an answer of the PAC.
    ///
    /// # Errors
    /// [`RelayError`]: who asks may not, the attempt does not wait for a person, or the XML is not its timbre.
    pub async fn resolve(
        &self,
        session: &Session,
        stamp_key: &str,
        found: Option<Vec<u8>>,
    ) -> Result<StampView, RelayError> {
        let company = session.company;
        for _ in 0..RETRIES {
            let author = self.log.author(company).await?;
            if !author.control.rights(session.device).is_some_and(|rights| rights.may_write(Scope::Fiscal)) {
                return Err(RelayError::NotAllowed);
            }
            let attempt = self.log.store.attempt(company, stamp_key).await?;
            let now = self.log.store.clock_ms(company).await?;
            let timbre = match &found {
                None => None,
                Some(stamped) => {
                    let judged = self.settings.trust.judge(&self.xml(&attempt)?, stamped);
                    let uuid = judged.map_err(|error| RelayError::Refused(error.code()))?;
                    let receipt = receipt::of_timbre(&author, &attempt, &uuid, stamped, now)?;
                    let stamped_xml = self.log.keys.seal_row(stamped, stamp_key);
                    Some((Timbre { uuid, stamped_xml }, receipt))
                }
            };
            match self.log.store.resolve(company, stamp_key, timbre).await {
                Ok(_state) => {
                    self.log.wake(company);
                    self.mark_busy(company);
                    return self.view(company, attempt.invoice).await;
                }
                Err(StoreError::ControlMoved { .. }) => drop(self.log.refresh(company).await?),
                Err(error) => return Err(error.into()),
            }
        }
        Err(RelayError::Refused("relay.busy"))
    }
}

/// A view, or the refusal of its command, as a frame.
pub(crate) fn answer(
    request: zuc_protocol::ids::RequestId,
    answered: Result<StampView, RelayError>,
) -> Vec<ServerFrame> {
    match answered {
        Ok(view) => vec![ServerFrame::Stamp(Box::new(view))],
        Err(error) => {
            if error.is_ours() {
                tracing::error!(error.code = error.code(), error = %error, "a stamping command failed");
            }
            vec![ServerFrame::Error { request: Some(request), code: error.code().to_owned() }]
        }
    }
}
