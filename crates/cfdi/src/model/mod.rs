//! The CFDI 4.0 document as plain values, in the order of the SAT's schema.
//!
//! Amounts are decimals that keep the digits as they are written (`1` and `1.00` are different documents: their
//! cadenas differ), codes are text because a document under inspection may hold a wrong one.
//!
//! Source: SAT, Anexo 20, `cfdv40.xsd`.

mod complemento;
mod concepto;
mod pagos;

pub use complemento::{Complemento, ImpuestoLocal, ImpuestosLocales, Tfd, UnknownComplement};
pub use concepto::{ACuentaTerceros, Concepto, ConceptoImpuestos, Parte, Retencion, TipoFactor, Traslado};
pub use pagos::{
    DoctoRelacionado, ImpuestosDr, ImpuestosP, Pago, Pagos, RetencionDr, RetencionP, Totales, TrasladoDr, TrasladoP,
};

use jiff::civil::DateTime;
use rust_decimal::Decimal;

/// RFC of a buyer who gives none (`PUBLICO EN GENERAL` or a named person).
pub const RFC_PUBLICO: &str = "XAXX010101000";
/// RFC of a buyer who lives abroad.
pub const RFC_EXTRANJERO: &str = "XEXX010101000";
/// The name a global invoice carries, without accent.
pub const PUBLICO_EN_GENERAL: &str = "PUBLICO EN GENERAL";

/// What a document is, catalogue `c_TipoDeComprobante` (payroll is out of scope).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TipoDeComprobante {
    /// `I`: income.
    Ingreso,
    /// `E`: credit note.
    Egreso,
    /// `T`: goods on their way.
    Traslado,
    /// `P`: receipt of payments.
    Pago,
}

impl TipoDeComprobante {
    /// The SAT's letter.
    pub const fn clave(self) -> &'static str {
        match self {
            Self::Ingreso => "I",
            Self::Egreso => "E",
            Self::Traslado => "T",
            Self::Pago => "P",
        }
    }

    /// Reads the SAT's letter; `None` for any other text, payroll (`N`) included.
    pub fn from_clave(clave: &str) -> Option<Self> {
        match clave {
            "I" => Some(Self::Ingreso),
            "E" => Some(Self::Egreso),
            "T" => Some(Self::Traslado),
            "P" => Some(Self::Pago),
            _ => None,
        }
    }

    /// True for the two types that carry money (`I` and `E`).
    pub const fn has_amounts(self) -> bool {
        matches!(self, Self::Ingreso | Self::Egreso)
    }
}

/// A whole document. `sello`, `no_certificado` and `certificado` are empty until it is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comprobante {
    /// 1-25 characters.
    pub serie: Option<String>,
    /// 1-40 characters.
    pub folio: Option<String>,
    /// Local time at the postal code `lugar_expedicion`, whole seconds.
    pub fecha: DateTime,
    /// Base64 of the issuer's signature over the cadena original.
    pub sello: String,
    /// `c_FormaPago`.
    pub forma_pago: Option<String>,
    /// 20 digits: the serial number of the CSD.
    pub no_certificado: String,
    /// Base64 of the CSD in DER, one line.
    pub certificado: String,
    /// 1-1000 characters.
    pub condiciones_de_pago: Option<String>,
    /// Sum of the gross line amounts.
    pub sub_total: Decimal,
    /// Sum of the line discounts; present when a line has one.
    pub descuento: Option<Decimal>,
    /// `c_Moneda`.
    pub moneda: String,
    /// Pesos per unit of `moneda`.
    pub tipo_cambio: Option<Decimal>,
    /// What is to be paid.
    pub total: Decimal,
    /// `c_TipoDeComprobante`.
    pub tipo_de_comprobante: TipoDeComprobante,
    /// `c_Exportacion`.
    pub exportacion: String,
    /// `c_MetodoPago`.
    pub metodo_pago: Option<String>,
    /// `c_CodigoPostal` of the place of issue.
    pub lugar_expedicion: String,
    /// Five characters that a PAC gives to let an unusual amount or rate through.
    pub confirmacion: Option<String>,
    /// Only in global invoices.
    pub informacion_global: Option<InformacionGlobal>,
    /// Documents this one refers to, by kind of relation.
    pub relacionados: Vec<CfdiRelacionados>,
    /// Who issues.
    pub emisor: Emisor,
    /// Who receives.
    pub receptor: Receptor,
    /// The lines, at least one.
    pub conceptos: Vec<Concepto>,
    /// Summary of the taxes of the lines.
    pub impuestos: Option<Impuestos>,
    /// Complements.
    pub complemento: Complemento,
    /// The `Addenda` element as its bytes were, outside the seal.
    pub addenda: Option<String>,
    /// Namespaces (prefix, address) declared on the root besides the ones this crate writes, in document order.
    pub otros_espacios: Vec<(String, String)>,
}

/// The period a global invoice covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InformacionGlobal {
    /// `c_Periodicidad`.
    pub periodicidad: String,
    /// `c_Meses`.
    pub meses: String,
    /// Four digits.
    pub anio: String,
}

/// Documents related in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CfdiRelacionados {
    /// `c_TipoRelacion`.
    pub tipo_relacion: String,
    /// UUIDs as written.
    pub uuids: Vec<String>,
}

/// The issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emisor {
    /// RFC.
    pub rfc: String,
    /// Name as registered at the SAT, without the company type.
    pub nombre: String,
    /// `c_RegimenFiscal`.
    pub regimen_fiscal: String,
    /// Ten digits: operation number of an invoice issued through the buyer.
    pub fac_atr_adquirente: Option<String>,
}

/// The receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receptor {
    /// RFC.
    pub rfc: String,
    /// Name as registered at the SAT, without the company type.
    pub nombre: String,
    /// Postal code registered for that RFC.
    pub domicilio_fiscal: String,
    /// `c_Pais`, only for foreigners.
    pub residencia_fiscal: Option<String>,
    /// Tax number abroad.
    pub num_reg_id_trib: Option<String>,
    /// `c_RegimenFiscal`.
    pub regimen_fiscal: String,
    /// `c_UsoCFDI`.
    pub uso_cfdi: String,
}

/// Taxes of the whole document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impuestos {
    /// Sum of `retenciones`.
    pub total_retenidos: Option<Decimal>,
    /// Sum of `traslados`; absent when every transfer is exempt.
    pub total_trasladados: Option<Decimal>,
    /// One per tax.
    pub retenciones: Vec<RetencionTotal>,
    /// One per tax, factor and rate.
    pub traslados: Vec<TrasladoTotal>,
}

/// What is withheld of one tax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetencionTotal {
    /// `c_Impuesto`.
    pub impuesto: String,
    /// Amount.
    pub importe: Decimal,
}

/// What is transferred at one tax, factor and rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrasladoTotal {
    /// Sum of the bases.
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
