//! A person who asked to be forgotten is forgotten on every laptop: rows, search indexes, documents with all their
//! history, free pages and the WAL.

use std::collections::BTreeMap;

use crate::story::{HOMES, Story};

/// What the story knows of Rosa, as it was typed and as it is kept to be found by.
const ROSA: [&str; 4] = ["Iñiguez", "iniguez", "rosa@lafragua", "5512345678"];

#[tokio::test]
#[ignore = "plays the whole story with zuc and zuclubit-relay: `cargo xtask test faults` builds both and runs it"]
async fn a_person_erased_is_gone_from_every_home() {
    let story = Story::play();
    for name in HOMES {
        let found = story.decrypted(name, &ROSA).await.found;
        for word in ROSA {
            assert!(found.keys().any(|at| at.ends_with(word)), "{name} should know {word}: {found:?}");
        }
    }
    let relay = story.relay();
    let hits = story.answer("luis", &["search", "Iñiguez"]);
    let lead = hits[0]["id"].as_str().unwrap_or_else(|| panic!("nobody is called so: {hits}"));
    story.answer("luis", &["person", "erase", lead]);
    for name in HOMES {
        assert_eq!(story.answer(name, &["sync"])["state"], "up_to_date", "{name}");
    }
    drop(relay);
    for name in HOMES {
        assert_eq!(story.decrypted(name, &ROSA).await.found, BTreeMap::new(), "{name} has not forgotten");
        assert_eq!(story.answer(name, &["search", "Iñiguez"]).as_array().map(Vec::len), Some(0), "{name} finds her");
    }
    assert_eq!(story.in_clear("relay", &ROSA).await.found, BTreeMap::new(), "the relay never knew");
}
