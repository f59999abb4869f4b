//! Complements: stamp, local taxes, and those this crate keeps without understanding them.

use super::Pagos;
use jiff::civil::DateTime;
use rust_decimal::Decimal;

/// What hangs under `Complemento`. An empty one is not written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complemento {
    /// Payments received, on type P only.
    pub pagos: Option<Pagos>,
    /// Local taxes.
    pub impuestos_locales: Option<ImpuestosLocales>,
    /// Complements not modelled here.
    pub otros: Vec<UnknownComplement>,
    /// The stamp.
    pub timbre: Option<Tfd>,
}

impl Complemento {
    /// True when there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.pagos.is_none() && self.impuestos_locales.is_none() && self.otros.is_empty() && self.timbre.is_none()
    }
}

/// A complement kept as its bytes were. A document that holds one can be read and shown, never sealed here: its
/// part of the cadena original is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownComplement {
    /// Namespace of its element.
    pub espacio: String,
    /// Name of its element, without prefix.
    pub nombre: String,
    /// The element, byte for byte.
    pub xml: String,
}

/// Local taxes, complement `implocal` 1.0. Amounts have two decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImpuestosLocales {
    /// Sum of `retenciones`.
    pub total_retenciones: Decimal,
    /// Sum of `traslados`.
    pub total_traslados: Decimal,
    /// Withheld.
    pub retenciones: Vec<ImpuestoLocal>,
    /// Charged.
    pub traslados: Vec<ImpuestoLocal>,
}

/// One local tax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImpuestoLocal {
    /// Its name, for example `ISH`.
    pub nombre: String,
    /// Percentage (`3.00` is three per cent).
    pub tasa: Decimal,
    /// Amount.
    pub importe: Decimal,
}

/// Timbre Fiscal Digital 1.1: the stamp a PAC adds.
///
/// Source: SAT, `TimbreFiscalDigitalv11.xsd`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tfd {
    /// Folio fiscal, as delivered; compare without case.
    pub uuid: String,
    /// When it was stamped, local time of the PAC.
    pub fecha_timbrado: DateTime,
    /// RFC of the PAC.
    pub rfc_prov_certif: String,
    /// A note of the PAC.
    pub leyenda: Option<String>,
    /// The document's own seal, repeated.
    pub sello_cfd: String,
    /// Number of the certificate that signed the stamp.
    pub no_certificado_sat: String,
    /// Signature over the stamp's cadena.
    pub sello_sat: String,
}
