//! A log that follows a lost one.

use zuc_protocol::receipt::{Claim, IntentKind, StampState};

use super::{batch, company, decision::ask, device, fact, item, receipt, receipted, stamp::timbre};
use crate::{
    AppendOutcome, BatchHash, CompanyId, ControlHash, FROZEN, Folio, FolioState, GaveBack, Ledger, LogId, NewAttempt,
    NewEntry, Outcome, RelayStore, Scope, StampedBefore, StoreError, loss::note_all_lost,
};

type At = (CompanyId, ControlHash);

fn is_frozen<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Refused(code)) if *code == FROZEN)
}

fn folio(invoice: u8) -> Claim {
    Claim::Folio { serie: "A".into(), invoice: item(invoice) }
}

fn attempt(key: &str, invoice: u8, folio: u64, of_earlier_log: bool) -> NewAttempt {
    NewAttempt {
        stamp_key: key.into(),
        invoice: item(invoice),
        serie: "A".into(),
        folio,
        scope: Scope::Fiscal,
        xml: vec![1],
        by: device(1),
        of_earlier_log,
    }
}

fn held(number: u64, invoice: Option<u8>, state: FolioState) -> Folio {
    Folio { serie: "A".into(), number, invoice: invoice.map(item), state }
}

fn stamped(key: &str, invoice: u8, folio: u64, uuid: &str) -> StampedBefore {
    let (stamp_key, uuid, receipt) = (key.to_owned(), uuid.to_owned(), receipt(uuid));
    StampedBefore { stamp_key, invoice: item(invoice), serie: "A".into(), folio, uuid, time_ms: 5, receipt }
}

/// A company whose log follows a lost one, under another name.
async fn after_a_loss(store: &dyn RelayStore, seed: u8) -> (At, LogId) {
    let at = company(store, seed).await;
    let log = LogId([seed + 100; 16]);
    assert!(store.note_loss(at.0, LogId([seed; 16]), log).await.unwrap());
    (at, log)
}

pub(crate) async fn a_loss_is_noted_once_under_the_name_that_stands(store: &dyn RelayStore) {
    let (id, _) = company(store, 50).await;
    let (first, second) = (LogId([50; 16]), LogId([51; 16]));
    assert_eq!(store.loss(id).await.unwrap(), None);
    assert!(!store.note_loss(id, second, second).await.unwrap(), "another log stands");
    assert!(store.note_loss(id, first, first).await.unwrap(), "the name may stay");
    assert!(!store.note_loss(id, first, first).await.unwrap());
    let one = GaveBack { device: device(1), witness: false };
    store.note_offered(id, first, one).await.unwrap();
    store.note_offered(id, first, GaveBack { witness: true, ..one }).await.unwrap();
    store.note_offered(id, first, one).await.unwrap();
    let loss = store.loss(id).await.unwrap().unwrap();
    assert_eq!((loss.thawed_ms, loss.offered), (None, vec![GaveBack { witness: true, ..one }]));

    assert!(store.note_loss(id, first, second).await.unwrap(), "it is lost again");
    assert!(!store.note_loss(id, first, second).await.unwrap());
    assert_eq!(store.log_id(id).await.unwrap(), second);
    assert_eq!(
        store.loss(id).await.unwrap().unwrap().offered,
        [],
        "what was given back to the log before it is lost too"
    );
    store.thaw(id, first, Ledger::default()).await.unwrap();
    assert_eq!(store.loss(id).await.unwrap().unwrap().thawed_ms, None, "that was of another log");
    store.thaw(id, second, Ledger::default()).await.unwrap();
    assert!(store.loss(id).await.unwrap().unwrap().thawed_ms.is_some());
}

