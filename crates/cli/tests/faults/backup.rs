//! A backup in real processes: made, tried, taken back on another machine, refused where it should be, and killed on the
//! way; a database that was put back by hand.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::{
    refused,
    world::{World, servers::Options},
};

/// A company of one laptop with a relay, and its recovery code.
struct Company {
    world: World,
    code: String,
    _folder: TempDir,
}

impl Company {
    async fn found() -> Self {
        let folder = tempdir().expect("a folder");
        let world = World::open(folder.path(), Options::default()).await;
        let code = create(&world, "luis", &world.servers.relay_url()).await;
        let company = Self { world, code, _folder: folder };
        for nth in 1..=3 {
            company.lead("luis", &format!("Rosa Iñiguez {nth}")).await;
        }
        company.world.ask("luis", &["sync"]).await;
        company
    }

    fn path(&self, name: &str) -> PathBuf {
        self.world.root.join(name)
    }

    async fn lead(&self, home: &str, name: &str) {
        self.world.ask(home, &["lead", "create", "--name", name, "--company", "Herrajes Ñandú"]).await;
    }

    async fn names(&self, home: &str) -> Vec<String> {
        let page = self.world.ask(home, &["lead", "list"]).await;
        let rows = page["rows"].as_array().expect("leads").clone();
        let mut names: Vec<String> =
            rows.iter().map(|row| row["full_name"].as_str().unwrap_or_default().to_owned()).collect();
        names.sort();
        names
    }

    /// Makes a backup; gives its path.
    async fn back_up(&self, home: &str) -> String {
        let view = self.world.ask(home, &["backup"]).await;
        view["made"]["path"].as_str().expect("a backup").to_owned()
    }

    async fn restore(&self, home: &str, file: &str) -> Value {
        self.world.ask(home, &["restore", file, "--recovery-code", &self.code]).await
    }
}

/// Founds a company of its own in a home; gives its recovery code.
async fn create(world: &World, home: &str, relay: &str) -> String {
    let out = world.root.join(format!("{home}.code"));
    let text = out.display().to_string();
    let company = zuc_sample::SampleCompany::issuer();
    let (rfc, name, cp) = (company.rfc.as_str(), company.name, company.cp);
    let new = ["company", "create", "--rfc", rfc, "--name", name, "--cp", cp, "--regimen", company.regimen_fiscal];
    world.ask(home, &[&new[..], &["--person", "Luis", "--relay", relay, "--recovery-out", &text]].concat()).await;
    fs::read_to_string(out).expect("the code").trim().to_owned()
}

