//! What was changed apart and only a person can decide: which fields ask, and between which states.
//!
//! Most edits merge by themselves. Money, tax, whose record it is and what an invoice is issued by do not: a clock must
//! not choose between two prices. Where two states stand side by side the fold chooses, and who lost is told.

use std::collections::BTreeMap;

use thiserror::Error;

use super::id::{PersonId, TransitionId};
use super::transition::{Act, StateMachine, Transition, fold};

/// The field of a conflict between states.
pub const STATE: &str = "transitions";

/// Fields that ask, by kind of record; `*` stands for an id. A field of an item names the way to it.
const FIELDS: &[(&str, &[&str])] = &[
    ("lead", &["estimated_amount", "owner", "postal_code", "rfc"]),
    // The tax id that counts is the profile's.
    ("customer", &["currency", "fiscal_profile", "owner"]),
    ("contract", &["mrr", "value"]),
    ("opportunity", &["amount", "mrr", "owner"]),
    ("product", &["cost", "list_price", "price_breaks", "tax"]),
    (
        "proposal",
        &[
            "currency",
            "owner",
            "versions/*/content/custom_fx_rate",
            "versions/*/content/document_discount",
            "versions/*/content/lines/*/discount",
            "versions/*/content/lines/*/quantity",
            "versions/*/content/lines/*/tax",
            "versions/*/content/lines/*/unit_price",
            "versions/*/content/valid_until",
        ],
    ),
    (
        "invoice",
        &["document_discount", "lines/*/discount", "lines/*/quantity", "lines/*/tax", "lines/*/unit_price", "receptor"],
    ),
];

/// Whether a person must decide between two values of this field of this kind of record.
pub fn asks(kind: &str, field: &str) -> bool {
    let fields = FIELDS.iter().find(|(of, _)| *of == kind).map_or(&[][..], |(_, fields)| fields);
    fields.iter().any(|pattern| fits(pattern, field))
}

/// Whether states of this kind of record ask. An invoice's are what the relay and the SAT have seen: receipts decide.
pub fn states_ask(kind: &str) -> bool {
    matches!(kind, "lead" | "customer" | "contract" | "opportunity" | "proposal")
}

fn fits(pattern: &str, field: &str) -> bool {
    let (mut parts, mut segments) = (pattern.split('/'), field.split('/'));
    loop {
        match (parts.next(), segments.next()) {
            (None, None) => return true,
            (Some(part), Some(segment)) if part == "*" || part == segment => {}
            _ => return false,
        }
    }
}

/// One of several states that stand side by side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContestSide {
    /// The transition that brought it.
    pub transition: TransitionId,
    /// The state its author saw.
    pub from: &'static str,
    /// The state.
    pub to: &'static str,
    /// The author.
    pub by: PersonId,
    /// Unix milliseconds of the author's clock.
    pub at: i64,
    /// Why, where one was given.
    pub reason: Option<String>,
    /// It is the one that is shown.
    pub shown: bool,
    /// The machine has a way to it from the one that is shown.
    pub may: bool,
}

/// The states that stand side by side, the one that is shown first; `None` where one holds and none has lost.
pub fn contest<S: StateMachine>(transitions: &BTreeMap<TransitionId, Transition<S>>) -> Option<Vec<ContestSide>> {
    let folded = fold(transitions.values());
    if folded.losers.is_empty() {
        return None;
    }
    let winner = folded.state();
    let mut sides: Vec<ContestSide> = Vec::new();
    for head in folded.heads.iter().filter_map(|id| transitions.get(id)) {
        if sides.iter().any(|side| side.to == head.to.name()) {
            continue;
        }
        sides.push(ContestSide {
            transition: head.id,
            from: head.from.name(),
            to: head.to.name(),
            by: head.by,
            at: head.hlc.millis,
            reason: head.reason.clone(),
            shown: head.to == winner,
            may: winner.allows(head.to),
        });
    }
    Some(sides)
}

/// Decides that the state of `chosen` holds. It comes after all that stand side by side, so that none is left; choosing
/// the one that is shown confirms it.
///
/// # Errors
/// [`ConflictError::Gone`] where that transition stands no more; [`ConflictError::NoWay`] where the machine has no way
/// back to it.
pub fn settle<S: StateMachine>(
    transitions: &BTreeMap<TransitionId, Transition<S>>,
    chosen: TransitionId,
    act: &Act,
) -> Result<Transition<S>, ConflictError> {
    let folded = fold(transitions.values());
    let chosen = folded.heads.iter().find(|id| **id == chosen).and_then(|id| transitions.get(id));
    let to = chosen.ok_or(ConflictError::Gone)?.to;
    if folded.state().allows(to) { Ok(Transition::record(&folded, to, act, None)) } else { Err(ConflictError::NoWay) }
}