pub(crate) async fn entries_come_back_scope_by_scope_and_once(store: &dyn RelayStore) {
    let (at, _) = after_a_loss(store, 52).await;
    let newer = NewEntry { control_seq: 9, ..batch(Scope::Catalog, 1, 1, BatchHash::NONE) };
    let older = NewEntry { control_seq: 3, ..batch(Scope::Finance, 1, 1, BatchHash::NONE) };
    let facts = || vec![fact(at.1, "one"), fact(at.1, "two"), fact(at.1, "one")];
    for _again in 0..2 {
        let outcomes = store.offer(at.0, at.1, vec![newer.clone(), older.clone()], facts()).await.unwrap();
        let stands = |outcome: &AppendOutcome| {
            matches!(outcome, AppendOutcome::Appended { seq: 1, .. } | AppendOutcome::Known { seq: 1, .. })
        };
        assert!(outcomes.iter().all(stands), "{outcomes:?}");
    }
    assert_eq!(store.head(at.0, Scope::Fiscal).await.unwrap().seq, 2, "a fact stands once");
    assert_eq!(store.authors(at.0, Scope::Catalog).await.unwrap(), [(device(1), 1)]);
    assert_eq!(store.authors(at.0, Scope::Fiscal).await.unwrap(), [], "the relay is no author");
    let gap = store.offer(at.0, at.1, vec![batch(Scope::Catalog, 1, 3, newer.hash)], vec![]).await.unwrap();
    assert!(matches!(gap[..], [AppendOutcome::OutOfOrder { last: 1, .. }]));
    let moved = store.offer(at.0, ControlHash([0xee; 32]), vec![], facts()).await;
    assert!(matches!(moved, Err(StoreError::ControlMoved { .. })));

    // What is written from now on is held to the newest record that came back.
    let next = |control_seq| NewEntry { control_seq, ..batch(Scope::Catalog, 1, 2, newer.hash) };
    assert_eq!(store.append(at.0, at.1, vec![next(8)]).await.unwrap(), [AppendOutcome::ControlHeadOld]);
    let outcomes = store.append(at.0, at.1, vec![next(9)]).await.unwrap();
    assert!(matches!(outcomes[..], [AppendOutcome::Appended { seq: 2, .. }]));
}

pub(crate) async fn nothing_is_given_or_stamped_before_the_thaw(store: &dyn RelayStore) {
    let at = company(store, 53).await;
    let (before, log) = (LogId([53; 16]), LogId([153; 16]));
    ask(store, at, 1, 1, folio(1)).await.unwrap();
    ask(store, at, 1, 2, folio(2)).await.unwrap();
    store.receive(at.0, attempt("k1", 1, 1, false)).await.unwrap();
    store.receive(at.0, attempt("k2", 2, 2, false)).await.unwrap();
    let fence = store.take(at.0, "k2", 60_000, 0).await.unwrap().unwrap().fence;

    assert!(store.note_loss(at.0, before, log).await.unwrap());
    for key in ["k1", "k2"] {
        assert_eq!(store.attempt(at.0, key).await.unwrap().state, StampState::Unknown, "what was sent is not known");
        assert!(store.take(at.0, key, 60_000, 0).await.unwrap().is_none());
    }
    assert!(matches!(store.sent(at.0, "k2", fence, 1_000, 0).await, Err(StoreError::Fenced { .. })));
    let (due, next) = store.sweep(at.0).await.unwrap();
    assert!(due.is_empty() && next.is_some(), "somebody must look again");
    assert!(is_frozen(&ask(store, at, 1, 3, folio(3)).await));
    assert!(is_frozen(&ask(store, at, 1, 4, Claim::DiscardFolio { serie: "A".into(), invoice: item(2) }).await));
    assert!(is_frozen(&store.receive(at.0, attempt("k3", 3, 3, true)).await));
    assert!(is_frozen(&store.intend(at.0, item(4), IntentKind::Void).await));
    ask(store, at, 1, 5, Claim::Lead { lead: item(1) }).await.unwrap();
    ask(store, at, 1, 1, folio(1)).await.unwrap();

    store.thaw(at.0, log, Ledger::default()).await.unwrap();
    let mut due = store.sweep(at.0).await.unwrap().0;
    due.sort();
    assert_eq!(due, ["k1", "k2"]);
    assert!(store.take(at.0, "k1", 60_000, 0).await.unwrap().is_some());
    ask(store, at, 1, 3, folio(3)).await.unwrap();
    ask(store, at, 1, 6, Claim::DiscardFolio { serie: "A".into(), invoice: item(3) }).await.unwrap();
    let last = store.folios(at.0, "A").await.unwrap().pop().unwrap();
    assert_eq!((last.number, last.state), (3, FolioState::Inutilizado), "what was lost may have been sent");
}

