//! A relay that runs and logs all it can holds no word of what it carries: not in its memory, and not in its log.

use zuc_ipc::lead::LeadQuery;

use crate::{
    CARLA,
    world::{
        World,
        company::{customer, settle},
        servers::Options,
    },
};

/// What people typed: names, mails, companies, needs, the passphrase of their homes.
const WORDS: [&str; 6] = [
    "Rosa Iñiguez",
    "rosa7@lafragua7",
    "Talleres La Fragua",
    "Quiere renovar el equipo",
    "Renovar el equipo",
    "una frase de prueba",
];

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_memory_of_a_running_relay_nor_its_log_says_what_it_carries() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::open(folder.path(), Options { log: "trace", ..Options::default() }).await;
    world.found().await;
    for (person, sells) in [(CARLA, true), ("luis", false)] {
        let desk = world.desk(person).await;
        let office = desk.office().await.expect("an office");
        if sells {
            Box::pin(customer(&office, 7)).await;
        }
        settle(&office).await;
        let query = LeadQuery { states: vec!["converted".to_owned()], limit: 9, ..LeadQuery::default() };
        let leads = office.lead_list(query).await.expect("leads");
        assert!(leads.rows.iter().any(|lead| lead.full_name == "Rosa Iñiguez 7"), "{person} has what Carla wrote");
        world.leave(person, desk, office).await;
    }
    let memory = world.servers.relay_memory();
    let holds = |word: &str| memory.iter().any(|stretch| stretch.contains(word));
    let log = world.servers.log_of("serve");
    // what it does know is found, in both
    let its_own = folder.path().join("relay").display().to_string();
    assert!(holds(&its_own), "{} stretches of memory do not name its folder", memory.len());
    assert!(log.lines().count() > 100 && log.contains("TRACE"), "{} lines", log.lines().count());
    for word in WORDS {
        assert!(!holds(word), "its memory holds «{word}»");
        assert!(!log.contains(word), "its log says «{word}»");
    }
}
