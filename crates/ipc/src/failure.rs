//! A refusal, as it crosses the border.

use std::{collections::BTreeMap, sync::OnceLock};

use serde::{Deserialize, Serialize};

/// Why a command did nothing. Nothing was changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable code, `area.reason`; the key of its Spanish sentence.
    pub code: String,
    /// What happened, in English, for the folded detail; holds nothing personal.
    #[serde(default)]
    pub detail: String,
    /// The field it points to, as the command names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What to do next, in Spanish, when it depends on the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Failure {
    /// A failure that carries a code and a detail only.
    pub fn new(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code: code.into(), detail: detail.into(), field: None, hint: None }
    }

    /// The same failure, pointing to `field`.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same failure, with a Spanish `hint`.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The Spanish sentence of this failure; the hint where there is one and the code has none.
    pub fn sentence(&self) -> String {
        match (sentence(&self.code), &self.hint) {
            (Some(sentence), Some(hint)) if !hint.is_empty() => format!("{sentence} {hint}"),
            (Some(sentence), _) => sentence.to_owned(),
            (None, Some(hint)) => hint.clone(),
            (None, None) => sentence("app.internal").unwrap_or_default().to_owned(),
        }
    }
}

/// The Spanish sentence of a code, from `messages.es-MX.json`; `None` for a code it does not hold.
pub fn sentence(code: &str) -> Option<&'static str> {
    static MESSAGES: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    MESSAGES
        .get_or_init(|| serde_json::from_str(include_str!("../messages.es-MX.json")).expect("checked by a test"))
        .get(code)
        .map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_says_something_and_ends_like_one() {
        let messages: BTreeMap<String, String> =
            serde_json::from_str(include_str!("../messages.es-MX.json")).expect("the file is JSON");
        assert!(!messages.is_empty());
        for (code, text) in messages {
            assert!(code.contains('.'), "{code} is not area.reason");
            assert!(text.ends_with('.') && text.chars().next().is_some_and(|c| !c.is_lowercase()), "{code}: {text}");
        }
    }

    #[test]
    fn a_code_without_a_sentence_still_tells_the_user_that_nothing_was_lost() {
        assert_eq!(Failure::new("no.such", "x").sentence(), sentence("app.internal").expect("there"));
    }
}
