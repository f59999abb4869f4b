//! From the element tree to the model: order, names and shapes as the schema has them.
//!
//! Catalogue codes are read as they stand, right or wrong: telling is the rules' work.

use super::fields::{Children, Fields};
use super::tree::{self, Limits, Node, ReadError};
use super::{NS_CFDI, NS_IMPLOCAL, NS_PAGO20, NS_TFD, reader_pagos};
use crate::model::{
    ACuentaTerceros, CfdiRelacionados, Complemento, Comprobante, Concepto, ConceptoImpuestos, Emisor, ImpuestoLocal,
    Impuestos, ImpuestosLocales, InformacionGlobal, Parte, Receptor, Retencion, RetencionTotal, Tfd, TipoDeComprobante,
    Traslado, TrasladoTotal, UnknownComplement,
};

/// Decimals of a `t_Importe`.
const SIX: u32 = 6;

/// Reads a document within [`Limits::STRICT`].
///
/// # Errors
/// Any [`ReadError`]; nothing of a document that breaks a limit is kept.
pub fn read(bytes: &[u8]) -> Result<Comprobante, ReadError> {
    let (text, root) = tree::parse(bytes, Limits::STRICT)?;
    comprobante(text, &root)
}

fn read_tfd(node: &Node<'_>) -> Result<Tfd, ReadError> {
    let mut f = Fields::new(node);
    f.fixed("Version", "1.1")?;
    let tfd = Tfd {
        uuid: f.text("UUID")?,
        fecha_timbrado: f.fecha("FechaTimbrado")?,
        rfc_prov_certif: f.text("RfcProvCertif")?,
        leyenda: f.opt("Leyenda"),
        sello_cfd: f.text("SelloCFD")?,
        no_certificado_sat: f.text("NoCertificadoSAT")?,
        sello_sat: f.text("SelloSAT")?,
    };
    f.finish()?;
    Children::new(node, NS_TFD).finish()?;
    Ok(tfd)
}

/// The element as its bytes were.
fn raw(text: &str, node: &Node<'_>) -> String {
    text.get(node.span.clone()).unwrap_or_default().to_owned()
}

fn comprobante(text: &str, root: &Node<'_>) -> Result<Comprobante, ReadError> {
    let version = root.attrs.iter().find(|attr| attr.space.is_empty() && attr.local == "Version");
    if !root.is(NS_CFDI, "Comprobante") || version.is_none_or(|attr| attr.value != "4.0") {
        return Err(ReadError::NotCfdi40);
    }
    let mut f = Fields::new(root);
    f.fixed("Version", "4.0")?;
    let clave = f.text("TipoDeComprobante")?;
    let tipo_de_comprobante = match TipoDeComprobante::from_clave(&clave) {
        Some(tipo) => tipo,
        None if clave == "N" => return Err(ReadError::UnsupportedType(clave)),
        None => {
            return Err(ReadError::BadValue { element: "Comprobante".to_owned(), attribute: "TipoDeComprobante" });
        }
    };

    let mut children = Children::new(root, NS_CFDI);
    let informacion_global = children.next_if("InformacionGlobal").map(global).transpose()?;
    let relacionados = children.many("CfdiRelacionados", related)?;
    let emisor = emisor(children.required("Emisor")?)?;
    let receptor = receptor(children.required("Receptor")?)?;
    let lines = children.required("Conceptos")?;
    let conceptos = group(lines, "Concepto", |node| concepto(text, node))?;
    let impuestos = children.next_if("Impuestos").map(impuestos).transpose()?;
    let complemento = match children.next_if("Complemento") {
        Some(node) => complemento(text, node)?,
        None => Complemento::default(),
    };
    let addenda = children.next_if("Addenda").map(|node| raw(text, node));
    children.finish()?;

    let known = [NS_CFDI, NS_PAGO20, NS_IMPLOCAL, super::NS_XSI];
    let keeps_bytes = !complemento.otros.is_empty()
        || addenda.is_some()
        || conceptos.iter().any(|line| line.complemento_concepto.is_some());
    let otros_espacios = root
        .declared
        .iter()
        .filter(|(prefix, space)| keeps_bytes && !prefix.is_empty() && !known.contains(space))
        .map(|(prefix, space)| ((*prefix).to_owned(), (*space).to_owned()))
        .collect();

    let document = Comprobante {
        serie: f.opt("Serie"),
        folio: f.opt("Folio"),
        fecha: f.fecha("Fecha")?,
        sello: f.or_empty("Sello"),
        forma_pago: f.opt("FormaPago"),
        no_certificado: f.or_empty("NoCertificado"),
        certificado: f.or_empty("Certificado"),
        condiciones_de_pago: f.opt("CondicionesDePago"),
        sub_total: f.number("SubTotal", SIX)?,
        descuento: f.opt_number("Descuento", SIX)?,
        moneda: f.text("Moneda")?,
        tipo_cambio: f.opt_number("TipoCambio", SIX)?,
        total: f.number("Total", SIX)?,
        tipo_de_comprobante,
        exportacion: f.text("Exportacion")?,
        metodo_pago: f.opt("MetodoPago"),
        lugar_expedicion: f.text("LugarExpedicion")?,
        confirmacion: f.opt("Confirmacion"),
        informacion_global,
        relacionados,
        emisor,
        receptor,
        conceptos,
        impuestos,
        complemento,
        addenda,
        otros_espacios,
    };
    f.finish()?;
    Ok(document)
}

