//! The engine: header sums are sums of rounded lines, and nothing is negative.

use proptest::prelude::*;

use super::*;

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn percent(text: &str) -> Percentage {
    text.parse().unwrap()
}

fn line(quantity: &str, price: &str, discount: &str, tax: TaxKind) -> PricingLine {
    PricingLine { quantity: dec(quantity), unit_price: dec(price), discount: percent(discount), tax }
}

fn price(lines: &[PricingLine], discount: &str, rounding: RoundingStrategy) -> Quote {
    Quote::price(lines, percent(discount), rounding, Currency::Mxn).unwrap()
}

#[test]
fn three_lines_with_a_line_and_a_document_discount() {
    let lines = [
        line("3", "1250.00", "10", TaxKind::Iva16),
        line("1", "999.99", "0", TaxKind::Iva16),
        line("12", "83.335", "0", TaxKind::Iva0),
    ];
    let quote = price(&lines, "5", RoundingStrategy::TwoDecimals);
    // 3750.00, 999.99, 1000.02; less 375.00; 5 % of 5375.01 is 268.75, shared 168.75 + 50.00 + 50.00.
    assert_eq!(quote.lines.iter().map(|l| l.importe).collect::<Vec<_>>(), [dec("3750"), dec("999.99"), dec("1000.02")]);
    assert_eq!(quote.lines.iter().map(|l| l.descuento).collect::<Vec<_>>(), [dec("543.75"), dec("50"), dec("50")]);
    assert_eq!(quote.lines[0].impuesto, Some(dec("513.00")));
    assert_eq!((quote.subtotal, quote.descuento), (dec("5750.01"), dec("643.75")));
    assert_eq!(quote.total_impuestos, Some(dec("665.00")));
    assert_eq!(quote.total, dec("5771.26"));
    assert_eq!(quote.net(), dec("5106.26"));
}

#[test]
fn what_rounding_leaves_of_the_document_discount_goes_to_the_largest_line() {
    let lines = [
        line("1", "0.10", "0", TaxKind::Iva16),
        line("1", "0.10", "0", TaxKind::Iva16),
        line("1", "0.13", "0", TaxKind::Iva16),
    ];
    let quote = price(&lines, "10", RoundingStrategy::TwoDecimals);
    // 10 % of 0.33 is 0.03: one cent each, nothing is left over.
    assert_eq!(quote.lines.iter().map(|l| l.descuento).collect::<Vec<_>>(), [dec("0.01"), dec("0.01"), dec("0.01")]);
    let quote = price(&lines, "14", RoundingStrategy::TwoDecimals);
    // 14 % is 0.05: 0.02 each would be 0.06, so the largest line gives one back.
    assert_eq!(quote.lines.iter().map(|l| l.descuento).collect::<Vec<_>>(), [dec("0.02"), dec("0.02"), dec("0.01")]);
}

#[test]
fn a_rest_larger_than_the_largest_line_goes_on_to_the_next() {
    let lines = vec![line("1", "0.01", "0", TaxKind::Iva16); 300];
    let quote = price(&lines, "50", RoundingStrategy::TwoDecimals);
    assert_eq!((quote.subtotal, quote.descuento), (dec("3"), dec("1.5")));
    assert!(quote.lines.iter().all(|line| line.base >= Decimal::ZERO));
}

#[test]
fn six_decimals_keep_the_line_and_round_the_header_once() {
    // 100.00 with tax included: 86.206897 without.
    let quote = price(&[line("1", "86.206897", "0", TaxKind::Iva16)], "0", RoundingStrategy::SixDecimals);
    assert_eq!(quote.lines[0].importe, dec("86.206897"));
    assert_eq!(quote.lines[0].impuesto, Some(dec("13.793104")));
    assert_eq!((quote.subtotal, quote.total), (dec("86.21"), dec("100.00")));
    let rounded = price(&[line("3", "33.333333", "0", TaxKind::Iva16)], "0", RoundingStrategy::TwoDecimals);
    assert_eq!(rounded.lines[0].importe, dec("100.00"));
}

#[test]
fn an_exempt_line_has_a_base_and_no_tax() {
    let quote = price(&[line("1", "100", "0", TaxKind::Exento)], "0", RoundingStrategy::TwoDecimals);
    assert_eq!(quote.taxes, [TaxTotal { tax: TaxKind::Exento, base: dec("100"), importe: None }]);
    assert_eq!((quote.total_impuestos, quote.total), (None, dec("100")));
    let zero = price(&[line("1", "100", "0", TaxKind::Iva0)], "0", RoundingStrategy::TwoDecimals);
    assert_eq!(zero.total_impuestos, Some(Decimal::ZERO), "rate zero is a tax of nothing");
}

