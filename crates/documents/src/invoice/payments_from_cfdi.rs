//! The payments of a receipt of payment, from its complement to what its paper shows.

use zuc_cfdi::catalogs::Catalog;
use zuc_cfdi::model::{DoctoRelacionado, ImpuestosDr, ImpuestosP, Pago, Pagos};

use super::from_cfdi::{keyed, tax_name, tax_rate};
use super::{PaidDocument, PrintedPayment, PrintedTax};

pub(super) fn payments(pagos: &Pagos) -> Vec<PrintedPayment> {
    pagos.pagos.iter().map(payment).collect()
}

fn payment(pago: &Pago) -> PrintedPayment {
    PrintedPayment {
        paid_at: pago.fecha_pago,
        form: keyed(Catalog::FormaPago, &pago.forma_de_pago),
        currency: pago.moneda.clone(),
        exchange_rate: pago.tipo_cambio.filter(|_| pago.moneda != "MXN"),
        amount: pago.monto,
        remarks: remarks(pago),
        documents: pago.documentos.iter().map(document).collect(),
        taxes: pago.impuestos.as_ref().map(taxes_of_payment).unwrap_or_default(),
    }
}

/// Operation, accounts and their banks.
fn remarks(pago: &Pago) -> Vec<String> {
    let labelled = |label: &str, value: &Option<String>| value.as_ref().map(|value| format!("{label} {value}"));
    [
        labelled("Operación", &pago.num_operacion),
        labelled("Cuenta ordenante", &pago.cta_ordenante),
        labelled("RFC del banco ordenante", &pago.rfc_emisor_cta_ord),
        labelled("Banco ordenante", &pago.nom_banco_ord_ext),
        labelled("Cuenta beneficiaria", &pago.cta_beneficiario),
        labelled("RFC del banco beneficiario", &pago.rfc_emisor_cta_ben),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn document(paid: &DoctoRelacionado) -> PaidDocument {
    let number: Vec<_> = [&paid.serie, &paid.folio].into_iter().flatten().map(String::as_str).collect();
    PaidDocument {
        uuid: paid.id_documento.clone(),
        number: number.join("-"),
        currency: paid.moneda.clone(),
        equivalence: paid.equivalencia,
        instalment: paid.num_parcialidad,
        balance_before: paid.imp_saldo_ant,
        paid: paid.imp_pagado,
        balance_after: paid.imp_saldo_insoluto,
        tax_object: keyed(Catalog::ObjetoImp, &paid.objeto_imp),
        taxes: paid.impuestos.as_ref().map(taxes_of_document).unwrap_or_default(),
    }
}

fn taxes_of_document(taxes: &ImpuestosDr) -> Vec<PrintedTax> {
    let charged = taxes.traslados.iter().map(|tax| PrintedTax {
        name: tax_name(&tax.impuesto),
        withheld: false,
        rate: tax_rate(tax.tipo_factor, tax.tasa_o_cuota),
        base: Some(tax.base),
        amount: tax.importe,
    });
    let withheld = taxes.retenciones.iter().map(|tax| PrintedTax {
        name: tax_name(&tax.impuesto),
        withheld: true,
        rate: tax_rate(tax.tipo_factor, Some(tax.tasa_o_cuota)),
        base: Some(tax.base),
        amount: Some(tax.importe),
    });
    charged.chain(withheld).collect()
}

fn taxes_of_payment(taxes: &ImpuestosP) -> Vec<PrintedTax> {
    let charged = taxes.traslados.iter().map(|tax| PrintedTax {
        name: tax_name(&tax.impuesto),
        withheld: false,
        rate: tax_rate(tax.tipo_factor, tax.tasa_o_cuota),
        base: Some(tax.base),
        amount: tax.importe,
    });
    let withheld = taxes.retenciones.iter().map(|tax| PrintedTax {
        name: tax_name(&tax.impuesto),
        withheld: true,
        rate: None,
        base: None,
        amount: Some(tax.importe),
    });
    charged.chain(withheld).collect()
}
