//! `zuc invoice issue`, killed: it goes on from where it was, and the PAC stamps once.

use std::path::PathBuf;

use crate::{
    Red,
    dice::{Dice, Length},
    import::sound,
    invoices::{Found, Invoices, WHO},
    tally::Tally,
    world::{World, servers::Options},
};

/// Kills between two looks that make the read tables again.
const REBUILD: u64 = 20;

pub(crate) async fn run(root: PathBuf, kills: u64, mut dice: Dice, red: Red) -> Vec<Tally> {
    let world = World::open(&root, options(red)).await;
    world.found().await;
    let mut invoices = Invoices::default();
    let mut length = measure(&world, &mut invoices).await;
    let mut tally = Tally::new("zuc invoice issue");
    let mut id = invoices.next(&world).await;
    while tally.kills() < kills {
        let ran = world.zuc(WHO, &["invoice", "issue", &id]).killed_after(length.moment(&mut dice)).await;
        let said = ran.answer();
        let desk = world.desk(WHO).await;
        let office = desk.office().await.expect("the home opens again");
        let found = invoices.look(&world, &office, &id, said.as_ref()).await;
        if red.acknowledged {
            assert_eq!(found.state, "stamped", "an acknowledged timbre is gone");
        }
        sound(&office, tally.kills().is_multiple_of(REBUILD)).await;
        world.leave(WHO, desk, office).await;
        if ran.was_killed() {
            let (nth, phase) = phase(&found, said.is_some());
            tally.killed(nth, phase);
        } else {
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            length.saw(ran.lived);
            tally.survived += 1;
        }
        if found.state == "stamped" {
            id = invoices.next(&world).await;
        }
    }
    invoices.finish(&world, &mut tally).await;
    vec![tally]
}

pub(crate) fn options(red: Red) -> Options {
    if red.resend { Options { recovery: "resend", ..Options::default() } } else { Options::default() }
}

/// One invoice issued without a kill.
pub(crate) async fn measure(world: &World, invoices: &mut Invoices) -> Length {
    let id = invoices.next(world).await;
    let opening = world.run(WHO, &["company", "show"]).await.lived;
    let left_alone = world.run(WHO, &["invoice", "issue", &id]).await;
    assert_eq!(left_alone.code, Some(0), "{}", left_alone.stderr);
    Length { opening, whole: left_alone.lived }
}

pub(crate) fn phase(found: &Found, answered: bool) -> (usize, &'static str) {
    match (found.state.as_str(), found.at_the_pac) {
        ("pre_invoice", _) => (0, "not sealed yet"),
        ("stamped", _) if answered => (5, "stamped and answered"),
        ("stamped", _) => (4, "stamped and kept, not answered"),
        (_, true) => (3, "stamped by the PAC, not kept on the laptop"),
        ("generated", false) => (1, "sealed, the PAC has nothing"),
        (_, false) => (2, "queued or sent, the PAC has nothing"),
    }
}
