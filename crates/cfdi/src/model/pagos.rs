//! Receipt of payments, complement Pagos 2.0.
//!
//! Source: SAT, `Pagos20.xsd`.

use super::TipoFactor;
use jiff::civil::DateTime;
use rust_decimal::Decimal;

/// The complement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pagos {
    /// Totals in pesos.
    pub totales: Totales,
    /// Payments received, at least one.
    pub pagos: Vec<Pago>,
}

/// Totals in pesos, two decimals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totales {
    /// IVA withheld.
    pub retenciones_iva: Option<Decimal>,
    /// ISR withheld.
    pub retenciones_isr: Option<Decimal>,
    /// IEPS withheld.
    pub retenciones_ieps: Option<Decimal>,
    /// Base of IVA at 16 %.
    pub traslados_base_iva16: Option<Decimal>,
    /// IVA at 16 %.
    pub traslados_impuesto_iva16: Option<Decimal>,
    /// Base of IVA at 8 %.
    pub traslados_base_iva8: Option<Decimal>,
    /// IVA at 8 %.
    pub traslados_impuesto_iva8: Option<Decimal>,
    /// Base of IVA at 0 %.
    pub traslados_base_iva0: Option<Decimal>,
    /// IVA at 0 %.
    pub traslados_impuesto_iva0: Option<Decimal>,
    /// Base exempt of IVA.
    pub traslados_base_iva_exento: Option<Decimal>,
    /// Sum of the payments.
    pub monto_total_pagos: Decimal,
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pago {
    /// When it was received; 12:00:00 when the hour is unknown.
    pub fecha_pago: DateTime,
    /// `c_FormaPago`, never 99.
    pub forma_de_pago: String,
    /// Currency of the payment.
    pub moneda: String,
    /// Pesos per unit of `moneda`; `1` for pesos.
    pub tipo_cambio: Option<Decimal>,
    /// Amount received.
    pub monto: Decimal,
    /// Number of the operation.
    pub num_operacion: Option<String>,
    /// RFC of the payer's bank.
    pub rfc_emisor_cta_ord: Option<String>,
    /// Name of a foreign bank.
    pub nom_banco_ord_ext: Option<String>,
    /// Account of the payer.
    pub cta_ordenante: Option<String>,
    /// RFC of the issuer's bank.
    pub rfc_emisor_cta_ben: Option<String>,
    /// Account of the issuer.
    pub cta_beneficiario: Option<String>,
    /// `01` for SPEI.
    pub tipo_cad_pago: Option<String>,
    /// Certificate of the SPEI receipt, base64.
    pub cert_pago: Option<String>,
    /// Cadena of the SPEI receipt.
    pub cad_pago: Option<String>,
    /// Seal of the SPEI receipt, base64.
    pub sello_pago: Option<String>,
    /// What it pays, at least one.
    pub documentos: Vec<DoctoRelacionado>,
    /// Summary of the taxes of `documentos`, in the currency of the payment.
    pub impuestos: Option<ImpuestosP>,
}

/// One invoice paid, in whole or in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctoRelacionado {
    /// UUID of the invoice.
    pub id_documento: String,
    /// Its serie.
    pub serie: Option<String>,
    /// Its folio.
    pub folio: Option<String>,
    /// Its currency.
    pub moneda: String,
    /// Units of `moneda` per unit of the payment's currency, up to ten decimals.
    pub equivalencia: Option<Decimal>,
    /// Instalment, from 1.
    pub num_parcialidad: u16,
    /// Open before this payment.
    pub imp_saldo_ant: Decimal,
    /// Paid now.
    pub imp_pagado: Decimal,
    /// Open after it.
    pub imp_saldo_insoluto: Decimal,
    /// `c_ObjetoImp`.
    pub objeto_imp: String,
    /// Taxes of the part paid.
    pub impuestos: Option<ImpuestosDr>,
}

/// Taxes of the part paid of one invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImpuestosDr {
    /// Withheld.
    pub retenciones: Vec<RetencionDr>,
    /// Charged.
    pub traslados: Vec<TrasladoDr>,
}

/// Tax withheld of the part paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetencionDr {
    /// Base, up to six decimals.
    pub base: Decimal,
    /// `c_Impuesto`.
    pub impuesto: String,
    /// `c_TipoFactor`.
    pub tipo_factor: TipoFactor,
    /// Rate.
    pub tasa_o_cuota: Decimal,
    /// Amount.
    pub importe: Decimal,
}

/// Tax charged of the part paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrasladoDr {
    /// Base, up to six decimals.
    pub base: Decimal,
    /// `c_Impuesto`.
    pub impuesto: String,
    /// `c_TipoFactor`.
    pub tipo_factor: TipoFactor,
    /// Absent when exempt.
    pub tasa_o_cuota: Option<Decimal>,
    /// Absent when exempt.
    pub importe: Option<Decimal>,
}

/// Taxes of one payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImpuestosP {
    /// One per tax.
    pub retenciones: Vec<RetencionP>,
    /// One per tax, factor and rate.
    pub traslados: Vec<TrasladoP>,
}

/// What is withheld of one tax in a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetencionP {
    /// `c_Impuesto`.
    pub impuesto: String,
    /// Amount.
    pub importe: Decimal,
}

/// What is transferred at one tax, factor and rate in a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrasladoP {
    /// Base.
    pub base: Decimal,
    /// `c_Impuesto`.
    pub impuesto: String,
    /// `c_TipoFactor`.
    pub tipo_factor: TipoFactor,
    /// Absent when exempt.
    pub tasa_o_cuota: Option<Decimal>,
    /// Absent when exempt.
    pub importe: Option<Decimal>,
}
