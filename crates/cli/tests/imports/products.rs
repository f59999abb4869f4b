//! `zuc import products` says which rows stayed out, and why.

use serde_json::json;

use crate::Shop;

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
