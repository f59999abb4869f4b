//! When and how an invoice is paid, as the SAT asks it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::shared::named::named;

named! {
    /// Keys of `c_MetodoPago`.
    MetodoPago {
        /// Paid at once, in the month it is issued.
        Pue = "PUE",
        /// Paid later or in parts; every payment needs its complement.
        Ppd = "PPD",
    }
}

/// Key of `c_FormaPago` for "to be defined", the only one that goes with PPD.
const TO_BE_DEFINED: &str = "99";
/// Key of `c_FormaPago` for an electronic transfer.
const TRANSFER: &str = "03";

/// Method and form of payment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PaymentTerms {
    /// PUE or PPD.
    pub metodo: MetodoPago,
    /// Key of `c_FormaPago`.
    pub forma: String,
}

impl PaymentTerms {
    /// Due in the month it is issued: PUE, by transfer unless said otherwise. Else PPD.
    ///
    /// Source: SAT, CFDI 4.0 filling guide, `MetodoPago`.
    pub fn for_due(issued: Date, due: Date) -> Self {
        if (issued.year(), issued.month()) == (due.year(), due.month()) {
            Self { metodo: MetodoPago::Pue, forma: TRANSFER.to_owned() }
        } else {
            Self { metodo: MetodoPago::Ppd, forma: TO_BE_DEFINED.to_owned() }
        }
    }

    /// The terms as chosen; PPD always carries form 99.
    pub fn chosen(metodo: MetodoPago, forma: &str) -> Self {
        match metodo {
            MetodoPago::Ppd => Self { metodo, forma: TO_BE_DEFINED.to_owned() },
            MetodoPago::Pue => Self { metodo, forma: forma.trim().to_owned() },
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_is_due_this_month_is_paid_at_once() {
        assert_eq!(PaymentTerms::for_due(date(2026, 11, 2), date(2026, 11, 30)).metodo, MetodoPago::Pue);
        let later = PaymentTerms::for_due(date(2026, 11, 24), date(2026, 12, 24));
        assert_eq!((later.metodo, later.forma.as_str()), (MetodoPago::Ppd, "99"));
        assert_eq!(PaymentTerms::for_due(date(2025, 11, 24), date(2026, 11, 24)).metodo, MetodoPago::Ppd);
    }

    #[test]
    fn paid_later_has_no_form_yet() {
        assert_eq!(PaymentTerms::chosen(MetodoPago::Ppd, "03").forma, "99");
        assert_eq!(PaymentTerms::chosen(MetodoPago::Pue, " 04 ").forma, "04");
    }
}
