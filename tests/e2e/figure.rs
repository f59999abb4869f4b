//! Figures put into the data behind the product's back: a page that shows one has read it, and not a constant.

use std::{path::Path, sync::Arc};

use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use zuc_store::keys::{Home, Keys, SealedFile};

/// An amount no page could guess, as `123456.78`.
pub(crate) fn random_amount() -> String {
    let drawn = random();
    format!("{}.{:02}", 100_000 + drawn % 900_000, drawn / 1_000_000 % 100)
}

/// The same as the pages write it: `123,456.78`.
pub(crate) fn written(amount: &str) -> String {
    let (whole, cents) = amount.split_once('.').unwrap_or((amount, "00"));
    let digits: Vec<char> = whole.chars().collect();
    let mut grouped = String::new();
    for (index, digit) in digits.iter().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(*digit);
    }
    format!("{grouped}.{cents}")
}

/// The same in millionths, as the read tables keep it for sums.
pub(crate) fn micro(amount: &str) -> i64 {
    let (whole, cents) = amount.split_once('.').expect("an amount has cents");
    (whole.parse::<i64>().expect("digits") * 100 + cents.parse::<i64>().expect("digits")) * 10_000
}

/// A name nobody bears.
pub(crate) fn random_name(before: &str) -> String {
    format!("{before} {}", 100_000 + random() % 900_000)
}

/// A number from the system's randomness.
pub(crate) fn random() -> u64 {
    let mut bytes = [0; 8];
    zuc_app::ports::Entropy::fill(&zuc_gateways::OsEntropy, &mut bytes);
    u64::from_le_bytes(bytes)
}

/// Runs statements on the data of a home that nobody has open; how many rows the last one changed.
pub(crate) async fn put(home: &Path, passphrase: &str, statements: &[String]) {
    let mut data = open(home, passphrase).await;
    change(&mut data.connection, statements).await;
    data.connection.close().await.expect("the data close");
}

async fn change(data: &mut SqliteConnection, statements: &[String]) {
    for statement in statements {
        let done = sqlx::query(AssertSqlSafe(statement.clone())).execute(&mut *data).await;
        let rows = done.unwrap_or_else(|error| panic!("{statement}: {error}")).rows_affected();
        assert!(rows > 0, "nothing changed: {statement}");
    }
}

/// The one text that a query answers.
pub(crate) async fn ask(home: &Path, passphrase: &str, query: &str) -> String {
    let mut data = open(home, passphrase).await;
    let answer: String = sqlx::query_scalar(AssertSqlSafe(query.to_owned()))
        .fetch_one(&mut data.connection)
        .await
        .unwrap_or_else(|error| panic!("{query}: {error}"));
    data.connection.close().await.expect("the data close");
    answer
}

/// A hand on the data while the program works on them.
pub(crate) struct Beside(SqliteConnection);

impl Beside {
    /// Takes hold of the data of a home that nobody has open, and leaves the home to the program.
    pub(crate) async fn new(home: &Path, passphrase: &str) -> Self {
        Self(open(home, passphrase).await.connection)
    }

    /// Runs statements.
    pub(crate) async fn put(&mut self, statements: &[String]) {
        change(&mut self.0, statements).await;
    }
}

struct Data {
    connection: SqliteConnection,
    _home: Home,
}

async fn open(home: &Path, passphrase: &str) -> Data {
    let home = Home::open(home).expect("nobody has the home open");
    let secrets = SealedFile::new(home.sealed_keys(), passphrase.to_owned(), Arc::new(zuc_gateways::OsEntropy));
    let keys = Keys::obtain(&home, &secrets, &zuc_gateways::OsEntropy).expect("the keys of the home");
    let options = SqliteConnectOptions::new()
        .filename(home.database())
        .pragma("key", format!("\"x'{}'\"", hex::encode(keys.database.as_slice())));
    let connection = SqliteConnection::connect_with(&options).await.expect("the data open");
    Data { connection, _home: home }
}
