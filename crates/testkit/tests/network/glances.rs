//! Where people look travels beside the log: it may get lost, and nothing of it is kept.

use zuc_protocol::glance::Glance;
use zuc_protocol::ids::ItemId;
use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_protocol::{Rights, Role};
use zuc_store::wire_scope;
use zuc_sync::Input;
use zuc_testkit::network::Network;

use crate::work::{self, SALES};

const LUIS: usize = 0;
const ANA: usize = 1;
const BETO: usize = 2;
const DORA: usize = 3;

const NOTHING: [Option<ItemId>; 0] = [];

/// Luis manages, Ana and Beto sell, Dora administers and reads nothing of sales. Ana has captured a lead.
async fn company(seed: u64) -> Network {
    let seller = || Rights::new([Role::Ventas], [1]);
    let others = [("Ana", seller()), ("Beto", seller()), ("Dora", Rights::new([Role::Administracion], []))];
    let mut network = Network::found(seed, &others).await;
    Box::pin(work::capture(&mut network.laptops[ANA], "peñón")).await.unwrap();
    Box::pin(network.settle()).await;
    network
}

fn record(id: u8) -> ItemId {
    ItemId([id; 16])
}

async fn look(network: &mut Network, at: usize, record: Option<ItemId>) {
    network.time.pass(1_000);
    let laptop = &mut network.laptops[at];
    let glance = Glance { record, at_ms: laptop.now().as_millisecond() };
    laptop.hear(Input::Look { scope: wire_scope(SALES), glance }).await;
}

/// What a laptop has heard since it was asked last.
fn heard(network: &mut Network, at: usize) -> Vec<Option<ItemId>> {
    std::mem::take(&mut network.laptops[at].glances).into_iter().map(|(_, record)| record).collect()
}

#[tokio::test]
async fn who_reads_the_scope_hears_it_and_nothing_of_it_is_kept() {
    let mut network = company(81).await;
    let company = network.company;
    let ana = network.laptops[ANA].engine.log().device(network.laptops[ANA].keys().id()).unwrap().person;
    let before = network.host.head(company, wire_scope(SALES)).await.unwrap();
    let held = network.laptops[BETO].store.digests().await.unwrap();
    look(&mut network, ANA, Some(record(7))).await;
    assert_eq!(network.laptops[ANA].store.unsent().await.unwrap(), 0);
    network.settle().await;
    for at in [LUIS, BETO] {
        assert_eq!(network.laptops[at].glances, [(ana, Some(record(7)))]);
    }
    assert!(network.laptops[ANA].glances.is_empty() && network.laptops[DORA].glances.is_empty());
    assert_eq!(network.host.head(company, wire_scope(SALES)).await.unwrap(), before, "nothing in the log");
    assert_eq!(network.laptops[BETO].store.digests().await.unwrap(), held, "nor on a disk");
    look(&mut network, ANA, None).await;
    network.settle().await;
    assert_eq!(heard(&mut network, BETO), [Some(record(7)), None], "she looks at nothing any more");
    network.kill_the_relay().await;
    network.settle().await;
    assert_eq!(heard(&mut network, BETO), NOTHING, "and nobody tells it again");
}

#[tokio::test]
async fn what_there_is_no_room_for_is_lost() {
    let mut network = company(82).await;
    // who was away never hears of it
    network.laptops[BETO].disconnect().await;
    network.laptops[BETO].away = true;
    look(&mut network, ANA, Some(record(1))).await;
    network.settle().await;
    network.laptops[BETO].away = false;
    network.settle().await;
    assert_eq!(heard(&mut network, BETO), NOTHING);
    // nor who takes nothing that was not asked for, and then takes it again
    network.laptops[BETO].up.push_back(ClientFrame::Credit { frames: 0 });
    network.settle().await;
    look(&mut network, ANA, Some(record(2))).await;
    network.settle().await;
    network.laptops[BETO].up.push_back(ClientFrame::Credit { frames: 32 });
    network.settle().await;
    assert_eq!(heard(&mut network, BETO), NOTHING);
    // a hundred at once are few
    for id in 0..100 {
        let glance =
            Glance { record: Some(record(id)), at_ms: network.laptops[ANA].now().as_millisecond() + i64::from(id) };
        network.laptops[ANA].hear(Input::Look { scope: wire_scope(SALES), glance }).await;
    }
    network.settle().await;
    assert!(heard(&mut network, BETO).len() <= 1);
    look(&mut network, ANA, Some(record(3))).await;
    network.settle().await;
    assert_eq!(heard(&mut network, BETO).last(), Some(&Some(record(3))), "and it goes on");
    // without a connection nothing waits to be said
    network.laptops[ANA].disconnect().await;
    look(&mut network, ANA, Some(record(4))).await;
    assert!(network.laptops[ANA].up.is_empty());
    network.settle().await;
    assert_eq!(heard(&mut network, BETO), NOTHING);
}

#[tokio::test]
async fn nobody_is_made_to_look_by_others() {
    let mut network = company(83).await;
    look(&mut network, ANA, Some(record(5))).await;
    let said = network.laptops[ANA].up.iter().find_map(|frame| match frame {
        ClientFrame::Glance { scope, glance } => Some((*scope, glance.clone())),
        _ => None,
    });
    let (scope, glance) = said.unwrap();
    network.settle().await;
    assert_eq!(heard(&mut network, BETO), [Some(record(5))]);
    let mut forged = glance.clone();
    forged.author = network.laptops[LUIS].keys().id();
    let mut spoiled = glance.clone();
    spoiled.sealed.0[30] ^= 1;
    for glance in [glance.clone(), forged, spoiled] {
        network.laptops[BETO].hear(Input::Frame(ServerFrame::Glance { scope, glance })).await;
    }
    assert_eq!(heard(&mut network, BETO), NOTHING, "what was said before, and what nobody said");
    // nor does the relay pass on what is not the sender's
    network.time.pass(1_000);
    network.laptops[LUIS].up.push_back(ClientFrame::Glance { scope, glance });
    network.settle().await;
    assert_eq!(heard(&mut network, BETO), NOTHING);
}
