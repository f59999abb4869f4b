//! The promises of the layout: which room may name which, and what is absent from where.

mod domain;
mod source;
mod tables;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use source::{root, shipped_sources, sources};

/// Which rooms a room may name outside its tests.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("sample", &[]),
    ("ipc", &["domain"]),
    ("protocol", &[]),
    ("cfdi", &["domain"]),
    ("documents", &["cfdi", "domain"]),
    ("sync", &["protocol"]),
    ("store", &["sync", "protocol", "domain"]),
    ("app", &["store", "sync", "protocol", "cfdi", "documents", "ipc", "domain", "sample"]),
    ("gateways", &["app", "protocol"]),
    ("relay-store", &["protocol"]),
    ("relay-postgres", &["relay-store", "protocol"]),
    ("relay-sqlite", &["relay-store", "protocol"]),
    // never `domain`: the relay cannot read what it carries, and must not pretend to understand it
    ("relay", &["protocol", "cfdi", "relay-store", "relay-postgres", "relay-sqlite"]),
    ("cli", &["app", "gateways", "ipc", "cfdi", "documents", "sample"]),
];

/// What may not be named in the sources of a room, and why.
const ABSENT: &[(&str, &[&str], &str)] = &[
    (
        "crates/domain",
        &[
            "async ",
            ".await",
            "tokio",
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "::now(",
            "now_v7",
            "getrandom",
            "rand::",
        ],
        "the business is pure",
    ),
    (
        "crates/sync",
        &["async ", ".await", "tokio", "std::net", "std::fs", "TcpStream", "::now(", "rand::"],
        "messages in, effects out",
    ),
    ("crates/protocol", &["async ", "tokio", "std::net", "std::fs", "::now("], "bytes in, bytes out"),
    ("crates/documents", &["async ", "tokio", "std::net", "std::fs", "::now("], "data in, bytes out"),
    ("crates/cfdi", &["async ", "tokio", "std::net", "std::fs", "::now("], "data in, bytes out"),
    ("crates/relay", &["zuc_domain"], "the relay cannot read what it carries"),
    ("ui", &["inner_html", "tokio", "sqlx"], "text nodes only; the window holds no data of its own"),
];

/// Where `unsafe` may stand, and why.
const UNSAFE: &[(&str, &str)] = &[
    ("crates/testkit/src/disk", "a VFS is a table of C functions"),
    ("crates/gateways/src/dump.rs", "the system is told in C to write this memory nowhere"),
    ("crates/gateways/tests/dump.rs", "and is asked in C whether it does"),
    ("crates/gateways/src/exit.rs", "the C library ends a program without what is registered for the end"),
    ("crates/gateways/src/memory.rs", "SQLite takes its allocator as a table of C functions"),
    ("crates/gateways/tests/memory.rs", "and is asked in C whether it did"),
    ("crates/gateways/examples/bench_desk/main.rs", "SQLite is told before anything uses it"),
    ("crates/cli/src/main.rs", "SQLite is told before anything uses it"),
    ("src-tauri/start.rs", "the environment is set, and SQLite told, before there is a second thread"),
];

/// Whether `code` names `word`; a word that is a keyword or a property ends where it ends (`.await` is not `.awaits()`).
///
/// What is compiled in (`inner_html=include_str!`) is no data: the sheet of icons is markup of our own.
pub(crate) fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let after = &code[at + word.len()..];
        let longer = word.starts_with('.') && after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let compiled_in = word == "inner_html" && after.starts_with("=include_str!(");
        !longer && !compiled_in
    })
}

/// Names after `[dependencies]` that are rooms of ours.
fn named_rooms(manifest: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut rooms = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]";
        } else if inside && let Some(room) = line.strip_prefix("zuc-") {
            let end = room.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(room.len());
            rooms.insert(room[..end].to_owned());
        }
    }
    rooms
}