/// Copies a backup with the keys beside it; gives its new path.
fn carried(file: &str, to: &Path) -> String {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(Path::new(file).parent().expect("a folder")).expect("a folder") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("a copy");
    }
    to.join(Path::new(file).file_name().expect("a name")).display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_the_company_again_on_a_new_machine_and_what_came_after_comes_from_the_relay() {
    let company = Company::found().await;
    let file = company.back_up("luis").await;
    let tried = company.world.ask("luis", &["backup", "drill"]).await;
    assert_eq!((&tried["good"], &tried["problems"]), (&Value::Bool(true), &Value::Array(vec![])));
    assert!(tried["text"].as_str().expect("a sentence").contains("está completo"), "{tried}");
    let listed = company.world.ask("luis", &["backup", "list"]).await;
    assert_eq!((listed["rows"].as_array().map(Vec::len), &listed["inside"]), (Some(1), &Value::Bool(true)));
    let standing = company.world.ask("luis", &["backup", "status"]).await;
    assert_eq!((&standing["trial_due"], standing["tried_at"] == ""), (&Value::Bool(false), false));
    company.lead("luis", "Después Sánchez").await;
    company.world.ask("luis", &["sync"]).await;

    // the laptop is gone, the disk with the backup is not
    let there = carried(&file, &company.path("disco"));
    let none = company.world.run("nueva", &["restore", &there]).await;
    refused(&none, "backup.needs_code", 1);
    let done = company.restore("nueva", &there).await;
    assert_eq!((&done["aside"], &done["forgotten"], &done["unsent"]), (&"".into(), &0.into(), &0.into()));
    assert_eq!(company.world.ask("nueva", &["sync"]).await["state"], "up_to_date");
    let all = ["Después Sánchez", "Rosa Iñiguez 1", "Rosa Iñiguez 2", "Rosa Iñiguez 3"];
    assert_eq!(company.names("nueva").await, all);
    let here = company.world.home("luis").display().to_string();
    company.world.ask("nueva", &["verify", "--same-as", &here]).await;
    company.lead("nueva", "Nueva Vida").await;
    assert_eq!(company.world.ask("nueva", &["sync"]).await["state"], "up_to_date");
    // its own keys open it from now on
    let again = company.world.ask("nueva", &["restore", &there]).await;
    assert!(again["aside"].as_str().is_some_and(|aside| Path::new(aside).exists()), "{again}");
    // and of what stood there a backup was made first
    let before = zuc_store::Backup::open(Path::new(again["before"].as_str().expect("a backup"))).expect("a backup");
    before.check(&|_| {}).expect("it is whole");
    assert_eq!(before.header.reason, zuc_store::Reason::Restore);
    let back = company.world.ask("nueva", &["restore", &before.path.display().to_string()]).await;
    assert_eq!(company.names("nueva").await.len(), 5, "what was restored away comes back: {back}");
    assert_eq!(company.world.ask("nueva", &["sync"]).await["state"], "up_to_date");
    assert_eq!(company.names("nueva").await.len(), 5);
    company.world.ask("nueva", &["verify"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_good_backup_is_refused_with_what_to_do_and_nothing_changes() {
    let company = Company::found().await;
    let (file, world) = (company.back_up("luis").await, &company.world);
    let there = carried(&file, &company.path("disco"));
    let (text, code) = (|path: PathBuf| path.display().to_string(), company.code.as_str());
    let restore = |home: &'static str, file: String, code: String| async move {
        world.run(home, &["restore", &file, "--recovery-code", &code]).await
    };
    let missing = restore("nueva", text(company.path("disco/no-hay.zuc")), code.into()).await;
    refused(&missing, "backup.not_found", 3);
    let letter = text(company.path("carta.zuc"));
    fs::write(&letter, "Querida Rosa:\n".repeat(20)).expect("a letter");
    refused(&restore("nueva", letter, code.into()).await, "backup.not_one", 1);
    let mut bytes = fs::read(&there).expect("the backup");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let broken = text(company.path("disco/roto.zuc"));
    fs::write(&broken, bytes).expect("a broken one");
    refused(&restore("nueva", broken.clone(), code.into()).await, "backup.damaged", 1);

    let other = create(world, "ajena", "").await;
    refused(&restore("nueva", there.clone(), other).await, "backup.wrong_code", 1);
    refused(
        &restore("nueva", there.clone(), code.replace('-', "").replacen(&code[..1], "*", 1)).await,
        "sync.bad_code",
        1,
    );
    refused(&restore("ajena", there.clone(), code.into()).await, "backup.other_company", 1);
    assert!(!world.home("nueva").join("zuclubit.db").exists(), "nothing was made of any of them");
    world.ask("ajena", &["verify"]).await;

    let bare = text(company.path("sola/respaldo.zuc"));
    fs::create_dir(company.path("sola")).expect("a folder");
    fs::copy(&there, &bare).expect("a copy without its keys");
    refused(&restore("nueva", bare.clone(), code.into()).await, "backup.names_missing", 1);
    world.ask("nueva", &["restore", &bare, "--recovery-code", code, "--without-names"]).await;
    assert_eq!(world.ask("nueva", &["sync"]).await["state"], "up_to_date");
    assert_eq!(company.names("nueva").await.len(), 3, "with the names that the relay has");
    world.ask("nueva", &["verify"]).await;

    let gone = text(company.path("usb"));
    refused(&world.run("luis", &["backup", "--to", &gone]).await, "backup.folder_gone", 3);
    let shown = world.ask("luis", &["backup", "list"]).await;
    assert_eq!(shown["failed"], Value::Null, "a folder that was typed once is not the one that is set");
    let desk = world.desk("luis").await;
    refused(&restore("luis", there.clone(), code.into()).await, "store.home_in_use", 3);
    desk.close().await;
    drop(desk);

    // a home whose keys are gone, or whose file is no database any more, is what restoring is for
    let home = world.home("luis");
    fs::write(home.join("zuclubit.db"), b"not any more").expect("a broken database");
    assert_ne!(world.run("luis", &["lead", "list"]).await.code, Some(0));
    let done = world.ask("luis", &["restore", &there]).await;
    assert_eq!(fs::read(done["aside"].as_str().expect("aside")).expect("kept"), b"not any more");
    assert_eq!(world.ask("luis", &["sync"]).await["state"], "up_to_date");
    fs::write(home.join("keys.sealed"), b"not any more").expect("a broken key file");
    refused(&world.run("luis", &["restore", &there]).await, "backup.needs_code", 1);
    company.restore("luis", &there).await;
    assert_eq!(company.names("luis").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tried_no_backup_for_a_month_is_told_so_until_one_is_tried() {
    let company = Company::found().await;
    let world = &company.world;
    company.back_up("luis").await;
    let due = async |off: &str| {
        let ran = world.zuc("luis", &["backup", "status"]).by_a_clock(off).run().await;
        ran.answer().expect("an answer")["trial_due"].clone()
    };
    assert_eq!((due("+29d").await, due("+31d").await), (false.into(), true.into()));
    let tried = world.zuc("luis", &["backup", "drill"]).by_a_clock("+31d").run().await;
    assert_eq!(tried.code, Some(0), "{}", tried.stderr);
    assert_eq!((due("+32d").await, due("+62d").await), (false.into(), true.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_leaves_no_half_backup_under_a_name_and_no_half_home() {
    let company = Company::found().await;
    let world = &company.world;
    let file = company.back_up("luis").await;
    let whole = world.zuc("luis", &["backup"]).run().await.lived;
    let mut killed = 0;
    for nth in 0..20_u32 {
        let ran = world.zuc("luis", &["backup"]).killed_after(whole * nth / 20).await;
        killed += u32::from(ran.was_killed());
        let folder = Path::new(&file).parent().expect("a folder");
        for entry in fs::read_dir(folder).expect("the folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|ending| ending == "zuc") {
                let backup = zuc_store::Backup::open(&path).expect("a name means whole");
                backup.check(&|_| {}).expect("a name means whole");
            }
        }
    }
    assert!(killed >= 10, "{killed} of 20 were killed");
    assert_eq!(world.ask("luis", &["backup", "drill"]).await["good"], true);
    // of those made by hand only the last stay
    let file = company.back_up("luis").await;

    // a restoration that is killed is done or not begun, and may be asked for again
    for place in ["restore.made", "restore.keyed"] {
        let home = place.replace('.', "-");
        let arguments = ["restore", &file, "--recovery-code", &company.code];
        let died = world.zuc(&home, &arguments).failing_at(place).run().await;
        assert_ne!(died.code, Some(0), "{place}");
        assert!(!world.home(&home).join("zuclubit.db").exists());
        company.restore(&home, &file).await;
        assert_eq!(company.names(&home).await.len(), 3);
    }
    let took = world.zuc("otra", &["restore", &file, "--recovery-code", &company.code]).run().await.lived;
    for nth in 0..10_u32 {
        let ran = world.zuc("luis", &["restore", &file]).killed_after(took * nth / 10).await;
        let names = company.names("luis").await;
        assert_eq!(names.len(), 3, "killed {}: {names:?}", ran.was_killed());
        world.ask("luis", &["verify"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_put_back_by_hand_goes_on_as_another_and_loses_nothing_that_was_sent() {
    let company = Company::found().await;
    let world = &company.world;
    let (database, saved) = (world.home("luis").join("zuclubit.db"), company.path("saved.db"));
    fs::copy(&database, &saved).expect("a copy by hand");
    company.lead("luis", "Después Sánchez").await;
    world.ask("luis", &["sync"]).await;
    fs::copy(&saved, &database).expect("put back by hand");
    // written before anything is read again
    company.lead("luis", "Otra Vez").await;
    assert_eq!(world.ask("luis", &["sync", "--wait", "60"]).await["state"], "up_to_date");
    assert_eq!(company.names("luis").await.len(), 5);
    world.ask("luis", &["verify"]).await;
}
