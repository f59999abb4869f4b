//! Why an invoice that was to be issued is not, as a person is told.

use zuc_domain::{
    compliance::CfdiState,
    financial::{Invoice, Refusal},
};
use zuc_ipc::Failure;

/// Why an invoice will not be stamped as it is; `None` while it is stamped or on its way.
pub(super) fn refused(invoice: &Invoice) -> Option<Failure> {
    match invoice.state() {
        CfdiState::Rejected => Some(match &invoice.refusal {
            Some(refusal) => refused_by(refusal),
            None => Failure::new("invoice.rejected", "the reason is on the device that sealed it"),
        }),
        CfdiState::WindowExpired => Some(Failure::new("invoice.window_expired", "72 hours passed without a stamp")),
        CfdiState::Voided => Some(Failure::new("invoice.voided", "it was taken back before it was stamped")),
        // one that is not sealed was refused by an error of its own
        CfdiState::PreInvoice
        | CfdiState::Generated
        | CfdiState::Queued
        | CfdiState::Submitted
        | CfdiState::Unknown
        | CfdiState::Stamped => None,
    }
}

/// What the PAC, the SAT or a rule said, under our code of it: our sentence where there is one, else theirs.
pub(crate) fn refused_by(refusal: &Refusal) -> Failure {
    let code = refusal.code.trim_start_matches("cfdi.").trim_start_matches("CFDI").to_lowercase();
    let failure = Failure::new(format!("cfdi.{code}"), format!("refused with {}", refusal.code));
    let known = zuc_ipc::sentence(&failure.code).is_some();
    match refusal.message.trim() {
        _ if known => failure,
        // a code says nothing to a person
        message if message.is_empty() || message == refusal.code => {
            failure.hint(zuc_ipc::sentence("invoice.rejected").unwrap_or_default())
        }
        message => failure.hint(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &str, message: &str) -> (String, String) {
        let refusal = Refusal { code: code.to_owned(), message: message.to_owned(), field: None };
        let failure = refused_by(&refusal);
        (failure.code.clone(), failure.sentence())
    }

    #[test]
    fn the_relays_code_and_the_pacs_are_one_with_one_sentence() {
        let sentence = zuc_ipc::sentence("cfdi.40148").unwrap();
        assert_eq!(told("CFDI40148", "CFDI40148"), ("cfdi.40148".to_owned(), sentence.to_owned()));
        assert_eq!(told("cfdi.40148", "x"), told("CFDI40148", "y"));
        assert_eq!(told("402", "402").1, zuc_ipc::sentence("cfdi.402").unwrap());
    }

    #[test]
    fn a_code_without_our_sentence_has_theirs_and_never_itself() {
        assert_eq!(told("CFDI40999", "No clasificado."), ("cfdi.40999".to_owned(), "No clasificado.".to_owned()));
        for message in ["", "CFDI40999"] {
            assert_eq!(told("CFDI40999", message).1, zuc_ipc::sentence("invoice.rejected").unwrap());
        }
    }
}
