//! What the company sells.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::shared::named::named;
use crate::shared::{Money, ProductId, Scope, TaxKind};

named! {
    /// How often a line is charged.
    Recurrence {
        /// Once.
        Once = "none",
        /// Every month.
        Monthly = "monthly",
        /// Every year.
        Yearly = "yearly",
    }
}

impl Recurrence {
    /// Months between charges; `None` when charged once.
    pub const fn months(self) -> Option<u8> {
        match self {
            Self::Once => None,
            Self::Monthly => Some(1),
            Self::Yearly => Some(12),
        }
    }
}

/// A lower price from some quantity on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PriceBreak {
    /// From this quantity on.
    pub from_quantity: Decimal,
    /// Price of one.
    pub price: Money,
}

/// A product or service of the catalogue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Product {
    /// Id.
    pub id: ProductId,
    /// `catalog` for the company's list; a sales scope for a list that a team keeps for itself.
    pub scope: Scope,
    /// The company's own key.
    pub sku: String,
    /// What it is.
    pub description: String,
    /// `c_ClaveProdServ`, eight digits.
    pub clave_prod_serv: String,
    /// `c_ClaveUnidad`.
    pub clave_unidad: String,
    /// Unit in words.
    pub unit: String,
    /// Price of one, before tax.
    pub list_price: Money,
    /// Lower prices for larger quantities.
    pub price_breaks: Vec<PriceBreak>,
    /// IVA.
    pub tax: TaxKind,
    /// How often it is charged.
    pub recurrence: Recurrence,
    /// What one costs the company.
    pub cost: Option<Money>,
    /// No longer sold.
    pub retired: bool,
}

impl Product {
    /// The price of one when `quantity` are bought: the break with the largest quantity not above it.
    pub fn price_for(&self, quantity: Decimal) -> Money {
        let reached = self.price_breaks.iter().filter(|tier| tier.from_quantity <= quantity);
        reached.max_by_key(|tier| tier.from_quantity).map_or(self.list_price, |tier| tier.price)
    }
}
