//! What a person or a program states of a document, amounts left out where they follow from the rest.
//!
//! The JSON shape uses the SAT's attribute names: `comprobante`, `informacion_global`, `relacionados`, `emisor`,
//! `receptor`, `conceptos`, `pagos`. Unknown keys are refused; `expected_*`, `user_level`, `other_complements` and
//! `has_addenda`, which test data carries, are ignored.

mod de;
mod pagos;

pub use pagos::{
    DraftDocto, DraftImpuestosDr, DraftImpuestosP, DraftPago, DraftPagos, DraftRetencionDr, DraftRetencionP,
    DraftTrasladoDr, DraftTrasladoP,
};

use crate::model::{ImpuestosLocales, TipoDeComprobante, TipoFactor};
use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// Largest text read, as for XML.
const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Keys test data carries beside the document.
const IGNORED: [&str; 3] = ["user_level", "other_complements", "has_addenda"];

/// The text is not a draft.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InputError {
    /// Larger than 10 MiB.
    #[error("the text is too large")]
    TooLarge,
    /// Not JSON, or not of the shape described above; the reason names the key.
    #[error("the text is not a document: {0}")]
    Shape(String),
}

impl InputError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "cfdi.input.too_large",
            Self::Shape(_) => "cfdi.input.shape",
        }
    }
}

/// A document before its amounts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Header.
    pub comprobante: DraftHeader,
    /// Only in global invoices.
    #[serde(default)]
    pub informacion_global: Option<DraftGlobal>,
    /// Related documents.
    #[serde(default)]
    pub relacionados: Vec<DraftRelated>,
    /// Who issues.
    pub emisor: DraftEmisor,
    /// Who receives.
    pub receptor: DraftReceptor,
    /// Lines; a receipt of payments may leave its one fixed line out.
    #[serde(default)]
    pub conceptos: Vec<DraftLine>,
    /// Payments, on type P.
    #[serde(default)]
    pub pagos: Option<DraftPagos>,
    /// Local taxes; programs set them, the JSON shape has none.
    #[serde(skip)]
    pub impuestos_locales: Option<ImpuestosLocales>,
}

/// Header of a draft.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the SAT's attributes, described in `model::Comprobante`")]
pub struct DraftHeader {
    #[serde(rename = "Serie", default, deserialize_with = "de::opt_text")]
    pub serie: Option<String>,
    #[serde(rename = "Folio", default, deserialize_with = "de::opt_text")]
    pub folio: Option<String>,
    #[serde(rename = "Fecha", deserialize_with = "de::fecha")]
    pub fecha: DateTime,
    #[serde(rename = "FormaPago", default, deserialize_with = "de::opt_text")]
    pub forma_pago: Option<String>,
    #[serde(rename = "CondicionesDePago", default, deserialize_with = "de::opt_text")]
    pub condiciones_de_pago: Option<String>,
    #[serde(rename = "SubTotal", default, deserialize_with = "de::opt_six")]
    pub sub_total: Option<Decimal>,
    #[serde(rename = "Descuento", default, deserialize_with = "de::opt_six")]
    pub descuento: Option<Decimal>,
    /// MXN when left out; XXX on types T and P.
    #[serde(rename = "Moneda", default, deserialize_with = "de::opt_text")]
    pub moneda: Option<String>,
    #[serde(rename = "TipoCambio", default, deserialize_with = "de::opt_six")]
    pub tipo_cambio: Option<Decimal>,
    #[serde(rename = "Total", default, deserialize_with = "de::opt_six")]
    pub total: Option<Decimal>,
    #[serde(rename = "TipoDeComprobante", deserialize_with = "de::tipo")]
    pub tipo_de_comprobante: TipoDeComprobante,
    /// 01 when left out.
    #[serde(rename = "Exportacion", default, deserialize_with = "de::opt_text")]
    pub exportacion: Option<String>,
    #[serde(rename = "MetodoPago", default, deserialize_with = "de::opt_text")]
    pub metodo_pago: Option<String>,
    #[serde(rename = "LugarExpedicion", deserialize_with = "de::text")]
    pub lugar_expedicion: String,
    #[serde(rename = "Confirmacion", default, deserialize_with = "de::opt_text")]
    pub confirmacion: Option<String>,
}

impl DraftHeader {
    /// A header with what no document goes without; the rest is to be set.
    pub fn new(tipo_de_comprobante: TipoDeComprobante, fecha: DateTime, lugar_expedicion: String) -> Self {
        Self {
            serie: None,
            folio: None,
            fecha,
            forma_pago: None,
            condiciones_de_pago: None,
            sub_total: None,
            descuento: None,
            moneda: None,
            tipo_cambio: None,
            total: None,
            tipo_de_comprobante,
            exportacion: None,
            metodo_pago: None,
            lugar_expedicion,
            confirmacion: None,
        }
    }
}

