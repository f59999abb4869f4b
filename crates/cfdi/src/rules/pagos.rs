//! Rules of the receipt of payments.
//!
//! Source: SAT, matriz de validaciones, Pagos 2.0; cfdi guide 10 and 18.

use super::{Rule, Rules};
use crate::catalogs::{self, Catalog};
use crate::compute::intervals;
use crate::compute::payments::{self, PaymentSums};
use crate::model::{DoctoRelacionado, Pago, TipoDeComprobante, TipoFactor, Totales};
use crate::num;
use rust_decimal::Decimal;

pub(super) const RULES: &[Rule] =
    &[crp20101, crp20102, crp20103, crp20104, crp20107, crp20111, pago_codes, bank_data, document_codes];

pub(super) const AMOUNTS: &[Rule] = &[crp20217, document_amounts, document_taxes, payment_taxes, crp20201];

fn is_receipt(r: &Rules<'_>) -> bool {
    r.tipo() == TipoDeComprobante::Pago
}

fn payments_of<'a>(r: &Rules<'a>) -> &'a [Pago] {
    let document = r.document;
    match &document.complemento.pagos {
        Some(pagos) if is_receipt(r) => &pagos.pagos,
        _ => &[],
    }
}

fn currency_decimals(moneda: &str) -> u32 {
    catalogs::decimals(moneda).unwrap_or(2)
}

/// Type P carries the payments complement.
fn crp20101(r: &mut Rules<'_>) {
    let holds = !is_receipt(r) || r.document.complemento.pagos.is_some();
    r.require(holds, "CRP20101", "Complemento", "El recibo de pagos lleva el complemento de pagos.");
}

/// `Exportacion` is 01.
fn crp20102(r: &mut Rules<'_>) {
    let holds = !is_receipt(r) || r.document.exportacion == "01";
    r.require(holds, "CRP20102", "Exportacion", "En un recibo de pagos la exportación es 01.");
}

/// `SubTotal` and `Total` are the one digit `0`.
fn crp20103(r: &mut Rules<'_>) {
    let zero = |value: Decimal| value.is_zero() && value.scale() == 0;
    let holds = !is_receipt(r) || (zero(r.document.sub_total) && zero(r.document.total));
    r.require(holds, "CRP20103", "SubTotal", "En un recibo de pagos el subtotal y el total se escriben 0.");
}

/// `Moneda` is XXX.
fn crp20104(r: &mut Rules<'_>) {
    let holds = !is_receipt(r) || r.document.moneda == "XXX";
    r.require(holds, "CRP20104", "Moneda", "En un recibo de pagos la moneda es XXX.");
}

/// Neither terms nor discount.
fn crp20107(r: &mut Rules<'_>) {
    let holds = !is_receipt(r) || (r.document.condiciones_de_pago.is_none() && r.document.descuento.is_none());
    r.require(holds, "CRP20107", "CondicionesDePago", "Un recibo de pagos no lleva condiciones ni descuento.");
}

/// One fixed line, nothing else on it.
fn crp20111(r: &mut Rules<'_>) {
    let plain = r
        .document
        .conceptos
        .iter()
        .all(|line| [line.cantidad, line.valor_unitario, line.importe].iter().all(|number| number.scale() == 0));
    let holds = !is_receipt(r) || (plain && r.document.conceptos == [payments::fixed_line()]);
    r.require(holds, "CRP20111", "Conceptos", "Un recibo de pagos lleva un solo concepto: 84111506, 1, ACT, Pago, 0.");
}

/// Codes and currency of each payment.
fn pago_codes(r: &mut Rules<'_>) {
    for (index, pago) in payments_of(r).iter().enumerate() {
        let at = |name: &str| format!("Pagos[{index}].{name}");
        let known = catalogs::contains(Catalog::FormaPago, &pago.forma_de_pago);
        r.require(
            known && pago.forma_de_pago != "99",
            "CRP20212",
            &at("FormaDePagoP"),
            "La forma de pago es la real, nunca 99.",
        );
        let currency = pago.moneda != "XXX" && catalogs::contains(Catalog::Moneda, &pago.moneda);
        r.require(currency, "CRP20213", &at("MonedaP"), "La moneda del pago no es válida.");
        r.require(pago.tipo_cambio.is_some(), "CRP20214", &at("TipoCambioP"), "Falta el tipo de cambio del pago.");
        let one = pago.tipo_cambio.is_none_or(|rate| rate == Decimal::ONE && rate.scale() == 0);
        r.require(
            pago.moneda != "MXN" || one,
            "CRP20215",
            &at("TipoCambioP"),
            "En pesos el tipo de cambio del pago se escribe 1.",
        );
        r.require(pago.monto > Decimal::ZERO, "CRP20218", &at("Monto"), "El monto del pago es mayor que cero.");
        let fits = pago.monto.scale() <= currency_decimals(&pago.moneda);
        r.require(fits, "CRP20219", &at("Monto"), "El monto tiene más decimales que los que admite la moneda.");
    }
}

