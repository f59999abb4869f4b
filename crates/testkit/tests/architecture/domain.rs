//! Domains know each other by id and public event. Ids are of `shared`, which every domain speaks in.

use std::{collections::BTreeSet, fs};

use crate::source::{closing, root, shipped_sources};

/// What a domain names of another beside its events, and why.
const CROSSINGS: &[(&str, &str, &[&str], &str)] = &[
    (
        "lead",
        "customer",
        &["Contact", "CustomerKind", "DecisionPower", "NewCustomer"],
        "a conversion asks for a customer in the customer's own words, and the customer decides",
    ),
    ("financial", "compliance", &["CfdiState"], "an invoice stands where its CFDI stands"),
    ("financial", "proposal", &["Proposal"], "an invoice is drafted from what was signed, to the cent"),
];

/// The domains: a folder each.
fn domains() -> BTreeSet<String> {
    let folders = fs::read_dir(root().join("crates/domain/src")).expect("the domain is there");
    let names = folders.map(|entry| entry.expect("readable").path()).filter(|path| path.is_dir());
    let names = names.map(|path| path.file_name().expect("named").to_string_lossy().into_owned());
    names.filter(|name| name != "shared").collect()
}

/// Types of the domain `named` that `code` names, and `*` for all of them.
fn named<'a>(code: &'a str, named: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    for from in [format!("crate::{named}"), format!("super::{named}")] {
        for (at, _) in code.match_indices(&from) {
            let path = &code[at + from.len()..];
            if path.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
                continue; // a longer name
            }
            let open = path.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':').unwrap_or(path.len());
            let end = if path[open..].starts_with('{') { closing(path, open) } else { open };
            let types = heads(&path[..end]);
            let all = types.is_empty() || path[open..end].contains('*');
            found.extend(if all { BTreeSet::from(["*"]) } else { types });
        }
    }
    found
}

/// The types in a path or a tree of paths; what hangs on a type is its own affair (`State::New`).
fn heads(tree: &str) -> BTreeSet<&str> {
    let mut heads = BTreeSet::new();
    let mut at = 0;
    while at < tree.len() {
        let rest = &tree[at..];
        let word = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())];
        at += word.len().max(1);
        if word.starts_with(|c: char| c.is_ascii_uppercase()) {
            heads.insert(word);
            if tree[at..].starts_with("::{") {
                at = closing(tree, at + 2);
            } else if tree[at..].starts_with("::") {
                at = tree[at..].find([',', '}']).map_or(tree.len(), |end| at + end);
            }
        }
    }
    heads
}

#[test]
fn a_domain_names_ids_and_events_of_another_and_little_else() {
    let (domains, mut wrong, mut used) = (domains(), BTreeSet::new(), BTreeSet::new());
    for own in &domains {
        for (file, source) in shipped_sources(&root().join("crates/domain/src").join(own)) {
            for other in domains.iter().filter(|other| *other != own) {
                for name in named(&source.bare, other).into_iter().filter(|name| !name.ends_with("Event")) {
                    let crossing = CROSSINGS.iter().find(|(from, to, ..)| from == own && to == other);
                    match crossing.and_then(|(from, to, names, _)| {
                        names.iter().find(|may| **may == name).map(|may| (from, to, may))
                    }) {
                        Some(crossing) => _ = used.insert(crossing),
                        None => _ = wrong.insert(format!("{} names {other}::{name}", file.display())),
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let all = CROSSINGS.iter().flat_map(|(from, to, names, _)| names.iter().map(move |name| (from, to, name)));
    let idle: Vec<_> = all.filter(|crossing| !used.contains(crossing)).collect();
    assert!(idle.is_empty(), "nobody crosses here any more: {idle:?}");
}

#[test]
fn types_of_another_domain_are_found_however_they_are_named() {
    let found = |code| named(code, "lead").into_iter().collect::<Vec<_>>();
    assert_eq!(found("use crate::lead::{Lead, state::LeadState::{self, New}, score};"), ["Lead", "LeadState"]);
    assert_eq!(
        found("fn f(lead: &crate::lead::Lead, s: crate::leads::B) -> super::lead::LeadState::New"),
        ["Lead", "LeadState"]
    );
    assert_eq!(found("use crate::lead::*;"), ["*"]);
    assert_eq!(found("use crate::lead; use crate::lead::{*};"), ["*"]);
    assert!(found("use crate::shared::LeadId; use super::leader::Lead;").is_empty());
}
