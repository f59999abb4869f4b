//! Every edge of every machine, by every role.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::*;
use crate::compliance::CfdiState;
use crate::customer::CustomerState;
use crate::customer::contract::ContractState;
use crate::lead::LeadState;
use crate::lead::opportunity::Stage;
use crate::proposal::ProposalState;
use crate::shared::{DeviceId, Hlc, PersonId, Record, Role, Scope};

const ANA: PersonId = PersonId(Uuid::from_u128(1));
const LUIS: PersonId = PersonId(Uuid::from_u128(2));
const KEY: TransitionId = TransitionId(Uuid::from_u128(7));

fn ana(role: Role) -> Actor {
    Actor {
        person: ANA,
        device: DeviceId(Uuid::from_u128(9)),
        roles: BTreeSet::from([role]),
        teams: BTreeSet::from([1]),
    }
}

fn step<S: StateMachine>(from: S, to: S, authority: bool) -> Transition<S> {
    Transition {
        id: KEY,
        from,
        to,
        hlc: Hlc { millis: 1, counter: 0, device: DeviceId(Uuid::from_u128(9)) },
        by: ANA,
        reason: None,
        causes: None,
        authority,
    }
}

/// Edges as `from>to`, an authority's with a star.
fn edges<S: StateMachine>(all: &'static [S], mut chosen: impl FnMut(S, S, bool) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for from in all {
        for to in all {
            for authority in [false, true] {
                let known = if authority { from.allows_authority(*to) } else { from.allows(*to) };
                if known && chosen(*from, *to, authority) {
                    found.push(format!("{}>{}{}", from.name(), to.name(), if authority { "*" } else { "" }));
                }
            }
        }
    }
    found
}

/// Edges that a role may take in `scope` on a record of `owner`.
fn taken<S: StateMachine>(all: &'static [S], role: Role, scope: Scope, owner: Option<PersonId>) -> Vec<String> {
    edges(all, |from, to, authority| {
        judge(&ana(role), KEY, &step(from, to, authority), &Object { scope, owner }).is_ok()
    })
}

/// Every action that an edge asks for writes the record whose state changes, and no edge but those named is closed to all.
fn closed<S: StateMachine>(all: &'static [S], record: Record) -> Vec<String> {
    edges(all, |from, to, authority| {
        for ask in from.asks(to, authority) {
            assert!(ask.action().writes().contains(&record), "{record:?} {from:?} > {to:?}: {ask:?}");
        }
        from.asks(to, authority).is_empty()
    })
}

#[test]
fn every_edge_is_some_actions_that_writes_its_record() {
    assert_eq!(closed(LeadState::ALL, Record::Lead), [""; 0]);
    let plain = |edges: Vec<String>| edges.into_iter().filter(|edge| !edge.ends_with('*')).collect::<Vec<_>>();
    assert_eq!(plain(closed(CustomerState::ALL, Record::Customer)), [""; 0]);
    assert_eq!(plain(closed(ContractState::ALL, Record::Contract)), [""; 0]);
    assert_eq!(plain(closed(Stage::ALL, Record::Opportunity)), [""; 0]);
    assert_eq!(plain(closed(CfdiState::ALL, Record::Invoice)), [""; 0]);
    let proposals = plain(closed(ProposalState::ALL, Record::Proposal));
    assert_eq!(proposals, ["pending_approval>approved", "approved>approved"], "nobody approves yet");
}

#[test]
fn an_authority_is_finance_and_speaks_of_leads_and_invoices_alone() {
    let by_authority = |edges: Vec<String>| edges.into_iter().filter(|edge| edge.ends_with('*')).count();
    for role in Role::ALL {
        let mut all = Vec::new();
        for scope in Scope::all(2) {
            all.extend(taken(CustomerState::ALL, role, scope, None));
            all.extend(taken(ContractState::ALL, role, scope, None));
            all.extend(taken(Stage::ALL, role, scope, None));
            all.extend(taken(ProposalState::ALL, role, scope, None));
        }
        assert_eq!(by_authority(all), 0, "{role}");
        let leads = by_authority(taken(LeadState::ALL, role, Scope::Sales(1), None));
        let invoices = by_authority(taken(CfdiState::ALL, role, Scope::Finance, None));
        assert_eq!(leads > 0 && invoices > 0, role == Role::Finanzas, "{role}: {leads}, {invoices}");
        assert_eq!(leads + invoices > 0, role == Role::Finanzas, "{role}: {leads}, {invoices}");
    }
}