/// Bank data follow the columns of the form of payment.
fn bank_data(r: &mut Rules<'_>) {
    for (index, pago) in payments_of(r).iter().enumerate() {
        let at = |name: &str| format!("Pagos[{index}].{name}");
        let Some(rules) = catalogs::bank_rules(&pago.forma_de_pago) else { continue };
        let payer = pago.rfc_emisor_cta_ord.is_some() || pago.cta_ordenante.is_some();
        r.require(
            !payer || rules.ordenante,
            "CRP20221",
            &at("CtaOrdenante"),
            "Esa forma de pago no lleva cuenta ordenante.",
        );
        let issuer = pago.rfc_emisor_cta_ben.is_some() || pago.cta_beneficiario.is_some();
        r.require(
            !issuer || rules.beneficiario,
            "CRP20226",
            &at("CtaBeneficiario"),
            "Esa forma de pago no lleva cuenta beneficiaria.",
        );
        let foreign = pago.rfc_emisor_cta_ord.as_deref() == Some(crate::model::RFC_EXTRANJERO);
        let named = !foreign || pago.nom_banco_ord_ext.is_some();
        r.require(named, "CRP20224", &at("NomBancoOrdExt"), "Con banco extranjero se escribe su nombre.");
        let chain = pago.tipo_cad_pago.is_some();
        r.require(!chain || rules.cadena, "CRP20230", &at("TipoCadPago"), "Esa forma de pago no lleva cadena de pago.");
        let parts = [&pago.cert_pago, &pago.cad_pago, &pago.sello_pago];
        let whole = parts.iter().all(|part| part.is_some() == chain);
        r.require(
            whole,
            "CRP20231",
            &at("TipoCadPago"),
            "Certificado, cadena y sello del pago van los tres o ninguno.",
        );
    }
}

fn documents(r: &mut Rules<'_>, check: impl Fn(&mut Rules<'_>, &Pago, &DoctoRelacionado, &dyn Fn(&str) -> String)) {
    for (index, pago) in payments_of(r).iter().enumerate() {
        for (inner, document) in pago.documentos.iter().enumerate() {
            let at = |name: &str| format!("Pagos[{index}].DoctoRelacionado[{inner}].{name}");
            check(r, pago, document, &at);
        }
    }
}

/// Currency, equivalence and object of tax of each document.
fn document_codes(r: &mut Rules<'_>) {
    documents(r, |r, pago, document, at| {
        let currency = document.moneda != "XXX" && catalogs::contains(Catalog::Moneda, &document.moneda);
        r.require(currency, "CRP20236", &at("MonedaDR"), "La moneda del documento no es válida.");
        if document.moneda == pago.moneda {
            let one = document.equivalencia.is_none_or(|rate| rate == Decimal::ONE);
            r.require(one, "CRP20238", &at("EquivalenciaDR"), "En la misma moneda la equivalencia es 1.");
        } else {
            let there = document.equivalencia.is_some();
            r.require(there, "CRP20237", &at("EquivalenciaDR"), "Falta la equivalencia entre las dos monedas.");
        }
        let (object, taxes) = (document.objeto_imp.as_str(), document.impuestos.as_ref());
        r.require(
            object != "02" || taxes.is_some(),
            "CRP20246",
            &at("ImpuestosDR"),
            "Un documento objeto de impuesto (02) desglosa sus impuestos.",
        );
        let none = !matches!(object, "01" | "03" | "04" | "05") || taxes.is_none();
        r.require(none, "CRP20247", &at("ImpuestosDR"), "Con ese objeto de impuesto no se desglosan impuestos.");
        let known = catalogs::contains(Catalog::ObjetoImp, object);
        r.require(
            known,
            "CRP20245",
            &at("ObjetoImpDR"),
            "La clave de objeto de impuesto no está en el catálogo del SAT.",
        );
        let folio = super::structure::is_uuid(&document.id_documento);
        r.require(folio, "301", &at("IdDocumento"), "El folio fiscal del documento no tiene la forma de un UUID.");
    });
}

