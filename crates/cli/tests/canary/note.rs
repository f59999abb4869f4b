//! What finance wrote in an invoice's note is nowhere in a home that holds no key of finance, nor at the relay or the
//! PAC.

use std::collections::BTreeMap;

use zuc_domain::shared::Scope;

use crate::search::{Data, holds};
use crate::story::{HOMES, Story};

/// The note as Carla's own program shows it.
fn note(story: &Story) -> String {
    let list = story.answer("carla", &["invoice", "list"]);
    let id = list["rows"][0]["id"].as_str().expect("Carla has the invoice");
    story.answer("carla", &["invoice", "show", id])["note"].as_str().expect("an invoice has a note").to_owned()
}

#[tokio::test]
#[ignore = "plays the whole story with zuc and zuclubit-relay: `cargo xtask test faults` builds both and runs it"]
async fn a_note_of_finance_is_nowhere_without_the_key_of_finance() {
    let story = Story::play();
    let note = note(&story);
    let word = note.split_whitespace().max_by_key(|word| word.len()).unwrap_or_default();
    assert!(word.len() >= 16, "«{note}» has no word that stands for it");

    // Those who may read it have it: the search finds what is there.
    for name in ["carla", "luis"] {
        let found = story.decrypted(name, &[word]).await.found;
        for place in ["documents", "pages"] {
            assert!(found.keys().any(|at| at.starts_with(place)), "{name} should have it in {place}: {found:?}");
        }
    }
    assert_eq!(story.decrypted("ana", &[word]).await.found, BTreeMap::new(), "Ana's database");

    // Encrypted, nobody has it, not even who may read it.
    for name in HOMES {
        let found = story.in_clear(&format!("homes/{name}"), &[word]).await.found;
        assert_eq!(found, BTreeMap::new(), "{name}'s files");
    }
    // The servers have the invoice, by the number that the PAC gave it, and not its note.
    let uuid = story.said("/invoice/uuid");
    for server in ["relay", "pac"] {
        let found = story.in_clear(server, &[uuid, word]).await.found;
        assert!(found.keys().any(|at| at.ends_with(uuid)), "the {server} knows no {uuid}: {found:?}");
        assert!(!found.keys().any(|at| at.ends_with(word)), "the {server} knows the note: {found:?}");
    }
    // An internal note is on no paper.
    for paper in ["factura.xml", "factura.pdf", "propuesta.pdf"] {
        assert!(!holds(&std::fs::read(story.path(paper)).unwrap(), word), "{paper}");
    }
    // And Ana's program does not say it.
    let asked = story.ask("ana", &["invoice", "list"]);
    assert!(!holds(&asked.stdout, word) && !holds(&asked.stderr, word));

    for (name, may) in [("carla", true), ("ana", false)] {
        let mut data = Data::of_home(&story.home(name), story.said("/passphrase")).await;
        for scope in [Scope::Finance, Scope::Fiscal] {
            let rows = data.rows_of(scope).await;
            assert_eq!(rows.values().sum::<i64>() > 0, may, "rows of {scope} in {name}'s home: {rows:?}");
        }
        data.close().await;
    }
}
