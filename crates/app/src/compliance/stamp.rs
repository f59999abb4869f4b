//! Following a sealed document until it is stamped or refused. Nothing here sends other bytes than those that were kept.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use zuc_cfdi::tfd::verify_stamp;
use zuc_domain::{
    compliance::{CfdiState, ComplianceEvent, hours_left},
    financial::{Invoice, Refusal, Timbre},
    shared::{Action, CfdiId, InvoiceId, Object, Scope},
};
use zuc_ipc::Changes;
use zuc_protocol::{
    ids::{ItemId, LogId, RequestId},
    messages::{ClientFrame, ServerFrame},
    receipt::{Decision, IntentKind, StampState},
    stamping::{StampCommand, StampJob, StampView},
};
use zuc_store::keys::random;

use super::documents::{SealedDocument, StampedDocument, xml_of};
use crate::{AppError, Office, failpoint::failpoint, financial};

/// How long a person waits in front of the button; the rest is followed in the background.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks at the ledger.
const LOOK: Duration = Duration::from_millis(150);
/// The ledger has promised that the invoice is never issued.
pub(super) const INTENT_VOID: &str = "stamp.intent_void";
/// The relay lost its data, and waits for receipts before it stamps.
const FROZEN: &str = "relay.frozen";
/// Documents followed at a time.
const WAITING: u32 = 500;

impl Office {
    /// Takes an invoice's sealed document to the relay and follows it for a while.
    ///
    /// An unreachable relay is no error here: the document is queued, and taken up when the relay answers.
    pub(super) async fn follow_stamp(&self, id: InvoiceId) -> Result<(), AppError> {
        let invoice = self.store.read::<Invoice>(id).await?.ok_or_else(|| AppError::not_found("invoice"))?;
        if !invoice.state().is_waiting() {
            return Ok(());
        }
        let Some(issuance) = invoice.issuance.clone() else { return Ok(()) };
        let sealed = self.sealed_document(&invoice).await?;
        let job = StampJob {
            id: RequestId(random(self.ports.entropy.as_ref())),
            invoice: ItemId::from_uuid(id.uuid()),
            stamp_key: sealed.stamp_key.clone(),
            serie: issuance.serie.clone(),
            folio: issuance.folio,
            folio_receipt: sealed.folio_receipt.clone(),
            xml: xml_of(sealed.xml.clone(), false)?.into_bytes().into(),
        };
        #[expect(clippy::disallowed_methods, reason = "how long to wait is measured, never what day it is")]
        let start = tokio::time::Instant::now();
        let mut view = match self.ask_stamp(ClientFrame::Stamp(Box::new(job))).await {
            Ok(view) => view,
            Err(error) if waits(&error) => return self.queue(id, &error.code).await,
            Err(error) if error.code == INTENT_VOID => return self.take_back(id, &error.code).await,
            Err(error) => return Err(error),
        };
        failpoint("issue.sent")?;
        while in_progress(view.state) && start.elapsed() < PATIENCE {
            tokio::time::sleep(LOOK).await;
            let command = StampCommand::Status { invoice: ItemId::from_uuid(id.uuid()) };
            let question = ClientFrame::StampCommand { id: RequestId(random(self.ports.entropy.as_ref())), command };
            view = match self.ask_stamp(question).await {
                Ok(view) => view,
                Err(error) if waits(&error) => return self.queue(id, &error.code).await,
                Err(error) => return Err(error),
            };
        }
        self.settle(id, &sealed, view).await
    }

    /// The document of an invoice's present attempt.
    async fn sealed_document(&self, invoice: &Invoice) -> Result<SealedDocument, AppError> {
        let kept = self.store.facts::<SealedDocument>(invoice.id.uuid()).await?;
        let key = invoice.issuance.as_ref().map(|issuance| &issuance.stamp_key);
        kept.into_iter()
            .find(|sealed| Some(&sealed.stamp_key) == key)
            .ok_or_else(|| AppError::new("invoice.other_device", "the document was sealed on another device"))
    }

    /// Whether an invoice's document was sealed for another log than `log`: what became of it there, a relay that lost
    /// that one cannot say.
    ///
    /// # Errors
    /// `invoice.other_device` while the document is not here yet.
    pub(crate) async fn is_sealed_for_another(&self, invoice: &Invoice, log: LogId) -> Result<bool, AppError> {
        Ok(self.sealed_document(invoice).await?.folio_receipt.peek()?.log != log)
    }

