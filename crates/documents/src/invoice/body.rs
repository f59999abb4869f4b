use rust_decimal::Decimal;

use super::{InvoiceLine, InvoicePdf, Keyed, PrintedTax, TaxRate};
use crate::layout::{Align, Cell, Column, Flow, Ink, Style, Table, wrap};
use crate::numbers::{figure, money, quantity, rate, unit_price};
use crate::words::{WordStyle, amount_in_words};

/// Blank above and below a row: tighter than a proposal, so that twelve lines and the stamp share a page.
const PADDING: f32 = 2.6;

/// The lines with their keys, taxes and amounts.
pub(super) fn lines(flow: &mut Flow, invoice: &InvoicePdf) {
    let decimals = invoice.currency.decimals;
    let discounted = invoice.lines.iter().any(|line| line.discount.is_some());
    let mut columns = vec![
        Column::left("Clave"),
        Column::flexible("Descripción"),
        Column::right("Cantidad"),
        Column::left("Unidad"),
        Column::right("Precio"),
    ];
    if discounted {
        columns.push(Column::right("Descuento"));
    }
    columns.push(Column::right("Importe"));

    let row = |line: &InvoiceLine| {
        let mut cells = vec![
            Cell::of(Style::BODY, line.product.key.as_str()).and(Style::SMALL, line.sku.as_str()),
            description(line, decimals),
            Cell::of(Style::BODY, quantity(line.quantity)),
            unit(&line.unit),
            Cell::of(Style::BODY, unit_price(line.unit_price, decimals)),
        ];
        if discounted {
            cells.push(Cell::of(
                Style::BODY,
                line.discount.map_or("—".to_owned(), |off| figure(off, line_scale(off, decimals))),
            ));
        }
        cells.push(Cell::of(Style::BODY, figure(line.amount, line_scale(line.amount, decimals))));
        cells
    };
    let rows = invoice.lines.iter().map(row).collect();
    Table { columns, rows, padding: PADDING }.draw(flow);
}

fn description(line: &InvoiceLine, decimals: u32) -> Cell {
    let mut facts = Vec::new();
    if !line.product.text.is_empty() {
        facts.push(line.product.text.clone());
    }
    facts.push(line.tax_object.shown());
    facts.extend(line.taxes.iter().map(|tax| tax_sentence(tax, decimals)));
    let mut cell = Cell::of(Style::BODY, line.description.as_str()).and(Style::SMALL, facts.join(" · "));
    for remark in &line.remarks {
        cell = cell.and(Style::SMALL, remark.as_str());
    }
    cell
}

/// `IVA 16 % de 250,000.00: 40,000.00`.
pub(super) fn tax_sentence(tax: &PrintedTax, decimals: u32) -> String {
    let shown = |amount| figure(amount, line_scale(amount, decimals));
    let mut sentence = tax_label(tax);
    if let Some(base) = tax.base {
        sentence = format!("{sentence} de {}", shown(base));
    }
    if let Some(amount) = tax.amount {
        sentence = format!("{sentence}: {}", shown(amount));
    }
    sentence
}

/// `IVA 16 %`, `Retención ISR 10 %`, `IVA exento`.
fn tax_label(tax: &PrintedTax) -> String {
    let name = if tax.withheld { format!("Retención {}", tax.name) } else { tax.name.clone() };
    match tax.rate {
        Some(TaxRate::Share(share)) => format!("{name} {}", rate(share)),
        Some(TaxRate::PerUnit(each)) => format!("{name} {} por unidad", quantity(each)),
        Some(TaxRate::Exempt) => format!("{name} exento"),
        None => name,
    }
}

/// Lines may carry six decimals where the document's sums carry two: as many as the figure needs.
fn line_scale(amount: Decimal, decimals: u32) -> u32 {
    amount.normalize().scale().clamp(decimals, 6)
}

/// The key of a unit and its words, broken so that a long name does not widen the column.
fn unit(unit: &Keyed) -> Cell {
    let words = wrap(&unit.text, Style::SMALL, 50.0);
    words.into_iter().fold(Cell::of(Style::BODY, unit.key.as_str()), |cell, line| cell.and(Style::SMALL, line))
}

/// The amount in words on the left, the sums on the right.
pub(super) fn totals(flow: &mut Flow, invoice: &InvoicePdf) {
    // A document that moves no money (currency XXX) has nothing to sum.
    if invoice.currency.currency.key == "XXX" {
        flow.y += 6.0;
        return;
    }
    let decimals = invoice.currency.decimals;
    let totals = &invoice.totals;
    let mut rows = vec![("Subtotal".to_owned(), figure(totals.subtotal, decimals))];
    if let Some(discount) = totals.discount {
        rows.push(("Descuento".to_owned(), figure(-discount, decimals)));
    }
    for tax in &totals.taxes {
        let signed = tax.amount.map(|amount| if tax.withheld { -amount } else { amount });
        rows.push((tax_label(tax), signed.map_or("—".to_owned(), |amount| figure(amount, decimals))));
    }
    let total = money(totals.total, decimals);

    let (left, right) = (flow.left(), flow.right());
    let figures = Style::TOTAL.width(&total).max(66.0);
    let labels = right - figures - 14.0;
    let label = format!("Total {}", invoice.currency.currency.key);
    let widest = rows.iter().map(|(label, _)| Style::MUTED.width(label)).fold(Style::TOTAL.width(&label), f32::max);
    let words = amount_in_words(totals.total, &invoice.currency.currency.key, WordStyle::Cfdi);
    let words = wrap(&words, Style::BODY, (labels - widest - 24.0 - left).max(150.0));

    let row_height = Style::BODY.leading() + 1.5;
    flow.y += 6.0;
    let sums = row_height * count(rows.len()) + Style::TOTAL.leading() + 10.0;
    flow.ensure(sums.max(Style::BODY.leading() * count(words.len() + 1)));
    let top = flow.y;
    flow.canvas().text(Align::Left, left, top, Style::MUTED, "Importe con letra");
    let words_end = flow.canvas().lines(Align::Left, left, top + Style::MUTED.leading(), Style::BODY, &words);

    let mut y = top;
    for (label, amount) in rows {
        flow.canvas().text(Align::Right, labels, y, Style::MUTED, &label);
        flow.canvas().text(Align::Right, right, y, Style::BODY, &amount);
        y += row_height;
    }
    flow.canvas().rule(labels - widest, right, y + 0.5, 0.8, Ink::Text);
    flow.canvas().text(Align::Right, labels, y + 3.5, Style::TOTAL, &label);
    flow.canvas().text(Align::Right, right, y + 3.5, Style::TOTAL, &total);
    flow.y = words_end.max(y + 3.5 + Style::TOTAL.leading()) + 6.0;
}

/// A number of lines as a factor of their height.
fn count(lines: usize) -> f32 {
    f32::from(u16::try_from(lines).unwrap_or(u16::MAX))
}
