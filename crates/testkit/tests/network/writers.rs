//! What a person may not write stays in history and counts nowhere; whoever looks is told of it on every laptop.

use jiff::civil::date;
use uuid::Uuid;
use zuc_domain::lead::opportunity::{Opportunity, Stage};
use zuc_domain::lead::{Criteria, Disposition, DisqualifyReason, Lead, LeadState};
use zuc_domain::shared::{LeadId, OpportunityId};
use zuc_protocol::{Rights, Role};
use zuc_store::{Fate, Session};
use zuc_testkit::network::Network;

use crate::stories::shared;
use crate::work::{self, SALES};

const LUIS: usize = 0;
const ANA: usize = 1;
const BETO: usize = 2;
const CARLA: usize = 3;

/// Luis manages, Ana and Beto sell, Carla sells and invoices.
async fn company() -> Network {
    let seller = || Rights::new([Role::Ventas], [1]);
    let both = Rights::new([Role::Ventas, Role::Finanzas], [1]);
    Network::found(1, &[("Ana", seller()), ("Beto", seller()), ("Carla", both)]).await
}

/// A lead that the person at a laptop works on, everywhere.
async fn worked(network: &mut Network, by: usize) -> LeadId {
    let lead = work::capture(&mut network.laptops[by], "peñón").await.unwrap();
    assert!(work::call(&mut network.laptops[by], lead, "le interesa").await.unwrap());
    network.settle().await;
    lead
}

async fn state(network: &Network, at: usize, lead: LeadId) -> LeadState {
    network.laptops[at].store.read::<Lead>(lead).await.unwrap().unwrap().state()
}

/// Everybody shows this, holds the same, and was told alike of what does not count; what was told.
async fn all_agree(network: &Network, lead: LeadId, on: LeadState) -> Vec<(Fate, String, Option<Uuid>)> {
    let mut first = None;
    for (at, laptop) in network.laptops.iter().enumerate() {
        assert_eq!(state(network, at, lead).await, on, "{}", laptop.name);
        assert_eq!(laptop.store.rebuild(false).await.unwrap(), [], "{}", laptop.name);
        assert_eq!(laptop.store.unsent().await.unwrap(), 0, "{}", laptop.name);
        assert!(laptop.set_aside.is_empty(), "{}: {:?}", laptop.name, laptop.set_aside);
        let digests = laptop.store.digests().await.unwrap();
        let held = digests.into_iter().find(|digest| digest.scope == SALES);
        let told = laptop.store.findings().await.unwrap().into_iter();
        let told: Vec<_> = told.map(|found| (found.fate, found.code, found.device.map(|device| device.0))).collect();
        let same = (held, told);
        assert_eq!(*first.get_or_insert_with(|| same.clone()), same, "{}", laptop.name);
    }
    first.map(|(_, told)| told).unwrap_or_default()
}

fn device(network: &Network, at: usize) -> Uuid {
    network.laptops[at].keys().id().to_uuid()
}

#[tokio::test]
async fn a_step_on_anothers_lead_counts_nowhere_not_even_where_it_was_made_and_the_owner_goes_on() {
    let mut network = company().await;
    let lead = worked(&mut network, ANA).await;
    network.laptops[BETO].disconnect().await;
    assert!(work::qualify_unasked(&mut network.laptops[BETO], lead).await.unwrap());
    assert_eq!(state(&network, BETO, lead).await, LeadState::Qualified, "nobody has said anything yet");
    network.settle().await;
    let told = all_agree(&network, lead, LeadState::Working).await;
    assert_eq!(told, [(Fate::Ignored, "author.not_allowed".to_owned(), Some(device(&network, BETO)))]);
    // what others write upon it is not held up
    assert!(work::qualify(&mut network.laptops[ANA], lead).await.unwrap());
    network.settle().await;
    assert_eq!(all_agree(&network, lead, LeadState::Qualified).await, told);
    network.laptops[BETO].restart().await;
    network.settle().await;
    all_agree(&network, lead, LeadState::Qualified).await;
}

#[tokio::test]
async fn a_step_in_the_owners_name_is_known_by_who_sealed_it() {
    let mut network = company().await;
    let lead = worked(&mut network, ANA).await;
    let ana = network.laptops[ANA].person();
    let beto = &mut network.laptops[BETO];
    let at = beto.now();
    let session =
        Session { person: ana, at, today: date(2026, 9, 21), correlation: Uuid::from_u128(5), offline: false };
    let mut tx = beto.store.begin(session).await.unwrap();
    let mut hers = tx.repository::<Lead>().load(lead).await.unwrap().unwrap();
    let gate = Criteria { budget: true, authority: true, need: true, timeline: true };
    let event = hers.qualify(gate, None, None, &tx.act()).unwrap();
    hers.apply(&event);
    tx.repository().record(&hers, &event).await.unwrap();
    beto.commit(tx).await.unwrap();
    network.settle().await;
    let told = all_agree(&network, lead, LeadState::Working).await;
    assert_eq!(told, [(Fate::Ignored, "author.forged".to_owned(), Some(device(&network, BETO)))]);
    for laptop in network.laptops.iter().filter(|laptop| laptop.name != "Beto") {
        let events = laptop.store.events_of(lead, 99).await.unwrap();
        assert!(!events.iter().any(|stored| stored.event.event_type == "Lead.Qualified"), "{}", laptop.name);
    }
}

