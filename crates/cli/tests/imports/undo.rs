//! Taking an import back: everything is as before, but for what someone did since.

use zuc_ipc::{
    import::HeldDecision,
    lead::{ActivityNew, LeadEdit, LeadNew},
};
use zuc_sample::{LeadList, ListSpec};

use crate::{Shop, capture, count, find, import, refused, rows, search, seen};

/// Three prospects of which the first is there already, and knows less.
const LIST: &str = "Empresa,Nombre,Correo,Teléfono,Giro\n\
    Ferretería Ñandú,Ana Ruiz,ana@nandu.example,5512345678,Ferretería\n\
    Talleres Cóndor,Luis Paz,luis@condor.example,5587654321,Taller\n\
    Dulces Colibrí,Eva Sol,eva@colibri.example,5511223344,Dulces\n";

fn nandu() -> LeadNew {
    LeadNew {
        company: "Ferretería Ñandú".to_owned(),
        email: "ana@nandu.example".to_owned(),
        city: "León".to_owned(),
        ..LeadNew::default()
    }
}

fn edit(id: &str, field: &str, old: &str, new: &str) -> LeadEdit {
    LeadEdit { id: id.to_owned(), field: field.to_owned(), old: old.to_owned(), new: new.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undone_import_leaves_every_read_table_as_before() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    capture(&office, nandu()).await;
    let before = rows(&office).await;
    let list = LeadList::generate(&ListSpec::new(31, 400)).to_bytes();
    let messy = import(&office, shop.list(list)).await;
    let filling = import(&office, shop.list(LIST)).await;
    assert_eq!((filling.totals.created, filling.totals.merged, filling.totals.filled), (2, 1, 1));
    assert!(messy.totals.probable_duplicate > 0 && messy.totals.merged > 0, "{:?}", messy.totals);
    assert_ne!(rows(&office).await, before);
    // the older one first: what was imported on top stays until it is taken back itself
    office.import_undo(messy.batch).await.expect("an undo");
    office.import_undo(filling.batch).await.expect("an undo");
    assert_eq!(rows(&office).await, before);
    assert_eq!(office.held_list().await.expect("held rows"), []);
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_was_edited_since_stays_with_its_edit() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let done = import(&office, shop.list(LIST)).await;
    let condor = find(&office, "condor").await;
    office.lead_edit(edit(&condor.id, "city", "", "Mérida")).await.expect("an edit");
    let changes = office.import_undo(done.batch).await.expect("an undo");
    assert_eq!(changes.done, "Importación deshecha: 2 prospectos; 1 con cambios posteriores se queda");
    assert_eq!((count(&office).await, find(&office, "condor").await.city.as_str()), (1, "Mérida"));
    seen(&office).await;
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_about_which_something_was_noted_since_stays() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let done = import(&office, shop.list(LIST)).await;
    let eva = find(&office, "colibri").await;
    let note = ActivityNew {
        subject_id: eva.id.clone(),
        channel: "note".to_owned(),
        direction: "out".to_owned(),
        text: "Pide muestras".to_owned(),
    };
    office.lead_log(note).await.expect("a note");
    office.import_undo(done.batch).await.expect("an undo");
    let kept = office.lead_get(eva.id).await.expect("she is there");
    assert_eq!((count(&office).await, kept.timeline[0].text.as_str()), (1, "Pide muestras"));
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_was_taken_back_is_none() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let done = import(&office, shop.list(LIST)).await;
    let condor = find(&office, "condor").await;
    let changes = office.lead_edit(edit(&condor.id, "city", "", "Mérida")).await.expect("an edit");
    office.undo(changes.undo.expect("its inverse")).await.expect("taken back");
    office.import_undo(done.batch).await.expect("an undo");
    assert_eq!(count(&office).await, 0);
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_decided_later_are_undone_with_their_batch() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    capture(&office, nandu()).await;
    capture(&office, LeadNew { company: "Talleres Cóndor".to_owned(), ..LeadNew::default() }).await;
    let before = rows(&office).await;
    // the same names and nothing else in common; the third is like the second row of the list itself
    let list = "Empresa,Nombre,Correo,Ciudad\n\
        Ferreteria Nandu SA de CV,Rosa Gil,rosa@gil.example,Celaya\n\
        Talleres Condor,Pedro Mar,pedro@mar.example,Puebla\n\
        Dulces Colibrí,Eva Sol,eva@colibri.example,Colima\n\
        Dulces Colibri,Otra Eva,otra@eva.example,Toluca\n";
    let done = import(&office, shop.list(list)).await;
    let waiting = office.held_list().await.expect("held rows");
    assert_eq!((done.totals.created, waiting.len()), (1, 3));
    for (row, decision) in waiting.iter().zip(["create", "merge", "merge"]) {
        let word = HeldDecision { id: row.id.clone(), decision: decision.to_owned() };
        office.held_decide(word).await.expect("a decision");
    }
    assert_eq!((search(&office, "Nandu").await.len(), count(&office).await), (2, 4));
    let condor = find(&office, "condor").await;
    assert_eq!((condor.email.as_str(), condor.city.as_str()), ("pedro@mar.example", "Puebla"));
    let word = HeldDecision { id: waiting[0].id.clone(), decision: "create".to_owned() };
    refused(office.held_decide(word).await, "app.not_found");
    let changes = office.import_undo(done.batch).await.expect("an undo");
    assert_eq!(changes.done, "Importación deshecha: 2 prospectos; 1 vuelve a como estaba");
    assert_eq!(rows(&office).await, before);
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_batch_and_one_taken_back_are_refused() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let done = import(&office, shop.list(LIST)).await;
    let unknown = "0192e4a0-0000-7000-8000-000000000001".to_owned();
    let before = seen(&office).await;
    refused(office.import_undo(unknown.clone()).await, "import.unknown_batch");
    refused(office.import_undo("el último".to_owned()).await, "app.invalid_input");
    assert_eq!(seen(&office).await, before);
    office.import_undo(done.batch.clone()).await.expect("an undo");
    let before = seen(&office).await;
    refused(office.import_undo(done.batch.clone()).await, "import.already_undone");
    assert_eq!(seen(&office).await, before);
    shop.leave(desk, office).await;
    for (batch, code) in [(unknown, "import.unknown_batch"), (done.batch, "import.already_undone")] {
        let ran = shop.run(&["import", "undo", &batch]).await;
        assert_eq!((ran.refusal(), ran.code), (Some(code), Some(1)), "{}", ran.stderr);
    }
}
