//! Restoring into a home, and noticing what was put there by hand.

use std::path::PathBuf;

use zuc_protocol::ids::BatchHash;
use zuc_sync::StoredBatch;

use super::*;
use crate::keys::Home;
use crate::testing::WIRE;

fn incarnation(store: &Store) -> [u8; 16] {
    store.identity().unwrap().incarnation.0
}

/// Opens as the program does: what went back takes a new incarnation, and the boot is marked.
async fn boot(folder: &Path) -> (Store, bool) {
    let store = open_at(folder, 1).await.unwrap();
    let went_back = store.went_back().await.unwrap();
    if went_back {
        store.renew().await.unwrap();
    }
    store.mark_boot().await.unwrap();
    (store, went_back)
}

async fn shut(store: Store) {
    store.close().await;
    drop(store);
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_home_is_another_incarnation_and_what_stood_there_stands_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (store, made) = backed_up(folder.path()).await;
    let before = incarnation(&store);
    capture(&store, 99, "Después").await;
    shut(store).await;

    let root = folder.path().join("casa");
    let home = Home::open(&root).unwrap();
    let restored = made.restore_into(&home, &keys_of(1), false, entropy(), quiet()).await.unwrap();
    assert_ne!(incarnation(&restored.store), before);
    drop(restored);
    let aside = home.swap_in(&[7; 16]).unwrap().unwrap();
    drop(home);
    let (store, went_back) = boot(&root).await;
    assert!(!went_back, "a restoration takes its new incarnation itself");
    assert_eq!(names(&store).await.len(), 40);
    assert_eq!(std::fs::read_to_string(root.join("home.id")).unwrap(), "07".repeat(16));
    assert_eq!(aside, root.join("backups/replaced-1-zuclubit.db"));
    let aside = Store::over(&aside, &keys_of(1), entropy(), &crate::OpenOptions::default()).await.unwrap();
    assert_eq!(names(&aside).await.len(), 41, "nothing was deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_that_was_cut_short_is_ended_by_whoever_opens_the_home() {
    let (old, new) = (b"old".as_slice(), b"new".as_slice());
    for done in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        drop(Home::open(root).unwrap());
        for (name, bytes) in [("zuclubit.db", old), ("zuclubit.db-wal", old), ("home.id", old), ("restoring.db", new)] {
            std::fs::write(root.join(name), bytes).unwrap();
        }
        let pending = format!(r#"{{"id":"{}","n":3}}"#, "09".repeat(16));
        std::fs::write(root.join("restore.pending"), pending).unwrap();
        let steps: [(&str, &str); 3] = [
            ("zuclubit.db", "backups/replaced-3-zuclubit.db"),
            ("zuclubit.db-wal", "backups/replaced-3-zuclubit.db-wal"),
            ("restoring.db", "zuclubit.db"),
        ];
        for (from, to) in &steps[..done] {
            std::fs::rename(root.join(from), root.join(to)).unwrap();
        }
        let home = Home::open(root).unwrap();
        assert_eq!(std::fs::read(home.database()).unwrap(), new);
        assert_eq!(std::fs::read(root.join("backups/replaced-3-zuclubit.db")).unwrap(), old);
        assert_eq!(std::fs::read(root.join("backups/replaced-3-zuclubit.db-wal")).unwrap(), old);
        assert_eq!(std::fs::read_to_string(root.join("home.id")).unwrap(), "09".repeat(16));
        for gone in ["restore.pending", "restoring.db", "zuclubit.db-wal"] {
            assert!(!root.join(gone).exists(), "{gone} after {done} steps");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_put_back_by_hand_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("casa");
    shut(founded_at(&root, 1).await).await;
    let (store, went_back) = boot(&root).await;
    assert!(!went_back, "one that an earlier version left has no mark yet");
    capture(&store, 1, "Ana").await;
    shut(store).await;
    let saved = folder.path().join("saved.db");
    std::fs::copy(root.join("zuclubit.db"), &saved).unwrap();
    let (store, went_back) = boot(&root).await;
    assert!(!went_back);
    let first = incarnation(&store);
    capture(&store, 2, "Eva").await;
    shut(store).await;

    // over what stood there: the same file, other bytes
    std::fs::copy(&saved, root.join("zuclubit.db")).unwrap();
    let (store, went_back) = boot(&root).await;
    assert!(went_back);
    assert_ne!(incarnation(&store), first);
    shut(store).await;
    let (store, went_back) = boot(&root).await;
    assert!(!went_back, "once");
    shut(store).await;

    // the whole folder, marks and all
    let moved: PathBuf = folder.path().join("copiada");
    copy_folder(&root, &moved);
    let (store, went_back) = boot(&moved).await;
    assert!(went_back);
    shut(store).await;
    // the mark is gone, or is nonsense
    std::fs::write(root.join("boot.mark"), b"").unwrap();
    assert!(boot(&root).await.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_this_very_boot_is_noticed_once_something_has_left() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("casa");
    shut(founded_at(&root, 1).await).await;
    let (store, _) = boot(&root).await;
    capture(&store, 1, "Ana").await;
    let saved = folder.path().join("saved.db");
    store.copy_to(&saved).await.unwrap();
    let batch = |number: u64| StoredBatch {
        scope: WIRE,
        number,
        hash: BatchHash([u8::try_from(number).unwrap(); 16]),
        bytes: vec![1],
        outbox: vec![1],
        bag_rows: vec![],
    };
    store.keep_sealed(&batch(1)).await.unwrap();
    shut(store).await;
    // as after a kill: no mark was made at the end
    let store = open_at(&root, 1).await.unwrap();
    assert!(!store.went_back().await.unwrap());
    shut(store).await;

    std::fs::copy(&saved, root.join("zuclubit.db")).unwrap();
    let store = open_at(&root, 1).await.unwrap();
    assert!(store.went_back().await.unwrap(), "the first batch has left and is not here");
    store.mark_boot().await.unwrap();
    assert!(!store.went_back().await.unwrap());
}
