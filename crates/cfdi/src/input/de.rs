//! Values of the JSON shape.

use crate::cadena::normalize;
use crate::model::{TipoDeComprobante, TipoFactor};
use crate::num;
use crate::xml::parse_fecha;
use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, Error};

/// Text with its blanks normalised, as the cadena will have it.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = normalize(&String::deserialize(deserializer)?);
    if text.is_empty() { Err(D::Error::custom("a required text is empty")) } else { Ok(text) }
}

/// An empty text is the same as none: empty attributes are never legal.
pub(super) fn opt_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|text| normalize(&text)).filter(|text| !text.is_empty()))
}

fn number<E: Error>(text: &str, decimals: u32) -> Result<Decimal, E> {
    num::parse(text, decimals)
        .ok_or_else(|| E::custom(format_args!("{text:?} is not a number of digits with at most {decimals} decimals")))
}

pub(super) fn six<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    number(&String::deserialize(deserializer)?, 6)
}

pub(super) fn opt_six<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    Option::<String>::deserialize(deserializer)?.map(|text| number(&text, 6)).transpose()
}

pub(super) fn opt_ten<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    Option::<String>::deserialize(deserializer)?.map(|text| number(&text, 10)).transpose()
}

pub(super) fn fecha<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_fecha(&text).ok_or_else(|| D::Error::custom(format_args!("{text:?} is not AAAA-MM-DDThh:mm:ss")))
}

pub(super) fn tipo<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TipoDeComprobante, D::Error> {
    let text = String::deserialize(deserializer)?;
    TipoDeComprobante::from_clave(&text)
        .ok_or_else(|| D::Error::custom(format_args!("{text:?} is not one of I, E, T, P")))
}

pub(super) fn factor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TipoFactor, D::Error> {
    let text = String::deserialize(deserializer)?;
    TipoFactor::from_clave(&text)
        .ok_or_else(|| D::Error::custom(format_args!("{text:?} is not one of Tasa, Cuota, Exento")))
}

pub(super) fn instalment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.parse() {
        Ok(number @ 1..=999) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number),
        _ => Err(D::Error::custom(format_args!("{text:?} is not an instalment from 1 to 999"))),
    }
}
