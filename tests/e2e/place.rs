//! A laptop: the folder of its data, and the programs run on it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;

use crate::{
    display::{programs, target, wait_for},
    figure::{self, Beside},
    window::Window,
};

/// Opens every home of the tests.
pub(crate) const PASSPHRASE: &str = "perico rojo bajo la lluvia";

/// A laptop of the story.
pub(crate) struct Place {
    root: PathBuf,
}

impl Place {
    /// A laptop where nothing is yet.
    pub(crate) fn new(name: &str) -> Self {
        let root = target().join("e2e-homes").join(name);
        if root.exists() {
            fs::remove_dir_all(&root).expect("what an earlier run left can go");
        }
        fs::create_dir_all(root.join("saved")).expect("the build's folder can be written");
        fs::write(root.join("passphrase"), format!("{PASSPHRASE}\n")).expect("the folder can be written");
        Self { root }
    }

    /// Folder of the company's data.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// A file beside the data.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A file the program saved.
    pub(crate) fn saved(&self, name: &str) -> PathBuf {
        self.root.join("saved").join(name)
    }

    /// The file with this ending that the program saved, once it is there whole.
    pub(crate) fn saved_as(&self, ending: &str) -> PathBuf {
        let mut found = None;
        wait_for(&format!("a saved .{ending}"), Duration::from_secs(30), || {
            let files = fs::read_dir(self.root.join("saved")).expect("the folder can be read");
            found = files.map(|file| file.expect("the folder can be read").path()).find(|file| {
                file.extension().is_some_and(|is| is == ending) && file.metadata().is_ok_and(|is| is.len() > 0)
            });
            found.is_some()
        });
        found.expect("it was just found")
    }

    /// Opens the window at a page.
    pub(crate) async fn window(&self, page: &str, variables: &[(&str, &Path)]) -> Window {
        let mut all: Vec<(&str, String)> = vec![
            ("ZUC_HOME", self.home().display().to_string()),
            ("ZUC_PASSPHRASE_FILE", self.file("passphrase").display().to_string()),
            ("ZUC_SAVE_DIR", self.file("saved").display().to_string()),
            ("ZUC_PAGE", page.to_owned()),
            ("ZUC_THEME", "light".to_owned()),
            // what the web view remembers belongs to this laptop, and not to whoever runs the tests
            ("XDG_DATA_HOME", self.file("xdg-data").display().to_string()),
            ("XDG_CACHE_HOME", self.file("xdg-cache").display().to_string()),
            ("XDG_CONFIG_HOME", self.file("xdg-config").display().to_string()),
        ];
        all.extend(variables.iter().map(|(name, path)| (*name, path.display().to_string())));
        Window::open(&all).await
    }

    /// Runs `zuc` here and reads its answer.
    pub(crate) fn zuc(&self, arguments: &[&str]) -> Value {
        let done = Command::new(programs().join("zuc"))
            .arg("--home")
            .arg(self.home())
            .arg("--json")
            .args(arguments)
            .env("ZUC_PASSPHRASE_FILE", self.file("passphrase"))
            .stdin(Stdio::null())
            .output()
            .expect("zuc is built before these tests");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "zuc {}: {said}", arguments.join(" "));
        serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("zuc {}: {error}", arguments.join(" ")))
    }

    /// Changes rows behind the product's back; the window is closed.
    pub(crate) async fn put(&self, statements: &[String]) {
        figure::put(&self.home(), PASSPHRASE, statements).await;
    }

    /// A hand on the data while a window works on them; it is closed now.
    pub(crate) async fn beside(&self) -> Beside {
        Beside::new(&self.home(), PASSPHRASE).await
    }

    /// Asks the data; the window is closed.
    pub(crate) async fn ask(&self, query: &str) -> String {
        figure::ask(&self.home(), PASSPHRASE, query).await
    }
}
