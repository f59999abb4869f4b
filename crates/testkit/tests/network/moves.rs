//! Leads that go to another team while others still write to them.

use zuc_app::leads::{self, Moved};
use zuc_domain::lead::{Lead, LeadField, LeadState};
use zuc_domain::shared::{LeadId, Scope};
use zuc_protocol::{Rights, Role};
use zuc_store::{ScopeDigest, wire_scope};
use zuc_testkit::network::Network;

use crate::merges::{ANA, BETO, LUIS, catch_up};
use crate::work;

const CARLA: usize = 3;
const OURS: Scope = Scope::Sales(1);
const THEIRS: Scope = Scope::Sales(2);
const OTHERS: Scope = Scope::Sales(3);

/// Luis manages. Ana sells in the first team, Beto in the first and the second, Carla in the second.
async fn company() -> Network {
    let seller = || Rights::new([Role::Ventas], [1]);
    let mut network = Network::found(6, &[("Ana", seller()), ("Beto", seller()), ("Carla", seller())]).await;
    network.change_roles(BETO, Rights::new([Role::Ventas], [1, 2])).await;
    network.change_roles(CARLA, Rights::new([Role::Ventas], [2])).await;
    network.settle().await;
    network
}

async fn let_go(network: &mut Network, at: usize, lead: LeadId, to: Scope) -> Moved {
    let laptop = &mut network.laptops[at];
    let mut tx = laptop.begin().await.unwrap();
    let moved = leads::let_go(&mut tx, lead, to, false).await.unwrap();
    laptop.commit(tx).await.unwrap();
    moved
}

async fn read(network: &Network, at: usize, lead: LeadId) -> Option<Lead> {
    network.laptops[at].store.read::<Lead>(lead).await.unwrap()
}

async fn is_shown(network: &Network, at: usize, lead: LeadId) -> bool {
    network.laptops[at].store.lead_row(lead).await.unwrap().is_some()
}

async fn digest(network: &Network, at: usize, scope: Scope) -> Option<ScopeDigest> {
    network.laptops[at].store.digests().await.unwrap().into_iter().find(|digest| digest.scope == scope)
}

async fn all_agree(network: &Network) {
    for (scope, holders) in [(OURS, vec![LUIS, ANA, BETO]), (THEIRS, vec![LUIS, BETO, CARLA])] {
        for at in holders {
            assert_eq!(digest(network, at, scope).await, digest(network, LUIS, scope).await, "{at} {scope}");
        }
    }
    for (at, laptop) in network.laptops.iter().enumerate() {
        assert_eq!(laptop.store.rebuild(false).await.unwrap(), [], "{at}");
        assert!(laptop.set_aside.is_empty(), "{at}: {:?}", laptop.set_aside);
        assert_eq!(laptop.store.unsent().await.unwrap(), 0, "{at}");
    }
}

#[tokio::test]
async fn a_lead_that_goes_to_another_team_is_seen_there_and_no_more_here() {
    let mut network = company().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    network.settle().await;
    work::call(&mut network.laptops[BETO], lead, "le interesa").await.unwrap();
    network.settle().await;
    let moved = let_go(&mut network, LUIS, lead, THEIRS).await;
    network.settle().await;
    for at in [LUIS, ANA, BETO] {
        assert!(!is_shown(&network, at, lead).await, "{at}");
        assert_eq!(network.laptops[at].store.survivor_of(lead).await.unwrap(), moved.to);
    }
    for at in [LUIS, BETO, CARLA] {
        assert!(is_shown(&network, at, moved.to).await, "{at}");
        let there = read(&network, at, moved.to).await.unwrap();
        assert_eq!((there.state(), there.scope), (LeadState::Working, THEIRS), "{at}: the steps count");
        assert_eq!(there.full_name.as_deref(), Some("Íñigo peñón"), "{at}: with the person's key");
    }
    assert!(read(&network, ANA, moved.to).await.is_none(), "of the other team she holds nothing");
    assert!(read(&network, CARLA, lead).await.is_none());
    let told = network.laptops[BETO].store.activities(moved.to, 9).await.unwrap();
    assert_eq!(told.len(), 1, "whoever reads both teams finds what was noted before");
    for at in [LUIS, BETO] {
        assert_eq!(network.laptops[at].store.incomplete().await.unwrap(), [], "{at}");
    }
    all_agree(&network).await;
}

