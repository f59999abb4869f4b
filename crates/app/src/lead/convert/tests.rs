use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use jiff::{Timestamp, civil::date};
use uuid::Uuid;
use zuc_domain::{
    customer::{CustomerState, DecisionPower, FiscalProfile, ProfileEvidence, ProfileStatus},
    lead::{
        Activity, ActivityKind, ActivitySubject, Criteria, Direction, NewLead, convert::CreatedNew, opportunity::Stage,
    },
    shared::{Act, ActivityId, CompanyId, CustomerId, DeviceId, LeadId, PersonId, Scope},
};
use zuc_protocol::{identity::DeviceKeys, ids::Incarnation, secret::BagKey};
use zuc_store::{Identity, Session, Store, keys::Entropy};

use super::*;

const SALES: Scope = Scope::Sales(1);

/// Bytes that differ at each call.
#[derive(Default)]
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        let turn = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (byte, of) in bytes.iter_mut().zip(turn.iter().rev().cycle()) {
            *byte = *of;
        }
    }
}

fn session() -> Session {
    Session {
        person: PersonId(Uuid::from_u128(77)),
        at: Timestamp::from_second(1_790_000_000).unwrap(),
        today: date(2026, 9, 21),
        correlation: Uuid::from_u128(5),
        offline: true,
    }
}

async fn laptop() -> Store {
    let store = Store::in_memory(Arc::new(Counter::default())).await.unwrap();
    let (keys, incarnation) = (DeviceKeys::from_seeds(&[1; 32], &[2; 32]), Incarnation([1; 16]));
    let identity = Identity {
        company: CompanyId(Uuid::from_u128(1)),
        device: DeviceId(keys.id().to_uuid()),
        incarnation,
        actor: keys.public().actor(incarnation),
    };
    store.adopt(identity).await.unwrap();
    store.set_bag(SALES, &BagKey::from_bytes([9; 32])).await.unwrap();
    store
}

