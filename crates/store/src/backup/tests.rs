//! What a backup promises: it holds what was there, nobody who was forgotten, and every flipped byte is noticed.

use std::path::Path;
use std::sync::Arc;

use jiff::civil::date;
use jiff::tz::TimeZone;
use zuc_domain::lead::Lead;
use zuc_protocol::recovery;

use super::*;
use crate::testing::{Counter, RECOVERY, at, founded_at, keys_of, lead, open_at};
use crate::{LeadFilter, LeadOrder, Store};

mod golden;
mod homes;
mod killed;
mod later;

fn quiet() -> Arc<Told> {
    Arc::new(|_| {})
}

fn entropy() -> Arc<dyn Entropy> {
    Arc::new(Counter::from(77))
}

fn order(folder: &Path, day: i8) -> BackupOrder {
    let at = date(2026, 11, day).at(20, 0, 0, 0).to_zoned_datetime(TimeZone::UTC).unwrap();
    BackupOrder { folder: folder.to_owned(), at, reason: Reason::Daily }
}

async fn capture(store: &Store, id: u128, name: &str) -> Lead {
    let mut tx = store.begin(at(0)).await.unwrap();
    let act = tx.act();
    let (lead, event) = lead(id, name, &format!("Empresa {id}"), &act);
    tx.repository().record(&lead, &event).await.unwrap();
    tx.commit().await.unwrap();
    lead
}

async fn names(store: &Store) -> Vec<String> {
    let page = store.lead_page(&LeadFilter::default(), LeadOrder::Company, false, 0, 500).await.unwrap();
    page.rows.into_iter().map(|row| row.full_name).collect()
}

