//! Payments as stated. The taxes keep the nesting the SAT's schema gives them, each level a list of one.

use super::de;
use crate::model::{ImpuestosDr, RetencionDr, TipoFactor, TrasladoDr};
use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};

/// Payments of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftPagos {
    /// At least one.
    pub pagos: Vec<DraftPago>,
}

/// One payment. `Monto`, `TipoCambioP` for pesos and `ImpuestosP` may be left out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the SAT's attributes, described in `model::Pago`")]
pub struct DraftPago {
    #[serde(rename = "FechaPago", deserialize_with = "de::fecha")]
    pub fecha_pago: DateTime,
    #[serde(rename = "FormaDePagoP", deserialize_with = "de::text")]
    pub forma_de_pago: String,
    #[serde(rename = "MonedaP", deserialize_with = "de::text")]
    pub moneda: String,
    #[serde(rename = "TipoCambioP", default, deserialize_with = "de::opt_six")]
    pub tipo_cambio: Option<Decimal>,
    #[serde(rename = "Monto", default, deserialize_with = "de::opt_six")]
    pub monto: Option<Decimal>,
    #[serde(rename = "NumOperacion", default, deserialize_with = "de::opt_text")]
    pub num_operacion: Option<String>,
    #[serde(rename = "RfcEmisorCtaOrd", default, deserialize_with = "de::opt_text")]
    pub rfc_emisor_cta_ord: Option<String>,
    #[serde(rename = "NomBancoOrdExt", default, deserialize_with = "de::opt_text")]
    pub nom_banco_ord_ext: Option<String>,
    #[serde(rename = "CtaOrdenante", default, deserialize_with = "de::opt_text")]
    pub cta_ordenante: Option<String>,
    #[serde(rename = "RfcEmisorCtaBen", default, deserialize_with = "de::opt_text")]
    pub rfc_emisor_cta_ben: Option<String>,
    #[serde(rename = "CtaBeneficiario", default, deserialize_with = "de::opt_text")]
    pub cta_beneficiario: Option<String>,
    #[serde(rename = "TipoCadPago", default, deserialize_with = "de::opt_text")]
    pub tipo_cad_pago: Option<String>,
    #[serde(rename = "CertPago", default, deserialize_with = "de::opt_text")]
    pub cert_pago: Option<String>,
    #[serde(rename = "CadPago", default, deserialize_with = "de::opt_text")]
    pub cad_pago: Option<String>,
    #[serde(rename = "SelloPago", default, deserialize_with = "de::opt_text")]
    pub sello_pago: Option<String>,
    #[serde(rename = "DoctoRelacionado")]
    pub documentos: Vec<DraftDocto>,
    #[serde(rename = "ImpuestosP", default, deserialize_with = "given_taxes")]
    pub impuestos: Option<DraftImpuestosP>,
}

/// One invoice paid. `EquivalenciaDR` of the same currency and `ImpSaldoInsoluto` may be left out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the SAT's attributes, described in `model::DoctoRelacionado`")]
pub struct DraftDocto {
    #[serde(rename = "IdDocumento", deserialize_with = "de::text")]
    pub id_documento: String,
    #[serde(rename = "Serie", default, deserialize_with = "de::opt_text")]
    pub serie: Option<String>,
    #[serde(rename = "Folio", default, deserialize_with = "de::opt_text")]
    pub folio: Option<String>,
    #[serde(rename = "MonedaDR", deserialize_with = "de::text")]
    pub moneda: String,
    #[serde(rename = "EquivalenciaDR", default, deserialize_with = "de::opt_ten")]
    pub equivalencia: Option<Decimal>,
    #[serde(rename = "NumParcialidad", deserialize_with = "de::instalment")]
    pub num_parcialidad: u16,
    #[serde(rename = "ImpSaldoAnt", deserialize_with = "de::six")]
    pub imp_saldo_ant: Decimal,
    #[serde(rename = "ImpPagado", deserialize_with = "de::six")]
    pub imp_pagado: Decimal,
    #[serde(rename = "ImpSaldoInsoluto", default, deserialize_with = "de::opt_six")]
    pub imp_saldo_insoluto: Option<Decimal>,
    #[serde(rename = "ObjetoImpDR", default, deserialize_with = "de::opt_text")]
    pub objeto_imp: Option<String>,
    #[serde(rename = "ImpuestosDR", default, deserialize_with = "document_taxes")]
    pub impuestos: DraftImpuestosDr,
}

/// Taxes of the part paid of an invoice; both lists empty when it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftImpuestosDr {
    /// Withheld.
    pub retenciones: Vec<DraftRetencionDr>,
    /// Charged.
    pub traslados: Vec<DraftTrasladoDr>,
}

impl DraftImpuestosDr {
    pub(crate) fn into_model(self) -> Option<ImpuestosDr> {
        if self.retenciones.is_empty() && self.traslados.is_empty() {
            return None;
        }
        Some(ImpuestosDr {
            retenciones: self
                .retenciones
                .into_iter()
                .map(|tax| RetencionDr {
                    base: tax.base,
                    impuesto: tax.impuesto,
                    tipo_factor: tax.tipo_factor,
                    tasa_o_cuota: tax.tasa_o_cuota,
                    importe: tax.importe,
                })
                .collect(),
            traslados: self
                .traslados
                .into_iter()
                .map(|tax| TrasladoDr {
                    base: tax.base,
                    impuesto: tax.impuesto,
                    tipo_factor: tax.tipo_factor,
                    tasa_o_cuota: tax.tasa_o_cuota,
                    importe: tax.importe,
                })
                .collect(),
        })
    }
}

