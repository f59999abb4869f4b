//! The store's promises, told with leads.

mod alarms;
mod audit;
mod bags;
mod exchange;
mod held;
mod membership;
mod refused;
mod sales;
mod writers;

use jiff::civil::date;
use rust_decimal::Decimal;
use uuid::Uuid;
use zuc_domain::lead::opportunity::{NewOpportunity, Opportunity, OpportunityEvent, Stage};
use zuc_domain::lead::{Activity, ActivityKind, ActivitySubject, Direction, Lead, LeadField, NewLead};
use zuc_domain::shared::{Act, ActivityId, Currency, CustomerId, LeadId, Money, OpportunityId, PersonId, Scope};

use crate::aggregate::Aggregate as _;
use crate::doc::Scalar;
use crate::testing::{SALES, WIRE, at, deliver, deliver_all, device, device_at, lead, pass, v7};
use crate::{LeadFilter, LeadOrder, Store, StoreError};

async fn capture(store: &Store, id: u128, name: &str, company: &str) -> Lead {
    let mut tx = store.begin(at(0)).await.unwrap();
    let act = tx.act();
    let (lead, event) = lead(id, name, company, &act);
    tx.repository().record(&lead, &event).await.unwrap();
    tx.commit().await.unwrap();
    lead
}

async fn edit(store: &Store, id: LeadId, field: LeadField) -> Result<(), StoreError> {
    let mut tx = store.begin(at(4)).await?;
    let mut lead = tx.repository::<Lead>().load(id).await?.unwrap();
    let edit = lead.edit(field).unwrap();
    lead.apply_edit(&edit);
    tx.repository().save(&lead).await?;
    tx.commit().await
}

fn new_deal(id: u128, pesos: i64, act: &Act) -> OpportunityEvent {
    let new = NewOpportunity {
        id: OpportunityId(v7(id)),
        scope: SALES,
        customer: CustomerId(v7(9)),
        lead: None,
        name: "Todo".into(),
        amount: Money::try_new(Decimal::from(pesos), Currency::Mxn).unwrap(),
        mrr: None,
        stage: Stage::Propuesta,
        expected_close: date(2026, 12, 1),
        owner: at(0).person,
        created_at: act.at,
    };
    Opportunity::create(new, act).unwrap()
}

async fn list(store: &Store) -> Vec<crate::LeadRow> {
    store.lead_page(&LeadFilter::default(), LeadOrder::Company, false, 0, 50).await.unwrap().rows
}

#[tokio::test]
async fn a_captured_lead_is_read_back_listed_found_and_told_of() {
    let store = device(1).await;
    let lead = capture(&store, 1, "Íñigo García", "Ferretería Peñón").await;
    assert_eq!(store.read::<Lead>(lead.id).await.unwrap().as_ref(), Some(&lead));
    let rows = list(&store).await;
    assert_eq!((rows.len(), rows[0].full_name.as_str(), rows[0].unsent), (1, "Íñigo García", true));
    for text in ["inigo", "ÍÑI", "penon ferreteria", "4425534598", "garcia@ferreteria.mx"] {
        assert_eq!(store.search_leads(text, 10).await.unwrap().len(), 1, "{text}");
    }
    assert!(store.search_leads("ninguno", 10).await.unwrap().is_empty());
    let events = store.waiting_events(10).await.unwrap();
    assert_eq!(events[0].event.event_type, "Lead.Created");
    assert!(events[0].event.data["email"]["sealed"].is_string(), "identifiers in events are sealed");
    assert_eq!(store.unsent().await.unwrap(), 1);
}

