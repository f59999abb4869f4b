//! From an invoice to its CFDI, amounts untouched.

use jiff::civil::DateTime;
use zuc_cfdi::{
    compute,
    input::{Draft, DraftEmisor, DraftHeader, DraftLine, DraftReceptor},
    model::{Comprobante, TipoDeComprobante},
};
use zuc_domain::{financial::Invoice, shared::Currency};

use crate::{AppError, company::CompanyProfile};

/// Where and when a document is issued.
pub(super) struct Place<'a> {
    /// Who issues.
    pub(super) profile: &'a CompanyProfile,
    /// Serie.
    pub(super) serie: &'a str,
    /// Folio; a stand-in while the rules run before one is claimed.
    pub(super) folio: u64,
    /// Local time at the place of issue.
    pub(super) fecha: DateTime,
}

/// The document of an invoice, without seal. Every amount is the invoice's own.
///
/// # Errors
/// `invoice.no_receptor`; the codes of amounts that do not agree.
pub(super) fn document(invoice: &Invoice, place: &Place<'_>) -> Result<Comprobante, AppError> {
    let receptor =
        invoice.receptor.as_ref().ok_or_else(|| AppError::new("invoice.no_receptor", "the receiver is not known"))?;
    let quote = invoice.quote()?;
    let decimals = invoice.rounding.line_decimals(invoice.currency);
    let lines = invoice
        .ordered_lines()
        .into_iter()
        .zip(&quote.lines)
        .map(|(line, priced)| {
            let mut stated = DraftLine::new(
                line.clave_prod_serv.clone(),
                line.clave_unidad.clone(),
                line.description.clone(),
                line.quantity,
                line.unit_price,
            );
            stated.no_identificacion = Some(line.sku.clone()).filter(|sku| !sku.is_empty());
            stated.unidad = Some(line.unit.clone()).filter(|unit| !unit.is_empty());
            compute::priced_line(stated, priced, decimals)
        })
        .collect();
    let mut header =
        DraftHeader::new(TipoDeComprobante::Ingreso, place.fecha, place.profile.lugar_expedicion.as_str().to_owned());
    header.serie = Some(place.serie.to_owned());
    header.folio = Some(place.folio.to_string());
    header.moneda = Some(invoice.currency.to_string());
    header.tipo_cambio = (invoice.currency == Currency::Mxn).then_some(rust_decimal::Decimal::ONE);
    header.exportacion = Some("01".to_owned());
    header.metodo_pago = Some(invoice.terms.metodo.name().to_owned());
    header.forma_pago = Some(invoice.terms.forma.clone());
    let draft = Draft {
        comprobante: header,
        informacion_global: None,
        relacionados: Vec::new(),
        emisor: DraftEmisor {
            rfc: place.profile.rfc.as_str().to_owned(),
            nombre: place.profile.legal_name.clone(),
            regimen_fiscal: place.profile.regimen_fiscal.clone(),
            fac_atr_adquirente: None,
        },
        receptor: DraftReceptor {
            rfc: receptor.rfc.clone(),
            nombre: receptor.legal_name.clone(),
            domicilio_fiscal: receptor.domicilio_cp.clone(),
            residencia_fiscal: None,
            num_reg_id_trib: None,
            regimen_fiscal: receptor.regimen_fiscal.clone(),
            uso_cfdi: receptor.uso_cfdi.clone(),
        },
        conceptos: lines,
        pagos: None,
        impuestos_locales: None,
    };
    compute::build(draft, invoice.rounding).map_err(|error| AppError::new(error.code(), error.to_string()))
}
