//! A company goes from one store to another, and back.

use zuc_protocol::{
    Blob,
    ids::{BagId, BlindToken, InviteId, KeyId},
    receipt::{Claim, IntentKind, StampState},
};

use super::{
    attachment::{file_left_by, leave_a_file},
    batch,
    compact::body,
    company,
    decision::{ask, lease},
    device, item,
    left::leave_behind,
    receipted,
    snapshot::manifest,
    stamp::timbre,
};
use crate::{
    AppendOutcome, BagReplacement, BagRow, BatchHash, CompanyId, ControlAppend, ControlHash, GaveBack, Invite, Ledger,
    LogId, NewAttempt, NewEntry, Outcome, RelayStore, Remembered, Scope, StoreError, StoredAnswer, Waits,
    archive::{MOVED, TABLES, move_company},
};

type At = (CompanyId, ControlHash);

/// More entries than go in one page.
const ENTRIES: u64 = 150;
const SCOPE: Scope = Scope::Sales(1);

fn number(author: u8, number: u64) -> NewEntry {
    let previous = if number == 1 { BatchHash::NONE } else { batch(SCOPE, author, number - 1, BatchHash::NONE).hash };
    batch(SCOPE, author, number, previous)
}

fn row(key: u8) -> BagRow {
    BagRow { key: KeyId([key; 16]), wrap: Blob(vec![key]) }
}

fn attempt(key: &str, invoice: u8, folio: u64) -> NewAttempt {
    NewAttempt {
        stamp_key: key.into(),
        invoice: item(invoice),
        serie: "A".into(),
        folio,
        scope: Scope::Fiscal,
        xml: vec![1],
        by: device(1),
        of_earlier_log: false,
    }
}

/// Leaves something in every table.
async fn fill(store: &dyn RelayStore, seed: u8) -> At {
    let (id, genesis) = company(store, seed).await;
    let log = LogId([seed; 16]);
    assert!(store.note_loss(id, log, log).await.unwrap());
    store.note_offered(id, log, GaveBack { device: device(1), witness: true }).await.unwrap();
    store.thaw(id, log, Ledger::default()).await.unwrap();
    let bag = BagReplacement {
        scope: SCOPE,
        generation: BagId([1; 16]),
        wraps: Some(vec![7; 5_000]),
        rows: vec![row(1), row(2)],
        erased: vec![KeyId([9; 16])],
    };
    let now = store.clock_ms(id).await.unwrap();
    store.put_invite(id, Invite { id: InviteId([1; 16]), until_ms: now + 60_000, bytes: vec![1] }).await.unwrap();
    store.join(id, InviteId([1; 16]), device(5), vec![5]).await.unwrap();
    let act = ControlAppend {
        expected: genesis,
        hash: ControlHash([0xaa; 32]),
        bytes: vec![1],
        marks: vec![],
        bags: vec![bag],
        joined: None,
    };
    store.control_append(id, act).await.unwrap();
    let at = (id, ControlHash([0xaa; 32]));
    let entries = (1..=ENTRIES).map(|place| number(1, place)).collect();
    store.append(id, at.1, entries).await.unwrap();

    store.put_manifest(id, manifest(1, 100, 7), vec![1]).await.unwrap();
    store.put_pack(id, SCOPE, [7; 32], [8; 32], vec![2; 5_000]).await.unwrap();
    store.put_held(id, SCOPE, device(1), vec![3]).await.unwrap();
    store.note_seen(id, device(1), now).await.unwrap();
    store.wait_for(id, SCOPE, Some(Waits { manifest: [7; 32], since_ms: now })).await.unwrap();
    store.begin_at(id, at.1, SCOPE, [7; 32]).await.unwrap();
    store.clear_bodies(id, SCOPE, 1_000).await.unwrap();
    for invoice in 1..=4 {
        ask(store, at, 1, invoice, Claim::Folio { serie: "A".into(), invoice: item(invoice) }).await.unwrap();
    }
    ask(store, at, 1, 10, Claim::DiscardFolio { serie: "A".into(), invoice: item(4) }).await.unwrap();
    ask(store, at, 1, 11, Claim::Rfc { token: BlindToken([1; 32]), account: item(1) }).await.unwrap();
    ask(store, at, 1, 12, Claim::Lead { lead: item(1) }).await.unwrap();
    ask(store, at, 1, 13, lease(60_000, &[])).await.unwrap();
    store.intend(id, item(9), IntentKind::Void).await.unwrap();
    for (key, invoice) in [("k1", 1), ("k2", 2), ("k3", 3)] {
        store.receive(id, attempt(key, invoice, invoice.into())).await.unwrap();
    }
    for key in ["k1", "k2"] {
        let fence = store.take(id, key, 60_000, 0).await.unwrap().unwrap().fence;
        store.sent(id, key, fence, 60_000, 0).await.unwrap();
    }
    let stamped = Outcome::Stamped(timbre("U-1"), receipted(at.1, "U-1"));
    store.settle(id, "k1", 1, stamped).await.unwrap();
    store.begin(id, "who", "done", [1; 32]).await.unwrap();
    let answer = StoredAnswer { status: 201, content_type: "text/plain".into(), body: vec![1] };
    store.finish(id, "who", "done", answer).await.unwrap();
    leave_a_file(store, id, SCOPE).await;
    leave_behind(store, id, SCOPE).await;
    at
}

