//! RFCs as a document holds them: text that may be wrong.
//!
//! Source: SAT, `tdCFDI.xsd`, type `t_RFC`; cfdi guide 6.

use crate::model::{RFC_EXTRANJERO, RFC_PUBLICO};
use zuc_domain::shared::Rfc;

/// Who an RFC belongs to, told by its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Persona {
    /// 13 characters.
    Fisica,
    /// 12 characters.
    Moral,
}

impl Persona {
    /// The persona of an RFC of the right length. The generic RFCs have 13 characters but act as neither: ask
    /// [`is_generic`] first.
    pub fn of(rfc: &str) -> Option<Self> {
        match rfc.chars().count() {
            12 => Some(Self::Moral),
            13 => Some(Self::Fisica),
            _ => None,
        }
    }
}

/// What is wrong with an RFC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RfcProblem {
    /// Not letters, a real date and homoclave.
    Shape,
    /// The check character differs; some RFCs were assigned so, hence a warning and no refusal.
    CheckCharacter,
}

/// The public's or a foreigner's RFC.
pub fn is_generic(rfc: &str) -> bool {
    rfc == RFC_PUBLICO || rfc == RFC_EXTRANJERO
}

/// Reads an RFC that must already be written as the SAT writes it: nothing is cleaned.
fn exact(rfc: &str) -> Option<Rfc> {
    rfc.parse::<Rfc>().ok().filter(|parsed| parsed.as_str() == rfc)
}

/// Whether it has the shape of `t_RFC` and a real date.
pub fn has_shape(rfc: &str) -> bool {
    exact(rfc).is_some()
}

/// What is wrong with an RFC; `None` when nothing is.
pub fn problem(rfc: &str) -> Option<RfcProblem> {
    match exact(rfc) {
        None => Some(RfcProblem::Shape),
        Some(rfc) if !rfc.check_digit_fits() => Some(RfcProblem::CheckCharacter),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rfc_in_a_document_is_not_cleaned() {
        for rfc in ["EKU9003173C9", "H&E951128469", "OÑO120726RX3", "XAXX010101000", "XEXX010101000"] {
            assert_eq!(problem(rfc), None, "{rfc}");
        }
        assert_eq!(problem("AAA010101AAA"), Some(RfcProblem::CheckCharacter));
        for bad in ["EKU9002303C9", "EKU900317", "eku9003173C9", "EKU 9003173C9"] {
            assert_eq!(problem(bad), Some(RfcProblem::Shape), "{bad}");
        }
    }

    #[test]
    fn enie_counts_as_one_character() {
        assert_eq!(Persona::of("OÑO120726RX3"), Some(Persona::Moral));
        assert_eq!(Persona::of("IAÑL750210963"), Some(Persona::Fisica));
    }
}
