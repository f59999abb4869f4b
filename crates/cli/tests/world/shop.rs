//! A founded company without a relay: one home, one laptop, worked at in this process.

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
    lead::{LeadNew, LeadQuery, LeadRow},
};
use zuc_sample::SampleCompany;

use super::{
    company::{desk_at, until},
    copy,
    program::{Ran, Zuc},
};

/// A founded company without a relay: one home, one laptop.
pub(crate) struct Shop {
    pub(crate) root: PathBuf,
    _folder: TempDir,
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
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        copy(founded().await, folder.path());
        Self { root: folder.path().to_owned(), _folder: folder }
    }

    /// Works at the desk in this process.
    pub(crate) async fn office(&self) -> (Arc<Desk>, Arc<Office>) {
        let desk = desk_at(&self.root.join("home"), &self.root.join("passphrase")).await;
        let office = desk.office().await.expect("an office");
        (desk, office)
    }

    pub(crate) async fn leave(&self, desk: Arc<Desk>, office: Arc<Office>) {
        shut(&self.root.join("home"), desk, office).await;
    }

    /// `zuc --json …` as a process.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        Zuc::new(&self.root.join("home"), &self.root.join("passphrase"), arguments).run().await
    }

    /// A file of this name.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.root.join(name);
        fs::write(&path, bytes).expect("a file");
        path.display().to_string()
    }
}

/// Captures a lead by hand; gives its id.
pub(crate) async fn capture(office: &Office, new: LeadNew) -> String {
    let word = [&new.email, &new.company].into_iter().find(|word| !word.is_empty()).expect("a word").clone();
    office.lead_create(new).await.expect("a lead");
    find(office, &word).await.id
}

/// The one lead that is found by a word.
pub(crate) async fn find(office: &Office, word: &str) -> LeadRow {
    let mut rows = search(office, word).await;
    assert_eq!(rows.len(), 1, "leads by «{word}»");
    rows.remove(0)
}

pub(crate) async fn search(office: &Office, word: &str) -> Vec<LeadRow> {
    let query = LeadQuery { text: word.to_owned(), limit: 50, ..LeadQuery::default() };
    office.lead_list(query).await.expect("leads").rows
}

/// Refused by this code, which has its Spanish sentence.
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, AppError>, code: &str) {
    let failure = answer.expect_err(code).into_failure();
    assert_eq!(failure.code, code);
    assert!(zuc_ipc::sentence(code).is_some_and(|sentence| failure.sentence() == sentence), "{code} has its sentence");
}
