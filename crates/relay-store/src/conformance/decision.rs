//! Folios, claims, leases.

use zuc_protocol::{
    ids::{BatchHash, BlindToken},
    receipt::{Claim, ClaimRequest, Seen, SignedReceipt},
};

use super::{batch, company, device, item, request, sign};
use crate::{CompanyId, ControlHash, FolioState, RelayStore, Scope, StoreError};

pub(crate) async fn ask(
    store: &dyn RelayStore,
    at: (CompanyId, ControlHash),
    who: u8,
    id: u8,
    claim: Claim,
) -> Result<SignedReceipt, StoreError> {
    store.decide(at.0, device(who), ClaimRequest { id: request(id), claim }, true, sign(at.1)).await
}

fn says(receipt: &SignedReceipt, text: &str) -> bool {
    String::from_utf8_lossy(receipt.header.as_slice()).contains(text)
}

fn folio(invoice: u8) -> Claim {
    Claim::Folio { serie: "A".into(), invoice: item(invoice) }
}

pub(crate) async fn folios_are_dense_and_one_per_invoice(store: &dyn RelayStore) {
    let at = company(store, 20).await;
    for invoice in 1..=3 {
        let receipt = ask(store, at, 1, invoice, folio(invoice)).await.unwrap();
        assert!(says(&receipt, &format!("folio: {invoice},")));
    }
    assert!(says(&ask(store, at, 1, 10, folio(2)).await.unwrap(), "folio: 2,"), "an invoice keeps its folio");
    let other = Claim::Folio { serie: "B".into(), invoice: item(2) };
    assert!(matches!(ask(store, at, 1, 11, other).await, Err(StoreError::Refused("folio.other_serie"))));

    let discard = |invoice| Claim::DiscardFolio { serie: "A".into(), invoice: item(invoice) };
    ask(store, at, 1, 12, discard(2)).await.unwrap();
    assert!(matches!(ask(store, at, 1, 13, discard(2)).await, Err(StoreError::NotFound(_))));
    assert!(says(&ask(store, at, 1, 14, folio(9)).await.unwrap(), "folio: 2,"), "a free folio serves the next claim");
    assert!(says(&ask(store, at, 1, 15, folio(8)).await.unwrap(), "folio: 4,"));

    let folios = store.folios(at.0, "A").await.unwrap();
    assert_eq!(folios.iter().map(|folio| folio.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(folios.iter().all(|folio| folio.state == FolioState::Reserved));
    // Each new claim and the discard left one fact; the repeated claim left none.
    assert_eq!(store.head(at.0, Scope::Fiscal).await.unwrap().seq, 6);
}

pub(crate) async fn a_request_is_decided_once(store: &dyn RelayStore) {
    let at = company(store, 21).await;
    let first = ask(store, at, 1, 1, folio(1)).await.unwrap();
    assert_eq!(ask(store, at, 1, 1, folio(1)).await.unwrap(), first);
    let reused = [ask(store, at, 1, 1, folio(2)).await, ask(store, at, 2, 1, folio(1)).await];
    for reused in reused {
        assert!(matches!(reused, Err(StoreError::Refused("relay.request_reused"))));
    }
    assert_eq!(store.head(at.0, Scope::Fiscal).await.unwrap().seq, 1);
}

pub(crate) async fn the_first_claim_wins(store: &dyn RelayStore) {
    let at = company(store, 22).await;
    let token = BlindToken([1; 32]);
    let rfc = |account| Claim::Rfc { token, account: item(account) };
    assert!(says(&ask(store, at, 1, 1, rfc(1)).await.unwrap(), "granted: true"));
    assert!(says(&ask(store, at, 2, 2, rfc(2)).await.unwrap(), "granted: false"));
    let blind = ClaimRequest { id: request(3), claim: rfc(2) };
    let blind = store.decide(at.0, device(2), blind, false, sign(at.1)).await.unwrap();
    assert!(says(&blind, "holder: None"), "who may not know learns nobody's name");
    ask(store, at, 1, 4, Claim::ReleaseRfc { token, account: item(2) }).await.unwrap();
    assert!(says(&ask(store, at, 2, 5, rfc(2)).await.unwrap(), "granted: false"), "only its holder lets it go");
    ask(store, at, 1, 6, Claim::ReleaseRfc { token, account: item(1) }).await.unwrap();
    assert!(says(&ask(store, at, 2, 7, rfc(2)).await.unwrap(), "granted: true"));

    let lead = || Claim::Lead { lead: item(5) };
    let first = ask(store, at, 1, 8, lead()).await.unwrap();
    let second = ask(store, at, 2, 9, lead()).await.unwrap();
    assert!(says(&first, &format!("{:?}", device(1))) && says(&second, &format!("{:?}", device(1))));
}

/// A lease of the one job of these tests, for a device that has read as far as is said.
pub(crate) fn lease(for_ms: u32, scopes: &[(Scope, u64)]) -> Claim {
    let seen = Seen { control: ControlHash([0; 32]), scopes: scopes.to_vec(), fence: 0 };
    Claim::Lease { job: "saga".into(), period: "1".into(), for_ms, seen }
}

pub(crate) async fn a_lease_is_given_to_who_has_read_everything(store: &dyn RelayStore) {
    let at = company(store, 24).await;
    let scope = Scope::Sales(1);
    let behind = |answer: Result<_, StoreError>| matches!(answer, Err(StoreError::Refused("lease.behind")));
    // nothing was written yet: nobody has read less than everything, and nobody more
    assert!(behind(ask(store, at, 1, 1, lease(1_000, &[(scope, 1)])).await));
    store.append(at.0, at.1, vec![batch(scope, 1, 1, BatchHash::NONE)]).await.unwrap();
    assert!(behind(ask(store, at, 1, 2, lease(60_000, &[(scope, 0), (Scope::Finance, 0)])).await));
    let given = ask(store, at, 1, 3, lease(60_000, &[(scope, 1), (Scope::Finance, 0)])).await.unwrap();
    assert!(says(&given, "fence: 1,"));
    // one's own is not prolonged either while something is unread
    assert!(behind(ask(store, at, 1, 4, lease(60_000, &[(scope, 0)])).await));
}

pub(crate) async fn leases_are_fenced(store: &dyn RelayStore) {
    let at = company(store, 23).await;
    let lease = |for_ms| lease(for_ms, &[]);
    assert!(says(&ask(store, at, 1, 1, lease(1_000)).await.unwrap(), "fence: 1,"));
    let held = ask(store, at, 2, 2, lease(1_000)).await.unwrap();
    assert!(says(&held, &format!("{:?}", device(1))), "the other is told who holds it");
    tokio::time::sleep(std::time::Duration::from_millis(1_010)).await;
    assert!(says(&ask(store, at, 2, 3, lease(60_000)).await.unwrap(), "fence: 2,"));
    let release = |fence| Claim::ReleaseLease { job: "saga".into(), period: "1".into(), fence };
    assert!(matches!(ask(store, at, 1, 4, release(1)).await, Err(StoreError::Refused("lease.fenced"))));
    assert!(says(&ask(store, at, 2, 5, lease(60_000)).await.unwrap(), "fence: 2,"), "one's own is prolonged");
    ask(store, at, 2, 6, release(2)).await.unwrap();
    assert!(says(&ask(store, at, 1, 7, lease(60_000)).await.unwrap(), "fence: 3,"));
    // what was done under a lease that this store has lost stays below what comes
    let above = |period: &str, fence| {
        let seen = Seen { control: ControlHash([0; 32]), scopes: vec![], fence };
        Claim::Lease { job: "saga".into(), period: period.into(), for_ms: 60_000, seen }
    };
    assert!(says(&ask(store, at, 1, 8, above("1", 3)).await.unwrap(), "fence: 3,"), "one's own that runs");
    assert!(says(&ask(store, at, 1, 9, above("1", 7)).await.unwrap(), "fence: 8,"));
    assert!(says(&ask(store, at, 1, 10, above("2", 40)).await.unwrap(), "fence: 41,"));
    assert!(ask(store, at, 1, 11, above("3", u64::MAX)).await.is_ok(), "more than there is");
}
