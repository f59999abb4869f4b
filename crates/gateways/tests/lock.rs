//! A locked home: nothing answers, and what opens it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::Timestamp;
use zeroize::Zeroizing;
use zuc_app::{
    Desk,
    ports::{Clock, Ports, SecretPlaces, SecretStore, StoreError},
};
use zuc_gateways::{OsEntropy, RelayAddresses};
use zuc_ipc::{
    backup::BackupTo,
    company::{CompanyNew, InviteNew, Join, Secret, Stage},
    lead::{LeadNew, LeadQuery},
    lock::{LockIdle, LockPut, UnlockByCode},
    people::RightsSet,
};

const PHRASE: &str = "perico rojo bajo la lluvia";
const MINUTE: i64 = 60_000;

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

/// A keyring that lives as long as the test.
#[derive(Default)]
struct Keyring(Mutex<BTreeMap<String, Vec<u8>>>);

impl SecretStore for Keyring {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        Ok(self.0.lock().unwrap().get(name).cloned().map(Zeroizing::new))
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), StoreError> {
        self.0.lock().unwrap().insert(name.to_owned(), secret.to_vec());
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), StoreError> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

struct Places(Arc<Keyring>);

impl SecretPlaces for Places {
    fn keyring(&self) -> Option<Arc<dyn SecretStore>> {
        Some(self.0.clone())
    }

    fn passphrase(&self) -> Option<String> {
        None
    }
}

struct Laptop {
    folder: tempfile::TempDir,
    clock: Arc<Hand>,
    keyring: Arc<Keyring>,
    desk: Arc<Desk>,
    code: String,
}