#[tokio::test]
async fn the_record_of_the_other_team_is_there_before_anybody_is_sent_to_it() {
    let mut network = company().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    network.settle().await;
    network.laptops[LUIS].disconnect().await;
    let moved = let_go(&mut network, LUIS, lead, THEIRS).await;
    network.connect(LUIS).await;
    let (mut steps, mut waited) = (0, false);
    while is_shown(&network, BETO, lead).await {
        // Luis says one thing, or hears one; Beto hears all that there is
        if !network.carry_up(LUIS, false).await {
            network.poll(LUIS).await;
            network.laptops[LUIS].receive(0, 1).await;
        }
        loop {
            let said = network.carry_up(BETO, false).await;
            network.poll(BETO).await;
            if !network.laptops[BETO].receive(0, 1).await && !said {
                break;
            }
        }
        let (there, here) = (is_shown(&network, BETO, moved.to).await, is_shown(&network, BETO, lead).await);
        assert!(there || here, "at no time is it nowhere");
        let incomplete = network.laptops[BETO].store.incomplete().await.unwrap();
        assert_eq!(incomplete.is_empty(), !(there && here), "{incomplete:?}");
        if let [part] = incomplete.as_slice() {
            waited = true;
            assert_eq!((part.here, part.of, part.scopes.as_slice()), (1, 2, [THEIRS].as_slice()));
        }
        steps += 1;
        assert!(steps < 99, "it never comes");
    }
    assert!(waited, "between the parts it is incomplete");
    network.settle().await;
    all_agree(&network).await;
}

#[tokio::test]
async fn a_move_of_which_a_part_lies_before_a_snapshot_is_whole_for_whoever_begins_there() {
    let mut network = company().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    network.settle().await;
    let moved = let_go(&mut network, LUIS, lead, THEIRS).await;
    network.settle().await;
    let made = network.snapshot(LUIS, wire_scope(OURS)).await;
    network.offer_snapshot(LUIS, &made).await.unwrap();
    assert!(network.look_into(BETO, &made).await);
    network.begin_at = 1;
    network.join("Nora", Rights::new([Role::Gerencia], [1])).await;
    network.settle().await;
    let nora = network.laptops.last().unwrap();
    assert_eq!(nora.begun, [(wire_scope(OURS), made.manifest.cursor)], "the other team's log she reads");
    assert_eq!(nora.store.incomplete().await.unwrap(), []);
    assert_eq!(nora.store.survivor_of(lead).await.unwrap(), moved.to);
    for scope in [OURS, THEIRS] {
        assert_eq!(digest(&network, 4, scope).await, digest(&network, LUIS, scope).await, "{scope}");
    }
}

#[tokio::test]
async fn what_was_written_to_a_lead_before_its_move_was_known_follows_it() {
    let mut network = company().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    network.settle().await;
    // Ana reads the first team alone: whoever let it go carries her edit over
    network.laptops[ANA].disconnect().await;
    work::edit(&mut network.laptops[ANA], lead, LeadField::City(Some("Celaya".to_owned()))).await.unwrap();
    let moved = let_go(&mut network, LUIS, lead, THEIRS).await;
    network.settle().await;
    catch_up(&mut network).await;
    for at in [LUIS, BETO, CARLA] {
        assert_eq!(read(&network, at, moved.to).await.unwrap().city.as_deref(), Some("Celaya"), "{at}");
    }
    assert!(!is_shown(&network, ANA, lead).await);
    all_agree(&network).await;
}

