//! Issuing: rules, folio, seal, stamp; each step durable before the next.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use zuc_cfdi::{rules, seal};
use zuc_domain::{
    compliance::{CfdiState, ComplianceEvent},
    financial::{Invoice, Issuance, Refusal},
    shared::{Action, CfdiId, InvoiceId, Object, Scope},
};
use zuc_ipc::invoice::InvoiceIssued;
use zuc_protocol::{
    ids::{ItemId, RequestId},
    messages::{ClientFrame, ServerFrame},
    receipt::{Claim, ClaimRequest, Decision, ReceiptHeader, SignedReceipt},
    stamp_key::stamp_key,
};
use zuc_store::keys::random;

use super::{
    build::{Place, document},
    documents::SealedDocument,
    refusal::refused,
    stamp::INTENT_VOID,
};
use crate::{AppError, Office, failpoint::failpoint, financial};

/// Serie of invoices.
const SERIE: &str = "A";
/// Version of the rules that ran.
const RULES: &str = "cfdi40-2026-11";

impl Office {
    /// Issues an invoice: runs the rules, claims the folio at the relay, seals with the certificate of this laptop, and
    /// has it stamped. What was done stays done: issuing again goes on from there, with the same folio and the same
    /// bytes. What a PAC refused is no error of this act, which wrote it down: the answer says why.
    ///
    /// # Errors
    /// `relay.unreachable` before the folio: then it is still a pre-invoice. `clock.off`, where the date would be
    /// refused; `csd.none`; the codes of the rules, which are also shown on the invoice.
    #[tracing::instrument(skip_all, fields(invoice.id = %invoice))]
    pub async fn invoice_issue(&self, invoice: String) -> Result<InvoiceIssued, AppError> {
        self.allow(Action::IssueInvoice, Object::in_scope(Scope::Finance))?;
        let id = financial::id(&invoice)?;
        let _hand = self.at_work();
        let _alone = self.issuing.lock().await;
        let found = self.store.read::<Invoice>(id).await?.ok_or_else(|| AppError::not_found("invoice"))?;
        if found.state().is_editable() {
            // what follows uses the key that signs for the company; a document that is sealed already only waits
            self.ask_again()?;
            Box::pin(self.seal_invoice(found)).await?;
            failpoint("issue.sealed")?;
        }
        Box::pin(self.follow_stamp(id)).await?;
        let issued = self.store.read::<Invoice>(id).await?.ok_or_else(|| AppError::not_found("invoice"))?;
        let done = match issued.state() {
            CfdiState::Stamped => zuc_ipc::words::fill("invoice.stamped", &[("label", &issued.label())]),
            state if state.is_waiting() => zuc_ipc::words::fill("invoice.waits", &[("label", &issued.label())]),
            _ => String::new(),
        };
        let refused = refused(&issued);
        Ok(InvoiceIssued { refused, ..self.invoice_shown(id, &done).await? })
    }

