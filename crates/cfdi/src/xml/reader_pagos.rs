//! Reading the payments complement.

use super::NS_PAGO20;
use super::fields::{Children, Fields};
use super::tree::{Node, ReadError};
use crate::model::{
    DoctoRelacionado, ImpuestosDr, ImpuestosP, Pago, Pagos, RetencionDr, RetencionP, Totales, TrasladoDr, TrasladoP,
};

const SIX: u32 = 6;

pub(super) fn pagos(node: &Node<'_>) -> Result<Pagos, ReadError> {
    let mut f = Fields::new(node);
    f.fixed("Version", "2.0")?;
    f.finish()?;
    let mut children = Children::new(node, NS_PAGO20);
    let totales = totales(children.required("Totales")?)?;
    let pagos = children.some("Pago", pago)?;
    children.finish()?;
    Ok(Pagos { totales, pagos })
}

fn leaf(f: Fields<'_, '_>, node: &Node<'_>) -> Result<(), ReadError> {
    f.finish()?;
    Children::new(node, NS_PAGO20).finish()
}

/// The list inside an element that only wraps it; empty when the element is absent.
fn wrapped<'n, 'a, T>(
    children: &mut Children<'n, 'a>,
    wrapper: &str,
    name: &'static str,
    read: impl Fn(&'n Node<'a>) -> Result<T, ReadError>,
) -> Result<Vec<T>, ReadError> {
    let Some(node) = children.next_if(wrapper) else { return Ok(Vec::new()) };
    Fields::new(node).finish()?;
    let mut inner = Children::new(node, NS_PAGO20);
    let all = inner.some(name, read)?;
    inner.finish()?;
    Ok(all)
}

fn totales(node: &Node<'_>) -> Result<Totales, ReadError> {
    let mut f = Fields::new(node);
    let totales = Totales {
        retenciones_iva: f.opt_number("TotalRetencionesIVA", SIX)?,
        retenciones_isr: f.opt_number("TotalRetencionesISR", SIX)?,
        retenciones_ieps: f.opt_number("TotalRetencionesIEPS", SIX)?,
        traslados_base_iva16: f.opt_number("TotalTrasladosBaseIVA16", SIX)?,
        traslados_impuesto_iva16: f.opt_number("TotalTrasladosImpuestoIVA16", SIX)?,
        traslados_base_iva8: f.opt_number("TotalTrasladosBaseIVA8", SIX)?,
        traslados_impuesto_iva8: f.opt_number("TotalTrasladosImpuestoIVA8", SIX)?,
        traslados_base_iva0: f.opt_number("TotalTrasladosBaseIVA0", SIX)?,
        traslados_impuesto_iva0: f.opt_number("TotalTrasladosImpuestoIVA0", SIX)?,
        traslados_base_iva_exento: f.opt_number("TotalTrasladosBaseIVAExento", SIX)?,
        monto_total_pagos: f.number("MontoTotalPagos", SIX)?,
    };
    leaf(f, node)?;
    Ok(totales)
}

fn pago(node: &Node<'_>) -> Result<Pago, ReadError> {
    let mut f = Fields::new(node);
    let mut children = Children::new(node, NS_PAGO20);
    let documentos = children.some("DoctoRelacionado", docto)?;
    let impuestos = children.next_if("ImpuestosP").map(impuestos_p).transpose()?;
    children.finish()?;
    let pago = Pago {
        fecha_pago: f.fecha("FechaPago")?,
        forma_de_pago: f.text("FormaDePagoP")?,
        moneda: f.text("MonedaP")?,
        tipo_cambio: f.opt_number("TipoCambioP", SIX)?,
        monto: f.number("Monto", SIX)?,
        num_operacion: f.opt("NumOperacion"),
        rfc_emisor_cta_ord: f.opt("RfcEmisorCtaOrd"),
        nom_banco_ord_ext: f.opt("NomBancoOrdExt"),
        cta_ordenante: f.opt("CtaOrdenante"),
        rfc_emisor_cta_ben: f.opt("RfcEmisorCtaBen"),
        cta_beneficiario: f.opt("CtaBeneficiario"),
        tipo_cad_pago: f.opt("TipoCadPago"),
        cert_pago: f.opt("CertPago"),
        cad_pago: f.opt("CadPago"),
        sello_pago: f.opt("SelloPago"),
        documentos,
        impuestos,
    };
    f.finish()?;
    Ok(pago)
}

