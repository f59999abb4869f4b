//! The decimal engine: from what a person states to every amount a document carries.

pub mod intervals;
mod line;
pub(crate) mod payments;
mod priced;
pub mod rep;
pub mod totals;

pub use priced::priced_line;

use crate::catalogs;
use crate::input::Draft;
use crate::model::{
    CfdiRelacionados, Complemento, Comprobante, Emisor, Impuestos, InformacionGlobal, Receptor, TipoDeComprobante,
};
use crate::num;
use crate::rules::{self, Finding};
use rust_decimal::Decimal;
use thiserror::Error;
use totals::TaxSums;

/// How lines are rounded. A company chooses once; a document never mixes the two.
pub use zuc_domain::shared::pricing::RoundingStrategy as Rounding;

/// Decimals a line is rounded to in a currency of `currency` decimals; the document may be in any of the SAT's
/// currencies, more than the business quotes in.
pub const fn line_decimals(rounding: Rounding, currency: u32) -> u32 {
    match rounding {
        Rounding::TwoDecimals => currency,
        Rounding::SixDecimals => 6,
    }
}

/// Why a draft gives no document.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BuildError {
    /// A field the document cannot do without.
    #[error("{0} is missing")]
    Missing(String),
    /// An amount the SAT's format cannot hold.
    #[error("{0} is larger than the format allows")]
    TooLarge(String),
    /// Amounts that were given and do not agree with the rest.
    #[error("an amount given does not agree with the rest")]
    Findings(Vec<Finding>),
}

impl BuildError {
    /// Stable code; for findings, the first one's.
    pub fn code(&self) -> String {
        match self {
            Self::Missing(_) => "cfdi.missing".to_owned(),
            Self::TooLarge(_) => "cfdi.too_large".to_owned(),
            Self::Findings(findings) => {
                findings.first().map_or_else(|| "cfdi.amounts".to_owned(), Finding::stable_code)
            }
        }
    }
}

/// Greatest `t_Importe`: 18 integer digits.
fn fits(value: Decimal, field: &str) -> Result<Decimal, BuildError> {
    if value < Decimal::from(1_000_000_000_000_000_000_u64) {
        Ok(value)
    } else {
        Err(BuildError::TooLarge(field.to_owned()))
    }
}

fn times(left: Decimal, right: Decimal, field: &str) -> Result<Decimal, BuildError> {
    left.checked_mul(right).ok_or_else(|| BuildError::TooLarge(field.to_owned()))
}