/// An element without attributes that only holds children of one name, at least one.
fn group<'n, 'a, T>(
    node: &'n Node<'a>,
    name: &'static str,
    read: impl Fn(&'n Node<'a>) -> Result<T, ReadError>,
) -> Result<Vec<T>, ReadError> {
    Fields::new(node).finish()?;
    let mut children = Children::new(node, NS_CFDI);
    let all = children.some(name, read)?;
    children.finish()?;
    Ok(all)
}

fn leaf(f: Fields<'_, '_>, node: &Node<'_>) -> Result<(), ReadError> {
    f.finish()?;
    Children::new(node, NS_CFDI).finish()
}

fn global(node: &Node<'_>) -> Result<InformacionGlobal, ReadError> {
    let mut f = Fields::new(node);
    let global =
        InformacionGlobal { periodicidad: f.text("Periodicidad")?, meses: f.text("Meses")?, anio: f.text("Año")? };
    leaf(f, node)?;
    Ok(global)
}

fn related(node: &Node<'_>) -> Result<CfdiRelacionados, ReadError> {
    let mut f = Fields::new(node);
    let tipo_relacion = f.text("TipoRelacion")?;
    f.finish()?;
    let mut children = Children::new(node, NS_CFDI);
    let uuids = children.some("CfdiRelacionado", |node| {
        let mut f = Fields::new(node);
        let uuid = f.text("UUID")?;
        leaf(f, node)?;
        Ok(uuid)
    })?;
    children.finish()?;
    Ok(CfdiRelacionados { tipo_relacion, uuids })
}

fn emisor(node: &Node<'_>) -> Result<Emisor, ReadError> {
    let mut f = Fields::new(node);
    let emisor = Emisor {
        rfc: f.text("Rfc")?,
        nombre: f.text("Nombre")?,
        regimen_fiscal: f.text("RegimenFiscal")?,
        fac_atr_adquirente: f.opt("FacAtrAdquirente"),
    };
    leaf(f, node)?;
    Ok(emisor)
}

fn receptor(node: &Node<'_>) -> Result<Receptor, ReadError> {
    let mut f = Fields::new(node);
    let receptor = Receptor {
        rfc: f.text("Rfc")?,
        nombre: f.text("Nombre")?,
        domicilio_fiscal: f.text("DomicilioFiscalReceptor")?,
        residencia_fiscal: f.opt("ResidenciaFiscal"),
        num_reg_id_trib: f.opt("NumRegIdTrib"),
        regimen_fiscal: f.text("RegimenFiscalReceptor")?,
        uso_cfdi: f.text("UsoCFDI")?,
    };
    leaf(f, node)?;
    Ok(receptor)
}

