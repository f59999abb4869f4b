//! Amounts of a receipt of payments.
//!
//! Source: cfdi guide 10.

use super::{BuildError, fits};
use crate::catalogs;
use crate::input::{DraftDocto, DraftImpuestosP, DraftPago, DraftPagos};
use crate::model::{Concepto, DoctoRelacionado, ImpuestosP, Pago, Pagos, RetencionP, TipoFactor, Totales, TrasladoP};
use crate::num;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The one line every receipt has.
pub(crate) fn fixed_line() -> Concepto {
    Concepto {
        clave_prod_serv: "84111506".to_owned(),
        no_identificacion: None,
        cantidad: Decimal::ONE,
        clave_unidad: "ACT".to_owned(),
        unidad: None,
        descripcion: "Pago".to_owned(),
        valor_unitario: Decimal::ZERO,
        importe: Decimal::ZERO,
        descuento: None,
        objeto_imp: "01".to_owned(),
        impuestos: None,
        a_cuenta_terceros: None,
        informacion_aduanera: Vec::new(),
        cuenta_predial: Vec::new(),
        complemento_concepto: None,
        partes: Vec::new(),
    }
}

pub(super) fn build(draft: DraftPagos) -> Result<Pagos, BuildError> {
    let mut pagos = Vec::with_capacity(draft.pagos.len());
    for (index, payment) in draft.pagos.into_iter().enumerate() {
        pagos.push(pago(payment, &format!("pagos[{index}]"))?);
    }
    let totales = totals(&pagos).ok_or_else(|| BuildError::TooLarge("Totales".to_owned()))?;
    Ok(Pagos { totales, pagos })
}

fn pago(draft: DraftPago, at: &str) -> Result<Pago, BuildError> {
    let decimals = catalogs::decimals(&draft.moneda).unwrap_or(2);
    let too_large = || BuildError::TooLarge(format!("{at}.Monto"));
    let mut documentos = Vec::with_capacity(draft.documentos.len());
    for (index, document) in draft.documentos.into_iter().enumerate() {
        documentos.push(docto(document, &draft.moneda, &format!("{at}.DoctoRelacionado[{index}]"))?);
    }
    let monto = if let Some(given) = draft.monto {
        given
    } else {
        let mut sum = Decimal::ZERO;
        for document in &documentos {
            let rate = document.equivalencia.unwrap_or(Decimal::ONE);
            sum += document.imp_pagado.checked_div(rate).ok_or_else(too_large)?;
        }
        num::half_up(sum, decimals)
    };
    let impuestos = match draft.impuestos {
        Some(given) => Some(given_taxes(given)),
        None => taxes(PaymentSums::of(&documentos).ok_or_else(too_large)?),
    };
    let tipo_cambio = draft.tipo_cambio.or_else(|| (draft.moneda == "MXN").then_some(Decimal::ONE));
    Ok(Pago {
        fecha_pago: draft.fecha_pago,
        forma_de_pago: draft.forma_de_pago,
        moneda: draft.moneda,
        tipo_cambio,
        monto: fits(monto, &format!("{at}.Monto"))?,
        num_operacion: draft.num_operacion,
        rfc_emisor_cta_ord: draft.rfc_emisor_cta_ord,
        nom_banco_ord_ext: draft.nom_banco_ord_ext,
        cta_ordenante: draft.cta_ordenante,
        rfc_emisor_cta_ben: draft.rfc_emisor_cta_ben,
        cta_beneficiario: draft.cta_beneficiario,
        tipo_cad_pago: draft.tipo_cad_pago,
        cert_pago: draft.cert_pago,
        cad_pago: draft.cad_pago,
        sello_pago: draft.sello_pago,
        documentos,
        impuestos,
    })
}

fn docto(draft: DraftDocto, payment_currency: &str, at: &str) -> Result<DoctoRelacionado, BuildError> {
    let equivalencia = match draft.equivalencia {
        Some(given) => given,
        None if draft.moneda == payment_currency => Decimal::ONE,
        None => return Err(BuildError::Missing(format!("{at}.EquivalenciaDR"))),
    };
    let open = draft.imp_saldo_ant - draft.imp_pagado;
    let imp_saldo_insoluto = match draft.imp_saldo_insoluto {
        Some(given) => given,
        // Paying more than is open is told by the rules; the field itself cannot hold a negative amount.
        None => open.max(Decimal::ZERO),
    };
    let impuestos = draft.impuestos.into_model();
    Ok(DoctoRelacionado {
        id_documento: draft.id_documento,
        serie: draft.serie,
        folio: draft.folio,
        objeto_imp: draft.objeto_imp.unwrap_or_else(|| if impuestos.is_some() { "02" } else { "01" }.to_owned()),
        moneda: draft.moneda,
        equivalencia: Some(equivalencia),
        num_parcialidad: draft.num_parcialidad,
        imp_saldo_ant: draft.imp_saldo_ant,
        imp_pagado: draft.imp_pagado,
        imp_saldo_insoluto,
        impuestos,
    })
}

fn given_taxes(given: DraftImpuestosP) -> ImpuestosP {
    ImpuestosP {
        retenciones: given
            .retenciones
            .into_iter()
            .map(|tax| RetencionP { impuesto: tax.impuesto, importe: tax.importe })
            .collect(),
        traslados: given
            .traslados
            .into_iter()
            .map(|tax| TrasladoP {
                base: tax.base,
                impuesto: tax.impuesto,
                tipo_factor: tax.tipo_factor,
                tasa_o_cuota: tax.tasa_o_cuota,
                importe: tax.importe,
            })
            .collect(),
    }
}

