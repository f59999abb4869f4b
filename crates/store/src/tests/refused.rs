//! What nobody takes leaves its document, stays readable, and holds nothing up.

use zuc_domain::lead::{Lead, LeadField};
use zuc_domain::shared::LeadId;
use zuc_protocol::identity::{DeviceKeys, DevicePublic};
use zuc_protocol::item::{DocKind, Item};
use zuc_sync::OutboxItem;

use super::{capture, edit};
use crate::testing::{SALES, WIRE, at, deliver, device, pass, v7};
use crate::{Fate, ScopeDigest, Store};

/// The public keys of [`device`]'s laptop 1.
fn ana() -> DevicePublic {
    DeviceKeys::from_seeds(&[1; 32], &[101; 32]).public()
}

async fn waiting(store: &Store) -> Vec<OutboxItem> {
    store.outbox_ready(WIRE, 100).await.unwrap()
}

async fn refuse(store: &Store, rows: &[&OutboxItem]) -> Vec<(DocKind, uuid::Uuid)> {
    let rows: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let touched = store.refuse_outbox(WIRE, None, &rows, "sync.not_allowed", &ana(), at(9).at).await.unwrap();
    assert_eq!(store.rebuild(false).await.unwrap(), [], "rows say what the documents do");
    touched.into_iter().map(|(kind, id)| (kind, id.to_uuid())).collect()
}

async fn city(store: &Store, id: LeadId) -> Option<String> {
    store.read::<Lead>(id).await.unwrap().unwrap().city
}

async fn sales(store: &Store) -> ScopeDigest {
    store.digests().await.unwrap().into_iter().find(|digest| digest.scope == SALES).unwrap()
}

/// What is kept apart: why, and each field with what it was to become.
async fn kept(store: &Store) -> Vec<(String, Vec<(String, Option<serde_json::Value>)>)> {
    let kept = store.all_kept_apart(99).await.unwrap().into_iter();
    kept.map(|kept| (kept.code, kept.edits.into_iter().map(|edit| (edit.field, edit.to)).collect())).collect()
}

#[tokio::test]
async fn a_refused_edit_leaves_its_record_with_what_builds_upon_it_and_the_next_one_is_taken_by_everybody() {
    let (ana, luis) = (device(1).await, device(2).await);
    let lead = capture(&ana, 1, "Íñigo García", "Ferretería Peñón").await;
    let mut seq = 0;
    assert_eq!(pass(&ana, &luis, &mut seq).await.refused, None);
    for row in waiting(&ana).await {
        ana.acked(WIRE, 1, zuc_protocol::ids::BatchHash([1; 16]), 1, &[row.id], None, None).await.unwrap();
    }
    let before = ana.identity().unwrap();
    edit(&ana, lead.id, LeadField::Industry(Some("Herrajes".into()))).await.unwrap();
    edit(&ana, lead.id, LeadField::City(Some("León".into()))).await.unwrap();
    edit(&ana, lead.id, LeadField::FullName(Some("Íñigo Peñón".into()))).await.unwrap();
    let rows = waiting(&ana).await;
    assert_eq!(refuse(&ana, &[&rows[1]]).await, [(DocKind::LEAD, lead.id.0)]);

    // what was written before it is still there and still sent
    let here = ana.read::<Lead>(lead.id).await.unwrap().unwrap();
    assert_eq!((here.industry.as_deref(), here.city, here.full_name), (Some("Herrajes"), None, lead.full_name.clone()));
    let left = waiting(&ana).await;
    assert_eq!(left.iter().map(|row| &row.item).collect::<Vec<_>>(), [&rows[0].item]);
    // what was typed can be read, the name of a person too, while their key is here
    let field = |field: &str, to: &str| (field.to_owned(), Some(serde_json::Value::from(to)));
    let expected = [
        ("sync.upon_refused".to_owned(), vec![field("full_name", "Íñigo Peñón")]),
        ("sync.not_allowed".to_owned(), vec![field("city", "León")]),
    ];
    assert_eq!(kept(&ana).await, expected);
    let sealed: Vec<u8> = sqlx::query_scalar("SELECT CAST(group_concat(edits) AS BLOB) FROM refused")
        .fetch_one(ana.reader())
        .await
        .unwrap();
    assert!(!sealed.windows(5).any(|word| word == "Peñó".as_bytes()), "and is kept under it");
    let found = ana.findings().await.unwrap();
    let found: Vec<_> = found.iter().map(|found| (found.fate, found.kind.as_str(), found.at)).collect();
    assert_eq!(found, [(Fate::KeptApart, "lead", Some(at(9).at)); 2]);

    // no two changes bear one name
    let now = ana.identity().unwrap();
    assert!(now.actor != before.actor && now.incarnation != before.incarnation);
    edit(&ana, lead.id, LeadField::City(Some("Celaya".into()))).await.unwrap();
    assert_eq!(pass(&ana, &luis, &mut seq).await.refused, None);
    assert_eq!(city(&luis, lead.id).await.as_deref(), Some("Celaya"));
    assert_eq!(sales(&ana).await, sales(&luis).await);
}

