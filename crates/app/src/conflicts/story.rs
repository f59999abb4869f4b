//! Conflicts as people tell them: who did what, and from where.

use rust_decimal::Decimal;
use zuc_documents::numbers;
use zuc_domain::shared::conflict::STATE;
use zuc_ipc::{conflict::ConflictRow, words};
use zuc_store::ConflictRow as Stored;

/// The headline.
pub(super) fn question(stored: &Stored, row: &ConflictRow) -> String {
    match stored.field.as_str() {
        STATE => words::fill("conflict.ask_state", &[("title", &row.title)]),
        "amount" | "estimated_amount" | "value" | "list_price" => {
            words::fill("conflict.ask_amount", &[("title", &row.title)])
        }
        "owner" => words::fill("conflict.ask_owner", &[("title", &row.title)]),
        _ => words::fill("conflict.ask_field", &[("title", &row.title), ("what", &row.what)]),
    }
}

/// `Ana bajó 8 %`, or what somebody put where it cannot be measured.
pub(super) fn clause(who: &str, mine: bool, moved: Option<(Decimal, Decimal)>, text: &str) -> String {
    match moved.and_then(|(from, to)| Some((percent(from, to)?, to < from))) {
        Some((by, true)) if mine => words::fill("conflict.you_lowered", &[("percent", &by)]),
        Some((by, false)) if mine => words::fill("conflict.you_raised", &[("percent", &by)]),
        Some((by, true)) => words::fill("conflict.they_lowered", &[("who", &who), ("percent", &by)]),
        Some((by, false)) => words::fill("conflict.they_raised", &[("who", &who), ("percent", &by)]),
        None => set(who, mine, text),
    }
}

/// `Ana puso X`.
pub(super) fn set(who: &str, mine: bool, text: &str) -> String {
    let text = if text.is_empty() { words::say("conflict.nothing") } else { text };
    if mine {
        words::fill("conflict.you_set", &[("text", &text)])
    } else {
        words::fill("conflict.they_set", &[("who", &who), ("text", &text)])
    }
}

/// The whole sentence; `base` is what the field said before, or empty.
pub(super) fn told(clauses: &[String], base: &str) -> String {
    let sides = clauses.join("; ");
    if base.is_empty() {
        words::fill("conflict.story", &[("sides", &sides)])
    } else {
        words::fill("conflict.story_from", &[("sides", &sides), ("base", &base)])
    }
}

/// `Ana, Luis y tú`.
pub(super) fn list(names: &[String]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => words::fill("conflict.and", &[("others", &others.join(", ")), ("last", last)]),
    }
}

/// By how much, to a tenth; `None` where it is not measured from nothing, or did not move.
fn percent(from: Decimal, to: Decimal) -> Option<String> {
    if from.is_zero() || from == to {
        return None;
    }
    let by = (to - from).checked_mul(Decimal::ONE_HUNDRED)?.checked_div(from)?.abs().round_dp(1);
    (!by.is_zero()).then(|| numbers::percent(by))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(from: &str, to: &str) -> (Decimal, Decimal) {
        (from.parse().unwrap(), to.parse().unwrap())
    }

    #[test]
    fn what_was_raised_and_lowered_is_told_in_percent() {
        let ana = clause("Ana", false, Some(moved("1000", "920")), "$920.00");
        let mine = clause("", true, Some(moved("1000", "1030")), "$1,030.00");
        assert_eq!(
            told(&[ana, mine], "$1,000.00"),
            "Ninguno vio el cambio del otro: Ana lo bajó 8 %; tú lo subiste 3 %. Antes decía $1,000.00."
        );
        assert_eq!(clause("Ana", false, Some(moved("0", "920")), "$920.00"), "Ana puso $920.00");
        assert_eq!(clause("", true, None, ""), "tú pusiste nada");
    }

    #[test]
    fn whoever_reads_stands_last() {
        let names = |all: &[&str]| list(&all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(names(&["Ana", "tú"]), "Ana y tú");
        assert_eq!(names(&["Ana", "Luis", "tú"]), "Ana, Luis y tú");
        assert_eq!((names(&["Ana"]), names(&[])), ("Ana".to_owned(), String::new()));
    }
}
