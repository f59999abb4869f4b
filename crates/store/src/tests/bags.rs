//! Bags of person keys, and what becomes of the rows here when a bag is replaced.

use uuid::Uuid;
use zuc_domain::lead::opportunity::Opportunity;
use zuc_domain::lead::{Lead, LeadField};
use zuc_protocol::ids::{CompanyId, KeyId};
use zuc_protocol::person_key::{BagRow, bag_id};
use zuc_protocol::secret::BagKey;
use zuc_sync::OutboxItem;

use super::{capture, edit, list, new_deal};
use crate::testing::{SALES, WIRE, at, deliver, device, pass};
use crate::{Store, StoreError};

/// The row of a lead's person, wrapped again under another bag key.
async fn wrapped_again(from: &Store, lead: &Lead, new: &BagKey) -> BagRow {
    let company = CompanyId::from_uuid(Uuid::from_u128(1));
    let key: KeyId = from.person_keys_of(lead.id).await.unwrap()[0];
    let row = from.bag_rows(SALES).await.unwrap().into_iter().find(|row| row.key == key).unwrap();
    let secret = row.open(company, &from.bag(SALES).unwrap()).unwrap();
    BagRow::wrap(company, WIRE, new, key, &secret, &[7; 24])
}

async fn names(store: &Store) -> Vec<String> {
    list(store).await.into_iter().map(|row| row.full_name).collect()
}

fn without_its_key(item: OutboxItem) -> OutboxItem {
    OutboxItem { bag_rows: vec![], ..item }
}

#[tokio::test]
async fn a_person_whose_key_comes_with_a_new_bag_is_read_whichever_of_the_two_comes_first() {
    for key_first in [true, false] {
        let (ana, luis) = (device(1).await, device(2).await);
        let known = capture(&ana, 1, "Julia Cano", "A").await;
        let mut seq = 0;
        pass(&ana, &luis, &mut seq).await;
        sqlx::query("DELETE FROM outbox").execute(&ana.inner.pools.writer).await.unwrap();
        let late = capture(&ana, 2, "Rosa Inédita", "B").await;
        for item in ana.outbox_ready(WIRE, 10).await.unwrap() {
            seq += 1;
            deliver(&ana, &luis, WIRE, seq, without_its_key(item)).await;
        }
        assert_eq!(names(&luis).await, ["Julia Cano", ""], "her key has not come");

        let new = BagKey::from_bytes([9; 32]);
        let rows = [wrapped_again(&ana, &known, &new).await, wrapped_again(&ana, &late, &new).await];
        let taken = if key_first {
            luis.store_bag(WIRE, bag_id(&new), Some(&new), &[], &rows).await.unwrap()
        } else {
            luis.store_bag(WIRE, bag_id(&new), None, &[], &rows).await.unwrap();
            luis.store_bag(WIRE, bag_id(&new), Some(&new), &[], &[]).await.unwrap()
        };
        assert_eq!(names(&luis).await, ["Julia Cano", "Rosa Inédita"], "key first: {key_first}");
        assert_eq!(taken.kept, [], "the relay has told of both");
        assert_eq!(luis.rebuild(false).await.unwrap(), []);
        // and what is written next lies under the new key
        capture(&luis, 3, "Tomás", "C").await;
        assert!(luis.bag_rows(SALES).await.unwrap().iter().all(|row| row.bag == bag_id(&new)));
    }
}

#[tokio::test]
async fn what_is_done_to_a_lead_before_the_key_of_its_person_has_come_takes_nothing_from_it() {
    let (ana, luis) = (device(1).await, device(2).await);
    let rosa = capture(&ana, 1, "Rosa Inédita", "A").await;
    let item = ana.outbox_ready(WIRE, 1).await.unwrap().remove(0);
    let rows = item.bag_rows.clone();
    deliver(&ana, &luis, WIRE, 1, without_its_key(item)).await;

    edit(&luis, rosa.id, LeadField::City(Some("Celaya".into()))).await.unwrap();
    // a name under a key that is not here, and a record made of a lead without a name
    let renamed = edit(&luis, rosa.id, LeadField::FullName(Some("Rosa Nueva".into()))).await;
    assert!(matches!(renamed, Err(StoreError::PersonKeyMissing)), "{renamed:?}");
    let mut tx = luis.begin(at(5)).await.unwrap();
    let lead = tx.repository::<Lead>().load(rosa.id).await.unwrap().unwrap();
    assert_eq!(lead.email, None, "it does not open");
    let event = new_deal(3, 100, &tx.act());
    let made = tx.repository().record(&Opportunity::from_created(&event).unwrap(), &event).await;
    assert!(matches!(made, Err(StoreError::PersonKeyMissing)), "{made:?}");
    tx.rollback().await.unwrap();

    luis.store_bag(WIRE, rows[0].bag, None, &[], &rows).await.unwrap();
    let read = luis.read::<Lead>(rosa.id).await.unwrap().unwrap();
    assert_eq!((&read.full_name, &read.email, &read.phone), (&rosa.full_name, &rosa.email, &rosa.phone));
    assert_eq!(read.city.as_deref(), Some("Celaya"));
    assert_eq!(luis.rebuild(false).await.unwrap(), []);
}

#[tokio::test]
async fn rows_that_whoever_made_a_bag_had_not_are_kept_and_the_relay_is_in_doubt_until_it_has_them() {
    let luis = device(2).await;
    let told = capture(&luis, 1, "Julia Cano", "A").await;
    let own = capture(&luis, 2, "Rosa Inédita", "B").await;
    let new = BagKey::from_bytes([9; 32]);
    let rows = [wrapped_again(&luis, &told, &new).await];
    let taken = luis.store_bag(WIRE, bag_id(&new), Some(&new), &[], &rows).await.unwrap();
    assert_eq!(taken.kept, luis.person_keys_of(own.id).await.unwrap(), "the other one the relay has told of");
    assert_eq!(luis.read::<Lead>(own.id).await.unwrap().unwrap().full_name, own.full_name);
    let scopes = || [WIRE, zuc_protocol::Scope::Admin].into_iter();
    assert_eq!(luis.unsure_bags(scopes()).await.unwrap(), [WIRE]);
    luis.bag_is_whole(WIRE).await.unwrap();
    assert_eq!(luis.unsure_bags(scopes()).await.unwrap(), []);
}
