//! A row that certainly is a prospect there before fills its blanks, and only those.

use zuc_ipc::lead::{LeadEdit, LeadNew};
use zuc_sample::{LeadList, ListSpec};

use crate::{Shop, capture, count, find, from, import, rows, seen};

/// The same mail: certainly the one that is there. It knows the same city otherwise, and more.
const ROW: &str = "Empresa,Nombre,Correo,Teléfono,Ciudad,Giro,Empleados,Notas\n\
    FERRETERIA NANDU SA DE CV,Ana Ruiz,ana@nandu.example; compras@nandu.example,55 1234 5678,Guadalajara,Ferretería,640,Le urge\n";

fn nandu() -> LeadNew {
    LeadNew {
        company: "Ferretería Ñandú".to_owned(),
        email: "ana@nandu.example".to_owned(),
        city: "León".to_owned(),
        ..LeadNew::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certain_duplicate_fills_blanks_and_writes_over_nothing() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let id = capture(&office, nandu()).await;
    let (before, source) = (seen(&office).await, shop.list(ROW));
    let preview = office.import_preview(source.clone()).await.expect("a dry run");
    assert_eq!(preview.rows[0].outcome, "merged");
    assert_eq!(preview.rows[0].of_name.as_deref(), Some("Ferretería Ñandú"));
    assert_eq!(preview.rows[0].fills, ["name", "email", "phone_txt", "size", "industry", "notes"]);
    assert_eq!((preview.totals.merged, preview.totals.filled), (1, 1));
    let report = office.import_report(&source).await.expect("a dry run");
    assert_eq!(report["rows"][0]["fills"], serde_json::json!(preview.rows[0].fills));
    assert_eq!(seen(&office).await, before, "a dry run writes nothing");

    import(&office, source).await;
    let lead = office.lead_get(id).await.expect("the lead");
    let row = &lead.row;
    assert_eq!((row.company.as_str(), row.city.as_str()), ("Ferretería Ñandú", "León"));
    assert_eq!((row.full_name.as_str(), row.email.as_str()), ("Ana Ruiz", "ana@nandu.example"));
    assert_eq!((lead.industry.as_str(), lead.company_size), ("Ferretería", Some(640)));
    assert_eq!(lead.other_emails, ["compras@nandu.example"]);
    assert!(row.phone.ends_with("5512345678") && lead.notes.contains("Le urge"), "{lead:?}");
    assert!(row.score > 50, "scored again by what is known now");
    assert_eq!(count(&office).await, 1);
    seen(&office).await;
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_again_changes_nothing() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    capture(&office, nandu()).await;
    let list = shop.file("larga.csv", LeadList::generate(&ListSpec::new(58, 500)).to_bytes());
    for source in [shop.list(ROW), from(&list)] {
        import(&office, source.clone()).await;
        let once = seen(&office).await;
        let again = import(&office, source).await.totals;
        assert_eq!((again.created, again.filled), (0, 0), "{again:?}");
        assert_eq!(seen(&office).await, once);
    }
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_takes_exactly_the_fills_back() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let id = capture(&office, nandu()).await;
    let before = rows(&office).await;
    let done = import(&office, shop.list(ROW)).await;
    let changes = office.import_undo(done.batch).await.expect("an undo");
    assert_eq!(changes.done, "Importación deshecha: 0 prospectos; 1 vuelve a como estaba");
    assert_eq!(rows(&office).await, before);
    assert_eq!(office.lead_get(id).await.expect("the lead").other_emails, Vec::<String>::new());
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filled_field_that_was_written_over_since_stays() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let id = capture(&office, nandu()).await;
    let done = import(&office, shop.list(ROW)).await;
    for (field, old, new) in [("industry", "Ferretería", "Construcción"), ("city", "León", "Silao")] {
        let (field, old, new) = (field.to_owned(), old.to_owned(), new.to_owned());
        office.lead_edit(LeadEdit { id: id.clone(), field, old, new }).await.expect("an edit");
    }
    let changes = office.import_undo(done.batch).await.expect("an undo");
    assert_eq!(changes.done, "Importación deshecha: 0 prospectos; 1 con cambios posteriores se queda");
    let lead = office.lead_get(id).await.expect("the lead");
    assert_eq!((lead.industry.as_str(), lead.row.city.as_str()), ("Construcción", "Silao"));
    assert_eq!((lead.row.full_name.as_str(), lead.row.phone.as_str(), lead.notes.as_str()), ("", "", ""));
    seen(&office).await;
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_one_prospect_fill_one_after_the_other() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    capture(&office, nandu()).await;
    let list = "Empresa,Nombre,Correo,Ciudad,Giro\n\
        Ferretería Ñandú,,ana@nandu.example,,Ferretería\n\
        Ferretería Ñandú,Ana Ruiz,ana@nandu.example,,Tlapalería\n\
        Ferretería Ñandú,Ana Ruiz,ana@nandu.example,,Ferretería\n";
    let preview = office.import_preview(shop.list(list)).await.expect("a dry run");
    let fills: Vec<Vec<String>> = preview.rows.iter().map(|row| row.fills.clone()).collect();
    assert_eq!(fills, [vec!["industry"], vec!["name"], vec![]]);
    import(&office, shop.list(list)).await;
    let lead = office.lead_get(find(&office, "nandu").await.id).await.expect("the lead");
    assert_eq!((lead.industry.as_str(), lead.row.full_name.as_str()), ("Ferretería", "Ana Ruiz"));
    shop.leave(desk, office).await;
}
