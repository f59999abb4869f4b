//! Content that is too much for one change, in steps that are not: what a change may hold is a rule for everybody.

use super::Content;
use super::content::Scalar;

/// What one step may add, in bytes as a change writes them: well below what a change may hold.
const STEP: usize = 40 << 10;
/// What an entry weighs besides its key and its value.
const ENTRY: usize = 16;
/// What a byte of a text that merges weighs: a letter is an operation of its own.
const LETTER: usize = 4;

/// A part of what one content says and another does not.
enum Part<'t> {
    Root(&'t str, &'t Scalar),
    Item(&'static str, &'t str, &'t Scalar),
    /// A text as far as this.
    Text(&'static str, &'t str),
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
            Part::Text(name, text) => drop(reached.texts.insert(name, text.to_owned())),
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
        // a text goes on from what is the same at its beginning
        let held = from.texts.get(name).map_or("", String::as_str);
        let same = held.chars().zip(wanted.chars()).take_while(|(old, new)| old == new);
        let mut end: usize = same.map(|(letter, _)| letter.len_utf8()).sum();
        while end < wanted.len() {
            let next = wanted.ceil_char_boundary(end + STEP / LETTER / 2);
            take((next - end) * LETTER, Part::Text(name, &wanted[..next]));
            end = next;
        }
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
