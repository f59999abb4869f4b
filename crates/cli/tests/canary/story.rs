//! The whole story, played once by `zuc demo`, and what it left.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

use crate::search::{Data, Looked};

/// Everybody's laptop.
pub(crate) const HOMES: [&str; 3] = ["luis", "ana", "carla"];

/// What `zuc demo --keep-homes` left.
pub(crate) struct Story {
    out: tempfile::TempDir,
    summary: Value,
}

impl Story {
    pub(crate) fn play() -> Self {
        let out = tempfile::tempdir().unwrap();
        let arguments = ["demo", "--keep-homes", "--out"];
        let played = Command::new(env!("CARGO_BIN_EXE_zuc")).args(arguments).arg(out.path()).output().unwrap();
        assert!(played.status.success(), "{}{}", text(&played.stdout), text(&played.stderr));
        let summary = serde_json::from_slice(&std::fs::read(out.path().join("resumen.json")).unwrap()).unwrap();
        let story = Self { out, summary };
        std::fs::write(story.path("passphrase"), story.said("/passphrase")).unwrap();
        story
    }

    /// A file or a folder that it left.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.out.path().join(name)
    }

    pub(crate) fn home(&self, name: &str) -> PathBuf {
        self.path("homes").join(name)
    }

    /// What its summary says.
    pub(crate) fn said(&self, pointer: &str) -> &str {
        self.summary
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no {pointer}: {}", self.summary))
    }

    /// What a person may ask of their own laptop.
    pub(crate) fn ask(&self, name: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_zuc"))
            .arg("--json")
            .args(arguments)
            .env("ZUC_HOME", self.home(name))
            .env("ZUC_PASSPHRASE_FILE", self.path("passphrase"))
            .output()
            .unwrap()
    }

    /// The same, where an answer is due.
    pub(crate) fn answer(&self, name: &str, arguments: &[&str]) -> Value {
        let said = self.ask(name, arguments);
        assert!(said.status.success(), "{name}, {arguments:?}: {}", text(&said.stderr));
        serde_json::from_slice(&said.stdout).unwrap()
    }

    /// The relay once more, where it was.
    pub(crate) fn relay(&self) -> Relay {
        let program = Path::new(env!("CARGO_BIN_EXE_zuc"))
            .with_file_name(format!("zuclubit-relay{}", std::env::consts::EXE_SUFFIX));
        let address = self.said("/relay").trim_start_matches("http://");
        let mut child = Command::new(program)
            .args(["serve", "--listen", address, "--data"])
            .arg(self.path("relay"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("listening"), "the relay says {line:?}");
        Relay(child)
    }

    /// Everything in the database of a home, opened with its key.
    pub(crate) async fn decrypted(&self, name: &str, words: &[&str]) -> Looked {
        let mut data = Data::of_home(&self.home(name), self.said("/passphrase")).await;
        let mut looked = Looked::for_words(words);
        looked.pages(&data);
        looked.columns(&mut data.connection).await;
        looked.words(&mut data.connection).await;
        looked.documents(&mut data.connection).await;
        data.close().await;
        looked.say(&format!("{name}, decrypted"));
        assert!(looked.hard(), "{name} was hardly looked at");
        looked
    }

    /// Every file below `folder` as it lies there, and every row of those that are plain databases.
    pub(crate) async fn in_clear(&self, folder: &str, words: &[&str]) -> Looked {
        let mut looked = Looked::for_words(words);
        looked.files(&self.path(folder));
        for path in looked.databases.clone() {
            let mut data = Data::plain(&path).await;
            looked.columns(&mut data.connection).await;
            data.close().await;
        }
        looked.say(&format!("{folder}, as it lies"));
        assert!(looked.files > 1, "{folder} was hardly looked at");
        looked
    }
}

/// Ends with this value.
pub(crate) struct Relay(Child);

impl Drop for Relay {
    fn drop(&mut self) {
        // already gone is as good
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
