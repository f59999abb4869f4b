//! Keys in the keyring of the system: a real gnome-keyring on a bus of its own, with nobody logged in. Each command has a
//! session of its own, as after a restart: what is found again was kept by the keyring.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::{TempDir, tempdir};

use crate::{homes::FOUNDING, refused, world::program::Ran};

/// What the session offers.
#[derive(Clone, Copy, Debug)]
enum Keyring {
    /// Unlocked at the start of the session, as by logging in.
    Unlocked,
    /// There, and nobody to type its password.
    Locked,
    /// No bus, so no keyring.
    Absent,
}

/// A person's computer: folders of its own, and no passphrase anywhere.
struct Laptop {
    folder: TempDir,
}

impl Laptop {
    fn new() -> Self {
        let laptop = Self { folder: tempdir().expect("a folder") };
        for name in ["person", "runtime"] {
            fs::create_dir(laptop.path(name)).expect("a folder of the person");
        }
        laptop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn zuc(&self, keyring: Keyring, home: &str, arguments: &[&str]) -> Ran {
        let home = self.path(home);
        let home = home.to_str().expect("UTF-8");
        self.run(keyring, &[&[env!("CARGO_BIN_EXE_zuc"), "--json", "--home", home][..], arguments].concat(), None)
    }

    /// A program in a session; its complaints apart from those of the bus and the keyring.
    fn run(&self, keyring: Keyring, program: &[&str], passphrase: Option<&Path>) -> Ran {
        let complaints = self.path("complaints");
        let (session, script): (&[&str], &str) = match keyring {
            Keyring::Unlocked => (
                &["dbus-run-session", "--"],
                r#"printf una-clave | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$@" 2>"$0""#,
            ),
            Keyring::Locked => (&["dbus-run-session", "--"], r#"exec "$@" 2>"$0""#),
            Keyring::Absent => (&[], r#"exec "$@" 2>"$0""#),
        };
        let complaints_text = complaints.to_str().expect("UTF-8");
        let line = [session, &["sh", "-c", script, complaints_text], program].concat();
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).stdin(Stdio::null()).env("HOME", self.path("person"));
        for (name, folder) in [
            ("XDG_DATA_HOME", "person/data"),
            ("XDG_CONFIG_HOME", "person/config"),
            ("XDG_CACHE_HOME", "person/cache"),
            ("XDG_RUNTIME_DIR", "runtime"),
        ] {
            command.env(name, self.path(folder));
        }
        for name in [
            "DBUS_SESSION_BUS_ADDRESS",
            "DISPLAY",
            "GNOME_KEYRING_CONTROL",
            "RUST_LOG",
            "WAYLAND_DISPLAY",
            "ZUC_PASSPHRASE_FILE",
        ] {
            command.env_remove(name);
        }
        if let Some(file) = passphrase {
            command.env("ZUC_PASSPHRASE_FILE", file);
        }
        #[expect(clippy::disallowed_methods, reason = "how long a program ran is what is looked at")]
        let began = tokio::time::Instant::now();
        // Into files and not through pipes: a keyring that the bus was just starting may outlive it, and would hold a pipe
        // open for ever.
        let (said, of_the_session) = (self.path("said"), self.path("of-the-session"));
        command
            .stdout(fs::File::create(&said).expect("a file"))
            .stderr(fs::File::create(&of_the_session).expect("a file"));
        let ended = command.status().unwrap_or_else(|error| {
            panic!("{}: {error}; Debian has it in dbus, gnome-keyring and libsecret-tools", line[0])
        });
        let text = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
        Ran {
            code: ended.code(),
            stdout: text(&said),
            stderr: fs::read_to_string(&complaints)
                .unwrap_or_else(|_| panic!("{program:?} did not start: {}", text(&of_the_session))),
            lived: began.elapsed(),
        }
    }

    fn found(&self, home: &str) {
        let ran = self.zuc(Keyring::Unlocked, home, &FOUNDING);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }

    /// Works only when the data open.
    fn opens(&self, home: &str) {
        let ran = self.zuc(Keyring::Unlocked, home, &["lead", "list"]);
        assert_eq!((ran.code, ran.refusal()), (Some(0), None), "{}", ran.stderr);
        assert!(ran.answer().is_some_and(|page| page["rows"].is_array()), "{}", ran.stdout);
    }

    /// What the keyring lists of ours.
    fn entries(&self) -> String {
        let ran = self.run(Keyring::Unlocked, &["secret-tool", "search", "--all", "service", "mx.zuclubit.app"], None);
        ran.stdout + &ran.stderr
    }

    /// The name under which the keyring holds a home's keys.
    fn entry(&self, home: &str) -> String {
        format!("home.{}", fs::read_to_string(self.path(home).join("home.id")).expect("a home has its name"))
    }

    fn data(&self, home: &str) -> Vec<u8> {
        fs::read(self.path(home).join("zuclubit.db")).expect("the data are there")
    }

    /// No command opens the home, with this code; its data stay byte for byte.
    fn stays_shut(&self, keyring: Keyring, home: &str, code: &str) {
        let before = self.data(home);
        for arguments in [&["lead", "list"][..], &["company", "show"], &FOUNDING] {
            refused(&self.zuc(keyring, home, arguments), code, 3);
        }
        assert!(self.data(home) == before, "the data changed under {code}");
        assert!(!self.path(home).join("keys.sealed").exists(), "keys were made elsewhere under {code}");
    }
}

#[test]
fn a_companys_keys_are_kept_by_the_keyring_and_open_it_in_the_next_session() {
    let laptop = Laptop::new();
    laptop.found("home");
    assert!(!laptop.path("home").join("keys.sealed").exists(), "no passphrase was given");
    let entries = laptop.entries();
    assert_eq!(entries.matches("attribute.username").count(), 1, "{entries}");
    assert!(entries.contains(&laptop.entry("home")), "{entries}");
    assert!(!laptop.data("home").starts_with(b"SQLite format 3"));
    laptop.opens("home");
    let ran = laptop.zuc(Keyring::Unlocked, "home", &["lead", "create", "--name", "Rosa", "--company", "La Fragua"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = laptop.zuc(Keyring::Unlocked, "home", &["lead", "list"]);
    assert_eq!(ran.answer().expect("leads")["rows"][0]["full_name"], "Rosa");
}

#[test]
fn a_keyring_that_is_locked_or_away_shuts_the_home_and_loses_nothing() {
    let laptop = Laptop::new();
    laptop.found("home");
    for keyring in [Keyring::Locked, Keyring::Absent] {
        laptop.stays_shut(keyring, "home", "store.secrets_unavailable");
    }
    laptop.opens("home");
}

#[test]
fn where_no_keyring_can_keep_the_keys_no_company_is_made() {
    let laptop = Laptop::new();
    laptop.found("other");
    for (keyring, code) in [(Keyring::Locked, "store.secrets_unavailable"), (Keyring::Absent, "store.no_secret_place")]
    {
        refused(&laptop.zuc(keyring, "home", &FOUNDING), code, 3);
        assert!(!laptop.path("home").join("zuclubit.db").exists(), "{keyring:?}");
    }
    // the same folder, once the keyring is open
    laptop.found("home");
    laptop.opens("home");
}

#[test]
fn without_its_entry_the_data_stay_shut_and_nothing_is_made_over_them() {
    let laptop = Laptop::new();
    laptop.found("home");
    let ran = laptop.run(Keyring::Unlocked, &["secret-tool", "clear", "service", "mx.zuclubit.app"], None);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    laptop.stays_shut(Keyring::Unlocked, "home", "store.key_missing");
    // nor does a passphrase make new keys over old data
    let passphrase = laptop.path("passphrase");
    fs::write(&passphrase, "una frase\n").expect("a passphrase");
    let before = laptop.data("home");
    let home = laptop.path("home").display().to_string();
    let founding = [&[env!("CARGO_BIN_EXE_zuc"), "--home", &home][..], &FOUNDING].concat();
    refused(&laptop.run(Keyring::Unlocked, &founding, Some(&passphrase)), "store.key_missing", 3);
    assert!(laptop.data("home") == before);
    assert!(!laptop.path("home").join("keys.sealed").exists());
    assert_eq!(laptop.entries().matches("attribute.username").count(), 0, "no new key");
}

#[test]
fn data_in_a_new_home_without_their_key_are_not_written_over() {
    let laptop = Laptop::new();
    laptop.found("home");
    fs::create_dir(laptop.path("copy")).expect("a folder");
    fs::copy(laptop.path("home").join("zuclubit.db"), laptop.path("copy").join("zuclubit.db")).expect("a copy");
    laptop.stays_shut(Keyring::Unlocked, "copy", "store.key_missing");
    laptop.opens("home");
}

#[test]
fn every_home_has_a_key_of_its_own() {
    let laptop = Laptop::new();
    laptop.found("home");
    laptop.found("other");
    let entries = laptop.entries();
    for home in ["home", "other"] {
        assert!(entries.contains(&laptop.entry(home)), "{entries}");
    }
    let name = laptop.path("home").join("home.id");
    let own = fs::read(&name).expect("its name");
    fs::copy(laptop.path("other").join("home.id"), &name).expect("the other's name");
    laptop.stays_shut(Keyring::Unlocked, "home", "store.wrong_key");
    fs::write(&name, own).expect("its own name again");
    laptop.opens("home");
}
