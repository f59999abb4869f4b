//! The stamping ledger.

use std::time::Duration;

use zuc_protocol::receipt::{Claim, IntentKind, StampState};

use super::{company, decision::ask, device, item, receipted};
use crate::{CompanyId, ControlHash, NewAttempt, Outcome, ReceiveOutcome, RelayStore, Scope, StoreError, Timbre};

type At = (CompanyId, ControlHash);

async fn claimed_folio(store: &dyn RelayStore, at: At, invoice: u8) {
    let claim = Claim::Folio { serie: "A".into(), invoice: item(invoice) };
    ask(store, at, 1, invoice, claim).await.unwrap();
}

fn attempt(key: &str, invoice: u8, folio: u64) -> NewAttempt {
    NewAttempt {
        stamp_key: key.into(),
        invoice: item(invoice),
        serie: "A".into(),
        folio,
        scope: Scope::Fiscal,
        xml: key.as_bytes().to_vec(),
        by: device(1),
        of_earlier_log: false,
    }
}

pub(crate) fn timbre(uuid: &str) -> Timbre {
    Timbre { uuid: uuid.into(), stamped_xml: uuid.as_bytes().to_vec() }
}

fn stamped(at: At, uuid: &str) -> Outcome {
    Outcome::Stamped(timbre(uuid), receipted(at.1, uuid))
}

async fn state(store: &dyn RelayStore, at: At, key: &str) -> StampState {
    store.attempt(at.0, key).await.unwrap().state
}

/// Brings a fresh attempt to SENT and gives its fence.
async fn sent(store: &dyn RelayStore, at: At, key: &str, deadline_ms: i64) -> u64 {
    let claimed = store.take(at.0, key, 10_000, 0).await.unwrap().unwrap();
    store.sent(at.0, key, claimed.fence, deadline_ms, 20).await.unwrap();
    claimed.fence
}

