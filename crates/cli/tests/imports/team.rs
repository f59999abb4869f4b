//! An import of one laptop, and what another laptop does with its leads before it is taken back.

use zuc_ipc::lead::{LeadEdit, LeadQuery};

use crate::{
    count, find, from, search,
    world::{
        World,
        company::{settle, until},
        servers::Options,
    },
};

const LIST: &str = "Empresa,Nombre,Correo\n\
    Talleres Cóndor,Luis Paz,luis@condor.example\n\
    Dulces Colibrí,Eva Sol,eva@colibri.example\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_did_with_a_lead_since_stays_everywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::open(folder.path(), Options::default()).await;
    world.found().await;
    let (luis, carla) = (world.desk("luis").await, world.desk("carla").await);
    let (manager, rep) = (luis.office().await.expect("an office"), carla.office().await.expect("an office"));
    let path = world.root.join("lista.csv").display().to_string();
    std::fs::write(&path, LIST).expect("a list");
    let done = rep.import_commit(from(&path)).await.expect("an import");
    settle(&rep).await;
    until("the list", async || search(&manager, "condor").await.len() == 1).await;
    let devices = manager.device_list().await.expect("devices");
    let acted = |this: bool| devices.iter().filter(|row| row.this == this && !row.last_seen.is_empty()).count();
    assert_eq!(acted(false), 1, "whoever imported was heard of: {devices:?}");
    let condor = find(&manager, "condor").await;
    let edit = LeadEdit { id: condor.id, field: "city".to_owned(), old: String::new(), new: "Mérida".to_owned() };
    manager.lead_edit(edit).await.expect("an edit");
    settle(&manager).await;
    until("the edit", async || find(&rep, "condor").await.city == "Mérida").await;
    let changes = rep.import_undo(done.batch.clone()).await.expect("an undo");
    assert_eq!(changes.done, "Importación deshecha: 1 prospecto; 1 con cambios posteriores se queda");
    settle(&rep).await;
    until("the undo", async || count(&manager).await == 1).await;
    for office in [&rep, &manager] {
        let page = office.lead_list(LeadQuery { limit: 5, ..LeadQuery::default() }).await.expect("leads");
        assert_eq!(page.rows.iter().map(|row| row.city.as_str()).collect::<Vec<_>>(), ["Mérida"]);
    }
    // the batch is the other laptop's to take back
    crate::refused(manager.import_undo(done.batch).await, "import.unknown_batch");
    settle(&manager).await;
    let seen = [rep.verify().await.expect("a check"), manager.verify().await.expect("a check")];
    assert_eq!(seen[0].scopes["sales.1"], seen[1].scopes["sales.1"], "both hold the same");
    world.leave("carla", carla, rep).await;
    world.leave("luis", luis, manager).await;
}
