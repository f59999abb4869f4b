//! Lists of products: columns by name, rows into the domain's values.

use std::collections::HashMap;

use rust_decimal::Decimal;
use zuc_domain::shared::{Currency, DecimalStyle, Money, TaxKind, text};

use super::{
    currency,
    error::ImportError,
    table::{FileFormat, Row, Table},
};
pub use super::{product_draft::ProductDraft, product_field::ProductField, product_reason::ProductReason};

/// A row of a list of products: its draft, or the codes of what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRow {
    /// Counted from 1 under the header.
    pub number: u32,
    /// The draft or the reasons.
    pub product: Result<ProductDraft, Vec<ProductReason>>,
}

/// A list of products that was read; nothing is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductImport {
    /// How the file was written.
    pub format: FileFormat,
    /// Every row that holds anything.
    pub rows: Vec<ProductRow>,
}

/// Reads a list of products from a CSV or XLSX file.
///
/// # Errors
/// Those of [`Table::read`], and [`ImportError::NoHeader`] where description or price have no column.
pub fn read(bytes: &[u8]) -> Result<ProductImport, ImportError> {
    let table = Table::read(bytes)?;
    let reader = Reader::new(&table)?;
    let mut seen: HashMap<String, u32> = HashMap::new();
    let rows = table
        .rows
        .iter()
        .map(|row| {
            let product = reader.read(row).and_then(|draft| match seen.insert(text::fold(&draft.sku), row.number) {
                Some(_) => Err(vec![ProductReason::RepeatedSku]),
                None => Ok(draft),
            });
            ProductRow { number: row.number, product }
        })
        .collect();
    Ok(ProductImport { format: table.format.clone(), rows })
}

struct Reader<'a> {
    table: &'a Table,
    fields: Vec<(ProductField, usize)>,
    decimals: DecimalStyle,
}

impl<'a> Reader<'a> {
    fn new(table: &'a Table) -> Result<Self, ImportError> {
        let mut fields: Vec<(ProductField, usize)> = Vec::new();
        for (at, header) in table.header.iter().enumerate() {
            if let Some(field) = ProductField::of(header)
                && fields.iter().all(|(taken, _)| *taken != field)
            {
                fields.push((field, at));
            }
        }
        let price = fields.iter().find(|(field, _)| *field == ProductField::Price).map(|(_, at)| *at);
        let described = fields.iter().any(|(field, _)| *field == ProductField::Description);
        let Some(price) = price.filter(|_| described) else { return Err(ImportError::NoHeader) };
        Ok(Self { table, fields, decimals: DecimalStyle::detect(table.column(price)) })
    }