/// A qualified lead.
async fn qualified(store: &Store) -> LeadId {
    let mut tx = store.begin(session()).await.unwrap();
    let id = LeadId(tx.fresh_id());
    let new = NewLead {
        full_name: Some("Rosa Iñiguez".to_owned()),
        company: Some("Talleres La Fragua".to_owned()),
        email: Some("rosa@lafragua.example".parse().unwrap()),
        ..NewLead::new(id, SALES, "expo", date(2026, 9, 21))
    };
    let act = tx.act();
    let created = Lead::create(new, &act).unwrap();
    let mut lead = Lead::from_created(&created).unwrap();
    let act = tx.act();
    let call = Activity {
        id: ActivityId(tx.fresh_id()),
        scope: SALES,
        subject: ActivitySubject::Lead(id),
        kind: ActivityKind::Call,
        direction: Direction::Outbound,
        at: act.at,
        text: String::new(),
        by: act.by,
    };
    for event in lead.log_contact(&call, &act).unwrap() {
        lead.apply(&event);
    }
    let criteria = Criteria { budget: true, authority: true, need: true, timeline: true };
    let act = tx.act();
    let event = lead.qualify(criteria, None, None, &act).unwrap();
    lead.apply(&event);
    tx.repository().record_all(&lead, &[&created, &event]).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn converted(store: &Store, id: LeadId, may_bring_back: bool) -> Result<Conversion, AppError> {
    let mut tx = store.begin(session()).await.unwrap();
    let mut lead = load(&mut tx, id).await.unwrap();
    let conversion = Box::pin(convert(&mut tx, &mut lead, may_bring_back)).await?;
    tx.commit().await.unwrap();
    Ok(conversion)
}

/// The lead is as before its conversion, as it is where the customer came first, and where the conversion was taken back.
async fn reverted(store: &Store, id: LeadId) {
    let mut tx = store.begin(session()).await.unwrap();
    let mut lead = load(&mut tx, id).await.unwrap();
    let act = tx.act();
    let back = lead.revert_conversion("invoice.no_rfc", &act).unwrap();
    lead.apply_reversion(&back);
    tx.repository().save(&lead).await.unwrap();
    tx.commit().await.unwrap();
}

/// People worked with the customer: fiscal data, a name, a contact who is written to first; the deal went on.
async fn worked(store: &Store, conversion: &Conversion) {
    let mut tx = store.begin(session()).await.unwrap();
    let mut customer = tx.repository::<Customer>().load(conversion.customer).await.unwrap().unwrap();
    let profile = FiscalProfile {
        rfc: "EKU9003173C9".parse().unwrap(),
        legal_name: "ESCUELA KEMPER URGATE".to_owned(),
        regimen_fiscal: "601".to_owned(),
        domicilio_cp: "42501".parse().unwrap(),
        uso_cfdi_default: "G03".to_owned(),
        evidence: ProfileEvidence::Manual,
        status: ProfileStatus::Unchecked,
    };
    let set = customer.set_fiscal_profile(profile).unwrap();
    customer.apply(&set);
    customer.trade_name = Some("La Fragua".to_owned());
    let second = Contact {
        id: ContactId(tx.fresh_id()),
        name: "Julia Cano".to_owned(),
        role: Some("Compras".to_owned()),
        is_primary: true,
        email: None,
        phone: None,
        decision_power: DecisionPower::Decides,
        opposed_at: None,
        consent: None,
    };
    let added = customer.add_contact(second).unwrap();
    customer.apply(&added);
    tx.repository().record_all(&customer, &[&set, &added]).await.unwrap();
    let mut deal = tx.repository::<Opportunity>().load(conversion.opportunity.unwrap()).await.unwrap().unwrap();
    let act = tx.act();
    let moved = deal.move_to(Stage::Negociacion, false, &act).unwrap();
    deal.apply(&moved, act.at);
    tx.repository().record(&deal, &moved).await.unwrap();
    tx.commit().await.unwrap();
}

async fn change(store: &Store, id: CustomerId, change: impl FnOnce(&mut Customer, &Act)) {
    let mut tx = store.begin(session()).await.unwrap();
    let mut customer = tx.repository::<Customer>().load(id).await.unwrap().unwrap();
    let act = tx.act();
    change(&mut customer, &act);
    tx.repository().save(&customer).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_lead_converted_again_leaves_customer_and_deal_as_people_made_them() {
    let store = laptop().await;
    let id = qualified(&store).await;
    let first = converted(&store, id, false).await.unwrap();
    assert!(first.created_new.customer && first.created_new.contact && first.created_new.opportunity);
    worked(&store, &first).await;
    let customer = store.read::<Customer>(first.customer).await.unwrap().unwrap();
    let deal = store.read::<Opportunity>(first.opportunity.unwrap()).await.unwrap().unwrap();
    let events = store.events_after(0, 999).await.unwrap().len();
    reverted(&store, id).await;

    let again = converted(&store, id, false).await.unwrap();
    assert_eq!((again.customer, again.contact, again.opportunity), (first.customer, first.contact, first.opportunity));
    assert_eq!(again.created_new, CreatedNew::default(), "it took what was there");
    assert_eq!(store.read::<Customer>(first.customer).await.unwrap().unwrap(), customer);
    assert_eq!(store.read::<Opportunity>(first.opportunity.unwrap()).await.unwrap().unwrap(), deal);
    assert_eq!(store.events_after(0, 999).await.unwrap().len(), events + 1, "nothing was created a second time");
}

#[tokio::test]
async fn only_a_contact_that_is_missing_is_added() {
    let store = laptop().await;
    let id = qualified(&store).await;
    let first = converted(&store, id, false).await.unwrap();
    worked(&store, &first).await;
    let rosa = first.contact;
    change(&store, first.customer, |customer, _| drop(customer.contacts.remove(&rosa))).await;
    let before = store.read::<Customer>(first.customer).await.unwrap().unwrap();
    reverted(&store, id).await;
    converted(&store, id, false).await.unwrap();
    let mut after = store.read::<Customer>(first.customer).await.unwrap().unwrap();
    let back = after.contacts.remove(&rosa).unwrap();
    assert_eq!((back.name.as_str(), back.is_primary), ("Rosa Iñiguez", false), "Julia is still written to first");
    assert_eq!(after, before);
}

#[tokio::test]
async fn an_archived_customer_comes_back_with_its_data_by_whom_may_bring_it_back() {
    let store = laptop().await;
    let id = qualified(&store).await;
    let first = converted(&store, id, false).await.unwrap();
    worked(&store, &first).await;
    change(&store, first.customer, |customer, act| {
        let away = customer.archive("invoice.no_rfc", act).unwrap();
        customer.apply_transition(&away);
    })
    .await;
    reverted(&store, id).await;
    assert_eq!(converted(&store, id, false).await.unwrap_err().code, "customer.archived");
    converted(&store, id, true).await.unwrap();
    let customer = store.read::<Customer>(first.customer).await.unwrap().unwrap();
    assert_eq!(customer.state(), CustomerState::Prospect);
    assert_eq!((customer.contacts.len(), customer.fiscal_profile.is_some()), (2, true));
}
