//! A relay that slips: what does not fit is asked for again, and only its own scope waits.

use zuc_domain::lead::Lead;
use zuc_protocol::messages::ClientFrame;
use zuc_protocol::{Rights, Role, Scope};
use zuc_sync::{Input, SyncStatus};
use zuc_testkit::network::Network;

use crate::spoil::{Spoil, spoil};
use crate::work;

const LUIS: usize = 0;
const ANA: usize = 1;

/// Ana's lead is on its way to Luis, both connected.
async fn underway() -> (Network, zuc_domain::shared::LeadId) {
    let mut network = Network::found(1, &[("Ana", Rights::new([Role::Ventas], [1]))]).await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    while network.carry_up(ANA, false).await {}
    network.poll(LUIS).await;
    (network, lead)
}

#[tokio::test]
async fn a_page_that_came_spoiled_is_whole_after_the_next_answer() {
    for how in [Spoil::Hole, Spoil::Chain, Spoil::Bit] {
        let (mut network, lead) = underway().await;
        assert_eq!(spoil(&mut network.laptops[LUIS], how), Some(Scope::Sales(1)));
        while network.laptops[LUIS].receive(0, 1).await {}
        assert!(
            network.laptops[LUIS].store.read::<Lead>(lead).await.unwrap().is_none(),
            "{how:?}: nothing of it is taken"
        );
        network.settle().await;
        assert!(network.laptops[LUIS].store.read::<Lead>(lead).await.unwrap().is_some(), "{how:?}");
        assert_eq!(network.laptops[LUIS].store.alarms().await.unwrap(), [], "{how:?}: one slip is none");
    }
}

#[tokio::test]
async fn a_relay_that_slips_again_and_again_is_told_of_and_trusted_again_when_it_stops() {
    for how in [Spoil::Hole, Spoil::Chain] {
        let (mut network, lead) = underway().await;
        let mut told = None;
        for _tick in 0..12 {
            while spoil(&mut network.laptops[LUIS], how).is_some() {
                network.laptops[LUIS].receive(0, 1).await;
            }
            while network.laptops[LUIS].receive(0, 1).await {}
            network.time.pass(5_000);
            let now = network.time.passed_ms();
            network.laptops[LUIS].hear(Input::Tick(now)).await;
            if let SyncStatus::Failed(code) = network.laptops[LUIS].engine.status() {
                told = Some(code);
                break;
            }
            while network.carry_up(LUIS, false).await {}
        }
        assert_eq!(told, Some(if how == Spoil::Hole { "sync.seq_gap" } else { "sync.chain_broken" }));
        // his own team's scope waits; a product of the company's list goes
        let catalog = |frame: &ClientFrame| matches!(frame, ClientFrame::Push { scope: Scope::Catalog, .. });
        let sales = |frame: &ClientFrame| matches!(frame, ClientFrame::Push { scope: Scope::Sales(_), .. });
        work::capture(&mut network.laptops[LUIS], "espera").await.unwrap();
        work::price(&mut network.laptops[LUIS]).await.unwrap();
        let up = &network.laptops[LUIS].up;
        assert!(up.iter().any(catalog) && !up.iter().any(sales), "{how:?}");
        // nobody starts it again
        for _minute in 0..6 {
            network.round_trip(60_000).await;
        }
        network.settle().await;
        assert!(network.laptops[LUIS].store.read::<Lead>(lead).await.unwrap().is_some(), "{how:?}");
        assert_eq!(network.laptops[LUIS].engine.distrust(), None);
        assert_eq!(network.laptops[LUIS].store.unsent().await.unwrap(), 0);
    }
}