/// Balances of each document.
fn document_amounts(r: &mut Rules<'_>) {
    documents(r, |r, _, document, at| {
        let (before, paid, after) = (document.imp_saldo_ant, document.imp_pagado, document.imp_saldo_insoluto);
        r.require(before > Decimal::ZERO, "CRP20239", &at("ImpSaldoAnt"), "El saldo anterior es mayor que cero.");
        r.require(paid > Decimal::ZERO, "CRP20241", &at("ImpPagado"), "El importe pagado es mayor que cero.");
        let holds = after >= Decimal::ZERO && after == before - paid;
        r.require(
            holds,
            "CRP20244",
            &at("ImpSaldoInsoluto"),
            "El saldo insoluto es el anterior menos lo pagado, nunca negativo.",
        );
        let decimals = currency_decimals(&document.moneda);
        for (name, code, value) in [
            ("ImpSaldoAnt", "CRP20240", before),
            ("ImpPagado", "CRP20242", paid),
            ("ImpSaldoInsoluto", "CRP20243", after),
        ] {
            r.require(
                value.scale() <= decimals,
                code,
                &at(name),
                "El importe tiene más decimales que los que admite la moneda.",
            );
        }
    });
}

/// Taxes of each document: base above zero, exempt or rated, amount in its interval.
fn document_taxes(r: &mut Rules<'_>) {
    documents(r, |r, _, document, at| {
        let Some(taxes) = &document.impuestos else { return };
        let holds = |base, rate, amount: Decimal| {
            intervals::tax(base, rate, amount.scale()).is_some_and(|interval| interval.holds(amount))
        };
        for tax in &taxes.traslados {
            r.require(
                tax.base > Decimal::ZERO,
                "CRP20255",
                &at("TrasladoDR.BaseDR"),
                "La base del traslado es mayor que cero.",
            );
            match (tax.tipo_factor, tax.tasa_o_cuota, tax.importe) {
                (TipoFactor::Exento, None, None) => {}
                (TipoFactor::Exento, ..) => {
                    r.refuse("CRP20258", at("TrasladoDR"), "Un traslado exento no lleva tasa ni importe.");
                }
                (_, Some(rate), Some(amount)) => {
                    let message = "El importe del traslado no es la base por la tasa.";
                    r.require(holds(tax.base, rate, amount), "CRP20261", &at("TrasladoDR.ImporteDR"), message);
                }
                _ => r.refuse("CRP20259", at("TrasladoDR"), "Al traslado le falta la tasa o el importe."),
            }
        }
        for tax in &taxes.retenciones {
            r.require(
                tax.base > Decimal::ZERO,
                "CRP20248",
                &at("RetencionDR.BaseDR"),
                "La base de la retención es mayor que cero.",
            );
            let message = "El importe de la retención no es la base por la tasa.";
            let fits = holds(tax.base, tax.tasa_o_cuota, tax.importe);
            r.require(fits, "CRP20254", &at("RetencionDR.ImporteDR"), message);
        }
    });
}

/// The payment covers the documents it pays; in other currencies by the SAT's interval.
fn crp20217(r: &mut Rules<'_>) {
    for (index, pago) in payments_of(r).iter().enumerate() {
        let field = format!("Pagos[{index}].Monto");
        let (mut low, mut high) = (Decimal::ZERO, Decimal::ZERO);
        for document in &pago.documentos {
            if document.moneda == pago.moneda {
                low += document.imp_pagado;
                high += document.imp_pagado;
                continue;
            }
            let rate = document.equivalencia.unwrap_or(Decimal::ONE);
            match intervals::converted(document.imp_pagado, rate, currency_decimals(&pago.moneda)) {
                Some(interval) => {
                    low += interval.low;
                    high += interval.high;
                }
                None => r.refuse("CRP20217", field.clone(), "La equivalencia no da un importe posible."),
            }
        }
        if low > pago.monto {
            r.refuse("CRP20217", field, format!("Los documentos suman {low} y el pago es de {}.", pago.monto));
        } else if high < pago.monto {
            r.warn("PAGO-REMANENTE", field, "El pago es mayor que lo que cubren los documentos.");
        }
    }
}

/// A header amount may be rounded or cut at its own decimals, or rounded to cents: PACs take each.
fn near(said: Decimal, exact: Decimal) -> bool {
    (said - exact).abs() <= Decimal::new(1, said.scale()) || num::half_up(exact, 2) == said
}

