//! What is held on a person comes out whole, and after an erasure not at all.

use serde_json::Value;
use zuc_domain::lead::Lead;

use super::{call, capture};
use crate::testing::{SALES, at, device};

#[tokio::test]
async fn a_record_is_read_with_everything_in_it_and_a_person_erased_leaves_only_the_place() {
    let store = device(1).await;
    let lead = capture(&store, 1, "Zacarías Canario", "Una").await;
    let other = capture(&store, 2, "Otra Persona", "Una").await;
    let mut tx = store.begin(at(5)).await.unwrap();
    tx.record_fact(&call(50, &lead, "Quiere una demostración"), &[]).await.unwrap();
    tx.note("person_exported", lead.id, b"hash").await.unwrap();
    tx.commit().await.unwrap();

    let held = store.held_record(lead.id).await.unwrap().unwrap();
    assert_eq!((held.scope, held.deleted), (SALES, false));
    assert_eq!(
        serde_json::from_value::<Lead>(held.value.clone()).unwrap(),
        store.read(lead.id).await.unwrap().unwrap()
    );
    let fields: Vec<&str> = held.sealed.iter().map(|(field, _)| field.as_str()).collect();
    assert!(fields.contains(&"full_name") && fields.contains(&"email"), "{fields:?}");
    let key = held.keys().next().unwrap();
    assert!(held.keys().all(|other| other == key));
    assert_eq!(store.subjects_of(key).await.unwrap(), [lead.id.0]);
    let facts = store.facts_about(lead.id).await.unwrap();
    assert!(facts.len() == 1 && facts[0].fact.body.contains("demostración"));
    let created = store.events_of(lead.id, 9).await.unwrap().pop().unwrap();
    assert_eq!(created.keys().first(), Some(&key));
    assert_eq!(store.open_event(&created).await.unwrap().data["fullName"], "Zacarías Canario");
    assert_eq!(store.leads_reached_by(lead.email.as_ref().unwrap().as_str(), "").await.unwrap(), [lead.id]);
    assert_eq!(store.leads_reached_by("", "").await.unwrap(), [], "no mail is nobody's mail");

    assert!(store.holds_key(key).await.unwrap());
    store.erase_keys(&[key]).await.unwrap();
    assert!(!store.holds_key(key).await.unwrap());
    let left = store.held_record(lead.id).await.unwrap().unwrap();
    assert_eq!((&left.value["full_name"], &left.value["email"]), (&Value::Null, &Value::Null));
    assert_eq!((&left.value["company"], &left.sealed), (&Value::from("Una"), &held.sealed));
    assert_eq!(store.open_event(&created).await.unwrap().data["fullName"], Value::Null);
    assert_eq!(store.held_record(other.id).await.unwrap().unwrap().value["full_name"], "Otra Persona");
    assert_eq!(store.verify().await.unwrap(), [], "the audit record has the note in its chain");
}

#[tokio::test]
async fn a_record_that_was_deleted_is_held_all_the_same() {
    let store = device(1).await;
    let lead = capture(&store, 1, "Zacarías Canario", "Una").await;
    let mut tx = store.begin(at(9)).await.unwrap();
    assert!(tx.repository::<Lead>().delete(lead.id).await.unwrap());
    tx.commit().await.unwrap();
    assert!(store.lead_row(lead.id).await.unwrap().is_none());
    let held = store.held_record(lead.id).await.unwrap().unwrap();
    assert_eq!((held.deleted, &held.value["full_name"]), (true, &Value::from("Zacarías Canario")));
}
