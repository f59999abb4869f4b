//! What people do at a laptop, each thing one transaction, as the use cases do it.

use jiff::civil::date;
use zuc_domain::customer::Customer;
use zuc_domain::lead::opportunity::{Opportunity, Stage};
use zuc_domain::lead::{
    Activity, ActivityKind, ActivitySubject, ConversionPlan, Criteria, Direction, Lead, LeadEvent, LeadField, NewLead,
    Target,
};
use zuc_domain::proposal::{Product, Recurrence};
use zuc_domain::shared::{
    Action, ActivityId, Actor, Currency, DeviceId, DomainEvent, LeadId, Money, Object, OpportunityId, ProductId, Role,
    Scope, TaxKind, authorize,
};
use zuc_store::StoreError;
use zuc_testkit::network::Laptop;

/// The team whose leads everybody here reads.
pub(crate) const SALES: Scope = Scope::Sales(1);

const EVERYTHING: Criteria = Criteria { budget: true, authority: true, need: true, timeline: true };

/// Captures a lead that nobody owns.
pub(crate) async fn capture(laptop: &mut Laptop, word: &str) -> Result<LeadId, StoreError> {
    let mut tx = Box::pin(laptop.begin()).await?;
    let act = tx.act();
    let id = LeadId(tx.fresh_id());
    let new = NewLead {
        full_name: Some(format!("Íñigo {word}")),
        company: Some(format!("Ferretería {word}")),
        email: Some(format!("{word}@ferreteria.mx").parse().unwrap()),
        ..NewLead::new(id, SALES, "expo", date(2026, 9, 21))
    };
    let event = Lead::create(new, &act).unwrap();
    let lead = Lead::from_created(&event).unwrap();
    Box::pin(tx.repository().record(&lead, &event)).await?;
    Box::pin(laptop.commit(tx)).await?;
    Ok(id)
}

/// Changes a field; `false` when the lead is not here or may not be changed any more.
pub(crate) async fn edit(laptop: &mut Laptop, id: LeadId, field: LeadField) -> Result<bool, StoreError> {
    let mut tx = Box::pin(laptop.begin()).await?;
    let Some(mut lead) = Box::pin(tx.repository::<Lead>().load(id)).await? else { return Ok(false) };
    let Ok(edit) = lead.edit(field) else { return Ok(false) };
    lead.apply_edit(&edit);
    tx.repository().save(&lead).await?;
    Box::pin(laptop.commit(tx)).await?;
    Ok(true)
}

/// Logs a call; the first takes a lead of nobody.
pub(crate) async fn call(laptop: &mut Laptop, id: LeadId, text: &str) -> Result<bool, StoreError> {
    let mut tx = Box::pin(laptop.begin()).await?;
    let Some(mut lead) = Box::pin(tx.repository::<Lead>().load(id)).await? else { return Ok(false) };
    let act = tx.act();
    let activity = Activity {
        id: ActivityId(tx.fresh_id()),
        scope: lead.scope,
        subject: ActivitySubject::Lead(id),
        kind: ActivityKind::Call,
        direction: Direction::Outbound,
        at: act.at,
        text: text.to_owned(),
        by: act.by,
    };
    let Ok(events) = lead.log_contact(&activity, &act) else { return Ok(false) };
    for event in &events {
        lead.apply(event);
    }
    let events: Vec<&dyn DomainEvent> = events.iter().map(|event| event as &dyn DomainEvent).collect();
    tx.record_fact(&activity, &[]).await?;
    tx.repository().record_all(&lead, &events).await?;
    Box::pin(laptop.commit(tx)).await?;
    Ok(true)
}

/// Whether the person at a laptop may do this with a record, by the roles that the laptop knows of.
pub(crate) fn may(laptop: &Laptop, action: Action, object: &Object) -> bool {
    let control = laptop.engine.log();
    let Some(rights) = control.rights(laptop.keys().id()) else { return false };
    let held = |role: &Role| rights.roles.iter().any(|wire| wire.name() == role.name());
    let actor = Actor {
        person: laptop.person(),
        device: DeviceId(laptop.keys().id().to_uuid()),
        roles: Role::ALL.into_iter().filter(held).collect(),
        teams: rights.teams.iter().copied().collect(),
    };
    authorize(&actor, action, object).is_ok()
}

fn object(lead: &Lead) -> Object {
    Object { scope: lead.scope, owner: lead.owner }
}

/// Passes the gate, where the person may.
pub(crate) async fn qualify(laptop: &mut Laptop, id: LeadId) -> Result<bool, StoreError> {
    match Box::pin(laptop.store.read::<Lead>(id)).await? {
        Some(lead) if may(laptop, Action::QualifyLead, &object(&lead)) => Box::pin(qualify_unasked(laptop, id)).await,
        _ => Ok(false),
    }
}