fn concepto(text: &str, node: &Node<'_>) -> Result<Concepto, ReadError> {
    let mut f = Fields::new(node);
    let mut children = Children::new(node, NS_CFDI);
    let impuestos = children.next_if("Impuestos").map(line_taxes).transpose()?;
    let a_cuenta_terceros = children.next_if("ACuentaTerceros").map(third_party).transpose()?;
    let informacion_aduanera = children.many("InformacionAduanera", pedimento)?;
    let cuenta_predial = children.many("CuentaPredial", |node| {
        let mut f = Fields::new(node);
        let number = f.text("Numero")?;
        leaf(f, node)?;
        Ok(number)
    })?;
    let complemento_concepto = children.next_if("ComplementoConcepto").map(|node| raw(text, node));
    let partes = children.many("Parte", parte)?;
    children.finish()?;
    let line = Concepto {
        clave_prod_serv: f.text("ClaveProdServ")?,
        no_identificacion: f.opt("NoIdentificacion"),
        cantidad: f.number("Cantidad", SIX)?,
        clave_unidad: f.text("ClaveUnidad")?,
        unidad: f.opt("Unidad"),
        descripcion: f.text("Descripcion")?,
        valor_unitario: f.number("ValorUnitario", SIX)?,
        importe: f.number("Importe", SIX)?,
        descuento: f.opt_number("Descuento", SIX)?,
        objeto_imp: f.text("ObjetoImp")?,
        impuestos,
        a_cuenta_terceros,
        informacion_aduanera,
        cuenta_predial,
        complemento_concepto,
        partes,
    };
    f.finish()?;
    Ok(line)
}

fn line_taxes(node: &Node<'_>) -> Result<ConceptoImpuestos, ReadError> {
    Fields::new(node).finish()?;
    let mut children = Children::new(node, NS_CFDI);
    let traslados = match children.next_if("Traslados") {
        Some(node) => group(node, "Traslado", traslado)?,
        None => Vec::new(),
    };
    let retenciones = match children.next_if("Retenciones") {
        Some(node) => group(node, "Retencion", retencion)?,
        None => Vec::new(),
    };
    children.finish()?;
    Ok(ConceptoImpuestos { traslados, retenciones })
}

fn traslado(node: &Node<'_>) -> Result<Traslado, ReadError> {
    let mut f = Fields::new(node);
    let tax = Traslado {
        base: f.number("Base", SIX)?,
        impuesto: f.text("Impuesto")?,
        tipo_factor: f.factor("TipoFactor")?,
        tasa_o_cuota: f.opt_number("TasaOCuota", SIX)?,
        importe: f.opt_number("Importe", SIX)?,
    };
    leaf(f, node)?;
    Ok(tax)
}

fn retencion(node: &Node<'_>) -> Result<Retencion, ReadError> {
    let mut f = Fields::new(node);
    let tax = Retencion {
        base: f.number("Base", SIX)?,
        impuesto: f.text("Impuesto")?,
        tipo_factor: f.factor("TipoFactor")?,
        tasa_o_cuota: f.number("TasaOCuota", SIX)?,
        importe: f.number("Importe", SIX)?,
    };
    leaf(f, node)?;
    Ok(tax)
}

fn third_party(node: &Node<'_>) -> Result<ACuentaTerceros, ReadError> {
    let mut f = Fields::new(node);
    let third = ACuentaTerceros {
        rfc: f.text("RfcACuentaTerceros")?,
        nombre: f.text("NombreACuentaTerceros")?,
        regimen_fiscal: f.text("RegimenFiscalACuentaTerceros")?,
        domicilio_fiscal: f.text("DomicilioFiscalACuentaTerceros")?,
    };
    leaf(f, node)?;
    Ok(third)
}

fn pedimento(node: &Node<'_>) -> Result<String, ReadError> {
    let mut f = Fields::new(node);
    let number = f.text("NumeroPedimento")?;
    leaf(f, node)?;
    Ok(number)
}

fn parte(node: &Node<'_>) -> Result<Parte, ReadError> {
    let mut f = Fields::new(node);
    let mut children = Children::new(node, NS_CFDI);
    let informacion_aduanera = children.many("InformacionAduanera", pedimento)?;
    children.finish()?;
    let part = Parte {
        clave_prod_serv: f.text("ClaveProdServ")?,
        no_identificacion: f.opt("NoIdentificacion"),
        cantidad: f.number("Cantidad", SIX)?,
        unidad: f.opt("Unidad"),
        descripcion: f.text("Descripcion")?,
        valor_unitario: f.opt_number("ValorUnitario", SIX)?,
        importe: f.opt_number("Importe", SIX)?,
        informacion_aduanera,
    };
    f.finish()?;
    Ok(part)
}