#[test]
fn who_takes_which_step_is_the_matrix_of_actions() {
    let lead = |role, owner| taken(LeadState::ALL, role, Scope::Sales(1), owner);
    let (own, anothers) = (lead(Role::Ventas, Some(ANA)), lead(Role::Ventas, Some(LUIS)));
    assert!(own.contains(&"working>qualified".to_owned()) && own.contains(&"qualified>converted".to_owned()));
    assert_eq!(lead(Role::Ventas, None), own, "what nobody owns is anybody's");
    let touches =
        ["new>new", "new>assigned", "assigned>new", "assigned>assigned", "assigned>working", "working>working"];
    assert_eq!(
        anothers.iter().filter(|edge| !touches.contains(&edge.as_str())).collect::<Vec<_>>(),
        ["nurturing>working"]
    );
    assert_eq!(lead(Role::Gerencia, Some(LUIS)), own);
    let finance = lead(Role::Finanzas, Some(LUIS));
    assert!(finance.contains(&"qualified>converted".to_owned()) && !finance.contains(&"working>qualified".to_owned()));
    assert_eq!(lead(Role::Administracion, None), [""; 0]);

    let deal = |role, owner| taken(Stage::ALL, role, Scope::Sales(1), owner);
    assert!(deal(Role::Gerencia, Some(LUIS)).contains(&"perdida>negociacion".to_owned()));
    assert!(!deal(Role::Ventas, Some(ANA)).contains(&"perdida>negociacion".to_owned()), "reopening is a manager's");
    assert!(
        deal(Role::Ventas, Some(LUIS)).iter().all(|edge| edge.ends_with(">ganada") && !edge.starts_with("perdida"))
    );
    assert_eq!(deal(Role::Finanzas, None), [""; 0]);

    for role in Role::ALL.into_iter().filter(|role| *role != Role::Finanzas) {
        for scope in Scope::all(2) {
            assert_eq!(taken(CfdiState::ALL, role, scope, None), [""; 0], "{role} {scope}");
            assert_eq!(taken(ContractState::ALL, role, scope, None), [""; 0], "{role} {scope}");
        }
    }
    let signed =
        |owner| taken(ProposalState::ALL, Role::Ventas, Scope::Sales(1), owner).contains(&"sent>accepted".to_owned());
    assert!(signed(Some(ANA)) && !signed(Some(LUIS)));
}

#[test]
fn no_role_steps_where_it_does_not_write() {
    for role in Role::ALL {
        for scope in Scope::all(2).into_iter().filter(|scope| !role.writes(*scope, 1)) {
            assert_eq!(taken(LeadState::ALL, role, scope, None), [""; 0], "{role} {scope}");
            assert_eq!(taken(ProposalState::ALL, role, scope, None), [""; 0], "{role} {scope}");
            assert_eq!(taken(CfdiState::ALL, role, scope, None), [""; 0], "{role} {scope}");
        }
    }
}

#[test]
fn a_step_by_another_or_under_another_key_is_forged_whatever_the_roles() {
    let everything = Actor { roles: BTreeSet::from(Role::ALL), ..ana(Role::Ventas) };
    let object = Object::in_scope(Scope::Sales(1));
    let good = step(LeadState::Working, LeadState::Qualified, false);
    assert_eq!(judge(&everything, KEY, &good, &object), Ok(()));
    assert_eq!(judge(&everything, KEY, &Transition { by: LUIS, ..good.clone() }, &object), Err(Illegal::Forged));
    assert_eq!(judge(&everything, TransitionId(Uuid::from_u128(8)), &good, &object), Err(Illegal::Forged));
}
