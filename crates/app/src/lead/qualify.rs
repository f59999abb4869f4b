//! Through the gate, or out.

use zuc_domain::{
    lead::{Activity, ActivityKind, ActivitySubject, Criteria, Direction, Disposition, DisqualifyReason},
    shared::{Action, ActivityId},
};
use zuc_ipc::{
    Changes,
    lead::{Disqualification, Qualification},
    words,
};

use super::{id, load, object};
use crate::{AppError, Office};

impl Office {
    /// Passes the qualification gate.
    ///
    /// # Errors
    /// `lead.gate_not_passed`, which names what is missing.
    #[tracing::instrument(skip_all, fields(lead.id = %gate.id))]
    pub async fn lead_qualify(&self, gate: Qualification) -> Result<Changes, AppError> {
        let mut tx = self.begin().await?;
        let mut lead = load(&mut tx, id(&gate.id)?).await?;
        self.allow(Action::QualifyLead, object(&lead))?;
        let act = tx.act();
        let criteria = Criteria {
            budget: gate.budget,
            authority: gate.authority,
            need: !gate.need.trim().is_empty(),
            timeline: !gate.timeline.trim().is_empty(),
        };
        let event = lead.qualify(criteria, None, None, &act)?;
        lead.apply(&event);
        // the gate asks only whether there is an answer; the answers themselves are for whoever goes on with the lead
        let said = [
            words::fill("lead.gate.need", &[("text", &gate.need.trim())]),
            words::fill("lead.gate.timeline", &[("text", &gate.timeline.trim())]),
        ];
        let note = Activity {
            id: ActivityId(tx.fresh_id()),
            scope: lead.scope,
            subject: ActivitySubject::Lead(lead.id),
            kind: ActivityKind::Note,
            direction: Direction::Inbound,
            at: act.at,
            text: said.join("\n"),
            by: act.by,
        };
        tx.record_fact(&note, &[]).await?;
        tx.repository().record(&lead, &event).await?;
        tx.commit().await?;
        Ok(self.tell(Changes { leads: true, done: words::say("lead.qualified").to_owned(), ..Changes::default() }))
    }

    /// Takes a lead out of the pipeline.
    #[tracing::instrument(skip_all, fields(lead.id = %out.id))]
    pub async fn lead_disqualify(&self, out: Disqualification) -> Result<Changes, AppError> {
        let (disposition, reason) = match out.reason.as_str() {
            "rejected" => (Disposition::Rejected, DisqualifyReason::NoNeed),
            "junk" => (Disposition::Junk, DisqualifyReason::Unreachable),
            "other" => (Disposition::Rejected, DisqualifyReason::Other),
            other => {
                let reason = other.parse::<DisqualifyReason>().map_err(|_| AppError::invalid("reason"))?;
                (Disposition::Rejected, reason)
            }
        };
        let mut tx = self.begin().await?;
        let mut lead = load(&mut tx, id(&out.id)?).await?;
        self.allow(Action::DisqualifyLead, object(&lead))?;
        let act = tx.act();
        let note = (!out.note.trim().is_empty()).then_some(out.note.as_str());
        let event = lead.disqualify(disposition, reason, note, None, &act)?;
        lead.apply(&event);
        tx.repository().record(&lead, &event).await?;
        tx.commit().await?;
        Ok(self.tell(Changes { leads: true, done: words::say("lead.disqualified").to_owned(), ..Changes::default() }))
    }
}
