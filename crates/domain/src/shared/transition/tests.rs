//! The fold: any order, any repetition, one result.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::lead::LeadState::{self, Assigned, Converted, Disqualified, New, Nurturing, Qualified, Working};
use crate::lead::opportunity::Stage;
use crate::shared::DeviceId;

fn id(number: u128) -> TransitionId {
    TransitionId(Uuid::from_u128(number))
}

fn step<S: StateMachine>(number: u128, from: S, to: S, causes: Option<&[u128]>) -> Transition<S> {
    Transition {
        id: id(number),
        from,
        to,
        hlc: Hlc { millis: i64::try_from(number).unwrap(), counter: 0, device: DeviceId(Uuid::from_u128(1)) },
        by: PersonId(Uuid::from_u128(1)),
        reason: None,
        causes: causes.map(|causes| causes.iter().copied().map(id).collect()),
        authority: false,
    }
}

#[test]
fn nothing_recorded_is_the_first_state() {
    let folded = fold::<LeadState>([]);
    assert_eq!((folded.verdict, folded.heads), (Verdict::Settled(New), vec![]));
}

#[test]
fn what_comes_after_wins_whatever_its_rank() {
    let history = [step(1, New, Disqualified, Some(&[])), step(2, Disqualified, Working, Some(&[1]))];
    assert_eq!(fold(&history).state(), Working);
}

#[test]
fn of_concurrent_steps_the_highest_rank_wins_and_the_loser_is_named() {
    let history = [
        step(1, New, Assigned, Some(&[])),
        step(2, Assigned, Working, Some(&[1])),
        step(3, Working, Qualified, Some(&[2])),
        step(4, Working, Nurturing, Some(&[2])),
    ];
    let folded = fold(&history);
    assert_eq!(folded.verdict, Verdict::Settled(Qualified));
    assert_eq!((folded.heads, folded.losers), (vec![id(3), id(4)], vec![id(4)]));
}

#[test]
fn every_pair_of_lead_states_is_decided_by_the_precedence_table() {
    let order = [New, Assigned, Working, Nurturing, Qualified, Disqualified, Converted];
    assert!(order.is_sorted_by_key(|state| state.rank()));
    assert_eq!(order.len(), LeadState::ALL.len());
}

#[test]
fn equal_ranks_are_told_apart_by_the_clock_in_the_record() {
    let early = step(1, New, Assigned, Some(&[]));
    let late = step(2, New, Assigned, Some(&[]));
    let folded = fold([&late, &early]);
    assert_eq!(folded.heads, vec![late.id, early.id]);
    assert_eq!(folded.losers, vec![], "both wanted the same");
}

#[test]
fn without_known_causes_every_step_is_concurrent() {
    let history = [step(1, New, Disqualified, None), step(2, Disqualified, Working, None)];
    assert_eq!(fold(&history).state(), Disqualified);
}

#[test]
fn the_sagas_compensation_outranks_even_a_conversion_it_did_not_see() {
    let converted = step(1, Qualified, Converted, None);
    let elsewhere = step(2, Qualified, Converted, None);
    let back = Transition { authority: true, ..step(3, Converted, Qualified, Some(&[1])) };
    assert_eq!(fold([&converted, &elsewhere, &back]).state(), Qualified);
    let after = step(4, Qualified, Nurturing, Some(&[3]));
    assert_eq!(fold([&converted, &elsewhere, &back, &after]).state(), Nurturing, "and so does what follows from it");
}

#[test]
fn an_edge_for_authorities_is_closed_to_everyone_else() {
    let converted = step(1, Qualified, Converted, None);
    let back = step(2, Converted, Qualified, Some(&[1]));
    let folded = fold([&converted, &back]);
    assert_eq!((folded.state(), folded.ignored), (Converted, vec![id(2)]));
}

#[test]
fn a_step_the_machine_does_not_know_stays_in_history_without_effect() {
    let jump = step(1, New, Qualified, Some(&[]));
    let forged = step(2, Qualified, Converted, Some(&[]));
    let folded = fold([&jump, &forged]);
    assert_eq!((folded.state(), folded.ignored), (New, vec![id(1), id(2)]));
}

