//! One last upload of who leaves: taken once, folded in by nobody, and of nobody who was robbed.

use zuc_domain::lead::{Activity, Lead, LeadField};
use zuc_protocol::left::{LeftBehind, LeftItem, MAX_SEALED, SealedLeft};
use zuc_protocol::secret::EpochKey;
use zuc_protocol::{Blob, Rights, Role, Scope};
use zuc_store::LeftSaid;
use zuc_testkit::network::Network;

use crate::stories::shared;
use crate::work;

const LUIS: usize = 0;
const ANA: usize = 1;
const CARLA: usize = 2;
const SALES: Scope = Scope::Sales(1);

async fn company() -> Network {
    let others = [("Ana", Rights::new([Role::Ventas], [1])), ("Carla", Rights::new([Role::Finanzas], [1]))];
    Network::found(7, &others).await
}

/// What Ana leaves behind, once she has heard that she is out.
async fn left_by_ana(network: &mut Network) -> Vec<SealedLeft> {
    network.laptops[ANA].away = false;
    network.settle().await;
    network.laptops[ANA].store.left_here().await.unwrap().into_iter().map(|here| here.left).collect()
}

/// Another of hers, under the key of the first.
fn another(network: &Network, first: &SealedLeft, items: Vec<LeftItem>) -> SealedLeft {
    let key = network.laptops[ANA].engine.ring().epoch(first.epoch).unwrap();
    let left = LeftBehind::fitting(items, Vec::new());
    let keys = network.laptops[ANA].keys();
    SealedLeft::seal(network.company, SALES, (first.epoch, key), &keys, &left, &[3; 24]).unwrap()
}

fn refused<T>(code: &str) -> Result<T, String> {
    Err(code.to_owned())
}

#[tokio::test]
async fn who_leaves_without_a_network_leaves_their_work_behind_once_and_luis_takes_over_what_he_chooses() {
    let mut network = company().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    network.settle().await;
    network.laptops[ANA].disconnect().await;
    network.laptops[ANA].away = true;
    assert!(work::edit(&mut network.laptops[ANA], lead, LeadField::City(Some("León".into()))).await.unwrap());
    assert!(work::call(&mut network.laptops[ANA], lead, "quiere diez").await.unwrap());
    let hers = work::capture(&mut network.laptops[ANA], "tarde").await.unwrap();
    network.let_go(ANA).await;
    let left = left_by_ana(&mut network).await;
    assert_eq!(left.len(), 1, "of one scope");
    assert_eq!(network.laptops[ANA].store.unsent().await.unwrap(), 0);
    network.laptops[ANA].restart().await;
    assert_eq!(left_by_ana(&mut network).await, left, "the same bytes after a restart");

    // brought twice, for the first answer was lost
    let until = network.leave(ANA, left[0].clone()).await.unwrap();
    assert_eq!(network.leave(ANA, left[0].clone()).await, Ok(until));
    let kept = network.left_behind(LUIS, SALES).await.unwrap();
    assert_eq!(kept.iter().map(|kept| &kept.left).collect::<Vec<_>>(), [&left[0]]);
    network.settle().await;
    for at in [LUIS, CARLA] {
        let store = &network.laptops[at].store;
        assert!(store.read::<Lead>(hers).await.unwrap().is_none(), "nobody folds it in");
        assert_eq!(store.read::<Lead>(lead).await.unwrap().unwrap().city, None);
    }

    let (opened, said) = network.read_left(LUIS, &kept[0].left).await;
    assert_eq!((opened.keys.len(), opened.beyond), (1, 0), "the key of whom nobody else knows");
    let city = said.iter().find_map(|said| match said {
        LeftSaid::Change { record, edits, .. } if *record == lead.0 => {
            edits.iter().find(|edit| edit.field == "city").and_then(|edit| edit.to.clone())
        }
        _ => None,
    });
    let city = city.and_then(|city| city.as_str().map(ToOwned::to_owned));
    assert_eq!(city.as_deref(), Some("León"));
    let named = said.iter().any(|said| match said {
        LeftSaid::Change { record, edits, .. } => {
            let name = edits.iter().find(|edit| edit.field == "full_name").and_then(|edit| edit.to.as_ref());
            *record == hers.0 && name.and_then(|name| name.as_str()) == Some("Íñigo tarde")
        }
        LeftSaid::Fact(_) => false,
    });
    assert!(named, "{said:?}");
    let called = said.iter().any(|said| match said {
        LeftSaid::Fact(fact) => {
            serde_json::from_str::<Activity>(&fact.body).is_ok_and(|activity| activity.text == "quiere diez")
        }
        LeftSaid::Change { .. } => false,
    });
    assert!(called, "{said:?}");

    assert!(work::edit(&mut network.laptops[LUIS], lead, LeadField::City(city)).await.unwrap());
    network.settle().await;
    let carlas = network.laptops[CARLA].store.read::<Lead>(lead).await.unwrap().unwrap();
    assert_eq!(carlas.city.as_deref(), Some("León"));
    assert_eq!(shared(&network, LUIS).await, shared(&network, CARLA).await);

    // dealt with: gone, and nothing else is taken of her
    network.settle_left(LUIS, SALES, left[0].author).await.unwrap();
    assert_eq!(network.left_behind(LUIS, SALES).await.unwrap(), []);
    assert_eq!(network.leave(ANA, left[0].clone()).await, Ok(until), "it was here");
    assert_eq!(network.left_behind(LUIS, SALES).await.unwrap(), [], "and does not come back");
    let second = another(&network, &left[0], Vec::new());
    assert_eq!(network.leave(ANA, second).await, Err("left.twice".to_owned()));
}

