//! The sandbox's certificates: an authority, and the PAC's own.

use std::path::Path;

use jiff::Timestamp;
use zuc_cfdi::{
    csd::Csd,
    sandbox::{Authority, Holder, Issued, Kind, Validity},
};

use super::SandboxError;

/// The password of the sandbox's keys is no secret: neither are the keys.
pub(super) const PASSWORD: &str = "12345678a";
const PAC_NUMBER: &str = "90001000000500000001";
const PAC_RFC: &str = "SPR190613I52";
const DAY_S: i64 = 24 * 60 * 60;

pub(super) struct Identity {
    pub(super) authority: Authority,
    pub(super) pac: Csd,
}

impl Identity {
    pub(super) fn load_or_make(folder: &Path, now_ms: i64) -> Result<Self, SandboxError> {
        let file = |name: &str| folder.join(name);
        if !file("pac.key").exists() {
            let validity = validity(now_ms)?;
            let authority = Authority::create(validity)?;
            let holder = Holder { rfc: PAC_RFC, representative: None, name: "PAC DE PRUEBAS" };
            let pac = authority.issue(holder, Kind::Csd, PAC_NUMBER, PASSWORD, validity)?;
            std::fs::write(file("authority.cer"), authority.certificate_der()?)?;
            std::fs::write(file("authority.key"), &*authority.key_der()?)?;
            std::fs::write(file("pac.cer"), &pac.cer)?;
            // Last: its presence says that all are there.
            std::fs::write(file("pac.key"), &*pac.key)?;
        }
        let read = |name: &str| std::fs::read(file(name));
        let authority = Authority::from_der(&read("authority.cer")?, &read("authority.key")?)?;
        let pac = Csd::open(&read("pac.cer")?, &read("pac.key")?, PASSWORD.as_bytes())?;
        Ok(Self { authority, pac })
    }

    /// A certificate for a company of the sandbox.
    pub(super) fn issue(&self, rfc: &str, name: &str, number: &str, now_ms: i64) -> Result<Issued, SandboxError> {
        let representative = (rfc.chars().count() == 12).then_some("XIQB891116QE4");
        let holder = Holder { rfc, representative, name };
        Ok(self.authority.issue(holder, Kind::Csd, number, PASSWORD, validity(now_ms)?)?)
    }
}

/// From ten days ago, for documents dated before the certificate was asked for, to four years from now.
fn validity(now_ms: i64) -> Result<Validity, SandboxError> {
    let instant = |seconds: i64| {
        Timestamp::from_second(now_ms / 1_000 + seconds).map_err(|error| std::io::Error::other(error.to_string()))
    };
    Ok(Validity { from: instant(-10 * DAY_S)?, until: instant(4 * 365 * DAY_S)? })
}
