//! Who may write what: what does not count stays in history, and everybody decides alike.

use jiff::civil::date;
use zuc_domain::lead::{Criteria, Disposition, DisqualifyReason, Lead, LeadState, NewLead};
use zuc_domain::shared::{DomainEvent, LeadId, PersonId, Scope};
use zuc_protocol::ids::ItemId;
use zuc_protocol::item::{DocKind, Item};
use zuc_protocol::{Rights, Role, Scope as WireScope};
use zuc_sync::{Advance, OutboxItem, StoredBatch};

use super::{call, capture};
use crate::testing::{SALES, WIRE, at, deliver, deliver_all, deliver_by, device, lead, pass, v7, writer};
use crate::{Fate, Finding, Session, Store};

const EVERYTHING: Criteria = Criteria { budget: true, authority: true, need: true, timeline: true };
const LUIS: PersonId = PersonId(uuid::Uuid::from_u128(78));

async fn qualify(store: &Store, id: LeadId, session: Session) {
    let mut tx = store.begin(session).await.unwrap();
    let mut lead = tx.repository::<Lead>().load(id).await.unwrap().unwrap();
    let event = lead.qualify(EVERYTHING, None, None, &tx.act()).unwrap();
    lead.apply(&event);
    tx.repository().record(&lead, &event).await.unwrap();
    tx.commit().await.unwrap();
}

async fn log_call(store: &Store, id: LeadId, number: u128) {
    let mut tx = store.begin(at(10)).await.unwrap();
    let mut lead = tx.repository::<Lead>().load(id).await.unwrap().unwrap();
    let call = call(number, &lead, "habló");
    let events = lead.log_contact(&call, &tx.act()).unwrap();
    for event in &events {
        lead.apply(event);
    }
    let events: Vec<&dyn DomainEvent> = events.iter().map(|event| event as &dyn DomainEvent).collect();
    tx.record_fact(&call, &[]).await.unwrap();
    tx.repository().record_all(&lead, &events).await.unwrap();
    tx.commit().await.unwrap();
}

async fn rest(store: &Store, id: LeadId) {
    let mut tx = store.begin(at(40)).await.unwrap();
    let mut lead = tx.repository::<Lead>().load(id).await.unwrap().unwrap();
    let until = Some(date(2026, 12, 1));
    let event = lead.disqualify(Disposition::Nurture, DisqualifyReason::Timing, None, until, &tx.act()).unwrap();
    lead.apply(&event);
    tx.repository().record(&lead, &event).await.unwrap();
    tx.commit().await.unwrap();
}

async fn state(store: &Store, id: LeadId) -> LeadState {
    let read = store.read::<Lead>(id).await.unwrap().unwrap().state();
    let row = store.lead_row(id).await.unwrap().unwrap();
    assert_eq!(row.state, read.name(), "the row says what the document does");
    assert_eq!(store.rebuild(false).await.unwrap(), [], "and what a projection makes of it");
    read
}

async fn waiting(store: &Store) -> Vec<OutboxItem> {
    store.outbox_ready(WIRE, 100).await.unwrap()
}

async fn sales(store: &Store) -> crate::ScopeDigest {
    store.digests().await.unwrap().into_iter().find(|digest| digest.scope == SALES).unwrap()
}

fn told(findings: &[Finding]) -> Vec<(Fate, &str, &str)> {
    findings.iter().map(|finding| (finding.fate, finding.code.as_str(), finding.kind.as_str())).collect()
}

fn finance() -> Rights {
    Rights::new([Role::Finanzas], [])
}

/// A lead that Ana works on, at her laptop and at the others'.
async fn worked(others: &[&Store]) -> (Store, LeadId) {
    let ana = device(1).await;
    let id = capture(&ana, 1, "Íñigo", "Ferretería").await.id;
    log_call(&ana, id, 2).await;
    for (number, other) in (0..).zip(others) {
        pass(&ana, other, &mut (100 * number)).await;
        assert_eq!(state(other, id).await, LeadState::Working);
    }
    (ana, id)
}

