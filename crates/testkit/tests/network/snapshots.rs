//! Whoever begins at a snapshot holds what whoever read the whole log holds; and begins at none that is amiss.

use zuc_domain::lead::{Lead, LeadField};
use zuc_domain::shared::LeadId;
use zuc_protocol::ids::{DeviceId, ItemId};
use zuc_protocol::manifest::{Says, Unfit};
use zuc_protocol::messages::ServerFrame;
use zuc_protocol::pack::{PackItem, pack_hash};
use zuc_protocol::{Blob, Rights, Role, Scope};
use zuc_store::{Fate, Snapshot};
use zuc_sync::AuthorCursor;
use zuc_testkit::network::{Laptop, Network, On};

use crate::work;

pub(crate) const SALES: Scope = Scope::Sales(1);
pub(crate) const LUIS: usize = 0;
pub(crate) const ANA: usize = 1;
pub(crate) const BETO: usize = 2;

fn seller() -> Rights {
    Rights::new([Role::Ventas], [1])
}

/// Luis manages, Ana and Beto sell.
pub(crate) async fn company(seed: u64) -> Network {
    Network::found(seed, &[("Ana", seller()), ("Beto", seller())]).await
}

/// Everything that a log leaves somewhere: captures, calls, edits apart, conversions on two laptops, steps that do not count,
/// what was deleted, a person who was forgotten, keys that were renewed.
pub(crate) async fn history(network: &mut Network, word: &str) -> Vec<LeadId> {
    let mut leads = Vec::new();
    for at in [LUIS, ANA, BETO, ANA] {
        let lead = work::capture(&mut network.laptops[at], word).await.unwrap();
        network.settle().await;
        assert!(work::call(&mut network.laptops[at], lead, "le interesa").await.unwrap());
        network.settle().await;
        leads.push(lead);
    }
    // changed apart: both are asked
    network.laptops[ANA].disconnect().await;
    let city = |name: &str| LeadField::City(Some(name.into()));
    let amount = |amount: &str| serde_json::json!({ "value": amount, "currency": "MXN" });
    for (at, name, value) in [(ANA, "León", "920"), (LUIS, "Celaya", "1030")] {
        let laptop = &mut network.laptops[at];
        assert!(work::edit(laptop, leads[1], city(name)).await.unwrap());
        let value = serde_json::from_value(amount(value)).unwrap();
        assert!(work::edit(laptop, leads[1], LeadField::EstimatedAmount(Some(value))).await.unwrap());
    }
    network.settle().await;
    // a step on another's lead counts nowhere
    assert!(work::qualify_unasked(&mut network.laptops[BETO], leads[1]).await.unwrap());
    network.settle().await;
    // two convert the same lead apart: one customer, by a derived id
    assert!(work::qualify(&mut network.laptops[ANA], leads[3]).await.unwrap());
    network.settle().await;
    network.laptops[ANA].disconnect().await;
    for at in [ANA, LUIS] {
        assert!(work::convert(&mut network.laptops[at], leads[3]).await.unwrap());
    }
    network.settle().await;
    assert!(work::delete(&mut network.laptops[BETO], leads[2]).await.unwrap());
    network.settle().await;
    leads
}

/// Luis makes a snapshot of the team's log, and Ana finds it right.
pub(crate) async fn snapshot(network: &mut Network) -> Snapshot {
    let made = network.snapshot(LUIS, SALES).await;
    network.offer_snapshot(LUIS, &made).await.unwrap();
    assert!(network.look_into(ANA, &made).await);
    made
}

/// Somebody joins who begins at a snapshot where there is one, and the network comes to rest.
pub(crate) async fn begins(network: &mut Network, name: &'static str) -> usize {
    network.begin_at = 1;
    joins(network, name).await
}

/// Somebody joins who reads the whole log.
pub(crate) async fn reads(network: &mut Network, name: &'static str) -> usize {
    network.begin_at = u64::MAX;
    joins(network, name).await
}

async fn joins(network: &mut Network, name: &'static str) -> usize {
    network.join(name, Rights::new([Role::Gerencia], [1])).await;
    network.settle().await;
    network.laptops.len() - 1
}

