//! Lines of a document.

use rust_decimal::Decimal;

/// How a tax is computed, catalogue `c_TipoFactor`. The order is the order header groups are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TipoFactor {
    /// A share of the base.
    Tasa,
    /// Pesos per unit of the base.
    Cuota,
    /// No tax, only a base.
    Exento,
}

impl TipoFactor {
    /// The SAT's word.
    pub const fn clave(self) -> &'static str {
        match self {
            Self::Tasa => "Tasa",
            Self::Cuota => "Cuota",
            Self::Exento => "Exento",
        }
    }

    /// Reads the SAT's word.
    pub fn from_clave(clave: &str) -> Option<Self> {
        match clave {
            "Tasa" => Some(Self::Tasa),
            "Cuota" => Some(Self::Cuota),
            "Exento" => Some(Self::Exento),
            _ => None,
        }
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concepto {
    /// `c_ClaveProdServ`, eight digits.
    pub clave_prod_serv: String,
    /// The seller's own code.
    pub no_identificacion: Option<String>,
    /// Above zero, up to six decimals.
    pub cantidad: Decimal,
    /// `c_ClaveUnidad`.
    pub clave_unidad: String,
    /// The seller's own word for the unit.
    pub unidad: Option<String>,
    /// 1-1000 characters, no `|`.
    pub descripcion: String,
    /// Price of one unit before taxes.
    pub valor_unitario: Decimal,
    /// `cantidad × valor_unitario`, gross of discount.
    pub importe: Decimal,
    /// Discount of the line.
    pub descuento: Option<Decimal>,
    /// `c_ObjetoImp`.
    pub objeto_imp: String,
    /// Taxes of the line; present or not as `objeto_imp` asks.
    pub impuestos: Option<ConceptoImpuestos>,
    /// The party the line is sold for.
    pub a_cuenta_terceros: Option<ACuentaTerceros>,
    /// Customs documents, shape `NN  NN  NNNN  NNNNNNN`.
    pub informacion_aduanera: Vec<String>,
    /// Land registry accounts.
    pub cuenta_predial: Vec<String>,
    /// The `ComplementoConcepto` element as its bytes were; a document that has one is not sealed here.
    pub complemento_concepto: Option<String>,
    /// Parts of a kit.
    pub partes: Vec<Parte>,
}

/// Taxes of a line. Empty lists are not written; both empty is an error of the document (CFDI40173).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConceptoImpuestos {
    /// Charged.
    pub traslados: Vec<Traslado>,
    /// Withheld.
    pub retenciones: Vec<Retencion>,
}

/// A tax charged on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traslado {
    /// What the rate applies to.
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

/// A tax withheld on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retencion {
    /// What the rate applies to.
    pub base: Decimal,
    /// `c_Impuesto`.
    pub impuesto: String,
    /// `c_TipoFactor`, never `Exento`.
    pub tipo_factor: TipoFactor,
    /// Rate.
    pub tasa_o_cuota: Decimal,
    /// Amount.
    pub importe: Decimal,
}

/// The party a line is sold for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ACuentaTerceros {
    /// RFC, neither the issuer's nor the receiver's.
    pub rfc: String,
    /// Name as registered.
    pub nombre: String,
    /// `c_RegimenFiscal`.
    pub regimen_fiscal: String,
    /// Postal code.
    pub domicilio_fiscal: String,
}

/// One part of a kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parte {
    /// `c_ClaveProdServ`.
    pub clave_prod_serv: String,
    /// The seller's own code.
    pub no_identificacion: Option<String>,
    /// Above zero.
    pub cantidad: Decimal,
    /// The seller's own word for the unit.
    pub unidad: Option<String>,
    /// 1-1000 characters.
    pub descripcion: String,
    /// Price of one unit.
    pub valor_unitario: Option<Decimal>,
    /// `cantidad × valor_unitario`.
    pub importe: Option<Decimal>,
    /// Customs documents.
    pub informacion_aduanera: Vec<String>,
}