impl From<ImpuestosDr> for DraftImpuestosDr {
    fn from(taxes: ImpuestosDr) -> Self {
        Self {
            retenciones: taxes
                .retenciones
                .into_iter()
                .map(|tax| DraftRetencionDr {
                    base: tax.base,
                    impuesto: tax.impuesto,
                    tipo_factor: tax.tipo_factor,
                    tasa_o_cuota: tax.tasa_o_cuota,
                    importe: tax.importe,
                })
                .collect(),
            traslados: taxes
                .traslados
                .into_iter()
                .map(|tax| DraftTrasladoDr {
                    base: tax.base,
                    impuesto: tax.impuesto,
                    tipo_factor: tax.tipo_factor,
                    tasa_o_cuota: tax.tasa_o_cuota,
                    importe: tax.importe,
                })
                .collect(),
        }
    }
}

/// Tax withheld of the part paid.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the SAT's attributes, described in `model::RetencionDr`")]
pub struct DraftRetencionDr {
    #[serde(rename = "BaseDR", deserialize_with = "de::six")]
    pub base: Decimal,
    #[serde(rename = "ImpuestoDR", deserialize_with = "de::text")]
    pub impuesto: String,
    #[serde(rename = "TipoFactorDR", deserialize_with = "de::factor")]
    pub tipo_factor: TipoFactor,
    #[serde(rename = "TasaOCuotaDR", deserialize_with = "de::six")]
    pub tasa_o_cuota: Decimal,
    #[serde(rename = "ImporteDR", deserialize_with = "de::six")]
    pub importe: Decimal,
}

/// Tax charged of the part paid.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the SAT's attributes, described in `model::TrasladoDr`")]
pub struct DraftTrasladoDr {
    #[serde(rename = "BaseDR", deserialize_with = "de::six")]
    pub base: Decimal,
    #[serde(rename = "ImpuestoDR", deserialize_with = "de::text")]
    pub impuesto: String,
    #[serde(rename = "TipoFactorDR", deserialize_with = "de::factor")]
    pub tipo_factor: TipoFactor,
    #[serde(rename = "TasaOCuotaDR", default, deserialize_with = "de::opt_six")]
    pub tasa_o_cuota: Option<Decimal>,
    #[serde(rename = "ImporteDR", default, deserialize_with = "de::opt_six")]
    pub importe: Option<Decimal>,
}

/// Taxes of a payment, when they are stated and not computed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftImpuestosP {
    /// One per tax.
    pub retenciones: Vec<DraftRetencionP>,
    /// One per tax, factor and rate.
    pub traslados: Vec<DraftTrasladoP>,
}

/// What is withheld of one tax in a payment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the SAT's attributes, described in `model::RetencionP`")]
pub struct DraftRetencionP {
    #[serde(rename = "ImpuestoP", deserialize_with = "de::text")]
    pub impuesto: String,
    #[serde(rename = "ImporteP", deserialize_with = "de::six")]
    pub importe: Decimal,
}

/// What is transferred at one tax, factor and rate in a payment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the SAT's attributes, described in `model::TrasladoP`")]
pub struct DraftTrasladoP {
    #[serde(rename = "BaseP", deserialize_with = "de::six")]
    pub base: Decimal,
    #[serde(rename = "ImpuestoP", deserialize_with = "de::text")]
    pub impuesto: String,
    #[serde(rename = "TipoFactorP", deserialize_with = "de::factor")]
    pub tipo_factor: TipoFactor,
    #[serde(rename = "TasaOCuotaP", default, deserialize_with = "de::opt_six")]
    pub tasa_o_cuota: Option<Decimal>,
    #[serde(rename = "ImporteP", default, deserialize_with = "de::opt_six")]
    pub importe: Option<Decimal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentNode {
    #[serde(rename = "RetencionesDR", default)]
    withheld: Vec<WithheldDr>,
    #[serde(rename = "TrasladosDR", default)]
    charged: Vec<ChargedDr>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WithheldDr {
    #[serde(rename = "RetencionDR")]
    taxes: Vec<DraftRetencionDr>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChargedDr {
    #[serde(rename = "TrasladoDR")]
    taxes: Vec<DraftTrasladoDr>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PaymentNode {
    #[serde(rename = "RetencionesP", default)]
    withheld: Vec<WithheldP>,
    #[serde(rename = "TrasladosP", default)]
    charged: Vec<ChargedP>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WithheldP {
    #[serde(rename = "RetencionP")]
    taxes: Vec<DraftRetencionP>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChargedP {
    #[serde(rename = "TrasladoP")]
    taxes: Vec<DraftTrasladoP>,
}

fn document_taxes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DraftImpuestosDr, D::Error> {
    let mut all = DraftImpuestosDr::default();
    for node in Vec::<DocumentNode>::deserialize(deserializer)? {
        all.retenciones.extend(node.withheld.into_iter().flat_map(|group| group.taxes));
        all.traslados.extend(node.charged.into_iter().flat_map(|group| group.taxes));
    }
    Ok(all)
}

fn given_taxes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DraftImpuestosP>, D::Error> {
    let nodes = Vec::<PaymentNode>::deserialize(deserializer)?;
    if nodes.is_empty() {
        return Ok(None);
    }
    let mut all = DraftImpuestosP::default();
    for node in nodes {
        all.retenciones.extend(node.withheld.into_iter().flat_map(|group| group.taxes));
        all.traslados.extend(node.charged.into_iter().flat_map(|group| group.taxes));
    }
    Ok(Some(all))
}
