//! Leads that are made one while others still write to each of them.

use zuc_app::leads::{self, Joined};
use zuc_domain::customer::Customer;
use zuc_domain::lead::{Lead, LeadField, LeadState};
use zuc_domain::shared::{LeadId, Money};
use zuc_protocol::{Rights, Role};
use zuc_store::Contested;
use zuc_testkit::network::Network;

use crate::stories::shared;
use crate::work;

pub(crate) const LUIS: usize = 0;
pub(crate) const ANA: usize = 1;
pub(crate) const BETO: usize = 2;

async fn company() -> Network {
    let seller = || Rights::new([Role::Ventas], [1]);
    Network::found(5, &[("Ana", seller()), ("Beto", seller())]).await
}

/// Two leads that everybody has, of nobody.
async fn pair(network: &mut Network) -> (LeadId, LeadId) {
    let first = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    let second = work::capture(&mut network.laptops[ANA], "penon").await.unwrap();
    network.settle().await;
    (first, second)
}

async fn join(network: &mut Network, at: usize, stays: LeadId, goes: LeadId, take: &[&str]) -> Joined {
    let take: Vec<String> = take.iter().map(ToString::to_string).collect();
    let laptop = &mut network.laptops[at];
    let mut tx = laptop.begin().await.unwrap();
    let joined = leads::join(&mut tx, stays, goes, &take).await.unwrap();
    laptop.commit(tx).await.unwrap();
    joined
}

/// Everybody lets land what came late, and tells the others.
pub(crate) async fn catch_up(network: &mut Network) {
    Box::pin(once(network)).await;
    // whoever sees that it has landed looks no more
    Box::pin(once(network)).await;
}

async fn once(network: &mut Network) {
    for at in 0..network.laptops.len() {
        let strays = network.laptops[at].store.stray_leads().await.unwrap();
        for lead in strays {
            let laptop = &mut network.laptops[at];
            let mut tx = laptop.begin().await.unwrap();
            leads::follow_origin(&mut tx, lead, laptop.now()).await.unwrap();
            laptop.commit(tx).await.unwrap();
        }
        for _ in 0..2 {
            for lead in network.laptops[at].store.late_aliases().await.unwrap() {
                let laptop = &mut network.laptops[at];
                let mut tx = laptop.begin().await.unwrap();
                leads::catch_up(&mut tx, lead, laptop.now()).await.unwrap();
                laptop.commit(tx).await.unwrap();
            }
        }
    }
    network.settle().await;
}

async fn whole(network: &Network, at: usize, lead: LeadId) -> Lead {
    network.laptops[at].store.read::<Lead>(lead).await.unwrap().unwrap()
}

fn city(name: &str) -> LeadField {
    LeadField::City(Some(name.to_owned()))
}

/// All say the same, of documents and of rows, and a rebuild says nothing else.
async fn all_agree(network: &Network) {
    for at in 0..network.laptops.len() {
        assert_eq!(network.laptops[at].store.rebuild(false).await.unwrap(), [], "{at}");
        assert_eq!(shared(network, at).await, shared(network, LUIS).await, "{at}");
        assert!(network.laptops[at].set_aside.is_empty() && network.laptops[at].refused.is_empty());
    }
}

/// The fields about which a laptop asks.
async fn asked(network: &Network, at: usize) -> Vec<String> {
    network.laptops[at].store.conflicts(99).await.unwrap().into_iter().map(|row| row.field).collect()
}

#[tokio::test]
async fn what_was_written_to_a_lead_before_its_merge_was_known_lands_in_the_one_that_stays() {
    let mut network = company().await;
    let (stays, goes) = pair(&mut network).await;
    network.laptops[BETO].disconnect().await;
    assert!(work::edit(&mut network.laptops[BETO], goes, city("Celaya")).await.unwrap());
    assert!(work::call(&mut network.laptops[BETO], goes, "le interesa").await.unwrap());
    join(&mut network, ANA, stays, goes, &[]).await;
    network.settle().await;
    catch_up(&mut network).await;
    for at in [LUIS, ANA, BETO] {
        let lead = whole(&network, at, stays).await;
        assert_eq!(lead.city.as_deref(), Some("Celaya"), "{at}");
        let store = &network.laptops[at].store;
        assert!(store.lead_row(goes).await.unwrap().is_none(), "an alias is in no list");
        assert_eq!(store.survivor_of(goes).await.unwrap(), stays);
        let told = store.activities(stays, 9).await.unwrap();
        assert_eq!(told.iter().map(|row| row.text.as_str()).collect::<Vec<_>>(), ["le interesa"], "{at}");
        assert_eq!(asked(&network, at).await, [""; 0]);
        assert_eq!(store.late_aliases().await.unwrap(), [], "{at}");
    }
    all_agree(&network).await;
    // and what comes later still
    network.laptops[BETO].disconnect().await;
    assert!(work::edit(&mut network.laptops[BETO], stays, city("León")).await.unwrap());
    network.settle().await;
    catch_up(&mut network).await;
    assert_eq!(whole(&network, ANA, stays).await.city.as_deref(), Some("León"), "it lands once, and not again");
}

