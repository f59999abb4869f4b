//! What it costs to receive what was made to cost much.

use automerge::legacy::ObjectId;
use zuc_protocol::envelope::BatchKind;
use zuc_protocol::ids::ItemId;
use zuc_protocol::item::{Change, DocKind, Item};
use zuc_sync::SyncStatus;

use crate::crafted::{Craft, put, take_back};
use crate::draw::{now, tell};
use crate::mallory::{Mallory, hear};
use crate::peer::{BETO, LUIS, company, leads_of_ana};
use crate::people::city;

/// Changes of a batch.
const FULL: u64 = 256;

fn change(doc: ItemId, craft: Craft) -> (Item, automerge::ChangeHash, u64) {
    let change = craft.change();
    let (hash, top) = (change.hash(), change.max_op());
    let chunk = change.raw_bytes().to_vec();
    (
        Item::Change(Change { doc, kind: DocKind::LEAD, chunk, person_keys: vec![], events: vec![], part: None }),
        hash,
        top,
    )
}

/// A quarter of what a document may hold before it is to be rotated costs its last changes no more than a few times what the first ones did.
#[tokio::test]
async fn a_document_that_grows_costs_what_is_new_of_it() {
    let mut network = company(1).await;
    let leads = leads_of_ana(&mut network, 2).await;
    let mut mallory = Mallory::of(&network, BETO).await;
    let mut ends: Vec<_> = leads.iter().map(|(_, seen)| (0, seen.head, seen.top)).collect();
    let mut took = Vec::new();
    for _ in 0..16 {
        let mut items = Vec::new();
        // by turns, so that whoever keeps but one document in hand reads each of them again and again
        for nth in 0..FULL {
            let which = usize::try_from(nth % 2).unwrap();
            let (seq, head, top) = ends[which];
            let craft = Craft {
                actor: mallory.actor().0.to_vec(),
                seq: seq + 1,
                start: top + 1,
                deps: vec![head],
                ops: vec![put(ObjectId::Root, "city", &format!("Tula {seq}"))],
            };
            let (item, head, top) = change(ItemId::from_uuid(leads[which].0.0), craft);
            ends[which] = (seq + 1, head, top);
            items.push(item);
        }
        let header = mallory.header(BatchKind::Change);
        mallory.send(&header, items);
        let page = mallory.page();
        let began = now();
        hear(&mut network.laptops[LUIS], &page).await;
        took.push(began.elapsed().as_secs_f64());
    }
    assert!(network.laptops[LUIS].set_aside.is_empty(), "{:?}", network.laptops[LUIS].set_aside);
    let (first, last) = (took[1..4].iter().sum::<f64>(), took[13..].iter().sum::<f64>());
    tell(&format!(
        "256 changes of two documents: {:.0} ms at first, {:.0} ms after 4,000",
        first / 3.0 * 1e3,
        last / 3.0 * 1e3
    ));
    assert!(last < first * 16.0, "{took:?}");
}

#[tokio::test]
async fn a_million_operations_in_one_change_are_not_opened() {
    let mut network = company(2).await;
    let (lead, seen) = leads_of_ana(&mut network, 1).await.remove(0);
    let mut mallory = Mallory::of(&network, BETO).await;
    let craft = Craft {
        actor: mallory.actor().0.to_vec(),
        seq: 1,
        start: seen.top + 1,
        deps: vec![seen.head],
        ops: vec![take_back(ObjectId::Root, "city"); 1_000_000],
    };
    let (item, ..) = change(ItemId::from_uuid(lead.0), craft);
    let Item::Change(bomb) = &item else { panic!("a change") };
    let size = bomb.chunk.len();
    let header = mallory.header(BatchKind::Change);
    mallory.send(&header, vec![item]);
    let page = mallory.page();
    let began = now();
    hear(&mut network.laptops[LUIS], &page).await;
    let took = began.elapsed();
    tell(&format!("a million operations in {size} bytes: refused in {} ms", took.as_millis()));
    assert_eq!(network.laptops[LUIS].set_aside, ["store.change_refused"]);
    assert_eq!(city(&network.laptops[LUIS], lead).await, None);
    assert!(took.as_secs() < 5, "{took:?}");
    assert_ne!(network.laptops[LUIS].engine.status(), SyncStatus::Failed("sync.author_gap"));
}