#[tokio::test]
async fn a_record_that_nobody_takes_is_none_and_what_another_wrote_stays() {
    let (ana, luis) = (device(1).await, device(2).await);
    let lead = capture(&ana, 1, "Íñigo García", "Ferretería Peñón").await;
    let other = capture(&luis, 2, "Eva Muñoz", "Herrajes Muñoz").await;
    let mut seq = 0;
    assert_eq!(pass(&luis, &ana, &mut seq).await.refused, None);
    edit(&ana, other.id, LeadField::City(Some("León".into()))).await.unwrap();
    let rows = waiting(&ana).await;
    let touched = refuse(&ana, &rows.iter().collect::<Vec<_>>()).await;
    assert_eq!(touched, [(DocKind::LEAD, other.id.0), (DocKind::LEAD, lead.id.0)]);
    assert_eq!(ana.read::<Lead>(lead.id).await.unwrap(), None);
    assert!(ana.lead_row(lead.id).await.unwrap().is_none());
    assert_eq!(city(&ana, other.id).await, None);
    assert_eq!((ana.unsent().await.unwrap(), ana.kept_apart().await.unwrap()), (0, 2));
    assert_eq!(sales(&ana).await, sales(&luis).await);
    // the same person of the same company can be captured once more
    let again = capture(&ana, 3, "Íñigo García", "Ferretería Peñón").await;
    assert_eq!(pass(&ana, &luis, &mut seq).await.refused, None);
    assert_eq!(luis.read::<Lead>(again.id).await.unwrap(), ana.read::<Lead>(again.id).await.unwrap());
}

#[tokio::test]
async fn what_another_built_upon_it_goes_as_it_does_everywhere() {
    let (ana, luis, mallory) = (device(1).await, device(2).await, device(3).await);
    let lead = capture(&ana, 1, "Íñigo García", "Ferretería Peñón").await;
    let mut seq = 0;
    let first = waiting(&ana).await;
    for to in [&luis, &mallory] {
        assert_eq!(deliver(&ana, to, WIRE, 1, first[0].clone()).await.refused, None);
    }
    ana.acked(WIRE, 1, zuc_protocol::ids::BatchHash([1; 16]), 1, &[first[0].id], None, None).await.unwrap();
    edit(&ana, lead.id, LeadField::City(Some("León".into()))).await.unwrap();
    let refused = waiting(&ana).await;
    // a relay that let one see what it refused of everybody else
    deliver(&ana, &mallory, WIRE, 2, refused[0].clone()).await;
    edit(&mallory, lead.id, LeadField::Industry(Some("Herrajes".into()))).await.unwrap();
    let upon = waiting(&mallory).await.pop().unwrap();
    seq += 10;
    assert_eq!(deliver(&mallory, &ana, WIRE, seq, upon.clone()).await.refused, None);
    assert_eq!(deliver(&mallory, &luis, WIRE, seq, upon).await.refused.as_deref(), Some("store.change_refused"));
    refuse(&ana, &[&refused[0]]).await;
    assert_eq!(sales(&ana).await, sales(&luis).await);
    assert_eq!(kept(&ana).await.len(), 2, "and it can be read here");
}

#[tokio::test]
async fn a_refused_fact_is_kept_with_its_words() {
    let ana = device(1).await;
    let lead = capture(&ana, 1, "Íñigo García", "Ferretería Peñón").await;
    let mut tx = ana.begin(at(10)).await.unwrap();
    tx.record_fact(&super::call(5, &lead, "le interesa"), &[]).await.unwrap();
    tx.commit().await.unwrap();
    let rows = waiting(&ana).await;
    let fact = rows.iter().find(|row| matches!(row.item, Item::Fact(_))).unwrap();
    let before = ana.identity();
    assert_eq!(refuse(&ana, &[fact]).await, []);
    assert_eq!(ana.identity(), before, "no change bears its name");
    let kept = ana.all_kept_apart(9).await.unwrap();
    assert_eq!((kept.len(), kept[0].record), (1, v7(5)));
    assert!(kept[0].fact.as_ref().unwrap().body.contains("le interesa"));
}