fn docto(node: &Node<'_>) -> Result<DoctoRelacionado, ReadError> {
    let mut f = Fields::new(node);
    let mut children = Children::new(node, NS_PAGO20);
    let impuestos = children.next_if("ImpuestosDR").map(impuestos_dr).transpose()?;
    children.finish()?;
    let docto = DoctoRelacionado {
        id_documento: f.text("IdDocumento")?,
        serie: f.opt("Serie"),
        folio: f.opt("Folio"),
        moneda: f.text("MonedaDR")?,
        equivalencia: f.opt_number("EquivalenciaDR", 10)?,
        num_parcialidad: f.instalment("NumParcialidad")?,
        imp_saldo_ant: f.number("ImpSaldoAnt", SIX)?,
        imp_pagado: f.number("ImpPagado", SIX)?,
        imp_saldo_insoluto: f.number("ImpSaldoInsoluto", SIX)?,
        objeto_imp: f.text("ObjetoImpDR")?,
        impuestos,
    };
    f.finish()?;
    Ok(docto)
}

fn impuestos_dr(node: &Node<'_>) -> Result<ImpuestosDr, ReadError> {
    Fields::new(node).finish()?;
    let mut children = Children::new(node, NS_PAGO20);
    let retenciones = wrapped(&mut children, "RetencionesDR", "RetencionDR", |node| {
        let mut f = Fields::new(node);
        let tax = RetencionDr {
            base: f.number("BaseDR", SIX)?,
            impuesto: f.text("ImpuestoDR")?,
            tipo_factor: f.factor("TipoFactorDR")?,
            tasa_o_cuota: f.number("TasaOCuotaDR", SIX)?,
            importe: f.number("ImporteDR", SIX)?,
        };
        leaf(f, node)?;
        Ok(tax)
    })?;
    let traslados = wrapped(&mut children, "TrasladosDR", "TrasladoDR", |node| {
        let mut f = Fields::new(node);
        let tax = TrasladoDr {
            base: f.number("BaseDR", SIX)?,
            impuesto: f.text("ImpuestoDR")?,
            tipo_factor: f.factor("TipoFactorDR")?,
            tasa_o_cuota: f.opt_number("TasaOCuotaDR", SIX)?,
            importe: f.opt_number("ImporteDR", SIX)?,
        };
        leaf(f, node)?;
        Ok(tax)
    })?;
    children.finish()?;
    Ok(ImpuestosDr { retenciones, traslados })
}

fn impuestos_p(node: &Node<'_>) -> Result<ImpuestosP, ReadError> {
    Fields::new(node).finish()?;
    let mut children = Children::new(node, NS_PAGO20);
    let retenciones = wrapped(&mut children, "RetencionesP", "RetencionP", |node| {
        let mut f = Fields::new(node);
        let tax = RetencionP { impuesto: f.text("ImpuestoP")?, importe: f.number("ImporteP", SIX)? };
        leaf(f, node)?;
        Ok(tax)
    })?;
    let traslados = wrapped(&mut children, "TrasladosP", "TrasladoP", |node| {
        let mut f = Fields::new(node);
        let tax = TrasladoP {
            base: f.number("BaseP", SIX)?,
            impuesto: f.text("ImpuestoP")?,
            tipo_factor: f.factor("TipoFactorP")?,
            tasa_o_cuota: f.opt_number("TasaOCuotaP", SIX)?,
            importe: f.opt_number("ImporteP", SIX)?,
        };
        leaf(f, node)?;
        Ok(tax)
    })?;
    children.finish()?;
    Ok(ImpuestosP { retenciones, traslados })
}
