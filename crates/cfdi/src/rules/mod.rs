//! The SAT's rules that can be told without asking the SAT, one function each.
//!
//! The same functions run on the laptop before sealing, on the relay before a stamp is spent and in the sandbox PAC.
//! Codes are the SAT's own (`CFDI40108`, `CRP20217`, `301`…); hints of this product's own carry words (`NOMBRE-SUFIJO`).
//!
//! Source: SAT, matriz de validaciones CFDI 4.0 and Pagos 2.0; cfdi guide 3-10 and 18.

mod global;
mod header;
mod lines;
mod pac;
mod pagos;
mod parties;
mod structure;
mod taxes;

pub use pac::{Stamping, check_for_stamping, check_window};
pub(crate) use structure::is_uuid;

use crate::catalogs;
use crate::compute::totals::TaxSums;
use crate::model::{Comprobante, TipoDeComprobante};
use serde::Serialize;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The SAT refuses the document.
    Error,
    /// The SAT takes it, but it is seldom meant.
    Warning,
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The SAT's code, or a word of ours for hints.
    pub code: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong, in Spanish, for the person who wrote the document.
    pub message_es: String,
    /// Where: `Receptor.UsoCFDI`, `Conceptos[0].Importe` (lines counted from 0).
    pub field: String,
}

impl Finding {
    /// The product's stable code: `cfdi.40108`, `cfdi.crp20217`, `cfdi.nombre_sufijo`.
    pub fn stable_code(&self) -> String {
        let code = self.code.strip_prefix("CFDI").unwrap_or(self.code);
        format!("cfdi.{}", code.to_lowercase().replace('-', "_"))
    }

    /// Whether the SAT would refuse the document for it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// A document under inspection, with what several rules need.
pub(crate) struct Rules<'a> {
    document: &'a Comprobante,
    /// Decimals of its currency.
    decimals: u32,
    sums: TaxSums,
    found: Vec<Finding>,
}

type Rule = fn(&mut Rules<'_>);

impl<'a> Rules<'a> {
    fn new(document: &'a Comprobante) -> Self {
        Self {
            document,
            decimals: catalogs::decimals(&document.moneda).unwrap_or(2),
            sums: TaxSums::of(&document.conceptos),
            found: Vec::new(),
        }
    }

    fn run(mut self, groups: &[&[Rule]]) -> Vec<Finding> {
        for rule in groups.iter().copied().flatten() {
            rule(&mut self);
        }
        self.found
    }

    fn add(&mut self, code: &'static str, severity: Severity, field: String, message_es: String) {
        self.found.push(Finding { code, severity, message_es, field });
    }

    /// Records a refusal unless `holds`.
    fn require(&mut self, holds: bool, code: &'static str, field: &str, message: &str) {
        if !holds {
            self.add(code, Severity::Error, field.to_owned(), message.to_owned());
        }
    }

    /// Records a refusal.
    fn refuse(&mut self, code: &'static str, field: impl Into<String>, message: impl Into<String>) {
        self.add(code, Severity::Error, field.into(), message.into());
    }

    /// Records a warning.
    fn warn(&mut self, code: &'static str, field: impl Into<String>, message: impl Into<String>) {
        self.add(code, Severity::Warning, field.into(), message.into());
    }

    fn tipo(&self) -> TipoDeComprobante {
        self.document.tipo_de_comprobante
    }
}

/// Every rule that needs nothing but the document: an empty list, or one with warnings alone, may be sealed.
pub fn check(document: &Comprobante) -> Vec<Finding> {
    Rules::new(document).run(&[
        structure::RULES,
        header::RULES,
        header::SUMS,
        parties::RULES,
        global::RULES,
        lines::RULES,
        lines::AMOUNTS,
        taxes::SUMS,
        pagos::RULES,
        pagos::AMOUNTS,
    ])
}

/// Only the rules about amounts that must agree.
pub fn arithmetic(document: &Comprobante) -> Vec<Finding> {
    Rules::new(document).run(&[header::SUMS, lines::AMOUNTS, taxes::SUMS, pagos::AMOUNTS])
}

/// Whether any finding is a refusal.
pub fn refuses(findings: &[Finding]) -> bool {
    findings.iter().any(Finding::is_error)
}