/// Exact sums of the taxes of the documents of one payment, in its currency.
#[derive(Default)]
pub(crate) struct PaymentSums {
    pub(crate) traslados: BTreeMap<(String, TipoFactor, Option<Decimal>), (Decimal, Decimal)>,
    pub(crate) retenciones: BTreeMap<String, Decimal>,
}

impl PaymentSums {
    /// `None` when an equivalence is zero or a quotient is beyond any amount.
    pub(crate) fn of(documents: &[DoctoRelacionado]) -> Option<Self> {
        let mut sums = Self::default();
        for document in documents {
            let rate = document.equivalencia.unwrap_or(Decimal::ONE);
            let Some(taxes) = &document.impuestos else { continue };
            for tax in &taxes.traslados {
                let key = (tax.impuesto.clone(), tax.tipo_factor, tax.tasa_o_cuota);
                let (base, amount) = sums.traslados.entry(key).or_default();
                *base += tax.base.checked_div(rate)?;
                *amount += tax.importe.unwrap_or_default().checked_div(rate)?;
            }
            for tax in &taxes.retenciones {
                let sum = sums.retenciones.entry(tax.impuesto.clone()).or_default();
                *sum += tax.importe.checked_div(rate)?;
            }
        }
        Some(sums)
    }
}

/// `None` when no document has taxes.
fn taxes(sums: PaymentSums) -> Option<ImpuestosP> {
    if sums.traslados.is_empty() && sums.retenciones.is_empty() {
        return None;
    }
    Some(ImpuestosP {
        retenciones: sums
            .retenciones
            .into_iter()
            .map(|(impuesto, amount)| RetencionP { impuesto, importe: num::half_up(amount, 6) })
            .collect(),
        traslados: sums
            .traslados
            .into_iter()
            .map(|((impuesto, tipo_factor, tasa_o_cuota), (base, amount))| TrasladoP {
                base: num::half_up(base, 6),
                impuesto,
                tipo_factor,
                tasa_o_cuota,
                importe: (tipo_factor != TipoFactor::Exento).then(|| num::half_up(amount, 6)),
            })
            .collect(),
    })
}

/// Totals in pesos, rounded once at the end; a zero is written `0`. `None` when a product is beyond any amount.
pub(crate) fn totals(payments: &[Pago]) -> Option<Totales> {
    let mut sums = Totales::default();
    for payment in payments {
        let rate = payment.tipo_cambio.unwrap_or(Decimal::ONE);
        sums.monto_total_pagos = sums.monto_total_pagos.checked_add(payment.monto.checked_mul(rate)?)?;
        let Some(taxes) = &payment.impuestos else { continue };
        for tax in &taxes.traslados {
            if tax.impuesto != "002" {
                continue;
            }
            let (base, amount) = match (tax.tipo_factor, tax.tasa_o_cuota) {
                (TipoFactor::Exento, _) => (&mut sums.traslados_base_iva_exento, None),
                (_, Some(tasa)) if tasa == Decimal::new(16, 2) => {
                    (&mut sums.traslados_base_iva16, Some(&mut sums.traslados_impuesto_iva16))
                }
                (_, Some(tasa)) if tasa == Decimal::new(8, 2) => {
                    (&mut sums.traslados_base_iva8, Some(&mut sums.traslados_impuesto_iva8))
                }
                (_, Some(tasa)) if tasa.is_zero() => {
                    (&mut sums.traslados_base_iva0, Some(&mut sums.traslados_impuesto_iva0))
                }
                _ => continue,
            };
            add(base, tax.base.checked_mul(rate)?);
            if let Some(amount) = amount {
                add(amount, tax.importe.unwrap_or_default().checked_mul(rate)?);
            }
        }
        for tax in &taxes.retenciones {
            let sum = match tax.impuesto.as_str() {
                "001" => &mut sums.retenciones_isr,
                "002" => &mut sums.retenciones_iva,
                "003" => &mut sums.retenciones_ieps,
                _ => continue,
            };
            add(sum, tax.importe.checked_mul(rate)?);
        }
    }
    let round = |sum: Option<Decimal>| sum.map(in_pesos);
    Some(Totales {
        retenciones_iva: round(sums.retenciones_iva),
        retenciones_isr: round(sums.retenciones_isr),
        retenciones_ieps: round(sums.retenciones_ieps),
        traslados_base_iva16: round(sums.traslados_base_iva16),
        traslados_impuesto_iva16: round(sums.traslados_impuesto_iva16),
        traslados_base_iva8: round(sums.traslados_base_iva8),
        traslados_impuesto_iva8: round(sums.traslados_impuesto_iva8),
        traslados_base_iva0: round(sums.traslados_base_iva0),
        traslados_impuesto_iva0: round(sums.traslados_impuesto_iva0),
        traslados_base_iva_exento: round(sums.traslados_base_iva_exento),
        monto_total_pagos: in_pesos(sums.monto_total_pagos),
    })
}

fn add(sum: &mut Option<Decimal>, value: Decimal) {
    *sum = Some(sum.unwrap_or_default() + value);
}

fn in_pesos(value: Decimal) -> Decimal {
    if value.is_zero() { Decimal::ZERO } else { num::half_up(value, 2) }
}
