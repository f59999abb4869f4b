//! One version of a proposal: its lines and terms, its figures, and the hash that is signed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::order_key::OrderKey;
use super::product::Recurrence;
use crate::shared::canonical_json::{canonical_json, content_hash};
use crate::shared::money::{canonical_decimal, round_half_up};
use crate::shared::{
    Currency, LineId, Money, Percentage, PricingError, PricingLine, ProductId, ProposalId, Quote, RoundingStrategy,
    TaxKind, VersionId,
};

/// A line of a proposal; prices are before tax.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProposalLine {
    /// Id.
    pub id: LineId,
    /// Where it stands.
    pub order: OrderKey,
    /// The product it was taken from.
    pub product: Option<ProductId>,
    /// The company's own key.
    pub sku: String,
    /// What it is.
    pub description: String,
    /// `c_ClaveProdServ`.
    pub clave_prod_serv: String,
    /// `c_ClaveUnidad`.
    pub clave_unidad: String,
    /// Unit in words.
    pub unit: String,
    /// How many.
    pub quantity: Decimal,
    /// Price of one.
    pub unit_price: Decimal,
    /// What the list asks for one: the average discount is measured from here.
    pub list_price: Decimal,
    /// What one costs the company.
    pub cost: Option<Decimal>,
    /// Discount of this line.
    pub discount: Percentage,
    /// IVA.
    pub tax: TaxKind,
    /// How often it is charged.
    pub recurrence: Recurrence,
}

impl ProposalLine {
    /// What the pricing engine needs of it.
    pub const fn pricing(&self) -> PricingLine {
        PricingLine { quantity: self.quantity, unit_price: self.unit_price, discount: self.discount, tax: self.tax }
    }
}

/// What a person may change in a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VersionContent {
    /// Lines by id.
    pub lines: BTreeMap<LineId, ProposalLine>,
    /// Discount of the whole, prorated to the lines.
    pub document_discount: Percentage,
    /// Last day on which the customer may accept.
    pub valid_until: Date,
    /// Days to pay after the invoice.
    pub payment_days: u16,
    /// Conditions, shown to the customer.
    pub terms: String,
    /// Remarks, shown to the customer.
    pub notes: String,
    /// Pesos per unit of the currency, when a person set another rate than the official one.
    pub custom_fx_rate: Option<Decimal>,
    /// Rounding of the lines; the company's choice, remembered.
    pub rounding: RoundingStrategy,
}

/// A numbered version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProposalVersion {
    /// Id, derived from proposal and number.
    pub id: VersionId,
    /// 1, 2, 3…
    pub number: u32,
    /// The version it began as.
    pub based_on: Option<VersionId>,
    /// Lines and terms.
    pub content: VersionContent,
}

/// A version's figures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figures {
    /// Lines, taxes and totals.
    pub quote: Quote,
    /// Percent under the list, after every discount.
    pub average_discount: Decimal,
    /// Percent over cost; `None` where a cost is not known.
    pub margin: Option<Decimal>,
    /// Recurring part, a month, without tax.
    pub mrr: Money,
}

impl VersionContent {
    /// The lines in the order a reader sees: by key, equal keys by id.
    pub fn ordered_lines(&self) -> Vec<&ProposalLine> {
        let mut lines: Vec<&ProposalLine> = self.lines.values().collect();
        lines.sort_by(|left, right| (&left.order, left.id).cmp(&(&right.order, right.id)));
        lines
    }

    /// Computes every figure with the one engine.
    ///
    /// # Errors
    /// [`PricingError`] names the line.
    pub fn figures(&self, currency: Currency) -> Result<Figures, PricingError> {
        let lines = self.ordered_lines();
        let pricing: Vec<PricingLine> = lines.iter().map(|line| line.pricing()).collect();
        let quote = Quote::price(&pricing, self.document_discount, self.rounding, currency)?;
        let list = sum(lines.iter().map(|line| line.quantity.checked_mul(line.list_price)))?;
        let net: Decimal = quote.lines.iter().map(|line| line.base).sum();
        let average_discount = if list.is_zero() {
            Decimal::ZERO
        } else {
            (Decimal::ONE_HUNDRED - net * Decimal::ONE_HUNDRED / list).max(Decimal::ZERO)
        };
        let costs: Option<Vec<Decimal>> = lines.iter().map(|line| line.cost).collect();
        let margin = match costs {
            Some(costs) if !net.is_zero() => {
                let cost = sum(lines.iter().zip(costs).map(|(line, cost)| line.quantity.checked_mul(cost)))?;
                Some((net - cost) * Decimal::ONE_HUNDRED / net)
            }
            _ => None,
        };
        let monthly: Decimal = lines
            .iter()
            .zip(&quote.lines)
            .filter_map(|(line, priced)| line.recurrence.months().map(|months| priced.base / Decimal::from(months)))
            .sum();
        // Six decimals: twelve months of a yearly price are that price again.
        let mrr = Money::try_new(round_half_up(monthly, 6), currency).map_err(|_| PricingError::TooLarge)?;
        Ok(Figures { quote, average_discount, margin, mrr })
    }
}

fn sum(amounts: impl Iterator<Item = Option<Decimal>>) -> Result<Decimal, PricingError> {
    amounts.into_iter().try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount?)).ok_or(PricingError::TooLarge)
}

impl ProposalVersion {
    /// The id of version `number` of `proposal`.
    pub fn id_for(scope: crate::shared::Scope, proposal: ProposalId, number: u32) -> VersionId {
        VersionId::derive(scope, proposal, &format!("version {number}"))
    }

    /// What is signed, as a JSON value: everything that the customer is shown.
    pub fn canonical_value(&self, proposal: ProposalId, currency: Currency) -> Value {
        let lines: Vec<Value> = self
            .content
            .ordered_lines()
            .into_iter()
            .map(|line| {
                json!({
                    "id": line.id,
                    "sku": line.sku,
                    "description": line.description,
                    "claveProdServ": line.clave_prod_serv,
                    "claveUnidad": line.clave_unidad,
                    "unit": line.unit,
                    "quantity": canonical_decimal(line.quantity),
                    "unitPrice": canonical_decimal(line.unit_price),
                    "discount": line.discount.to_string(),
                    "tax": line.tax,
                    "recurrence": line.recurrence,
                })
            })
            .collect();
        json!({
            "proposalId": proposal,
            "versionId": self.id,
            "number": self.number,
            "currency": currency,
            "rounding": self.content.rounding,
            "lines": lines,
            "documentDiscount": self.content.document_discount.to_string(),
            "validUntil": self.content.valid_until,
            "paymentDays": self.content.payment_days,
            "terms": self.content.terms,
            "notes": self.content.notes,
        })
    }

    /// The canonical text (RFC 8785).
    pub fn canonical_text(&self, proposal: ProposalId, currency: Currency) -> String {
        canonical_json(&self.canonical_value(proposal, currency))
    }

    /// Hex of the SHA-256 of the canonical text: approval and acceptance bind to it.
    pub fn content_hash(&self, proposal: ProposalId, currency: Currency) -> String {
        content_hash(&self.canonical_value(proposal, currency))
    }
}
