use jiff::Timestamp;
use rust_decimal::Decimal;

use super::signature::Trace;
use super::{Acceptance, ProposalLine, ProposalPdf};
use crate::error::DocumentError;
use crate::layout::{
    Align, Cell, Column, Flow, Ink, Meta, PageFrame, Picture, Style, Table, assemble, wrap, wrap_anywhere,
};
use crate::numbers::{date, date_time, figure, money, percent, quantity, unit_price};
use crate::words::{WordStyle, amount_in_words};

const DECIMALS: u32 = 2;
/// The logo's box, in points.
const LOGO: (f32, f32) = (120.0, 34.0);
/// The box a signature is drawn in.
const SIGNATURE: (f32, f32) = (200.0, 62.0);

pub(super) fn draw(proposal: &ProposalPdf, created_at: Timestamp) -> Result<Vec<u8>, DocumentError> {
    let logo = proposal.company.logo.as_deref().map(|png| Picture::decode("logo", png)).transpose()?;
    let trace = proposal.acceptance.as_ref().map(|acceptance| Trace::read(&acceptance.signature)).transpose()?;
    let name = format!("Propuesta {}", proposal.number);

    let mut flow = Flow::new(PageFrame {
        margin: 52.0,
        top: 46.0,
        watermark: proposal.draft.then_some("BORRADOR"),
        running_head: (name.clone(), format!("versión {}, {}", proposal.version, date(proposal.date))),
        foot: proposal.company.contact_line.clone(),
    });
    letterhead(&mut flow, proposal, logo.as_ref(), &name);
    addressee(&mut flow, proposal);
    lines_table(proposal).draw(&mut flow);
    totals(&mut flow, proposal);
    notes(&mut flow, &proposal.notes);
    if let (Some(acceptance), Some(trace)) = (&proposal.acceptance, &trace) {
        signed(&mut flow, acceptance, trace);
    }

    let pictures = logo.into_iter().chain(trace.and_then(|trace| match trace {
        Trace::Picture(picture) => Some(picture),
        Trace::Strokes { .. } => None,
    }));
    let meta = Meta {
        title: format!("{name}, versión {}", proposal.version),
        author: proposal.company.name.clone(),
        subject: proposal.title.clone(),
        created_at,
    };
    assemble(meta, flow.finish(), pictures.collect())
}

fn letterhead(flow: &mut Flow, proposal: &ProposalPdf, logo: Option<&Picture>, name: &str) {
    let (left, right, top) = (flow.left(), flow.right(), flow.y);
    let mut x = left;
    let mut bottom = top + Style::TITLE.leading() + Style::MUTED.leading();
    if let Some(logo) = logo {
        let (width, height) = logo.fit(LOGO.0, LOGO.1);
        flow.canvas().picture(logo.id.clone(), x, top, width, height);
        x += width + 10.0;
        bottom = bottom.max(top + height);
    }
    let title_width = Style::TITLE.width(name).min(flow.width() / 2.0);
    let company = wrap(&proposal.company.name, Style::COMPANY, right - title_width - 16.0 - x);
    // One line stands on the middle of the logo; without a logo it shares the title's baseline.
    let company_top = match (logo, company.len()) {
        (Some(_), 1) => top + (bottom - top - Style::COMPANY.leading()) / 2.0,
        (Some(_), _) => top,
        (None, _) => top + Style::TITLE.ascent() - Style::COMPANY.ascent(),
    };
    let company_end = flow.canvas().lines(Align::Left, x, company_top, Style::COMPANY, &company);

    let title = wrap(name, Style::TITLE, flow.width() / 2.0);
    let y = flow.canvas().lines(Align::Right, right, top, Style::TITLE, &title);
    let version = format!("versión {}, {}", proposal.version, date(proposal.date));
    flow.canvas().text(Align::Right, right, y, Style::MUTED, &version);
    flow.y = bottom.max(company_end).max(y + Style::MUTED.leading()) + 20.0;
}

