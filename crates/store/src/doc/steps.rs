//! Content that is too much for one change, in steps that are not: what a change may hold is a rule for everybody.

use super::Content;
use super::content::Scalar;

/// What one step may add, in bytes as a change writes them: well below what a change may hold.
const STEP: usize = 40 << 10;
/// What an entry weighs besides its key and its value.
const ENTRY: usize = 16;
/// Bytes of a text that come or go together.
const PIECE: usize = STEP / LETTER / 2;
/// What a byte of a text that merges weighs: a letter is an operation of its own.
const LETTER: usize = 4;

/// A part of what one content says and another does not.
enum Part<'t> {
    Root(&'t str, &'t Scalar),
    Item(&'static str, &'t str, &'t Scalar),
    /// A text on its way.
    Text(&'static str, String),
}

/// From one content to another: each step holds what the one before it does, and more of what is missing. The target
/// itself comes after the last one and is not among them, so that what is small, as nearly everything is, has none.
pub(super) fn between(from: &Content, target: &Content) -> Vec<Content> {
    let mut all = 0;
    each_part(from, target, |weight, _| all += weight);
    if all <= STEP {
        return Vec::new();
    }
    let (mut steps, mut reached, mut weight) = (Vec::new(), from.clone(), 0);
    each_part(from, target, |part_weight, part| {
        if weight > 0 && weight + part_weight > STEP {
            steps.push(reached.clone());
            weight = 0;
        }
        weight += part_weight;
        match part {
            Part::Root(key, value) => drop(reached.root.insert(key.to_owned(), value.clone())),
            Part::Item(map, key, value) => drop(reached.map(map).insert(key.to_owned(), value.clone())),
            Part::Text(name, text) => drop(reached.texts.insert(name, text)),
        }
    });
    steps
}

fn each_part<'t>(from: &Content, target: &'t Content, mut take: impl FnMut(usize, Part<'t>)) {
    for (key, value) in target.root.iter().filter(|(key, value)| from.root.get(*key) != Some(*value)) {
        take(weight(key, value), Part::Root(key, value));
    }
    for (name, wanted) in &target.maps {
        let held = from.maps.get(name);
        let differs = |key: &str, value: &Scalar| held.and_then(|held| held.get(key)) != Some(value);
        for (key, value) in wanted.iter().filter(|(key, value)| differs(key, value)) {
            take(weight(key, value), Part::Item(name, key, value));
        }
    }
    for (name, wanted) in &target.texts {
        each_text(from.texts.get(name).map_or("", String::as_str), wanted, |weight, text| {
            take(weight, Part::Text(name, text));
        });
    }
}

/// The ways of a text: what is the same at both ends stays, of what is between them the old goes first and the new comes
/// then, a piece at a time. Letters that stay keep what others do to them.
fn each_text(old: &str, new: &str, mut take: impl FnMut(usize, String)) {
    let same = |(old, new): &(char, char)| old == new;
    let begin: usize = old.chars().zip(new.chars()).take_while(same).map(|(letter, _)| letter.len_utf8()).sum();
    let ends = old[begin..].chars().rev().zip(new[begin..].chars().rev());
    let end: usize = ends.take_while(same).map(|(letter, _)| letter.len_utf8()).sum();
    let (head, tail) = (&new[..begin], &new[new.len() - end..]);
    let (goes, comes) = (&old[begin..old.len() - end], &new[begin..new.len() - end]);
    let mut left = goes.len();
    while left > 0 {
        let next = goes.floor_char_boundary(left.saturating_sub(PIECE));
        take((left - next) * LETTER, [head, &goes[..next], tail].concat());
        left = next;
    }
    let mut there = 0;
    while there < comes.len() {
        let next = comes.ceil_char_boundary(there + PIECE);
        take((next - there) * LETTER, [head, &comes[..next], tail].concat());
        there = next;
    }
}

fn weight(key: &str, value: &Scalar) -> usize {
    let value = match value {
        Scalar::Text(text) => text.len(),
        Scalar::Bytes(bytes) => bytes.len(),
        Scalar::Null | Scalar::Bool(_) | Scalar::Int(_) => 0,
    };
    ENTRY + key.len() + value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(old: &str, new: &str) -> Vec<String> {
        let mut ways = Vec::new();
        each_text(old, new, |_, text| ways.push(text));
        ways
    }

    #[test]
    fn a_letter_at_the_beginning_moves_nothing_behind_it() {
        let old = "ñandú ".repeat(10_000);
        assert_eq!(ways(&old, &format!("¡{old}")), [format!("¡{old}")]);
    }

    #[test]
    fn what_goes_is_gone_before_what_comes_and_the_ends_stay_throughout() {
        let (old, new) = ("é".repeat(8_000), "ü".repeat(7_000));
        let ways = ways(&format!("al principio {old} al final"), &format!("al principio {new} al final"));
        assert!(
            ways.len() > 4 && ways.iter().all(|way| way.starts_with("al principio ") && way.ends_with(" al final"))
        );
        assert!(ways.iter().all(|way| !(way.contains('é') && way.contains('ü'))));
        assert_eq!(ways.last(), Some(&format!("al principio {new} al final")));
    }

    #[test]
    fn a_text_that_repeats_itself_is_not_counted_at_both_ends() {
        assert_eq!(ways("aaa", "aa"), ["aa"]);
        assert_eq!(ways("aa", "aaaa"), ["aaaa"]);
        assert_eq!(ways("", "").len(), 0);
    }
}
