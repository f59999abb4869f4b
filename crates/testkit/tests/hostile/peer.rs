//! A hundred thousand changes of somebody who holds a member's keys: nothing is shown that may not be, all laptops decide alike, and none
//! of it stops them.
//!
//! `ZUC_HOSTILE_CHANGES` says how many there are, `ZUC_HOSTILE_SEED` which run it is, `ZUC_HOSTILE_ONLY` names one way of doing it.

use std::collections::BTreeMap;

use zuc_domain::lead::Lead;
use zuc_domain::shared::LeadId;
use zuc_protocol::item::Item;
use zuc_protocol::messages::ClientFrame;
use zuc_protocol::{Rights, Role};
use zuc_store::LeadRow;
use zuc_testkit::network::{Laptop, Network};

use crate::attacks::{self, Attack, Fate, Scene};
use crate::crafted::Seen;
use crate::draw::{Draw, from_env, most_memory, now, tell};
use crate::mallory::{Mallory, WIRE, hear};
use crate::people::{self, SALES};

pub(crate) const LUIS: usize = 0;
pub(crate) const ANA: usize = 1;
pub(crate) const BETO: usize = 2;

/// Changes of one run.
const CHANGES: u64 = 10_000;
/// Entries of a page.
const PAGE: usize = 100;
/// What a laptop may take of memory, in MiB; both are in this process, and whoever attacks them.
const MEMORY: u64 = 512;

/// Luis manages, Ana sells; Beto sells too, and somebody else has his keys.
pub(crate) async fn company(seed: u64) -> Network {
    let seller = || Rights::new([Role::Ventas], [1]);
    Network::found(seed, &[("Ana", seller()), ("Beto", seller())]).await
}

/// Leads on which Ana works, known to everybody; what each of her documents is made of.
pub(crate) async fn leads_of_ana(network: &mut Network, count: usize) -> Vec<(LeadId, Seen)> {
    network.laptops[ANA].disconnect().await;
    network.laptops[ANA].away = true;
    let mut leads = Vec::new();
    for number in 0..count {
        let lead = people::capture(&mut network.laptops[ANA], &format!("lead{number}")).await;
        people::call(&mut network.laptops[ANA], lead).await;
        leads.push(lead);
    }
    let waiting = network.laptops[ANA].store.outbox_ready(WIRE, 10_000).await.unwrap();
    let chunks = |lead: LeadId| {
        let of_lead = waiting.iter().filter_map(|row| match &row.item {
            Item::Change(change) if change.doc.to_uuid() == lead.0 => Some(change.chunk.clone()),
            _ => None,
        });
        of_lead.collect::<Vec<_>>()
    };
    let leads = leads.into_iter().map(|lead| (lead, Seen::of(&chunks(lead)))).collect();
    network.laptops[ANA].away = false;
    network.settle().await;
    leads
}

async fn scene(network: &mut Network) -> Scene {
    let forgotten = people::capture(&mut network.laptops[LUIS], "olvidada").await;
    network.settle().await;
    let erased = network.laptops[LUIS].store.person_keys_of(forgotten.0).await.unwrap()[0];
    network.forget(forgotten.0).await;
    let event = network.laptops[LUIS].store.events_of(forgotten, 1).await.unwrap().remove(0).event;
    let leads = leads_of_ana(network, 12).await;
    let log = network.host.read(network.company, WIRE, 0).await.unwrap().entries;
    let ana = network.laptops[ANA].keys().id();
    let sent =
        log.into_iter().map(|entry| entry.bytes.0).filter(|bytes| bytes.windows(16).any(|id| id == &ana.0[..16]));
    Scene {
        merged: leads.iter().map(|(_, seen)| (0, seen.head, seen.top)).collect(),
        leads,
        sent: sent.collect(),
        erased,
        luis: network.laptops[LUIS].person(),
        event: serde_json::to_string(&event).unwrap(),
    }
}

/// What somebody at a laptop sees of what Ana wrote.
async fn seen(laptop: &Laptop, leads: &[(LeadId, Seen)]) -> Vec<(Lead, LeadRow, usize)> {
    let mut all = Vec::new();
    for (lead, _) in leads {
        let calls = laptop.store.activities(*lead, 1_000).await.unwrap().len();
        let row = laptop.store.lead_row(*lead).await.unwrap().unwrap();
        all.push((laptop.store.read::<Lead>(*lead).await.unwrap().unwrap(), row, calls));
    }
    all
}