fn addressee(flow: &mut Flow, proposal: &ProposalPdf) {
    let (left, right, top) = (flow.left(), flow.right(), flow.y);
    let half = flow.width() / 2.0;
    let name = wrap(&proposal.customer, Style::STRONG, half);
    let contact = wrap(&proposal.contact, Style::BODY, half);
    let city = wrap(&proposal.city, Style::BODY, half);
    let canvas = flow.canvas();
    let mut y = top;
    canvas.text(Align::Left, left, y, Style::MUTED, "Para");
    y += Style::MUTED.leading();
    y = canvas.lines(Align::Left, left, y, Style::STRONG, &name);
    y = canvas.lines(Align::Left, left, y, Style::BODY, &contact);
    let left_end = canvas.lines(Align::Left, left, y, Style::BODY, &city);

    let mut y = top;
    if let Some(until) = proposal.valid_until {
        canvas.text(Align::Right, right, y, Style::MUTED, "Vigente hasta");
        y = canvas.lines(Align::Right, right, y + Style::MUTED.leading(), Style::BODY, &[date(until)]);
    }
    let terms = wrap(&proposal.terms, Style::BODY, half - 20.0);
    if !terms.is_empty() {
        canvas.text(Align::Right, right, y, Style::MUTED, "Condiciones");
        y = canvas.lines(Align::Right, right, y + Style::MUTED.leading(), Style::BODY, &terms);
    }
    flow.y = left_end.max(y) + 14.0;

    let title = wrap(&proposal.title, Style::COMPANY, flow.width());
    if !title.is_empty() {
        flow.paragraph(left, Style::COMPANY, &title);
        flow.y += 6.0;
    }
    flow.y += 2.0;
}

fn lines_table(proposal: &ProposalPdf) -> Table {
    let discounted = proposal.lines.iter().any(|line| !line.discount_percent.is_zero());
    let mut columns =
        vec![Column::left(""), Column::flexible("Descripción"), Column::right("Cantidad"), Column::right("Precio")];
    if discounted {
        columns.push(Column::right("Desc."));
    }
    columns.push(Column::right("Importe"));

    let row = |(index, line): (usize, &ProposalLine)| {
        let detail = match (line.sku.as_str(), line.recurrence.words()) {
            (sku, "") => sku.to_owned(),
            ("", recurrence) => recurrence.to_owned(),
            (sku, recurrence) => format!("{sku}, {recurrence}"),
        };
        let count = format!("{} {}", quantity(line.quantity), line.unit);
        let mut cells = vec![
            Cell::of(Style::BODY, (index + 1).to_string()),
            Cell::of(Style::BODY, line.description.as_str()).and(DETAIL, detail),
            Cell::of(Style::BODY, count.trim_end()),
            Cell::of(Style::BODY, unit_price(line.price, DECIMALS)),
        ];
        if discounted {
            let none = line.discount_percent.is_zero();
            cells.push(Cell::of(Style::BODY, if none { "—".to_owned() } else { percent(line.discount_percent) }));
        }
        cells.push(Cell::of(Style::BODY, figure(line.amount, DECIMALS)));
        cells
    };
    Table { columns, rows: proposal.lines.iter().enumerate().map(row).collect(), padding: 4.2 }
}

/// The key under a description.
const DETAIL: Style = Style { size: 7.2, ..Style::MUTED };

