use super::InvoicePdf;
use crate::layout::{Align, Flow, Ink, Picture, Style, wrap};
use crate::numbers::{exact_date_time, quantity};

/// The logo's box, in points.
const LOGO: (f32, f32) = (110.0, 44.0);
/// Width of the labels beside their values.
const LABELS: f32 = 78.0;

/// Issuer, number, receiver and the conditions of the document.
pub(super) fn draw(flow: &mut Flow, invoice: &InvoicePdf, logo: Option<&Picture>, title: &str) {
    issuer(flow, invoice, logo, title);
    let (left, right, y) = (flow.left(), flow.right(), flow.y);
    flow.canvas().rule(left, right, y, 0.5, Ink::Line);
    flow.y += 8.0;
    parties(flow, invoice);
    references(flow, invoice);
    flow.y += 8.0;
}

fn issuer(flow: &mut Flow, invoice: &InvoicePdf, logo: Option<&Picture>, title: &str) {
    let (left, right, top) = (flow.left(), flow.right(), flow.y);
    let column = flow.width() * 0.55;
    let mut x = left;
    let mut bottom = top;
    if let Some(logo) = logo {
        let (width, height) = logo.fit(LOGO.0, LOGO.1);
        flow.canvas().picture(logo.id.clone(), x, top, width, height);
        x += width + 12.0;
        bottom = top + height;
    }
    let room = left + column - x;
    let name = wrap(&invoice.issuer.name, Style::COMPANY, room);
    let details = [
        format!("RFC {}", invoice.issuer.rfc),
        format!("Régimen {}", invoice.issuer.regime.shown()),
        format!("Lugar de expedición {}", invoice.place_of_issue),
    ];
    let mut y = flow.canvas().lines(Align::Left, x, top, Style::COMPANY, &name) + 1.0;
    for detail in &details {
        let lines = wrap(detail, Style::BODY, room);
        y = flow.canvas().lines(Align::Left, x, y, Style::BODY, &lines);
    }
    bottom = bottom.max(y);

    let room = flow.width() - column - 12.0;
    let title = wrap(title, Style::TITLE, room);
    let mut y = flow.canvas().lines(Align::Right, right, top, Style::TITLE, &title);
    let kind = format!("{}, CFDI 4.0", invoice.kind.shown());
    let canvas = flow.canvas();
    canvas.text(Align::Right, right, y, Style::BODY, &exact_date_time(invoice.issued_at));
    y += Style::BODY.leading();
    canvas.text(Align::Right, right, y, Style::MUTED, &kind);
    y += Style::MUTED.leading() + 3.0;
    let (label, value) = match invoice.status.stamp() {
        Some(stamp) => ("Folio fiscal", stamp.uuid.as_str()),
        None => ("Sin timbrar", "Borrador sin valor fiscal"),
    };
    canvas.text(Align::Right, right, y, Style::SMALL, label);
    y += Style::SMALL.leading();
    let lines = wrap(value, Style::STRONG, room + 30.0);
    y = canvas.lines(Align::Right, right, y, Style::STRONG, &lines);
    flow.y = bottom.max(y) + 9.0;
}

fn parties(flow: &mut Flow, invoice: &InvoicePdf) {
    let (left, top) = (flow.left(), flow.y);
    let half = flow.width() / 2.0;
    let column = half - 14.0;
    let receiver = &invoice.receiver;

    let mut y = top;
    flow.canvas().text(Align::Left, left, y, Style::MUTED, "Receptor");
    y += Style::MUTED.leading();
    let name = wrap(&receiver.name, Style::STRONG, column);
    y = flow.canvas().lines(Align::Left, left, y, Style::STRONG, &name);
    let mut details = vec![
        format!("RFC {}", receiver.rfc),
        format!("Domicilio fiscal {}", receiver.postal_code),
        format!("Régimen {}", receiver.regime.shown()),
        format!("Uso del CFDI {}", receiver.use_of_cfdi.shown()),
    ];
    if let Some(residence) = &receiver.residence {
        details.push(format!("Residencia fiscal {}", residence.shown()));
    }
    if !receiver.foreign_tax_id.is_empty() {
        details.push(format!("Registro de identidad fiscal {}", receiver.foreign_tax_id));
    }
    for detail in &details {
        let lines = wrap(detail, Style::BODY, column);
        y = flow.canvas().lines(Align::Left, left, y, Style::BODY, &lines);
    }
    let left_end = y;

    let x = left + half;
    let mut y = top;
    for (label, value) in conditions(invoice) {
        let lines = wrap(&value, Style::BODY, half - LABELS);
        flow.canvas().text(Align::Left, x, y, Style::MUTED, label);
        y = flow.canvas().lines(Align::Left, x + LABELS, y, Style::BODY, &lines);
    }
    flow.y = left_end.max(y);
}

/// The labelled facts beside the receiver; those the document lacks are left out.
fn conditions(invoice: &InvoicePdf) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Moneda", invoice.currency.currency.shown())];
    if let Some(rate) = invoice.currency.exchange_rate {
        facts.push(("Tipo de cambio", quantity(rate)));
    }
    facts.extend(invoice.payment_form.as_ref().map(|form| ("Forma de pago", form.shown())));
    facts.extend(invoice.payment_method.as_ref().map(|method| ("Método de pago", method.shown())));
    facts.push(("Condiciones", invoice.payment_conditions.clone()));
    facts.push(("Exportación", invoice.export.shown()));
    facts.push(("Confirmación", invoice.confirmation.clone()));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// Period of a global invoice and related documents, one under another.
fn references(flow: &mut Flow, invoice: &InvoicePdf) {
    let mut sentences = Vec::new();
    if let Some(global) = &invoice.global {
        sentences.push((
            "Factura global",
            format!("{}, {}, {}", global.periodicity.shown(), global.months.shown(), global.year),
        ));
    }
    for relation in &invoice.relations {
        sentences.push(("Relacionados", format!("{}: {}", relation.kind.shown(), relation.uuids.join(", "))));
    }
    let left = flow.left();
    for (label, value) in sentences {
        flow.y += 3.0;
        for (index, line) in wrap(&value, Style::BODY, flow.width() - LABELS).iter().enumerate() {
            flow.ensure(Style::BODY.leading());
            let y = flow.y;
            if index == 0 {
                flow.canvas().text(Align::Left, left, y, Style::MUTED, label);
            }
            flow.canvas().text(Align::Left, left + LABELS, y, Style::BODY, line);
            flow.y += Style::BODY.leading();
        }
    }
}
