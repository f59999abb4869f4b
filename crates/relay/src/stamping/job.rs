//! A new job: who asks, for which folio, with which bytes.

use std::sync::Arc;

use zuc_cfdi::{cadena::cadena_original, xml};
use zuc_protocol::{
    Scope,
    ids::{CompanyId, ItemId},
    receipt::Decision,
    stamp_key::stamp_key,
    stamping::{StampJob, StampView},
};
use zuc_relay_store::NewAttempt;

use super::Stamping;
use crate::{RelayError, log::Session};

impl Stamping {
    /// Takes a job in and tells where it stands after a while; the job goes on whether or not the asker waits.
    ///
    /// Sending the same job again does nothing new.
    ///
    /// # Errors
    /// [`RelayError`]: who asks may not, the folio is not the invoice's, the key is not the document's, or a rule of
    /// the ledger.
    pub async fn stamp(self: &Arc<Self>, session: &Session, job: StampJob) -> Result<StampView, RelayError> {
        let company = session.company;
        let author = self.log.author(company).await?;
        let may = author.control.rights(session.device).is_some_and(|rights| rights.may_write(Scope::Fiscal));
        if !may || author.control.fork().is_some() {
            return Err(RelayError::NotAllowed);
        }
        let relay = author.control.relay_key().ok_or(RelayError::Refused("relay.key_not_entered"))?;
        let folio = job.folio_receipt.verify(company, relay)?;
        let given = Decision::Folio { serie: job.serie.clone(), folio: job.folio, invoice: job.invoice };
        if folio.decision != given {
            return Err(RelayError::Refused("stamp.folio_not_claimed"));
        }
        examine(company, &job)?;
        let attempt = NewAttempt {
            xml: self.log.keys.seal_row(job.xml.as_slice(), &job.stamp_key),
            stamp_key: job.stamp_key.clone(),
            invoice: job.invoice,
            serie: job.serie,
            folio: job.folio,
            scope: Scope::Fiscal,
            by: session.device,
            of_earlier_log: folio.log != author.log,
        };
        self.log.store.receive(company, attempt).await?;
        self.mark_busy(company);
        // A task of its own: an asker who goes away must not cut a call in two.
        let (stamping, key) = (self.clone(), job.stamp_key);
        let driven = tokio::spawn(async move { stamping.drive(company, &key).await });
        let _still_running = tokio::time::timeout(self.settings.wait, driven).await;
        self.view(company, job.invoice).await
    }

    /// Where an invoice stands: its newest attempt, and which intent.
    pub(super) async fn view(&self, company: CompanyId, invoice: ItemId) -> Result<StampView, RelayError> {
        super::command::view(&self.log, company, invoice).await
    }
}

/// The stamp key, serie and folio are those of the document.
fn examine(company: CompanyId, job: &StampJob) -> Result<(), RelayError> {
    let document = xml::read(job.xml.as_slice()).map_err(|_error| RelayError::Refused("stamp.xml_unreadable"))?;
    let cadena = cadena_original(&document).map_err(|_error| RelayError::Refused("stamp.xml_unreadable"))?;
    if stamp_key(company, &document.emisor.rfc, &cadena) != job.stamp_key {
        return Err(RelayError::Refused("stamp.key_mismatch"));
    }
    let folio = job.folio.to_string();
    if document.serie.as_deref().unwrap_or_default() != job.serie || document.folio.as_deref() != Some(&folio) {
        return Err(RelayError::Refused("stamp.folio_mismatch"));
    }
    Ok(())
}
