//! What a receiver's fiscal data must be, before a stamp is spent on them.

use crate::shared::{Persona, PostalCode, Rfc, text::fiscal_name};

/// The tables of the SAT that decide which régimen and uso fit; they live in `zuc_cfdi`.
pub trait FiscalRules {
    /// Whether the régimen is one of the persona.
    fn regimen_fits(&self, regimen: &str, persona: Persona) -> bool;
    /// Whether the uso is allowed for persona and régimen.
    fn uso_fits(&self, uso: &str, regimen: &str, persona: Persona) -> bool;
}

/// A receiver as typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaxpayerData<'a> {
    /// RFC.
    pub rfc: &'a str,
    /// Name.
    pub legal_name: &'a str,
    /// Key of `c_RegimenFiscal`.
    pub regimen_fiscal: &'a str,
    /// Postal code of the fiscal domicile.
    pub domicilio_cp: &'a str,
    /// Key of `c_UsoCFDI`.
    pub uso_cfdi: &'a str,
}

/// What is wrong with one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxpayerProblem {
    /// The field, as commands name it.
    pub field: &'static str,
    /// Stable code.
    pub code: &'static str,
    /// Worth saying, not a reason to refuse.
    pub warning: bool,
}

impl TaxpayerData<'_> {
    /// Everything wrong with the data, in the order of the form; empty when they can be used.
    ///
    /// A check character that fails is a warning: the SAT has issued such RFCs.
    pub fn problems(&self, rules: &dyn FiscalRules) -> Vec<TaxpayerProblem> {
        let mut problems = Vec::new();
        let mut add = |field, code, warning| problems.push(TaxpayerProblem { field, code, warning });
        let rfc: Option<Rfc> = self.rfc.parse().ok();
        match &rfc {
            None => add("rfc", "fiscal.rfc_format", false),
            Some(rfc) if !rfc.check_digit_fits() => add("rfc", "fiscal.rfc_check_digit", true),
            Some(_) => {}
        }
        if self.legal_name.trim().is_empty() {
            add("legal_name", "fiscal.name_missing", false);
        } else if fiscal_name(self.legal_name) != self.legal_name {
            add("legal_name", "fiscal.name_not_clean", true);
        }
        let generic = rfc.as_ref().is_some_and(Rfc::is_generic);
        let persona = rfc.as_ref().filter(|_| !generic).map(Rfc::persona);
        if self.regimen_fiscal.is_empty() {
            add("regimen_fiscal", "fiscal.regimen_missing", false);
        } else if generic && self.regimen_fiscal != "616" {
            add("regimen_fiscal", "fiscal.regimen_generic", false);
        } else if persona.is_some_and(|persona| !rules.regimen_fits(self.regimen_fiscal, persona)) {
            add("regimen_fiscal", "fiscal.regimen_persona", false);
        }
        if self.domicilio_cp.parse::<PostalCode>().is_err() {
            add("domicilio_cp", "fiscal.cp_format", false);
        }
        if self.uso_cfdi.is_empty() {
            add("uso_cfdi", "fiscal.uso_missing", false);
        } else if generic && self.uso_cfdi != "S01" {
            add("uso_cfdi", "fiscal.uso_generic", false);
        } else if persona.is_some_and(|persona| !rules.uso_fits(self.uso_cfdi, self.regimen_fiscal, persona)) {
            add("uso_cfdi", "fiscal.uso_not_allowed", false);
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Table;

    impl FiscalRules for Table {
        fn regimen_fits(&self, regimen: &str, persona: Persona) -> bool {
            (regimen == "601") == (persona == Persona::Moral)
        }

        fn uso_fits(&self, uso: &str, _: &str, _: Persona) -> bool {
            uso == "G03"
        }
    }

    fn kemper() -> TaxpayerData<'static> {
        TaxpayerData {
            rfc: "EKU9003173C9",
            legal_name: "ESCUELA KEMPER URGATE",
            regimen_fiscal: "601",
            domicilio_cp: "42501",
            uso_cfdi: "G03",
        }
    }

    fn codes(data: TaxpayerData<'_>) -> Vec<(&'static str, bool)> {
        data.problems(&Table).into_iter().map(|problem| (problem.code, problem.warning)).collect()
    }

    #[test]
    fn complete_data_have_no_problem() {
        assert_eq!(codes(kemper()), []);
    }

    #[test]
    fn each_field_is_named_with_its_own_code() {
        assert_eq!(codes(TaxpayerData { rfc: "EKU", ..kemper() }), [("fiscal.rfc_format", false)]);
        assert_eq!(codes(TaxpayerData { rfc: "EKU9003173C8", ..kemper() }), [("fiscal.rfc_check_digit", true)]);
        let suffixed = TaxpayerData { legal_name: "Escuela Kemper Urgate, S.A. de C.V.", ..kemper() };
        assert_eq!(codes(suffixed), [("fiscal.name_not_clean", true)]);
        assert_eq!(codes(TaxpayerData { regimen_fiscal: "612", ..kemper() }), [("fiscal.regimen_persona", false)]);
        assert_eq!(codes(TaxpayerData { domicilio_cp: "4250", ..kemper() }), [("fiscal.cp_format", false)]);
        assert_eq!(codes(TaxpayerData { uso_cfdi: "D01", ..kemper() }), [("fiscal.uso_not_allowed", false)]);
    }

    #[test]
    fn nothing_at_all_names_every_field() {
        assert_eq!(TaxpayerData::default().problems(&Table).len(), 5);
    }

    #[test]
    fn the_generic_receiver_is_616_and_s01() {
        let public = TaxpayerData { rfc: "XAXX010101000", ..kemper() };
        assert_eq!(codes(public), [("fiscal.regimen_generic", false), ("fiscal.uso_generic", false)]);
        assert_eq!(codes(TaxpayerData { regimen_fiscal: "616", uso_cfdi: "S01", ..public }), []);
    }
}
