//! Looking for a word in all that a laptop keeps: rows, search indexes, documents with their history, free pages, the WAL.

use std::path::Path;

use automerge::{AutoCommit, ScalarValue, legacy::OpType};
use openssl::symm::{Cipher, Crypter, Mode};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use zuc_testkit::network::Laptop;

/// SQLCipher's page, its end that is no content, and what the first page begins with in clear.
const PAGE: usize = 4096;
const RESERVED: usize = 80;
const SALT: usize = 16;
/// SQLite: what stands before the first frame of a WAL, and before the page in each.
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Where a laptop at rest says the word, in whatever case.
pub(crate) async fn places_of(laptop: &Laptop, word: &str) -> Vec<String> {
    let (folder, key) = laptop.lies_in();
    let copy = tempfile::tempdir().unwrap();
    let mut database = None;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is = |kind: &str| path.extension().is_some_and(|of| of == kind);
        if is("db") || is("db-wal") {
            std::fs::copy(&path, copy.path().join(&name)).unwrap();
        }
        if is("db") {
            database = Some(copy.path().join(name));
        }
    }
    let database = database.expect("a database lies in the folder");
    let mut found = raw(&database, &key, word);
    let pragma = format!("\"x'{}'\"", hex::encode(key));
    let options = SqliteConnectOptions::new().filename(&database).pragma("key", pragma);
    let mut db = SqliteConnection::connect_with(&options).await.unwrap();
    found.extend(columns(&mut db, word).await);
    found.extend(words(&mut db, word).await);
    found.extend(documents(&mut db, word).await);
    db.close().await.unwrap();
    found.sort();
    found.dedup();
    found
}

/// Every page of the file and of its WAL, also those that nothing names any more.
fn raw(database: &Path, key: &[u8; 32], word: &str) -> Vec<String> {
    let mut found = Vec::new();
    let bytes = std::fs::read(database).unwrap();
    for (number, page) in bytes.chunks_exact(PAGE).enumerate() {
        if holds(&opened(page, number == 0, key), word) {
            found.push("pages of the file".to_owned());
        }
    }
    let wal = std::fs::read(database.with_extension("db-wal")).unwrap_or_default();
    for frame in wal.get(WAL_HEADER..).unwrap_or_default().chunks_exact(FRAME_HEADER + PAGE) {
        let (header, page) = frame.split_at(FRAME_HEADER);
        if holds(&opened(page, header[..4] == [0, 0, 0, 1], key), word) {
            found.push("pages of the WAL".to_owned());
        }
    }
    found
}

fn opened(page: &[u8], first: bool, key: &[u8; 32]) -> Vec<u8> {
    let (sealed, end) = page.split_at(PAGE - RESERVED);
    let sealed = if first { &sealed[SALT..] } else { sealed };
    let mut crypter = Crypter::new(Cipher::aes_256_cbc(), Mode::Decrypt, key, Some(&end[..16])).unwrap();
    crypter.pad(false);
    let mut clear = vec![0; sealed.len() + 16];
    let length = crypter.update(sealed, &mut clear).unwrap();
    clear.truncate(length);
    clear
}

async fn columns(db: &mut SqliteConnection, word: &str) -> Vec<String> {
    let pairs: Vec<(String, String)> = sqlx::query_as(
        "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'",
    )
    .fetch_all(&mut *db)
    .await
    .unwrap();
    assert!(pairs.len() > 100, "{pairs:?}");
    let mut found = Vec::new();
    for (table, column) in pairs {
        let values: Vec<Option<Vec<u8>>> =
            sqlx::query_scalar(AssertSqlSafe(format!("SELECT CAST(\"{column}\" AS BLOB) FROM \"{table}\"")))
                .fetch_all(&mut *db)
                .await
                .unwrap();
        if values.iter().flatten().any(|value| holds(value, word)) {
            found.push(format!("{table}.{column}"));
        }
    }
    found
}

async fn words(db: &mut SqliteConnection, word: &str) -> Vec<String> {
    let indexes: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'",
    )
    .fetch_all(&mut *db)
    .await
    .unwrap();
    let mut found = Vec::new();
    for index in indexes {
        let make = format!("CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', '{index}', 'row')");
        sqlx::query(AssertSqlSafe(make)).execute(&mut *db).await.unwrap();
        let said: Vec<String> = sqlx::query_scalar("SELECT term FROM temp.words").fetch_all(&mut *db).await.unwrap();
        sqlx::query("DROP TABLE temp.words").execute(&mut *db).await.unwrap();
        if said.iter().any(|said| holds(said.as_bytes(), word)) {
            found.push(format!("words of {index}"));
        }
    }
    found
}

/// What the documents ever said: an overwritten value stays in their history, and a folded document is compressed.
async fn documents(db: &mut SqliteConnection, word: &str) -> Vec<String> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT snapshot, tail FROM doc").fetch_all(&mut *db).await.unwrap();
    let mut found = Vec::new();
    for (snapshot, tail) in rows {
        let mut document = if snapshot.is_empty() { AutoCommit::new() } else { AutoCommit::load(&snapshot).unwrap() };
        document.load_incremental(&tail).unwrap();
        for change in document.get_changes(&[]) {
            let mut said = Vec::new();
            for operation in change.decode().operations {
                match operation.action {
                    OpType::Put(ScalarValue::Str(text)) => said.extend_from_slice(text.as_bytes()),
                    OpType::Put(ScalarValue::Bytes(bytes)) => said.extend(bytes),
                    _ => {}
                }
            }
            if holds(&said, word) {
                found.push("documents".to_owned());
            }
        }
    }
    found
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}