/// All that a laptop holds of a log, but for the bytes of the entries: documents with their heads and what of them does not
/// count, facts with those that lost, read rows, what waits for a person, notes, events, cursors, authors, histories.
async fn held(laptop: &Laptop, leads: &[LeadId]) -> Vec<String> {
    let store = &laptop.store;
    assert_eq!(store.rebuild(false).await.unwrap(), [], "{}", laptop.name);
    assert_eq!(store.verify().await.unwrap(), [], "{}", laptop.name);
    let mut held = vec![format!("{:?}", store.digests().await.unwrap())];
    held.push(format!("{:?}", store.lost_facts().await.unwrap()));
    held.push(format!("{:?}", store.conflicts(99).await.unwrap()));
    // that a snapshot was wrong is known to whoever was told
    let findings = store
        .findings()
        .await
        .unwrap()
        .into_iter()
        .filter(|found| !matches!(found.fate, Fate::Disputed | Fate::Unproven));
    held.push(format!(
        "{:?}",
        findings.map(|found| (found.fate, found.code, found.record, found.device)).collect::<Vec<_>>()
    ));
    let mut events: Vec<String> = store
        .events_after(0, 10_000)
        .await
        .unwrap()
        .iter()
        .map(|stored| serde_json::to_string(&stored.event).unwrap())
        .collect();
    events.sort();
    held.extend(events);
    let resume = store.resume(laptop.engine.log()).await.unwrap();
    let of_sales = |scope: &Scope| *scope == SALES;
    held.push(format!("{:?}", resume.cursors.iter().filter(|(scope, _)| of_sales(scope)).collect::<Vec<_>>()));
    // upon which log an author was seen to seal, knows who read that entry; it is in no snapshot
    let seen = |(scope, device, cursor): &(Scope, DeviceId, AuthorCursor)| {
        (*scope, *device, AuthorCursor { upon_this: false, ..*cursor })
    };
    held.push(format!(
        "{:?}",
        resume.authors.iter().filter(|(scope, ..)| of_sales(scope)).map(seen).collect::<Vec<_>>()
    ));
    for lead in leads {
        held.push(format!("{:?}", store.history(*lead, None, 99).await.unwrap()));
        held.push(format!("{:?}", store.person_keys_of(lead.0).await.unwrap()));
        let shown = store.read::<Lead>(*lead).await.unwrap();
        held.push(serde_json::to_string(&shown).unwrap());
    }
    held
}

/// Two laptops hold the same, line by line.
pub(crate) async fn same(network: &Network, one: usize, other: usize, leads: &[LeadId]) {
    let (mine, theirs) = (held(&network.laptops[one], leads).await, held(&network.laptops[other], leads).await);
    for (mine, theirs) in mine.iter().zip(&theirs) {
        assert_eq!(mine, theirs);
    }
    assert_eq!(mine.len(), theirs.len());
}

#[tokio::test]
async fn who_begins_at_a_snapshot_holds_what_who_read_the_whole_log_holds() {
    let mut network = company(21).await;
    let mut leads = history(&mut network, "peñón").await;
    network.forget(leads[0].0).await;
    network.settle().await;
    network.order_rotation(SALES).await;
    network.settle().await;
    let made = snapshot(&mut network).await;
    // the tail: over documents that came in the snapshot, and new ones
    leads.extend(history(&mut network, "laguna").await);
    assert!(work::call(&mut network.laptops[LUIS], leads[0], "otra vez").await.unwrap());
    network.forget(leads[4].0).await;
    network.settle().await;

    let begun = begins(&mut network, "Nora").await;
    let read = reads(&mut network, "Olga").await;
    assert_eq!(network.laptops[begun].begun, [(SALES, made.manifest.cursor)]);
    assert!(network.laptops[read].begun.is_empty());
    same(&network, begun, read, &leads).await;
    assert!(
        !network.laptops[begun].store.findings().await.unwrap().is_empty(),
        "the story has steps that do not count"
    );
    assert!(!network.laptops[begun].store.conflicts(99).await.unwrap().is_empty(), "and what was changed apart");

    // it goes on as they do: over a restart, writing, and making the next snapshot's tail
    network.laptops[begun].restart().await;
    network.settle().await;
    leads.extend(history(&mut network, "tercera").await);
    assert!(work::call(&mut network.laptops[begun], leads[0], "buenos días").await.unwrap());
    network.settle().await;
    same(&network, begun, read, &leads).await;
}

