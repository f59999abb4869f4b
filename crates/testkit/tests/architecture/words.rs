//! Words for people stand in the rooms of words: what the shell says in `crates/ipc/words.es-MX.json`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use crate::source::{Literal, Source, closing, root, shipped_sources};

/// Rooms that say words.
const SPEAKERS: &[&str] = &["crates/app/src", "crates/cli/src", "src-tauri"];

/// Rooms without a Spanish sentence of their own.
const WORDLESS: &[&str] = &["crates/app/src", "crates/domain/src", "src-tauri"];

/// Where Spanish stands that is not said to anyone, and why.
const SPANISH: &[(&str, &str)] = &[
    ("crates/app/src/sample_company.rs", "what the people of the sample company typed"),
    ("crates/app/src/import/currency.rs", "currencies as lists write them"),
    ("crates/app/src/import/headers.rs", "names of columns as lists write them"),
    ("crates/app/src/import/flags.rs", "yes and no as lists write them"),
    ("crates/domain/src/shared/text.rs", "legal forms as companies write them"),
    ("crates/domain/src/shared/rfc.rs", "the letters of an RFC's check digit"),
];

/// Terms of art and names that stand in English sentences too.
const TERMS: &[&str] = &["régimen", "Zuclubit"];

/// Words of Spanish that are none of English.
const WORDS: &str = "al cada con de del el en es esta este hay la las los más para por que se sin su sus tu tus una \
    ya cambio cambios cliente clientes datos empresa factura facturas fila filas producto productos \
    propuesta propuestas prospecto prospectos";

/// Whether a literal is words for a person: Spanish letters, Spanish words, or a beginning like a sentence's or a label's
/// (what is for logs begins in lower case).
fn is_said(text: &str) -> bool {
    let text = TERMS.iter().fold(text.to_owned(), |text, term| text.replace(term, ""));
    let words: Vec<&str> = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    let spanish =
        text.contains(' ') && words.iter().any(|word| WORDS.split(' ').any(|known| known == word.to_lowercase()));
    spanish || text.contains(|c: char| "áéíóúüñÁÉÍÓÚÜÑ¿¡«»".contains(c)) || begins_like_a_label(&text)
}

fn begins_like_a_label(text: &str) -> bool {
    let mut letters = text.chars();
    let large = letters.next().is_some_and(|c| c.is_ascii_uppercase());
    let rest = letters.as_str();
    let word = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len());
    let after = &rest[word..];
    // not the name of an event or of an element: `Lead.Created`
    let ends = after.is_empty() || after.starts_with([' ', ':', ',', ';', '-']) || after.starts_with(". ");
    large && word > 0 && ends
}

/// Whether what stands at `at` is for the language and not for people: an attribute, a name in a `Debug`.
fn is_for_rust(source: &Source, literal: &Literal) -> bool {
    let before = source.bare[..literal.at].trim_end();
    let attribute = before.rfind("#[").or_else(|| before.rfind("#![")).is_some_and(|open| {
        let bracket = open + before[open..].find('[').expect("it was found with it");
        closing(&source.bare, bracket) > literal.at
    });
    attribute || before.ends_with("debug_struct(") || before.ends_with("debug_tuple(")
}

