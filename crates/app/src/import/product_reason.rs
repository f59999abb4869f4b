//! Why a product of a list stays out.

use serde::Serialize;
use zuc_ipc::words;

/// Why a product stays out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductReason {
    /// No key of its own.
    Sku,
    /// A key that an earlier row has.
    RepeatedSku,
    /// No description.
    Description,
    /// Not eight digits.
    ClaveProdServ,
    /// Not two or three letters or digits.
    ClaveUnidad,
    /// The price is missing, negative or no number.
    Price,
    /// A currency that is not handled.
    Currency,
    /// None of 16 %, 8 %, 0 % and exempt.
    Iva,
    /// The cost is negative or no number.
    Cost,
}

impl ProductReason {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sku => "sku",
            Self::RepeatedSku => "repeated_sku",
            Self::Description => "description",
            Self::ClaveProdServ => "clave_prod_serv",
            Self::ClaveUnidad => "clave_unidad",
            Self::Price => "price",
            Self::Currency => "currency",
            Self::Iva => "iva",
            Self::Cost => "cost",
        }
    }

    /// What a person who mends the row reads beside it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Sku => words::say("import.product.sku"),
            Self::RepeatedSku => words::say("import.product.repeated_sku"),
            Self::Description => words::say("import.product.description"),
            Self::ClaveProdServ => words::say("import.product.clave_prod_serv"),
            Self::ClaveUnidad => words::say("import.product.clave_unidad"),
            Self::Price => words::say("import.product.price"),
            Self::Currency => words::say("import.product.currency"),
            Self::Iva => words::say("import.product.iva"),
            Self::Cost => words::say("import.product.cost"),
        }
    }
}