/// Lets a lead rest, which a qualification beside it would outrank.
async fn rest(network: &mut Network, at: usize, lead: LeadId) {
    let laptop = &mut network.laptops[at];
    let mut tx = laptop.begin().await.unwrap();
    let mut resting = tx.repository::<Lead>().load(lead).await.unwrap().unwrap();
    let until = Some(date(2026, 12, 1));
    let event =
        resting.disqualify(Disposition::Nurture, DisqualifyReason::Other, Some("luego"), until, &tx.act()).unwrap();
    resting.apply(&event);
    tx.repository().record(&resting, &event).await.unwrap();
    laptop.commit(tx).await.unwrap();
}

#[tokio::test]
async fn what_is_sealed_after_a_role_went_does_not_count_and_what_was_sealed_before_does() {
    for sealed_before in [false, true] {
        let mut network = company().await;
        let lead = worked(&mut network, CARLA).await;
        if !sealed_before {
            network.laptops[CARLA].disconnect().await;
            network.laptops[CARLA].away = true;
        }
        assert!(work::qualify(&mut network.laptops[CARLA], lead).await.unwrap());
        // she keeps finance, which reads and writes the team's scope, and sells no more
        network.laptops[LUIS].disconnect().await;
        rest(&mut network, LUIS, lead).await;
        network.settle().await;
        network.change_roles(CARLA, Rights::new([Role::Finanzas], [])).await;
        network.laptops[CARLA].away = false;
        network.settle().await;
        let told =
            all_agree(&network, lead, if sealed_before { LeadState::Qualified } else { LeadState::Nurturing }).await;
        let expected = (Fate::Ignored, "author.not_allowed".to_owned(), Some(device(&network, CARLA)));
        assert_eq!(told, if sealed_before { vec![] } else { vec![expected] });
    }
}

#[tokio::test]
async fn what_is_another_roles_to_write_is_not_sealed_and_kept_apart_where_it_was_made() {
    let mut network = company().await;
    let lead = worked(&mut network, CARLA).await;
    assert!(work::qualify(&mut network.laptops[CARLA], lead).await.unwrap());
    network.settle().await;
    network.laptops[CARLA].disconnect().await;
    network.laptops[CARLA].away = true;
    // a deal comes of it, and finance opens none
    assert!(work::convert(&mut network.laptops[CARLA], lead).await.unwrap());
    network.change_roles(CARLA, Rights::new([Role::Finanzas], [])).await;
    network.laptops[CARLA].away = false;
    network.settle().await;
    let carla = &network.laptops[CARLA].store;
    assert_eq!((carla.unsent().await.unwrap(), carla.kept_apart().await.unwrap()), (0, 1));
    let findings = carla.findings().await.unwrap();
    assert!(carla.digests().await.unwrap().contains(&shared(&network, LUIS).await.unwrap()), "and is no record there");
    let apart: Vec<_> =
        findings.iter().filter(|found| found.fate == Fate::KeptApart).map(|found| &found.code).collect();
    assert_eq!(apart, ["sync.others_kind"]);
    for at in [LUIS, ANA, BETO] {
        // converting by finance is the saga's to do
        assert_eq!(state(&network, at, lead).await, LeadState::Converted);
        assert_eq!(network.laptops[at].store.findings().await.unwrap(), []);
        assert!(network.laptops[at].set_aside.is_empty());
    }
}

#[tokio::test]
async fn whoever_writes_on_after_a_change_that_nobody_took_is_read_by_everybody() {
    let mut network = company().await;
    let lead = worked(&mut network, CARLA).await;
    assert!(work::qualify(&mut network.laptops[CARLA], lead).await.unwrap());
    assert!(work::convert(&mut network.laptops[CARLA], lead).await.unwrap());
    network.settle().await;
    network.laptops[CARLA].disconnect().await;
    network.laptops[CARLA].away = true;
    assert!(work::move_to(&mut network.laptops[CARLA], lead, Stage::Diagnostico).await.unwrap());
    network.change_roles(CARLA, Rights::new([Role::Finanzas], [])).await;
    network.laptops[CARLA].away = false;
    network.settle().await;
    let kept = network.laptops[CARLA].store.all_kept_apart(9).await.unwrap();
    assert_eq!(kept.iter().map(|kept| kept.code.as_str()).collect::<Vec<_>>(), ["sync.others_kind"]);
    assert!(kept[0].edits.iter().any(|edit| edit.field.starts_with("transitions/")), "{kept:?}");
    let held = network.laptops[CARLA].store.digests().await.unwrap();
    assert!(held.contains(&shared(&network, LUIS).await.unwrap()), "she shows what everybody does");

    // she sells again
    network.change_roles(CARLA, Rights::new([Role::Ventas, Role::Finanzas], [1])).await;
    assert!(work::move_to(&mut network.laptops[CARLA], lead, Stage::Propuesta).await.unwrap());
    network.settle().await;
    network.laptops[CARLA].restart().await;
    network.settle().await;
    for laptop in &network.laptops {
        assert!(laptop.set_aside.is_empty(), "{}: {:?}", laptop.name, laptop.set_aside);
        let id = OpportunityId::derive(SALES, lead, "opportunity");
        let deal = laptop.store.read::<Opportunity>(id).await.unwrap().unwrap();
        assert_eq!(deal.stage(), Stage::Propuesta, "{}", laptop.name);
    }
    assert_eq!(shared(&network, CARLA).await, shared(&network, LUIS).await);
}