#[tokio::test]
async fn nothing_is_taken_of_who_was_robbed_nor_of_who_is_here() {
    let mut network = company().await;
    network.laptops[ANA].disconnect().await;
    network.laptops[ANA].away = true;
    work::capture(&mut network.laptops[ANA], "tarde").await.unwrap();
    let (epoch, company) = (network.laptops[ANA].engine.log().epoch(SALES).unwrap().id, network.company);
    let forged = |network: &Network, at: usize| {
        let left = LeftBehind::fitting(Vec::new(), Vec::new());
        let key = network.laptops[ANA].engine.ring().epoch(epoch).unwrap();
        SealedLeft::seal(company, SALES, (epoch, key), &network.laptops[at].keys(), &left, &[3; 24]).unwrap()
    };
    let hers = forged(&network, ANA);
    assert_eq!(network.leave(ANA, hers.clone()).await, Err("left.not_taken".to_owned()), "she is of the company");
    network.remove(ANA).await;
    assert_eq!(left_by_ana(&mut network).await, [], "an honest program seals nothing");
    assert_eq!(network.laptops[ANA].store.kept_apart().await.unwrap(), 1, "it lies on her disk");
    assert_eq!(network.leave(ANA, hers).await, Err("left.not_taken".to_owned()), "another's is refused");
    assert_eq!(network.left_behind(LUIS, SALES).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_not_ones_own_is_too_large_or_of_another_scope_is_refused_and_only_who_manages_reads() {
    let mut network = company().await;
    network.laptops[ANA].disconnect().await;
    network.laptops[ANA].away = true;
    work::capture(&mut network.laptops[ANA], "tarde").await.unwrap();
    network.let_go(ANA).await;
    let left = left_by_ana(&mut network).await.remove(0);
    assert_eq!(network.leave(CARLA, left.clone()).await, refused("left.forged"), "it is not hers to bring");
    let carlas = SealedLeft { signature: network.laptops[CARLA].keys().sign("x", &[]), ..left.clone() };
    assert_eq!(network.leave(ANA, carlas).await, refused("left.forged"));
    let altered = SealedLeft { sealed: Blob(vec![7; 90]), ..left.clone() };
    assert_eq!(network.leave(ANA, altered).await, refused("left.forged"));
    let large = SealedLeft { sealed: Blob(vec![7; MAX_SEALED + 1]), ..left.clone() };
    assert_eq!(network.leave(ANA, large).await, refused("relay.too_large"));
    let elsewhere = SealedLeft { scope: Scope::Admin, ..left.clone() };
    assert_eq!(network.leave(ANA, elsewhere).await, refused("left.not_taken"), "she never wrote there");
    // sealed under the key that began when she was taken out
    let epoch = network.laptops[LUIS].engine.log().epoch(SALES).unwrap().id;
    let key = EpochKey::from_bytes([1; 32]);
    let nothing = LeftBehind::fitting(Vec::new(), Vec::new());
    let keys = network.laptops[ANA].keys();
    let later = SealedLeft::seal(network.company, SALES, (epoch, &key), &keys, &nothing, &[3; 24]).unwrap();
    assert_eq!(network.leave(ANA, later).await, refused("left.not_taken"));

    network.leave(ANA, left.clone()).await.unwrap();
    assert_eq!(
        network.left_behind(CARLA, SALES).await,
        refused("relay.not_allowed"),
        "she neither manages nor administers"
    );
    assert_eq!(network.settle_left(CARLA, SALES, left.author).await, refused("relay.not_allowed"));
    assert_eq!(network.left_behind(ANA, SALES).await, refused("relay.not_allowed"), "nor who left");
    assert_eq!(network.left_behind(LUIS, Scope::Fiscal).await, refused("relay.not_allowed"), "he does not read it");
    assert_eq!(network.left_behind(LUIS, SALES).await.unwrap().len(), 1);
}
