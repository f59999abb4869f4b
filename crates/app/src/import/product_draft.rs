//! What a row of a list says of a product, and the product that it makes of the one that stands.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use zuc_domain::{
    proposal::{PriceBreak, Product, Recurrence},
    shared::{Currency, Money, MoneyError, ProductId, Scope, TaxKind},
};

/// A row of products in the domain's values; what a list has no column for, or an empty cell, it does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductDraft {
    /// The company's own key, unique in the file.
    pub sku: String,
    /// What it is, up to 1000 characters.
    pub description: String,
    /// Eight digits of `c_ClaveProdServ`.
    pub clave_prod_serv: String,
    /// Two or three characters of `c_ClaveUnidad`.
    pub clave_unidad: String,
    /// The unit in words.
    pub unidad: Option<String>,
    /// Currency of all its prices.
    pub currency: Option<Currency>,
    /// List price.
    pub price: Decimal,
    /// IVA.
    pub iva: Option<TaxKind>,
    /// What it costs.
    pub cost: Option<Decimal>,
    /// From so many pieces on, this price, by rising quantity; where the cell is empty, none.
    pub price_breaks: Vec<(u32, Option<Decimal>)>,
}

impl ProductDraft {
    /// The product with what the list says of it. What it does not say stays as it is; where the list names another
    /// currency, what was said in the old one is no price any more.
    ///
    /// # Errors
    /// [`MoneyError`] names the rule that an amount breaks.
    pub fn over(self, id: ProductId, scope: Scope, standing: Option<&Product>) -> Result<Product, MoneyError> {
        let held = standing.map(|standing| standing.list_price.currency());
        let currency = self.currency.or(held).unwrap_or_default();
        let kept = standing.filter(|_| held == Some(currency));
        let mut tiers: BTreeMap<Decimal, Money> =
            kept.into_iter().flat_map(|kept| &kept.price_breaks).map(|tier| (tier.from_quantity, tier.price)).collect();
        for (from, price) in self.price_breaks {
            match price {
                Some(price) => tiers.insert(from.into(), Money::try_new(price, currency)?),
                None => tiers.remove(&from.into()),
            };
        }
        let cost = self.cost.map(|cost| Money::try_new(cost, currency)).transpose()?;
        Ok(Product {
            id,
            scope,
            sku: self.sku,
            description: self.description,
            clave_prod_serv: self.clave_prod_serv,
            clave_unidad: self.clave_unidad,
            unit: self.unidad.or_else(|| standing.map(|standing| standing.unit.clone())).unwrap_or_default(),
            list_price: Money::try_new(self.price, currency)?,
            price_breaks: tiers.into_iter().map(|(from_quantity, price)| PriceBreak { from_quantity, price }).collect(),
            tax: self.iva.or_else(|| standing.map(|standing| standing.tax)).unwrap_or(TaxKind::Iva16),
            // no list says these two
            recurrence: standing.map_or(Recurrence::Once, |standing| standing.recurrence),
            retired: standing.is_some_and(|standing| standing.retired),
            cost: cost.or_else(|| kept.and_then(|kept| kept.cost)),
        })
    }
}
