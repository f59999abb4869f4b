//! What was left behind.

use super::{company, device};
use crate::{
    CompanyId, NewLeft, RelayStore, Scope, StoreError,
    left::{KEPT_MS, TWICE},
};

const SCOPE: Scope = Scope::Sales(1);

fn left(scope: Scope, by: u8, text: &str) -> NewLeft {
    let digest = *blake3::hash(text.as_bytes()).as_bytes();
    NewLeft { scope, device: device(by), removed_at: 0, digest, bytes: text.as_bytes().to_vec() }
}

/// The devices whose bytes are here, with them.
async fn all(store: &dyn RelayStore, company: CompanyId, scope: Scope) -> Vec<(u8, Vec<u8>)> {
    let (mut all, mut after) = (Vec::new(), None);
    while let Some(next) = store.left_after(company, scope, after).await.unwrap() {
        after = Some(next.device);
        all.push((next.device.0[0], next.bytes));
    }
    all
}

/// Leaves something behind, and something that was dealt with.
pub(super) async fn leave_behind(store: &dyn RelayStore, company: CompanyId, scope: Scope) {
    store.put_left(company, left(scope, 7, "sealed")).await.unwrap();
    store.put_left(company, left(scope, 8, "dealt with")).await.unwrap();
    store.settle_left(company, scope, device(8)).await.unwrap();
}

/// Of each device in a scope the first stays the only one, also once it was dealt with or its time is over.
pub(super) async fn of_what_a_device_left_behind_the_first_stays_until_it_is_dealt_with(store: &dyn RelayStore) {
    let (here, _) = company(store, 190).await;
    let (other, _) = company(store, 191).await;
    assert_eq!(all(store, here, SCOPE).await, []);
    let came = store.put_left(here, left(SCOPE, 2, "of two")).await.unwrap();
    store.put_left(here, left(SCOPE, 1, "of one")).await.unwrap();
    store.put_left(here, left(Scope::Admin, 1, "elsewhere")).await.unwrap();
    assert_eq!(store.put_left(here, left(SCOPE, 2, "of two")).await.unwrap(), came, "the answer was lost");
    let refused = |outcome: Result<i64, StoreError>| matches!(outcome, Err(StoreError::Refused(TWICE)));
    assert!(refused(store.put_left(here, left(SCOPE, 2, "another")).await));
    let nowhere = NewLeft { removed_at: 9, ..left(SCOPE, 3, "of nobody") };
    assert!(matches!(store.put_left(here, nowhere).await, Err(StoreError::NotFound(_))));
    let both = [(1, b"of one".to_vec()), (2, b"of two".to_vec())];
    assert_eq!(all(store, here, SCOPE).await, both, "the first stays");
    assert_eq!(all(store, other, SCOPE).await, [], "nobody else's");

    store.settle_left(other, SCOPE, device(1)).await.unwrap();
    store.settle_left(here, SCOPE, device(1)).await.unwrap();
    store.settle_left(here, SCOPE, device(1)).await.unwrap();
    assert_eq!(all(store, here, SCOPE).await, both[1..]);
    assert_eq!(all(store, here, Scope::Admin).await.len(), 1);
    store.put_left(here, left(SCOPE, 1, "of one")).await.unwrap();
    assert!(refused(store.put_left(here, left(SCOPE, 1, "another")).await));
    assert_eq!(all(store, here, SCOPE).await, both[1..], "what was dealt with does not come back");

    assert_eq!(store.drop_left_before(here, came - KEPT_MS).await.unwrap(), 0);
    assert_eq!(store.drop_left_before(here, i64::MAX).await.unwrap(), 2, "those that still had bytes");
    assert_eq!(store.drop_left_before(here, i64::MAX).await.unwrap(), 0);
    assert_eq!(all(store, here, SCOPE).await, []);
    assert!(refused(store.put_left(here, left(SCOPE, 2, "another")).await));
}
