//! Documents and keys the tests share.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(dead_code, reason = "each test binary uses its part")]

use jiff::Timestamp;
use std::sync::OnceLock;
use zuc_cfdi::compute::{self, Rounding};
use zuc_cfdi::csd::Csd;
use zuc_cfdi::input::Draft;
use zuc_cfdi::model::{Comprobante, ImpuestoLocal, ImpuestosLocales};
use zuc_cfdi::sandbox::{Authority, Holder, Issued, Kind, Validity};

pub(crate) const PASSWORD: &str = "12345678a";

pub(crate) fn validity() -> Validity {
    let instant = |text: &str| text.parse::<Timestamp>().unwrap();
    Validity { from: instant("2026-01-01T00:00:00Z"), until: instant("2030-01-01T00:00:00Z") }
}

pub(crate) struct Sandbox {
    pub(crate) authority: Authority,
    pub(crate) issuer: Issued,
    pub(crate) fiel: Issued,
    pub(crate) pac: Issued,
}

/// Keys are slow to make: one set serves every test of a binary.
pub(crate) fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| {
        let authority = Authority::create(validity()).unwrap();
        let issue = |rfc, name, kind, number| {
            let holder = Holder { rfc, representative: Some("XIQB891116QE4"), name };
            authority.issue(holder, kind, number, PASSWORD, validity()).unwrap()
        };
        let issuer = issue("EKU9003173C9", "ESCUELA KEMPER URGATE", Kind::Csd, "90001000000500000010");
        let fiel = issue("EKU9003173C9", "ESCUELA KEMPER URGATE", Kind::Fiel, "90001000000500000011");
        let pac = issue("SPR190613I52", "PAC DE PRUEBAS", Kind::Csd, "90001000000500000012");
        Sandbox { authority, issuer, fiel, pac }
    })
}

pub(crate) fn csd() -> Csd {
    open(&sandbox().issuer)
}

pub(crate) fn pac() -> Csd {
    open(&sandbox().pac)
}

fn open(issued: &Issued) -> Csd {
    Csd::open(&issued.cer, &issued.key, PASSWORD.as_bytes()).unwrap()
}

pub(crate) fn build(json: &str) -> Comprobante {
    compute::build(Draft::from_json(json).unwrap(), Rounding::TwoDecimals).unwrap()
}

/// An invoice with a discount, IVA at three rates, an exempt line, IEPS and retentions.
pub(crate) fn ingreso() -> Comprobante {
    build(INGRESO)
}

pub(crate) fn egreso() -> Comprobante {
    build(EGRESO)
}

pub(crate) fn pago() -> Comprobante {
    build(PAGO)
}

pub(crate) fn traslado() -> Comprobante {
    build(TRASLADO)
}

pub(crate) fn global() -> Comprobante {
    build(GLOBAL)
}

pub(crate) fn dolares() -> Comprobante {
    build(DOLARES)
}

/// Lodging with its local tax.
pub(crate) fn hospedaje() -> Comprobante {
    let mut draft = Draft::from_json(EGRESO).unwrap();
    draft.impuestos_locales = Some(ImpuestosLocales {
        total_retenciones: "1.00".parse().unwrap(),
        total_traslados: "10.00".parse().unwrap(),
        retenciones: vec![ImpuestoLocal {
            nombre: "5 al millar".to_owned(),
            tasa: "0.50".parse().unwrap(),
            importe: "1.00".parse().unwrap(),
        }],
        traslados: vec![ImpuestoLocal {
            nombre: "ISH".to_owned(),
            tasa: "3.00".parse().unwrap(),
            importe: "10.00".parse().unwrap(),
        }],
    });
    compute::build(draft, Rounding::TwoDecimals).unwrap()
}

/// The invoice of [`ingreso`], lines at six decimals.
pub(crate) fn seis_decimales() -> Comprobante {
    compute::build(Draft::from_json(INGRESO).unwrap(), Rounding::SixDecimals).unwrap()
}

