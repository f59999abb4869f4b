use jiff::civil::DateTime;
use rust_decimal::Decimal;

use super::body::tax_sentence;
use super::{Keyed, PrintedTax};
use crate::layout::{Align, Cell, Column, Flow, Style, Table, wrap};
use crate::numbers::{date_time, figure, money, quantity};

/// One payment of a receipt of payment (complement Pagos 2.0).
#[derive(Debug, Clone)]
pub struct PrintedPayment {
    /// When it was received.
    pub paid_at: DateTime,
    /// How.
    pub form: Keyed,
    /// ISO code of its currency.
    pub currency: String,
    /// Pesos per unit of its currency, when it is not pesos.
    pub exchange_rate: Option<Decimal>,
    /// What was received.
    pub amount: Decimal,
    /// Operation number, banks and accounts, a sentence each.
    pub remarks: Vec<String>,
    /// What it pays.
    pub documents: Vec<PaidDocument>,
    /// Taxes of the payment.
    pub taxes: Vec<PrintedTax>,
}

/// An invoice a payment settles in whole or in part.
#[derive(Debug, Clone)]
pub struct PaidDocument {
    /// Its folio fiscal.
    pub uuid: String,
    /// `C-1284`; may be empty.
    pub number: String,
    /// ISO code of its currency.
    pub currency: String,
    /// Units of its currency per unit of the payment's.
    pub equivalence: Option<Decimal>,
    /// Instalment, from 1.
    pub instalment: u16,
    /// Owed before.
    pub balance_before: Decimal,
    /// Paid now.
    pub paid: Decimal,
    /// Owed after.
    pub balance_after: Decimal,
    /// `02 Sí objeto de impuesto`.
    pub tax_object: Keyed,
    /// Taxes of the part paid.
    pub taxes: Vec<PrintedTax>,
}

/// Amounts of payments carry two decimals, in every currency the complement is used with.
const DECIMALS: u32 = 2;

pub(super) fn draw(flow: &mut Flow, payments: &[PrintedPayment]) {
    for (index, payment) in payments.iter().enumerate() {
        heading(flow, index + 1, payment);
        table(payment).draw(flow);
        let taxes: Vec<_> = payment.taxes.iter().map(|tax| tax_sentence(tax, DECIMALS)).collect();
        if !taxes.is_empty() {
            let lines = wrap(&format!("Impuestos del pago: {}", taxes.join(" · ")), Style::SMALL, flow.width());
            let left = flow.left();
            flow.y += 4.0;
            flow.paragraph(left, Style::SMALL, &lines);
        }
        flow.y += 8.0;
    }
}

fn heading(flow: &mut Flow, number: usize, payment: &PrintedPayment) {
    let mut facts = vec![format!("Recibido el {}, {}", date_time(payment.paid_at), payment.form.shown())];
    if let Some(rate) = payment.exchange_rate {
        facts.push(format!("Tipo de cambio {}", quantity(rate)));
    }
    facts.extend(payment.remarks.iter().cloned());
    let lines = wrap(&facts.join(" · "), Style::BODY, flow.width());
    // The heading stays with the first row of its table.
    flow.ensure(Style::TOTAL.leading() + 4.0 * Style::BODY.leading() + 40.0);
    let (left, right, y) = (flow.left(), flow.right(), flow.y);
    let amount = format!("{} {}", money(payment.amount, DECIMALS), payment.currency);
    flow.canvas().text(Align::Left, left, y, Style::TOTAL, &format!("Pago {number}"));
    flow.canvas().text(Align::Right, right, y, Style::TOTAL, &amount);
    flow.y += Style::TOTAL.leading();
    flow.paragraph(left, Style::BODY, &lines);
    flow.y += 4.0;
}

fn table(payment: &PrintedPayment) -> Table {
    let columns = vec![
        Column::flexible("Documento pagado"),
        Column::right("Parcialidad"),
        Column::left("Moneda"),
        Column::right("Saldo anterior"),
        Column::right("Pagado"),
        Column::right("Saldo"),
    ];
    let row = |document: &PaidDocument| {
        let taxes: Vec<_> = document.taxes.iter().map(|tax| tax_sentence(tax, DECIMALS)).collect();
        let equivalence = document.equivalence.filter(|equal| *equal != Decimal::ONE);
        let plain = |amount| figure(amount, DECIMALS);
        vec![
            Cell::of(Style::BODY, document.number.as_str())
                .and(Style::SMALL, document.uuid.as_str())
                .and(Style::SMALL, document.tax_object.shown())
                .and(Style::SMALL, taxes.join(" · ")),
            Cell::of(Style::BODY, document.instalment.to_string()),
            Cell::of(Style::BODY, document.currency.as_str())
                .and(Style::SMALL, equivalence.map(|equal| equal.normalize().to_string()).unwrap_or_default()),
            Cell::of(Style::BODY, plain(document.balance_before)),
            Cell::of(Style::BODY, plain(document.paid)),
            Cell::of(Style::BODY, plain(document.balance_after)),
        ]
    };
    Table { columns, rows: payment.documents.iter().map(row).collect(), padding: 2.6 }
}