#[test]
fn a_tax_group_stands_once_in_stable_order() {
    let lines = [
        line("1", "1", "0", TaxKind::Iva16),
        line("1", "1", "0", TaxKind::Exento),
        line("1", "1", "0", TaxKind::Iva8),
        line("1", "1", "0", TaxKind::Iva16),
        line("1", "1", "0", TaxKind::Iva0),
    ];
    let kinds: Vec<_> =
        price(&lines, "0", RoundingStrategy::TwoDecimals).taxes.into_iter().map(|group| group.tax).collect();
    assert_eq!(kinds, TaxKind::ALL);
}

#[test]
fn a_line_that_cannot_be_priced_is_named() {
    let ask = |bad: PricingLine| {
        let lines = [line("1", "1", "0", TaxKind::Iva16), bad];
        Quote::price(&lines, Percentage::ZERO, RoundingStrategy::TwoDecimals, Currency::Mxn).unwrap_err()
    };
    assert_eq!(ask(line("0", "1", "0", TaxKind::Iva16)), PricingError::Quantity { line: 1 });
    assert_eq!(ask(line("0.0000001", "1", "0", TaxKind::Iva16)), PricingError::Quantity { line: 1 });
    assert_eq!(ask(line("1", "-1", "0", TaxKind::Iva16)), PricingError::UnitPrice { line: 1 });
    assert_eq!(ask(line("9000000", "9000000", "0", TaxKind::Iva16)), PricingError::TooLarge);
    assert_eq!(ask(line("79228162514264337593543950335", "9", "0", TaxKind::Iva16)), PricingError::TooLarge);
}

fn lines() -> impl Strategy<Value = Vec<PricingLine>> {
    let one =
        (1_i64..50_000, 0_u32..4, 0_i64..2_000_000, 0_u32..7, 0_i64..=10_000, prop::sample::select(&TaxKind::ALL[..]));
    prop::collection::vec(one, 0..40).prop_map(|lines| {
        lines
            .into_iter()
            .map(|(quantity, quantity_scale, price, price_scale, discount, tax)| PricingLine {
                quantity: Decimal::new(quantity, quantity_scale),
                unit_price: Decimal::new(price, price_scale),
                discount: Percentage::try_new(Decimal::new(discount, 2)).unwrap(),
                tax,
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn header_sums_are_sums_of_the_rounded_lines(
        lines in lines(),
        discount in 0_i64..=10_000,
        rounding in prop::sample::select(vec![RoundingStrategy::TwoDecimals, RoundingStrategy::SixDecimals]),
    ) {
        let discount = Percentage::try_new(Decimal::new(discount, 2)).unwrap();
        let quote = Quote::price(&lines, discount, rounding, Currency::Mxn).unwrap();
        let decimals = rounding.line_decimals(Currency::Mxn);
        let sum = |amount: fn(&PricedLine) -> Decimal| -> Decimal { quote.lines.iter().map(amount).sum() };
        for line in &quote.lines {
            prop_assert_eq!(line.importe - line.descuento, line.base);
            prop_assert!(line.base >= Decimal::ZERO && line.descuento >= Decimal::ZERO);
            prop_assert!(line.importe.normalize().scale() <= decimals && line.descuento.normalize().scale() <= decimals);
            prop_assert_eq!(line.impuesto, line.tax.rate().map(|rate| round_half_up(line.base * rate, decimals)));
        }
        prop_assert_eq!(quote.subtotal, round_half_up(sum(|line| line.importe), 2));
        prop_assert_eq!(quote.descuento, round_half_up(sum(|line| line.descuento), 2));
        for group in &quote.taxes {
            let members = || quote.lines.iter().filter(|line| line.tax == group.tax);
            prop_assert_eq!(group.base, round_half_up(members().map(|line| line.base).sum(), 2));
            let tax: Decimal = members().filter_map(|line| line.impuesto).sum();
            prop_assert_eq!(group.importe, group.tax.rate().map(|_| round_half_up(tax, 2)));
        }
        let taxes: Decimal = quote.taxes.iter().filter_map(|group| group.importe).sum();
        prop_assert_eq!(quote.total, quote.subtotal - quote.descuento + taxes);
        prop_assert!(quote.total >= Decimal::ZERO && quote.total.normalize().scale() <= 2);
    }

    #[test]
    fn the_document_discount_is_shared_out_to_the_last_cent(lines in lines(), discount in 0_i64..=10_000) {
        let discount = Percentage::try_new(Decimal::new(discount, 2)).unwrap();
        let plain = Quote::price(&lines, Percentage::ZERO, RoundingStrategy::TwoDecimals, Currency::Mxn).unwrap();
        let quote = Quote::price(&lines, discount, RoundingStrategy::TwoDecimals, Currency::Mxn).unwrap();
        prop_assert_eq!(quote.descuento - plain.descuento, round_half_up(plain.net() * discount.ratio(), 2));
    }
}
