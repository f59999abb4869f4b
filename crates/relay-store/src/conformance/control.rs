//! Companies, control log, invites, bags, idempotency keys.

use zuc_protocol::{
    Blob,
    ids::{BagId, InviteId, KeyId},
};

use super::{company, device};
use crate::{
    BagReplacement, BagRow, CompanyId, ControlAppend, ControlHash, EnrolmentState, Invite, LogId, RelayStore,
    Remembered, StoreError, StoredAnswer,
};

pub(crate) async fn a_company_begins_once(store: &dyn RelayStore) {
    let (company, genesis) = company(store, 1).await;
    let again = store.create(company, LogId([9; 16]), genesis, vec![1]).await;
    assert!(matches!(again, Err(StoreError::CompanyExists)));
    assert_eq!(store.log_id(company).await.unwrap(), LogId([1; 16]));
    assert!(store.companies().await.unwrap().contains(&company));
    let nobody = CompanyId([0xee; 16]);
    assert!(matches!(store.control_head(nobody).await, Err(StoreError::UnknownCompany)));
    assert!(!store.companies().await.unwrap().contains(&nobody));
    store.ping().await.unwrap();
}

fn act(expected: ControlHash, hash: u8) -> ControlAppend {
    ControlAppend {
        expected,
        hash: ControlHash([hash; 32]),
        bytes: vec![hash],
        marks: vec![],
        bags: vec![],
        joined: None,
    }
}

pub(crate) async fn the_second_of_two_acts_is_refused(store: &dyn RelayStore) {
    let (company, genesis) = company(store, 2).await;
    assert_eq!(store.control_append(company, act(genesis, 20)).await.unwrap(), 1);
    let second = store.control_append(company, act(genesis, 21)).await;
    assert!(matches!(second, Err(StoreError::ControlMoved { head }) if head == ControlHash([20; 32])));
    // A repetition is answered with its place: its reply may have been lost.
    assert_eq!(store.control_append(company, act(genesis, 20)).await.unwrap(), 1);
    assert_eq!(store.control_append(company, act(ControlHash([20; 32]), 21)).await.unwrap(), 2);
    let records = store.control_read(company, 1, 10).await.unwrap();
    assert_eq!(records.iter().map(|record| (record.seq, record.bytes[0])).collect::<Vec<_>>(), [(1, 20), (2, 21)]);
    assert_eq!(store.control_head(company).await.unwrap().hash, ControlHash([21; 32]));
}

pub(crate) async fn an_invite_admits_one_device_until_it_expires(store: &dyn RelayStore) {
    let (company, genesis) = company(store, 3).await;
    let now = store.clock_ms(company).await.unwrap();
    let (good, late) = (InviteId([1; 16]), InviteId([2; 16]));
    for (id, until_ms) in [(good, now + 60_000), (late, now - 1)] {
        store.put_invite(company, Invite { id, until_ms, bytes: vec![1] }).await.unwrap();
    }
    assert_eq!(store.invite(company, late).await.unwrap().unwrap().until_ms, now - 1);
    assert!(store.invite(company, InviteId([3; 16])).await.unwrap().is_none());
    let join = |invite, who: u8| store.join(company, invite, device(who), vec![who]);
    join(good, 1).await.unwrap();
    join(good, 1).await.unwrap();
    for refused in [join(good, 2).await, join(late, 1).await, join(InviteId([3; 16]), 1).await] {
        assert!(matches!(refused, Err(StoreError::Refused("enrolment.invite_invalid"))));
    }
    assert_eq!(store.waiting(company).await.unwrap().len(), 1);
    let joined = ControlAppend { joined: Some(device(1)), ..act(genesis, 30) };
    store.control_append(company, joined).await.unwrap();
    assert!(store.waiting(company).await.unwrap().is_empty());
    let enrolment = store.enrolment(company, good).await.unwrap().unwrap();
    assert_eq!(enrolment.state, EnrolmentState::Approved);
    assert!(store.enrolment(company, late).await.unwrap().is_none());
}

pub(crate) async fn a_bag_grows_by_union_and_an_erased_key_never_returns(store: &dyn RelayStore) {
    let (company, genesis) = company(store, 4).await;
    let scope = crate::Scope::Sales(1);
    let row = |key: u8, wrap: u8| BagRow { key: KeyId([key; 16]), wrap: Blob(vec![wrap]) };
    let (old, new) = (BagId([1; 16]), BagId([2; 16]));
    assert!(store.bag(company, scope).await.unwrap().is_none());
    store.put_bag_key(company, scope, old, vec![1]).await.unwrap();
    store.put_bag_key(company, scope, old, vec![3]).await.unwrap();
    store.put_bag_key(company, scope, old, vec![1]).await.unwrap();
    assert_eq!(store.bag(company, scope).await.unwrap().unwrap().wraps, [vec![1], vec![3]]);
    store.bag_union(company, scope, old, vec![row(1, 1), row(2, 1)]).await.unwrap();
    store.bag_union(company, scope, old, vec![row(2, 9), row(3, 1)]).await.unwrap();
    assert_eq!(store.bag(company, scope).await.unwrap().unwrap().rows, [row(1, 1), row(2, 1), row(3, 1)]);

    let bag = BagReplacement {
        scope,
        generation: new,
        wraps: Some(vec![2]),
        rows: vec![row(1, 5), row(3, 5)],
        erased: vec![KeyId([2; 16])],
    };
    store.control_append(company, ControlAppend { bags: vec![bag], ..act(genesis, 40) }).await.unwrap();
    let stale = store.bag_union(company, scope, old, vec![row(4, 1)]).await;
    assert!(matches!(stale, Err(StoreError::Refused("keys.bag_stale"))));
    let stale_key = store.put_bag_key(company, scope, old, vec![9]).await;
    assert!(matches!(stale_key, Err(StoreError::Refused("keys.bag_stale"))));
    let refused = store.bag_union(company, scope, new, vec![row(2, 5), row(4, 5)]).await.unwrap();
    assert_eq!(refused, [KeyId([2; 16])]);
    let bag = store.bag(company, scope).await.unwrap().unwrap();
    assert_eq!(bag.rows, [row(1, 5), row(3, 5), row(4, 5)]);
    assert_eq!((bag.generation, bag.wraps, bag.erased), (new, vec![vec![2]], vec![KeyId([2; 16])]));
}

pub(crate) async fn an_idempotency_key_has_one_effect(store: &dyn RelayStore) {
    let (company, _) = company(store, 5).await;
    let begin = |who: &'static str, request: u8| store.begin(company, who, "key", [request; 32]);
    assert_eq!(begin("a", 1).await.unwrap(), Remembered::Fresh);
    assert_eq!(begin("a", 1).await.unwrap(), Remembered::InProgress);
    assert_eq!(begin("a", 2).await.unwrap(), Remembered::Mismatch);
    assert_eq!(begin("b", 2).await.unwrap(), Remembered::Fresh);
    let answer = StoredAnswer { status: 201, content_type: "application/json".into(), body: b"{}".to_vec() };
    store.finish(company, "a", "key", answer.clone()).await.unwrap();
    assert_eq!(begin("a", 1).await.unwrap(), Remembered::Done(answer));
    store.abandon(company, "b", "key").await.unwrap();
    assert_eq!(begin("b", 3).await.unwrap(), Remembered::Fresh);
}
