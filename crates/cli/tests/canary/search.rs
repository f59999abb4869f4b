//! Looking for a word everywhere in a database or a folder.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use automerge::{AutoCommit, ScalarValue, legacy::OpType};
use openssl::symm::{Cipher, Crypter, Mode};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use zuc_domain::shared::Scope;
use zuc_store::{
    keys::{Home, Keys, SealedFile},
    wire_scope,
};

/// SQLCipher's page, its end that is not content (the initialisation vector and the code that authenticates), and what
/// the first page begins with in clear.
const PAGE: usize = 4096;
const RESERVED: usize = 80;
const SALT: usize = 16;
/// SQLite: what stands before the first frame of a WAL, and before the page in each.
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// A database that nobody else has open.
pub(crate) struct Data {
    pub(crate) connection: SqliteConnection,
    home: Option<(Home, Keys)>,
}

impl Data {
    /// A home's, with its key.
    pub(crate) async fn of_home(folder: &Path, passphrase: &str) -> Self {
        let home = Home::open(folder).unwrap();
        let secrets = SealedFile::new(home.sealed_keys(), passphrase.to_owned(), Arc::new(zuc_gateways::OsEntropy));
        let keys = Keys::obtain(&home, &secrets, &zuc_gateways::OsEntropy).unwrap();
        let key = format!("\"x'{}'\"", hex::encode(keys.database.as_slice()));
        let options = SqliteConnectOptions::new().filename(home.database()).pragma("key", key);
        Self { connection: SqliteConnection::connect_with(&options).await.unwrap(), home: Some((home, keys)) }
    }

    /// One that is not encrypted.
    pub(crate) async fn plain(path: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(path);
        Self { connection: SqliteConnection::connect_with(&options).await.unwrap(), home: None }
    }

    /// How many rows each table has of `scope`, where it has any.
    pub(crate) async fn rows_of(&mut self, scope: Scope) -> BTreeMap<String, i64> {
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' AND c.name = 'scope' AND c.type = 'INTEGER' ORDER BY t.name",
        )
        .fetch_all(&mut self.connection)
        .await
        .unwrap();
        assert!(tables.len() > 5, "{tables:?}");
        let mut found = BTreeMap::new();
        for table in tables {
            let rows: i64 =
                sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM \"{table}\" WHERE scope = ?")))
                    .bind(i64::from(wire_scope(scope).number()))
                    .fetch_one(&mut self.connection)
                    .await
                    .unwrap();
            if rows > 0 {
                found.insert(table, rows);
            }
        }
        found
    }

    pub(crate) async fn close(self) {
        self.connection.close().await.unwrap();
    }
}

/// How much was looked through, and where the word was.
#[derive(Default)]
pub(crate) struct Looked {
    wanted: Vec<String>,
    pub(crate) files: usize,
    pages: usize,
    tables: usize,
    values: usize,
    words: usize,
    documents: usize,
    changes: usize,
    bytes: usize,
    /// Plain databases among the files.
    pub(crate) databases: Vec<PathBuf>,
    /// How often, by place and word.
    pub(crate) found: BTreeMap<String, usize>,
}

impl Looked {
    pub(crate) fn for_words(words: &[&str]) -> Self {
        Self { wanted: words.iter().map(|word| (*word).to_owned()).collect(), ..Self::default() }
    }

    fn look(&mut self, bytes: &[u8], place: impl Fn() -> String) {
        self.bytes += bytes.len();
        for word in self.wanted.iter().filter(|word| holds(bytes, word)) {
            *self.found.entry(format!("{}: {word}", place())).or_default() += 1;
        }
    }

    /// Whether a whole home was looked through.
    pub(crate) fn hard(&self) -> bool {
        self.pages > 100 && self.values > 1000 && self.changes > 100 && self.words > 100
    }

    /// Every page of a home's database and of its WAL, decrypted by ourselves: free ones, and those that newer ones
    /// replaced, are no rows that a query could read.
    pub(crate) fn pages(&mut self, data: &Data) {
        let (home, keys) = data.home.as_ref().expect("only a home is encrypted");
        let bytes = std::fs::read(home.database()).unwrap();
        for (number, page) in bytes.chunks_exact(PAGE).enumerate() {
            self.page(page, number == 0, &keys.database, "pages of the file");
        }
        let wal = std::fs::read(home.database().with_extension("db-wal")).unwrap_or_default();
        for frame in wal.get(WAL_HEADER..).unwrap_or_default().chunks_exact(FRAME_HEADER + PAGE) {
            let (header, page) = frame.split_at(FRAME_HEADER);
            self.page(page, header[..4] == [0, 0, 0, 1], &keys.database, "pages of the WAL");
        }
    }