/// The taxes of a payment sum up those of its documents.
fn payment_taxes(r: &mut Rules<'_>) {
    for (index, pago) in payments_of(r).iter().enumerate() {
        let at = |name: &str| format!("Pagos[{index}].ImpuestosP.{name}");
        let Some(sums) = PaymentSums::of(&pago.documentos) else {
            r.refuse("CRP20271", at("TrasladosP"), "La equivalencia no da un importe posible.");
            continue;
        };
        let (charged, withheld) = match &pago.impuestos {
            Some(taxes) => (taxes.traslados.as_slice(), taxes.retenciones.as_slice()),
            None => (&[][..], &[][..]),
        };
        let keys: std::collections::BTreeSet<_> =
            charged.iter().map(|tax| (tax.impuesto.clone(), tax.tipo_factor, tax.tasa_o_cuota)).collect();
        let grouped = keys.len() == charged.len() && keys.iter().eq(sums.traslados.keys());
        r.require(grouped, "CRP20271", &at("TrasladosP"), "Los traslados del pago no resumen los de sus documentos.");
        for tax in charged {
            let key = (tax.impuesto.clone(), tax.tipo_factor, tax.tasa_o_cuota);
            let (base, amount) = sums.traslados.get(&key).copied().unwrap_or_default();
            r.require(
                near(tax.base, base),
                "CRP20268",
                &at("TrasladoP.BaseP"),
                "La base no es la suma de las de los documentos.",
            );
            let fits = tax.importe.is_none_or(|said| near(said, amount));
            r.require(
                fits,
                "CRP20274",
                &at("TrasladoP.ImporteP"),
                "El importe no es la suma de los de los documentos.",
            );
        }
        let keys: std::collections::BTreeSet<_> = withheld.iter().map(|tax| tax.impuesto.clone()).collect();
        let grouped = keys.len() == withheld.len() && keys.iter().eq(sums.retenciones.keys());
        r.require(
            grouped,
            "CRP20263",
            &at("RetencionesP"),
            "Las retenciones del pago no resumen las de sus documentos.",
        );
        for tax in withheld {
            let sum = sums.retenciones.get(&tax.impuesto).copied().unwrap_or_default();
            r.require(
                near(tax.importe, sum),
                "CRP20265",
                &at("RetencionP.ImporteP"),
                "El importe no es la suma de los de los documentos.",
            );
        }
    }
}

/// Totals in pesos: those that follow from the payments and no other, within a cent.
fn crp20201(r: &mut Rules<'_>) {
    if !is_receipt(r) {
        return;
    }
    let Some(pagos) = &r.document.complemento.pagos else { return };
    let Some(exact) = payments::totals(&pagos.pagos) else {
        r.refuse("CRP20211", "Pagos.Totales", "Los totales rebasan cualquier importe posible.");
        return;
    };
    for ((name, code, said), (_, _, computed)) in each_total(&pagos.totales).into_iter().zip(each_total(&exact)) {
        let holds = match (said, computed) {
            (None, None) => true,
            (Some(said), Some(computed)) => said.scale() <= 2 && (said - computed).abs() <= Decimal::new(1, 2),
            _ => false,
        };
        r.require(holds, code, &format!("Pagos.Totales.{name}"), "El total no es la suma de los pagos en pesos.");
    }
}

fn each_total(t: &Totales) -> [(&'static str, &'static str, Option<Decimal>); 11] {
    [
        ("TotalRetencionesIVA", "CRP20201", t.retenciones_iva),
        ("TotalRetencionesISR", "CRP20202", t.retenciones_isr),
        ("TotalRetencionesIEPS", "CRP20203", t.retenciones_ieps),
        ("TotalTrasladosBaseIVA16", "CRP20204", t.traslados_base_iva16),
        ("TotalTrasladosImpuestoIVA16", "CRP20205", t.traslados_impuesto_iva16),
        ("TotalTrasladosBaseIVA8", "CRP20206", t.traslados_base_iva8),
        ("TotalTrasladosImpuestoIVA8", "CRP20207", t.traslados_impuesto_iva8),
        ("TotalTrasladosBaseIVA0", "CRP20208", t.traslados_base_iva0),
        ("TotalTrasladosImpuestoIVA0", "CRP20209", t.traslados_impuesto_iva0),
        ("TotalTrasladosBaseIVAExento", "CRP20210", t.traslados_base_iva_exento),
        ("MontoTotalPagos", "CRP20211", Some(t.monto_total_pagos)),
    ]
}