/// Why a conflict cannot be settled that way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ConflictError {
    /// Somebody settled it, here or elsewhere.
    #[error("nothing stands side by side here any more")]
    Gone,
    /// The state that holds does not lead back to the chosen one.
    #[error("the state that holds does not lead to that one")]
    NoWay,
}

impl ConflictError {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Gone => "conflict.gone",
            Self::NoWay => "conflict.no_way",
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::lead::LeadState;
    use crate::lead::opportunity::Stage;
    use crate::shared::{DeviceId, Hlc};

    fn act(number: u128) -> Act {
        let hlc = Hlc { millis: i64::try_from(number).unwrap(), counter: 0, device: DeviceId(Uuid::from_u128(9)) };
        Act {
            transition: TransitionId(Uuid::from_u128(number)),
            hlc,
            by: PersonId(Uuid::from_u128(number)),
            at: jiff::Timestamp::UNIX_EPOCH,
            today: jiff::civil::date(2026, 9, 21),
        }
    }

    fn apart<S: StateMachine>(from: &[S], left: S, right: S) -> BTreeMap<TransitionId, Transition<S>> {
        let mut all = BTreeMap::new();
        for (number, to) in (1..).zip(from) {
            let step = Transition::record(&fold(all.values()), *to, &act(number), None);
            all.insert(step.id, step);
        }
        let seen = fold(all.values());
        for (number, to) in [(10, left), (11, right)] {
            let step = Transition::record(&seen, to, &act(number), None);
            all.insert(step.id, step);
        }
        all
    }

    #[test]
    fn money_tax_owner_and_what_an_invoice_needs_ask_and_names_do_not() {
        for (kind, field) in [
            ("lead", "postal_code"),
            ("customer", "fiscal_profile"),
            ("opportunity", "amount"),
            ("product", "tax"),
            ("proposal", "versions/v/content/lines/l/unit_price"),
            ("invoice", "lines/l/discount"),
        ] {
            assert!(asks(kind, field), "{kind} {field}");
        }
        for (kind, field) in [
            ("lead", "city"),
            ("lead", "notes"),
            ("proposal", "versions/v/content/notes"),
            ("proposal", "versions/v/content/lines/l/unit_price/more"),
            ("nothing", "amount"),
        ] {
            assert!(!asks(kind, field), "{kind} {field}");
        }
    }

    #[test]
    fn of_two_stages_set_apart_either_may_hold_and_then_nothing_is_left_to_decide() {
        let moves = apart(&[Stage::Calificacion], Stage::Propuesta, Stage::Negociacion);
        let sides = contest(&moves).unwrap();
        let shown: Vec<_> = sides.iter().map(|side| (side.to, side.shown, side.may)).collect();
        assert_eq!(shown, [("negociacion", true, true), ("propuesta", false, true)]);
        for side in &sides {
            let mut settled = moves.clone();
            let step = settle(&moves, side.transition, &act(20)).unwrap();
            settled.insert(step.id, step);
            assert_eq!(fold(settled.values()).state().name(), side.to);
            assert_eq!(contest(&settled), None, "{}", side.to);
            assert_eq!(settle(&settled, side.transition, &act(21)), Err(ConflictError::Gone));
        }
    }

    #[test]
    fn one_state_set_by_two_is_no_conflict() {
        assert_eq!(contest(&apart(&[Stage::Calificacion], Stage::Propuesta, Stage::Propuesta)), None);
    }

    #[test]
    fn what_was_converted_is_confirmed_or_nothing() {
        use LeadState::{Assigned, Converted, Disqualified, Qualified, Working};
        let moves = apart(&[Assigned, Working, Qualified], Converted, Disqualified);
        let sides = contest(&moves).unwrap();
        assert_eq!(sides.iter().map(|side| side.may).collect::<Vec<_>>(), [true, false]);
        assert_eq!(settle(&moves, sides[1].transition, &act(20)), Err(ConflictError::NoWay));
        assert_eq!(settle(&moves, sides[0].transition, &act(20)).unwrap().to, Converted);
    }
}