    fn page(&mut self, page: &[u8], first: bool, key: &[u8; 32], place: &str) {
        self.pages += 1;
        let (sealed, end) = page.split_at(PAGE - RESERVED);
        let sealed = if first { &sealed[SALT..] } else { sealed };
        let mut crypter = Crypter::new(Cipher::aes_256_cbc(), Mode::Decrypt, key, Some(&end[..16])).unwrap();
        crypter.pad(false);
        let mut clear = vec![0; sealed.len() + 16];
        let length = crypter.update(sealed, &mut clear).unwrap();
        self.look(&clear[..length], || place.to_owned());
    }

    /// Every value of every column of every table, the search indexes' own tables too.
    pub(crate) async fn columns(&mut self, db: &mut SqliteConnection) {
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM sqlite_schema WHERE type = 'table' UNION ALL SELECT 'sqlite_schema' ORDER BY 1",
        )
        .fetch_all(&mut *db)
        .await
        .unwrap();
        for table in tables {
            self.tables += 1;
            let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?)")
                .bind(&table)
                .fetch_all(&mut *db)
                .await
                .unwrap();
            assert!(!columns.is_empty(), "{table} has no columns");
            for column in columns {
                let values: Vec<Option<Vec<u8>>> =
                    sqlx::query_scalar(AssertSqlSafe(format!("SELECT CAST(\"{column}\" AS BLOB) FROM \"{table}\"")))
                        .fetch_all(&mut *db)
                        .await
                        .unwrap_or_else(|error| panic!("{table}.{column}: {error}"));
                for value in values.into_iter().flatten() {
                    self.values += 1;
                    self.look(&value, || format!("{table}.{column}"));
                }
            }
        }
    }

    /// The words of the search indexes, which keep only what differs from the word before.
    pub(crate) async fn words(&mut self, db: &mut SqliteConnection) {
        let indexes: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'",
        )
        .fetch_all(&mut *db)
        .await
        .unwrap();
        for index in indexes {
            let make = format!("CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', '{index}', 'row')");
            sqlx::query(AssertSqlSafe(make)).execute(&mut *db).await.unwrap();
            let words: Vec<String> =
                sqlx::query_scalar("SELECT term FROM temp.words").fetch_all(&mut *db).await.unwrap();
            sqlx::query("DROP TABLE temp.words").execute(&mut *db).await.unwrap();
            self.words += words.len();
            for word in words {
                self.look(word.as_bytes(), || format!("words of {index}"));
            }
        }
    }

    /// Everything the documents ever said: what was overwritten stays in their history, and a folded document is
    /// compressed.
    pub(crate) async fn documents(&mut self, db: &mut SqliteConnection) {
        let documents: Vec<(Vec<u8>, Vec<u8>)> =
            sqlx::query_as("SELECT snapshot, tail FROM doc").fetch_all(&mut *db).await.unwrap();
        for (snapshot, tail) in documents {
            self.documents += 1;
            let mut document =
                if snapshot.is_empty() { AutoCommit::new() } else { AutoCommit::load(&snapshot).unwrap() };
            document.load_incremental(&tail).unwrap();
            for change in document.get_changes(&[]) {
                self.changes += 1;
                // a text is written character by character: its operations stand one after the other
                let mut said = Vec::new();
                for operation in change.decode().operations {
                    match operation.action {
                        OpType::Put(ScalarValue::Str(text)) => said.extend_from_slice(text.as_bytes()),
                        OpType::Put(ScalarValue::Bytes(bytes)) => said.extend(bytes),
                        _ => {}
                    }
                }
                self.look(&said, || "documents".to_owned());
            }
        }
    }

    /// Tells whoever runs the test how much was looked through.
    #[expect(clippy::print_stdout, clippy::disallowed_macros, reason = "figures are this test's product")]
    pub(crate) fn say(&self, label: &str) {
        println!(
            "{label}: {} files, {} pages, {} values of {} tables, {} documents with {} changes, {} words of search \
             indexes, {} bytes; found {:?}",
            self.files,
            self.pages,
            self.values,
            self.tables,
            self.documents,
            self.changes,
            self.words,
            self.bytes,
            self.found
        );
    }

    /// Every file, as it lies there.
    pub(crate) fn files(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.files(&path);
                continue;
            }
            self.files += 1;
            let bytes = std::fs::read(&path).unwrap();
            self.look(&bytes, || format!("file {}", path.display()));
            if bytes.starts_with(b"SQLite format 3\0") {
                self.databases.push(path);
            }
        }
    }
}

/// Whether `word` is in `bytes`, in whatever case.
pub(crate) fn holds(bytes: &[u8], word: &str) -> bool {
    let word = word.as_bytes();
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}