#[tokio::test]
async fn nothing_that_a_member_forges_is_shown_and_everybody_decides_alike() {
    let (seed, changes) = (from_env("ZUC_HOSTILE_SEED", 1), from_env("ZUC_HOSTILE_CHANGES", CHANGES));
    let began = now();
    let mut draw = Draw::new(seed);
    let mut network = company(seed).await;
    let mut scene = Box::pin(scene(&mut network)).await;
    let mut mallory = Mallory::of(&network, BETO).await;
    let before = [seen(&network.laptops[LUIS], &scene.leads).await, seen(&network.laptops[ANA], &scene.leads).await];
    for at in [LUIS, ANA] {
        network.connect(at).await;
        assert!(network.laptops[at].set_aside.is_empty());
    }
    // from here on everybody knows that she has seen the newest membership
    Attack::UnknownKind.carry_out(&mut mallory, &mut scene, &mut draw);
    let only = std::env::var("ZUC_HOSTILE_ONLY").ok();
    let is_asked = |attack: &&Attack| only.as_ref().is_none_or(|only| format!("{attack:?}") == *only);
    let ways: Vec<Attack> = attacks::ALL.iter().filter(is_asked).copied().collect();
    let mut tried: BTreeMap<Attack, u64> = BTreeMap::new();
    let mut aside: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ignored: BTreeMap<&str, usize> = BTreeMap::new();
    while tried.values().sum::<u64>() < changes {
        for _ in 0..PAGE {
            let attack = ways[draw.below(ways.len())];
            let items = attack.carry_out(&mut mallory, &mut scene, &mut draw);
            *tried.entry(attack).or_default() += u64::try_from(items).unwrap();
            match attack.fate() {
                Fate::Aside(code) => *aside.entry(code).or_default() += 1,
                Fate::Ignored(code) => *ignored.entry(code).or_default() += items,
                Fate::Unseen => {}
            }
        }
        let page = mallory.page();
        for at in [LUIS, ANA] {
            hear(&mut network.laptops[at], &page).await;
        }
    }
    for (at, before) in [LUIS, ANA].into_iter().zip(&before) {
        let laptop = &network.laptops[at];
        let place = format!("seed {seed}, {}", laptop.name);
        let mut told: BTreeMap<&str, usize> = BTreeMap::new();
        laptop.set_aside.iter().for_each(|code| *told.entry(code.as_str()).or_default() += 1);
        assert_eq!(told, aside, "{place}: what is set aside");
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        let found = laptop.store.findings().await.unwrap().into_iter();
        found
            .filter(|found| found.fate == zuc_store::Fate::Ignored)
            .for_each(|found| *told.entry(found.code).or_default() += 1);
        assert!(
            told.iter().map(|(code, count)| (code.as_str(), *count)).eq(ignored.clone()),
            "{place}: {told:?}, {ignored:?}"
        );
        assert_eq!(seen(laptop, &scene.leads).await, *before, "{place}: what is shown");
        assert_eq!(laptop.store.rebuild(false).await.unwrap(), [], "{place}");
        assert_eq!(laptop.engine.distrust(), None, "{place}: nobody takes the relay for a liar");
    }
    let digests = |at: usize| network.laptops[at].store.digests();
    let of_sales = |digests: Vec<zuc_store::ScopeDigest>| digests.into_iter().find(|digest| digest.scope == SALES);
    assert_eq!(of_sales(digests(LUIS).await.unwrap()), of_sales(digests(ANA).await.unwrap()), "seed {seed}");
    let memory = most_memory();
    let changes: u64 = tried.values().sum();
    tell(&format!(
        "seed {seed}: {changes} changes in {:.1} s, {memory:?} MiB: {tried:?}",
        began.elapsed().as_secs_f64()
    ));
    assert!(memory.is_none_or(|memory| memory <= MEMORY), "seed {seed}: {memory:?} MiB");
    goes_on(&mut network, &mut mallory, scene.leads[0].0).await;
}

/// Work goes on as before: Luis reads what Ana writes next.
async fn goes_on(network: &mut Network, mallory: &mut Mallory, lead: LeadId) {
    people::move_to(&mut network.laptops[ANA], lead, "Celaya").await;
    let pushed = network.laptops[ANA].up.drain(..).filter_map(|frame| match frame {
        ClientFrame::Push { batches, .. } => Some(batches),
        _ => None,
    });
    pushed.flatten().for_each(|batch| mallory.put(batch.0));
    let page = mallory.page();
    hear(&mut network.laptops[LUIS], &page).await;
    assert_eq!(people::city(&network.laptops[LUIS], lead).await.as_deref(), Some("Celaya"));
}
