//! A person takes over what somebody who left could not send, as a change of their own that says whose it was; or throws it away.

use serde_json::Value;
use zuc_domain::{
    customer::Customer,
    lead::{Activity, ActivityKind, ActivitySubject, Direction, Lead, LeadField, NewLead},
    shared::{Action, ActivityId, CustomerId, DomainEvent, LeadId, Object, Scope},
};
use zuc_ipc::{
    Changes,
    left::{LeftDiscard, LeftTake},
    words,
};
use zuc_protocol::{
    ids::DeviceId,
    item::DocKind,
    messages::{ClientFrame, ServerFrame},
};
use zuc_store::{FieldEdit, Tx, domain_scope};

use super::{
    judge::{Course, Judged, Piece, Stand, clashes, stands, writable},
    list::forbidden,
};
use crate::{
    AppError, Office, customer,
    history::{Writable, label},
    lead,
    ports::RelayError,
};

/// The edits of one change.
#[derive(Clone, Copy)]
struct Edits<'a> {
    fields: &'a [FieldEdit],
    course: &'a Course,
    /// Also over what somebody wrote since.
    over: bool,
}

impl Office {
    /// Takes one piece over, by the commands and rights of today.
    ///
    /// # Errors
    /// `left.gone`; `left.there`; `left.waits` for its record; `left.only_read`; `app.stale` where somebody wrote the field
    /// since and it is not to be written over; `auth.forbidden`; the domain's codes; those of a relay that does not answer.
    #[tracing::instrument(skip_all)]
    pub async fn left_take(&self, take: LeftTake) -> Result<Changes, AppError> {
        let (device, scope) = self.left_of(&take.device, &take.scope)?;
        let fetched = self.fetch_left(&self.exchange.control(), scope).await?;
        let found = fetched.into_iter().find(|fetched| fetched.kept.left.author == device).ok_or_else(gone)?;
        let left = found.left.map_err(|code| AppError::new(code, "it cannot be read here"))?;
        let (said, scope) = (self.store.read_left(&left).await?, domain_scope(scope));
        let judged =
            self.judge_left(scope, said).await?.into_iter().find(|judged| u32::try_from(judged.n) == Ok(take.n));
        let Judged { piece, stand, .. } = judged.ok_or_else(gone)?;
        match stand {
            Stand::Open | Stand::Changed => {}
            Stand::There => return Err(there()),
            Stand::Waits => return Err(AppError::new("left.waits", "its record was left behind too")),
            Stand::Read => return Err(AppError::new("left.only_read", "no command takes it")),
        }
        let who = self.left_by(device);
        match piece {
            Piece::Change { record, kind: DocKind::LEAD, edits, course } => {
                let edits = Edits { fields: &edits, course: &course, over: take.over };
                self.take_edits(LeadId(record), edits, &who).await?;
            }
            Piece::Change { record, kind: DocKind::CUSTOMER, edits, course } => {
                let edits = Edits { fields: &edits, course: &course, over: take.over };
                self.take_profile(CustomerId(record), edits, &who).await?;
            }
            Piece::NewLead { record, edits } => Box::pin(self.take_lead(LeadId(record), scope, &edits, &who)).await?,
            Piece::Touch(activity) => self.take_touch(*activity, &who).await?,
            Piece::Change { .. } | Piece::Fact { .. } => {
                return Err(AppError::new("left.only_read", "no command takes it"));
            }
        }
        let done = words::fill("left.taken", &[("who", &who)]);
        Ok(self.tell(Changes { leads: true, customers: true, done, ..Changes::default() }))
    }

    /// Throws away what is left of what a computer could not send in a scope: the relay forgets it.
    ///
    /// # Errors
    /// `left.gone`; `auth.forbidden`; those of a relay that does not answer.
    #[tracing::instrument(skip_all)]
    pub async fn left_discard(&self, discard: LeftDiscard) -> Result<Changes, AppError> {
        let (device, scope) = self.left_of(&discard.device, &discard.scope)?;
        let question = ClientFrame::SettleLeft { scope, device };
        match self.exchange.relay()?.ask(&self.exchange.credentials(), question).await? {
            ServerFrame::LeftBehind { left: None, .. } => {}
            _ => return Err(RelayError::Nonsense.into()),
        }
        let done = words::fill("left.discarded", &[("who", &self.left_by(device))]);
        Ok(self.tell(Changes { done, ..Changes::default() }))
    }

    /// A device and a scope as they are named, where the person may take over.
    fn left_of(&self, device: &str, scope: &str) -> Result<(DeviceId, zuc_protocol::Scope), AppError> {
        let control = self.exchange.control();
        let scope: zuc_protocol::Scope = scope.parse().map_err(|_| AppError::invalid("scope"))?;
        let rights = control.rights(self.exchange.device_keys().id());
        if !rights.is_some_and(|rights| rights.may_take_over(scope)) {
            return Err(forbidden());
        }
        let mut gone_devices = control.devices().filter(|(_, state)| state.removed.is_some());
        let found = gone_devices.find(|(id, _)| id.to_string() == device);
        Ok((found.ok_or_else(gone)?.0, scope))
    }

    async fn take_edits(&self, id: LeadId, edits: Edits<'_>, who: &str) -> Result<(), AppError> {
        let mut tx = self.begin().await?;
        let lead = lead::load(&mut tx, id).await?;
        self.allow(Action::EditLead, lead::object(&lead))?;
        let (scope, now) = (lead.scope, serde_json::to_value(&lead)?);
        let mut labels = Vec::new();
        for (edit, value) in writable(DocKind::LEAD, edits.fields) {
            let Writable::Lead(field) = value else { continue };
            if self.is_to_be_written(DocKind::LEAD, edit, edits, &now)? {
                let lead = lead::load(&mut tx, id).await?;
                lead::put_field(&mut tx, lead, field).await?;
                labels.extend(label(DocKind::LEAD, &edit.field));
            }
        }
        if labels.is_empty() {
            return Err(there());
        }
        note_whose(&mut tx, scope, ActivitySubject::Lead(id), who, &labels.join(", ")).await?;
        Ok(tx.commit().await?)
    }

