//! A lead goes to another team: what it says goes on there, in a record of that team's.

use std::collections::BTreeMap;

use super::{Lead, LeadError, LeadState};
use crate::shared::{Act, LeadId, Scope, Transition, TransitionId};

/// What the steps give as their reason.
const REASON: &str = "moved";

impl Lead {
    /// The lead that this one is in another team; `nth` counts how often it went there, from 1. Two laptops that let it go to
    /// one team make one lead.
    pub fn successor(&self, to: Scope, nth: usize) -> LeadId {
        LeadId::derive(to, self.id, &format!("moved.{nth}"))
    }

    /// Decides what the lead is in team `to`, under `id`: it says the same, in the same state, of whoever owned it where
    /// `owner_stays`. The steps to its state are by whoever moves it; those of before stay where they were taken.
    ///
    /// # Errors
    /// Merged and converted leads stay; [`LeadError::SameTeam`] for its own team, and for what is none.
    pub fn move_to(&self, id: LeadId, to: Scope, owner_stays: bool, act: &Act) -> Result<Self, LeadError> {
        let state = self.open()?.state();
        if to == self.scope || to.team().is_none() {
            return Err(LeadError::SameTeam);
        }
        let mut next = Self {
            id,
            scope: to,
            owner: self.owner.filter(|_| owner_stays),
            merged_into: None,
            merged_seen: None,
            moved_to: None,
            moved_from: Some(self.id),
            // where they differ stays with the team whose records say so
            absorbed: self.absorbed.iter().map(|(alias, known)| (*alias, known.without_questions())).collect(),
            converted: None,
            transitions: BTreeMap::new(),
            ..self.clone()
        };
        for step in way_to(state, next.owner.is_some()) {
            let own = Act { transition: TransitionId::derive(to, act.transition, step.name()), ..*act };
            let transition = Transition::record(&next.folded(), *step, &own, Some(REASON.to_owned()));
            next.apply_transition(&transition);
        }
        Ok(next)
    }

    /// This lead lives on in `next`, of another team; `heads` are those of its document that went along.
    pub fn leave_for(&mut self, next: &Self, heads: String) {
        self.merged_into = Some(next.id);
        self.merged_seen = Some(heads);
        self.moved_to = Some(next.scope);
    }
}

/// The steps from capture to a state.
fn way_to(state: LeadState, is_owned: bool) -> &'static [LeadState] {
    use LeadState::{Assigned, Converted, Disqualified, New, Nurturing, Qualified, Working};
    match state {
        Assigned if is_owned => &[Assigned],
        New | Assigned | Converted => &[],
        Working => &[Assigned, Working],
        Nurturing => &[Assigned, Working, Nurturing],
        Qualified => &[Assigned, Working, Qualified],
        Disqualified => &[Disqualified],
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::lead::NewLead;
    use crate::shared::{DeviceId, Hlc, PersonId};

    const ANA: PersonId = PersonId(Uuid::from_u128(1));

    fn act(number: u128) -> Act {
        let hlc = Hlc { millis: i64::try_from(number).unwrap(), counter: 0, device: DeviceId(Uuid::from_u128(9)) };
        Act {
            transition: TransitionId(Uuid::from_u128(number)),
            hlc,
            by: ANA,
            at: Timestamp::UNIX_EPOCH,
            today: date(2026, 11, 20),
        }
    }

    fn owned() -> Lead {
        let mut new = NewLead::new(LeadId(Uuid::from_u128(7)), Scope::Sales(1), "expo", date(2026, 11, 20));
        new.company = Some("Logística Regia".to_owned());
        new.owner = Some(ANA);
        Lead::from_created(&Lead::create(new, &act(1)).unwrap()).unwrap()
    }

    #[test]
    fn a_lead_that_moves_says_the_same_in_the_same_state_under_another_id() {
        use LeadState::{Assigned, Disqualified, Nurturing, Qualified, Working};
        let states: [&[LeadState]; 5] =
            [&[], &[Working], &[Working, Nurturing], &[Working, Qualified], &[Disqualified]];
        for (number, steps) in (10_u128..).zip(states) {
            let mut lead = owned();
            for (nth, step) in (0_u128..).zip(steps) {
                let step = Transition::record(&lead.folded(), *step, &act(number * 10 + nth), None);
                lead.apply_transition(&step);
            }
            let id = lead.successor(Scope::Sales(2), 1);
            let next = lead.move_to(id, Scope::Sales(2), true, &act(500)).unwrap();
            assert_eq!((next.state(), next.owner, next.scope), (lead.state(), Some(ANA), Scope::Sales(2)));
            assert_eq!((next.company.clone(), next.moved_from), (lead.company.clone(), Some(lead.id)));
            assert!(next.transitions.values().all(|step| step.by == ANA && next.transitions.contains_key(&step.id)));
            lead.leave_for(&next, "aa".to_owned());
            assert_eq!(lead.edit(crate::lead::LeadField::City(None)), Err(LeadError::Merged { survivor: id }));
        }
        assert_eq!(owned().state(), Assigned);
    }

    #[test]
    fn two_laptops_name_it_alike_and_each_team_names_it_differently() {
        let lead = owned();
        assert_eq!(lead.successor(Scope::Sales(2), 1), owned().successor(Scope::Sales(2), 1));
        assert_ne!(lead.successor(Scope::Sales(2), 1), lead.successor(Scope::Sales(3), 1));
        assert_ne!(lead.successor(Scope::Sales(2), 1), lead.successor(Scope::Sales(2), 2));
    }

    #[test]
    fn whose_owner_does_not_come_along_is_nobodys_and_new() {
        let lead = owned();
        let next = lead.move_to(lead.successor(Scope::Sales(2), 1), Scope::Sales(2), false, &act(5)).unwrap();
        assert_eq!((next.owner, next.state()), (None, LeadState::New));
    }

    #[test]
    fn a_lead_does_not_move_to_its_own_team_or_to_what_is_none() {
        let lead = owned();
        for to in [Scope::Sales(1), Scope::Finance] {
            assert_eq!(lead.move_to(lead.id, to, true, &act(5)), Err(LeadError::SameTeam));
        }
    }
}
