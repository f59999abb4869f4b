//! A touch with a lead.

use zuc_domain::{
    lead::{Activity, ActivityKind, ActivitySubject, Direction},
    shared::{Action, ActivityId, DomainEvent},
};
use zuc_ipc::{Changes, lead::ActivityNew, words};

use super::{id, load, object};
use crate::{AppError, Office};

impl Office {
    /// Logs a call, mail, meeting, note or message; the first touch takes a lead that nobody owns.
    #[tracing::instrument(skip_all, fields(lead.id = %new.subject_id))]
    pub async fn lead_log(&self, new: ActivityNew) -> Result<Changes, AppError> {
        let lead_id = id(&new.subject_id)?;
        let kind = match new.channel.as_str() {
            "call" => ActivityKind::Call,
            "email" => ActivityKind::Mail,
            "meeting" => ActivityKind::Meeting,
            "note" => ActivityKind::Note,
            "whatsapp" => ActivityKind::Whatsapp,
            _ => return Err(AppError::invalid("channel")),
        };
        let direction = match new.direction.as_str() {
            "in" => Direction::Inbound,
            "out" => Direction::Outbound,
            _ => return Err(AppError::invalid("direction")),
        };
        let mut tx = self.begin().await?;
        let mut lead = load(&mut tx, lead_id).await?;
        self.allow(Action::LogActivity, object(&lead))?;
        let act = tx.act();
        let activity = Activity {
            id: ActivityId(tx.fresh_id()),
            scope: lead.scope,
            subject: ActivitySubject::Lead(lead_id),
            kind,
            direction,
            at: act.at,
            text: new.text.trim().to_owned(),
            by: act.by,
        };
        let events = lead.log_contact(&activity, &act)?;
        for event in &events {
            lead.apply(event);
        }
        let events: Vec<&dyn DomainEvent> = events.iter().map(|event| event as &dyn DomainEvent).collect();
        tx.record_fact(&activity, &[]).await?;
        tx.repository().record_all(&lead, &events).await?;
        tx.commit().await?;
        Ok(self.tell(Changes { leads: true, done: words::say("lead.contact_logged").to_owned(), ..Changes::default() }))
    }
}
