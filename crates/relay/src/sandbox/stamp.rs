//! From sealed bytes to a timbre, or to the SAT's code.

use jiff::{Timestamp, civil::DateTime, tz::Offset};
use sha2::{Digest as _, Sha256};
use zuc_cfdi::{
    model::Comprobante,
    rules::{Finding, Stamping as Rules, check_for_stamping},
};

use super::{SandboxError, SandboxPac, ledger::LedgerRow};
use crate::chance::random;

/// The PAC stands in Mexico City.
const CENTRAL: i8 = -6;

/// What became of a call.
pub(super) enum Outcome {
    Stamped(LedgerRow),
    /// The identical bytes were stamped before.
    Before(LedgerRow),
    /// The reference was used for other bytes.
    ReferenceUsed(LedgerRow),
    Refused {
        code: String,
        message: String,
    },
}

impl SandboxPac {
    /// Stamps, unless the profile finds an earlier timbre or a rule refuses.
    pub(super) async fn stamp(&self, xml: &[u8], reference: &str) -> Result<Outcome, SandboxError> {
        let profile = self.profile();
        let sha256 = hex::encode(Sha256::digest(xml));
        let mut ledger = self.ledger.lock().await;
        if profile.dedupes_bytes
            && let Some(row) = ledger.by_bytes(&sha256).await?
        {
            return Ok(Outcome::Before(row));
        }
        if profile.dedupes_reference
            && let Some(row) = ledger.by_reference(reference).await?
            && row.sha256 != sha256
        {
            return Ok(Outcome::ReferenceUsed(row));
        }
        let now = Timestamp::from_millisecond(self.clock.now_ms()).unwrap_or(Timestamp::UNIX_EPOCH);
        let authorities: Vec<_> = profile.authorities.iter().filter_map(|text| hex::decode(text).ok()).collect();
        let rules = Rules { now, offset: Offset::constant(CENTRAL), authorities: &authorities };
        let document = match check_for_stamping(xml, rules) {
            Ok(document) => document,
            Err(findings) => return Ok(refusal(findings)),
        };
        if profile.unlisted_issuers.contains(&document.emisor.rfc) {
            let message = "El RFC del emisor no se encuentra en el régimen de contribuyentes.".to_owned();
            return Ok(Outcome::Refused { code: "402".to_owned(), message });
        }
        let row = self.timbre(xml, &document, reference, sha256, now)?;
        ledger.add(&row).await?;
        Ok(Outcome::Stamped(row))
    }

    fn timbre(
        &self,
        xml: &[u8],
        document: &Comprobante,
        reference: &str,
        sha256: String,
        now: Timestamp,
    ) -> Result<LedgerRow, SandboxError> {
        let uuid = uuid::Builder::from_random_bytes(random()).into_uuid().to_string().to_uppercase();
        let local = Offset::constant(CENTRAL).to_datetime(now);
        let second =
            DateTime::new(local.year(), local.month(), local.day(), local.hour(), local.minute(), local.second(), 0);
        let stamped_at = second.unwrap_or(local);
        let xml = zuc_cfdi::sandbox::stamp(xml, &uuid, stamped_at, &self.identity.pac)?;
        Ok(LedgerRow {
            uuid,
            reference: reference.to_owned(),
            sha256,
            rfc: document.emisor.rfc.clone(),
            serie: document.serie.clone().unwrap_or_default(),
            folio: document.folio.clone().unwrap_or_default(),
            total: document.total.to_string(),
            stamped_at: stamped_at.to_string(),
            xml,
        })
    }
}

/// Of several findings the PAC names one: general codes before those of the matrix.
fn refusal(findings: Vec<Finding>) -> Outcome {
    let mut errors: Vec<_> = findings.into_iter().filter(Finding::is_error).collect();
    errors.sort_by_key(|finding| finding.code.len());
    match errors.into_iter().next() {
        Some(finding) => Outcome::Refused { code: finding.code.to_owned(), message: finding.message_es },
        None => Outcome::Refused { code: "CFDI40999".to_owned(), message: "Error no clasificado.".to_owned() },
    }
}
