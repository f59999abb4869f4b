//! What is checked before a stamp is spent, and what is believed of an answer.

use jiff::{Timestamp, tz::Offset};
use zuc_cfdi::{
    csd::Certificate,
    rules::{Finding, Stamping as Rules, check_for_stamping},
    tfd::{SatSeal, StampError, verify_stamp},
};

/// Mexico's central zone, without daylight saving since 2022. The other zones are at most two hours away, and a window
/// of 72 hours does not turn on them: the PAC has the last word.
const CENTRAL: i8 = -6;

/// What is believed.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// RFC of the PAC that was chosen; a timbre of another is refused.
    pub provider: Option<String>,
    /// Certificates that sign timbres. With none the seal of a timbre is not judged here; every device may.
    pub sat_certificates: Vec<Certificate>,
    /// Authorities, in DER, that issue seals; none to leave that to the PAC.
    pub authorities: Vec<Vec<u8>>,
}

impl Trust {
    /// Our own checks of a sealed XML at `now`.
    ///
    /// # Errors
    /// The first finding that refuses: its code and its sentence.
    pub(super) fn check(&self, xml: &[u8], now_ms: i64) -> Result<(), Finding> {
        let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let rules = Rules { now, offset: Offset::constant(CENTRAL), authorities: &self.authorities };
        match check_for_stamping(xml, rules) {
            Ok(_document) => Ok(()),
            Err(findings) => findings.into_iter().find(Finding::is_error).map_or(Ok(()), Err),
        }
    }

    /// Judges an answer to `sent`; gives the UUID as delivered.
    pub(super) fn judge(&self, sent: &[u8], stamped: &[u8]) -> Result<String, StampError> {
        let judged = verify_stamp(sent, stamped, self.provider.as_deref(), &self.sat_certificates)?;
        if !self.sat_certificates.is_empty() && judged.sat_seal != SatSeal::Verified {
            return Err(StampError::BadSatSeal);
        }
        Ok(judged.tfd.uuid)
    }
}
