//! Products with the SAT's keys.

use crate::dice::Dice;

/// A product; prices are in hundredths of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleProduct {
    /// The company's own key.
    pub sku: String,
    /// What it is.
    pub description: String,
    /// Of `c_ClaveProdServ`.
    pub clave_prod_serv: &'static str,
    /// Of `c_ClaveUnidad`.
    pub clave_unidad: &'static str,
    /// The unit in words.
    pub unidad: &'static str,
    /// List price.
    pub price_cents: u64,
    /// `MXN`, `USD` or `EUR`.
    pub currency: &'static str,
    /// `16%`, `8%`, `0%` or `Exento`.
    pub iva: &'static str,
    /// What it costs the company.
    pub cost_cents: u64,
    /// Price from ten on.
    pub price_10_cents: u64,
    /// Price from a hundred on.
    pub price_100_cents: u64,
}

impl SampleProduct {
    /// The cells in the order of [`ProductList::HEADER`].
    pub fn cells(&self) -> [String; 11] {
        let money = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        [
            self.sku.clone(),
            self.description.clone(),
            self.clave_prod_serv.to_owned(),
            self.clave_unidad.to_owned(),
            self.unidad.to_owned(),
            money(self.price_cents),
            self.currency.to_owned(),
            self.iva.to_owned(),
            money(self.cost_cents),
            money(self.price_10_cents),
            money(self.price_100_cents),
        ]
    }
}

/// A list of products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductList {
    /// The products, with distinct SKUs.
    pub products: Vec<SampleProduct>,
}

/// Description, SAT key, unit key, unit, lowest and highest price in pesos, recurring service or not.
type Kind = (&'static str, &'static str, &'static str, &'static str, u64, u64);

const KINDS: [Kind; 20] = [
    ("Computadora portátil", "43211503", "H87", "Pieza", 9_000, 45_000),
    ("Impresora láser", "43212105", "H87", "Pieza", 2_500, 18_000),
    ("Teclado", "43211706", "H87", "Pieza", 200, 2_400),
    ("Licencia de software de gestión", "43231500", "E48", "Unidad de servicio", 900, 60_000),
    ("Soporte y mantenimiento de software", "81112200", "MON", "Mes", 1_500, 40_000),
    ("Consultoría de negocio", "80101500", "HUR", "Hora", 600, 3_500),
    ("Ingeniería de software a la medida", "81111500", "HUR", "Hora", 500, 2_800),
    ("Enlace dedicado a internet", "81112100", "MON", "Mes", 700, 12_000),
    ("Curso de seguridad en planta", "86101709", "E48", "Unidad de servicio", 3_000, 25_000),
    ("Flete por carretera", "78101800", "E48", "Unidad de servicio", 2_000, 48_000),
    ("Bomba centrífuga", "40151503", "H87", "Pieza", 4_000, 95_000),
    ("Válvula de bola", "40141607", "H87", "Pieza", 150, 6_000),
    ("Caja de tornillos", "31161500", "XBX", "Caja", 80, 900),
    ("Extintor de polvo", "46191601", "H87", "Pieza", 600, 4_200),
    ("Batería recargable industrial", "26111701", "H87", "Pieza", 900, 22_000),
    ("Aceite sintético", "12181601", "LTR", "Litro", 90, 700),
    ("Pintura de esmalte", "31211501", "LTR", "Litro", 110, 480),
    ("Cemento y cal a granel", "30111600", "KGM", "Kilogramo", 3, 30),
    ("Etiquetas de papel", "14111537", "XBX", "Caja", 150, 1_200),
    ("Escritorio de oficina", "56101703", "H87", "Pieza", 2_200, 14_000),
];

const GRADE: [&str; 8] =
    ["básico", "estándar", "reforzado", "de línea", "para exportación", "compacto", "de alto uso", "edición 2026"];

const IVA: [&str; 10] = ["16%", "16%", "16%", "16%", "16%", "16%", "16%", "8%", "0%", "Exento"];

impl ProductList {
    /// Names of the columns.
    pub const HEADER: [&str; 11] = [
        "SKU",
        "Descripción",
        "Clave SAT",
        "Unidad SAT",
        "Unidad",
        "Precio lista",
        "Moneda",
        "IVA",
        "Costo",
        "Precio 10+",
        "Precio 100+",
    ];

    /// So many products of a seed.
    pub fn generate(seed: u64, count: u32) -> Self {
        let mut dice = Dice::new(seed ^ 0x5052_4f44);
        let products = (1..=count).map(|number| draw(number, &mut dice)).collect();
        Self { products }
    }
}

fn draw(number: u32, dice: &mut Dice) -> SampleProduct {
    let (what, clave_prod_serv, clave_unidad, unidad, low, high) = *dice.pick(&KINDS);
    let currency = *dice.pick(&["MXN", "MXN", "MXN", "MXN", "MXN", "MXN", "USD", "EUR"]);
    // Foreign prices are a twentieth in number.
    let scale = if currency == "MXN" { 1 } else { 20 };
    let price_cents = (dice.between(low * 100, high * 100) / scale).max(100);
    SampleProduct {
        sku: format!("ART-{number:05}"),
        description: format!("{what} {}", dice.pick(&GRADE)),
        clave_prod_serv,
        clave_unidad,
        unidad,
        price_cents,
        currency,
        iva: dice.pick::<&'static str>(&IVA),
        cost_cents: price_cents * dice.between(35, 80) / 100,
        price_10_cents: price_cents * 95 / 100,
        price_100_cents: price_cents * 88 / 100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_fall_with_quantity_and_stay_above_cost() {
        let list = ProductList::generate(4, 300);
        assert_eq!(list, ProductList::generate(4, 300));
        for product in list.products {
            assert!(product.cost_cents < product.price_100_cents);
            assert!(product.price_100_cents <= product.price_10_cents);
            assert!(product.price_10_cents <= product.price_cents);
        }
    }
}
