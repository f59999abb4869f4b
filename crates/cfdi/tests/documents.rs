//! The bytes of whole documents, and documents drawn at random.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use proptest::prelude::*;
use rust_decimal::Decimal;
use zuc_cfdi::compute::{self, Rounding, rep};
use zuc_cfdi::input::{Draft, DraftLine, DraftTax};
use zuc_cfdi::model::{Comprobante, ImpuestosDr, TipoFactor};
use zuc_cfdi::{cadena, rules, xml};
use zuc_domain::shared::{Currency, Percentage, PricingLine, Quote, TaxKind};

/// A line break before every element, for people to read.
fn shown(document: &Comprobante) -> String {
    xml::write(document).replace("><", ">\n<")
}

#[test]
fn documents_are_written_the_same_for_ever() {
    insta::assert_snapshot!("ingreso", shown(&common::ingreso()));
    insta::assert_snapshot!("egreso", shown(&common::egreso()));
    insta::assert_snapshot!("pago", shown(&common::pago()));
    insta::assert_snapshot!("traslado", shown(&common::traslado()));
    insta::assert_snapshot!("global", shown(&common::global()));
}

#[test]
fn cadenas_are_written_the_same_for_ever() {
    insta::assert_snapshot!("cadena_ingreso", cadena::cadena_original(&common::ingreso()).unwrap());
    insta::assert_snapshot!("cadena_pago", cadena::cadena_original(&common::pago()).unwrap());
}

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn charged() -> impl Strategy<Value = Vec<DraftTax>> {
    let rate = |impuesto: &'static str, rate: &'static str| DraftTax::tasa(impuesto, d(rate));
    let quota = |per_unit: i64, base: i64| DraftTax {
        base: Some(Decimal::new(base, 3)),
        impuesto: "003".to_owned(),
        tipo_factor: TipoFactor::Cuota,
        tasa_o_cuota: Some(Decimal::new(per_unit, 6)),
        importe: None,
    };
    prop_oneof![
        3 => Just(vec![rate("002", "0.16")]),
        1 => Just(vec![rate("002", "0.08")]),
        1 => Just(vec![rate("002", "0")]),
        1 => Just(vec![DraftTax::exento("002")]),
        1 => Just(vec![rate("002", "0.16"), rate("003", "0.265")]),
        1 => (1..72_160_500_i64, 1..500_000_i64).prop_map(move |(per_unit, base)| vec![quota(per_unit, base), rate("002", "0.16")]),
        1 => Just(Vec::new()),
    ]
}

fn withheld() -> impl Strategy<Value = Vec<DraftTax>> {
    prop_oneof![
        3 => Just(Vec::new()),
        1 => Just(vec![DraftTax::tasa("001", d("0.10")), DraftTax::tasa("002", d("0.106667"))]),
        1 => Just(vec![DraftTax::tasa("001", d("0.0125"))]),
        1 => Just(vec![DraftTax::tasa("002", d("0.04"))]),
    ]
}

fn a_line() -> impl Strategy<Value = DraftLine> {
    let quantity = (1..5_000_000_i64, 0..=6_u32).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale));
    let price = (1..2_000_000_000_i64, 0..=6_u32).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale));
    (quantity, price, 0..=90_u32, charged(), withheld()).prop_map(
        |(quantity, price, percent, traslados, retenciones)| {
            let mut line = DraftLine::new("81111500".to_owned(), "E48".to_owned(), "Línea".to_owned(), quantity, price);
            // A discount in whole cents, or none where the amount is less than that.
            let discount = (quantity * price * Decimal::new(i64::from(percent), 2)).trunc_with_scale(2);
            line.descuento = Some(discount).filter(|discount| *discount > Decimal::ZERO);
            line.retenciones = if traslados.is_empty() { Vec::new() } else { retenciones };
            line.traslados = traslados;
            line
        },
    )
}

fn invoice(lines: Vec<DraftLine>) -> Draft {
    let mut draft = Draft::from_json(common::EGRESO).unwrap();
    draft.conceptos = lines;
    draft
}

