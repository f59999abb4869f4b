//! `zuc import leads --rejects`: the report is always said, and the rows to mend lie where they were asked for.

use std::fs;

use crate::Shop;

const RIGHT: &str = "Empresa,Correo\nFerretería Ñandú,ana@nandu.example\n";
const BAD: &str = "Empresa,Correo\nFerretería Ñandú,ana@nandu.example\nTalleres Cóndor,esto no es un correo\n";

#[tokio::test(flavor = "multi_thread")]
async fn with_nothing_to_reject_the_report_is_said_and_no_file_is_left() {
    let shop = Shop::open().await;
    let (list, rejects) = (shop.file("lista.csv", RIGHT), shop.root.join("fuera.csv"));
    let asked = ["import", "leads", &list, "--rejects", &rejects.display().to_string()];
    let ran = shop.run(&asked).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let report = ran.answer().expect("a report");
    assert_eq!((&report["totals"]["created"], report["batch"].is_string()), (&1.into(), true));
    assert!(!rejects.exists());
    // what lies there is somebody's: it is neither taken away nor written over
    fs::write(&rejects, "mis notas").expect("a file");
    assert_eq!(shop.run(&asked).await.code, Some(0));
    assert_eq!(fs::read_to_string(&rejects).expect("the file"), "mis notas");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_rows_are_written_with_their_reasons() {
    let shop = Shop::open().await;
    let (list, rejects) = (shop.file("lista.csv", BAD), shop.root.join("fuera.csv"));
    let ran = shop.run(&["import", "leads", &list, "--rejects", &rejects.display().to_string()]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.answer().expect("a report")["batch"].is_string());
    let text = fs::read_to_string(&rejects).expect("the rejected rows");
    assert_eq!(
        text,
        "\u{feff}Empresa,Correo,Motivo del rechazo\nTalleres Cóndor,esto no es un correo,El correo no es válido\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_cannot_be_written_is_refused_before_the_import() {
    let shop = Shop::open().await;
    let list = shop.file("lista.csv", BAD);
    let nowhere = shop.root.join("no/hay/fuera.csv").display().to_string();
    let ran = shop.run(&["import", "leads", &list, "--rejects", &nowhere]).await;
    assert_eq!((ran.refusal(), ran.code), (Some("file.not_written"), Some(3)), "{}", ran.stderr);
    let page = shop.run(&["lead", "list"]).await.answer().expect("leads");
    assert_eq!(page["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_list_leaves_no_empty_file_of_rejects() {
    let shop = Shop::open().await;
    let (list, rejects) = (shop.file("lista.csv", "\n"), shop.root.join("fuera.csv"));
    let ran = shop.run(&["import", "leads", &list, "--rejects", &rejects.display().to_string()]).await;
    assert_eq!((ran.refusal(), ran.code), (Some("import.empty"), Some(1)), "{}", ran.stderr);
    assert!(!rejects.exists());
}