fn totals(flow: &mut Flow, proposal: &ProposalPdf) {
    let totals = &proposal.totals;
    let mut rows: Vec<(String, Decimal)> = Vec::new();
    if let Some(discount) = totals.document_discount {
        rows.push((format!("Descuento {}", percent(discount.percent)), -discount.amount));
    }
    rows.push(("Subtotal".to_owned(), totals.subtotal));
    rows.extend(totals.taxes.iter().map(|tax| (tax.label.clone(), tax.amount)));

    let total = money(totals.total, DECIMALS);
    let words = amount_in_words(totals.total, &proposal.currency, WordStyle::Proposal);
    let words = wrap(&words, Style::MUTED, flow.width());
    let row_height = Style::BODY.leading() + 2.5;
    let height = row_height * row_count(rows.len()) + Style::TOTAL.leading() + 12.0;
    flow.y += 8.0;
    flow.ensure(height + Style::MUTED.leading() * row_count(words.len()) + 10.0);

    let right = flow.right();
    let figures = Style::TOTAL.width(&total).max(72.0);
    let labels = right - figures - 16.0;
    for (label, amount) in rows {
        let y = flow.y;
        flow.canvas().text(Align::Right, labels, y, Style::MUTED, &label);
        flow.canvas().text(Align::Right, right, y, Style::BODY, &figure(amount, DECIMALS));
        flow.y += row_height;
    }
    let y = flow.y + 1.0;
    let label = format!("Total {}", proposal.currency);
    let label_width = Style::TOTAL.width(&label).max(72.0);
    flow.canvas().rule(labels - label_width, labels, y, 0.8, Ink::Text);
    flow.canvas().rule(right - figures, right, y, 0.8, Ink::Text);
    flow.canvas().text(Align::Right, labels, y + 4.0, Style::TOTAL, &label);
    flow.canvas().text(Align::Right, right, y + 4.0, Style::TOTAL, &total);
    flow.y = y + 4.0 + Style::TOTAL.leading() + 5.0;
    let y = flow.y;
    flow.y = flow.canvas().lines(Align::Right, right, y, Style::MUTED, &words);
}

fn notes(flow: &mut Flow, notes: &str) {
    let lines = wrap(notes, Style::BODY, flow.width());
    if lines.is_empty() {
        return;
    }
    flow.y += 18.0;
    flow.ensure(Style::STRONG.leading() + 3.0 * Style::BODY.leading());
    let left = flow.left();
    flow.paragraph(left, Style::STRONG, &["Notas".to_owned()]);
    flow.y += 2.0;
    flow.paragraph(left, Style::BODY, &lines);
}

fn signed(flow: &mut Flow, acceptance: &Acceptance, trace: &Trace) {
    flow.y += 22.0;
    let (left, right) = (flow.left(), flow.right());
    let beside = left + SIGNATURE.0 + 28.0;
    let name = wrap(&acceptance.signer, Style::STRONG, SIGNATURE.0);
    let role = wrap(&acceptance.role, Style::MUTED, SIGNATURE.0);
    let hash = wrap_anywhere(&acceptance.content_hash, Style::DATUM, right - beside);
    let below = Style::STRONG.leading() * row_count(name.len()) + Style::MUTED.leading() * row_count(role.len());
    flow.ensure(Style::COMPANY.leading() + SIGNATURE.1 + below + 20.0);

    let top = flow.y;
    flow.canvas().rule(left, right, top, 0.5, Ink::Line);
    let top = top + 12.0;
    let canvas = flow.canvas();
    canvas.text(Align::Left, left, top, Style::COMPANY, "Aceptada y firmada");
    let box_top = top + Style::COMPANY.leading() + 4.0;
    trace.draw(canvas, left, box_top, SIGNATURE.0, SIGNATURE.1);
    let y = box_top + SIGNATURE.1 + 3.0;
    canvas.rule(left, left + SIGNATURE.0, y, 0.5, Ink::Muted);
    let y = canvas.lines(Align::Left, left, y + 4.0, Style::STRONG, &name);
    let end = canvas.lines(Align::Left, left, y, Style::MUTED, &role);

    let mut y = box_top;
    let date = [date_time(acceptance.signed_at)];
    for (label, lines) in [("Fecha y hora", &date[..]), ("Queda ligada a este documento por su huella", &hash[..])] {
        canvas.text(Align::Left, beside, y, Style::MUTED, label);
        let style = if label == "Fecha y hora" { Style::BODY } else { Style::DATUM };
        y = canvas.lines(Align::Left, beside, y + Style::MUTED.leading(), style, lines) + 6.0;
    }
    flow.y = end.max(y);
}

/// A number of lines as a factor of their height.
fn row_count(count: usize) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}
