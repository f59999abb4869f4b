//! What becomes of files on one laptop.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;
use zuc_domain::attachment::{
    Attachment, AttachmentHeld, AttachmentRemoval, AttachmentSubject, Contents, FileHash, FileName,
};
use zuc_domain::shared::{AttachmentId, DeviceId, Hlc, LeadId, PersonId};
use zuc_protocol::ids::LogId;

use super::{HeldFile, IN_THE_BIN};
use crate::Store;
use crate::testing::{SALES, at, device, device_at, pass};

const LEAD: AttachmentSubject = AttachmentSubject::Lead(LeadId(Uuid::from_u128(400)));

/// A file of a record that bears nobody, on this disk and in the log of its scope.
async fn attach(store: &Store, number: u128, clear: &[u8]) -> Attachment {
    let sealed = store.seal_file(&mut &*clear).unwrap();
    let file = Attachment {
        id: AttachmentId(Uuid::from_u128(number)),
        scope: SALES,
        subject: LEAD,
        bearer: None,
        of_person: None,
        of_record: Some(Contents { name: FileName::new("acta.pdf"), key: sealed.key }),
        hash: sealed.hash,
        size: sealed.size,
        at: at(0).at,
        by: at(0).person,
    };
    write(store, &file).await;
    file
}

async fn write(store: &Store, file: &Attachment) {
    let mut tx = store.begin(at(1)).await.unwrap();
    tx.record_fact(file, &[]).await.unwrap();
    tx.commit().await.unwrap();
}

/// Takes a file away, or brings it back, by a clock that shows `millis`.
async fn set_away(store: &Store, number: u128, file: &Attachment, millis: i64, removed: bool) {
    let hlc = Hlc { millis, counter: 0, device: DeviceId(Uuid::from_u128(9)) };
    let (id, by) = (AttachmentId(Uuid::from_u128(number)), PersonId(Uuid::from_u128(77)));
    let act = AttachmentRemoval { id, scope: SALES, subject: LEAD, file: file.id, removed, hlc, by };
    let mut tx = store.begin(at(2)).await.unwrap();
    tx.record_fact(&act, &[]).await.unwrap();
    tx.commit().await.unwrap();
}

fn day(number: u64) -> Timestamp {
    at(0).at + Duration::from_hours(24 * number)
}

fn lies_in(folder: &Path, hash: FileHash) -> bool {
    folder.join("attachments").join(hex::encode(hash.0)).exists()
}

#[tokio::test]
async fn a_file_goes_thirty_days_after_this_laptop_saw_it_in_the_bin_whatever_date_a_peer_wrote() {
    let home = tempfile::tempdir().unwrap();
    let store = device_at(home.path(), 1).await;
    let (kept, thrown) = (attach(&store, 1, b"uno").await, attach(&store, 2, b"dos").await);
    // by a clock of years ago
    set_away(&store, 3, &thrown, 1, true).await;
    assert_eq!(store.let_files_go(day(5)).await.unwrap(), 0);
    assert_eq!(store.let_files_go(day(34)).await.unwrap(), 0, "it was seen there on day five");
    assert!(lies_in(home.path(), thrown.hash) && store.files_to_drop().await.unwrap().is_empty());

    assert_eq!(store.let_files_go(day(5) + IN_THE_BIN).await.unwrap(), 1);
    assert!(!lies_in(home.path(), thrown.hash) && lies_in(home.path(), kept.hash));
    assert_eq!(store.held_file(&thrown).await.unwrap(), HeldFile::Gone);
    let key = (SALES, thrown.hash);
    assert_eq!(store.files_to_drop().await.unwrap(), [key]);
    store.file_dropped(key).await.unwrap();
    assert!(store.files_to_drop().await.unwrap().is_empty(), "the relay has said it");
    assert_eq!(store.let_files_go(day(90)).await.unwrap(), 0, "once");
}

#[tokio::test]
async fn a_file_that_is_brought_back_has_all_its_time_again_and_its_bytes() {
    let home = tempfile::tempdir().unwrap();
    let store = device_at(home.path(), 1).await;
    let file = attach(&store, 1, b"uno").await;
    set_away(&store, 2, &file, 10, true).await;
    store.let_files_go(day(0)).await.unwrap();
    set_away(&store, 3, &file, 20, false).await;
    assert_eq!(store.let_files_go(day(31)).await.unwrap(), 0);
    set_away(&store, 4, &file, 30, true).await;
    assert_eq!(store.let_files_go(day(40)).await.unwrap(), 0);
    assert_eq!(store.let_files_go(day(69)).await.unwrap(), 0);
    assert!(lies_in(home.path(), file.hash));
    assert_eq!(store.let_files_go(day(70)).await.unwrap(), 1);
}

