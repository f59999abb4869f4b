//! One walk over a document, in the order of the schema, which is the order of the cadena original too.
//!
//! The XML writer and the cadena are two listeners of the same walk, so that they cannot disagree about a field.

use crate::model::{
    Comprobante, Concepto, ConceptoImpuestos, DoctoRelacionado, Impuestos, ImpuestosDr, ImpuestosLocales, ImpuestosP,
    Pago, Pagos, Parte, Tfd, UnknownComplement,
};
use rust_decimal::Decimal;

/// What listens to a walk.
pub(crate) trait Sink {
    /// An element begins; its attributes follow.
    fn open(&mut self, tag: &'static str);
    /// The element last begun ends.
    fn close(&mut self, tag: &'static str);
    /// An attribute that is in the XML and in the cadena.
    fn text(&mut self, name: &'static str, value: &str);
    /// The same, for a number.
    fn number(&mut self, name: &'static str, value: Decimal);
    /// An attribute of the XML alone.
    fn xml_text(&mut self, name: &'static str, value: &str);
    /// An attribute of the XML alone, a number.
    fn xml_number(&mut self, name: &'static str, value: Decimal);
    /// A field the cadena holds at this point though the XML held it before.
    fn cadena_number(&mut self, value: Decimal);
    /// Bytes kept as they were, outside the cadena.
    fn raw(&mut self, xml: &str);
    /// Namespaces and other attributes of the root that are nobody's data.
    fn root(&mut self, document: &Comprobante);
    /// A complement nobody here understands.
    fn unknown(&mut self, complement: &UnknownComplement);
    /// Where the stamp goes: written in the XML, absent from the document's cadena.
    fn stamp(&mut self, tfd: &Tfd);

    /// An optional attribute.
    fn opt_text(&mut self, name: &'static str, value: Option<&String>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// An optional number.
    fn opt_number(&mut self, name: &'static str, value: Option<Decimal>) {
        if let Some(value) = value {
            self.number(name, value);
        }
    }
}

/// A date and time as the SAT writes it.
pub(crate) fn fecha(value: jiff::civil::DateTime) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(19);
    let (date, time) = (value.date(), value.time());
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    text
}

pub(crate) fn document<S: Sink>(c: &Comprobante, s: &mut S) {
    s.open("cfdi:Comprobante");
    s.root(c);
    s.text("Version", "4.0");
    s.opt_text("Serie", c.serie.as_ref());
    s.opt_text("Folio", c.folio.as_ref());
    s.text("Fecha", &fecha(c.fecha));
    s.xml_text("Sello", &c.sello);
    s.opt_text("FormaPago", c.forma_pago.as_ref());
    s.text("NoCertificado", &c.no_certificado);
    s.xml_text("Certificado", &c.certificado);
    s.opt_text("CondicionesDePago", c.condiciones_de_pago.as_ref());
    s.number("SubTotal", c.sub_total);
    s.opt_number("Descuento", c.descuento);
    s.text("Moneda", &c.moneda);
    s.opt_number("TipoCambio", c.tipo_cambio);
    s.number("Total", c.total);
    s.text("TipoDeComprobante", c.tipo_de_comprobante.clave());
    s.text("Exportacion", &c.exportacion);
    s.opt_text("MetodoPago", c.metodo_pago.as_ref());
    s.text("LugarExpedicion", &c.lugar_expedicion);
    s.opt_text("Confirmacion", c.confirmacion.as_ref());

    if let Some(global) = &c.informacion_global {
        s.open("cfdi:InformacionGlobal");
        s.text("Periodicidad", &global.periodicidad);
        s.text("Meses", &global.meses);
        s.text("Año", &global.anio);
        s.close("cfdi:InformacionGlobal");
    }
    for related in &c.relacionados {
        s.open("cfdi:CfdiRelacionados");
        s.text("TipoRelacion", &related.tipo_relacion);
        for uuid in &related.uuids {
            s.open("cfdi:CfdiRelacionado");
            s.text("UUID", uuid);
            s.close("cfdi:CfdiRelacionado");
        }
        s.close("cfdi:CfdiRelacionados");
    }
    s.open("cfdi:Emisor");
    s.text("Rfc", &c.emisor.rfc);
    s.text("Nombre", &c.emisor.nombre);
    s.text("RegimenFiscal", &c.emisor.regimen_fiscal);
    s.opt_text("FacAtrAdquirente", c.emisor.fac_atr_adquirente.as_ref());
    s.close("cfdi:Emisor");
    s.open("cfdi:Receptor");
    s.text("Rfc", &c.receptor.rfc);
    s.text("Nombre", &c.receptor.nombre);
    s.text("DomicilioFiscalReceptor", &c.receptor.domicilio_fiscal);
    s.opt_text("ResidenciaFiscal", c.receptor.residencia_fiscal.as_ref());
    s.opt_text("NumRegIdTrib", c.receptor.num_reg_id_trib.as_ref());
    s.text("RegimenFiscalReceptor", &c.receptor.regimen_fiscal);
    s.text("UsoCFDI", &c.receptor.uso_cfdi);
    s.close("cfdi:Receptor");

    s.open("cfdi:Conceptos");
    for line in &c.conceptos {
        concepto(line, s);
    }
    s.close("cfdi:Conceptos");
    if let Some(taxes) = &c.impuestos {
        impuestos(taxes, s);
    }
    if !c.complemento.is_empty() {
        s.open("cfdi:Complemento");
        if let Some(payments) = &c.complemento.pagos {
            pagos(payments, s);
        }
        if let Some(local) = &c.complemento.impuestos_locales {
            locales(local, s);
        }
        for other in &c.complemento.otros {
            s.unknown(other);
        }
        if let Some(tfd) = &c.complemento.timbre {
            s.stamp(tfd);
        }
        s.close("cfdi:Complemento");
    }
    if let Some(addenda) = &c.addenda {
        s.raw(addenda);
    }
    s.close("cfdi:Comprobante");
}

fn concepto<S: Sink>(line: &Concepto, s: &mut S) {
    s.open("cfdi:Concepto");
    s.text("ClaveProdServ", &line.clave_prod_serv);
    s.opt_text("NoIdentificacion", line.no_identificacion.as_ref());
    s.number("Cantidad", line.cantidad);
    s.text("ClaveUnidad", &line.clave_unidad);
    s.opt_text("Unidad", line.unidad.as_ref());
    s.text("Descripcion", &line.descripcion);
    s.number("ValorUnitario", line.valor_unitario);
    s.number("Importe", line.importe);
    s.opt_number("Descuento", line.descuento);
    s.text("ObjetoImp", &line.objeto_imp);
    if let Some(taxes) = &line.impuestos {
        line_taxes(taxes, s);
    }
    if let Some(third) = &line.a_cuenta_terceros {
        s.open("cfdi:ACuentaTerceros");
        s.text("RfcACuentaTerceros", &third.rfc);
        s.text("NombreACuentaTerceros", &third.nombre);
        s.text("RegimenFiscalACuentaTerceros", &third.regimen_fiscal);
        s.text("DomicilioFiscalACuentaTerceros", &third.domicilio_fiscal);
        s.close("cfdi:ACuentaTerceros");
    }
    pedimentos(&line.informacion_aduanera, s);
    for account in &line.cuenta_predial {
        s.open("cfdi:CuentaPredial");
        s.text("Numero", account);
        s.close("cfdi:CuentaPredial");
    }
    if let Some(xml) = &line.complemento_concepto {
        s.raw(xml);
    }
    for part in &line.partes {
        parte(part, s);
    }
    s.close("cfdi:Concepto");
}

fn line_taxes<S: Sink>(taxes: &ConceptoImpuestos, s: &mut S) {
    s.open("cfdi:Impuestos");
    if !taxes.traslados.is_empty() {
        s.open("cfdi:Traslados");
        for tax in &taxes.traslados {
            s.open("cfdi:Traslado");
            s.number("Base", tax.base);
            s.text("Impuesto", &tax.impuesto);
            s.text("TipoFactor", tax.tipo_factor.clave());
            s.opt_number("TasaOCuota", tax.tasa_o_cuota);
            s.opt_number("Importe", tax.importe);
            s.close("cfdi:Traslado");
        }
        s.close("cfdi:Traslados");
    }
    if !taxes.retenciones.is_empty() {
        s.open("cfdi:Retenciones");
        for tax in &taxes.retenciones {
            s.open("cfdi:Retencion");
            s.number("Base", tax.base);
            s.text("Impuesto", &tax.impuesto);
            s.text("TipoFactor", tax.tipo_factor.clave());
            s.number("TasaOCuota", tax.tasa_o_cuota);
            s.number("Importe", tax.importe);
            s.close("cfdi:Retencion");
        }
        s.close("cfdi:Retenciones");
    }
    s.close("cfdi:Impuestos");
}

fn pedimentos<S: Sink>(numbers: &[String], s: &mut S) {
    for number in numbers {
        s.open("cfdi:InformacionAduanera");
        s.text("NumeroPedimento", number);
        s.close("cfdi:InformacionAduanera");
    }
}

fn parte<S: Sink>(part: &Parte, s: &mut S) {
    s.open("cfdi:Parte");
    s.text("ClaveProdServ", &part.clave_prod_serv);
    s.opt_text("NoIdentificacion", part.no_identificacion.as_ref());
    s.number("Cantidad", part.cantidad);
    s.opt_text("Unidad", part.unidad.as_ref());
    s.text("Descripcion", &part.descripcion);
    s.opt_number("ValorUnitario", part.valor_unitario);
    s.opt_number("Importe", part.importe);
    pedimentos(&part.informacion_aduanera, s);
    s.close("cfdi:Parte");
}

/// Retentions come first here, and the cadena holds each total after its own list.
fn impuestos<S: Sink>(taxes: &Impuestos, s: &mut S) {
    s.open("cfdi:Impuestos");
    if let Some(total) = taxes.total_retenidos {
        s.xml_number("TotalImpuestosRetenidos", total);
    }
    if let Some(total) = taxes.total_trasladados {
        s.xml_number("TotalImpuestosTrasladados", total);
    }
    if !taxes.retenciones.is_empty() {
        s.open("cfdi:Retenciones");
        for tax in &taxes.retenciones {
            s.open("cfdi:Retencion");
            s.text("Impuesto", &tax.impuesto);
            s.number("Importe", tax.importe);
            s.close("cfdi:Retencion");
        }
        s.close("cfdi:Retenciones");
    }
    if let Some(total) = taxes.total_retenidos {
        s.cadena_number(total);
    }
    if !taxes.traslados.is_empty() {
        s.open("cfdi:Traslados");
        for tax in &taxes.traslados {
            s.open("cfdi:Traslado");
            s.number("Base", tax.base);
            s.text("Impuesto", &tax.impuesto);
            s.text("TipoFactor", tax.tipo_factor.clave());
            s.opt_number("TasaOCuota", tax.tasa_o_cuota);
            s.opt_number("Importe", tax.importe);
            s.close("cfdi:Traslado");
        }
        s.close("cfdi:Traslados");
    }
    if let Some(total) = taxes.total_trasladados {
        s.cadena_number(total);
    }
    s.close("cfdi:Impuestos");
}

fn pagos<S: Sink>(payments: &Pagos, s: &mut S) {
    s.open("pago20:Pagos");
    s.text("Version", "2.0");
    let t = &payments.totales;
    s.open("pago20:Totales");
    s.opt_number("TotalRetencionesIVA", t.retenciones_iva);
    s.opt_number("TotalRetencionesISR", t.retenciones_isr);
    s.opt_number("TotalRetencionesIEPS", t.retenciones_ieps);
    s.opt_number("TotalTrasladosBaseIVA16", t.traslados_base_iva16);
    s.opt_number("TotalTrasladosImpuestoIVA16", t.traslados_impuesto_iva16);
    s.opt_number("TotalTrasladosBaseIVA8", t.traslados_base_iva8);
    s.opt_number("TotalTrasladosImpuestoIVA8", t.traslados_impuesto_iva8);
    s.opt_number("TotalTrasladosBaseIVA0", t.traslados_base_iva0);
    s.opt_number("TotalTrasladosImpuestoIVA0", t.traslados_impuesto_iva0);
    s.opt_number("TotalTrasladosBaseIVAExento", t.traslados_base_iva_exento);
    s.number("MontoTotalPagos", t.monto_total_pagos);
    s.close("pago20:Totales");
    for payment in &payments.pagos {
        pago(payment, s);
    }
    s.close("pago20:Pagos");
}

fn pago<S: Sink>(p: &Pago, s: &mut S) {
    s.open("pago20:Pago");
    s.text("FechaPago", &fecha(p.fecha_pago));
    s.text("FormaDePagoP", &p.forma_de_pago);
    s.text("MonedaP", &p.moneda);
    s.opt_number("TipoCambioP", p.tipo_cambio);
    s.number("Monto", p.monto);
    s.opt_text("NumOperacion", p.num_operacion.as_ref());
    s.opt_text("RfcEmisorCtaOrd", p.rfc_emisor_cta_ord.as_ref());
    s.opt_text("NomBancoOrdExt", p.nom_banco_ord_ext.as_ref());
    s.opt_text("CtaOrdenante", p.cta_ordenante.as_ref());
    s.opt_text("RfcEmisorCtaBen", p.rfc_emisor_cta_ben.as_ref());
    s.opt_text("CtaBeneficiario", p.cta_beneficiario.as_ref());
    s.opt_text("TipoCadPago", p.tipo_cad_pago.as_ref());
    s.opt_text("CertPago", p.cert_pago.as_ref());
    s.opt_text("CadPago", p.cad_pago.as_ref());
    s.opt_text("SelloPago", p.sello_pago.as_ref());
    for document in &p.documentos {
        docto(document, s);
    }
    if let Some(taxes) = &p.impuestos {
        impuestos_p(taxes, s);
    }
    s.close("pago20:Pago");
}

fn docto<S: Sink>(d: &DoctoRelacionado, s: &mut S) {
    s.open("pago20:DoctoRelacionado");
    s.text("IdDocumento", &d.id_documento);
    s.opt_text("Serie", d.serie.as_ref());
    s.opt_text("Folio", d.folio.as_ref());
    s.text("MonedaDR", &d.moneda);
    s.opt_number("EquivalenciaDR", d.equivalencia);
    s.number("NumParcialidad", Decimal::from(d.num_parcialidad));
    s.number("ImpSaldoAnt", d.imp_saldo_ant);
    s.number("ImpPagado", d.imp_pagado);
    s.number("ImpSaldoInsoluto", d.imp_saldo_insoluto);
    s.text("ObjetoImpDR", &d.objeto_imp);
    if let Some(taxes) = &d.impuestos {
        impuestos_dr(taxes, s);
    }
    s.close("pago20:DoctoRelacionado");
}

fn impuestos_dr<S: Sink>(taxes: &ImpuestosDr, s: &mut S) {
    s.open("pago20:ImpuestosDR");
    if !taxes.retenciones.is_empty() {
        s.open("pago20:RetencionesDR");
        for tax in &taxes.retenciones {
            s.open("pago20:RetencionDR");
            s.number("BaseDR", tax.base);
            s.text("ImpuestoDR", &tax.impuesto);
            s.text("TipoFactorDR", tax.tipo_factor.clave());
            s.number("TasaOCuotaDR", tax.tasa_o_cuota);
            s.number("ImporteDR", tax.importe);
            s.close("pago20:RetencionDR");
        }
        s.close("pago20:RetencionesDR");
    }
    if !taxes.traslados.is_empty() {
        s.open("pago20:TrasladosDR");
        for tax in &taxes.traslados {
            s.open("pago20:TrasladoDR");
            s.number("BaseDR", tax.base);
            s.text("ImpuestoDR", &tax.impuesto);
            s.text("TipoFactorDR", tax.tipo_factor.clave());
            s.opt_number("TasaOCuotaDR", tax.tasa_o_cuota);
            s.opt_number("ImporteDR", tax.importe);
            s.close("pago20:TrasladoDR");
        }
        s.close("pago20:TrasladosDR");
    }
    s.close("pago20:ImpuestosDR");
}

fn impuestos_p<S: Sink>(taxes: &ImpuestosP, s: &mut S) {
    s.open("pago20:ImpuestosP");
    if !taxes.retenciones.is_empty() {
        s.open("pago20:RetencionesP");
        for tax in &taxes.retenciones {
            s.open("pago20:RetencionP");
            s.text("ImpuestoP", &tax.impuesto);
            s.number("ImporteP", tax.importe);
            s.close("pago20:RetencionP");
        }
        s.close("pago20:RetencionesP");
    }
    if !taxes.traslados.is_empty() {
        s.open("pago20:TrasladosP");
        for tax in &taxes.traslados {
            s.open("pago20:TrasladoP");
            s.number("BaseP", tax.base);
            s.text("ImpuestoP", &tax.impuesto);
            s.text("TipoFactorP", tax.tipo_factor.clave());
            s.opt_number("TasaOCuotaP", tax.tasa_o_cuota);
            s.opt_number("ImporteP", tax.importe);
            s.close("pago20:TrasladoP");
        }
        s.close("pago20:TrasladosP");
    }
    s.close("pago20:ImpuestosP");
}

fn locales<S: Sink>(local: &ImpuestosLocales, s: &mut S) {
    s.open("implocal:ImpuestosLocales");
    s.text("version", "1.0");
    s.number("TotaldeRetenciones", local.total_retenciones);
    s.number("TotaldeTraslados", local.total_traslados);
    for tax in &local.retenciones {
        s.open("implocal:RetencionesLocales");
        s.text("ImpLocRetenido", &tax.nombre);
        s.number("TasadeRetencion", tax.tasa);
        s.number("Importe", tax.importe);
        s.close("implocal:RetencionesLocales");
    }
    for tax in &local.traslados {
        s.open("implocal:TrasladosLocales");
        s.text("ImpLocTrasladado", &tax.nombre);
        s.number("TasadeTraslado", tax.tasa);
        s.number("Importe", tax.importe);
        s.close("implocal:TrasladosLocales");
    }
    s.close("implocal:ImpuestosLocales");
}