pub(crate) const INGRESO: &str = r#"{
  "comprobante": {"TipoDeComprobante": "I", "Serie": "A", "Folio": "17", "Fecha": "2026-06-01T10:30:00",
    "LugarExpedicion": "42501", "FormaPago": "99", "MetodoPago": "PPD", "CondicionesDePago": "30 días", "Moneda": "MXN"},
  "emisor": {"Rfc": "EKU9003173C9", "Nombre": "ESCUELA KEMPER URGATE", "RegimenFiscal": "601"},
  "receptor": {"Rfc": "URE180429TM6", "Nombre": "UNIVERSIDAD ROBOTICA ESPAÑOLA", "DomicilioFiscalReceptor": "86991",
    "RegimenFiscalReceptor": "601", "UsoCFDI": "G03"},
  "conceptos": [
    {"ClaveProdServ": "81111500", "NoIdentificacion": "CONS-1", "Cantidad": "2.5", "ClaveUnidad": "E48", "Unidad": "Servicio",
      "Descripcion": "Consultoría \"llave en mano\" <fase 1> & soporte", "ValorUnitario": "1500.50", "Descuento": "51.25",
      "traslados": [{"Impuesto": "002", "TipoFactor": "Tasa", "TasaOCuota": "0.16"}],
      "retenciones": [{"Impuesto": "001", "TipoFactor": "Tasa", "TasaOCuota": "0.10"},
                      {"Impuesto": "002", "TipoFactor": "Tasa", "TasaOCuota": "0.106667"}]},
    {"ClaveProdServ": "50202306", "Cantidad": "10", "ClaveUnidad": "H87", "Descripcion": "Bebida energética",
      "ValorUnitario": "25.333333",
      "traslados": [{"Impuesto": "002", "TipoFactor": "Tasa", "TasaOCuota": "0.16"},
                    {"Impuesto": "003", "TipoFactor": "Tasa", "TasaOCuota": "0.25"},
                    {"Impuesto": "003", "TipoFactor": "Cuota", "TasaOCuota": "1.5086", "Base": "4.73"}]},
    {"ClaveProdServ": "50221300", "Cantidad": "3", "ClaveUnidad": "KGM", "Descripcion": "Harina", "ValorUnitario": "18.9",
      "traslados": [{"Impuesto": "002", "TipoFactor": "Tasa", "TasaOCuota": "0"}],
      "informacion_aduanera": ["24  48  3857  4000123"]},
    {"ClaveProdServ": "86121700", "Cantidad": "1", "ClaveUnidad": "E48", "Descripcion": "Curso", "ValorUnitario": "999.99",
      "traslados": [{"Impuesto": "002", "TipoFactor": "Exento"}]},
    {"ClaveProdServ": "80131500", "Cantidad": "1", "ClaveUnidad": "E48", "Descripcion": "Renta por cuenta de un tercero",
      "ValorUnitario": "100", "cuenta_predial": ["123456ABC"],
      "a_cuenta_terceros": {"RfcACuentaTerceros": "KIJ0906199R1", "NombreACuentaTerceros": "KERNEL INDUSTIA JUGUETERA",
        "RegimenFiscalACuentaTerceros": "601", "DomicilioFiscalACuentaTerceros": "28971"},
      "partes": [{"ClaveProdServ": "80131500", "Cantidad": "1", "Descripcion": "Local", "ValorUnitario": "100", "Importe": "100",
        "informacion_aduanera": ["24  48  3857  4000124"]}]}
  ]
}"#;

pub(crate) const EGRESO: &str = r#"{
  "comprobante": {"TipoDeComprobante": "E", "Serie": "NC", "Folio": "3", "Fecha": "2026-06-02T09:00:00",
    "LugarExpedicion": "42501", "FormaPago": "15", "MetodoPago": "PUE"},
  "relacionados": [{"tipo_relacion": "01", "uuids": ["CEE4BE01-ADFA-4DEB-8421-ADD60F0BEDAC"]}],
  "emisor": {"Rfc": "EKU9003173C9", "Nombre": "ESCUELA KEMPER URGATE", "RegimenFiscal": "601"},
  "receptor": {"Rfc": "URE180429TM6", "Nombre": "UNIVERSIDAD ROBOTICA ESPAÑOLA", "DomicilioFiscalReceptor": "86991",
    "RegimenFiscalReceptor": "601", "UsoCFDI": "G02"},
  "conceptos": [{"ClaveProdServ": "84111506", "Cantidad": "1", "ClaveUnidad": "ACT", "Descripcion": "Bonificación",
    "ValorUnitario": "333.33", "traslados": [{"Impuesto": "002", "TipoFactor": "Tasa", "TasaOCuota": "0.16"}]}]
}"#;