/// All that can be read of a company.
async fn look(store: &dyn RelayStore, company: CompanyId) -> Vec<String> {
    let mut seen = vec![format!("{:?}", store.log_id(company).await.unwrap())];
    for (scope, head) in store.heads(company).await.unwrap() {
        let begin = store.log_begin(company, scope).await.unwrap();
        let page = store.read(company, scope, begin.seq, 1_000, usize::MAX).await.unwrap();
        seen.push(format!("{scope} {head:?} {begin:?} {page:?} {:?}", store.held(company, scope).await.unwrap()));
    }
    seen.push(format!("{:?}", store.seen(company).await.unwrap()));
    seen.push(format!("{:?}", store.author_heads(company, device(1)).await.unwrap()));
    seen.push(format!("{:?}", store.control_read(company, 0, 100).await.unwrap()));
    seen.push(format!("{:?}", store.bag(company, SCOPE).await.unwrap()));
    seen.push(format!("{:?}", store.invite(company, InviteId([1; 16])).await.unwrap()));
    seen.push(format!("{:?}", store.waiting(company).await.unwrap()));
    seen.push(format!("{:?}", store.folios(company, "A").await.unwrap()));
    seen.push(format!("{:?}", store.loss(company).await.unwrap()));
    seen.push(file_left_by(store, company, SCOPE).await);
    seen.push(format!("{:?}", store.left_after(company, SCOPE, None).await.unwrap()));
    seen.push(format!("{:?}", store.manifests(company, SCOPE).await.unwrap()));
    seen.push(format!("{:?}", store.pack(company, SCOPE, [7; 32], [8; 32]).await.unwrap()));
    for invoice in 1..=9 {
        seen.push(format!("{:?}", store.intent(company, item(invoice)).await.unwrap()));
        seen.push(format!("{:?}", store.attempts_of(company, item(invoice)).await.unwrap()));
    }
    seen
}

fn is_moved<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Refused(code)) if *code == MOVED)
}