#[tokio::test]
async fn what_clashes_waits_for_a_person_with_both_sides_and_their_word_ends_it_everywhere() {
    let mut network = company().await;
    let (stays, goes) = pair(&mut network).await;
    let pesos = |text: &str| -> Money {
        serde_json::from_value(serde_json::json!({ "value": text, "currency": "MXN" })).unwrap()
    };
    work::edit(&mut network.laptops[ANA], stays, LeadField::EstimatedAmount(Some(pesos("1000")))).await.unwrap();
    work::edit(&mut network.laptops[ANA], goes, LeadField::EstimatedAmount(Some(pesos("900")))).await.unwrap();
    network.settle().await;
    network.laptops[BETO].disconnect().await;
    work::edit(&mut network.laptops[BETO], goes, LeadField::EstimatedAmount(Some(pesos("1300")))).await.unwrap();
    join(&mut network, ANA, stays, goes, &[]).await;
    network.settle().await;
    catch_up(&mut network).await;
    for at in [LUIS, ANA, BETO] {
        assert_eq!(whole(&network, at, stays).await.estimated_amount, Some(pesos("1000")), "nothing is written over");
        assert_eq!(asked(&network, at).await, ["estimated_amount"]);
        let sides = network.laptops[at].store.contested(stays.0, "estimated_amount").await.unwrap();
        let Some(Contested::Values(sides)) = sides else { panic!("{sides:?}") };
        let says: Vec<_> = sides.iter().map(|side| (side.value["value"].clone(), side.shown)).collect();
        assert_eq!(says, [("1000".into(), true), ("1300".into(), false)]);
        let beto = network.laptops[BETO].keys().id().to_uuid();
        assert_eq!(sides[1].device.map(|device| device.0), Some(beto), "{at}: who wrote it late");
    }
    all_agree(&network).await;
    network.laptops[LUIS].store.rebuild(true).await.unwrap();
    assert_eq!(asked(&network, LUIS).await, ["estimated_amount"]);
    work::edit(&mut network.laptops[LUIS], stays, LeadField::EstimatedAmount(Some(pesos("1300")))).await.unwrap();
    network.settle().await;
    catch_up(&mut network).await;
    for at in [LUIS, ANA, BETO] {
        assert_eq!(asked(&network, at).await, [""; 0], "{at}");
        assert_eq!(whole(&network, at, stays).await.estimated_amount, Some(pesos("1300")));
    }
    all_agree(&network).await;
}

#[tokio::test]
async fn two_that_merge_in_opposite_directions_apart_end_with_the_older_lead_and_all_that_both_said() {
    let mut network = company().await;
    let (older, newer) = pair(&mut network).await;
    work::edit(&mut network.laptops[ANA], older, city("Celaya")).await.unwrap();
    work::edit(&mut network.laptops[ANA], newer, LeadField::Industry(Some("Acero".to_owned()))).await.unwrap();
    network.settle().await;
    network.laptops[ANA].disconnect().await;
    network.laptops[BETO].disconnect().await;
    join(&mut network, ANA, older, newer, &[]).await;
    join(&mut network, BETO, newer, older, &["full_name"]).await;
    work::edit(&mut network.laptops[BETO], newer, LeadField::Medium(Some("radio".to_owned()))).await.unwrap();
    network.settle().await;
    for _ in 0..3 {
        catch_up(&mut network).await;
    }
    for at in [LUIS, ANA, BETO] {
        let store = &network.laptops[at].store;
        assert_eq!(store.survivor_of(newer).await.unwrap(), older, "{at}");
        assert!(store.lead_row(older).await.unwrap().is_some() && store.lead_row(newer).await.unwrap().is_none());
        let lead = whole(&network, at, older).await;
        assert_eq!(lead.merged_into, None);
        let said = (lead.city.as_deref(), lead.industry.as_deref(), lead.medium.as_deref());
        assert_eq!(said, (Some("Celaya"), Some("Acero"), Some("radio")), "{at}");
        assert_eq!(store.late_aliases().await.unwrap(), [], "{at}");
    }
    all_agree(&network).await;
}

