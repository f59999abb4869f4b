//! A lead goes to another team: one command over two scopes.

use serde::{Deserialize, Serialize};
use zuc_domain::{
    lead::{AssignmentRule, Lead, LeadEvent},
    shared::{Action, LeadId, Object, PersonId, Scope},
};
use zuc_ipc::{Changes, lead::LeadMove, words};
use zuc_store::Tx;

use super::{id, load, merge::heads, object};
use crate::{
    AppError, Office,
    undo::{CHANGED, Inverse},
};

/// A lead that went to another team.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// What it was.
    pub from: LeadId,
    /// What it is there.
    pub to: LeadId,
    /// Heads of the record there when it began, in hexadecimal.
    pub left: String,
}

impl Office {
    /// Lets a lead go to another team: what it says goes on there, and the lists of this team do not show it any more. Its
    /// owner stays where they sell in that team too.
    ///
    /// # Errors
    /// `lead.same_team`; `person.no_such_team`; `auth.forbidden` where it is another's, or the person cannot capture leads there.
    #[tracing::instrument(skip_all, fields(lead.id = %to.id, team = to.team))]
    pub async fn lead_move(&self, to: LeadMove) -> Result<Changes, AppError> {
        let lead = id(&to.id)?;
        let scope = self.team(to.team)?;
        let mut tx = self.begin().await?;
        let found = load(&mut tx, lead).await?;
        self.allow(Action::MoveLead, object(&found))?;
        self.allow(Action::CreateLead, Object::in_scope(scope))?;
        let stays = found.owner.is_some_and(|owner| self.sells_in(owner, to.team));
        let moved = Box::pin(let_go(&mut tx, lead, scope, stays)).await?;
        tx.commit().await?;
        let undo = Some(Inverse::Moved(moved).token());
        let done = words::fill("lead.moved", &[("team", &to.team)]);
        Ok(self.tell(Changes { leads: true, undo, done, ..Changes::default() }))
    }

    /// Brings a lead back that went to another team.
    ///
    /// # Errors
    /// `undo.changed_since` where somebody worked on it there.
    pub(crate) async fn bring_back(&self, moved: &Moved) -> Result<Changes, AppError> {
        let mut tx = self.begin().await?;
        let (was, is) = (load(&mut tx, moved.from).await?, load(&mut tx, moved.to).await?);
        self.allow(Action::MoveLead, object(&is))?;
        self.allow(Action::CreateLead, Object::in_scope(was.scope))?;
        if !self.store.facts_about(moved.to).await?.is_empty() {
            return Err(AppError::new(CHANGED, "somebody worked on it there"));
        }
        Box::pin(take_back(&mut tx, moved)).await?;
        tx.commit().await?;
        let done = words::say("undo.done").to_owned();
        Ok(self.tell(Changes { leads: true, done, ..Changes::default() }))
    }

    /// The teams in which the person can capture a lead, the one first in which it is captured unless they say so.
    ///
    /// # Errors
    /// None today.
    #[expect(clippy::unused_async, reason = "every use case is asked the same way")]
    pub async fn lead_teams(&self) -> Result<Vec<u16>, AppError> {
        let own = self.acting().team();
        let mut teams = self.open_teams();
        teams.sort_by_key(|team| (*team != own, *team));
        Ok(teams)
    }

    /// The sales teams of the company in which the person can capture a lead.
    pub(super) fn open_teams(&self) -> Vec<u16> {
        let control = self.exchange.control();
        let scopes = control.scopes().filter_map(|scope| zuc_store::domain_scope(scope).team());
        scopes.filter(|team| self.may(Action::CreateLead, Object::in_scope(Scope::Sales(*team)))).collect()
    }

    /// The scope of a team that the company has.
    ///
    /// # Errors
    /// `person.no_such_team`.
    pub(super) fn team(&self, team: u16) -> Result<Scope, AppError> {
        let control = self.exchange.control();
        let mut scopes = control.scopes().map(zuc_store::domain_scope);
        let scope = scopes.find(|scope| scope.team() == Some(team));
        scope.ok_or_else(|| AppError::new("person.no_such_team", "the company has no such team").at("team"))
    }

    /// Whether a person works leads of a team.
    fn sells_in(&self, person: PersonId, team: u16) -> bool {
        let control = self.exchange.control();
        let scope = Object::in_scope(Scope::Sales(team));
        control.devices().any(|(device, state)| {
            state.person.to_uuid() == person.uuid()
                && crate::desk::actor_in(&control, device)
                    .is_some_and(|actor| zuc_domain::shared::authorize(&actor, Action::CreateLead, &scope).is_ok())
        })
    }
}

/// Lets a lead go in the transaction of a command, in two parts: the record of the other team, then where this one points.
///
/// # Errors
/// `lead.same_team`; the codes of leads that are read-only; `store.no_bag` where the other team's keys are not here.
pub async fn let_go(tx: &mut Tx, lead: LeadId, to: Scope, owner_stays: bool) -> Result<Moved, AppError> {
    let mut was = load(tx, lead).await?;
    let seen = heads(tx, lead).await?;
    let nth = tx.moves_to(lead, to).await? + 1;
    let act = tx.act();
    let next = was.move_to(was.successor(to, nth), to, owner_stays, &act)?;
    // whoever forgets the person forgets them in both
    tx.follow_person(lead, next.id).await?;
    tx.parts(2);
    match next.owner {
        Some(owner) => {
            let rule = AssignmentRule {
                id: "team".to_owned(),
                reason: "it went to another team".to_owned(),
                capacity_before: None,
                sla_due_at: None,
            };
            let (lead, scope, previous) = (next.id, next.scope, was.owner);
            let event = LeadEvent::Assigned { lead, scope, previous, owner, rule, transition: None };
            tx.repository().record(&next, &event).await?;
        }
        None => tx.repository().save(&next).await?,
    }
    tx.next_part();
    was.leave_for(&next, seen);
    tx.repository().save(&was).await?;
    Ok(Moved { from: lead, to: next.id, left: heads(tx, next.id).await? })
}

/// Takes that back: the lead is its team's again, and what it was in the other lives on in it.
///
/// # Errors
/// `undo.changed_since` where the other record says something else by now, or they are one no more.
pub async fn take_back(tx: &mut Tx, moved: &Moved) -> Result<(), AppError> {
    let (mut was, mut is) = (load(tx, moved.from).await?, load(tx, moved.to).await?);
    let left = heads(tx, moved.to).await?;
    if was.merged_into != Some(moved.to) || is.merged_into.is_some() || left != moved.left {
        return Err(AppError::new(CHANGED, "somebody worked on it there"));
    }
    tx.parts(2);
    was.unmerge();
    tx.repository::<Lead>().save(&was).await?;
    tx.next_part();
    is.leave_for(&was, left);
    Ok(tx.repository().save(&is).await?)
}
