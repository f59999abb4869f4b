//! A price list that says less than the catalogue knows.

use zuc_app::Office;
use zuc_ipc::shared::Query;

use crate::{
    price_list,
    proposals::{line_of, opened, saved},
    world::shop::Shop,
};

/// Everything that a list may say.
const WHOLE: &str = "SKU,Descripción,Clave SAT,Unidad SAT,Unidad,Precio,Moneda,IVA,Costo,Precio 10+,Precio 100+\n\
    A-1,Bomba,40151503,H87,Pieza,100,USD,Exento,60,90,80\n\
    A-2,Válvula,40141600,H87,Pieza,50,MXN,0%,30,,\n";

/// What proposals take from a product: unit, price and its currency, tax, and what ten and a hundred cost.
type Told = (String, String, String, String, [String; 2]);

async fn told(office: &Office, sku: &str) -> Told {
    let query = Query { text: String::new(), limit: 50 };
    let rows = office.product_search(query).await.expect("products");
    let row = rows.into_iter().find(|row| row.sku == sku).expect("the product");
    let mut prices = Vec::new();
    for quantity in ["10", "100"] {
        let proposal = opened(office).await;
        let line = line_of(&row, quantity);
        let view = saved(office, &proposal, |edit| edit.lines = vec![line]).await;
        prices.push(view.lines[0].edit.unit_price.clone());
    }
    let prices = prices.try_into().expect("two prices");
    (row.unit, row.price.amount, row.price.currency, row.tax, prices)
}

fn text(unit: &str, price: &str, currency: &str, tax: &str, tiers: [&str; 2]) -> Told {
    (unit.to_owned(), price.to_owned(), currency.to_owned(), tax.to_owned(), tiers.map(ToOwned::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_is_not_there_leaves_what_products_say() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    price_list(&shop, &office, WHOLE).await;
    assert_eq!(told(&office, "A-1").await, text("Pieza", "100.00", "USD", "exento", ["90.00", "80.00"]));
    let short = "SKU,Descripción,Clave SAT,Unidad SAT,Precio\n\
        A-1,Bomba,40151503,H87,110\nA-2,Válvula,40141600,H87,55\nA-3,Tubo,40142000,MTR,35\n";
    price_list(&shop, &office, short).await;
    assert_eq!(told(&office, "A-1").await, text("Pieza", "110.00", "USD", "exento", ["90.00", "80.00"]));
    assert_eq!(told(&office, "A-2").await, text("Pieza", "55.00", "MXN", "iva0", ["55.00", "55.00"]));
    // a product that is new is as it always was
    assert_eq!(told(&office, "A-3").await, text("", "35.00", "MXN", "iva16", ["35.00", "35.00"]));
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_says_less_and_nothing_new_changes_nothing() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    price_list(&shop, &office, WHOLE).await;
    let before = office.verify().await.expect("a check").scopes;
    let same = "SKU,Descripción,Clave SAT,Unidad SAT,Precio\nA-1,Bomba,40151503,H87,100\nA-2,Válvula,40141600,H87,50\n";
    price_list(&shop, &office, same).await;
    // the cost too, which no list shows
    assert_eq!(office.verify().await.expect("a check").scopes, before);
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_is_filled_is_obeyed_and_a_price_from_a_quantity_goes_when_its_cell_is_empty() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    price_list(&shop, &office, WHOLE).await;
    let next = "SKU,Descripción,Clave SAT,Unidad SAT,Unidad,Precio,IVA,Precio 100+\n\
        A-1,Bomba,40151503,H87,,100,16%,\n";
    price_list(&shop, &office, next).await;
    assert_eq!(told(&office, "A-1").await, text("Pieza", "100.00", "USD", "iva16", ["90.00", "90.00"]));
    // in other money, what was said in the old is no price any more
    price_list(&shop, &office, "SKU,Descripción,Clave SAT,Unidad SAT,Precio,Moneda\nA-1,Bomba,40151503,H87,1900,MXN\n")
        .await;
    assert_eq!(told(&office, "A-1").await, text("Pieza", "1900.00", "MXN", "iva16", ["1900.00", "1900.00"]));
    shop.leave(desk, office).await;
}