#[tokio::test]
async fn a_step_that_the_roles_did_not_allow_is_merged_and_counts_in_no_order_and_on_no_laptop() {
    let (carla, luis, beto) = (device(3).await, device(4).await, device(5).await);
    let (ana, id) = worked(&[&carla, &luis, &beto]).await;
    let before = waiting(&ana).await.len();
    qualify(&carla, id, at(30)).await;
    rest(&ana, id).await;
    let (hers, anas) = (waiting(&carla).await, waiting(&ana).await.split_off(before));
    let author = writer(&carla, finance());

    let received = deliver_by(&author, &luis, WIRE, 501, hers.clone()).await;
    assert_eq!((received.refused, received.ignored), (None, vec!["author.not_allowed"]));
    assert_eq!(state(&luis, id).await, LeadState::Working, "qualifying is not for finance");
    deliver_all(&ana, &luis, WIRE, 502, anas.clone()).await;
    deliver_all(&ana, &beto, WIRE, 501, anas).await;
    deliver_by(&author, &beto, WIRE, 502, hers.clone()).await;
    for store in [&luis, &beto] {
        assert_eq!(
            state(store, id).await,
            LeadState::Nurturing,
            "what outranks it, had it been allowed, is what counts"
        );
        let findings = store.findings().await.unwrap();
        assert_eq!(told(&findings), [(Fate::Ignored, "author.not_allowed", "lead")]);
        let found = &findings[0];
        assert_eq!((found.record, found.scope, found.person), (Some(id.0), SALES, Some(at(0).person)));
        assert_eq!(found.device, carla.identity().map(|identity| identity.device));
        assert!(found.at.is_some());
        let qualified = store.events_of(id, 100).await.unwrap();
        assert!(!qualified.iter().any(|stored| stored.event.event_type == "Lead.Qualified"), "it did not happen");
    }
    assert_eq!(sales(&luis).await, sales(&beto).await);
    // the same by somebody who might counts, and what is read again changes nothing
    deliver_by(&author, &luis, WIRE, 503, hers).await;
    assert_eq!(sales(&luis).await, sales(&beto).await);
}

#[tokio::test]
async fn who_wrote_it_judges_it_as_the_others_do_once_the_relay_has_it() {
    for comes_back in [false, true] {
        let (carla, luis) = (device(3).await, device(4).await);
        let (_, id) = worked(&[&carla, &luis]).await;
        qualify(&carla, id, at(30)).await;
        assert_eq!(state(&carla, id).await, LeadState::Qualified, "for the time being");
        let items = waiting(&carla).await;
        let author = writer(&carla, finance());
        deliver_by(&author, &luis, WIRE, 501, items.clone()).await;
        if comes_back {
            // from the log, where the acknowledgement was lost
            deliver_by(&author, &carla, WIRE, 501, items).await;
            // and what is sent once more for it is not judged by what the roles are then
            let judged: i64 =
                sqlx::query_scalar("SELECT min(judged) FROM outbox").fetch_one(carla.reader()).await.unwrap();
            assert_eq!(judged, 1);
        } else {
            let bytes = vec![9; 40];
            let hash = zuc_protocol::envelope::batch_hash(&bytes);
            let outbox: Vec<i64> = items.iter().map(|item| item.id).collect();
            let batch = StoredBatch { scope: WIRE, number: 1, hash, bytes, outbox: outbox.clone(), bag_rows: vec![] };
            carla.keep_sealed(&batch).await.unwrap();
            let advance = Advance { seq: 501, chain: zuc_protocol::ids::ChainHash([1; 32]), author: None };
            let judged = Some((&author, at(50).at));
            let touched = carla.acked(WIRE, 1, hash, 501, &outbox, Some(advance), judged).await.unwrap();
            assert_eq!(touched, [(DocKind::LEAD, ItemId::from_uuid(id.0))]);
            assert_eq!(carla.unsent().await.unwrap(), 0);
        }
        assert_eq!(state(&carla, id).await, LeadState::Working);
        assert_eq!(told(&carla.findings().await.unwrap()), told(&luis.findings().await.unwrap()));
        assert_eq!(sales(&carla).await, sales(&luis).await);
    }
}