#[tokio::test]
async fn everybody_who_read_the_log_makes_the_same_snapshot_whatever_waits_to_be_sent() {
    let mut network = company(22).await;
    let leads = history(&mut network, "peñón").await;
    let made = network.snapshot(LUIS, SALES).await;
    network.laptops[ANA].disconnect().await;
    assert!(work::call(&mut network.laptops[ANA], leads[1], "sin red").await.unwrap());
    let theirs = network.snapshot(ANA, SALES).await;
    assert_eq!(theirs.manifest.digest, made.manifest.digest);
    assert_eq!(theirs.manifest.chain, made.manifest.chain);
    // and so it is when more has come
    network.settle().await;
    assert!(network.look_into_quietly(BETO, &made).await);
}

/// Time passes with nothing to do, and what lies before the snapshot is read.
pub(crate) async fn idle(network: &mut Network, laptop: usize) {
    for _ in 0..200 {
        network.round_trip(1_000).await;
        if network.laptops[laptop].store.unproven(SALES).await.unwrap().is_some() {
            return;
        }
    }
    panic!("what lies before the snapshot is never read");
}

#[tokio::test]
async fn who_began_at_a_snapshot_reads_what_lies_before_when_idle_and_can_prove_it_and_give_it_back() {
    let mut network = company(26).await;
    let leads = history(&mut network, "peñón").await;
    let made = snapshot(&mut network).await;
    assert!(work::call(&mut network.laptops[LUIS], leads[0], "otra vez").await.unwrap());
    network.settle().await;
    let nora = begins(&mut network, "Nora").await;
    assert_eq!(network.laptops[nora].begun.len(), 1);
    // in the middle of it the program starts again
    network.round_trip(1_000).await;
    network.laptops[nora].restart().await;
    idle(&mut network, nora).await;
    assert_eq!(network.laptops[nora].store.verify().await.unwrap(), []);
    assert!(network.proves(nora, &made).await);

    // everybody else's laptop is gone, and so is what the relay kept
    for at in [ANA, BETO] {
        network.laptops[at].disconnect().await;
        network.laptops[at].away = true;
    }
    network.laptops[LUIS].disconnect().await;
    network.laptops[LUIS].away = true;
    network.wipe_the_relay().await;
    network.settle().await;
    network.laptops[LUIS].away = false;
    let head = network.host.head(network.company, SALES).await.unwrap();
    assert_eq!(head.seq, network.laptops[nora].engine.cursor(SALES).seq);
    assert!(head.seq > made.manifest.cursor);
}

#[tokio::test]
async fn a_snapshot_that_two_persons_made_up_is_found_out_by_who_began_at_it() {
    let mut network = company(27).await;
    history(&mut network, "peñón").await;
    // Luis and Ana fold a log that lacks its end, and say that it is all of it
    let short = network.snapshot(LUIS, SALES).await;
    work::capture(&mut network.laptops[ANA], "laguna").await.unwrap();
    network.settle().await;
    let whole = network.snapshot(LUIS, SALES).await;
    let made_up = network.resealed(LUIS, &short, &whole);
    network.offer_snapshot(LUIS, &made_up).await.unwrap();
    network.say(ANA, &made_up, Says::Right).await;
    let nora = begins(&mut network, "Nora").await;
    assert_eq!(network.laptops[nora].begun.len(), 1, "nothing that she can see is amiss");
    assert_ne!(
        network.laptops[nora].store.digests().await.unwrap(),
        network.laptops[LUIS].store.digests().await.unwrap()
    );
    idle(&mut network, nora).await;
    assert!(!network.look_into(nora, &made_up).await);
    falls_back(&mut network, "Olga", &[Unfit::Disputed]).await;
}

/// Luis and Ana sign something else than the log makes; Nora begins at it, writes, and reads what lies before. In the end she holds
/// what the log makes, and what she wrote upon it; what she wrote upon the lie is kept apart. Nobody begins there any more.
async fn is_mended(seed: u64, lie: impl FnOnce(Vec<PackItem>, &[LeadId], &[PackItem]) -> Vec<PackItem>) {
    Box::pin(begun_at_a_lie(seed, lie)).await;
}

