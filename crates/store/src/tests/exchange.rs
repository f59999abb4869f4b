//! Entries of others, those among them that were made to harm.

use rust_decimal::Decimal;
use zuc_domain::customer::{Customer, CustomerKind, NewCustomer};
use zuc_domain::lead::opportunity::Opportunity;
use zuc_domain::lead::{Conversion, ConversionPlan, Lead};
use zuc_domain::shared::{Currency, CustomerId, Money};
use zuc_protocol::Scope as WireScope;
use zuc_protocol::ids::ItemId;
use zuc_protocol::item::{DocKind, Fact, Item};

use super::{capture, new_deal};
use crate::testing::{SALES, WIRE, at, deliver, deliver_all, device, lead, pass, v7};
use crate::{LeadFilter, LeadOrder, Store, StoreError};

async fn customer(store: &Store, id: CustomerId, lead: Option<&Lead>) {
    let event = Customer::create(NewCustomer {
        id,
        scope: SALES,
        legal_name: "Ferretería, S.A.".into(),
        trade_name: None,
        rfc: None,
        kind: CustomerKind::Moral,
        owner: at(0).person,
        currency: Currency::Mxn,
        source: "conversion".into(),
        lead: lead.map(|lead| lead.id),
    })
    .unwrap();
    let mut tx = store.begin(at(20)).await.unwrap();
    tx.repository().record(&Customer::from_created(&event).unwrap(), &event).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_derived_document_that_somebody_begins_otherwise_is_refused_by_all_alike() {
    let (ana, luis, mallory) = (device(1).await, device(2).await, device(3).await);
    let lead = capture(&ana, 1, "Ana", "Una").await;
    let derived = Conversion::derive(SALES, lead.id, &ConversionPlan::default()).customer;
    customer(&ana, derived, Some(&lead)).await;
    let hers = ana.outbox_ready(WIRE, 10).await.unwrap().pop().unwrap();
    // a beginning of Mallory's own under the id that everybody can compute
    customer(&mallory, CustomerId(v7(9)), None).await;
    let mut begun = mallory.outbox_ready(WIRE, 10).await.unwrap().pop().unwrap();
    let Item::Change(change) = &mut begun.item else { panic!("a change") };
    change.doc = ItemId::from_uuid(derived.0);
    let verdicts = [
        deliver(&mallory, &ana, WIRE, 50, begun.clone()).await.refused,
        deliver(&mallory, &luis, WIRE, 50, begun).await.refused,
    ];
    assert!(verdicts[0].is_some());
    assert_eq!(verdicts[0], verdicts[1], "whether it is here already or not");
    assert_eq!(deliver(&ana, &luis, WIRE, 51, hers).await.refused, None);
    assert_eq!(ana.read::<Customer>(derived).await.unwrap(), luis.read::<Customer>(derived).await.unwrap());
}

#[tokio::test]
async fn what_does_not_belong_into_its_scope_is_read_by_nobody_and_the_rest_of_the_entry_counts() {
    let (mallory, luis) = (device(3).await, device(2).await);
    let id = CustomerId(v7(9));
    customer(&mallory, id, None).await;
    let hers = mallory.outbox_ready(WIRE, 10).await.unwrap().pop().unwrap();

    // an invoice where a seller may write, and a certificate
    let mut invoice = hers.clone();
    let Item::Change(change) = &mut invoice.item else { panic!("a change") };
    (change.kind, change.doc) = (DocKind::INVOICE, ItemId::from_uuid(v7(10)));
    let mut certificate = hers.clone();
    certificate.item = Item::Fact(Fact {
        id: ItemId::from_uuid(v7(11)),
        kind: "csd.installed".into(),
        subject: ItemId::from_uuid(v7(12)),
        fence: 9,
        body: "{}".into(),
        person_keys: Vec::new(),
        events: Vec::new(),
        part: None,
    });
    let received = deliver_all(&mallory, &luis, WIRE, 50, vec![invoice, certificate, hers.clone()]).await;
    assert_eq!(received.refused.as_deref(), Some("store.misplaced"));
    assert_eq!(received.touched, [(DocKind::CUSTOMER, ItemId::from_uuid(id.0))]);
    assert!(luis.read::<Customer>(id).await.unwrap().is_some());
    let (facts, aside): (i64, i64) =
        sqlx::query_as("SELECT (SELECT count(*) FROM fact), (SELECT count(*) FROM quarantine)")
            .fetch_one(luis.reader())
            .await
            .unwrap();
    assert_eq!((facts, aside), (0, 1), "it is kept to be looked at, and counts for nothing");

    // a customer where only finance writes
    let ana = device(1).await;
    let received = deliver(&mallory, &ana, WireScope::Finance, 51, hers).await;
    assert_eq!((received.refused.as_deref(), received.touched.len()), (Some("store.misplaced"), 0));
    assert!(ana.read::<Customer>(id).await.unwrap().is_none());
}

async fn deal(store: &Store, id: u128, pesos: i64) {
    let mut tx = store.begin(at(30)).await.unwrap();
    let event = new_deal(id, pesos, &tx.act());
    tx.repository().record(&Opportunity::from_created(&event).unwrap(), &event).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn deals_that_are_too_large_together_stop_nobody() {
    let (mallory, luis) = (device(3).await, device(2).await);
    for id in [1, 2, 5] {
        deal(&mallory, id, 9_000_000_000_000).await;
    }
    assert_eq!(pass(&mallory, &luis, &mut 0).await.refused, None);
    for store in [&mallory, &luis] {
        let funnel = store.funnel().await.unwrap();
        let row = funnel.iter().find(|row| row.object == "opportunity").unwrap();
        let largest = Decimal::from(i64::MAX / 1_000_000);
        assert_eq!((row.rows, row.amount.amount()), (3, largest));
        assert_eq!(store.open_sum(at(0).person).await.unwrap().1.amount(), largest);
        assert_eq!(store.weighted_pipeline().await.unwrap().amount(), largest);
        assert_eq!(store.rebuild(false).await.unwrap(), []);
    }
    // and sums that fit are exact
    let ana = device(1).await;
    deal(&ana, 3, 4_000_000_000_000).await;
    deal(&ana, 4, 5_123_456_789_012).await;
    let funnel = ana.funnel().await.unwrap();
    let row = funnel.iter().find(|row| row.object == "opportunity").unwrap();
    assert_eq!(row.amount.amount(), Decimal::from(9_123_456_789_012_i64));
}

#[tokio::test]
async fn leads_that_are_too_large_together_are_listed() {
    let store = device(1).await;
    let largest = Money::try_new(Decimal::from(9_000_000_000_000_i64), Currency::Mxn).unwrap();
    let mut tx = store.begin(at(0)).await.unwrap();
    for id in 1..=2 {
        let (mut lead, event) = lead(id, &format!("Persona {id}"), "Una", &tx.act());
        lead.estimated_amount = Some(largest);
        tx.repository().record(&lead, &event).await.unwrap();
    }
    tx.commit().await.unwrap();
    for text in ["", "persona"] {
        let filter = LeadFilter { text: text.into(), ..LeadFilter::default() };
        let page = store.lead_page(&filter, LeadOrder::Score, true, 0, 9).await.unwrap();
        let [sum] = page.sums.try_into().expect("one currency");
        assert_eq!((page.rows.len(), sum.rows), (2, 2));
        assert_eq!(sum.micro, i64::MAX, "{text:?}");
    }
}

#[tokio::test]
async fn what_a_disk_says_of_itself_is_told_from_what_an_entry_says() {
    let store = device(1).await;
    let said = |sql: &'static str| {
        let pool = store.inner.pools.writer.clone();
        async move { StoreError::from(sqlx::query(sql).execute(&pool).await.unwrap_err()) }
    };
    assert!(said("INSERT INTO control VALUES (0, x'00', NULL)").await.is_of_content());
    let sum = "UPDATE device_state SET hlc_millis = (SELECT sum(value) FROM json_each('[9223372036854775807, 1]'))";
    assert!(said(sum).await.is_of_content());
    assert!(!StoreError::DiskFull.is_of_content());
    sqlx::query("PRAGMA query_only = 1").execute(&store.inner.pools.writer).await.unwrap();
    assert!(!said("DELETE FROM control").await.is_of_content());
}