#[tokio::test]
async fn a_step_in_anothers_name_counts_for_nobody_and_its_event_did_not_happen() {
    let (mallory, luis) = (device(3).await, device(4).await);
    let (_, id) = worked(&[&mallory, &luis]).await;
    qualify(&mallory, id, Session { person: LUIS, ..at(30) }).await;
    let everything = writer(&mallory, Rights::new(Role::ALL, [1]));
    let received = deliver_by(&everything, &luis, WIRE, 501, waiting(&mallory).await).await;
    assert_eq!(received.ignored, ["author.forged"]);
    assert_eq!(state(&luis, id).await, LeadState::Working);

    // an event in another's name beside a change that counts
    let mut tx = mallory.begin(Session { person: LUIS, ..at(31) }).await.unwrap();
    let (lead, event) = lead(7, "Ana", "Una", &tx.act());
    tx.repository().record(&lead, &event).await.unwrap();
    tx.commit().await.unwrap();
    let item = waiting(&mallory).await.pop().unwrap();
    deliver_by(&everything, &luis, WIRE, 502, vec![item]).await;
    assert!(luis.read::<Lead>(lead.id).await.unwrap().is_some());
    assert_eq!(luis.events_of(lead.id, 9).await.unwrap().len(), 0);
    let findings = luis.findings().await.unwrap();
    assert_eq!(
        told(&findings),
        [(Fate::Ignored, "author.forged", "lead"), (Fate::PassedOver, "author.forged", "event")]
    );
}

#[tokio::test]
async fn a_call_in_anothers_name_or_under_anothers_number_is_passed_over() {
    let (mallory, luis) = (device(3).await, device(4).await);
    let (_, id) = worked(&[&mallory, &luis]).await;
    let before = luis.activities(id, 9).await.unwrap();
    log_call(&mallory, id, 5).await;
    let call = waiting(&mallory).await.into_iter().find(|item| matches!(item.item, Item::Fact(_))).unwrap();
    let forged = |what: &dyn Fn(&mut zuc_protocol::item::Fact)| {
        let mut call = call.clone();
        let Item::Fact(fact) = &mut call.item else { panic!("a fact") };
        what(fact);
        call
    };
    let me = at(0).person.0.to_string();
    let by_luis = forged(&|fact| fact.body = fact.body.replace(&me, &LUIS.0.to_string()));
    let elsewhere = forged(&|fact| fact.id = ItemId::from_uuid(v7(99)));
    let of_another = forged(&|fact| fact.subject = ItemId::from_uuid(v7(98)));
    let everything = writer(&mallory, Rights::new(Role::ALL, [1]));
    for (seq, item) in (501..).zip([by_luis, elsewhere, of_another]) {
        let received = deliver_by(&everything, &luis, WIRE, seq, vec![item]).await;
        assert_eq!(received.refused.as_deref(), Some("author.forged"));
    }
    assert_eq!(luis.activities(id, 9).await.unwrap(), before);
    assert_eq!(deliver_by(&everything, &luis, WIRE, 510, vec![call]).await.refused, None);
    assert_eq!(luis.activities(id, 9).await.unwrap().len(), before.len() + 1);
}

#[tokio::test]
async fn what_is_another_roles_to_write_is_passed_over_and_the_rest_of_the_entry_counts() {
    let (mallory, luis) = (device(3).await, device(4).await);
    capture(&mallory, 1, "Ana", "Una").await;
    let lead = waiting(&mallory).await.pop().unwrap();
    let mut contract = lead.clone();
    let Item::Change(change) = &mut contract.item else { panic!("a change") };
    (change.kind, change.doc) = (DocKind::CONTRACT, ItemId::from_uuid(v7(10)));
    let seller = writer(&mallory, Rights::new([Role::Ventas], [1]));
    let received = deliver_by(&seller, &luis, WIRE, 50, vec![contract, lead.clone()]).await;
    assert_eq!(received.refused.as_deref(), Some("sync.others_kind"));
    assert_eq!(received.touched, [(DocKind::LEAD, ItemId::from_uuid(v7(1)))]);
    let findings = luis.findings().await.unwrap();
    assert_eq!(
        told(&findings),
        [(Fate::PassedOver, "sync.others_kind", "contract"), (Fate::SetAside, "sync.others_kind", "")]
    );
    // a seller of another team does not write here at all, whatever else the roles reach
    let elsewhere = writer(&mallory, Rights::new([Role::Ventas, Role::Administracion], [2]));
    let ana = device(1).await;
    assert!(deliver_by(&elsewhere, &ana, WIRE, 50, vec![lead]).await.touched.is_empty());
}

