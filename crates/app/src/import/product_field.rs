//! What the columns of a list of products mean.

use super::headers;

/// What a column of products holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProductField {
    /// The company's own key.
    Sku,
    /// What it is.
    Description,
    /// Key of `c_ClaveProdServ`.
    ClaveProdServ,
    /// Key of `c_ClaveUnidad`.
    ClaveUnidad,
    /// The unit in words.
    Unidad,
    /// List price.
    Price,
    /// ISO 4217.
    Currency,
    /// `16%`, `8%`, `0%` or `Exento`.
    Iva,
    /// What it costs the company.
    Cost,
    /// Price from this quantity on, as in `Precio 10+`.
    PriceFrom(u32),
}

impl ProductField {
    /// The field a column's name stands for.
    pub fn of(header: &str) -> Option<Self> {
        let words = headers::words(header);
        let compact = words.concat();
        let has = |word: &str| words.iter().any(|have| have == word);
        let number = words.iter().find_map(|word| word.parse::<u32>().ok()).filter(|number| *number > 1);
        if (has("precio") || has("price")) && number.is_some() {
            return number.map(Self::PriceFrom);
        }
        Some(match compact.as_str() {
            "sku" | "clave" | "codigo" | "clavedelproducto" | "claveinterna" | "noidentificacion" | "productcode"
            | "code" | "defaultcode" | "internalreference" | "referenciainterna" => Self::Sku,
            "descripcion" | "producto" | "nombre" | "nombredelproducto" | "concepto" | "articulo" | "description"
            | "name" | "product" | "productname" => Self::Description,
            "clavesat"
            | "claveprodserv"
            | "claveproductosat"
            | "codigosat"
            | "claveproductoservicio"
            | "satcode"
            | "satkey"
            | "unspsccodeid" => Self::ClaveProdServ,
            "unidadsat" | "claveunidad" | "claveunidadsat" | "claveunidaddemedida" | "satunit" => Self::ClaveUnidad,
            "unidad" | "unidaddemedida" | "um" | "unit" | "uom" | "uomid" => Self::Unidad,
            "precio" | "preciolista" | "preciodelista" | "preciounitario" | "preciodeventa" | "listprice" | "price"
            | "unitprice" | "salesprice" | "lstprice" => Self::Price,
            "moneda" | "divisa" | "currency" | "currencycode" => Self::Currency,
            "iva" | "impuesto" | "tasaiva" | "tasadeiva" | "vat" | "tax" | "taxrate" => Self::Iva,
            "costo" | "costounitario" | "cost" | "standardprice" | "unitcost" => Self::Cost,
            _ => return None,
        })
    }
}