async fn begun_at_a_lie(seed: u64, lie: impl FnOnce(Vec<PackItem>, &[LeadId], &[PackItem]) -> Vec<PackItem>) {
    let mut network = company(seed).await;
    let leads = history(&mut network, "peñón").await;
    let before = network.snapshot(LUIS, SALES).await;
    let before = network.items(LUIS, &before);
    assert!(work::call(&mut network.laptops[LUIS], leads[0], "le interesa más").await.unwrap());
    let amount = serde_json::from_value(serde_json::json!({ "value": "77000", "currency": "MXN" })).unwrap();
    let edit = LeadField::EstimatedAmount(Some(amount));
    assert!(work::edit(&mut network.laptops[LUIS], leads[0], edit).await.unwrap());
    network.settle().await;
    let whole = network.snapshot(LUIS, SALES).await;
    let made_up = network.doctored(LUIS, &whole, |items| lie(items, &leads, &before));
    assert_ne!(made_up.manifest.digest, whole.manifest.digest, "it is a lie");
    network.offer_snapshot(LUIS, &made_up).await.unwrap();
    network.say(ANA, &made_up, Says::Right).await;

    let nora = begins(&mut network, "Nora").await;
    assert_eq!(network.laptops[nora].begun, [(SALES, made_up.manifest.cursor)], "nothing that she can see is amiss");
    let mut all = leads.clone();
    all.push(work::capture(&mut network.laptops[nora], "laguna").await.unwrap());
    network.settle().await;
    idle(&mut network, nora).await;
    // one more that waits to be sent when it is found out
    network.laptops[nora].disconnect().await;
    all.push(work::capture(&mut network.laptops[nora], "vereda").await.unwrap());
    assert!(work::call(&mut network.laptops[nora], leads[0], "buenas tardes").await.unwrap());
    let before_mending = network.laptops[nora].store.digests().await.unwrap();
    network.connect(nora).await;
    assert!(!network.proves(nora, &made_up).await);
    assert_ne!(network.laptops[nora].store.digests().await.unwrap(), before_mending);
    network.settle().await;
    assert_eq!(network.laptops[nora].store.unsent().await.unwrap(), 0, "nothing of hers is lost");
    let read = reads(&mut network, "Olga").await;
    same(&network, nora, read, &all).await;

    // over a restart, and writing
    network.laptops[nora].restart().await;
    network.settle().await;
    let edit = LeadField::City(Some("Silao".into()));
    assert!(work::edit(&mut network.laptops[nora], leads[0], edit).await.unwrap());
    network.settle().await;
    same(&network, nora, read, &all).await;

    // the company knows who had signed it, and nobody begins at it
    let findings = network.laptops[nora].store.findings().await.unwrap();
    let told: Vec<_> = findings.iter().filter(|found| found.fate == Fate::Disputed).collect();
    let luis = network.laptops[LUIS].keys().id().to_uuid();
    assert_eq!(told.iter().filter_map(|found| found.device).map(|device| device.0).collect::<Vec<_>>(), [luis]);
    falls_back(&mut network, "Paco", &[Unfit::Disputed]).await;
}

#[tokio::test]
async fn who_began_at_a_snapshot_without_a_lead_holds_it_once_the_log_is_read() {
    is_mended(31, |mut items, leads, _| {
        let gone = ItemId::from_uuid(leads[1].0);
        items.retain(|item| !matches!(item, PackItem::Document(document) if document.id == gone));
        items
    })
    .await;
}

#[tokio::test]
async fn who_began_at_a_snapshot_with_another_amount_holds_the_true_one_once_the_log_is_read() {
    is_mended(32, |items, leads, before| {
        let of = ItemId::from_uuid(leads[0].0);
        let earlier = before.iter().find(|item| matches!(item, PackItem::Document(document) if document.id == of));
        let earlier = earlier.unwrap();
        let other = |item| match item {
            PackItem::Document(document) if document.id == of => earlier.clone(),
            other => other,
        };
        items.into_iter().map(other).collect()
    })
    .await;
}

#[tokio::test]
async fn who_began_at_a_snapshot_with_a_fact_of_another_day_holds_the_true_one_once_the_log_is_read() {
    is_mended(33, |mut items, _, _| {
        let fact = items.iter_mut().find_map(|item| match item {
            PackItem::Fact(fact) => Some(fact),
            _ => None,
        });
        let fact = fact.unwrap();
        let back_dated = fact.body.replacen("2026", "2025", 1);
        assert_ne!(back_dated, fact.body);
        fact.body = back_dated;
        items
    })
    .await;
}