#[tokio::test]
async fn a_step_that_stands_is_written_over_by_nobody() {
    let (mallory, luis) = (device(3).await, device(4).await);
    let (_, id) = worked(&[&mallory, &luis]).await;
    let stored: (Vec<u8>, Vec<u8>) =
        sqlx::query_as("SELECT snapshot, tail FROM doc").fetch_one(mallory.reader()).await.unwrap();
    let actor = mallory.identity().unwrap().actor.0;
    let mut document =
        crate::doc::Document::load(<Lead as crate::Aggregate>::SHAPE.kind, &stored.0, &stored.1, &actor).unwrap();
    let mut content = document.content().unwrap();
    let (key, _) = content.maps[crate::doc::TRANSITIONS].first_key_value().unwrap();
    let key = key.clone();
    content.map(crate::doc::TRANSITIONS).insert(key, crate::doc::Scalar::Text("{}".into()));
    let written = document.write(&content, 7).unwrap().unwrap();
    qualify(&mallory, id, at(30)).await;
    let mut item = waiting(&mallory).await.pop().unwrap();
    let Item::Change(change) = &mut item.item else { panic!("a change") };
    (change.chunk, change.events) = (written.changes.concat(), Vec::new());
    let before = sales(&luis).await;
    let received = deliver(&mallory, &luis, WIRE, 700, item).await;
    assert_eq!(received.refused.as_deref(), Some("store.change_refused"));
    assert_eq!(sales(&luis).await, before);
}

async fn second(store: &Store, name: &str, scope: Scope) -> OutboxItem {
    let mut tx = store.begin(at(3)).await.unwrap();
    let new = NewLead { full_name: Some(name.into()), ..NewLead::new(LeadId(v7(1)), scope, "expo", date(2026, 9, 21)) };
    let event = Lead::create(new, &tx.act()).unwrap();
    tx.repository().record(&Lead::from_created(&event).unwrap(), &event).await.unwrap();
    tx.commit().await.unwrap();
    store.outbox_ready(crate::wire_scope(scope), 9).await.unwrap().pop().unwrap()
}

#[tokio::test]
async fn of_two_records_with_one_id_the_one_of_the_first_scope_is_shown_whichever_came_first() {
    let (ana, mallory) = (device(1).await, device(3).await);
    let (one, two) = (second(&ana, "Ana", SALES).await, second(&mallory, "Mallory", Scope::Sales(2)).await);
    let other = WireScope::Sales(2);
    let (luis, beto) = (device(4).await, device(5).await);
    deliver(&ana, &luis, WIRE, 1, one.clone()).await;
    deliver(&mallory, &luis, other, 1, two.clone()).await;
    deliver(&mallory, &beto, other, 1, two).await;
    deliver(&ana, &beto, WIRE, 1, one).await;
    for store in [&luis, &beto] {
        let lead = store.read::<Lead>(LeadId(v7(1))).await.unwrap().unwrap();
        assert_eq!((lead.scope, lead.full_name.as_deref()), (SALES, Some("Ana")));
        let row = store.lead_row(lead.id).await.unwrap().unwrap();
        assert_eq!(row.full_name, "Ana");
        assert_eq!(told(&store.findings().await.unwrap()), [(Fate::Hidden, "store.second_home", "lead")]);
        assert_eq!(store.rebuild(false).await.unwrap(), []);
    }
    assert_eq!(luis.digests().await.unwrap(), beto.digests().await.unwrap());
    // who may not read the first scope any more is shown the other
    luis.purge_scope(SALES, None, at(0).at).await.unwrap();
    assert_eq!(luis.lead_row(LeadId(v7(1))).await.unwrap().unwrap().full_name, "Mallory");
    assert_eq!((luis.rebuild(false).await.unwrap(), luis.findings().await.unwrap()), (vec![], vec![]));
}