async fn wait(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

pub(crate) async fn the_first_intent_wins(store: &dyn RelayStore) {
    let at = company(store, 30).await;
    assert_eq!(store.intent(at.0, item(1)).await.unwrap(), None);
    assert_eq!(store.intend(at.0, item(1), IntentKind::Void).await.unwrap(), IntentKind::Void);
    assert_eq!(store.intend(at.0, item(1), IntentKind::Issue).await.unwrap(), IntentKind::Void);
    let refused = store.receive(at.0, attempt("k1", 1, 1)).await;
    assert!(matches!(refused, Err(StoreError::Refused("stamp.intent_void"))));
    let claim = Claim::Folio { serie: "A".into(), invoice: item(1) };
    assert!(matches!(ask(store, at, 1, 9, claim).await, Err(StoreError::Refused("stamp.intent_void"))));

    claimed_folio(store, at, 2).await;
    store.receive(at.0, attempt("k2", 2, 1)).await.unwrap();
    assert_eq!(store.intend(at.0, item(2), IntentKind::Void).await.unwrap(), IntentKind::Issue);
}

pub(crate) async fn an_attempt_walks_to_its_timbre(store: &dyn RelayStore) {
    let at = company(store, 31).await;
    let unclaimed = store.receive(at.0, attempt("k", 1, 1)).await;
    assert!(matches!(unclaimed, Err(StoreError::Refused("stamp.folio_not_claimed"))));
    claimed_folio(store, at, 1).await;
    assert_eq!(store.receive(at.0, attempt("k", 1, 1)).await.unwrap(), ReceiveOutcome::New);
    let known = ReceiveOutcome::Known(StampState::Received);
    assert_eq!(store.receive(at.0, attempt("k", 1, 1)).await.unwrap(), known);
    assert_eq!(store.sweep(at.0).await.unwrap().0, ["k"]);

    let fence = sent(store, at, "k", 10_000).await;
    assert_eq!(state(store, at, "k").await, StampState::Sent);
    let before = store.head(at.0, Scope::Fiscal).await.unwrap().seq;
    assert_eq!(store.settle(at.0, "k", fence, stamped(at, "U-1")).await.unwrap(), StampState::Stamped);
    assert_eq!(store.head(at.0, Scope::Fiscal).await.unwrap().seq, before + 1, "the receipt came with the state");
    let row = store.attempt(at.0, "k").await.unwrap();
    assert_eq!((row.uuid.as_deref(), row.stamped_xml.as_deref()), (Some("U-1"), Some(&b"U-1"[..])));
    assert!(row.receipt.is_some());

    let discard = Claim::DiscardFolio { serie: "A".into(), invoice: item(1) };
    assert!(matches!(ask(store, at, 1, 99, discard).await, Err(StoreError::Refused("folio.in_use"))));
    assert!(matches!(store.withdraw(at.0, "k", receipted(at.1, "w")).await, Err(StoreError::Fenced { .. })));
    assert_eq!(store.erase_bodies(at.0, 86_400_000).await.unwrap(), 0);
    wait(5).await;
    assert_eq!(store.erase_bodies(at.0, 0).await.unwrap(), 1);
    assert!(store.attempt(at.0, "k").await.unwrap().xml.is_none());
}

pub(crate) async fn a_lost_answer_becomes_unknown_and_only_recovery_leaves_it(store: &dyn RelayStore) {
    let at = company(store, 32).await;
    claimed_folio(store, at, 1).await;
    store.receive(at.0, attempt("k", 1, 1)).await.unwrap();
    let away = store.take(at.0, "k", 10_000, 0).await.unwrap().unwrap();
    store.release_claim(at.0, "k", away.fence, 0).await.unwrap();
    let first = sent(store, at, "k", 1_000).await;
    assert!(store.sweep(at.0).await.unwrap().0.is_empty(), "before its deadline it is only sent");
    wait(1_010).await;
    store.sweep(at.0).await.unwrap();
    assert_eq!(state(store, at, "k").await, StampState::Unknown);
    assert!(store.withdraw(at.0, "k", receipted(at.1, "w")).await.is_err());
    assert!(store.refuse(at.0, "k", "x", "x", receipted(at.1, "x")).await.is_err());
    wait(30).await;
    assert_eq!(store.sweep(at.0).await.unwrap().0, ["k"], "after the settle time it is due");

    let recovery = store.take(at.0, "k", 10_000, 20).await.unwrap().unwrap();
    assert_eq!(recovery.attempt.state, StampState::Unknown);
    assert!(recovery.fence > first);
    assert_eq!(recovery.attempt.recoveries, 1, "a PAC that was away before is no recovery");
    assert!(store.take(at.0, "k", 10_000, 20).await.unwrap().is_none(), "one recovery at a time");
    let late = store.settle(at.0, "k", first, stamped(at, "U")).await;
    assert!(matches!(late, Err(StoreError::Fenced { .. })));
    let not_found = || Outcome::NotFound { settle_ms: 1_000 };
    assert_eq!(store.settle(at.0, "k", recovery.fence, not_found()).await.unwrap(), StampState::Unknown);
    assert!(
        store.take(at.0, "k", 10_000, 20).await.unwrap().is_none(),
        "the second question waits for the settle time"
    );
    wait(1_010).await;
    let again = store.take(at.0, "k", 10_000, 20).await.unwrap().unwrap();
    assert_eq!(store.settle(at.0, "k", again.fence, not_found()).await.unwrap(), StampState::Absent);
    let resent = store.take(at.0, "k", 10_000, 0).await.unwrap().unwrap();
    assert_eq!(resent.attempt.state, StampState::Claimed);
    assert_eq!(resent.attempt.xml.as_deref(), Some(&b"k"[..]), "the identical bytes");
}

pub(crate) async fn of_two_workers_only_one_moves_an_attempt(store: &dyn RelayStore) {
    let at = company(store, 33).await;
    claimed_folio(store, at, 1).await;
    store.receive(at.0, attempt("k", 1, 1)).await.unwrap();
    let slow = store.take(at.0, "k", 1_000, 0).await.unwrap().unwrap();
    assert!(store.take(at.0, "k", 1_000, 0).await.unwrap().is_none());
    wait(1_010).await;
    let late = store.sent(at.0, "k", slow.fence, 1_000, 0).await;
    assert!(matches!(late, Err(StoreError::Fenced { .. })), "no byte leaves after the lease");
    store.sweep(at.0).await.unwrap();
    let quick = store.take(at.0, "k", 10_000, 0).await.unwrap().unwrap();
    assert!(quick.fence > slow.fence);
    assert!(store.sent(at.0, "k", slow.fence, 1_000, 0).await.is_err());
    assert!(store.release_claim(at.0, "k", slow.fence, 0).await.is_err());
    store.release_claim(at.0, "k", quick.fence, 0).await.unwrap();
    assert_eq!(state(store, at, "k").await, StampState::Received);
    assert!(store.sent(at.0, "k", quick.fence, 1_000, 0).await.is_err());
}

pub(crate) async fn one_timbre_per_invoice_and_one_invoice_per_uuid(store: &dyn RelayStore) {
    let at = company(store, 34).await;
    for invoice in [1, 2] {
        claimed_folio(store, at, invoice).await;
    }
    store.receive(at.0, attempt("k1", 1, 1)).await.unwrap();
    let busy = store.receive(at.0, attempt("k1b", 1, 1)).await;
    assert!(matches!(busy, Err(StoreError::Refused("stamp.invoice_busy"))));
    let other_folio = store.receive(at.0, attempt("k2", 2, 1)).await;
    assert!(matches!(other_folio, Err(StoreError::Refused("stamp.folio_not_claimed"))));
    let other_invoice = store.receive(at.0, attempt("k1", 2, 2)).await;
    assert!(matches!(other_invoice, Err(StoreError::Refused("stamp.key_of_another_invoice"))));

    let fence = sent(store, at, "k1", 10_000).await;
    store.settle(at.0, "k1", fence, stamped(at, "abc-DEF")).await.unwrap();
    assert!(store.receive(at.0, attempt("k1c", 1, 1)).await.is_err(), "stamped is for ever");

    store.receive(at.0, attempt("k2", 2, 2)).await.unwrap();
    let fence = sent(store, at, "k2", 10_000).await;
    let seen = store.settle(at.0, "k2", fence, stamped(at, "ABC-def")).await;
    assert!(matches!(seen, Err(StoreError::Refused("stamp.uuid_seen"))));
    assert_eq!(state(store, at, "k2").await, StampState::Sent, "nothing of it stays");
    let human = Outcome::Human { code: "x".into(), receipt: receipted(at.1, "h") };
    store.settle(at.0, "k2", fence, human).await.unwrap();
    let found = Some((timbre("U-2"), receipted(at.1, "U-2")));
    assert_eq!(store.resolve(at.0, "k2", found).await.unwrap(), StampState::Stamped);
    assert!(store.resolve(at.0, "k2", None).await.is_err());
}

pub(crate) async fn withdrawn_is_the_one_way_to_new_bytes(store: &dyn RelayStore) {
    let at = company(store, 35).await;
    claimed_folio(store, at, 1).await;
    store.receive(at.0, attempt("k1", 1, 1)).await.unwrap();
    store.refuse(at.0, "k1", "cfdi.40119", "total", receipted(at.1, "no")).await.unwrap();
    assert!(store.receive(at.0, attempt("k2", 1, 1)).await.is_err());
    store.withdraw(at.0, "k1", receipted(at.1, "w")).await.unwrap();
    store.receive(at.0, attempt("k2", 1, 1)).await.unwrap();
    let again = store.receive(at.0, attempt("k1", 1, 1)).await.unwrap();
    assert_eq!(again, ReceiveOutcome::Known(StampState::Withdrawn), "an old key is kept for ever");

    let fence = sent(store, at, "k2", 10_000).await;
    let no = Outcome::Rejected { code: "401".into(), detail: "window".into(), receipt: receipted(at.1, "r") };
    assert_eq!(store.settle(at.0, "k2", fence, no).await.unwrap(), StampState::Rejected);
    store.withdraw(at.0, "k2", receipted(at.1, "w")).await.unwrap();
    // An attempt was sent, so the folio serves nobody else.
    let discard = Claim::DiscardFolio { serie: "A".into(), invoice: item(1) };
    ask(store, at, 1, 50, discard).await.unwrap();
    assert_eq!(store.folios(at.0, "A").await.unwrap()[0].state, crate::FolioState::Inutilizado);
    let next = Claim::Folio { serie: "A".into(), invoice: item(7) };
    ask(store, at, 1, 51, next).await.unwrap();
    assert_eq!(store.folios(at.0, "A").await.unwrap()[1].number, 2);
    let states: Vec<_> = store.attempts_of(at.0, item(1)).await.unwrap().into_iter().map(|row| row.state).collect();
    assert_eq!(states, [StampState::Withdrawn, StampState::Withdrawn]);
}

pub(crate) async fn an_attempt_of_an_earlier_log_enters_as_unknown(store: &dyn RelayStore) {
    let at = company(store, 36).await;
    let earlier = |key, invoice| NewAttempt { of_earlier_log: true, ..attempt(key, invoice, 7) };
    assert_eq!(store.receive(at.0, earlier("k1", 1)).await.unwrap(), ReceiveOutcome::New);
    assert_eq!(state(store, at, "k1").await, StampState::Unknown, "what was sent then is not known");
    let folios = store.folios(at.0, "A").await.unwrap();
    assert_eq!((folios.len(), folios[0].number, folios[0].invoice), (1, 7, Some(item(1))));
    let taken = store.receive(at.0, earlier("k2", 2)).await;
    assert!(matches!(taken, Err(StoreError::Refused("stamp.folio_taken"))));

    let recovery = store.take(at.0, "k1", 10_000, 0).await.unwrap().unwrap();
    let human = Outcome::Human { code: "x".into(), receipt: receipted(at.1, "h") };
    assert_eq!(store.settle(at.0, "k1", recovery.fence, human).await.unwrap(), StampState::Human);
    assert_eq!(store.resolve(at.0, "k1", None).await.unwrap(), StampState::Absent);
    claimed_folio(store, at, 3).await;
    assert_eq!(store.folios(at.0, "A").await.unwrap()[1].number, 8, "the next folio is above all that are known");
}