    async fn take_profile(&self, id: CustomerId, edits: Edits<'_>, who: &str) -> Result<(), AppError> {
        let mut tx = self.begin().await?;
        let mut customer = customer::load(&mut tx, id).await?;
        self.allow(Action::EditFiscalProfile, Object { scope: customer.scope, owner: Some(customer.owner) })?;
        let (scope, now) = (customer.scope, serde_json::to_value(&customer)?);
        let mut labels = Vec::new();
        for (edit, value) in writable(DocKind::CUSTOMER, edits.fields) {
            let Writable::Fiscal(profile) = value else { continue };
            if self.is_to_be_written(DocKind::CUSTOMER, edit, edits, &now)? {
                let event = customer.set_fiscal_profile(*profile)?;
                customer.apply(&event);
                tx.repository::<Customer>().record(&customer, &event).await?;
                labels.extend(label(DocKind::CUSTOMER, &edit.field));
            }
        }
        if labels.is_empty() {
            return Err(there());
        }
        note_whose(&mut tx, scope, ActivitySubject::Customer(id), who, &labels.join(", ")).await?;
        Ok(tx.commit().await?)
    }

    /// Whether a field does not say yet what is taken over.
    ///
    /// # Errors
    /// `app.stale` where somebody wrote it since and it is not to be written over, with what it says now.
    fn is_to_be_written(&self, kind: DocKind, edit: &FieldEdit, of: Edits<'_>, now: &Value) -> Result<bool, AppError> {
        if stands(edit, of.course, now) {
            return Ok(false);
        }
        if !of.over && clashes(edit, of.course, now) {
            let stands = self.shown(kind, &edit.field, now.get(&edit.field));
            return Err(AppError::changed("app.stale", &edit.field, &stands));
        }
        Ok(true)
    }

    /// The lead is made under the id that it was written under, so that what is said of it finds it, and two who take it over
    /// at once make one.
    async fn take_lead(&self, id: LeadId, scope: Scope, edits: &[FieldEdit], who: &str) -> Result<(), AppError> {
        self.allow(Action::CreateLead, Object::in_scope(scope))?;
        let mut tx = self.begin().await?;
        let mut new = NewLead::new(id, scope, words::say("lead.source.typed"), self.today());
        new.owner = Some(self.actor.person);
        let mut rest = Vec::new();
        for (_, value) in writable(DocKind::LEAD, edits) {
            match value {
                Writable::Lead(LeadField::FullName(value)) => new.full_name = value,
                Writable::Lead(LeadField::Company(value)) => new.company = value,
                Writable::Lead(LeadField::Source(value)) => new.source = value,
                Writable::Lead(field) => rest.push(field),
                Writable::Fiscal(_) => {}
            }
        }
        let act = tx.act();
        let event = Lead::create(new, &act)?;
        let mut lead =
            Lead::from_created(&event).ok_or_else(|| AppError::new("app.internal", "a created event makes a lead"))?;
        match Self::rescore(&mut lead) {
            Some(scored) => tx.repository().record_all(&lead, &[&event, &scored]).await?,
            None => tx.repository().record(&lead, &event).await?,
        }
        for field in rest {
            let lead = lead::load(&mut tx, id).await?;
            if lead.field(&field) != field {
                lead::put_field(&mut tx, lead, field).await?;
            }
        }
        note_whose(&mut tx, scope, ActivitySubject::Lead(id), who, words::say("left.new_lead")).await?;
        Ok(tx.commit().await?)
    }

    /// What was said and done stands under its own id: two who take it over at once say it once.
    async fn take_touch(&self, activity: Activity, who: &str) -> Result<(), AppError> {
        let ActivitySubject::Lead(id) = activity.subject else {
            return Err(AppError::new("left.only_read", "no command takes it"));
        };
        let mut tx = self.begin().await?;
        let mut lead = lead::load(&mut tx, id).await?;
        self.allow(Action::LogActivity, lead::object(&lead))?;
        let act = tx.act();
        let text = words::fill("left.touch", &[("who", &who), ("text", &activity.text)]);
        let activity = Activity { scope: lead.scope, by: act.by, text, ..activity };
        let events = lead.log_contact(&activity, &act)?;
        for event in &events {
            lead.apply(event);
        }
        let events: Vec<&dyn DomainEvent> = events.iter().map(|event| event as &dyn DomainEvent).collect();
        tx.record_fact(&activity, &[]).await?;
        tx.repository().record_all(&lead, &events).await?;
        Ok(tx.commit().await?)
    }
}

/// Says in the record's timeline whose it was, and of which fields. What they say stands in the record alone, where an erasure
/// reaches it.
async fn note_whose(
    tx: &mut Tx,
    scope: Scope,
    subject: ActivitySubject,
    who: &str,
    said: &str,
) -> Result<(), AppError> {
    let act = tx.act();
    let note = Activity {
        id: ActivityId(tx.fresh_id()),
        scope,
        subject,
        kind: ActivityKind::Note,
        direction: Direction::Outbound,
        at: act.at,
        text: words::fill("left.note", &[("who", &who), ("said", &said)]),
        by: act.by,
    };
    Ok(tx.record_fact(&note, &[]).await?)
}

fn gone() -> AppError {
    AppError::new("left.gone", "nothing of it is at the relay")
}

fn there() -> AppError {
    AppError::new("left.there", "it stands already")
}
