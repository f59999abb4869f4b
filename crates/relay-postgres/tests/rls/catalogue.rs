//! What the server's catalogue says of tables, policies and roles.

use sqlx::PgConnection;

use crate::server::{OWNER, RELAY, Server};

/// Tables without a company, and why.
const OF_NO_COMPANY: &[(&str, &str)] =
    &[("_sqlx_migrations", "which migrations were run; the relay may read it and no more")];

/// Functions that run with their owner's rights, and why.
const AS_OWNER: &[(&str, &str)] = &[
    ("clear_bodies", "bytes of entries before the begin of a log of the transaction's company, which is not fiscal"),
    ("companies", "the ids of all companies, which the relay must know when it starts; nothing else"),
    ("give_body", "bytes that were dropped, where none are, in the transaction's company"),
];

/// The tables that hold companies' rows.
pub(crate) async fn tables(connection: &mut PgConnection) -> Vec<String> {
    let all: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = 'zuclubit'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY relname",
    )
    .fetch_all(connection)
    .await
    .unwrap();
    for (table, why) in OF_NO_COMPANY {
        assert!(all.iter().any(|found| found == table), "{table} is an exception that none needs any more: {why}");
    }
    all.into_iter().filter(|table| OF_NO_COMPANY.iter().all(|(name, _)| name != table)).collect()
}

/// Rows of one text column that a question to the catalogue gives.
async fn ask(connection: &mut PgConnection, question: &'static str) -> Vec<String> {
    sqlx::query_scalar(question).fetch_all(connection).await.unwrap()
}

#[tokio::test]
async fn every_table_has_row_security_that_its_owner_is_held_by_and_the_company_first() {
    let server = Server::start().await;
    let mut connection = server.connect(OWNER, "zuclubit").await;
    let tables = tables(&mut connection).await;
    assert_eq!(tables.len(), 31, "{tables:?}");

    let walled = "SELECT relname::text FROM pg_class WHERE relnamespace = 'zuclubit'::regnamespace
        AND relkind = 'r' AND relrowsecurity AND relforcerowsecurity ORDER BY relname";
    assert_eq!(ask(&mut connection, walled).await, tables);

    // One policy for everything, whose two halves are the same: what may be seen is what may be written.
    let policies = "SELECT tablename::text FROM pg_policies
        WHERE schemaname = 'zuclubit' AND policyname = 'own_company' AND permissive = 'PERMISSIVE' AND cmd = 'ALL'
            AND roles = '{public}' AND qual = with_check AND qual LIKE '(company = ( SELECT decode(current_setting(%'
        ORDER BY tablename";
    assert_eq!(ask(&mut connection, policies).await, tables);
    let others = "SELECT tablename || ' ' || cmd || ' ' || array_to_string(roles, ',') FROM pg_policies
        WHERE schemaname = 'zuclubit' AND policyname <> 'own_company'";
    assert_eq!(ask(&mut connection, others).await, ["company SELECT zuclubit_owner"]);

    let keyed = "SELECT DISTINCT relname::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
        JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
        WHERE relnamespace = 'zuclubit'::regnamespace AND indisprimary AND attname = 'company' AND attnotnull
        ORDER BY 1";
    assert_eq!(ask(&mut connection, keyed).await, tables);
    let elsewise = "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
        LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
        WHERE relnamespace = 'zuclubit'::regnamespace AND attname IS DISTINCT FROM 'company'";
    assert_eq!(ask(&mut connection, elsewise).await, ["_sqlx_migrations_pkey"]);
}

#[tokio::test]
async fn the_relays_role_owns_nothing_and_sees_past_no_wall() {
    let server = Server::start().await;
    let mut connection = server.connect(RELAY, "zuclubit").await;
    let rights = "SELECT rolname::text FROM pg_roles WHERE rolname = current_user
        AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)";
    assert_eq!(ask(&mut connection, rights).await, [RELAY]);
    for nothing in [
        "SELECT relname::text FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner WHERE rolname = current_user",
        "SELECT proname::text FROM pg_proc JOIN pg_roles ON pg_roles.oid = proowner WHERE rolname = current_user",
        "SELECT nspname::text FROM pg_namespace JOIN pg_roles ON pg_roles.oid = nspowner WHERE rolname = current_user",
        "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = current_user::regrole",
        "SELECT nspname::text FROM pg_namespace
         WHERE nspname IN ('zuclubit', 'public') AND has_schema_privilege(oid, 'CREATE')",
        // Row security does not hold these.
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'zuclubit'::regnamespace AND relkind = 'r'
         AND (has_table_privilege(oid, 'TRUNCATE') OR has_table_privilege(oid, 'REFERENCES')
              OR has_table_privilege(oid, 'TRIGGER'))",
        // What only grows.
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'zuclubit'::regnamespace
         AND relname IN ('entry', 'control', 'request', 'bag_erased', 'attachment_dropped')
         AND (has_any_column_privilege(oid, 'UPDATE') OR has_table_privilege(oid, 'DELETE'))",
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'zuclubit'::regnamespace
         AND relname = '_sqlx_migrations' AND has_table_privilege(oid, 'INSERT, UPDATE, DELETE')",
    ] {
        assert_eq!(ask(&mut connection, nothing).await, [""; 0], "{nothing}");
    }
    let as_owner = "SELECT proname::text FROM pg_proc WHERE pronamespace = 'zuclubit'::regnamespace AND prosecdef
        ORDER BY proname";
    let names: Vec<&str> = AS_OWNER.iter().map(|(name, _)| *name).collect();
    assert_eq!(ask(&mut connection, as_owner).await, names);
}

/// The subquery of the policy is evaluated once for a statement: the key's index serves it with no other condition.
#[tokio::test]
async fn the_policy_alone_finds_a_companys_rows_by_the_key() {
    let server = Server::start().await;
    let mut owner = server.connect("postgres", "zuclubit").await;
    sqlx::raw_sql(
        "INSERT INTO entry (company, scope, seq, kind, chain, bytes, at_ms)
         SELECT decode(lpad(to_hex(c), 32, '0'), 'hex'), 1, s, 1, '', '', 0
         FROM generate_series(1, 50) AS c, generate_series(1, 100) AS s;
         ANALYZE entry",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let mut relay = server.connect(RELAY, "zuclubit").await;
    sqlx::query("SELECT set_config('zuc.company', lpad('7', 32, '0'), false)").execute(&mut relay).await.unwrap();
    let plan = ask(&mut relay, "EXPLAIN SELECT seq FROM entry").await.join("\n");
    assert!(plan.contains("Index Cond: (company = $0)"), "{plan}");
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM entry").fetch_one(&mut relay).await.unwrap();
    assert_eq!(seen, 100);
}
