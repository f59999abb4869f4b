//! Every stable code that can reach a person has its Spanish sentence.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Rooms whose codes reach a person: on screen, in the terminal, or through the relay's answers.
const ROOMS: &[&str] = &[
    "crates/domain/src",
    "crates/cfdi/src",
    "crates/documents/src",
    "crates/protocol/src",
    "crates/sync/src",
    "crates/store/src",
    "crates/app/src",
    "crates/gateways/src",
    "crates/relay-store/src",
    "crates/relay-postgres/src",
    "crates/relay-sqlite/src",
    "crates/relay/src",
    "crates/cli/src",
    "src-tauri",
];

/// Calls and fields that take a code first.
const TAKERS: &[&str] = &[
    "AppError::new(",
    "Failure::new(",
    "NoAnswer::new(",
    "Refused(",
    "Human(",
    "End(",
    "Self::new(",
    "self.does_not_fit(scope, ",
    "quarantine(",
    "nobody(",
    "Gap(",
    "code: ",
    "failed = Some(",
    "broken = Some(",
    "alarm = Some(",
    "error = Some(",
    "then_some(",
    "add(\"rfc\", ",
    "add(\"legal_name\", ",
    "add(\"domicilio_cp\", ",
    "add(\"regimen_fiscal\", ",
    "add(\"uso_cfdi\", ",
];

/// Codes that no person meets, and why.
const INTERNAL: &[(&str, &str)] = &[
    ("hlc.invalid", "a time of the log, never typed"),
    ("order_key.invalid", "a place among the lines, never typed"),
    ("scope.invalid", "a scope's name, never typed"),
];

/// Begins the codes of failures that a test asks for by name.
const ASKED_FOR: &str = "test.";

/// Codes made of what was found, and the sentences they may become.
const MADE: &[(&str, &[&str])] = &[
    (
        "lead.bad_{name}",
        &["lead.bad_email", "lead.bad_phone", "lead.bad_rfc", "lead.bad_postal_code", "lead.bad_company_size"],
    ),
    ("verify.differs: {scope}", &["verify.differs"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("testkit lies in crates/").to_owned()
}

fn sentences() -> BTreeMap<String, String> {
    let text = fs::read_to_string(root().join("crates/ipc/messages.es-MX.json")).expect("the sentences are there");
    serde_json::from_str(&text).expect("the file is JSON")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the room is there") {
        let path = entry.expect("readable").path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") && !stem.ends_with("tests") {
            found.push(path);
        }
    }
}

/// A source without its comments and without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("UTF-8");
    let body = text.split("#[cfg(test)]").next().unwrap_or_default();
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The literal that `text` begins with, when it is a code: `area.reason`.
fn literal(text: &str) -> Option<&str> {
    let inner = text.trim_start().strip_prefix('"')?;
    let word = &inner[..inner.find('"')?];
    is_code(word).then_some(word)
}

fn is_code(word: &str) -> bool {
    let mut parts = word.split('.');
    let area = parts.next().is_some_and(|area| area.starts_with(|c: char| c.is_ascii_lowercase()));
    let reasons: Vec<&str> = parts.collect();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
    area && !reasons.is_empty() && reasons.iter().all(|reason| !reason.is_empty()) && word.chars().all(plain)
}

/// Literals in the bodies of functions that give a code.
fn given(source: &str, found: &mut BTreeSet<String>) {
    for (start, _) in source.match_indices("fn code(").chain(source.match_indices("fn stable_code(")) {
        let Some(open) = source[start..].find('{') else { continue };
        let mut depth = 0_usize;
        let body = &source[start + open..];
        let end = body.char_indices().find_map(|(at, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            (depth == 0).then_some(at)
        });
        let body = &body[..end.unwrap_or(body.len())];
        found.extend(body.match_indices('"').filter_map(|(at, _)| literal(&body[at..])).map(str::to_owned));
    }
}

/// Literals that calls take as their code, also behind `if … {` and `else {`.
fn taken(source: &str, found: &mut BTreeSet<String>) {
    for taker in TAKERS {
        for (at, _) in source.match_indices(taker) {
            let after = &source[at + taker.len()..];
            if let Some(word) = literal(after) {
                found.insert(word.to_owned());
            } else if after.starts_with("if ") {
                let line = after.lines().next().unwrap_or_default();
                found.extend(
                    line.match_indices("{ \"").filter_map(|(at, _)| literal(&line[at + 2..])).map(str::to_owned),
                );
            }
        }
    }
}

fn codes() -> BTreeMap<String, PathBuf> {
    let mut codes = BTreeMap::new();
    for room in ROOMS {
        let mut files = Vec::new();
        sources(&root().join(room), &mut files);
        assert!(!files.is_empty(), "{room} has no sources");
        for file in files {
            // the suite of makers of the log refuses on purpose, with the makers' codes
            if file.components().any(|part| part.as_os_str() == "conformance") {
                continue;
            }
            let source = code(&file);
            let mut found = BTreeSet::new();
            given(&source, &mut found);
            taken(&source, &mut found);
            for word in found {
                codes.entry(word).or_insert_with(|| file.clone());
            }
        }
    }
    codes
}

#[test]
fn every_code_has_its_sentence() {
    let sentences = sentences();
    let internal: BTreeSet<&str> = INTERNAL.iter().map(|(code, _)| *code).collect();
    let wrong: Vec<String> = codes()
        .into_iter()
        .filter(|(code, _)| !code.starts_with(ASKED_FOR))
        .filter(|(code, _)| !sentences.contains_key(code) && !internal.contains(code.as_str()))
        .map(|(code, file)| format!("{code} in {} has no sentence", file.display()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn codes_made_of_names_have_their_sentences() {
    let sentences = sentences();
    for (pattern, made) in MADE {
        for code in *made {
            assert!(sentences.contains_key(*code), "{code}, made by {pattern}, has no sentence");
        }
    }
}

#[test]
fn an_exception_is_a_code_that_exists_and_has_no_sentence() {
    let (codes, sentences) = (codes(), sentences());
    for (code, why) in INTERNAL {
        assert!(codes.contains_key(*code), "{code} ({why}) is no longer given");
        assert!(!sentences.contains_key(*code), "{code} has a sentence after all");
    }
}

#[test]
fn sentences_speak_calmly_and_to_one_person() {
    for (code, text) in sentences() {
        let lower = text.to_lowercase();
        for word in ["por favor", "usted", "error", "!", "inválid", "debiste", "tu culpa"] {
            assert!(!lower.contains(word), "{code} says `{word}`: {text}");
        }
        assert!(text.ends_with('.'), "{code} does not end with a full stop: {text}");
    }
}

#[test]
fn codes_are_found_where_they_are_given_and_taken() {
    let source = r#"
        fn code(&self) -> &str { match self { Self::A { .. } => "area.one", Self::B => "x" } }
        fn kind() -> &str { "lead.created" }
        fn f() { Err(AppError::new("area.two", "words.of detail")) }
        fn g() { NoAnswer::new(if late { "area.three" } else { "area.four" }) }
    "#;
    let mut found = BTreeSet::new();
    given(source, &mut found);
    taken(source, &mut found);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["area.four", "area.one", "area.three", "area.two"]);
}