/// A founded company with forty prospects, and a backup of it.
async fn backed_up(folder: &Path) -> (Store, Backup) {
    let store = founded_at(&folder.join("casa"), 1).await;
    for id in 1..=40 {
        capture(&store, id, &format!("Persona {id:02}")).await;
    }
    let made = store.back_up(&order(&store.home().unwrap().own_backups(), 29), quiet()).await.unwrap();
    (store, made)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_backed_up_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (store, made) = backed_up(folder.path()).await;
    assert_eq!(made.path.file_name().unwrap().to_string_lossy().len(), "respaldo-2026-11-29-200000-1a2b3c4d.zuc".len());
    assert_eq!(made.size, std::fs::metadata(&made.path).unwrap().len());
    let digests = store.digests().await.unwrap();
    capture(&store, 99, "Después").await;

    let keys = made.header.keys_by(&recovery::root_keys(&RECOVERY)).unwrap();
    assert_eq!((&keys.database, &keys.vault), (&keys_of(1).database, &keys_of(1).vault));
    let wrong = made.header.keys_by(&recovery::root_keys(&[7; 20])).unwrap_err();
    assert_eq!(wrong.code(), "backup.wrong_code");
    assert!(made.header.is_under(&keys) && !made.header.is_under(&keys_of(2)));

    let into = folder.path().join("otra.db");
    let restored = made.unpack(&into, &keys, false, entropy(), quiet()).await.unwrap();
    assert_eq!(restored.store.digests().await.unwrap(), digests);
    let tried = restored.try_out().await.unwrap();
    assert_eq!((tried.records, tried.same, tried.problems), (40, true, vec![]));
    assert_eq!(restored.store.unsent().await.unwrap(), 40, "what waited to be sent still does");
    assert_eq!(names(&restored.store).await[..2], ["Persona 01", "Persona 10"]);
    assert_eq!(restored.store.setting(copy::DIGESTS).await.unwrap(), None);

    // another time, with a person too many: the trial says so
    let restored = made.unpack(&into, &keys, false, entropy(), quiet()).await.unwrap();
    capture(&restored.store, 98, "De más").await;
    assert!(!restored.try_out().await.unwrap().same);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_forgotten_is_in_no_backup_whenever_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let store = founded_at(&folder.path().join("casa"), 1).await;
    let canary = capture(&store, 1, "Canario Zalaquett").await;
    capture(&store, 2, "Otra Persona").await;
    let (own, disk) = (store.home().unwrap().own_backups(), folder.path().join("disco"));
    std::fs::create_dir(&disk).unwrap();
    let before = store.back_up(&order(&own, 28), quiet()).await.unwrap();
    let elsewhere = store.back_up(&order(&disk, 28), quiet()).await.unwrap();
    let keys = keys_of(1);
    let into = folder.path().join("otra.db");

    // the copy itself never holds the name, nor the key
    elsewhere.extract(&into, &keys, quiet().as_ref()).unwrap();
    let mut conn = crate::open::lone(&into, &keys.database).await.unwrap();
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM person_key").fetch_one(&mut conn).await.unwrap();
    assert_eq!(held, 0);
    let plain = folder.path().join("plain.db").to_string_lossy().into_owned();
    std::fs::write(&plain, b"").unwrap();
    for sql in [format!("ATTACH '{plain}' AS plain KEY ''"), "SELECT sqlcipher_export('plain')".to_owned()] {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    }
    drop(conn);
    let pages = std::fs::read(&plain).unwrap();
    for word in ["Zalaquett", "zalaquett", "Otra Persona"] {
        assert!(!pages.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
    // with its keys it has both
    let restored = elsewhere.unpack(&into, &keys, false, entropy(), quiet()).await.unwrap();
    assert_eq!(names(&restored.store).await, ["Canario Zalaquett", "Otra Persona"]);

    // one disk is away while the person is forgotten
    let away = folder.path().join("guardado");
    std::fs::rename(&disk, &away).unwrap();
    let forgotten = store.person_keys_of(canary.id).await.unwrap();
    store.erase_keys(&forgotten).await.unwrap();
    std::fs::rename(&away, &disk).unwrap();
    assert_eq!(store.renew_owed_people().await.unwrap(), 0, "it was owed the new keys, and got them");
    for backup in [&before, &elsewhere] {
        let restored = backup.unpack(&into, &keys, false, entropy(), quiet()).await.unwrap();
        assert_eq!(names(&restored.store).await, ["", "Otra Persona"]);
        assert_eq!(restored.forgotten, 1);
        let tried = restored.try_out().await.unwrap();
        assert_eq!((tried.same, tried.problems), (true, vec![]));
    }
    let whose = (before.header.company, before.header.device);
    for folder in [&own, &disk] {
        let people = format!("{:?}", People::read(folder, whose, &keys).unwrap().unwrap());
        assert_eq!(people, "People(1 keys, 1 erased)");
    }

    std::fs::remove_file(people::place(&disk, whose.1)).unwrap();
    let error = elsewhere.unpack(&into, &keys, false, entropy(), quiet()).await.unwrap_err();
    assert_eq!(error.code(), "backup.names_missing");
    let restored = elsewhere.unpack(&into, &keys, true, entropy(), quiet()).await.unwrap();
    assert_eq!(names(&restored.store).await, ["", ""], "they come from the relay, if it has them");
}

#[expect(clippy::disallowed_macros, reason = "a random run prints its seed")]
#[tokio::test(flavor = "multi_thread")]
async fn every_flipped_byte_is_noticed() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_130_u64);
    println!("SEED={seed}");
    let folder = tempfile::tempdir().unwrap();
    let (_store, made) = backed_up(folder.path()).await;
    let keys = keys_of(1);
    let bytes = std::fs::read(&made.path).unwrap();
    let whose = (made.header.company, made.header.device);
    let names = people::place(made.path.parent().unwrap(), whose.1);
    let sealed = std::fs::read(&names).unwrap();
    let chance = Counter::from(seed);
    let draw = |below: usize| usize::try_from(u64::from_le_bytes(crate::keys::random(&chance)) % below as u64).unwrap();
    for turn in 0..200 {
        // every place of the head and the end too, which are few
        let place = match turn % 4 {
            0 => draw(400),
            1 => bytes.len() - 1 - draw(64),
            _ => draw(bytes.len()),
        };
        let mut broken = bytes.clone();
        broken[place] ^= 1 << draw(8);
        std::fs::write(&made.path, &broken).unwrap();
        let found = Backup::open(&made.path).and_then(|backup| backup.check(quiet().as_ref()));
        let code = found.unwrap_err().code();
        assert!(code == "backup.damaged" || (place < 8 && code == "backup.not_one"), "byte {place}: {code}");
        // whoever knew how to make the checksum fit does not know the key
        let fitting = blake3::hash(&broken[..broken.len() - 32]);
        let end = broken.len() - 32;
        broken[end..].copy_from_slice(fitting.as_bytes());
        std::fs::write(&made.path, &broken).unwrap();
        if let Ok(backup) = Backup::open(&made.path)
            && place < end
        {
            let out = backup.extract(&folder.path().join("out"), &keys, quiet().as_ref());
            assert_eq!(out.unwrap_err().code(), "backup.damaged", "byte {place}");
            assert!(!folder.path().join("out").exists());
        }

        let mut broken = sealed.clone();
        let place = draw(broken.len());
        broken[place] ^= 1 << draw(8);
        std::fs::write(&names, broken).unwrap();
        let read = People::read(made.path.parent().unwrap(), whose, &keys);
        assert_eq!(read.unwrap_err().code(), "backup.damaged", "byte {place} of the names");
    }
    std::fs::write(&made.path, &bytes[..bytes.len() - 1]).unwrap();
    assert!(Backup::open(&made.path).unwrap().check(quiet().as_ref()).is_err(), "cut short by one");
    std::fs::write(&made.path, b"no es un respaldo, pero es largo: sesenta y cuatro bytes y unos cuantos de sobra")
        .unwrap();
    assert_eq!(Backup::open(&made.path).unwrap_err().code(), "backup.not_one");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_half_bears_a_name_and_old_ones_go() {
    let folder = tempfile::tempdir().unwrap();
    let (store, first) = backed_up(folder.path()).await;
    let own = first.path.parent().unwrap();
    let half = disk::beside(&first.path);
    std::fs::write(&half, b"cut short").unwrap();
    std::fs::write(own.join("notas.zuc"), b"somebody's own").unwrap();
    for day in 1..=20 {
        store.back_up(&order(own, day), quiet()).await.unwrap();
    }
    assert!(!half.exists() && own.join("notas.zuc").exists());
    let days: Vec<i64> = backups_in(own).unwrap().iter().map(|backup| backup.header.at_ms / 86_400_000 % 100).collect();
    // 29 and 15 to 20 are seven days; 8 is the Sunday of one more week
    assert_eq!(days.len(), 8, "{days:?}");
    assert!(!store.home().unwrap().backups().join("copy.db").exists());

    let gone = store.back_up(&order(&folder.path().join("no-hay"), 30), quiet()).await.unwrap_err();
    assert_eq!(gone.code(), "backup.folder_gone");
    assert!(!folder.path().join("no-hay").exists(), "a disk that is away is not made up");
    let file = store.back_up(&order(&own.join("notas.zuc"), 30), quiet()).await.unwrap_err();
    assert_eq!(file.code(), "backup.folder_gone");
    assert_eq!(backups_in(own).unwrap().len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_does_not_keep_anybody_from_writing() {
    let folder = tempfile::tempdir().unwrap();
    let store = founded_at(&folder.path().join("casa"), 1).await;
    for id in 1..=20 {
        capture(&store, id, &format!("Persona {id:02}")).await;
    }
    let own = store.home().unwrap().own_backups();
    let backing = order(&own, 29);
    let making = store.back_up(&backing, quiet());
    let writing = async {
        for id in 100..140 {
            capture(&store, id, "Entretanto").await;
        }
    };
    let (made, ()) = tokio::join!(making, writing);
    let into = folder.path().join("otra.db");
    let restored = made.unwrap().unpack(&into, &keys_of(1), false, entropy(), quiet()).await.unwrap();
    let tried = restored.try_out().await.unwrap();
    assert_eq!((tried.same, tried.problems), (true, vec![]), "one moment, whichever");
    assert!((20..=60).contains(&tried.records), "{}", tried.records);
    assert_eq!(names(&store).await.len(), 60);
}