    /// Goes on with every document that waits for its stamp: after a start, after the relay came back.
    pub(crate) async fn follow_waiting(&self) -> Result<(), AppError> {
        if !self.may(Action::IssueInvoice, Object::in_scope(Scope::Finance)) {
            return Ok(());
        }
        for row in self.store.waiting_for_stamp(WAITING).await? {
            let _alone = self.issuing.lock().await;
            match Box::pin(self.follow_stamp(row.id)).await {
                Ok(()) => {}
                // sealed elsewhere: that device follows it
                Err(error) if error.code == "invoice.other_device" => {}
                Err(error) if error.is_passing() => return Err(error),
                // what one document is refused for does not hold up those behind it
                Err(error) => tracing::error!(code = error.code, invoice.id = %row.id, "a stamp cannot be followed"),
            }
        }
        Ok(())
    }

    /// Before new bytes are sealed: an attempt that was refused is taken back at the ledger, so that its folio is free
    /// for the next one.
    pub(super) async fn withdraw_refused(&self, invoice: &Invoice) -> Result<(), AppError> {
        let Some(issuance) = &invoice.issuance else { return Ok(()) };
        let command = StampCommand::Withdraw { stamp_key: issuance.stamp_key.clone() };
        let question = ClientFrame::StampCommand { id: RequestId(random(self.ports.entropy.as_ref())), command };
        match self.ask_stamp(question).await {
            Ok(view) if view.state == Some(StampState::Withdrawn) => Ok(()),
            Ok(_) => Err(AppError::new("invoice.still_at_the_pac", "the earlier attempt is not settled")),
            // it never reached the ledger
            Err(error) if error.code == "relay.not_found" => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Has the ledger promise that an invoice is never issued; `false` when somebody was first to issue it.
    pub(crate) async fn void_intent(&self, invoice: &Invoice) -> Result<bool, AppError> {
        // what was never sealed has neither
        let claimed = invoice.issuance.as_ref().map(|issuance| (issuance.serie.clone(), issuance.folio));
        let (serie, folio) = claimed.unwrap_or_default();
        let command = StampCommand::Void { invoice: ItemId::from_uuid(invoice.id.uuid()), serie, folio };
        let question = ClientFrame::StampCommand { id: RequestId(random(self.ports.entropy.as_ref())), command };
        Ok(self.ask_stamp(question).await?.intent == Some(IntentKind::Void))
    }

    async fn ask_stamp(&self, question: ClientFrame) -> Result<StampView, AppError> {
        self.trust_the_relay().await?;
        match self.exchange.relay()?.ask(&self.exchange.credentials(), question).await? {
            ServerFrame::Stamp(view) => Ok(*view),
            _ => Err(AppError::new("relay.nonsense", "a stamping is answered by where it stands")),
        }
    }

    async fn settle(&self, id: InvoiceId, sealed: &SealedDocument, view: StampView) -> Result<(), AppError> {
        match view.state {
            Some(StampState::Stamped) => self.keep_stamp(id, sealed, &view).await,
            Some(StampState::Rejected | StampState::Refused) => {
                let code = view.code.unwrap_or_default();
                let message = code.rsplit_once(": ").map_or_else(|| code.clone(), |(_, text)| text.to_owned());
                self.refuse_invoice(id, Refusal { code, message, field: None }).await
            }
            Some(StampState::Unknown | StampState::Human) => self.move_to(id, CfdiState::Unknown).await,
            Some(StampState::Withdrawn) => self.move_to(id, CfdiState::WindowExpired).await,
            Some(StampState::Received | StampState::Claimed | StampState::Absent) | None => {
                self.queue(id, "relay.busy").await
            }
            Some(StampState::Sent) => self.move_to(id, CfdiState::Submitted).await,
        }
    }

    /// The PAC's answer, believed only after it was checked: same document, same seal, and the relay's receipt says so.
    async fn keep_stamp(&self, id: InvoiceId, sealed: &SealedDocument, view: &StampView) -> Result<(), AppError> {
        let xml = view.xml.as_ref().ok_or_else(|| AppError::new("relay.nonsense", "stamped, and no document"))?;
        let own = xml_of(sealed.xml.clone(), false)?;
        let stamped = verify_stamp(own.as_bytes(), &xml.0, None, &[])?;
        let receipt =
            view.receipt.as_ref().ok_or_else(|| AppError::new("relay.nonsense", "stamped, and no receipt"))?;
        let digest: [u8; 32] = Sha256::digest(&xml.0).into();
        match self.receipt(receipt)? {
            Decision::Stamp { uuid, xml, .. } if uuid.eq_ignore_ascii_case(&stamped.tfd.uuid) && xml.0 == digest => {}
            _ => return Err(AppError::new("relay.nonsense", "the receipt is for another document")),
        }
        let text = String::from_utf8(xml.0.clone())
            .map_err(|_| AppError::new("cfdi.stamp.unreadable", "the stamped document is not UTF-8"))?;
        let xml_hash = hex::encode(digest);
        let mut tx = self.begin().await?;
        let mut invoice = financial::load(&mut tx, id).await?;
        let act = tx.act();
        let Some(transition) = invoice.stamped(&act)? else { return Ok(()) };
        invoice.apply_transition(&transition);
        invoice.refusal = None;
        invoice.timbre = Some(Timbre {
            uuid: stamped.tfd.uuid.clone(),
            fecha_timbrado: stamped.tfd.fecha_timbrado.to_string(),
            xml_hash: xml_hash.clone(),
        });
        let event = ComplianceEvent::Timbrado {
            cfdi: CfdiId(id.uuid()),
            uuid: stamped.tfd.uuid.clone(),
            fecha_timbrado: stamped.tfd.fecha_timbrado.to_string(),
            pac_rfc: stamped.tfd.rfc_prov_certif.clone(),
            no_certificado_sat: stamped.tfd.no_certificado_sat.clone(),
            sello_sat: stamped.tfd.sello_sat.clone(),
            xml_hash,
        };
        let kept = StampedDocument {
            id: StampedDocument::id_for(id, &stamped.tfd.uuid),
            invoice: id,
            uuid: stamped.tfd.uuid,
            xml: Some(text),
        };
        tx.record_fact(&kept, &[&event]).await?;
        tx.repository().save(&invoice).await?;
        tx.commit().await?;
        tracing::info!(invoice.id = %id, "invoice stamped");
        self.tell(Changes { invoices: true, customers: true, ..Changes::default() });
        // the stamp is kept: what sales is told of it is told later where that fails now
        if let Err(error) = self.publish_balances().await {
            tracing::warn!(code = error.code, detail = error.detail, "a team was not told of an invoice");
        }
        Ok(())
    }

    async fn queue(&self, id: InvoiceId, reason: &str) -> Result<(), AppError> {
        let mut tx = self.begin().await?;
        let mut invoice = financial::load(&mut tx, id).await?;
        let act = tx.act();
        let Some(issuance) = invoice.issuance.clone() else { return Ok(()) };
        if hours_left(issuance.fecha, act.at) < 0 && invoice.state() == CfdiState::Queued {
            return Err(AppError::new("invoice.window_expired", "72 hours passed without a stamp"));
        }
        // further than queued already: what the PAC may have seen is not unseen
        if matches!(invoice.state(), CfdiState::Submitted | CfdiState::Unknown) {
            return Ok(());
        }
        let Some(transition) = invoice.follow(CfdiState::Queued, &act)? else { return Ok(()) };
        invoice.apply_transition(&transition);
        let deadline = issuance.fecha.as_second() + zuc_domain::compliance::STAMP_WINDOW_HOURS * 3600;
        let event = ComplianceEvent::Queued {
            cfdi: CfdiId(id.uuid()),
            xml_hash: issuance.xml_hash,
            queued_at: act.at,
            stamp_deadline: jiff::Timestamp::from_second(deadline).unwrap_or(act.at),
            reason: reason.to_owned(),
        };
        tx.repository().record(&invoice, &event).await?;
        tx.commit().await?;
        self.tell(Changes { invoices: true, ..Changes::default() });
        Ok(())
    }

    /// The ledger promised somebody that the invoice is never issued: it is taken back, sealed or not.
    pub(super) async fn take_back(&self, id: InvoiceId, reason: &str) -> Result<(), AppError> {
        let mut tx = self.begin().await?;
        let invoice = financial::load(&mut tx, id).await?;
        if financial::void(&mut tx, invoice, reason).await? {
            tx.commit().await?;
            self.tell(Changes { invoices: true, ..Changes::default() });
        }
        Ok(())
    }

    async fn move_to(&self, id: InvoiceId, to: CfdiState) -> Result<(), AppError> {
        let mut tx = self.begin().await?;
        let mut invoice = financial::load(&mut tx, id).await?;
        let act = tx.act();
        let Some(transition) = invoice.follow(to, &act)? else { return Ok(()) };
        invoice.apply_transition(&transition);
        tx.repository().save(&invoice).await?;
        tx.commit().await?;
        self.tell(Changes { invoices: true, ..Changes::default() });
        Ok(())
    }
}

/// Whether nothing is wrong with the document: it is taken up when the relay answers, has its receipts or is trusted again.
fn waits(error: &AppError) -> bool {
    error.is_network() || error.is_distrust() || error.code == FROZEN
}

/// Still on its way: a later look may find it stamped.
fn in_progress(state: Option<StampState>) -> bool {
    matches!(state, None | Some(StampState::Received | StampState::Claimed | StampState::Sent | StampState::Absent))
}
