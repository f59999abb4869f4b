//! `zuc import leads`, killed: the list is there as a whole or not at all.

use std::{fs, path::PathBuf};

use zuc_app::Office;
use zuc_ipc::{import::ImportSource, lead::LeadQuery};
use zuc_sample::{LeadList, ListSpec};

use crate::{
    Red,
    dice::{Dice, Length},
    tally::Tally,
    world::{World, copy, servers::Options},
};

/// Rows of the list.
const ROWS: u32 = 300;
/// Kills between two looks that make the read tables again.
const REBUILD: u64 = 10;
/// Who imports; a copy of Carla's home each time.
const WHO: &str = "copia";

pub(crate) async fn run(root: PathBuf, kills: u64, mut dice: Dice, red: Red) -> Vec<Tally> {
    let mut world = World::open(&root, Options::default()).await;
    world.found().await;
    // the importer is without a network
    world.servers.kill_relay().await;
    let list = root.join("prospectos.csv");
    fs::write(&list, LeadList::generate(&ListSpec::new(dice.roll(1 << 32), ROWS)).to_bytes()).expect("a list");
    let list = list.display().to_string();
    let arguments = ["import", "leads", list.as_str()];

    fresh(&world);
    let opened = world.run(WHO, &["lead", "list"]).await;
    let left_alone = world.run(WHO, &arguments).await;
    assert_eq!(left_alone.code, Some(0), "{}", left_alone.stderr);
    let mut length = Length { opening: opened.lived, whole: left_alone.lived };
    let once = leads(&world).await;
    world.ask(WHO, &arguments).await;
    let twice = leads(&world).await;
    assert!(once > 0);

    let mut tally = Tally::new("zuc import leads");
    let mut rows = (0, 0);
    while tally.kills() < kills {
        fresh(&world);
        let ran = world.zuc(WHO, &arguments).killed_after(length.moment(&mut dice)).await;
        let answered = ran.answer().is_some() || red.acknowledged;
        let touched = written(&world);
        let desk = world.desk(WHO).await;
        let office = desk.office().await.expect("the home opens again");
        let found = count(&office).await;
        assert!(found == 0 || found == once, "half an import: {found} of {once} leads");
        if answered {
            assert_eq!(found, once, "an acknowledged import is gone");
            rows = (rows.0 + once, rows.1 + found);
        }
        sound(&office, tally.kills().is_multiple_of(REBUILD)).await;
        let source = ImportSource { path: list.clone(), ..ImportSource::default() };
        office.import_leads(&source).await.expect("the same list again");
        let after = if found == 0 { once } else { twice };
        assert_eq!(count(&office).await, after, "after the same list again, {found} being there");
        desk.close().await;
        if !ran.was_killed() {
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            length.saw(ran.lived);
            tally.survived += 1;
            continue;
        }
        let (nth, phase) = match (found, answered, touched) {
            (0, _, None) => (0, "the home not open yet"),
            (0, _, Some(0)) => (1, "open, nothing written"),
            (0, _, Some(_)) => (2, "pages written, not committed"),
            (_, false, _) => (3, "committed, not answered"),
            (_, true, _) => (4, "answered, not ended"),
        };
        tally.killed(nth, phase);
    }
    tally.acknowledged = (rows.0, rows.1, "rows");
    vec![tally]
}

fn fresh(world: &World) {
    // absent the first time
    let _ = fs::remove_dir_all(world.home(WHO));
    copy(&world.home("carla"), &world.home(WHO));
}

/// Bytes in the database's log of pages, when there is one.
fn written(world: &World) -> Option<u64> {
    let names = fs::read_dir(world.home(WHO)).expect("the home");
    let log = names.map(|entry| entry.expect("a file").path()).find(|path| path.to_string_lossy().ends_with("-wal"))?;
    Some(fs::metadata(log).map_or(0, |found| found.len()))
}

async fn leads(world: &World) -> u64 {
    let page = world.ask(WHO, &["lead", "list", "--limit", "1"]).await;
    page["total"].as_u64().expect("a count")
}

async fn count(office: &Office) -> u64 {
    office.lead_list(LeadQuery { limit: 1, ..LeadQuery::default() }).await.expect("leads").total
}

/// Pages, chains, audit; and now and then the read tables made again and compared.
pub(crate) async fn sound(office: &Office, rebuild: bool) {
    let checked = office.verify().await.expect("a check");
    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
    if rebuild {
        let differs = office.rebuild(true).await.expect("read tables made again");
        assert!(differs.is_empty(), "{differs:?}");
    }
}