#[tokio::test]
async fn a_lead_that_is_let_go_to_two_teams_apart_ends_in_one_with_what_both_wrote() {
    let mut network = company().await;
    network.change_roles(BETO, Rights::new([Role::Ventas], [1, 2, 3])).await;
    network.settle().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    network.settle().await;
    network.laptops[BETO].disconnect().await;
    network.laptops[LUIS].disconnect().await;
    let one = let_go(&mut network, LUIS, lead, THEIRS).await;
    let two = let_go(&mut network, BETO, lead, OTHERS).await;
    assert_ne!(one.to, two.to);
    work::edit(&mut network.laptops[LUIS], one.to, LeadField::City(Some("Celaya".to_owned()))).await.unwrap();
    work::edit(&mut network.laptops[BETO], two.to, LeadField::Medium(Some("radio".to_owned()))).await.unwrap();
    network.settle().await;
    for _ in 0..3 {
        catch_up(&mut network).await;
    }
    let stays = network.laptops[LUIS].store.survivor_of(lead).await.unwrap();
    for at in [LUIS, BETO] {
        let store = &network.laptops[at].store;
        for any in [lead, one.to, two.to] {
            assert_eq!(store.survivor_of(any).await.unwrap(), stays, "{at}");
        }
        let shown = [is_shown(&network, at, one.to).await, is_shown(&network, at, two.to).await];
        assert_eq!(shown.iter().filter(|shown| **shown).count(), 1, "{at}: {shown:?}");
        let there = read(&network, at, stays).await.unwrap();
        assert_eq!((there.city.as_deref(), there.medium.as_deref()), (Some("Celaya"), Some("radio")), "{at}");
        assert_eq!(store.stray_leads().await.unwrap(), [], "{at}");
    }
    assert_eq!(is_shown(&network, CARLA, one.to).await, stays == one.to, "who reads one team alone is told too");
    all_agree(&network).await;
}

#[tokio::test]
async fn two_who_let_it_go_to_one_team_apart_make_one_lead() {
    let mut network = company().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    network.settle().await;
    work::call(&mut network.laptops[BETO], lead, "le interesa").await.unwrap();
    network.settle().await;
    network.laptops[BETO].disconnect().await;
    network.laptops[LUIS].disconnect().await;
    let one = let_go(&mut network, LUIS, lead, THEIRS).await;
    let two = let_go(&mut network, BETO, lead, THEIRS).await;
    assert_eq!(one.to, two.to);
    network.settle().await;
    catch_up(&mut network).await;
    for at in [LUIS, BETO, CARLA] {
        let there = read(&network, at, one.to).await.unwrap();
        assert_eq!((there.state(), there.folded().needs_review()), (LeadState::Working, false), "{at}");
        assert_eq!(network.laptops[at].store.conflicts(9).await.unwrap(), [], "{at}");
    }
    all_agree(&network).await;
}

#[tokio::test]
async fn a_move_that_is_taken_back_ends_where_it_began_unless_somebody_worked_on_it_there() {
    let mut network = company().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    network.settle().await;
    let moved = let_go(&mut network, LUIS, lead, THEIRS).await;
    network.settle().await;
    let luis = &mut network.laptops[LUIS];
    let mut tx = luis.begin().await.unwrap();
    leads::take_back(&mut tx, &moved).await.unwrap();
    luis.commit(tx).await.unwrap();
    network.settle().await;
    catch_up(&mut network).await;
    assert!(is_shown(&network, ANA, lead).await && !is_shown(&network, CARLA, moved.to).await);
    // it goes again, and Carla works on it
    let again = let_go(&mut network, LUIS, lead, THEIRS).await;
    assert_ne!(again.to, moved.to);
    network.settle().await;
    work::edit(&mut network.laptops[CARLA], again.to, LeadField::City(Some("Celaya".to_owned()))).await.unwrap();
    network.settle().await;
    let mut tx = network.laptops[LUIS].begin().await.unwrap();
    let refused = leads::take_back(&mut tx, &again).await.unwrap_err();
    assert_eq!(refused.code, "undo.changed_since");
    drop(tx);
    all_agree(&network).await;
}