pub(crate) const PAGO: &str = r#"{
  "comprobante": {"TipoDeComprobante": "P", "Serie": "REP", "Folio": "8", "Fecha": "2026-06-03T12:00:00", "LugarExpedicion": "42501"},
  "emisor": {"Rfc": "EKU9003173C9", "Nombre": "ESCUELA KEMPER URGATE", "RegimenFiscal": "601"},
  "receptor": {"Rfc": "URE180429TM6", "Nombre": "UNIVERSIDAD ROBOTICA ESPAÑOLA", "DomicilioFiscalReceptor": "86991",
    "RegimenFiscalReceptor": "601", "UsoCFDI": "CP01"},
  "pagos": {"pagos": [
    {"FechaPago": "2026-06-02T12:00:00", "FormaDePagoP": "03", "MonedaP": "MXN", "Monto": "1160.00", "NumOperacion": "SPEI 77",
      "DoctoRelacionado": [
        {"IdDocumento": "6DE9442D-ED57-5320-B2BA-F73E15079FA3", "Serie": "A", "Folio": "2", "MonedaDR": "MXN",
          "NumParcialidad": "1", "ImpSaldoAnt": "2320.00", "ImpPagado": "1160.00", "ObjetoImpDR": "02",
          "ImpuestosDR": [{"TrasladosDR": [{"TrasladoDR": [{"BaseDR": "1000", "ImpuestoDR": "002", "TipoFactorDR": "Tasa",
            "TasaOCuotaDR": "0.160000", "ImporteDR": "160"}]}]}]}]},
    {"FechaPago": "2026-06-02T12:00:00", "FormaDePagoP": "03", "MonedaP": "USD", "TipoCambioP": "17.5", "Monto": "100.00",
      "DoctoRelacionado": [
        {"IdDocumento": "AE577E8F-2047-5AB2-8513-9E7299A6DA03", "MonedaDR": "MXN", "EquivalenciaDR": "17.5", "NumParcialidad": "2",
          "ImpSaldoAnt": "1750.00", "ImpPagado": "1750.00", "ObjetoImpDR": "02",
          "ImpuestosDR": [{"RetencionesDR": [{"RetencionDR": [{"BaseDR": "1750", "ImpuestoDR": "001", "TipoFactorDR": "Tasa",
            "TasaOCuotaDR": "0.100000", "ImporteDR": "175"}]}],
           "TrasladosDR": [{"TrasladoDR": [{"BaseDR": "1750", "ImpuestoDR": "002", "TipoFactorDR": "Exento"}]}]}]}]}]}
}"#;

pub(crate) const TRASLADO: &str = r#"{
  "comprobante": {"TipoDeComprobante": "T", "Fecha": "2026-06-04T08:00:00", "LugarExpedicion": "42501"},
  "emisor": {"Rfc": "EKU9003173C9", "Nombre": "ESCUELA KEMPER URGATE", "RegimenFiscal": "601"},
  "receptor": {"Rfc": "EKU9003173C9", "Nombre": "ESCUELA KEMPER URGATE", "DomicilioFiscalReceptor": "42501",
    "RegimenFiscalReceptor": "601", "UsoCFDI": "S01"},
  "conceptos": [{"ClaveProdServ": "50221300", "Cantidad": "3", "ClaveUnidad": "KGM", "Descripcion": "Harina", "ValorUnitario": "0"}]
}"#;

pub(crate) const GLOBAL: &str = r#"{
  "comprobante": {"TipoDeComprobante": "I", "Serie": "G", "Folio": "1", "Fecha": "2026-06-30T20:00:00", "LugarExpedicion": "42501",
    "FormaPago": "01", "MetodoPago": "PUE"},
  "informacion_global": {"Periodicidad": "04", "Meses": "06", "Año": "2026"},
  "emisor": {"Rfc": "EKU9003173C9", "Nombre": "ESCUELA KEMPER URGATE", "RegimenFiscal": "601"},
  "receptor": {"Rfc": "XAXX010101000", "Nombre": "PUBLICO EN GENERAL", "DomicilioFiscalReceptor": "42501",
    "RegimenFiscalReceptor": "616", "UsoCFDI": "S01"},
  "conceptos": [{"ClaveProdServ": "01010101", "NoIdentificacion": "T-1", "Cantidad": "1", "ClaveUnidad": "ACT", "Descripcion": "Venta",
    "ValorUnitario": "86.21", "traslados": [{"Impuesto": "002", "TipoFactor": "Tasa", "TasaOCuota": "0.16"}]}]
}"#;

pub(crate) const DOLARES: &str = r#"{
  "comprobante": {"TipoDeComprobante": "I", "Fecha": "2026-06-05T16:00:00", "LugarExpedicion": "42501", "FormaPago": "03",
    "MetodoPago": "PUE", "Moneda": "USD", "TipoCambio": "17.253"},
  "emisor": {"Rfc": "EKU9003173C9", "Nombre": "ESCUELA KEMPER URGATE", "RegimenFiscal": "601"},
  "receptor": {"Rfc": "XEXX010101000", "Nombre": "FOREIGN COMPANY INC", "DomicilioFiscalReceptor": "42501", "ResidenciaFiscal": "USA",
    "NumRegIdTrib": "123456789", "RegimenFiscalReceptor": "616", "UsoCFDI": "S01"},
  "conceptos": [{"ClaveProdServ": "80101500", "Cantidad": "1", "ClaveUnidad": "E48", "Descripcion": "Consultoria",
    "ValorUnitario": "1234.56", "traslados": [{"Impuesto": "002", "TipoFactor": "Tasa", "TasaOCuota": "0"}]}]
}"#;