#[tokio::test]
async fn a_lead_that_was_converted_apart_brings_its_customer_to_the_one_that_stays() {
    let mut network = company().await;
    let (stays, goes) = pair(&mut network).await;
    work::call(&mut network.laptops[BETO], goes, "le interesa").await.unwrap();
    work::qualify(&mut network.laptops[BETO], goes).await.unwrap();
    network.settle().await;
    network.laptops[BETO].disconnect().await;
    assert!(work::convert(&mut network.laptops[BETO], goes).await.unwrap());
    join(&mut network, LUIS, stays, goes, &[]).await;
    network.settle().await;
    catch_up(&mut network).await;
    for at in [LUIS, ANA, BETO] {
        let store = &network.laptops[at].store;
        assert_eq!(store.aliases_of(stays).await.unwrap(), [goes]);
        let alias = whole(&network, at, goes).await;
        assert_eq!(alias.state(), LeadState::Converted);
        let customer = alias.converted.unwrap().customer;
        assert!(store.read::<Customer>(customer).await.unwrap().is_some());
        assert_ne!(whole(&network, at, stays).await.state(), LeadState::Converted, "it is still to be won");
    }
    all_agree(&network).await;
}

#[tokio::test]
async fn a_merge_that_is_taken_back_leaves_what_others_wrote_since_in_either_lead() {
    let mut network = company().await;
    let (stays, goes) = pair(&mut network).await;
    work::edit(&mut network.laptops[ANA], goes, LeadField::Industry(Some("Acero".to_owned()))).await.unwrap();
    network.settle().await;
    network.laptops[BETO].disconnect().await;
    work::edit(&mut network.laptops[BETO], goes, city("Celaya")).await.unwrap();
    let joined = join(&mut network, ANA, stays, goes, &["company"]).await;
    network.settle().await;
    catch_up(&mut network).await;
    work::edit(&mut network.laptops[LUIS], stays, LeadField::Medium(Some("radio".to_owned()))).await.unwrap();
    network.settle().await;
    let before = whole(&network, ANA, stays).await;
    let said = (before.city.as_deref(), before.industry.as_deref(), before.company.as_deref());
    assert_eq!(said, (Some("Celaya"), Some("Acero"), Some("Ferretería penon")));

    let ana = &mut network.laptops[ANA];
    let mut tx = ana.begin().await.unwrap();
    leads::part(&mut tx, &joined).await.unwrap();
    ana.commit(tx).await.unwrap();
    network.settle().await;
    catch_up(&mut network).await;
    for at in [LUIS, ANA, BETO] {
        let (one, other) = (whole(&network, at, stays).await, whole(&network, at, goes).await);
        assert_eq!((one.city.as_deref(), one.industry.as_deref()), (None, None), "{at}");
        assert_eq!((one.company.as_deref(), one.medium.as_deref()), (Some("Ferretería peñón"), Some("radio")));
        assert!(one.other_emails.is_empty());
        assert_eq!((other.city.as_deref(), other.industry.as_deref()), (Some("Celaya"), Some("Acero")));
        let store = &network.laptops[at].store;
        assert!(store.lead_row(stays).await.unwrap().is_some() && store.lead_row(goes).await.unwrap().is_some());
    }
    all_agree(&network).await;
    let mut tx = network.laptops[LUIS].begin().await.unwrap();
    let again = leads::part(&mut tx, &joined).await.unwrap_err();
    assert_eq!(again.code, "undo.changed_since");
}

#[tokio::test]
async fn whoever_wrote_late_and_is_gone_is_stood_in_for_after_a_while() {
    let mut network = company().await;
    let (stays, goes) = pair(&mut network).await;
    network.laptops[BETO].disconnect().await;
    work::edit(&mut network.laptops[BETO], goes, city("Celaya")).await.unwrap();
    join(&mut network, ANA, stays, goes, &[]).await;
    network.settle().await;
    // Beto's laptop told of it, and is closed before it has read of the merge
    assert_eq!(network.laptops[ANA].store.late_aliases().await.unwrap(), [goes]);
    let ana = &mut network.laptops[ANA];
    let mut tx = ana.begin().await.unwrap();
    assert!(!leads::catch_up(&mut tx, goes, ana.now()).await.unwrap(), "it is Beto's to do");
    drop(tx);
    network.round_trip(11 * 60 * 1_000).await;
    let ana = &mut network.laptops[ANA];
    let mut tx = ana.begin().await.unwrap();
    assert!(leads::catch_up(&mut tx, goes, ana.now()).await.unwrap());
    ana.commit(tx).await.unwrap();
    network.settle().await;
    for at in [LUIS, ANA, BETO] {
        assert_eq!(whole(&network, at, stays).await.city.as_deref(), Some("Celaya"));
    }
    all_agree(&network).await;
}