    /// Claims the folio, builds, checks and seals; durable when it returns.
    async fn seal_invoice(&self, invoice: Invoice) -> Result<(), AppError> {
        self.trust_the_relay().await?;
        self.compare_clocks().await?;
        let profile = self.profile().await?;
        let csd = self.sealing_csd(profile.rfc.as_str()).await?;
        // in the same second the bytes would be those of the attempt before, which is taken back for good
        while invoice.issuance.as_ref().is_some_and(|issued| self.now().as_second() == issued.fecha.as_second()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let now = self.now();
        let fecha = now.to_zoned_datetime(self.zone.clone()).datetime();
        let fecha = fecha.with().subsec_nanosecond(0).build().unwrap_or(fecha);
        let serie = invoice.issuance.as_ref().map_or(SERIE, |issued| issued.serie.as_str()).to_owned();
        let mut place = Place { profile: &profile, serie: &serie, folio: 1, fecha };
        // the rules first: a document that cannot pass takes no folio
        let findings = rules::check(&document(&invoice, &place)?);
        if let Some(finding) = findings.iter().find(|finding| finding.is_error()) {
            let refusal = Refusal {
                code: finding.code.to_owned(),
                message: finding.message_es.clone(),
                field: Some(finding.field.clone()),
            };
            let code = finding.stable_code();
            self.refuse_invoice(invoice.id, refusal.clone()).await?;
            return Err(AppError::new(code, "a rule of the SAT").at(finding.field.clone()).hint(refusal.message));
        }
        self.withdraw_refused(&invoice).await?;
        let (folio, folio_receipt) = match self.claim_folio(&serie, invoice.id).await {
            Err(error) if error.code == INTENT_VOID => {
                self.take_back(invoice.id, &error.code).await?;
                return Err(AppError::new("invoice.voided", "the ledger promised that it is never issued"));
            }
            claimed => claimed?,
        };
        failpoint("issue.folio")?;
        place.folio = folio;
        let sealed = seal::seal(document(&invoice, &place)?, &csd)?;
        let key = stamp_key(self.exchange.company(), profile.rfc.as_str(), &sealed.cadena);
        let xml_hash = hex::encode(Sha256::digest(sealed.xml.as_bytes()));
        let event = ComplianceEvent::Generated {
            cfdi: CfdiId(invoice.id.uuid()),
            invoice: invoice.id,
            tipo: "I",
            serie: serie.clone(),
            folio,
            fecha: fecha.to_string(),
            emisor_rfc: sealed.document.emisor.rfc.clone(),
            receptor_rfc: sealed.document.receptor.rfc.clone(),
            total: sealed.document.total.to_string(),
            moneda: sealed.document.moneda.clone(),
            xml_hash: xml_hash.clone(),
            csd_serial: csd.certificate().number().to_owned(),
            rule_pack_version: RULES.to_owned(),
        };
        drop(csd);
        let mut tx = self.begin().await?;
        let mut invoice = financial::load(&mut tx, invoice.id).await?;
        let act = tx.act();
        let issued = invoice.issue(Issuance { serie, folio, fecha: now, xml_hash, stamp_key: key.clone() }, &act)?;
        invoice.apply(&issued);
        let kept = SealedDocument {
            id: SealedDocument::id_for(invoice.id, &key),
            invoice: invoice.id,
            stamp_key: key,
            xml: Some(sealed.xml),
            folio_receipt,
        };
        tx.record_fact(&kept, &[&event]).await?;
        tx.repository().record(&invoice, &issued).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Notes what the rules or the PAC refused, without a change of state where nothing was sent.
    pub(super) async fn refuse_invoice(&self, id: InvoiceId, refusal: Refusal) -> Result<(), AppError> {
        let mut tx = self.begin().await?;
        let mut invoice = financial::load(&mut tx, id).await?;
        if invoice.refusal.as_ref() == Some(&refusal) {
            return Ok(());
        }
        let event = ComplianceEvent::StampRejected {
            cfdi: CfdiId(id.uuid()),
            code: refusal.code.clone(),
            message_es: refusal.message.clone(),
            field: refusal.field.clone(),
        };
        invoice.refusal = Some(refusal);
        if invoice.state().is_waiting() {
            let act = tx.act();
            if let Some(transition) = invoice.follow(CfdiState::Rejected, &act)? {
                invoice.apply_transition(&transition);
            }
        }
        tx.repository().record(&invoice, &event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The invoice's folio: claimed once, the same for the same invoice ever after.
    async fn claim_folio(&self, serie: &str, invoice: InvoiceId) -> Result<(u64, SignedReceipt), AppError> {
        let item = ItemId::from_uuid(invoice.uuid());
        let claim = Claim::Folio { serie: serie.to_owned(), invoice: item };
        let receipt = self.claim(claim).await?;
        match self.receipt(&receipt)? {
            Decision::Folio { serie: given, folio, invoice } if given == serie && invoice == item => {
                Ok((folio, receipt))
            }
            _ => Err(AppError::new("relay.nonsense", "the receipt is not for this folio")),
        }
    }

    /// Asks the relay for something only it decides.
    ///
    /// # Errors
    /// Those of [`Self::trust_the_relay`], and the relay's.
    pub(crate) async fn claim(&self, claim: Claim) -> Result<SignedReceipt, AppError> {
        self.trust_the_relay().await?;
        let id = RequestId(random(self.ports.entropy.as_ref()));
        let question = ClientFrame::Claim(ClaimRequest { id, claim });
        match self.exchange.relay()?.ask(&self.exchange.credentials(), question).await? {
            ServerFrame::Receipt(receipt) => Ok(receipt),
            _ => Err(AppError::new("relay.nonsense", "a claim is answered by a receipt")),
        }
    }

    /// What a receipt says, once its signature is the relay's that the control log names.
    pub(crate) fn receipt(&self, receipt: &SignedReceipt) -> Result<Decision, AppError> {
        Ok(self.receipt_header(receipt)?.decision)
    }

    /// The same, with the log it was decided in and the relay's time.
    pub(crate) fn receipt_header(&self, receipt: &SignedReceipt) -> Result<ReceiptHeader, AppError> {
        let control = self.exchange.control();
        let key =
            control.relay_key().ok_or_else(|| AppError::new("relay.key_not_entered", "no relay is trusted yet"))?;
        Ok(receipt.verify(self.exchange.company(), key)?)
    }
}