fn impuestos(node: &Node<'_>) -> Result<Impuestos, ReadError> {
    let mut f = Fields::new(node);
    let total_retenidos = f.opt_number("TotalImpuestosRetenidos", SIX)?;
    let total_trasladados = f.opt_number("TotalImpuestosTrasladados", SIX)?;
    f.finish()?;
    let mut children = Children::new(node, NS_CFDI);
    let retenciones = match children.next_if("Retenciones") {
        Some(node) => group(node, "Retencion", |node| {
            let mut f = Fields::new(node);
            let total = RetencionTotal { impuesto: f.text("Impuesto")?, importe: f.number("Importe", SIX)? };
            leaf(f, node)?;
            Ok(total)
        })?,
        None => Vec::new(),
    };
    let traslados = match children.next_if("Traslados") {
        Some(node) => group(node, "Traslado", |node| {
            let mut f = Fields::new(node);
            let total = TrasladoTotal {
                base: f.number("Base", SIX)?,
                impuesto: f.text("Impuesto")?,
                tipo_factor: f.factor("TipoFactor")?,
                tasa_o_cuota: f.opt_number("TasaOCuota", SIX)?,
                importe: f.opt_number("Importe", SIX)?,
            };
            leaf(f, node)?;
            Ok(total)
        })?,
        None => Vec::new(),
    };
    children.finish()?;
    Ok(Impuestos { total_retenidos, total_trasladados, retenciones, traslados })
}

fn complemento(text: &str, node: &Node<'_>) -> Result<Complemento, ReadError> {
    Fields::new(node).finish()?;
    let mut all = Complemento::default();
    let twice = |node: &Node<'_>| ReadError::UnexpectedElement {
        parent: "Complemento".to_owned(),
        name: node.local.to_owned(),
    };
    for child in &node.children {
        if child.is(NS_PAGO20, "Pagos") {
            if all.pagos.replace(reader_pagos::pagos(child)?).is_some() {
                return Err(twice(child));
            }
        } else if child.is(NS_IMPLOCAL, "ImpuestosLocales") {
            if all.impuestos_locales.replace(local_taxes(child)?).is_some() {
                return Err(twice(child));
            }
        } else if child.is(NS_TFD, "TimbreFiscalDigital") {
            if all.timbre.replace(read_tfd(child)?).is_some() {
                return Err(twice(child));
            }
        } else {
            all.otros.push(UnknownComplement {
                espacio: child.space.to_owned(),
                nombre: child.local.to_owned(),
                xml: raw(text, child),
            });
        }
    }
    Ok(all)
}

fn local_taxes(node: &Node<'_>) -> Result<ImpuestosLocales, ReadError> {
    let mut f = Fields::new(node);
    f.fixed("version", "1.0")?;
    let total_retenciones = f.number("TotaldeRetenciones", 2)?;
    let total_traslados = f.number("TotaldeTraslados", 2)?;
    f.finish()?;
    let read = |node: &Node<'_>, name: &'static str, rate: &'static str| {
        let mut f = Fields::new(node);
        let tax = ImpuestoLocal { nombre: f.text(name)?, tasa: f.number(rate, 2)?, importe: f.number("Importe", 2)? };
        leaf(f, node)?;
        Ok(tax)
    };
    let mut local = ImpuestosLocales { total_retenciones, total_traslados, retenciones: vec![], traslados: vec![] };
    // The schema lets the two kinds alternate; the cadena takes one after the other.
    for child in &node.children {
        if child.is(NS_IMPLOCAL, "RetencionesLocales") {
            local.retenciones.push(read(child, "ImpLocRetenido", "TasadeRetencion")?);
        } else if child.is(NS_IMPLOCAL, "TrasladosLocales") {
            local.traslados.push(read(child, "ImpLocTrasladado", "TasadeTraslado")?);
        } else {
            return Err(ReadError::UnexpectedElement { parent: node.local.to_owned(), name: child.local.to_owned() });
        }
    }
    Ok(local)
}
