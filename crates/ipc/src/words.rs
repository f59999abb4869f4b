//! What the shell says in Spanish that is no refusal: toasts, steps, labels, lines of the exchange.
//!
//! The words stand in `words.es-MX.json`. A key is written where it is said: `crates/testkit/tests/architecture`
//! reads every call and holds keys, values and file to each other, so that none of these can miss.

use std::{collections::BTreeMap, fmt::Display, sync::OnceLock};

/// What has a place in a text, by the place's name.
pub type Values<'a> = &'a [(&'a str, &'a dyn Display)];

/// The words of `key`.
pub fn say(key: &'static str) -> &'static str {
    words().get(key).map_or(key, String::as_str)
}

/// The words of `key`, with `values` in their places.
pub fn fill(key: &'static str, values: Values<'_>) -> String {
    filled(say(key), values)
}

/// The words of `key_one` or `key_other`, with the number in the place `{count}` and `values` in theirs.
pub fn count(key: &str, count: u64, values: Values<'_>) -> String {
    let form = format!("{key}_{}", if count == 1 { "one" } else { "other" });
    let values: Vec<_> = values.iter().copied().chain([("count", &count as &dyn Display)]).collect();
    filled(words().get(&form).unwrap_or(&form), &values)
}

fn words() -> &'static BTreeMap<String, String> {
    static WORDS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    WORDS.get_or_init(|| serde_json::from_str(include_str!("../words.es-MX.json")).expect("checked by a test"))
}

/// In one pass from the left: what a person typed may hold braces of its own.
fn filled(text: &str, values: Values<'_>) -> String {
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or(("", part));
        if let Some((_, value)) = values.iter().find(|(place, _)| *place == name) {
            filled.push_str(&value.to_string());
        }
        filled.push_str(rest);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_in_its_place_and_is_not_read_again() {
        let values: Values<'_> = &[("label", &"{why}"), ("why", &"no")];
        assert_eq!(filled("Factura {label}: {why}.", values), "Factura {why}: no.");
    }

    #[test]
    fn one_is_said_otherwise_than_none_or_many() {
        let said = [0, 1, 2].map(|many| count("import.done", many, &[]));
        assert_eq!(said, ["0 prospectos importados", "1 prospecto importado", "2 prospectos importados"]);
    }

    #[test]
    fn every_word_says_something_and_stands_once_in_its_order() {
        let lines: Vec<&str> =
            include_str!("../words.es-MX.json").lines().filter(|line| line.contains("\": ")).collect();
        assert_eq!(lines.len(), words().len(), "a key stands twice");
        assert!(lines.is_sorted_by_key(|line| line.split('"').nth(1)), "the keys are sorted");
        for (key, text) in words() {
            assert!(key.contains('.') && !text.trim().is_empty(), "{key}: {text}");
            assert_eq!(text.matches('{').count(), text.matches('}').count(), "{key}: {text}");
        }
    }

    #[test]
    fn words_speak_calmly_and_to_one_person() {
        for (key, text) in words() {
            let lower = text.to_lowercase();
            for word in ["por favor", "usted", "error", "!", "inválid"] {
                assert!(!lower.contains(word), "{key} says `{word}`: {text}");
            }
        }
    }
}
