//! The one decimal engine of proposals, invoices and CFDI: they agree to the cent.
//!
//! Source: CFDI 4.0, Anexo 20, filling guide: `Importe` is gross, discounts stand apart, header sums
//! are sums of the rounded lines, and nothing is negative.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::currency::Currency;
use super::money::{Money, round_half_up};
use super::percentage::Percentage;

/// How many decimals a line keeps; one per document, never mixed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundingStrategy {
    /// Lines are rounded to the currency's decimals: what most receivers expect.
    #[default]
    TwoDecimals,
    /// Lines keep six decimals, only the header is rounded: for prices that include tax.
    SixDecimals,
}

impl RoundingStrategy {
    /// Decimals of a line amount.
    pub const fn line_decimals(self, currency: Currency) -> u32 {
        match self {
            Self::TwoDecimals => currency.decimals(),
            Self::SixDecimals => 6,
        }
    }
}

/// IVA of a line. Source: SAT, `c_TasaOCuota`, impuesto 002.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum TaxKind {
    // The order is the one of the header's groups: factor, then rate.
    /// Exempt: a base and no tax.
    #[serde(rename = "exento")]
    Exento,
    /// Rate zero.
    #[serde(rename = "iva0")]
    Iva0,
    /// The border stimulus.
    #[serde(rename = "iva8")]
    Iva8,
    /// The general rate.
    #[serde(rename = "iva16")]
    Iva16,
}

impl TaxKind {
    /// Every kind, in header order.
    pub const ALL: [Self; 4] = [Self::Exento, Self::Iva0, Self::Iva8, Self::Iva16];

    /// The rate as a ratio with two decimals; `None` when exempt.
    pub fn rate(self) -> Option<Decimal> {
        match self {
            Self::Exento => None,
            Self::Iva0 => Some(Decimal::ZERO),
            Self::Iva8 => Some(Decimal::new(8, 2)),
            Self::Iva16 => Some(Decimal::new(16, 2)),
        }
    }

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exento => "exento",
            Self::Iva0 => "iva0",
            Self::Iva8 => "iva8",
            Self::Iva16 => "iva16",
        }
    }
}

/// A line to be priced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PricingLine {
    /// `Cantidad`, above zero, at most six decimals.
    pub quantity: Decimal,
    /// `ValorUnitario`, at most six decimals.
    pub unit_price: Decimal,
    /// Discount of this line.
    pub discount: Percentage,
    /// IVA.
    pub tax: TaxKind,
}

/// A line with its amounts, rounded by the strategy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PricedLine {
    /// Gross: quantity by unit price, discounts not taken off.
    pub importe: Decimal,
    /// Line discount and this line's share of the document discount.
    pub descuento: Decimal,
    /// `importe` less `descuento`: what the tax is taken of.
    pub base: Decimal,
    /// Tax; `None` when exempt.
    pub impuesto: Option<Decimal>,
    /// IVA.
    pub tax: TaxKind,
}

/// A header tax group.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaxTotal {
    /// IVA.
    pub tax: TaxKind,
    /// Sum of the bases, rounded.
    pub base: Decimal,
    /// Sum of the taxes, rounded; `None` when exempt.
    pub importe: Option<Decimal>,
}

/// A priced document. Header amounts have the currency's decimals.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    /// Currency of every amount.
    pub currency: Currency,
    /// Rounding the amounts were made with.
    pub rounding: RoundingStrategy,
    /// The lines, in the order given.
    pub lines: Vec<PricedLine>,
    /// `SubTotal`: sum of the gross line amounts.
    pub subtotal: Decimal,
    /// `Descuento`: sum of the line discounts.
    pub descuento: Decimal,
    /// Header groups, in stable order.
    pub taxes: Vec<TaxTotal>,
    /// `TotalImpuestosTrasladados`; `None` when every line is exempt or there is none.
    pub total_impuestos: Option<Decimal>,
    /// `Total`.
    pub total: Decimal,
}

/// A line cannot be priced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum PricingError {
    /// Quantity of zero or below, or with more than six decimals.
    #[error("line {line}: the quantity is above zero and has at most six decimals")]
    Quantity {
        /// Index of the line, from 0.
        line: usize,
    },
    /// Unit price below zero, or with more than six decimals.
    #[error("line {line}: the unit price is zero or more and has at most six decimals")]
    UnitPrice {
        /// Index of the line, from 0.
        line: usize,
    },
    /// The document is worth more than an amount may be.
    #[error("the amounts are too large")]
    TooLarge,
}

impl PricingError {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Quantity { .. } => "pricing.quantity",
            Self::UnitPrice { .. } => "pricing.unit_price",
            Self::TooLarge => "pricing.too_large",
        }
    }
}