#[test]
fn words_stand_in_their_room_and_nowhere_else() {
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for room in WORDLESS {
        for (path, source) in shipped_sources(&root().join(room)) {
            let said = |literal: &&Literal| is_said(&literal.text) && !is_for_rust(&source, literal);
            let exception = SPANISH.iter().find(|(place, _)| path == root().join(place));
            for literal in source.literals.iter().filter(said) {
                match exception {
                    Some((place, _)) => _ = used.insert(*place),
                    None => wrong.push(format!("{}:{}: {}", path.display(), source.line(literal.at), literal.text)),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "these belong to crates/ipc/words.es-MX.json: {wrong:#?}");
    assert_eq!(used.len(), SPANISH.len(), "an exception that none needs any more: only {used:?} do");
}

/// A call of `words::`: what it is, the keys of its first argument, the names of its values.
struct Call {
    verb: String,
    keys: Vec<String>,
    values: BTreeSet<String>,
    at: usize,
}

fn calls(source: &Source) -> Vec<Call> {
    let verbs = source.bare.match_indices("words::").filter(|(at, _)| {
        let before = source.bare[..*at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    });
    let each = verbs.map(|(at, word)| {
        let from = at + word.len();
        let verb: String = source.bare[from..].chars().take_while(|c| c.is_alphanumeric()).collect();
        let open = from + verb.len();
        let end = if source.bare[open..].starts_with('(') { closing(&source.bare, open) } else { open };
        let comma = top_comma(&source.bare, open, end);
        let within =
            |from: usize, to: usize| source.literals.iter().filter(move |literal| (from..to).contains(&literal.at));
        let keys =
            within(open, comma).filter(|literal| literal.text.contains('.')).map(|key| key.text.clone()).collect();
        // the names are what stands first in the pairs of a list: `&[("name", …), ("other", …)]`
        let first = |literal: &&Literal| {
            let pair = source.bare[..literal.at].trim_end().strip_suffix('(');
            depth(&source.bare[comma..literal.at]) == 2
                && pair.is_some_and(|before| before.trim_end().ends_with(['[', ',']))
        };
        let values = within(comma, end).filter(first).map(|name| name.text.clone()).collect();
        Call { verb, keys, values, at }
    });
    each.collect()
}

/// How many brackets are open at the end of a text without literals.
fn depth(bare: &str) -> usize {
    let count = |brackets: [char; 3]| bare.matches(brackets).count();
    count(['(', '[', '{']) - count([')', ']', '}'])
}

/// The first comma between `open` and `end` that is in no inner bracket.
fn top_comma(bare: &str, open: usize, end: usize) -> usize {
    let mut at = open + 1;
    while at < end {
        match bare.as_bytes()[at] {
            b',' => return at,
            b'(' | b'[' | b'{' => at = closing(bare, at),
            _ => {}
        }
        at += 1;
    }
    end
}

fn words() -> BTreeMap<String, String> {
    let text = fs::read_to_string(root().join("crates/ipc/words.es-MX.json")).expect("the words are there");
    serde_json::from_str(&text).expect("the file is JSON")
}

fn places(text: &str) -> BTreeSet<String> {
    text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_owned())).collect()
}

/// What is wrong with a call; the keys it says are taken note of.
fn judge(call: &Call, words: &BTreeMap<String, String>, said: &mut BTreeSet<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    if call.keys.is_empty() {
        wrong.push(format!("words::{} without a key that stands there", call.verb));
    }
    for key in &call.keys {
        let (forms, values) = match call.verb.as_str() {
            "say" | "fill" => (vec![key.clone()], call.values.clone()),
            "count" => {
                let values = call.values.iter().cloned().chain(["count".to_owned()]).collect();
                (vec![format!("{key}_one"), format!("{key}_other")], values)
            }
            other => return vec![format!("words::{other} is none of say, fill, count")],
        };
        for form in forms {
            match words.get(&form).map(|text| places(text)) {
                None => wrong.push(format!("{form} has no words")),
                Some(places) if places != values => wrong.push(format!("{form} has {places:?}, is given {values:?}")),
                Some(_) => {}
            }
            said.insert(form);
        }
    }
    wrong
}

#[test]
fn what_is_said_has_words_and_what_has_words_is_said() {
    let (words, mut said, mut wrong) = (words(), BTreeSet::new(), Vec::new());
    for room in SPEAKERS {
        for (path, source) in shipped_sources(&root().join(room)) {
            for call in calls(&source) {
                let line = source.line(call.at);
                let found = judge(&call, &words, &mut said);
                wrong.extend(found.into_iter().map(|what| format!("{}:{line}: {what}", path.display())));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let silent: Vec<&String> = words.keys().filter(|key| !said.contains(*key)).collect();
    assert!(silent.is_empty(), "nobody says {silent:#?}");
}

#[test]
fn words_for_people_are_told_from_words_for_programs() {
    for said in [
        "Prospecto creado",
        "Vista",
        "{} por el relevo. {why}",
        "Folio {}-{}",
        "1 cambio {what}",
        "«{now}»",
        "{} días",
        "Pre-{}",
        "Correo: {email}",
        "Se va. Vuelve.",
    ] {
        assert!(is_said(said), "{said}");
    }
    for not in [
        "Lead.Created",
        "no relay is set",
        "MXN",
        "MetodoPago",
        "the régimen does not fit",
        "a.b",
        "hotmail.es",
        "",
        "US$",
        "PK\\x03",
    ] {
        assert!(!is_said(not), "{not}");
    }
    let source = Source::of("#[serde(rename = \"Vista\")]\nstruct A;\nfn f() { g(\"Vista\") }");
    let rust: Vec<bool> = source.literals.iter().map(|literal| is_for_rust(&source, literal)).collect();
    assert_eq!(rust, [true, false]);
}

#[test]
fn a_call_is_judged_by_its_keys_and_values() {
    let words: BTreeMap<String, String> = [
        ("a.plain", "Sí"),
        ("a.full", "{name} y {why}"),
        ("a.many_one", "{count} de {name}"),
        ("a.many_other", "{name}"),
    ]
    .map(|(key, text)| (key.to_owned(), text.to_owned()))
    .into();
    let found = |code: &str| {
        let mut said = BTreeSet::new();
        let source = Source::of(code);
        let wrong: Vec<String> = calls(&source).iter().flat_map(|call| judge(call, &words, &mut said)).collect();
        (wrong.len(), said.len())
    };
    assert_eq!(found("words::say(match x { A => \"a.plain\", B(\"b\") => \"a.none\" })"), (1, 2));
    assert_eq!(
        found("zuc_ipc::words::fill(\"a.full\", &[(\"name\", &f(\"x\", 1)), (\"why\", &words::say(\"a.plain\"))])"),
        (0, 2)
    );
    assert_eq!(found("words::fill(\"a.full\", &[(\"name\", &1)])"), (1, 1));
    assert_eq!(found("words::say(\"a.full\")"), (1, 1));
    assert_eq!(found("words::count(\"a.many\", 2, &[(\"name\", &1)])"), (1, 2));
    assert_eq!(found("words::say(key); words::shout(\"a.plain\"); amount_in_words::say(1)"), (2, 0));
}