/// Period of a global invoice.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the SAT's attributes, described in `model`")]
pub struct DraftGlobal {
    #[serde(rename = "Periodicidad", deserialize_with = "de::text")]
    pub periodicidad: String,
    #[serde(rename = "Meses", deserialize_with = "de::text")]
    pub meses: String,
    #[serde(rename = "Año", deserialize_with = "de::text")]
    pub anio: String,
}

/// Documents related in one way.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftRelated {
    /// `c_TipoRelacion`.
    #[serde(deserialize_with = "de::text")]
    pub tipo_relacion: String,
    /// Their UUIDs.
    pub uuids: Vec<String>,
}

/// Issuer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the SAT's attributes, described in `model`")]
pub struct DraftEmisor {
    #[serde(rename = "Rfc", deserialize_with = "de::text")]
    pub rfc: String,
    #[serde(rename = "Nombre", deserialize_with = "de::text")]
    pub nombre: String,
    #[serde(rename = "RegimenFiscal", deserialize_with = "de::text")]
    pub regimen_fiscal: String,
    #[serde(rename = "FacAtrAdquirente", default, deserialize_with = "de::opt_text")]
    pub fac_atr_adquirente: Option<String>,
}

/// Receiver.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the SAT's attributes, described in `model`")]
pub struct DraftReceptor {
    #[serde(rename = "Rfc", deserialize_with = "de::text")]
    pub rfc: String,
    #[serde(rename = "Nombre", deserialize_with = "de::text")]
    pub nombre: String,
    #[serde(rename = "DomicilioFiscalReceptor", deserialize_with = "de::text")]
    pub domicilio_fiscal: String,
    #[serde(rename = "ResidenciaFiscal", default, deserialize_with = "de::opt_text")]
    pub residencia_fiscal: Option<String>,
    #[serde(rename = "NumRegIdTrib", default, deserialize_with = "de::opt_text")]
    pub num_reg_id_trib: Option<String>,
    #[serde(rename = "RegimenFiscalReceptor", deserialize_with = "de::text")]
    pub regimen_fiscal: String,
    #[serde(rename = "UsoCFDI", deserialize_with = "de::text")]
    pub uso_cfdi: String,
}

/// A line. `Importe`, and of its taxes `Base` and `Importe`, may be left out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the SAT's attributes, described in `model::Concepto`")]
pub struct DraftLine {
    #[serde(rename = "ClaveProdServ", deserialize_with = "de::text")]
    pub clave_prod_serv: String,
    #[serde(rename = "NoIdentificacion", default, deserialize_with = "de::opt_text")]
    pub no_identificacion: Option<String>,
    #[serde(rename = "Cantidad", deserialize_with = "de::six")]
    pub cantidad: Decimal,
    #[serde(rename = "ClaveUnidad", deserialize_with = "de::text")]
    pub clave_unidad: String,
    #[serde(rename = "Unidad", default, deserialize_with = "de::opt_text")]
    pub unidad: Option<String>,
    #[serde(rename = "Descripcion", deserialize_with = "de::text")]
    pub descripcion: String,
    #[serde(rename = "ValorUnitario", deserialize_with = "de::six")]
    pub valor_unitario: Decimal,
    #[serde(rename = "Importe", default, deserialize_with = "de::opt_six")]
    pub importe: Option<Decimal>,
    #[serde(rename = "Descuento", default, deserialize_with = "de::opt_six")]
    pub descuento: Option<Decimal>,
    /// 02 when the line has taxes, 01 otherwise, if left out.
    #[serde(rename = "ObjetoImp", default, deserialize_with = "de::opt_text")]
    pub objeto_imp: Option<String>,
    #[serde(default)]
    pub traslados: Vec<DraftTax>,
    #[serde(default)]
    pub retenciones: Vec<DraftTax>,
    #[serde(default)]
    pub a_cuenta_terceros: Option<DraftThirdParty>,
    /// Kept as given: its shape has two blanks between groups.
    #[serde(default)]
    pub informacion_aduanera: Vec<String>,
    #[serde(default)]
    pub cuenta_predial: Vec<String>,
    #[serde(default)]
    pub partes: Vec<DraftPart>,
}