/// Builds a document: amounts left out are computed, amounts given are kept digit by digit and checked.
///
/// # Errors
/// [`BuildError::Missing`], [`BuildError::TooLarge`], or [`BuildError::Findings`] with the rule each given amount
/// breaks. Parties and codes are not judged here: [`rules::check`] does.
pub fn build(draft: Draft, rounding: Rounding) -> Result<Comprobante, BuildError> {
    let header = draft.comprobante;
    let tipo = header.tipo_de_comprobante;
    let is_payment = tipo == TipoDeComprobante::Pago;
    let moneda = match header.moneda {
        Some(moneda) => moneda,
        None if tipo.has_amounts() => "MXN".to_owned(),
        None => "XXX".to_owned(),
    };
    let decimals = catalogs::decimals(&moneda).unwrap_or(2);

    let mut conceptos = Vec::with_capacity(draft.conceptos.len().max(1));
    for (index, line) in draft.conceptos.into_iter().enumerate() {
        let at = format!("conceptos[{index}]");
        conceptos.push(line::build(line, line_decimals(rounding, decimals), &at)?);
    }
    if conceptos.is_empty() {
        if !is_payment {
            return Err(BuildError::Missing("conceptos".to_owned()));
        }
        conceptos.push(payments::fixed_line());
    }

    let (sub_total, descuento, impuestos, total) = if tipo.has_amounts() {
        let sub_total = header.sub_total.unwrap_or_else(|| totals::sub_total(&conceptos, decimals));
        let descuento = header.descuento.or_else(|| totals::descuento(&conceptos, decimals));
        let impuestos = header_taxes(&conceptos, decimals);
        let local = draft.impuestos_locales.as_ref();
        let charged = impuestos.as_ref().and_then(|taxes| taxes.total_trasladados).unwrap_or_default()
            + local.map(|taxes| taxes.total_traslados).unwrap_or_default();
        let withheld = impuestos.as_ref().and_then(|taxes| taxes.total_retenidos).unwrap_or_default()
            + local.map(|taxes| taxes.total_retenciones).unwrap_or_default();
        let total = sub_total - descuento.unwrap_or_default() + charged - withheld;
        let total = header.total.unwrap_or_else(|| num::half_up(total, decimals));
        (fits(sub_total, "SubTotal")?, descuento, impuestos, fits(total, "Total")?)
    } else {
        let zero = |given: Option<Decimal>| given.unwrap_or(Decimal::ZERO);
        (zero(header.sub_total), header.descuento, None, zero(header.total))
    };

    let pagos = draft.pagos.map(payments::build).transpose()?;
    let document = Comprobante {
        serie: header.serie,
        folio: header.folio,
        fecha: header.fecha,
        sello: String::new(),
        forma_pago: header.forma_pago,
        no_certificado: String::new(),
        certificado: String::new(),
        condiciones_de_pago: header.condiciones_de_pago,
        sub_total,
        descuento,
        moneda,
        tipo_cambio: header.tipo_cambio,
        total,
        tipo_de_comprobante: tipo,
        exportacion: header.exportacion.unwrap_or_else(|| "01".to_owned()),
        metodo_pago: header.metodo_pago,
        lugar_expedicion: header.lugar_expedicion,
        confirmacion: header.confirmacion,
        informacion_global: draft.informacion_global.map(|global| InformacionGlobal {
            periodicidad: global.periodicidad,
            meses: global.meses,
            anio: global.anio,
        }),
        relacionados: draft
            .relacionados
            .into_iter()
            .map(|related| CfdiRelacionados { tipo_relacion: related.tipo_relacion, uuids: related.uuids })
            .collect(),
        emisor: Emisor {
            rfc: draft.emisor.rfc,
            nombre: draft.emisor.nombre,
            regimen_fiscal: draft.emisor.regimen_fiscal,
            fac_atr_adquirente: draft.emisor.fac_atr_adquirente,
        },
        receptor: Receptor {
            rfc: draft.receptor.rfc,
            nombre: draft.receptor.nombre,
            domicilio_fiscal: draft.receptor.domicilio_fiscal,
            residencia_fiscal: draft.receptor.residencia_fiscal,
            num_reg_id_trib: draft.receptor.num_reg_id_trib,
            regimen_fiscal: draft.receptor.regimen_fiscal,
            uso_cfdi: draft.receptor.uso_cfdi,
        },
        conceptos,
        impuestos,
        complemento: Complemento { pagos, impuestos_locales: draft.impuestos_locales, ..Complemento::default() },
        addenda: None,
        otros_espacios: Vec::new(),
    };
    let findings = rules::arithmetic(&document);
    if findings.is_empty() { Ok(document) } else { Err(BuildError::Findings(findings)) }
}

/// The header's taxes; `None` when no line has one.
pub fn header_taxes(lines: &[crate::model::Concepto], decimals: u32) -> Option<Impuestos> {
    let sums = TaxSums::of(lines);
    if sums.is_empty() {
        return None;
    }
    let traslados = sums.traslados_at(decimals);
    let retenciones = sums.retenciones_at(decimals);
    let amounts: Vec<Decimal> = traslados.iter().filter_map(|tax| tax.importe).collect();
    Some(Impuestos {
        total_retenidos: (!retenciones.is_empty()).then(|| retenciones.iter().map(|tax| tax.importe).sum()),
        total_trasladados: (!amounts.is_empty()).then(|| amounts.into_iter().sum()),
        retenciones,
        traslados,
    })
}
