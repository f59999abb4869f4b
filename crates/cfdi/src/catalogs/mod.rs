//! The SAT's small catalogues, those that carry rules, as in force in August 2026.
//!
//! Product keys, unit keys and postal codes are not here: only their shape is checked ([`is_clave_prod_serv`],
//! [`is_codigo_postal`]).
//!
//! Source: SAT, `catCFDI`; the text tables hold one row a line, fields parted by `|`.

mod rates;
mod table;

pub use rates::{Direction, rate_is_legal};
pub use table::Catalog;

use crate::rfc::Persona;

/// The text of a key; `None` when the catalogue does not hold it.
pub fn description(catalog: Catalog, clave: &str) -> Option<&'static str> {
    catalog.row(clave).and_then(|row| row.get(1).copied())
}

/// The text of a régimen.
pub fn regimen_text(regimen: &str) -> Option<&'static str> {
    description(Catalog::RegimenFiscal, regimen)
}

/// Whether a key is in force.
pub fn contains(catalog: Catalog, clave: &str) -> bool {
    catalog.row(clave).is_some()
}

/// Key and text of every entry, in the catalogue's order: what a picker shows.
pub fn entries(catalog: Catalog) -> impl Iterator<Item = (&'static str, &'static str)> {
    catalog.rows().iter().filter_map(|row| Some((*row.first()?, *row.get(1)?)))
}

fn field(catalog: Catalog, clave: &str, at: usize) -> &'static str {
    catalog.row(clave).and_then(|row| row.get(at).copied()).unwrap_or_default()
}

fn fits_persona(flags: &str, persona: Persona) -> bool {
    flags.contains(match persona {
        Persona::Fisica => 'F',
        Persona::Moral => 'M',
    })
}

/// Whether a taxpayer of this persona may be in this régimen.
pub fn regimen_fits(regimen: &str, persona: Persona) -> bool {
    fits_persona(field(Catalog::RegimenFiscal, regimen, 2), persona)
}

/// Régimenes a persona may be in.
pub fn regimenes_for(persona: Persona) -> Vec<(&'static str, &'static str)> {
    entries(Catalog::RegimenFiscal).filter(|(clave, _)| regimen_fits(clave, persona)).collect()
}

/// Whether a receiver of this régimen and persona may give the invoice this use.
pub fn uso_fits(uso: &str, regimen: &str, persona: Persona) -> bool {
    fits_persona(field(Catalog::UsoCfdi, uso, 2), persona)
        && field(Catalog::UsoCfdi, uso, 3).split(' ').any(|allowed| allowed == regimen)
}

/// Uses a receiver of this régimen and persona may choose.
pub fn usos_for(regimen: &str, persona: Persona) -> Vec<(&'static str, &'static str)> {
    entries(Catalog::UsoCfdi).filter(|(clave, _)| uso_fits(clave, regimen, persona)).collect()
}

/// Decimals of a currency; `None` when it is unknown.
pub fn decimals(moneda: &str) -> Option<u32> {
    field(Catalog::Moneda, moneda, 2).parse().ok()
}

/// What a way of paying lets a payment say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four columns of the SAT's table, each yes or no")]
pub struct BankRules {
    /// It moves money between banks.
    pub bancarizado: bool,
    /// The payer's account may be given.
    pub ordenante: bool,
    /// The issuer's account may be given.
    pub beneficiario: bool,
    /// A SPEI chain may be given.
    pub cadena: bool,
}

/// Bank columns of `c_FormaPago`; `None` when the key is unknown.
pub fn bank_rules(forma_pago: &str) -> Option<BankRules> {
    let flags = *Catalog::FormaPago.row(forma_pago)?.get(2)?;
    Some(BankRules {
        bancarizado: flags.contains('b'),
        ordenante: flags.contains('o'),
        beneficiario: flags.contains('d'),
        cadena: flags.contains('c'),
    })
}

/// Eight digits.
pub fn is_clave_prod_serv(clave: &str) -> bool {
    digits(clave, 8)
}

/// Two or three letters or digits, as every key of `c_ClaveUnidad` is.
pub fn is_clave_unidad(clave: &str) -> bool {
    (1..=3).contains(&clave.len()) && clave.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Five digits.
pub fn is_codigo_postal(codigo: &str) -> bool {
    digits(codigo, 5)
}

pub(crate) fn digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_needs_both_persona_and_regimen() {
        assert!(uso_fits("G03", "601", Persona::Moral));
        assert!(!uso_fits("G03", "605", Persona::Fisica));
        assert!(!uso_fits("D01", "601", Persona::Moral));
        assert!(!uso_fits("G03", "616", Persona::Fisica));
        let public: Vec<_> = usos_for("616", Persona::Fisica).into_iter().map(|(clave, _)| clave).collect();
        assert_eq!(public, ["CP01", "G02", "S01"]);
    }

    #[test]
    fn a_regimen_belongs_to_a_persona() {
        assert!(regimen_fits("601", Persona::Moral));
        assert!(!regimen_fits("601", Persona::Fisica));
        assert!(regimen_fits("626", Persona::Fisica) && regimen_fits("626", Persona::Moral));
        assert!(!regimen_fits("999", Persona::Moral));
    }

    #[test]
    fn currencies_know_their_decimals() {
        assert_eq!(decimals("MXN"), Some(2));
        assert_eq!(decimals("JPY"), Some(0));
        assert_eq!(decimals("XXX"), Some(0));
        assert_eq!(decimals("ABC"), None);
    }
}