/// The same by a program that does not ask.
pub(crate) async fn qualify_unasked(laptop: &mut Laptop, id: LeadId) -> Result<bool, StoreError> {
    let mut tx = Box::pin(laptop.begin()).await?;
    let Some(mut lead) = Box::pin(tx.repository::<Lead>().load(id)).await? else { return Ok(false) };
    let act = tx.act();
    let Ok(event) = lead.qualify(EVERYTHING, None, None, &act) else { return Ok(false) };
    lead.apply(&event);
    Box::pin(tx.repository().record(&lead, &event)).await?;
    Box::pin(laptop.commit(tx)).await?;
    Ok(true)
}

/// Converts into customer, contact and opportunity by derived ids, where the person may.
pub(crate) async fn convert(laptop: &mut Laptop, id: LeadId) -> Result<bool, StoreError> {
    let lead = Box::pin(laptop.store.read::<Lead>(id)).await?;
    if !lead.is_some_and(|lead| may(laptop, Action::ConvertLead, &object(&lead))) {
        return Ok(false);
    }
    let person = laptop.person();
    let mut tx = Box::pin(laptop.begin()).await?;
    let Some(mut lead) = Box::pin(tx.repository::<Lead>().load(id)).await? else { return Ok(false) };
    let act = tx.act();
    let plan = ConversionPlan { opportunity: Some(Target::New), ..ConversionPlan::default() };
    let Ok(event) = lead.convert(&plan, &act) else { return Ok(false) };
    let LeadEvent::Converted { conversion, .. } = &event else { unreachable!("what was asked") };
    let becoming = lead.becoming(conversion, person, tx.session().today, act.at);
    let created = Customer::create(becoming.customer).unwrap();
    let mut customer = Customer::from_created(&created).unwrap();
    Box::pin(tx.follow_person(lead.id, becoming.contact.id)).await?;
    let contact = customer.add_contact(becoming.contact).unwrap();
    customer.apply(&contact);
    Box::pin(tx.repository().record_all(&customer, &[&created, &contact])).await?;
    let next = tx.act();
    let opened = Opportunity::create(becoming.opportunity.unwrap(), &next).unwrap();
    Box::pin(tx.repository().record(&Opportunity::from_created(&opened).unwrap(), &opened)).await?;
    lead.apply(&event);
    Box::pin(tx.repository().record(&lead, &event)).await?;
    Box::pin(laptop.commit(tx)).await?;
    Ok(true)
}

/// Moves the opportunity of a converted lead, without asking: what a person may not move does not count.
pub(crate) async fn move_to(laptop: &mut Laptop, lead: LeadId, stage: Stage) -> Result<bool, StoreError> {
    let id = OpportunityId::derive(SALES, lead, "opportunity");
    let mut tx = Box::pin(laptop.begin()).await?;
    let Some(mut opportunity) = Box::pin(tx.repository::<Opportunity>().load(id)).await? else { return Ok(false) };
    let act = tx.act();
    let Ok(event) = opportunity.move_to(stage, false, &act) else { return Ok(false) };
    opportunity.apply(&event, act.at);
    Box::pin(tx.repository().record(&opportunity, &event)).await?;
    Box::pin(laptop.commit(tx)).await?;
    Ok(true)
}

/// Takes a lead away, as the undo of an import does.
pub(crate) async fn delete(laptop: &mut Laptop, id: LeadId) -> Result<bool, StoreError> {
    let mut tx = Box::pin(laptop.begin()).await?;
    if !tx.repository::<Lead>().delete(id).await? {
        return Ok(false);
    }
    Box::pin(laptop.commit(tx)).await?;
    Ok(true)
}

/// Puts a product on the company's list, which is another scope than the team's.
pub(crate) async fn price(laptop: &mut Laptop) -> Result<(), StoreError> {
    let mut tx = Box::pin(laptop.begin()).await?;
    let product = Product {
        id: ProductId(tx.fresh_id()),
        scope: Scope::Catalog,
        sku: "TAB-1".into(),
        description: "Tablero IP65".into(),
        clave_prod_serv: "39121000".into(),
        clave_unidad: "H87".into(),
        unit: "pieza".into(),
        list_price: Money::zero(Currency::Mxn),
        price_breaks: vec![],
        tax: TaxKind::Iva16,
        recurrence: Recurrence::Once,
        cost: None,
        retired: false,
    };
    tx.repository::<Product>().save(&product).await?;
    Box::pin(laptop.commit(tx)).await
}
