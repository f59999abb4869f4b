//! Why a product of a list stays out.

use serde::Serialize;

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
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Sku => "Falta la clave del producto o es demasiado larga",
            Self::RepeatedSku => "Otra fila de arriba tiene la misma clave",
            Self::Description => "Falta la descripción o es demasiado larga",
            Self::ClaveProdServ => "La clave del SAT no son ocho dígitos",
            Self::ClaveUnidad => "La clave de unidad del SAT no tiene dos o tres caracteres",
            Self::Price => "Falta el precio, es negativo o no es un número",
            Self::Currency => "La moneda no se maneja",
            Self::Iva => "El IVA no es 16 %, 8 %, 0 % ni exento",
            Self::Cost => "El costo es negativo o no es un número",
        }
    }
}
