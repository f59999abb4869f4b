//! From the document as it was sealed and stamped to what its paper shows.

use rust_decimal::Decimal;
use zuc_cfdi::cadena::cadena_tfd;
use zuc_cfdi::catalogs::{Catalog, decimals, description};
use zuc_cfdi::model::{Comprobante, Concepto, Impuestos, Retencion, TipoFactor, Traslado};
use zuc_cfdi::qr::verification_url;

use super::{
    GlobalPeriod, InvoiceLine, InvoicePdf, InvoiceStatus, InvoiceTotals, Keyed, PrintedCurrency, PrintedIssuer,
    PrintedReceiver, PrintedTax, Relation, Stamp, TaxRate, payments_from_cfdi,
};
use crate::proposal::CompanyHead;

/// The two catalogues too large to be compiled in: whoever keeps them gives the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineKey {
    /// `c_ClaveProdServ`.
    Product,
    /// `c_ClaveUnidad`.
    Unit,
}

/// Finds the words of a product or unit key; `None` prints the key alone.
pub type LineWords<'a> = &'a dyn Fn(LineKey, &str) -> Option<String>;

/// Whether the SAT still holds a stamped document for valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SatState {
    /// Valid, or not known to be otherwise.
    Valid,
    /// Cancelled: the paper says so across each page.
    Cancelled,
}

impl InvoicePdf {
    /// The printed form of a document; without a stamp it is a draft, whatever `state` says.
    pub fn from_cfdi(document: &Comprobante, state: SatState, letterhead: CompanyHead, words: LineWords<'_>) -> Self {
        Self {
            letterhead,
            status: status(document, state),
            kind: keyed(Catalog::TipoDeComprobante, document.tipo_de_comprobante.clave()),
            serie: document.serie.clone().unwrap_or_default(),
            folio: document.folio.clone().unwrap_or_default(),
            issued_at: document.fecha,
            place_of_issue: document.lugar_expedicion.clone(),
            export: keyed(Catalog::Exportacion, &document.exportacion),
            currency: PrintedCurrency {
                currency: keyed(Catalog::Moneda, &document.moneda),
                decimals: decimals(&document.moneda).unwrap_or(2),
                exchange_rate: document.tipo_cambio.filter(|_| document.moneda != "MXN"),
            },
            payment_form: document.forma_pago.as_deref().map(|key| keyed(Catalog::FormaPago, key)),
            payment_method: document.metodo_pago.as_deref().map(|key| keyed(Catalog::MetodoPago, key)),
            payment_conditions: document.condiciones_de_pago.clone().unwrap_or_default(),
            confirmation: document.confirmacion.clone().unwrap_or_default(),
            issuer: PrintedIssuer {
                name: document.emisor.nombre.clone(),
                rfc: document.emisor.rfc.clone(),
                regime: keyed(Catalog::RegimenFiscal, &document.emisor.regimen_fiscal),
            },
            receiver: receiver(document),
            global: document.informacion_global.as_ref().map(|period| GlobalPeriod {
                periodicity: keyed(Catalog::Periodicidad, &period.periodicidad),
                months: keyed(Catalog::Meses, &period.meses),
                year: period.anio.clone(),
            }),
            relations: document
                .relacionados
                .iter()
                .map(|related| Relation {
                    kind: keyed(Catalog::TipoRelacion, &related.tipo_relacion),
                    uuids: related.uuids.clone(),
                })
                .collect(),
            lines: document.conceptos.iter().map(|concepto| line(concepto, words)).collect(),
            totals: totals(document),
            payments: document.complemento.pagos.iter().flat_map(payments_from_cfdi::payments).collect(),
        }
    }
}

/// A key with the words of its catalogue.
pub(super) fn keyed(catalog: Catalog, key: &str) -> Keyed {
    Keyed::new(key, description(catalog, key).unwrap_or_default())
}

fn status(document: &Comprobante, state: SatState) -> InvoiceStatus {
    let (Some(tfd), Some(qr)) = (&document.complemento.timbre, verification_url(document)) else {
        return InvoiceStatus::Draft;
    };
    let stamp = Stamp {
        uuid: tfd.uuid.clone(),
        stamped_at: tfd.fecha_timbrado,
        pac_rfc: tfd.rfc_prov_certif.clone(),
        note: tfd.leyenda.clone().unwrap_or_default(),
        issuer_certificate: document.no_certificado.clone(),
        sat_certificate: tfd.no_certificado_sat.clone(),
        issuer_seal: tfd.sello_cfd.clone(),
        sat_seal: tfd.sello_sat.clone(),
        cadena: cadena_tfd(tfd),
        qr,
    };
    match state {
        SatState::Valid => InvoiceStatus::Stamped(stamp),
        SatState::Cancelled => InvoiceStatus::Cancelled(stamp),
    }
}