#[test]
fn a_forged_circle_hides_nothing() {
    let honest = step(1, New, Assigned, Some(&[]));
    let left = step(2, Assigned, Working, Some(&[1, 3]));
    let right = step(3, Working, Disqualified, Some(&[2]));
    let folded = fold([&honest, &left, &right]);
    assert_eq!((folded.state(), folded.ignored), (Assigned, vec![id(2), id(3)]));
}

#[test]
fn won_here_and_lost_there_is_for_a_person_to_decide() {
    let won = step(1, Stage::Negociacion, Stage::Ganada, None);
    let lost = step(2, Stage::Negociacion, Stage::Perdida, None);
    let folded = fold([&won, &lost]);
    assert_eq!(folded.verdict, Verdict::NeedsReview(vec![Stage::Ganada, Stage::Perdida]));
    let decided = step(3, Stage::Ganada, Stage::Perdida, Some(&[1, 2]));
    assert_eq!(fold([&won, &lost, &decided]).verdict, Verdict::Settled(Stage::Perdida));
}

#[test]
fn the_same_id_with_other_content_is_settled_alike_everywhere() {
    let one = step(1, New, Assigned, Some(&[]));
    let other = step(1, New, Disqualified, Some(&[]));
    assert_eq!(fold([&one, &other]), fold([&other, &one]));
}

fn histories() -> impl Strategy<Value = Vec<Transition<LeadState>>> {
    let state = prop::sample::select(LeadState::ALL);
    let causes = prop::option::of(prop::collection::vec(1_u128..12, 0..3));
    let one = (1_u128..12, state.clone(), state, causes, any::<bool>());
    prop::collection::vec(one, 0..14).prop_map(|records| {
        let make = |(number, from, to, causes, authority): (u128, LeadState, LeadState, Option<Vec<u128>>, bool)| {
            Transition { authority, ..step(number, from, to, causes.as_deref()) }
        };
        records.into_iter().map(make).collect()
    })
}

/// Devices that only take the steps the machine offers, each seeing some of what is there.
fn honest_histories() -> impl Strategy<Value = Vec<Transition<LeadState>>> {
    prop::collection::vec((any::<u16>(), any::<prop::sample::Index>()), 0..14).prop_map(|choices| {
        let mut history: Vec<Transition<LeadState>> = Vec::new();
        for (number, (mask, pick)) in (1_u128..).zip(choices) {
            // What a device sees is closed under causes, as documents deliver it.
            let wanted = history.iter().enumerate().filter(|(index, _)| mask & (1 << index) != 0).map(|(_, t)| t.id);
            let all: BTreeMap<_, _> = history.iter().map(|t| (t.id, t)).collect();
            let seen: BTreeSet<TransitionId> =
                wanted.flat_map(|id| ancestors(id, &all).into_iter().chain([id])).collect();
            let folded = fold(history.iter().filter(|t| seen.contains(&t.id)));
            let next: Vec<LeadState> = LeadState::ALL.iter().copied().filter(|to| folded.state().allows(*to)).collect();
            let template = step(number, New, New, None);
            let act = Act {
                transition: template.id,
                hlc: template.hlc,
                by: template.by,
                at: Timestamp::UNIX_EPOCH,
                today: Date::constant(2026, 11, 24),
            };
            history.push(Transition::record(&folded, *pick.get(&next), &act, None));
        }
        history
    })
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_give_one_result(
        history in histories(),
        shuffled in any::<prop::sample::Index>(),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let expected = fold(&history);
        let mut other: Vec<_> = history.iter().rev().collect();
        if !other.is_empty() {
            let at = shuffled.index(other.len());
            other.rotate_left(at);
            other.extend(again.iter().map(|index| index.get(&history)));
        }
        prop_assert_eq!(fold(other), expected);
    }

    #[test]
    fn what_honest_devices_record_is_never_ignored_and_the_winner_outranks_every_other_head(history in honest_histories()) {
        let folded = fold(&history);
        prop_assert!(folded.ignored.is_empty());
        let rank = |id: &TransitionId| history.iter().find(|t| t.id == *id).unwrap().to.rank();
        for head in &folded.heads {
            prop_assert!(rank(head) <= folded.state().rank());
        }
    }
}
