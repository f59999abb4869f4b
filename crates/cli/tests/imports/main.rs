//! Lists on their way in and out again, over a real home: what an import leaves, what its undo leaves, what a file that
//! is none leaves, and what `zuc` says about it.

mod contract;
mod files;
mod held;
mod merges;
mod papers;
mod products;
mod team;
mod undo;
#[path = "../world/mod.rs"]
mod world;

use zuc_app::Office;
use zuc_ipc::{
    import::{ImportDone, ImportSource},
    lead::LeadQuery,
};

use world::shop::{Shop, capture, find, refused, search};

/// What a home holds: each scope's documents, facts and rows, and what waits to be sent.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    scopes: Vec<(String, String)>,
    pending: u64,
    events: usize,
}

impl Shop {
    /// A list of prospects to import.
    fn list(&self, text: impl AsRef<[u8]>) -> ImportSource {
        from(&self.file("lista.csv", text))
    }
}

fn from(path: &str) -> ImportSource {
    ImportSource { path: path.to_owned(), ..ImportSource::default() }
}

/// What the home holds now; it must be sound.
async fn seen(office: &Office) -> Seen {
    let checked = office.verify().await.expect("a check");
    assert_eq!(checked.problems, Vec::<String>::new());
    Seen {
        scopes: checked.scopes.into_iter().collect(),
        pending: office.sync_status().await.expect("a status").pending,
        events: office.events().await.expect("events").len(),
    }
}

/// The read tables alone, scope by scope: a lead that was deleted again stays in the documents.
async fn rows(office: &Office) -> Vec<(String, String)> {
    let scopes = seen(office).await.scopes;
    scopes.into_iter().map(|(scope, all)| (scope, all.split(':').nth(2).expect("a digest").to_owned())).collect()
}

async fn count(office: &Office) -> u64 {
    office.lead_list(LeadQuery { limit: 1, ..LeadQuery::default() }).await.expect("leads").total
}

async fn import(office: &Office, source: ImportSource) -> ImportDone {
    office.import_commit(source).await.expect("an import")
}
