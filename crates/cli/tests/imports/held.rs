//! `zuc import held` and `zuc import decide`.

use serde_json::Value;

use crate::Shop;

const LIST: &str = "Empresa,Nombre,Correo\n\
    Dulces Colibrí,Eva Sol,eva@colibri.example\n\
    Dulces Colibri SA de CV,Otra Eva,otra@eva.example\n\
    Talleres Cóndor,Luis Paz,luis@condor.example\n\
    Talleres Condor,Otro Luis,otro@luis.example\n\
    Ferretería Ñandú,Ana Ruiz,ana@nandu.example\n\
    Ferreteria Nandu,Otra Ana,otra@ana.example\n";

async fn answer(shop: &Shop, arguments: &[&str]) -> Value {
    let ran = shop.run(arguments).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.answer().expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn held_rows_are_listed_and_decided_in_the_terminal() {
    let shop = Shop::open().await;
    let list = shop.file("lista.csv", LIST);
    answer(&shop, &["import", "leads", &list]).await;
    let waiting = answer(&shop, &["import", "held"]).await;
    let waiting = waiting.as_array().expect("rows");
    let incoming: Vec<&str> = waiting.iter().filter_map(|row| row["incoming"]["full_name"].as_str()).collect();
    assert_eq!(incoming, ["Otra Eva", "Otro Luis", "Otra Ana"]);
    assert_eq!(waiting[0]["existing"], "Dulces Colibrí · Eva Sol");
    let id = |row: usize| waiting[row]["id"].as_str().expect("its id");

    // no word of the use case: clap says so
    assert_eq!(shop.run(&["import", "decide", id(0), "keep"]).await.code, Some(2));
    for (row, word) in ["create", "merge", "discard"].into_iter().enumerate() {
        answer(&shop, &["import", "decide", id(row), word]).await;
    }
    let again = shop.run(&["import", "decide", id(0), "create"]).await;
    assert_eq!((again.refusal(), again.code), (Some("app.not_found"), Some(1)), "{}", again.stderr);
    assert_eq!(answer(&shop, &["import", "held"]).await, serde_json::json!([]));
    let page = answer(&shop, &["lead", "list"]).await;
    assert_eq!(page["total"], 4, "three of the list, and the one that a person said is another");
}
