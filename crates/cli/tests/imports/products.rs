//! Price lists: which rows stayed out and why, and taking one back.

use serde_json::json;
use zuc_app::Office;
use zuc_ipc::shared::Query;

use crate::{Shop, from, refused, rows};

const LIST: &str = "SKU,Descripción,Clave SAT,Unidad SAT,Precio\n\
    A-1,Bomba,40151503,H87,1500\n\
    A-1,La misma clave,40151503,H87,1500\n\
    A-3,Sin precio,123,H87,\n";

#[tokio::test(flavor = "multi_thread")]
async fn products_that_stay_out_are_named_with_their_reasons() {
    let shop = Shop::open().await;
    let ran = shop.run(&["import", "products", &shop.file("productos.csv", LIST)]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let done = ran.answer().expect("JSON");
    assert_eq!((&done["totals"]["created"], &done["totals"]["rejected"]), (&json!(1), &json!(2)));
    let rejected = done["rejected"].as_array().expect("rows");
    assert_eq!(rejected[0]["row"], 2);
    assert_eq!(rejected[0]["reasons"], json!(["repeated_sku"]));
    assert_eq!(rejected[1]["reasons"], json!(["clave_prod_serv", "price"]));
    assert_eq!(
        rejected[1]["why"],
        "La clave del SAT no son ocho dígitos; Falta el precio, es negativo o no es un número"
    );
}

const HEADER: &str = "SKU,Descripción,Clave SAT,Unidad SAT,Precio\n";

/// Keys and prices of the catalogue.
async fn prices(office: &Office) -> Vec<(String, String)> {
    let products = office.product_search(Query { text: String::new(), limit: 50 }).await.expect("products");
    let mut prices: Vec<_> = products.into_iter().map(|row| (row.sku, row.price.amount)).collect();
    prices.sort();
    prices
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_list_taken_back_leaves_the_catalogue_as_it_was() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let list = |name: &str, lines: &str| from(&shop.file(name, format!("{HEADER}{lines}")));
    let first = "A-1,Bomba,40151503,H87,1500\nA-2,Válvula,40141600,H87,80\nA-3,Tubo,40142000,MTR,35\n";
    office.products_import(list("enero.csv", first)).await.expect("a list");
    let (before, old) = (rows(&office).await, prices(&office).await);

    let second = "A-1,Bomba de agua,40151503,H87,1800\nA-2,Válvula,40141600,H87,80\nA-9,Codo,40142300,H87,12\n";
    let done = office.products_import(list("febrero.csv", second)).await.expect("a list");
    assert_ne!(prices(&office).await, old);
    let undone = office.import_undo(done.batch.clone()).await.expect("taken back");
    assert_eq!(undone.done, "Lista deshecha: 1 producto; 1 vuelve a como estaba");
    assert_eq!((rows(&office).await, prices(&office).await), (before, old));
    refused(office.import_undo(done.batch).await, "import.already_undone");
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_list_said_stays_when_an_earlier_one_is_taken_back() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let list = |name: &str, lines: &str| from(&shop.file(name, format!("{HEADER}{lines}")));
    let first = "A-1,Bomba,40151503,H87,1500\nA-2,Válvula,40141600,H87,80\n";
    let done = office.products_import(list("enero.csv", first)).await.expect("a list");
    office.products_import(list("febrero.csv", "A-1,Bomba,40151503,H87,1800\n")).await.expect("a list");
    let undone = office.import_undo(done.batch).await.expect("taken back");
    assert_eq!(undone.done, "Lista deshecha: 1 producto; 1 con cambios posteriores se queda");
    let [(sku, price)] = prices(&office).await.try_into().expect("one product");
    assert_eq!((sku.as_str(), price.parse()), ("A-1", Ok(1800.0)));
    shop.leave(desk, office).await;
}
