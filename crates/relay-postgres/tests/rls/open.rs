//! Whom the store does not open for.

use std::error::Error as _;

use zuc_relay_postgres::{Options, PostgresStore, migrate};
use zuc_relay_store::{RelayStore as _, StoreError};

use crate::server::{OWNER, RELAY, Server};

async fn refused(url: &str) -> String {
    let error = match PostgresStore::open(url, Options::default()).await {
        Ok(_store) => panic!("it was opened"),
        Err(error) => error,
    };
    assert_eq!(error.code(), "relay.storage_unavailable");
    error.source().expect("it says why").to_string()
}

async fn as_superuser(server: &Server, statement: &'static str) {
    let mut connection = server.connect("postgres", "zuclubit").await;
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
}

#[tokio::test]
async fn a_role_or_a_server_that_breaks_the_promises_is_refused() {
    let server = Server::empty().await;
    let relay = server.url(RELAY);
    assert!(refused(&relay).await.contains("`migrate` comes first"), "no tables yet");
    migrate(&server.url(OWNER), RELAY).await.unwrap();
    migrate(&server.url(OWNER), RELAY).await.expect("a second time changes nothing");
    PostgresStore::open(&relay, Options::default()).await.unwrap().ping().await.unwrap();

    assert!(refused(&server.url("postgres")).await.contains("bypasses row security"));
    assert!(refused(&server.url(OWNER)).await.contains("owns tables"));
    for (wrong, right, why) in [
        ("ALTER ROLE zuclubit_relay BYPASSRLS", "ALTER ROLE zuclubit_relay NOBYPASSRLS", "bypasses row security"),
        ("GRANT zuclubit_owner TO zuclubit_relay", "REVOKE zuclubit_owner FROM zuclubit_relay", "owns tables"),
        (
            "ALTER ROLE zuclubit_relay SET synchronous_commit = off",
            "ALTER ROLE zuclubit_relay RESET synchronous_commit",
            "before it syncs",
        ),
    ] {
        as_superuser(&server, wrong).await;
        assert!(refused(&relay).await.contains(why), "{wrong}");
        as_superuser(&server, right).await;
        PostgresStore::open(&relay, Options::default()).await.unwrap();
    }
    as_superuser(&server, "DELETE FROM _sqlx_migrations").await;
    assert!(refused(&relay).await.contains("`migrate` comes first"), "tables older than the program");
}

#[tokio::test]
async fn a_role_that_is_not_there_is_told() {
    let server = Server::empty().await;
    let refused = migrate(&server.url(OWNER), "no\"body").await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(why) if why.to_string().contains("no\"body")));
}