/// Amounts of a cent or more, so that every base is above zero.
fn is_worth_billing(line: &DraftLine) -> bool {
    line.cantidad * line.valor_unitario >= d("0.10")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_invoice_we_compute_keeps_every_rule(
        lines in prop::collection::vec(a_line().prop_filter("too small", is_worth_billing), 1..8),
        six in any::<bool>(),
    ) {
        let rounding = if six { Rounding::SixDecimals } else { Rounding::TwoDecimals };
        let built = compute::build(invoice(lines), rounding).unwrap();
        let found: Vec<_> = rules::check(&built).into_iter().filter(rules::Finding::is_error).collect();
        // Retentions may exceed what a small, discounted line is worth; a total is never negative on paper.
        prop_assume!(built.total >= Decimal::ZERO);
        prop_assert_eq!(found, vec![]);
        let text = xml::write(&built);
        let read = xml::read(text.as_bytes()).unwrap();
        prop_assert_eq!(cadena::cadena_original(&read).unwrap(), cadena::cadena_original(&built).unwrap());
        prop_assert_eq!(xml::write(&read), text);
        prop_assert_eq!(read, built);
    }

    #[test]
    fn a_priced_proposal_and_its_invoice_agree_to_the_cent(
        lines in prop::collection::vec((1..100_000_i64, 0..=3_u32, 100..10_000_000_i64, 0..=90_i64, 0..4_usize), 1..8),
        document_discount in 0..=50_i64,
        six in any::<bool>(),
    ) {
        let rounding = if six { Rounding::SixDecimals } else { Rounding::TwoDecimals };
        let percent = |value: i64| Percentage::try_new(Decimal::from(value)).unwrap();
        let stated: Vec<PricingLine> = lines
            .iter()
            .map(|(quantity, scale, cents, discount, tax)| PricingLine {
                quantity: Decimal::new(*quantity, *scale),
                unit_price: Decimal::new(*cents, 2),
                discount: percent(*discount),
                tax: TaxKind::ALL[*tax],
            })
            .collect();
        let quote = Quote::price(&stated, percent(document_discount), rounding, Currency::Mxn).unwrap();
        let drafts = stated
            .iter()
            .zip(&quote.lines)
            .map(|(line, priced)| {
                let words = DraftLine::new("81111500".to_owned(), "E48".to_owned(), "Línea".to_owned(), line.quantity, line.unit_price);
                compute::priced_line(words, priced, rounding.line_decimals(Currency::Mxn))
            })
            .collect();
        let built = compute::build(invoice(drafts), rounding).unwrap();
        prop_assert_eq!(built.sub_total, quote.subtotal);
        prop_assert_eq!(built.descuento.unwrap_or_default(), quote.descuento);
        prop_assert_eq!(built.total, quote.total);
        let taxes = built.impuestos.clone().and_then(|taxes| taxes.total_trasladados).unwrap_or_default();
        prop_assert_eq!(taxes, quote.total_impuestos.unwrap_or_default());
        let found: Vec<_> = rules::check(&built).into_iter().filter(rules::Finding::is_error).collect();
        prop_assert_eq!(found, vec![]);
    }

    #[test]
    fn all_instalments_together_declare_the_taxes_of_the_invoice(cuts in prop::collection::vec(1..100_u32, 1..6)) {
        let invoice = common::ingreso();
        let whole: u32 = cuts.iter().sum();
        let mut declared: Vec<ImpuestosDr> = Vec::new();
        let mut open = invoice.total;
        for (index, part) in cuts.iter().enumerate() {
            let last = index + 1 == cuts.len();
            let share = invoice.total * Decimal::from(*part) / Decimal::from(whole);
            let paid = if last { open } else { share.round_dp(2) };
            open -= paid;
            declared.push(rep::taxes_for_payment(&invoice, paid, &declared, last).unwrap());
        }
        let groups = invoice.impuestos.unwrap();
        for group in &groups.traslados {
            let same = declared.iter().flat_map(|one| &one.traslados).filter(|tax| {
                (&tax.impuesto, tax.tipo_factor, tax.tasa_o_cuota) == (&group.impuesto, group.tipo_factor, group.tasa_o_cuota)
            });
            let (base, amount) = same.fold((Decimal::ZERO, Decimal::ZERO), |(base, amount), tax| {
                (base + tax.base, amount + tax.importe.unwrap_or_default())
            });
            prop_assert_eq!(base, group.base);
            prop_assert_eq!(amount, group.importe.unwrap_or_default());
        }
        for group in &groups.retenciones {
            let same = declared.iter().flat_map(|one| &one.retenciones).filter(|tax| tax.impuesto == group.impuesto);
            prop_assert_eq!(same.map(|tax| tax.importe).sum::<Decimal>(), group.importe);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0..4_000_usize) {
        let _ = xml::read(&bytes);
        let mut document = xml::write(&common::ingreso()).into_bytes();
        let at = at.min(document.len());
        document.splice(at..at, bytes);
        let _ = xml::read(&document);
    }
}

#[test]
fn amounts_beyond_the_format_are_refused_and_never_panic() {
    let huge = "999999999999999999.999999";
    let mut line = DraftLine::new("81111500".to_owned(), "E48".to_owned(), "Línea".to_owned(), d(huge), d(huge));
    line.traslados.push(DraftTax::tasa("002", d("0.16")));
    assert_eq!(
        compute::build(invoice(vec![line.clone()]), Rounding::TwoDecimals).unwrap_err().code(),
        "cfdi.too_large"
    );
    line.importe = Some(d(huge));
    let _ = compute::build(invoice(vec![line; 50]), Rounding::SixDecimals).unwrap_err();
}