/// The promises of [`crate::Archive`], between two empty stores of any make.
pub async fn a_company_moves_whole(one: &dyn RelayStore, two: &dyn RelayStore) {
    let at = fill(one, 0x41).await;
    let before = look(one, at.0).await;
    for table in TABLES {
        assert!(!one.rows(at.0, table, None, 1).await.unwrap().is_empty(), "the test has nothing in {}", table.name);
    }
    assert!(move_company(one, two, at.0, [1; 16]).await.unwrap() > ENTRIES);
    assert_eq!(look(two, at.0).await, before);
    assert_eq!(look(one, at.0).await, before, "what was left is read as before");
    assert!(!one.companies().await.unwrap().contains(&at.0) && two.companies().await.unwrap().contains(&at.0));

    let next = || vec![number(1, ENTRIES + 1)];
    assert!(is_moved(&one.append(at.0, at.1, next()).await));
    assert!(is_moved(&one.sweep(at.0).await));
    assert!(is_moved(&one.begin(at.0, "who", "new", [1; 32]).await));
    assert!(is_moved(&ask(one, at, 1, 1, Claim::Lead { lead: item(1) }).await));
    assert!(matches!(move_company(one, two, at.0, [1; 16]).await, Err(StoreError::CompanyExists)));
    assert!(is_moved(&one.create(at.0, LogId([1; 16]), at.1, vec![]).await));

    // It goes on where it stood: numbers, fences, answers.
    let outcomes = two.append(at.0, at.1, next()).await.unwrap();
    assert!(matches!(outcomes[..], [AppendOutcome::Appended { seq, .. }] if seq == ENTRIES + 1));
    assert!(matches!(two.begin(at.0, "who", "done", [1; 32]).await.unwrap(), Remembered::Done(_)));
    let stamped = Outcome::Stamped(timbre("U-2"), receipted(at.1, "U-2"));
    assert_eq!(two.settle(at.0, "k2", 1, stamped).await.unwrap(), StampState::Stamped);
    ask(two, at, 1, 20, Claim::Folio { serie: "A".into(), invoice: item(5) }).await.unwrap();
    two.withdraw(at.0, "k3", receipted(at.1, "w")).await.unwrap();
    two.receive(at.0, attempt("k0", 3, 3)).await.unwrap();
    ask(two, at, 1, 21, Claim::ReleaseRfc { token: BlindToken([1; 32]), account: item(1) }).await.unwrap();
    two.bag_union(at.0, SCOPE, BagId([1; 16]), vec![row(3)]).await.unwrap();
    // what was dropped came back meanwhile: where it goes now it takes the place of what was dropped there
    let bodies = (1..=100).map(|place| body(&number(1, place))).collect();
    assert_eq!(two.refill(at.0, SCOPE, bodies).await.unwrap(), 100);

    // And back, over what stands there.
    let before = look(two, at.0).await;
    move_company(two, one, at.0, [2; 16]).await.unwrap();
    assert_eq!(look(one, at.0).await, before);
    assert!(is_moved(&two.sweep(at.0).await));
    assert!(one.companies().await.unwrap().contains(&at.0) && !two.companies().await.unwrap().contains(&at.0));
    let claims = TABLES.iter().find(|table| table.name == "rfc_claim").unwrap();
    assert!(one.rows(at.0, claims, None, 1).await.unwrap().is_empty(), "what was let go does not return");
}

/// What was acknowledged while the company moved is at the other store.
pub async fn no_write_is_lost_while_a_company_moves(one: &dyn RelayStore, two: &dyn RelayStore) {
    let at = fill(one, 0x42).await;
    let pushing = async {
        let mut last = ENTRIES;
        loop {
            match one.append(at.0, at.1, vec![number(1, last + 1)]).await {
                Ok(outcomes) => assert!(matches!(outcomes[..], [AppendOutcome::Appended { .. }])),
                refused => {
                    assert!(is_moved(&refused));
                    return last;
                }
            }
            last += 1;
        }
    };
    let moving = async {
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        move_company(one, two, at.0, [1; 16]).await
    };
    let (last, moved) = tokio::join!(pushing, moving);
    moved.unwrap();
    assert!(last > ENTRIES, "nothing was pushed meanwhile");
    assert_eq!(two.author_heads(at.0, device(1)).await.unwrap()[0].number, last);
}

/// A move that broke off is gone on with, and nobody sees half a company.
pub async fn a_broken_move_goes_on(one: &dyn RelayStore, two: &dyn RelayStore) {
    let at = fill(one, 0x43).await;
    let before = look(one, at.0).await;
    two.expect(at.0, [1; 16]).await.unwrap();
    one.leave(at.0, [1; 16]).await.unwrap();
    for table in &TABLES[..3] {
        let rows = one.rows(at.0, table, None, 10).await.unwrap();
        two.put(at.0, table, rows).await.unwrap();
    }
    assert!(matches!(two.control_head(at.0).await, Err(StoreError::UnknownCompany)));
    assert!(!two.companies().await.unwrap().contains(&at.0));
    assert!(matches!(two.append(at.0, at.1, vec![]).await, Err(StoreError::UnknownCompany)));
    let short = two.arrive(at.0, LogId([1; 16]), vec![0; TABLES.len()]).await;
    assert!(matches!(short, Err(StoreError::Corrupt { .. })));
    assert!(is_moved(&one.leave(at.0, [2; 16]).await), "it left for one store");
    move_company(one, two, at.0, [2; 16]).await.unwrap();
    assert_eq!(look(two, at.0).await, before);
}