#[test]
fn dependencies_point_one_way() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.iter().map(|(room, names)| (*room, names.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root().join("crates")).expect("the rooms are there") {
        let folder = entry.expect("readable").path();
        let room = folder.file_name().expect("named").to_string_lossy().into_owned();
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("every room has a manifest");
        if room == "testkit" {
            continue; // builders and devices in memory: for tests, it may name everything
        }
        let Some(may) = allowed.get(room.as_str()) else {
            wrong.push(format!("{room} has no row among the arrows"));
            continue;
        };
        for named in named_rooms(&manifest) {
            if !may.contains(named.as_str()) {
                wrong.push(format!("{room} names {named}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a manifest's tables other than those for tests name, with the table's name.
fn shipped(manifest: &str) -> Vec<(&str, &str)> {
    let mut table = "";
    let mut found = Vec::new();
    for line in manifest.lines() {
        if let Some(name) = line.strip_prefix('[') {
            table = name.trim_end_matches(']');
            // `[dependencies.zuc-testkit]` is another way to write it
            if let Some((kind, name)) = table.rsplit_once("dependencies.") {
                found.extend((kind != "dev-" && !kind.ends_with(".dev-")).then_some((table, name)));
            }
        } else if table.ends_with("dependencies")
            && !table.ends_with("dev-dependencies")
            && table != "workspace.dependencies"
        {
            let end = line.find(['.', ' ', '=']).unwrap_or(line.len());
            found.push((table, &line[..end]));
        }
    }
    found
}

/// The disk that forgets is compiled for tests alone: nothing that is shipped can be built with it.
#[test]
fn no_product_is_built_with_the_testkit() {
    let mut manifests: Vec<PathBuf> =
        ["Cargo.toml", "ui/Cargo.toml", "xtask/Cargo.toml"].iter().map(|path| root().join(path)).collect();
    let rooms = fs::read_dir(root().join("crates")).expect("the rooms are there");
    manifests.extend(rooms.map(|room| room.expect("readable").path().join("Cargo.toml")));
    let mut wrong = Vec::new();
    for path in manifests {
        let manifest = fs::read_to_string(&path).expect("every package has a manifest");
        for (table, _) in shipped(&manifest).into_iter().filter(|(_, name)| *name == "zuc-testkit") {
            wrong.push(format!("{} names the testkit in [{table}]", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_dependency_for_tests_is_told_from_one_that_ships() {
    let manifest = "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\n[dev-dependencies]\nc = \"1\"\n\
                    [target.'cfg(unix)'.dependencies]\nd = { path = \"d\" }\n[build-dependencies]\ne = \"1\"\n\
                    [dependencies.f]\npath = \"f\"\n[dev-dependencies.g]\npath = \"g\"\n[workspace.dependencies]\nh = \"1\"\n";
    let names: Vec<&str> = shipped(manifest).into_iter().map(|(_, name)| name).filter(|name| name.len() == 1).collect();
    assert_eq!(names, ["b", "d", "e", "f"]);
}

#[test]
fn unsafe_stands_where_it_may_and_nowhere_else() {
    let mut files = Vec::new();
    for folder in ["crates", "src-tauri", "tests", "ui/src", "xtask/src"] {
        sources(&root().join(folder), &mut files);
    }
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("UTF-8");
        let lets = text.lines().any(|line| line.trim_start().starts_with('#') && line.contains("(unsafe_code"));
        if !lets {
            continue; // the lint of the workspace denies it there
        }
        match UNSAFE.iter().find(|(place, _)| file.starts_with(root().join(place))) {
            Some((place, _)) => _ = used.insert(*place),
            None => wrong.push(format!("{} lets unsafe code in", file.display())),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(used.len(), UNSAFE.len(), "a place that needs no unsafe any more: only {used:?} do");
}

#[test]
fn what_must_be_absent_is_absent() {
    let mut wrong = Vec::new();
    for (room, words, why) in ABSENT {
        for (file, source) in shipped_sources(&root().join(room).join("src")) {
            for word in words.iter().filter(|word| names(&source.code, word)) {
                wrong.push(format!("{} names `{word}`: {why}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_word_is_named_as_a_whole() {
    assert!(names("f().await?", ".await") && !names("state.awaits_answer()", ".await"));
    assert!(names("inner_html=note", "inner_html") && !names("inner_html=include_str!(\"a.svg\")", "inner_html"));
    assert!(names("use tokio_util::x;", "tokio"));
}

#[test]
fn a_manifest_line_is_read_as_the_room_it_names() {
    let rooms = named_rooms(
        "[dependencies]\nzuc-domain.workspace = true\nserde = \"1\"\n[dev-dependencies]\nzuc-testkit = {}\n",
    );
    assert_eq!(rooms.into_iter().collect::<Vec<_>>(), ["domain"]);
}
