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

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;
use tokio::sync::OnceCell;
use zuc_app::{AppError, Desk, Office};
use zuc_ipc::{
    company::{CompanyNew, Secret},
    import::{ImportDone, ImportSource},
    lead::{LeadNew, LeadQuery, LeadRow},
};
use zuc_sample::SampleCompany;

use world::{
    company::{desk_at, until},
    copy,
    program::{Ran, Zuc},
};

/// A founded company without a relay: one home, one laptop.
struct Shop {
    root: PathBuf,
    _folder: TempDir,
}

/// What a home holds: each scope's documents, facts and rows, and what waits to be sent.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    scopes: Vec<(String, String)>,
    pending: u64,
    events: usize,
}

async fn founded() -> &'static Path {
    static FOUNDED: OnceCell<(PathBuf, TempDir)> = OnceCell::const_new();
    let made = FOUNDED.get_or_init(|| async {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().to_owned();
        fs::write(root.join("passphrase"), "una frase de prueba\n").expect("a passphrase");
        // making the ports names the cryptography that every client of this process uses
        drop(zuc_gateways::ports(None));
        let issuer = SampleCompany::issuer();
        let desk = desk_at(&root.join("home"), &root.join("passphrase")).await;
        let new = CompanyNew {
            rfc: issuer.rfc.clone(),
            name: issuer.name.to_owned(),
            regimen_fiscal: issuer.regimen_fiscal.to_owned(),
            cp: issuer.cp.to_owned(),
            person_name: "Luis".to_owned(),
            ..CompanyNew::default()
        };
        let created = desk.company_create(new).await.expect("a company");
        desk.recovery_confirm(Secret { text: created.recovery_code }).await.expect("its code");
        let office = desk.office().await.expect("an office");
        shut(&root.join("home"), desk, office).await;
        (root, folder)
    });
    &made.await.0
}

/// Leaves a desk and waits until nothing of this process works in its home.
async fn shut(home: &Path, desk: Arc<Desk>, office: Arc<Office>) {
    desk.close().await;
    drop((desk, office));
    let lock = home.join("lock");
    until("the end of the desk", async || fs::File::open(&lock).is_ok_and(|file| file.try_lock().is_ok())).await;
}

impl Shop {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        copy(founded().await, folder.path());
        Self { root: folder.path().to_owned(), _folder: folder }
    }

    /// Works at the desk in this process.
    async fn office(&self) -> (Arc<Desk>, Arc<Office>) {
        let desk = desk_at(&self.root.join("home"), &self.root.join("passphrase")).await;
        let office = desk.office().await.expect("an office");
        (desk, office)
    }

    async fn leave(&self, desk: Arc<Desk>, office: Arc<Office>) {
        shut(&self.root.join("home"), desk, office).await;
    }

    /// `zuc --json …` as a process.
    async fn run(&self, arguments: &[&str]) -> Ran {
        Zuc::new(&self.root.join("home"), &self.root.join("passphrase"), arguments).run().await
    }

    /// A file of this name.
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.root.join(name);
        fs::write(&path, bytes).expect("a file");
        path.display().to_string()
    }

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

/// Captures a lead by hand; gives its id.
async fn capture(office: &Office, new: LeadNew) -> String {
    let word = [&new.email, &new.company].into_iter().find(|word| !word.is_empty()).expect("a word").clone();
    office.lead_create(new).await.expect("a lead");
    find(office, &word).await.id
}

/// The one lead that is found by a word.
async fn find(office: &Office, word: &str) -> LeadRow {
    let mut rows = search(office, word).await;
    assert_eq!(rows.len(), 1, "leads by «{word}»");
    rows.remove(0)
}

async fn search(office: &Office, word: &str) -> Vec<LeadRow> {
    let query = LeadQuery { text: word.to_owned(), limit: 50, ..LeadQuery::default() };
    office.lead_list(query).await.expect("leads").rows
}

async fn count(office: &Office) -> u64 {
    office.lead_list(LeadQuery { limit: 1, ..LeadQuery::default() }).await.expect("leads").total
}

async fn import(office: &Office, source: ImportSource) -> ImportDone {
    office.import_commit(source).await.expect("an import")
}

/// Refused by this code, which has its Spanish sentence.
fn refused<T: std::fmt::Debug>(answer: Result<T, AppError>, code: &str) {
    let failure = answer.expect_err(code).into_failure();
    assert_eq!(failure.code, code);
    assert!(zuc_ipc::sentence(code).is_some_and(|sentence| failure.sentence() == sentence), "{code} has its sentence");
}
