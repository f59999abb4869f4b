//! The ordinary ways of an invoice.

use zuc_protocol::{
    ids::ItemId,
    receipt::{Claim, IntentKind, StampState},
    stamping::StampCommand,
};
use zuc_relay::{
    pac::Recovery,
    sandbox::{Fault, Profile},
};

use crate::world::{Founder, PacProcess, RelayProcess, Temper, sealed_xml};

async fn world(temper: Temper, profile: Profile) -> (PacProcess, RelayProcess, Founder, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let pac = PacProcess::start(profile).await;
    let relay = RelayProcess::start(folder.path(), &pac, temper);
    let founder = Founder::found(&relay).await;
    (pac, relay, founder, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_stamped_and_its_receipt_reaches_the_fiscal_scope() {
    let (pac, relay, founder, folder) = world(Temper::default(), Profile::default()).await;
    let job = founder.job(&relay, 1).await;
    let view = founder.stamp_to(&relay, &job, StampState::Stamped).await;
    let again = founder.stamp(&relay, &job).await.unwrap();
    assert_eq!((again.uuid, again.receipt), (view.uuid.clone(), view.receipt.clone()));
    assert_eq!(pac.timbres_of(1).await, 1);

    let row = &pac.pac.timbres().await.unwrap()[0];
    assert_eq!(view.xml.unwrap().as_slice(), row.xml.as_bytes());
    assert_eq!((view.uuid.as_ref(), &row.reference), (Some(&row.uuid), &job.stamp_key));
    view.receipt.unwrap().verify(founder.company, founder.log.relay_key().unwrap()).unwrap();
    let facts = founder.fiscal_facts(&relay).await;
    let kinds: Vec<_> = facts.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["receipt.folio", "receipt.stamp"]);
    let body: serde_json::Value = serde_json::from_str(&facts[1].1).unwrap();
    assert_eq!(body["xml"].as_str().unwrap(), row.xml);

    // What lies on the relay's disk names nobody.
    for file in std::fs::read_dir(folder.path().join("companies")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for canary in ["EKU9003173C9", "Canario", "URE180429TM6", "cfdi:Comprobante"] {
            assert!(!bytes.windows(canary.len()).any(|window| window == canary.as_bytes()), "{canary} lies in clear");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_checks_refuse_before_anything_is_sent() {
    let (pac, relay, founder, _folder) = world(Temper::default(), Profile::default()).await;
    // Dated four days ago: no PAC may stamp it any more.
    let year = |json: String| {
        let at = json.find("\"Fecha\": \"").unwrap() + 10;
        format!("{}2026-01-20{}", &json[..at], &json[at + 10..])
    };
    let old = founder.job_of(&relay, 1, year).await;
    let view = founder.stamp_to(&relay, &old, StampState::Refused).await;
    assert_eq!(view.code.as_deref(), Some("cfdi.401"));
    assert!(pac.pac.timbres().await.unwrap().is_empty());

    // New bytes under the same folio need the old ones withdrawn: the one way to a new Fecha.
    let mut fresh = old.clone();
    fresh.xml = sealed_xml(1, |json| json).into_bytes().into();
    let document = zuc_cfdi::xml::read(fresh.xml.as_slice()).unwrap();
    let cadena = zuc_cfdi::cadena::cadena_original(&document).unwrap();
    fresh.stamp_key = zuc_protocol::stamp_key::stamp_key(founder.company, &document.emisor.rfc, &cadena);
    assert_eq!(founder.stamp(&relay, &fresh).await.unwrap_err(), "stamp.invoice_busy");
    founder.command(&relay, StampCommand::Withdraw { stamp_key: old.stamp_key.clone() }).await.unwrap();
    founder.stamp_to(&relay, &fresh, StampState::Stamped).await;
    assert_eq!(pac.timbres_of(1).await, 1);
    let kinds: Vec<_> = founder.fiscal_facts(&relay).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["receipt.folio", "receipt.stamp_failed", "receipt.stamp_failed", "receipt.stamp"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_must_be_the_document_it_says() {
    let (pac, relay, founder, _folder) = world(Temper::default(), Profile::default()).await;
    let job = founder.job(&relay, 1).await;
    let other = founder.job(&relay, 2).await;
    let mut wrong_key = job.clone();
    wrong_key.stamp_key = other.stamp_key.clone();
    assert_eq!(founder.stamp(&relay, &wrong_key).await.unwrap_err(), "stamp.key_mismatch");
    let mut wrong_folio = other.clone();
    wrong_folio.xml = job.xml.clone();
    wrong_folio.stamp_key = job.stamp_key.clone();
    assert_eq!(founder.stamp(&relay, &wrong_folio).await.unwrap_err(), "stamp.folio_mismatch");
    let mut wrong_receipt = job.clone();
    wrong_receipt.folio_receipt = other.folio_receipt.clone();
    assert_eq!(founder.stamp(&relay, &wrong_receipt).await.unwrap_err(), "stamp.folio_not_claimed");
    let mut forged = job.clone();
    forged.folio_receipt.signature.0[0] ^= 1;
    assert_eq!(founder.stamp(&relay, &forged).await.unwrap_err(), "sync.not_the_relay");
    let mut noise = job;
    noise.xml = b"<a/>".to_vec().into();
    assert_eq!(founder.stamp(&relay, &noise).await.unwrap_err(), "stamp.xml_unreadable");
    assert!(pac.pac.timbres().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sat_says_no_and_the_folio_serves_nobody_else() {
    let profile = Profile { unlisted_issuers: vec!["EKU9003173C9".into()], ..Profile::default() };
    let (pac, relay, founder, _folder) = world(Temper::default(), profile).await;
    let job = founder.job(&relay, 1).await;
    let view = founder.stamp_to(&relay, &job, StampState::Rejected).await;
    assert_eq!(view.code.as_deref(), Some("402"));
    let discard = Claim::DiscardFolio { serie: "A".into(), invoice: job.invoice };
    founder.claim(&relay, zuc_protocol::ids::RequestId([90; 16]), discard).await;
    assert_eq!(founder.job(&relay, 2).await.folio, 2);
    assert!(pac.pac.timbres().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_issue_and_void_the_first_stands() {
    let (pac, relay, founder, _folder) = world(Temper::default(), Profile::default()).await;
    let (first, second) = (founder.job(&relay, 1).await, founder.job(&relay, 2).await);
    let void = |invoice: ItemId, folio| StampCommand::Void { invoice, serie: "A".into(), folio };
    let view = founder.command(&relay, void(first.invoice, 1)).await.unwrap();
    assert_eq!(view.intent, Some(IntentKind::Void));
    assert_eq!(founder.stamp(&relay, &first).await.unwrap_err(), "stamp.intent_void");
    founder.stamp_to(&relay, &second, StampState::Stamped).await;
    let view = founder.command(&relay, void(second.invoice, 2)).await.unwrap();
    assert_eq!((view.intent, view.state), (Some(IntentKind::Issue), Some(StampState::Stamped)));
    assert_eq!((pac.timbres_of(1).await, pac.timbres_of(2).await), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pac_that_is_down_leaves_no_doubt_behind() {
    let (pac, relay, founder, _folder) = world(Temper { wait_ms: 100, ..Temper::default() }, Profile::default()).await;
    pac.fail(Fault::Down, 0, 0);
    let job = founder.job(&relay, 1).await;
    let view = founder.stamp(&relay, &job).await.unwrap();
    assert!(matches!(view.state, Some(StampState::Received | StampState::Claimed)), "{view:?}");
    pac.fail(Fault::None, 0, 0);
    founder.until(&relay, &job, StampState::Stamped).await;
    assert_eq!(pac.timbres_of(1).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pac_that_can_recover_nothing_leaves_it_to_a_person() {
    let temper = Temper { recovery: Recovery::Person, ..Temper::default() };
    let profile = Profile { dedupes_bytes: false, dedupes_reference: false, ..Profile::default() };
    let (pac, relay, founder, _folder) = world(temper, profile).await;
    pac.fail(Fault::DropAfterCommit, 1, 0);
    let job = founder.job(&relay, 1).await;
    founder.stamp(&relay, &job).await.unwrap();
    founder.until(&relay, &job, StampState::Human).await;
    let found = pac.pac.timbres().await.unwrap()[0].xml.clone().into_bytes();
    let stranger = founder.job(&relay, 2).await.xml.as_slice().to_vec();
    let session = relay.session(&founder).await;
    let (service, key) = (relay.relay.clone(), job.stamp_key.clone());
    let view = relay
        .run(async move {
            let stamping = service.stamping().unwrap();
            let wrong = stamping.resolve(&session, &key, Some(stranger)).await.unwrap_err();
            assert_eq!(wrong.code(), "cfdi.stamp.not_stamped");
            stamping.resolve(&session, &key, Some(found)).await.unwrap()
        })
        .await
        .unwrap();
    assert_eq!(view.state, Some(StampState::Stamped));
    assert_eq!(pac.timbres_of(1).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn twice_not_found_is_absent_and_then_the_same_bytes_go_again() {
    let temper = Temper { recovery: Recovery::LookUp, settle_ms: 150, ..Temper::default() };
    let profile =
        Profile { looks_up_references: true, dedupes_bytes: false, dedupes_reference: false, ..Profile::default() };
    let (pac, relay, founder, _folder) = world(temper, profile).await;
    pac.fail(Fault::DropBeforeCommit, 1, 0);
    let lost = founder.job(&relay, 1).await;
    founder.stamp(&relay, &lost).await.unwrap();
    founder.until(&relay, &lost, StampState::Stamped).await;
    pac.fail(Fault::DropAfterCommit, 1, 0);
    let heard = founder.job(&relay, 2).await;
    founder.stamp(&relay, &heard).await.unwrap();
    founder.until(&relay, &heard, StampState::Stamped).await;
    assert_eq!((pac.timbres_of(1).await, pac.timbres_of(2).await), (1, 1));
}