fn receiver(document: &Comprobante) -> PrintedReceiver {
    let receptor = &document.receptor;
    PrintedReceiver {
        name: receptor.nombre.clone(),
        rfc: receptor.rfc.clone(),
        postal_code: receptor.domicilio_fiscal.clone(),
        regime: keyed(Catalog::RegimenFiscal, &receptor.regimen_fiscal),
        use_of_cfdi: keyed(Catalog::UsoCfdi, &receptor.uso_cfdi),
        residence: receptor.residencia_fiscal.as_deref().map(|key| keyed(Catalog::Pais, key)),
        foreign_tax_id: receptor.num_reg_id_trib.clone().unwrap_or_default(),
    }
}

fn line(concepto: &Concepto, words: LineWords<'_>) -> InvoiceLine {
    let unit = words(LineKey::Unit, &concepto.clave_unidad).or_else(|| concepto.unidad.clone());
    let taxes = concepto.impuestos.as_ref();
    InvoiceLine {
        product: Keyed::new(
            &concepto.clave_prod_serv,
            words(LineKey::Product, &concepto.clave_prod_serv).unwrap_or_default(),
        ),
        sku: concepto.no_identificacion.clone().unwrap_or_default(),
        description: concepto.descripcion.clone(),
        quantity: concepto.cantidad,
        unit: Keyed::new(&concepto.clave_unidad, unit.unwrap_or_default()),
        unit_price: concepto.valor_unitario,
        discount: concepto.descuento,
        amount: concepto.importe,
        tax_object: keyed(Catalog::ObjetoImp, &concepto.objeto_imp),
        taxes: taxes
            .iter()
            .flat_map(|taxes| taxes.traslados.iter().map(charged).chain(taxes.retenciones.iter().map(withheld)))
            .collect(),
        remarks: remarks(concepto),
    }
}

/// What a line says besides its price, a sentence each.
fn remarks(concepto: &Concepto) -> Vec<String> {
    let third = concepto.a_cuenta_terceros.iter().map(|third| {
        let regime = keyed(Catalog::RegimenFiscal, &third.regimen_fiscal).shown();
        format!("A cuenta de {}, RFC {}, C.P. {}, régimen {regime}", third.nombre, third.rfc, third.domicilio_fiscal)
    });
    let customs = concepto.informacion_aduanera.iter().map(|number| format!("Pedimento {number}"));
    let land = concepto.cuenta_predial.iter().map(|number| format!("Cuenta predial {number}"));
    let parts = concepto.partes.iter().map(|part| {
        let count = part.cantidad.normalize();
        format!("Parte {}: {count} {}", part.clave_prod_serv, part.descripcion)
    });
    third.chain(customs).chain(land).chain(parts).collect()
}

fn charged(tax: &Traslado) -> PrintedTax {
    PrintedTax {
        name: tax_name(&tax.impuesto),
        withheld: false,
        rate: tax_rate(tax.tipo_factor, tax.tasa_o_cuota),
        base: Some(tax.base),
        amount: tax.importe,
    }
}

fn withheld(tax: &Retencion) -> PrintedTax {
    PrintedTax {
        name: tax_name(&tax.impuesto),
        withheld: true,
        rate: tax_rate(tax.tipo_factor, Some(tax.tasa_o_cuota)),
        base: Some(tax.base),
        amount: Some(tax.importe),
    }
}

/// `IVA` for `002`; an unknown key as it is.
pub(super) fn tax_name(key: &str) -> String {
    description(Catalog::Impuesto, key).unwrap_or(key).to_owned()
}

pub(super) fn tax_rate(factor: TipoFactor, rate: Option<Decimal>) -> Option<TaxRate> {
    match factor {
        TipoFactor::Tasa => rate.map(TaxRate::Share),
        TipoFactor::Cuota => rate.map(TaxRate::PerUnit),
        TipoFactor::Exento => Some(TaxRate::Exempt),
    }
}

fn totals(document: &Comprobante) -> InvoiceTotals {
    let mut taxes: Vec<_> = document.impuestos.iter().flat_map(summed).collect();
    if let Some(local) = &document.complemento.impuestos_locales {
        let printed = |withheld| {
            move |tax: &zuc_cfdi::model::ImpuestoLocal| PrintedTax {
                name: tax.nombre.clone(),
                withheld,
                rate: Some(TaxRate::Share(tax.tasa / Decimal::ONE_HUNDRED)),
                base: None,
                amount: Some(tax.importe),
            }
        };
        taxes.extend(local.traslados.iter().map(printed(false)));
        taxes.extend(local.retenciones.iter().map(printed(true)));
    }
    InvoiceTotals { subtotal: document.sub_total, discount: document.descuento, taxes, total: document.total }
}

fn summed(taxes: &Impuestos) -> Vec<PrintedTax> {
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