/// Time passes until a laptop's power goes; `false` where it does not.
async fn loses_power(network: &mut Network, laptop: usize, after: u64) -> bool {
    let disk = network.laptops[laptop].ground().unwrap().disk();
    disk.cut_after(disk.points() + after);
    for _ in 0..40 {
        network.round_trip(1_000).await;
        if !network.laptops[laptop].ground().unwrap().disk().powered() {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn a_laptop_whose_power_goes_while_it_begins_or_is_mended_holds_all_of_it_or_nothing() {
    let mut network = Network::found_on(On::Disk, 36, &[("Ana", seller()), ("Beto", seller())]).await;
    let leads = history(&mut network, "peñón").await;
    let whole = network.snapshot(LUIS, SALES).await;
    let made_up = network.doctored(LUIS, &whole, |mut items| {
        items.retain(|item| !matches!(item, PackItem::Fact(_)));
        items
    });
    network.offer_snapshot(LUIS, &made_up).await.unwrap();
    network.say(ANA, &made_up, Says::Right).await;
    network.begin_at = 1;
    network.join("Nora", Rights::new([Role::Gerencia], [1])).await;
    let (nora, at) = (network.laptops.len() - 1, made_up.manifest.cursor);
    let mut cuts = 0;
    for after in [30, 45, 60, 80, 100, 130] {
        if !loses_power(&mut network, nora, after).await {
            break;
        }
        network.laptops[nora].power_cut(after).await;
        cuts += 1;
        let store = &network.laptops[nora].store;
        assert!([0, at].contains(&store.read_up_to(SALES).await.unwrap()), "half of it is here");
        assert_eq!(store.verify().await.unwrap(), []);
    }
    assert!(cuts > 0, "nothing was cut");
    network.laptops[nora].power_cut(1).await;
    network.settle().await;
    assert!(network.laptops[nora].begun.iter().all(|begun| *begun == (SALES, at)));
    assert!(!network.laptops[nora].begun.is_empty());
    idle(&mut network, nora).await;

    for after in [1, 2, 4, 8, 16] {
        let laptop = &mut network.laptops[nora];
        let disk = laptop.ground().unwrap().disk();
        disk.cut_after(disk.points() + after);
        let (log, ring) = (laptop.engine.log(), laptop.engine.ring());
        let mended = laptop.store.mend(log, ring, SALES, &laptop.keys().public(), laptop.now()).await;
        assert!(mended.is_err(), "the power went after {after}");
        laptop.power_cut(after).await;
        assert_eq!(laptop.store.verify().await.unwrap(), []);
        let unproven = laptop.store.unproven(SALES).await.unwrap();
        assert_eq!(unproven.map(|unproven| unproven.seq), Some(at), "what was begun at is still to be mended");
    }
    network.connect(nora).await;
    assert!(!network.proves(nora, &made_up).await);
    network.settle().await;
    let read = reads(&mut network, "Olga").await;
    same(&network, nora, read, &leads).await;
}

#[tokio::test]
async fn what_is_made_upon_a_snapshot_before_is_what_is_made_of_the_whole_log() {
    let mut network = company(34).await;
    let leads = history(&mut network, "peñón").await;
    let base = network.snapshot(LUIS, SALES).await;
    network.forget(leads[0].0).await;
    assert!(work::call(&mut network.laptops[LUIS], leads[1], "otra vez").await.unwrap());
    history(&mut network, "laguna").await;
    network.order_rotation(SALES).await;
    network.settle().await;
    history(&mut network, "vereda").await;
    let whole = network.snapshot(LUIS, SALES).await;
    for at in [LUIS, ANA] {
        let upon = network.goes_on_from(at, &base, SALES, whole.manifest.cursor).await.unwrap();
        assert_eq!(network.items(LUIS, &upon), network.items(LUIS, &whole), "laptop {at}");
        assert_eq!((upon.manifest.digest, upon.manifest.chain), (whole.manifest.digest, whole.manifest.chain));
    }
    // one that is not what the log makes leads elsewhere: whoever goes on from it would have had to sign it before
    let wrong = network.doctored(LUIS, &base, |mut items| {
        items.retain(|item| !matches!(item, PackItem::Fact(_)));
        items
    });
    let upon = network.goes_on_from(LUIS, &wrong, SALES, whole.manifest.cursor).await.unwrap();
    assert_ne!(upon.manifest.digest, whole.manifest.digest);
}

/// A laptop that joins after this was done to what the relay gives reads the whole log and says why.
async fn falls_back(network: &mut Network, name: &'static str, why: &[Unfit]) {
    let joined = begins(network, name).await;
    network.meddle = None;
    assert_eq!(network.laptops[joined].not_begun, why, "{name}");
    let digests = network.laptops[joined].store.digests().await.unwrap();
    assert_eq!(digests, network.laptops[LUIS].store.digests().await.unwrap(), "{name}: nothing is lost");
}

#[tokio::test]
async fn what_is_amiss_with_a_snapshot_is_said_and_the_log_is_read_instead() {
    let mut network = company(23).await;
    history(&mut network, "peñón").await;
    falls_back(&mut network, "Nadie", &[]).await;

    let good = network.snapshot(LUIS, SALES).await;
    network.offer_snapshot(LUIS, &good).await.unwrap();
    falls_back(&mut network, "Uno", &[Unfit::OneSigner]).await;
    assert!(network.look_into(ANA, &good).await);

    network.meddle = Some(Box::new(|frame| {
        if let ServerFrame::Pack { pack: Some(pack), .. } = frame {
            *pack.0.last_mut().unwrap() ^= 1;
        }
    }));
    falls_back(&mut network, "Dos", &[Unfit::ForgedPack]).await;
    network.meddle = Some(Box::new(|frame| {
        if let ServerFrame::Pack { pack, .. } = frame {
            *pack = None;
        }
    }));
    falls_back(&mut network, "Tres", &[Unfit::NotWhole]).await;
    network.meddle = Some(Box::new(|frame| {
        if let ServerFrame::Manifests { kept, .. } = frame {
            for kept in kept {
                kept.witnesses.truncate(1);
            }
        }
    }));
    falls_back(&mut network, "Cuatro", &[Unfit::OneSigner]).await;

    network.say(BETO, &good, Says::Wrong).await;
    falls_back(&mut network, "Cinco", &[Unfit::Disputed]).await;
}

#[tokio::test]
async fn who_signs_what_the_packs_do_not_hold_makes_nobody_begin_and_is_found_out() {
    let mut network = company(24).await;
    history(&mut network, "peñón").await;
    let good = network.snapshot(LUIS, SALES).await;
    work::capture(&mut network.laptops[ANA], "laguna").await.unwrap();
    network.settle().await;
    // Luis and Ana sign that the packs of an earlier place hold what they do not
    let mut forged = network.snapshot(LUIS, SALES).await;
    forged.manifest.digest = good.manifest.digest;
    network.offer_snapshot(LUIS, &forged).await.unwrap();
    network.say(ANA, &forged, Says::Right).await;
    falls_back(&mut network, "Nora", &[Unfit::OtherDigest]).await;
    assert!(!network.look_into(BETO, &forged).await, "who folds the entries sees it");
    falls_back(&mut network, "Olga", &[Unfit::Disputed]).await;
}

#[tokio::test]
async fn a_pack_of_another_scope_is_none_of_this_one() {
    let mut network = company(25).await;
    history(&mut network, "peñón").await;
    let good = network.snapshot(LUIS, SALES).await;
    let elsewhere = Scope::Catalog;
    // the packs of the team, under a manifest of the catalogue
    let mut forged = good.clone();
    forged.manifest.scope = elsewhere;
    assert_eq!(network.offer_snapshot(LUIS, &forged).await, Err("snapshot.other_chain".to_owned()));
    let mut swapped = good.clone();
    swapped.packs = vec![Blob(good.packs[0].0[..50].to_vec())];
    swapped.manifest.packs[0].hash = pack_hash(&swapped.packs[0].0);
    assert_eq!(network.offer_snapshot(LUIS, &swapped).await, Err("relay.malformed".to_owned()));
    assert!(!network.look_into_quietly(ANA, &swapped).await);
}
