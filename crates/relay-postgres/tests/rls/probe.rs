//! 100,000 attempts to see or touch another company's rows, as the relay's own role.
//!
//! `SEED=7 cargo test -p zuc-relay-postgres --test rls -- --nocapture probes` repeats a run; `ZUC_PROBES` asks for more.

use std::collections::BTreeMap;

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sqlx::{AssertSqlSafe, Connection as _, FromRow, PgConnection};

use crate::{
    catalogue,
    server::{RELAY, Server},
};

/// Probes in one transaction.
const AT_ONCE: i32 = 500;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

#[derive(FromRow)]
struct Row {
    verb: String,
    probes: i64,
    refused: i64,
    unseen: i64,
    leaked: i64,
    example: Option<String>,
}

#[derive(Default)]
struct Count {
    probes: i64,
    refused: i64,
    unseen: i64,
    leaked: i64,
    example: Option<String>,
}

/// Companies with rows in every table.
struct Stage {
    server: Server,
    tables: Vec<String>,
    companies: Vec<String>,
    templates: String,
}

impl Stage {
    async fn set(chance: &mut ChaCha8Rng) -> Self {
        let server = Server::start().await;
        let mut relay = server.connect(RELAY, "zuclubit").await;
        let companies: Vec<String> = (0..6).map(|_| format!("{:032x}", chance.random::<u128>())).collect();
        for company in &companies {
            let mut writing = relay.begin().await.unwrap();
            set_company(&mut writing, company).await;
            let own = "CREATE TEMP VIEW own AS SELECT decode(current_setting('zuc.company'), 'hex') AS own";
            sqlx::raw_sql(own).execute(&mut *writing).await.unwrap();
            sqlx::raw_sql(include_str!("rows.sql")).execute(&mut *writing).await.unwrap();
            sqlx::raw_sql("DROP VIEW own").execute(&mut *writing).await.unwrap();
            writing.commit().await.unwrap();
        }
        let mut all = server.connect("postgres", "zuclubit").await;
        let tables = catalogue::tables(&mut all).await;
        let templates = templates(&mut all, &tables).await;
        sqlx::raw_sql(
            "CREATE ROLE bold LOGIN; GRANT USAGE ON SCHEMA zuclubit TO bold;
             GRANT ALL ON ALL TABLES IN SCHEMA zuclubit TO bold; GRANT EXECUTE ON FUNCTION now_ms() TO bold",
        )
        .execute(&mut all)
        .await
        .unwrap();
        Self { server, tables, companies, templates }
    }

    /// What every table holds, as one who sees all: a digest a table.
    async fn digests(&self) -> BTreeMap<String, String> {
        let mut all = self.server.connect("postgres", "zuclubit").await;
        let mut digests = BTreeMap::new();
        for table in &self.tables {
            let ask =
                format!("SELECT count(*) || ' ' || md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t");
            let digest: String = sqlx::query_scalar(AssertSqlSafe(ask)).fetch_one(&mut all).await.unwrap();
            digests.insert(table.clone(), digest);
        }
        digests
    }

    /// Probes as a role, on one connection: what a transaction left behind would help the next one.
    async fn probe(&self, role: &str, probes: u64, chance: &mut ChaCha8Rng) -> BTreeMap<String, Count> {
        let mut connection = self.server.connect(role, "zuclubit").await;
        sqlx::raw_sql(include_str!("probe.sql")).execute(&mut connection).await.unwrap();
        let mut counts = BTreeMap::<String, Count>::new();
        for _batch in 0..probes.div_ceil(AT_ONCE.unsigned_abs().into()) {
            // One of the companies, or none; and with none, the setting either never made or left behind.
            let own = self.companies.get(chance.random_range(0..self.companies.len() + 2));
            let victims: Vec<&String> = self.companies.iter().filter(|victim| Some(*victim) != own).collect();
            let mut probing = connection.begin().await.unwrap();
            if let Some(own) = own {
                set_company(&mut probing, own).await;
            }
            let rows: Vec<Row> = sqlx::query_as("SELECT * FROM pg_temp.probe($1, $2, $3, $4, $5::jsonb)")
                .bind(f64::from(chance.next_u32()) / f64::from(u32::MAX))
                .bind(AT_ONCE)
                .bind(own.map_or("", String::as_str))
                .bind(victims)
                .bind(&self.templates)
                .fetch_all(&mut *probing)
                .await
                .unwrap();
            probing.commit().await.unwrap();
            for row in rows {
                let count = counts.entry(row.verb).or_default();
                count.probes += row.probes;
                count.refused += row.refused;
                count.unseen += row.unseen;
                count.leaked += row.leaked;
                count.example = count.example.take().or(row.example);
            }
        }
        counts
    }
}

async fn set_company(connection: &mut PgConnection, company: &str) {
    sqlx::query("SELECT set_config('zuc.company', $1, true)").bind(company).execute(connection).await.unwrap();
}

/// A row of each table as JSON, and the columns that an insertion may name.
async fn templates(all: &mut PgConnection, tables: &[String]) -> String {
    let mut templates = Vec::new();
    for table in tables {
        let ask = format!(
            "SELECT jsonb_build_object(
                 'table', '{table}',
                 'columns', (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                             WHERE attrelid = '{table}'::regclass AND attnum > 0 AND attgenerated = ''),
                 'row', to_jsonb(t))::text
             FROM {table} t ORDER BY t LIMIT 1"
        );
        let template: String = sqlx::query_scalar(AssertSqlSafe(ask)).fetch_one(&mut *all).await.unwrap();
        templates.push(template);
    }
    format!("[{}]", templates.join(","))
}

fn said(role: &str, counts: &BTreeMap<String, Count>) -> String {
    let mut lines = vec![format!("as {role}:")];
    for (verb, Count { probes, refused, unseen, leaked, example }) in counts {
        let example = example.as_deref().unwrap_or("");
        lines.push(format!(
            "  {verb}: {probes} probes, {refused} refused, {unseen} found nothing, {leaked} leaked {example}"
        ));
    }
    lines.join("\n")
}

fn leaked(counts: &BTreeMap<String, Count>) -> i64 {
    counts.values().map(|count| count.leaked).sum()
}

#[tokio::test]
async fn no_probe_sees_or_touches_another_companys_row() {
    let (seed, probes) = (number("SEED", 20_261_130), number("ZUC_PROBES", 100_000));
    println!("SEED={seed}");
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let stage = Stage::set(&mut chance).await;
    let before = stage.digests().await;

    let counts = stage.probe(RELAY, probes, &mut chance).await;
    println!("{}", said(RELAY, &counts));
    let asked: i64 = counts.values().map(|count| count.probes).sum();
    assert!(asked >= i64::try_from(probes).unwrap());
    assert_eq!(leaked(&counts), 0);
    // The relay's role may not change or delete most tables at all. One that may has the policies alone against it.
    let counts = stage.probe("bold", probes / 5, &mut chance).await;
    println!("{}", said("bold", &counts));
    assert_eq!(leaked(&counts), 0);
    assert_eq!(stage.digests().await, before, "something was touched after all");
}

/// Probes that no wall holds find rows: those above would have found them too.
#[tokio::test]
async fn without_walls_the_same_probes_leak_by_every_verb() {
    let mut chance = ChaCha8Rng::seed_from_u64(number("SEED", 20_261_130));
    let stage = Stage::set(&mut chance).await;
    let counts = stage.probe("postgres", 5_000, &mut chance).await;
    println!("{}", said("postgres", &counts));
    assert!(counts.values().all(|count| count.leaked > 0));
}
