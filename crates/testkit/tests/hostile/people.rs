//! What people do at a laptop, each thing one transaction, as the use cases do it.

use jiff::civil::date;
use zuc_domain::lead::{Activity, ActivityKind, ActivitySubject, Direction, Lead, LeadField, NewLead};
use zuc_domain::shared::{ActivityId, DomainEvent, LeadId, Scope};
use zuc_testkit::network::Laptop;

/// The team whose leads everybody here reads.
pub(crate) const SALES: Scope = Scope::Sales(1);

/// Captures a lead that nobody owns.
pub(crate) async fn capture(laptop: &mut Laptop, word: &str) -> LeadId {
    let mut tx = laptop.begin().await.unwrap();
    let act = tx.act();
    let id = LeadId(tx.fresh_id());
    let new = NewLead {
        full_name: Some(format!("Íñigo {word}")),
        company: Some(format!("Ferretería {word}")),
        ..NewLead::new(id, SALES, "expo", date(2026, 9, 21))
    };
    let event = Lead::create(new, &act).unwrap();
    tx.repository().record(&Lead::from_created(&event).unwrap(), &event).await.unwrap();
    laptop.commit(tx).await.unwrap();
    id
}

/// Logs a call, by which a lead of nobody is taken.
pub(crate) async fn call(laptop: &mut Laptop, id: LeadId) {
    let mut tx = laptop.begin().await.unwrap();
    let mut lead = tx.repository::<Lead>().load(id).await.unwrap().unwrap();
    let act = tx.act();
    let call = Activity {
        id: ActivityId(tx.fresh_id()),
        scope: lead.scope,
        subject: ActivitySubject::Lead(id),
        kind: ActivityKind::Call,
        direction: Direction::Outbound,
        at: act.at,
        text: "le interesa".to_owned(),
        by: act.by,
    };
    let events = lead.log_contact(&call, &act).unwrap();
    for event in &events {
        lead.apply(event);
    }
    let events: Vec<&dyn DomainEvent> = events.iter().map(|event| event as &dyn DomainEvent).collect();
    tx.record_fact(&call, &[]).await.unwrap();
    tx.repository().record_all(&lead, &events).await.unwrap();
    laptop.commit(tx).await.unwrap();
}

/// Says in which city a lead is.
pub(crate) async fn move_to(laptop: &mut Laptop, id: LeadId, city: &str) {
    let mut tx = laptop.begin().await.unwrap();
    let mut lead = tx.repository::<Lead>().load(id).await.unwrap().unwrap();
    let edit = lead.edit(LeadField::City(Some(city.to_owned()))).unwrap();
    lead.apply_edit(&edit);
    tx.repository().save(&lead).await.unwrap();
    laptop.commit(tx).await.unwrap();
}

/// In which city a lead is, as a laptop shows it; `None` where the lead is not there.
pub(crate) async fn city(laptop: &Laptop, id: LeadId) -> Option<String> {
    laptop.store.read::<Lead>(id).await.unwrap()?.city
}