pub(crate) async fn the_ledgers_come_back_with_the_receipts(store: &dyn RelayStore) {
    let (at, log) = after_a_loss(store, 54).await;
    let ledger = || Ledger {
        folios: vec![
            held(1, Some(1), FolioState::Stamped),
            held(2, None, FolioState::Inutilizado),
            held(7, Some(3), FolioState::Reserved),
        ],
        stamped: vec![stamped("k1", 1, 1, "U-1")],
        voided: vec![item(4)],
    };
    for _again in 0..2 {
        store.thaw(at.0, log, ledger()).await.unwrap();
        assert_eq!(store.folios(at.0, "A").await.unwrap(), ledger().folios);
    }
    let row = store.attempt(at.0, "k1").await.unwrap();
    assert_eq!((row.state, row.uuid.as_deref()), (StampState::Stamped, Some("U-1")));
    assert_eq!(row.receipt, Some(receipt("U-1")));
    let again = store.receive(at.0, attempt("k1b", 1, 1, true)).await;
    assert!(matches!(again, Err(StoreError::Refused("stamp.invoice_busy"))), "stamped is for ever");
    assert_eq!(store.intend(at.0, item(1), IntentKind::Void).await.unwrap(), IntentKind::Issue);
    assert_eq!(store.intend(at.0, item(4), IntentKind::Issue).await.unwrap(), IntentKind::Void);
    ask(store, at, 1, 1, folio(3)).await.unwrap();
    ask(store, at, 1, 2, folio(5)).await.unwrap();
    let numbers: Vec<_> = store.folios(at.0, "A").await.unwrap().into_iter().map(|folio| folio.number).collect();
    assert_eq!(numbers, [1, 2, 7, 8], "an invoice keeps its folio, and the next is above all receipts");

    // A timbre that comes to light late.
    store.receive(at.0, attempt("k3", 3, 7, true)).await.unwrap();
    let late = Ledger { stamped: vec![stamped("k3", 3, 7, "U-3")], ..ledger() };
    store.thaw(at.0, log, late).await.unwrap();
    assert_eq!(store.attempt(at.0, "k3").await.unwrap().state, StampState::Stamped);
    assert!(store.take(at.0, "k3", 1_000, 0).await.unwrap().is_none());
}

pub(crate) async fn what_stood_in_a_ledger_that_went_back_gives_way(store: &dyn RelayStore) {
    let at = company(store, 55).await;
    let log = LogId([155; 16]);
    for invoice in 1..=2 {
        ask(store, at, 1, invoice, folio(invoice)).await.unwrap();
    }
    store.receive(at.0, attempt("k1", 1, 1, false)).await.unwrap();
    let fence = store.take(at.0, "k1", 60_000, 0).await.unwrap().unwrap().fence;
    store.sent(at.0, "k1", fence, 60_000, 0).await.unwrap();
    let rejected = Outcome::Rejected { code: "x".into(), detail: "x".into(), receipt: receipted(at.1, "r") };
    store.settle(at.0, "k1", fence, rejected).await.unwrap();
    // In what was lost, the first was withdrawn and stamped under other bytes, and the second gave its folio to a third.
    assert!(store.note_loss(at.0, LogId([55; 16]), log).await.unwrap());
    let ledger = Ledger {
        folios: vec![
            held(1, Some(1), FolioState::Stamped),
            held(2, Some(3), FolioState::Reserved),
            held(3, Some(2), FolioState::Reserved),
        ],
        stamped: vec![stamped("k1b", 1, 1, "U-1")],
        voided: vec![],
    };
    store.thaw(at.0, log, ledger.clone()).await.unwrap();
    assert_eq!(store.folios(at.0, "A").await.unwrap(), ledger.folios);
    assert_eq!(store.attempt(at.0, "k1").await.unwrap().state, StampState::Withdrawn);
    assert_eq!(store.attempt(at.0, "k1b").await.unwrap().uuid, Some(timbre("U-1").uuid));
}

pub(crate) async fn a_store_that_was_put_back_freezes_every_company(store: &dyn RelayStore) {
    let (one, two) = (company(store, 56).await, company(store, 57).await);
    let mut names = 200..;
    let fresh = || LogId([names.next().unwrap(); 16]);
    let companies = note_all_lost(store, fresh).await.unwrap();
    assert_eq!(companies, store.companies().await.unwrap().len());
    for (at, before) in [(one, 56), (two, 57)] {
        assert_ne!(store.log_id(at.0).await.unwrap(), LogId([before; 16]));
        assert!(is_frozen(&ask(store, at, 1, 1, folio(1)).await));
    }
}