impl Laptop {
    /// A company with one lead, whose keys the keyring holds.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hand(AtomicI64::new(1_800_000_000_000)));
        let keyring = Arc::new(Keyring::default());
        let desk = Self::start(&folder, &clock, &keyring).await;
        let company = CompanyNew {
            rfc: "EKU9003173C9".to_owned(),
            name: "Escuela Kemper Urgate".to_owned(),
            regimen_fiscal: "601".to_owned(),
            cp: "26015".to_owned(),
            person_name: "Ana".to_owned(),
            ..CompanyNew::default()
        };
        let code = desk.company_create(company).await.unwrap().recovery_code;
        desk.recovery_confirm(Secret { text: code.clone() }).await.unwrap();
        let lead = LeadNew { full_name: "Julia Cano".to_owned(), ..LeadNew::default() };
        desk.office().await.unwrap().lead_create(lead).await.unwrap();
        Self { folder, clock, keyring, desk, code }
    }

    async fn start(folder: &tempfile::TempDir, clock: &Arc<Hand>, keyring: &Arc<Keyring>) -> Arc<Desk> {
        let ports = Ports {
            clock: clock.clone(),
            entropy: Arc::new(OsEntropy),
            relays: Arc::new(RelayAddresses::default()),
            secrets: Arc::new(Places(keyring.clone())),
        };
        Desk::at(folder.path().join("home"), ports).await.unwrap()
    }

    /// The program ends and is started again.
    async fn again(&mut self) {
        self.desk.close().await;
        self.desk = Self::start(&self.folder, &self.clock, &self.keyring).await;
    }

    fn pass(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::Relaxed);
    }

    async fn lock_behind(&self, current: &str, phrase: &str) -> Result<(), String> {
        let put = LockPut { current: current.to_owned(), phrase: phrase.to_owned() };
        self.desk.lock_put(put).await.map(drop).map_err(|error| error.code)
    }

    async fn unlock(&self, phrase: &str) -> Result<Stage, String> {
        let opened = self.desk.unlock(Secret { text: phrase.to_owned() }).await;
        opened.map(|boot| boot.stage).map_err(|error| error.code)
    }

    async fn by_code(&self, code: &str, phrase: &str) -> Result<Stage, String> {
        let by = UnlockByCode { code: code.to_owned(), phrase: phrase.to_owned() };
        self.desk.unlock_by_code(by).await.map(|boot| boot.stage).map_err(|error| error.code)
    }

    async fn stage(&self) -> Stage {
        self.desk.boot().await.unwrap().stage
    }

    /// The one lead is there.
    async fn works(&self) {
        let leads = self.desk.office().await.unwrap().lead_list(LeadQuery::default()).await.unwrap();
        assert_eq!(leads.rows.len(), 1);
    }

    /// Every way into the desk is shut.
    async fn is_shut(&self) {
        assert_eq!(self.stage().await, Stage::Locked);
        assert!(self.desk.boot().await.unwrap().company.is_none(), "not even its name is said");
        assert_eq!(self.desk.office().await.err().unwrap().code, "app.locked");
        let secret = || Secret { text: PHRASE.to_owned() };
        let put = LockPut { current: PHRASE.to_owned(), phrase: "otra frase más".to_owned() };
        let said = [
            self.desk.lock_view().await.err(),
            self.desk.lock_put(put).await.err(),
            self.desk.lock_off(secret()).await.err(),
            self.desk.lock_idle(LockIdle { minutes: 0 }).await.err(),
            self.desk.company_create(CompanyNew::default()).await.err(),
            self.desk.company_join(Join::default()).await.err(),
            self.desk.join_status().await.err(),
            self.desk.recovery_code().await.err(),
            self.desk.recovery_confirm(secret()).await.err(),
        ];
        assert!(said.iter().all(Option::is_some), "{said:?}");
        assert_eq!(self.stage().await, Stage::Locked);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_where_nobody_sits_locks_and_answers_nothing_until_the_passphrase_was_typed() {
    let laptop = Laptop::new().await;
    laptop.pass(60 * MINUTE);
    assert!(!laptop.desk.lock_if_idle().await, "there is no lock yet");
    assert_eq!(laptop.lock_behind("", "corta").await.unwrap_err(), "lock.short");
    laptop.lock_behind("", PHRASE).await.unwrap();
    laptop.works().await;
    laptop.desk.touch();
    laptop.pass(15 * MINUTE - 1);
    assert!(!laptop.desk.lock_if_idle().await);
    laptop.desk.touch();
    laptop.pass(15 * MINUTE - 1);
    assert!(!laptop.desk.lock_if_idle().await, "somebody was here");
    laptop.pass(1);
    assert!(laptop.desk.lock_if_idle().await);
    laptop.is_shut().await;
    assert_eq!(laptop.unlock("no es esta").await.unwrap_err(), "store.wrong_passphrase");
    laptop.is_shut().await;
    assert_eq!(laptop.unlock(PHRASE).await.unwrap(), Stage::Ready);
    laptop.works().await;
    // who has just come in is here, however long ago the last word was
    assert!(!laptop.desk.lock_if_idle().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_put_back_keeps_no_laptop_open_and_never_is_never() {
    let laptop = Laptop::new().await;
    laptop.lock_behind("", PHRASE).await.unwrap();
    laptop.pass(-24 * 60 * MINUTE);
    assert!(!laptop.desk.lock_if_idle().await);
    laptop.pass(15 * MINUTE);
    assert!(laptop.desk.lock_if_idle().await);
    laptop.unlock(PHRASE).await.unwrap();
    assert!(laptop.desk.lock_idle(LockIdle { minutes: 7 }).await.is_err());
    assert_eq!(laptop.desk.lock_idle(LockIdle { minutes: 0 }).await.unwrap().idle_minutes, 0);
    laptop.pass(30 * 24 * 60 * MINUTE);
    assert!(!laptop.desk.lock_if_idle().await);
    assert_eq!(laptop.desk.lock_now().await.unwrap().stage, Stage::Locked);
    laptop.is_shut().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_forgot_the_passphrase_comes_in_with_the_code_and_takes_another() {
    let mut laptop = Laptop::new().await;
    laptop.lock_behind("", PHRASE).await.unwrap();
    laptop.again().await;
    laptop.is_shut().await;
    let other = Laptop::new().await;
    assert_eq!(laptop.by_code(&other.code, "frase que sí recuerdo").await.unwrap_err(), "backup.wrong_code");
    assert!(laptop.by_code("esto no es un código", "frase que sí recuerdo").await.is_err());
    assert_eq!(laptop.by_code(&laptop.code, "corta").await.unwrap_err(), "lock.short");
    laptop.is_shut().await;
    assert_eq!(laptop.by_code(&laptop.code, "frase que sí recuerdo").await.unwrap(), Stage::Ready);
    laptop.works().await;
    laptop.again().await;
    assert_eq!(laptop.unlock(PHRASE).await.unwrap_err(), "store.wrong_passphrase");
    assert_eq!(laptop.unlock("frase que sí recuerdo").await.unwrap(), Stage::Ready);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_somebody_laid_beside_for_the_code_take_nothing_away() {
    let mut laptop = Laptop::new().await;
    laptop.lock_behind("", PHRASE).await.unwrap();
    let other = Laptop::new().await;
    other.lock_behind("", PHRASE).await.unwrap();
    laptop.again().await;
    // another home's keys, sealed to another pair, and bytes that are nothing
    let beside = laptop.folder.path().join("home/code.sealed");
    for bytes in [std::fs::read(other.folder.path().join("home/code.sealed")).unwrap(), vec![7; 900], Vec::new()] {
        std::fs::write(&beside, bytes).unwrap();
        assert!(laptop.by_code(&laptop.code, "frase que sí recuerdo").await.is_err());
        assert!(laptop.by_code(&other.code, "frase que sí recuerdo").await.is_err());
    }
    assert_eq!(laptop.unlock(PHRASE).await.unwrap(), Stage::Ready, "the passphrase still opens");
    laptop.works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_keyrings_half_the_code_opens_and_without_a_lock_nothing_is_asked() {
    let mut laptop = Laptop::new().await;
    laptop.lock_behind("", PHRASE).await.unwrap();
    laptop.desk.close().await;
    laptop.keyring.0.lock().unwrap().clear();
    laptop.again().await;
    assert_eq!(laptop.unlock(PHRASE).await.unwrap_err(), "store.key_half_missing");
    assert_eq!(laptop.by_code(&laptop.code, PHRASE).await.unwrap(), Stage::Ready);
    assert_eq!(laptop.lock_behind("no es", "frase tercera").await.unwrap_err(), "store.wrong_passphrase");
    let off = laptop.desk.lock_off(Secret { text: PHRASE.to_owned() }).await.unwrap();
    assert!(!off.on && off.keyring);
    assert_eq!(laptop.desk.lock_now().await.err().unwrap().code, "lock.none");
    laptop.again().await;
    assert_eq!(laptop.stage().await, Stage::Ready);
    laptop.works().await;
}

/// What each act that asks again says: a copy of a person's data, a backup that leaves, where backups go, roles, an invite.
async fn asking(laptop: &Laptop, outside: &std::path::Path) -> [String; 5] {
    let office = laptop.desk.office().await.unwrap();
    let lead = office.lead_list(LeadQuery::default()).await.unwrap().rows[0].id.clone();
    let folder = outside.display().to_string();
    let me = office.people_view().await.unwrap().rows[0].id.clone();
    let rights = RightsSet { person: me, roles: vec!["ventas".to_owned()], teams: Vec::new() };
    let invite = InviteNew { person_name: "Luis".to_owned(), roles: vec!["ventas".to_owned()] };
    [
        Box::pin(office.person_export(lead)).await.err(),
        office.backup_now(BackupTo { folder: folder.clone() }).await.err(),
        office.backup_set_folder(&folder).await.err(),
        Box::pin(office.rights_set(rights)).await.err(),
        office.device_invite(invite).await.err(),
    ]
    .map(|error| error.map(|error| error.code).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_lock_the_passphrase_of_the_last_minutes_is_asked_before_data_leave_and_roles_are_given() {
    let laptop = Laptop::new().await;
    let outside = tempfile::tempdir().unwrap();
    // there is no relay, and nobody else who administers: what they say once nothing is asked
    let done = ["", "", "", "person.last_admin", "relay.none"].map(ToOwned::to_owned);
    let asked = [(); 5].map(|()| "lock.ask".to_owned());
    laptop.pass(60 * MINUTE);
    assert_eq!(asking(&laptop, outside.path()).await, done, "without a lock nothing is asked");
    laptop.lock_behind("", PHRASE).await.unwrap();
    laptop.pass(5 * MINUTE - 1);
    assert_eq!(asking(&laptop, outside.path()).await, done, "it was typed just now");
    laptop.pass(1);
    assert_eq!(asking(&laptop, outside.path()).await, asked);
    let office = laptop.desk.office().await.unwrap();
    office.backup_set_folder("").await.unwrap();
    office.backup_now(BackupTo::default()).await.unwrap();
    drop(office);

    let prove =
        async |text: &str| laptop.desk.lock_prove(Secret { text: text.to_owned() }).await.map_err(|error| error.code);
    assert_eq!(prove("no es esta").await.unwrap_err(), "store.wrong_passphrase");
    assert_eq!(asking(&laptop, outside.path()).await, asked, "a wrong one opens nothing");
    assert!(prove(PHRASE).await.unwrap().on);
    assert_eq!(asking(&laptop, outside.path()).await, done);
    laptop.pass(-60 * MINUTE);
    assert_eq!(asking(&laptop, outside.path()).await, asked, "a clock that was put back makes nothing fresh");
    laptop.desk.lock_now().await.unwrap();
    assert_eq!(laptop.unlock(PHRASE).await.unwrap(), Stage::Ready);
    assert_eq!(asking(&laptop, outside.path()).await, done, "who unlocks has typed it");
}