impl Quote {
    /// Prices `lines`, with `document_discount` prorated to them by their amount after line discounts.
    ///
    /// # Errors
    /// [`PricingError`] names the line and the rule that broke.
    pub fn price(
        lines: &[PricingLine],
        document_discount: Percentage,
        rounding: RoundingStrategy,
        currency: Currency,
    ) -> Result<Self, PricingError> {
        let decimals = rounding.line_decimals(currency);
        let header = currency.decimals();
        let gross = lines
            .iter()
            .enumerate()
            .map(|(index, line)| importe(index, line, decimals))
            .collect::<Result<Vec<_>, _>>()?;
        let line_discounts: Vec<Decimal> = lines
            .iter()
            .zip(&gross)
            .map(|(line, importe)| round_half_up(importe * line.discount.ratio(), decimals))
            .collect();
        let nets: Vec<Decimal> =
            gross.iter().zip(&line_discounts).map(|(importe, discount)| importe - discount).collect();
        let shares = prorate(&nets, document_discount, decimals);
        let lines: Vec<PricedLine> = lines
            .iter()
            .enumerate()
            .map(|(index, line)| {
                let base = nets[index] - shares[index];
                PricedLine {
                    importe: gross[index],
                    descuento: line_discounts[index] + shares[index],
                    base,
                    impuesto: line.tax.rate().map(|rate| round_half_up(base * rate, decimals)),
                    tax: line.tax,
                }
            })
            .collect();
        let subtotal = round_half_up(lines.iter().map(|line| line.importe).sum(), header);
        let descuento = round_half_up(lines.iter().map(|line| line.descuento).sum(), header);
        let taxes = tax_totals(&lines, header);
        let taxed: Vec<Decimal> = taxes.iter().filter_map(|group| group.importe).collect();
        let total_impuestos = (!taxed.is_empty()).then(|| taxed.iter().sum());
        let total = subtotal - descuento + total_impuestos.unwrap_or_default();
        Money::try_new(total, currency).map_err(|_| PricingError::TooLarge)?;
        Ok(Self { currency, rounding, lines, subtotal, descuento, taxes, total_impuestos, total })
    }

    /// The total as money.
    pub fn total_money(&self) -> Money {
        Money::try_new(self.total, self.currency).expect("a priced total was checked to be an amount")
    }

    /// Subtotal less discounts: what is sold, without tax.
    pub fn net(&self) -> Decimal {
        self.subtotal - self.descuento
    }
}

fn importe(index: usize, line: &PricingLine, decimals: u32) -> Result<Decimal, PricingError> {
    // Beyond nine trillion the document could not be money anyway, and sums below it never overflow.
    let limit = Decimal::from(9_000_000_000_000_i64);
    if line.quantity <= Decimal::ZERO || line.quantity.normalize().scale() > 6 {
        return Err(PricingError::Quantity { line: index });
    }
    if line.unit_price < Decimal::ZERO || line.unit_price.normalize().scale() > 6 {
        return Err(PricingError::UnitPrice { line: index });
    }
    let gross = line.quantity.checked_mul(line.unit_price).ok_or(PricingError::TooLarge)?;
    if gross > limit { Err(PricingError::TooLarge) } else { Ok(round_half_up(gross, decimals)) }
}

/// Spreads the document discount over the lines by amount; what rounding leaves goes to the largest line,
/// and on to the next where that line cannot hold it.
fn prorate(nets: &[Decimal], discount: Percentage, decimals: u32) -> Vec<Decimal> {
    let sum: Decimal = nets.iter().sum();
    let whole = round_half_up(sum * discount.ratio(), decimals);
    let mut shares: Vec<Decimal> = nets
        .iter()
        .map(|net| if sum.is_zero() { Decimal::ZERO } else { round_half_up(net * (whole / sum), decimals).min(*net) })
        .collect();
    let mut rest = whole - shares.iter().sum::<Decimal>();
    let mut by_amount: Vec<usize> = (0..nets.len()).collect();
    by_amount.sort_by(|left, right| nets[*right].cmp(&nets[*left]).then(left.cmp(right)));
    for index in by_amount {
        let moved = rest.clamp(-shares[index], nets[index] - shares[index]);
        shares[index] += moved;
        rest -= moved;
    }
    shares
}

fn tax_totals(lines: &[PricedLine], decimals: u32) -> Vec<TaxTotal> {
    TaxKind::ALL
        .into_iter()
        .filter_map(|tax| {
            let group: Vec<_> = lines.iter().filter(|line| line.tax == tax).collect();
            (!group.is_empty()).then(|| TaxTotal {
                tax,
                base: round_half_up(group.iter().map(|line| line.base).sum(), decimals),
                importe: tax
                    .rate()
                    .map(|_| round_half_up(group.iter().filter_map(|line| line.impuesto).sum(), decimals)),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
