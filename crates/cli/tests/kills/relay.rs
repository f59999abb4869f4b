//! The relay, killed and started again while a laptop pushes to it or has it stamp.

use std::{fs, path::PathBuf, time::Duration};

use tokio::time::sleep;
use zuc_ipc::import::ImportSource;
use zuc_sample::{LeadList, ListSpec};

use crate::{
    Red,
    dice::{Dice, Length},
    import::sound,
    invoices::{Invoices, WHO},
    issue::{measure, options, phase},
    tally::Tally,
    world::World,
};

/// Rows that wait to be pushed when the relay is killed.
const ROWS: u32 = 60;
/// Kills between two comparisons of the homes.
const COMPARE: u64 = 5;
/// Who reads what was pushed.
const WITNESS: &str = "luis";

pub(crate) async fn run(root: PathBuf, kills: u64, mut dice: Dice, red: Red) -> Vec<Tally> {
    let mut world = World::open(&root, options(red)).await;
    world.found().await;
    let mut invoices = Invoices::default();
    let stamps = Box::pin(stamping(&mut world, kills / 2, &mut dice, &mut invoices)).await;
    let pushes = pushing(&mut world, kills - kills / 2, &mut dice).await;
    vec![pushes, stamps]
}

async fn stamping(world: &mut World, kills: u64, dice: &mut Dice, invoices: &mut Invoices) -> Tally {
    let mut length = measure(world, invoices).await;
    let mut tally = Tally::new("relay, stamping");
    let mut id = invoices.next(world).await;
    while tally.kills() < kills {
        let moment = dice.between(length.opening / 2, length.whole);
        let issuing = tokio::spawn(world.zuc(WHO, &["invoice", "issue", &id]).run());
        sleep(moment).await;
        let in_time = !issuing.is_finished();
        world.servers.kill_relay().await;
        world.servers.start_relay().await;
        let ran = issuing.await.expect("zuc is waited for");
        let code = ran.refusal();
        let away = ran.code == Some(3) && matches!(code, Some("relay.unreachable" | "relay.timed_out"));
        assert!(ran.code == Some(0) || away, "{:?} {}", ran.code, ran.stderr);
        let desk = world.desk(WHO).await;
        let office = desk.office().await.expect("the home opens");
        let found = invoices.look(world, &office, &id, ran.answer().as_ref()).await;
        sound(&office, false).await;
        world.leave(WHO, desk, office).await;
        if in_time {
            let (nth, phase) = phase(&found, ran.code == Some(0));
            tally.killed(nth, phase);
        } else {
            length.saw(ran.lived);
            tally.survived += 1;
        }
        if found.state != "pre_invoice" {
            // what is under way goes on by itself
            id = invoices.next(world).await;
        }
    }
    invoices.finish(world, &mut tally).await;
    tally
}

async fn pushing(world: &mut World, kills: u64, dice: &mut Dice) -> Tally {
    let sync = ["sync", "--wait", "60"];
    let mut tally = Tally::new("relay, pushes");
    let opening = world.run(WHO, &["company", "show"]).await.lived;
    compare(world).await;
    let before = world.ask(WITNESS, &["lead", "list", "--limit", "1"]).await["total"].as_u64().expect("a count");
    let mut rows = capture(world, dice).await;
    let left_alone = world.run(WHO, &sync).await;
    let mut length = Length { opening, whole: left_alone.lived };
    while tally.kills() < kills {
        rows += capture(world, dice).await;
        let moment = dice.between(length.opening / 2, length.whole);
        let syncing = tokio::spawn(world.zuc(WHO, &sync).run());
        sleep(moment).await;
        let in_time = !syncing.is_finished();
        world.servers.kill_relay().await;
        // half of the time it is away for a moment
        sleep(Duration::from_millis(dice.roll(2) * dice.roll(400))).await;
        world.servers.start_relay().await;
        let ran = syncing.await.expect("zuc is waited for");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let status = ran.answer().expect("a status");
        assert_eq!((&status["state"], &status["pending"]), (&"up_to_date".into(), &0.into()), "{status}");
        if in_time {
            tally.killed(0, "in an exchange of 60 rows");
        } else {
            length.saw(ran.lived);
            tally.survived += 1;
        }
        if tally.kills().is_multiple_of(COMPARE) {
            compare(world).await;
        }
    }
    compare(world).await;
    let page = world.ask(WITNESS, &["lead", "list", "--limit", "1"]).await;
    let found = page["total"].as_u64().expect("a count") - before;
    assert_eq!(found, rows, "rows that were acknowledged, and those that reached the other home");
    tally.acknowledged = (rows, found, "rows");
    tally
}

/// Imports a list while the relay is away; gives how many leads it made.
async fn capture(world: &mut World, dice: &mut Dice) -> u64 {
    world.servers.kill_relay().await;
    let list = world.root.join("lista.csv");
    fs::write(&list, LeadList::generate(&ListSpec::new(dice.roll(1 << 32), ROWS)).to_bytes()).expect("a list");
    let desk = world.desk(WHO).await;
    let office = desk.office().await.expect("an office");
    let source = ImportSource { path: list.display().to_string(), ..ImportSource::default() };
    let made = office.import_commit(source).await.expect("an import").totals.created;
    world.leave(WHO, desk, office).await;
    world.servers.start_relay().await;
    made
}

/// What was acknowledged has reached the other home, and both are sound.
async fn compare(world: &World) {
    world.ask(WITNESS, &["sync", "--wait", "60"]).await;
    let there = world.home(WITNESS).display().to_string();
    world.ask(WHO, &["verify", "--same-as", &there]).await;
    world.ask(WITNESS, &["verify"]).await;
    world.ask(WITNESS, &["rebuild", "--verify"]).await;
}