impl DraftLine {
    /// A line with what no line goes without; the rest is to be set.
    pub fn new(
        clave_prod_serv: String,
        clave_unidad: String,
        descripcion: String,
        cantidad: Decimal,
        valor_unitario: Decimal,
    ) -> Self {
        Self {
            clave_prod_serv,
            no_identificacion: None,
            cantidad,
            clave_unidad,
            unidad: None,
            descripcion,
            valor_unitario,
            importe: None,
            descuento: None,
            objeto_imp: None,
            traslados: Vec::new(),
            retenciones: Vec::new(),
            a_cuenta_terceros: None,
            informacion_aduanera: Vec::new(),
            cuenta_predial: Vec::new(),
            partes: Vec::new(),
        }
    }
}

/// A tax of a line. A `Cuota` whose `Base` is left out takes the line's quantity.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the SAT's attributes, described in `model::Traslado`")]
pub struct DraftTax {
    #[serde(rename = "Base", default, deserialize_with = "de::opt_six")]
    pub base: Option<Decimal>,
    #[serde(rename = "Impuesto", deserialize_with = "de::text")]
    pub impuesto: String,
    #[serde(rename = "TipoFactor", deserialize_with = "de::factor")]
    pub tipo_factor: TipoFactor,
    #[serde(rename = "TasaOCuota", default, deserialize_with = "de::opt_six")]
    pub tasa_o_cuota: Option<Decimal>,
    #[serde(rename = "Importe", default, deserialize_with = "de::opt_six")]
    pub importe: Option<Decimal>,
}

impl DraftTax {
    /// A tax at a rate.
    pub fn tasa(impuesto: &str, rate: Decimal) -> Self {
        Self {
            base: None,
            impuesto: impuesto.to_owned(),
            tipo_factor: TipoFactor::Tasa,
            tasa_o_cuota: Some(rate),
            importe: None,
        }
    }

    /// An exempt transfer.
    pub fn exento(impuesto: &str) -> Self {
        Self {
            base: None,
            impuesto: impuesto.to_owned(),
            tipo_factor: TipoFactor::Exento,
            tasa_o_cuota: None,
            importe: None,
        }
    }
}

/// The party a line is sold for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the SAT's attributes, described in `model`")]
pub struct DraftThirdParty {
    #[serde(rename = "RfcACuentaTerceros", deserialize_with = "de::text")]
    pub rfc: String,
    #[serde(rename = "NombreACuentaTerceros", deserialize_with = "de::text")]
    pub nombre: String,
    #[serde(rename = "RegimenFiscalACuentaTerceros", deserialize_with = "de::text")]
    pub regimen_fiscal: String,
    #[serde(rename = "DomicilioFiscalACuentaTerceros", deserialize_with = "de::text")]
    pub domicilio_fiscal: String,
}

/// A part of a kit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the SAT's attributes, described in `model::Parte`")]
pub struct DraftPart {
    #[serde(rename = "ClaveProdServ", deserialize_with = "de::text")]
    pub clave_prod_serv: String,
    #[serde(rename = "NoIdentificacion", default, deserialize_with = "de::opt_text")]
    pub no_identificacion: Option<String>,
    #[serde(rename = "Cantidad", deserialize_with = "de::six")]
    pub cantidad: Decimal,
    #[serde(rename = "Unidad", default, deserialize_with = "de::opt_text")]
    pub unidad: Option<String>,
    #[serde(rename = "Descripcion", deserialize_with = "de::text")]
    pub descripcion: String,
    #[serde(rename = "ValorUnitario", default, deserialize_with = "de::opt_six")]
    pub valor_unitario: Option<Decimal>,
    #[serde(rename = "Importe", default, deserialize_with = "de::opt_six")]
    pub importe: Option<Decimal>,
    #[serde(default)]
    pub informacion_aduanera: Vec<String>,
}

impl Draft {
    /// Reads the JSON shape. Amounts are strings: a JSON number has already lost its digits.
    ///
    /// # Errors
    /// [`InputError`]; the reason of [`InputError::Shape`] names the key that is unknown, missing or malformed.
    pub fn from_json(text: &str) -> Result<Self, InputError> {
        if text.len() > MAX_BYTES {
            return Err(InputError::TooLarge);
        }
        let shape = |error: serde_json::Error| InputError::Shape(error.to_string());
        let mut value: Value = serde_json::from_str(text).map_err(shape)?;
        drop_expectations(&mut value);
        if let Some(version) =
            value.pointer_mut("/comprobante").and_then(Value::as_object_mut).and_then(|h| h.remove("Version"))
            && version != "4.0"
        {
            return Err(InputError::Shape(format!("version {version} is not 4.0")));
        }
        if let Value::Object(map) = &mut value {
            map.retain(|key, _| !IGNORED.contains(&key.as_str()));
        }
        serde_json::from_value(value).map_err(shape)
    }
}

fn drop_expectations(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !key.starts_with("expected_"));
            map.values_mut().for_each(drop_expectations);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_expectations),
        _ => {}
    }
}