    fn cell(&self, row: &'a Row, field: ProductField) -> Option<&'a str> {
        let (_, at) = self.fields.iter().find(|(have, _)| *have == field)?;
        Some(self.table.cell(row, *at)).filter(|cell| !cell.is_empty())
    }

    fn read(&self, row: &'a Row) -> Result<ProductDraft, Vec<ProductReason>> {
        let mut reasons = Vec::new();
        let sku = self.cell(row, ProductField::Sku).and_then(text::clean).filter(|sku| sku.chars().count() <= 100);
        let description = self
            .cell(row, ProductField::Description)
            .and_then(text::clean)
            .filter(|text| text.chars().count() <= 1_000);
        let clave_prod_serv = self.cell(row, ProductField::ClaveProdServ).and_then(clave_prod_serv);
        let clave_unidad = self.cell(row, ProductField::ClaveUnidad).and_then(clave_unidad);
        let currency = self.currency(row);
        let price = self.cell(row, ProductField::Price).and_then(|cell| self.amount(cell));
        let iva = self.cell(row, ProductField::Iva).map(iva);
        let cost = self.cell(row, ProductField::Cost).map(|cell| self.amount(cell));
        let breaks = self.breaks(row);
        for (right, reason) in [
            (sku.is_some(), ProductReason::Sku),
            (description.is_some(), ProductReason::Description),
            (clave_prod_serv.is_some(), ProductReason::ClaveProdServ),
            (clave_unidad.is_some(), ProductReason::ClaveUnidad),
            (currency.is_ok(), ProductReason::Currency),
            (price.is_some() && breaks.is_some(), ProductReason::Price),
            (iva != Some(None), ProductReason::Iva),
            (cost != Some(None), ProductReason::Cost),
        ] {
            if !right {
                reasons.push(reason);
            }
        }
        let whole = (|| {
            let sound = |amount| Money::try_new(amount, Currency::default()).is_ok().then_some(amount);
            Some(ProductDraft {
                sku: sku?,
                description: description?,
                clave_prod_serv: clave_prod_serv?,
                clave_unidad: clave_unidad?,
                unidad: self.cell(row, ProductField::Unidad).and_then(text::clean),
                currency: currency.ok()?,
                price: sound(price?)?,
                iva: iva.flatten(),
                cost: cost.flatten().and_then(sound),
                price_breaks: breaks?
                    .into_iter()
                    .map(|(from, price)| Some((from, price.map(|price| sound(price).ok_or(())).transpose().ok()?)))
                    .collect::<Option<_>>()?,
            })
        })();
        match whole {
            Some(draft) if reasons.is_empty() => Ok(draft),
            _ if reasons.is_empty() => Err(vec![ProductReason::Price]),
            _ => Err(reasons),
        }
    }

    /// What the row says of its currency, in its own column or beside the price.
    fn currency(&self, row: &'a Row) -> Result<Option<Currency>, ProductReason> {
        match self.cell(row, ProductField::Currency) {
            Some(cell) => currency::split(cell).0.map(Some).ok_or(ProductReason::Currency),
            None => Ok(self.cell(row, ProductField::Price).and_then(|cell| currency::split(cell).0)),
        }
    }

    fn amount(&self, cell: &str) -> Option<Decimal> {
        self.decimals.parse(&currency::split(cell).1).ok()
    }

    /// `None` when a price that is there cannot be read.
    fn breaks(&self, row: &'a Row) -> Option<Vec<(u32, Option<Decimal>)>> {
        let mut breaks = Vec::new();
        for (field, at) in &self.fields {
            if let ProductField::PriceFrom(from) = field {
                let price = match self.table.cell(row, *at) {
                    "" => None,
                    cell => Some(self.amount(cell)?),
                };
                breaks.push((*from, price));
            }
        }
        breaks.sort_unstable_by_key(|(from, _)| *from);
        Some(breaks)
    }
}

/// Eight digits; a spreadsheet drops the leading zero.
fn clave_prod_serv(cell: &str) -> Option<String> {
    let digits = cell.bytes().all(|byte| byte.is_ascii_digit());
    (digits && matches!(cell.len(), 7 | 8)).then(|| format!("{cell:0>8}"))
}

fn clave_unidad(cell: &str) -> Option<String> {
    let letters = cell.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (letters && matches!(cell.len(), 2 | 3)).then(|| cell.to_ascii_uppercase())
}

/// `16%`, `0.16`, `16`, `IVA 16 %`, `Exento`.
fn iva(cell: &str) -> Option<TaxKind> {
    let plain = text::fold(cell);
    if plain.contains("exent") || plain.contains("exempt") {
        return Some(TaxKind::Exento);
    }
    let number: String =
        plain.chars().filter(|letter| letter.is_ascii_digit() || matches!(letter, '.' | ',')).collect();
    let rate = number.replace(',', ".").parse::<Decimal>().ok()?.normalize();
    TaxKind::ALL
        .into_iter()
        .find(|kind| kind.rate().is_some_and(|known| known == rate || known * Decimal::ONE_HUNDRED == rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Result<ProductDraft, Vec<ProductReason>> {
        read(text.as_bytes()).unwrap().rows.remove(0).product
    }

    #[test]
    fn a_whole_product_is_read() {
        let draft = first(
            "SKU,Descripción,Clave SAT,Unidad SAT,Unidad,Precio lista,Moneda,IVA,Costo,Precio 100+,Precio 10+\n\
             A-1,Bomba,40151503,H87,Pieza,\"36,062.46\",USD,16%,25996.8,31734.96,34259.34\n",
        )
        .unwrap();
        let amount = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(
            (draft.sku.as_str(), draft.clave_prod_serv.as_str(), draft.iva),
            ("A-1", "40151503", Some(TaxKind::Iva16))
        );
        assert_eq!(draft.currency, Some(Currency::Usd));
        assert_eq!((draft.price, draft.cost), (amount("36062.46"), Some(amount("25996.80"))));
        assert_eq!(draft.price_breaks, [(10, Some(amount("34259.34"))), (100, Some(amount("31734.96")))]);
    }

    #[test]
    fn every_wrong_cell_is_named() {
        let reasons = first("SKU,Descripción,Clave SAT,Unidad SAT,Precio,Moneda,IVA,Costo\n,,123,H,-5,XYZ,17%,mucho\n")
            .unwrap_err();
        let codes: Vec<&str> = reasons.into_iter().map(ProductReason::code).collect();
        assert_eq!(
            codes,
            ["sku", "description", "clave_prod_serv", "clave_unidad", "currency", "price", "iva", "cost"]
        );
    }

    #[test]
    fn a_key_stands_for_one_product() {
        let list =
            read("SKU,Producto,Clave SAT,Unidad SAT,Precio\na1,X,40151503,H87,1\nA1,Y,40151503,H87,2\n".as_bytes())
                .unwrap();
        assert!(list.rows[0].product.is_ok());
        assert_eq!(list.rows[1].product, Err(vec![ProductReason::RepeatedSku]));
    }

    #[test]
    fn rates_in_every_spelling() {
        for (cell, kind) in [
            ("16%", TaxKind::Iva16),
            ("0.16", TaxKind::Iva16),
            ("IVA 16 %", TaxKind::Iva16),
            ("8", TaxKind::Iva8),
            ("0%", TaxKind::Iva0),
            ("Exento", TaxKind::Exento),
        ] {
            assert_eq!(iva(cell), Some(kind), "{cell}");
        }
        assert_eq!(iva("11%"), None);
    }

    #[test]
    fn a_list_without_prices_is_no_list_of_products() {
        assert_eq!(read("Nombre,Correo\nAna,a@b.mx\n".as_bytes()).unwrap_err(), ImportError::NoHeader);
    }
}