#[tokio::test]
async fn nobody_destroys_a_file_by_naming_it_again_and_throwing_that_away() {
    let home = tempfile::tempdir().unwrap();
    let store = device_at(home.path(), 1).await;
    let file = attach(&store, 1, b"uno").await;
    let again = Attachment { id: AttachmentId(Uuid::from_u128(2)), ..file.clone() };
    write(&store, &again).await;
    set_away(&store, 3, &again, 10, true).await;
    store.let_files_go(day(0)).await.unwrap();
    assert_eq!(store.let_files_go(day(60)).await.unwrap(), 0);
    assert!(lies_in(home.path(), file.hash) && store.files_to_drop().await.unwrap().is_empty());
}

/// A word of a laptop on files, by a clock that shows `millis`.
async fn say(store: &Store, number: u128, millis: i64, keeps_all: bool, files: &[FileHash]) {
    let hlc = Hlc { millis, counter: 0, device: DeviceId(Uuid::from_u128(9)) };
    let (id, files) = (AttachmentId(Uuid::from_u128(number)), files.to_vec());
    let word = AttachmentHeld { id, scope: SALES, keeps_all, files, hlc, by: at(0).person };
    let mut tx = store.begin(at(3)).await.unwrap();
    tx.record_fact(&word, &[]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_word_is_of_the_laptop_that_wrote_it_and_counts_until_that_one_keeps_only_some() {
    let (ana, luis, mut seq) = (device(1).await, device(2).await, 0);
    let (his, file) = (luis.identity().unwrap().device, FileHash([7; 32]));
    let holders = async || ana.file_words().await.unwrap().holders((SALES, file)).collect::<Vec<_>>();
    say(&luis, 1, 10, true, &[file]).await;
    pass(&luis, &ana, &mut seq).await;
    assert_eq!(holders().await, [his], "whatever clock the word names");

    say(&luis, 2, 20, false, &[]).await;
    pass(&luis, &ana, &mut seq).await;
    assert_eq!(holders().await, []);
    let words = ana.file_words().await.unwrap();
    assert!(words.keeps_some(SALES, his) && words.asking(SALES).eq([his]));

    // it keeps all again: what it said before it gave up counts no more than it did
    say(&luis, 3, 15, true, &[file]).await;
    say(&luis, 4, 30, true, &[]).await;
    pass(&luis, &ana, &mut seq).await;
    assert_eq!(holders().await, []);
    assert!(!ana.file_words().await.unwrap().keeps_some(SALES, his));
    say(&luis, 5, 40, true, &[file]).await;
    pass(&luis, &ana, &mut seq).await;
    assert_eq!(holders().await, [his]);
    assert_eq!(ana.file_words().await.unwrap(), luis.file_words().await.unwrap());
}

#[tokio::test]
async fn a_word_that_is_not_sent_does_not_stand() {
    let luis = device(2).await;
    assert!(luis.file_words_stand(SALES).await.unwrap());
    say(&luis, 1, 10, false, &[]).await;
    assert!(!luis.file_words_stand(SALES).await.unwrap());
}

#[tokio::test]
async fn what_was_opened_longest_ago_is_spare_first_and_nothing_that_the_relay_was_not_seen_to_hold() {
    let home = tempfile::tempdir().unwrap();
    let store = device_at(home.path(), 1).await;
    let (log, lost) = (LogId([1; 16]), LogId([2; 16]));
    let mut files = Vec::new();
    for (number, clear) in [(1, "uno"), (2, "dos"), (3, "tres"), (4, "cuatro, más largo")] {
        files.push(attach(&store, number, clear.as_bytes()).await);
    }
    let key = |file: &Attachment| (SALES, file.hash);
    for (file, day_of) in files.iter().zip([3, 1, 2, 4]) {
        store.file_opened(key(file), day(day_of)).await.unwrap();
    }
    let owed = store.owed_files(log).await.unwrap();
    for file in owed.iter().filter(|file| file.hash != files[2].hash) {
        store.file_seen_at(file, log).await.unwrap();
    }
    let spare = async |log, above| {
        let spare = store.spare_files(log, above).await.unwrap();
        spare.into_iter().map(|file| file.hash).collect::<Vec<_>>()
    };
    assert_eq!(spare(log, 0).await, [files[1].hash, files[0].hash, files[3].hash]);
    assert_eq!(spare(log, 30).await, [files[3].hash], "what is small stays");
    assert_eq!(spare(lost, 0).await, [], "the log that was seen to hold them is lost");

    let before = store.file_space().await.unwrap();
    store.give_up(files[1].hash).unwrap();
    store.give_up(files[1].hash).unwrap();
    assert_eq!(spare(log, 0).await, [files[0].hash, files[3].hash]);
    let after = store.file_space().await.unwrap();
    assert_eq!((before.here, before.elsewhere, after.here, after.elsewhere), (4, 0, 3, 1));
    assert_eq!(after.here_bytes + after.elsewhere_bytes, before.here_bytes);
    assert!(matches!(store.held_file(&files[1]).await.unwrap(), HeldFile::Coming { have: 0, .. }));
}
