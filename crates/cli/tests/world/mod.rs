//! A company in real processes: a sandbox PAC, a relay, homes; every one of them can be killed.
#![expect(dead_code, reason = "each test binary uses its part of the world")]

pub(crate) mod company;
pub(crate) mod program;
pub(crate) mod servers;
pub(crate) mod shop;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use program::{Ran, Zuc};
use servers::{Options, Servers};

/// Everything below one folder.
pub(crate) struct World {
    /// The folder.
    pub(crate) root: PathBuf,
    /// PAC and relay.
    pub(crate) servers: Servers,
}

impl World {
    /// Starts the servers over the folder, which may be new or a copy of another world's.
    pub(crate) async fn open(root: &Path, options: Options) -> Self {
        fs::create_dir_all(root).expect("the folder of a world");
        let passphrase = root.join("passphrase");
        if !passphrase.exists() {
            fs::write(passphrase, "una frase de prueba\n").expect("the passphrase");
        }
        Self { root: root.to_owned(), servers: Servers::start(root, options).await }
    }

    /// The folder of a person's home.
    pub(crate) fn home(&self, person: &str) -> PathBuf {
        self.root.join("homes").join(person)
    }

    /// `zuc` on a person's home.
    pub(crate) fn zuc(&self, person: &str, arguments: &[&str]) -> Zuc {
        Zuc::new(&self.home(person), &self.root.join("passphrase"), arguments)
    }

    /// Runs `zuc` to its end.
    pub(crate) async fn run(&self, person: &str, arguments: &[&str]) -> Ran {
        self.zuc(person, arguments).run().await
    }

    /// What `zuc` answers, where it must not refuse.
    pub(crate) async fn ask(&self, person: &str, arguments: &[&str]) -> Value {
        let ran = self.run(person, arguments).await;
        assert_eq!(ran.code, Some(0), "zuc {}: {}", arguments.join(" "), ran.stderr);
        ran.answer().unwrap_or_else(|| panic!("zuc {} answers JSON: {}", arguments.join(" "), ran.stdout))
    }
}

/// Copies a folder; nobody works in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder to copy") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