#[tokio::test]
async fn nothing_of_a_dropped_transaction_stays() {
    let store = device(1).await;
    let mut tx = store.begin(at(0)).await.unwrap();
    let act = tx.act();
    let (lead, event) = lead(1, "Ana", "Una", &act);
    tx.repository().record(&lead, &event).await.unwrap();
    drop(tx);
    assert!(list(&store).await.is_empty());
    assert_eq!(store.unsent().await.unwrap(), 0);
    assert!(store.read::<Lead>(lead.id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_transaction_whose_rows_were_written_in_part_is_never_committed() {
    let store = device(1).await;
    let mut tx = store.begin(at(0)).await.unwrap();
    for _ in 0..3 {
        let act = tx.act();
        let company = Some("Una".to_owned());
        let new = NewLead { company, ..NewLead::new(LeadId(tx.fresh_id()), SALES, "Expo", at(0).today) };
        let created = Lead::create(new, &act).unwrap();
        tx.repository().record(&Lead::from_created(&created).unwrap(), &created).await.unwrap();
    }
    // the second event's place is taken
    let taken = "INSERT INTO outbox_events (n, id, type, subject, at, body) VALUES (2, x'00', '', x'', 0, '')";
    sqlx::query(taken).execute(&mut *tx.conn).await.unwrap();
    assert_eq!(tx.flush().await.unwrap_err().code(), "store.database");
    sqlx::query("DELETE FROM outbox_events WHERE id = x'00'").execute(&mut *tx.conn).await.unwrap();
    assert_eq!(tx.commit().await.unwrap_err().code(), "store.spoilt");
    assert!(list(&store).await.is_empty());
    assert_eq!(store.unsent().await.unwrap(), 0);
}

#[tokio::test]
async fn two_devices_that_edit_apart_come_to_the_same() {
    let (ana, luis) = (device(1).await, device(2).await);
    let lead = capture(&ana, 1, "Íñigo García", "Ferretería Peñón").await;
    let mut seq = 0;
    let carried = pass(&ana, &luis, &mut seq).await;
    assert_eq!(carried.refused, None);
    assert_eq!(list(&luis).await[0].email, list(&ana).await[0].email);
    assert!(!list(&luis).await[0].email.is_empty());

    for (store, field) in
        [(&ana, LeadField::City(Some("León".into()))), (&luis, LeadField::Industry(Some("Herrajes".into())))]
    {
        let mut tx = store.begin(at(9)).await.unwrap();
        let mut held: Lead = tx.repository().load(lead.id).await.unwrap().unwrap();
        let edit = held.edit(field).unwrap();
        held.apply_edit(&edit);
        tx.repository().save(&held).await.unwrap();
        tx.commit().await.unwrap();
    }
    let from_ana = ana.outbox_ready(WIRE, 100).await.unwrap();
    let edit = from_ana.last().unwrap().clone();
    let zuc_protocol::item::Item::Change(change) = &edit.item else { panic!("a change") };
    assert!(change.chunk.len() <= 130, "one field costs {} bytes", change.chunk.len());
    let from_luis = luis.outbox_ready(WIRE, 100).await.unwrap().remove(0);
    deliver(&ana, &luis, WIRE, 50, edit).await;
    deliver(&luis, &ana, WIRE, 51, from_luis).await;
    let (left, right) =
        (ana.read::<Lead>(lead.id).await.unwrap().unwrap(), luis.read::<Lead>(lead.id).await.unwrap().unwrap());
    assert_eq!(left, right);
    assert_eq!((left.city.as_deref(), left.industry.as_deref()), (Some("León"), Some("Herrajes")));
}

#[tokio::test]
async fn an_entry_of_many_leads_leaves_the_rows_that_one_after_the_other_would() {
    let (ana, luis) = (device(1).await, device(2).await);
    let mut tx = ana.begin(at(0)).await.unwrap();
    let mut leads = Vec::new();
    for number in 1..=120u128 {
        let act = tx.act();
        let (lead, event) = lead(number, &format!("Persona {number:03}"), &format!("Empresa {number:03}"), &act);
        tx.repository().record(&lead, &event).await.unwrap();
        leads.push(lead);
    }
    tx.commit().await.unwrap();
    let mut tx = ana.begin(at(1)).await.unwrap();
    leads[0].city = Some("León".to_owned());
    tx.repository().save(&leads[0]).await.unwrap();
    leads[1].merged_into = Some(leads[2].id);
    tx.repository().save(&leads[1]).await.unwrap();
    assert!(tx.repository::<Lead>().delete(leads[3].id).await.unwrap());
    tx.record_fact(&call(9, &leads[4], "habló"), &[]).await.unwrap();
    tx.commit().await.unwrap();
    let items = ana.outbox_ready(WIRE, 500).await.unwrap();
    assert_eq!(items.len(), 124);
    let received = deliver_all(&ana, &luis, WIRE, 1, items).await;
    assert_eq!((received.refused, received.touched.len()), (None, 121), "each record once, and the call");
    assert_eq!(list(&luis).await[0].city, "León");
    assert_eq!(ana.digests().await.unwrap(), luis.digests().await.unwrap());
    assert_eq!(luis.rebuild(false).await.unwrap(), []);
    assert_eq!(luis.person_keys_of(leads[5].id).await.unwrap(), ana.person_keys_of(leads[5].id).await.unwrap());
    let page = luis.lead_page(&LeadFilter::default(), LeadOrder::Company, false, 0, 50).await.unwrap();
    assert_eq!(page.total, 118);
}

#[tokio::test]
async fn an_entry_applied_twice_changes_nothing() {
    let (ana, luis) = (device(1).await, device(2).await);
    capture(&ana, 1, "Ana", "Una").await;
    let item = ana.outbox_ready(WIRE, 1).await.unwrap().remove(0);
    assert_eq!(deliver(&ana, &luis, WIRE, 1, item.clone()).await.touched.len(), 1);
    assert_eq!(deliver(&ana, &luis, WIRE, 1, item).await.touched.len(), 0);
    assert_eq!(luis.waiting_events(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_person_erased_leaves_no_byte_in_any_file_of_the_home() {
    let folder = tempfile::tempdir().unwrap();
    let plain = tempfile::tempdir().unwrap();
    let store = device_at(folder.path(), 1).await;
    let canary = "Zacarías Canario";
    let lead = capture(&store, 1, canary, "Una").await;
    capture(&store, 2, "Otra Persona", "Dos").await;
    assert_eq!(store.search_leads("canario", 5).await.unwrap().len(), 1);
    let keys = store.person_keys_of(lead.id).await.unwrap();
    assert_eq!(keys.len(), 1);
    store.erase_keys(&keys).await.unwrap();

    assert!(store.search_leads("canario", 5).await.unwrap().is_empty());
    let row = store.lead_row(lead.id).await.unwrap().unwrap();
    assert_eq!((row.full_name.as_str(), row.email.as_str(), row.company.as_str()), ("", "", "Una"));
    let erased = store.read::<Lead>(lead.id).await.unwrap().unwrap();
    assert_eq!(erased.full_name, None);
    assert_eq!(store.search_leads("otra", 5).await.unwrap().len(), 1, "the other person is still there");

    // Decrypted, page by page: neither rows nor free pages nor the search index hold the name.
    let copy = plain.path().join("plain.db");
    store.export_plain(&copy).await.unwrap();
    let bytes = std::fs::read(&copy).unwrap();
    for needle in ["Zacarías", "zacarias", "canario", "Canario"] {
        assert!(!bytes.windows(needle.len()).any(|window| window == needle.as_bytes()), "{needle}");
    }
    // A row that comes again from an older relay does not bring the key back.
    assert!(store.person_keys_of(lead.id).await.unwrap().iter().all(|key| keys.contains(key)));
    store.close().await;
}

#[tokio::test]
async fn no_canary_lies_in_clear_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = device_at(folder.path(), 1).await;
    capture(&store, 1, "Zacarías Canario", "Sociedad Cenzontle").await;
    let mut seen = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            seen += bytes.len();
            for needle in ["Canario", "canario", "Cenzontle", "cenzontle", "SQLite format 3"] {
                assert!(!bytes.windows(needle.len()).any(|window| window == needle.as_bytes()), "{needle} in {path:?}");
            }
        }
    }
    assert!(seen > 100_000, "the database and its WAL were looked at");
    store.close().await;
}

fn call(id: u128, lead: &Lead, text: &str) -> Activity {
    Activity {
        id: ActivityId(v7(id)),
        scope: SALES,
        subject: ActivitySubject::Lead(lead.id),
        kind: ActivityKind::Call,
        direction: Direction::Outbound,
        at: at(5).at,
        text: text.into(),
        by: PersonId(Uuid::from_u128(77)),
    }
}

#[tokio::test]
async fn what_nobody_would_read_where_it_is_to_lie_is_not_written() {
    let store = device(1).await;
    let told = capture(&store, 1, "Ana", "Una").await;
    let waiting = store.unsent().await.unwrap();
    let mut tx = store.begin(at(5)).await.unwrap();
    let activity = Activity { scope: Scope::Finance, ..call(9, &told, "habló") };
    assert_eq!(tx.record_fact(&activity, &[]).await.unwrap_err().code(), "store.misplaced");
    let (mut stray, event) = lead(2, "Luis", "Otra", &tx.act());
    stray.scope = Scope::Catalog;
    assert_eq!(tx.repository().record(&stray, &event).await.unwrap_err().code(), "store.misplaced");
    tx.commit().await.unwrap();
    assert_eq!((list(&store).await.len(), store.unsent().await.unwrap()), (1, waiting));
}

#[tokio::test]
async fn of_two_facts_with_one_id_the_same_one_stands_everywhere_and_the_other_is_kept() {
    let (ana, luis) = (device(1).await, device(2).await);
    let lead = capture(&ana, 1, "Ana", "Una").await;
    let mut seq = 0;
    pass(&ana, &luis, &mut seq).await;
    for (store, text) in [(&ana, "dijo que sí"), (&luis, "dijo que no")] {
        let mut tx = store.begin(at(5)).await.unwrap();
        tx.record_fact(&call(9, &lead, text), &[]).await.unwrap();
        tx.record_fact(&call(9, &lead, text), &[]).await.unwrap();
        tx.commit().await.unwrap();
    }
    let from_ana = ana.outbox_ready(WIRE, 100).await.unwrap().pop().unwrap();
    let from_luis = luis.outbox_ready(WIRE, 100).await.unwrap();
    assert_eq!(from_luis.len(), 1, "the same fact again is no fact");
    deliver(&ana, &luis, WIRE, 60, from_ana).await;
    deliver(&luis, &ana, WIRE, 61, from_luis[0].clone()).await;
    let (left, right) = (ana.activities(lead.id, 9).await.unwrap(), luis.activities(lead.id, 9).await.unwrap());
    assert_eq!((left.len(), &left), (1, &right));
    assert_eq!(ana.lost_facts().await.unwrap().len(), 1);
    assert_eq!(luis.lost_facts().await.unwrap().len(), 1);
    assert_eq!(ana.facts::<Activity>(lead.id).await.unwrap()[0].text, left[0].text);
}

#[tokio::test]
async fn filters_orders_and_totals_agree() {
    let store = device(1).await;
    for n in 0..30u128 {
        capture(&store, n + 1, &format!("Persona {n:02}"), &format!("Empresa C{:02}", 30 - n)).await;
    }
    let page = |order, descending, offset, limit| {
        let store = store.clone();
        async move { store.lead_page(&LeadFilter::default(), order, descending, offset, limit).await.unwrap() }
    };
    let by_company = page(LeadOrder::Company, false, 0, 10).await;
    assert_eq!((by_company.total, by_company.rows[0].company.as_str()), (30, "Empresa C01"));
    assert_eq!(page(LeadOrder::Name, true, 29, 10).await.rows[0].full_name, "Persona 00");
    let filter = LeadFilter { text: "persona 1".into(), ..LeadFilter::default() };
    assert_eq!(store.lead_page(&filter, LeadOrder::Name, false, 0, 50).await.unwrap().total, 10);
    let nobody = LeadFilter { owners: vec![None], ..LeadFilter::default() };
    assert_eq!(store.lead_page(&nobody, LeadOrder::Score, true, 0, 50).await.unwrap().total, 30);
    let others = LeadFilter { owners: vec![Some(PersonId(Uuid::from_u128(3)))], ..LeadFilter::default() };
    assert_eq!(store.lead_page(&others, LeadOrder::Score, true, 0, 50).await.unwrap().total, 0);
}

#[tokio::test]
async fn verification_finds_what_was_tampered_with_and_homes_are_compared() {
    let (ana, luis) = (device(1).await, device(2).await);
    let lead = capture(&ana, 1, "Ana", "Una").await;
    capture(&ana, 2, "Luis", "Dos").await;
    let mut tx = ana.begin(at(5)).await.unwrap();
    tx.record_fact(&call(9, &lead, "habló"), &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ana.verify().await.unwrap(), []);
    pass(&ana, &luis, &mut 0).await;
    assert_eq!(ana.digests().await.unwrap(), luis.digests().await.unwrap());
    assert_eq!(ana.digests().await.unwrap()[0].count, 3);

    let tamper = |sql: &'static str| {
        let pool = ana.inner.pools.writer.clone();
        async move { sqlx::query(sql).execute(&pool).await.unwrap().rows_affected() }
    };
    assert_eq!(tamper("UPDATE lead_row SET city = 'otra' WHERE company = 'Una'").await, 1);
    assert_eq!(tamper("UPDATE audit SET action = 'otra' WHERE seq = 2").await, 1);
    assert_eq!(tamper("UPDATE doc SET heads = x'00' WHERE rowid = 1").await, 1);
    let codes: Vec<&str> = ana.verify().await.unwrap().iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["verify.audit_chain", "verify.document", "verify.projection"]);
    assert_ne!(ana.digests().await.unwrap(), luis.digests().await.unwrap());
    assert_eq!(ana.rebuild(true).await.unwrap().len(), 1);
    assert_eq!(ana.rebuild(false).await.unwrap(), []);
    tamper("UPDATE lead_total SET rows = rows + 5").await;
    tamper("UPDATE outbox_count SET items = 0").await;
    let codes: Vec<&str> = ana.verify().await.unwrap().iter().map(|problem| problem.code).collect();
    assert!(codes.contains(&"verify.outbox_count") && codes.contains(&"verify.projection"), "{codes:?}");
    ana.rebuild(true).await.unwrap();
    assert_eq!(ana.rebuild(false).await.unwrap(), []);
    assert_eq!(ana.lead_page(&LeadFilter::default(), LeadOrder::Name, false, 0, 9).await.unwrap().total, 2);
    assert_eq!(ana.search_leads("una", 5).await.unwrap().len(), 1);
}

#[tokio::test]
async fn folding_keeps_what_a_document_says() {
    let store = device(1).await;
    let lead = capture(&store, 1, "Ana", "Una").await;
    for turn in 0..40 {
        let mut tx = store.begin(at(turn)).await.unwrap();
        let mut held: Lead = tx.repository().load(lead.id).await.unwrap().unwrap();
        held.notes = format!("{turn} {}", "larga ".repeat(20));
        held.city = Some(format!("Ciudad {turn}"));
        tx.repository().save(&held).await.unwrap();
        tx.commit().await.unwrap();
    }
    let before = store.read::<Lead>(lead.id).await.unwrap();
    assert_eq!(store.fold_tails(10).await.unwrap(), 0, "what waits in the outbox lies in the tail");
    sqlx::query("DELETE FROM outbox").execute(&store.inner.pools.writer).await.unwrap();
    assert_eq!(store.fold_tails(10).await.unwrap(), 1);
    assert_eq!(store.fold_tails(10).await.unwrap(), 0);
    assert_eq!(store.read::<Lead>(lead.id).await.unwrap(), before);
    assert_eq!(store.verify().await.unwrap(), []);
}

/// What a later version put into a value that this one reads only in part.
#[tokio::test]
async fn what_a_later_version_says_inside_a_value_stays_when_something_else_is_edited() {
    let store = device(1).await;
    let lead = capture(&store, 1, "Rosa", "Ferretería").await;
    let dollars = Money::try_new(Decimal::from(1_500), Currency::Usd).unwrap();
    edit(&store, lead.id, LeadField::EstimatedAmount(Some(dollars))).await.unwrap();
    let mut tx = store.begin(at(20)).await.unwrap();
    let (scope, mut content) = tx.hold(Lead::SHAPE, lead.id.0).await.unwrap().unwrap();
    let Some(Scalar::Bytes(bytes)) = content.root.get("estimated_amount") else { panic!("a value of parts") };
    let mut value: serde_json::Value = serde_json::from_slice(&bytes[1..]).unwrap();
    value["agreed"] = "por teléfono".into();
    let later = Scalar::Bytes([b"j", value.to_string().as_bytes()].concat());
    content.root.insert("estimated_amount".into(), later.clone());
    let number = crate::store::scope_number(scope);
    let held = tx.docs.get_mut(&(number, lead.id.0)).unwrap();
    let written = held.document.write(&content, 20).unwrap().unwrap();
    crate::aggregate::store_written(&mut tx.conn, Lead::SHAPE, number, lead.id.0, &written, 9).await.unwrap();
    tx.commit().await.unwrap();

    edit(&store, lead.id, LeadField::City(Some("Celaya".into()))).await.unwrap();
    let mut tx = store.begin(at(22)).await.unwrap();
    let (_, content) = tx.hold(Lead::SHAPE, lead.id.0).await.unwrap().unwrap();
    assert_eq!(content.root.get("estimated_amount"), Some(&later));
    drop(tx);
    let read = store.read::<Lead>(lead.id).await.unwrap().unwrap();
    assert_eq!((read.estimated_amount, read.city.as_deref()), (Some(dollars), Some("Celaya")));
}
