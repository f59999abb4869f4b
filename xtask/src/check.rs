//! The gates: format, lints, checked queries, licences and sources.

use anyhow::{Context as _, bail};
use xshell::{Shell, cmd};

use crate::{
    setup, tools,
    tools::{ROOMS, step},
};

/// All gates.
pub(crate) fn check(shell: &Shell) -> anyhow::Result<()> {
    step("rustfmt", || Ok(cmd!(shell, "cargo fmt --all --check").quiet().run()?))?;
    step("clippy", || {
        // tauri_build looks for the pages
        shell.create_dir("dist")?;
        cmd!(shell, "cargo clippy --quiet --locked {ROOMS...} --all-targets -- -D warnings").quiet().run()?;
        let wasm = tools::wasm_target();
        let _target = shell.push_env("CARGO_TARGET_DIR", wasm);
        Ok(cmd!(shell, "cargo clippy --quiet --locked -p zuc-ui --target wasm32-unknown-unknown -- -D warnings")
            .quiet()
            .run()?)
    })?;
    step("checked queries", || {
        prepare(shell)?;
        let changed = cmd!(shell, "git status --porcelain -- .sqlx").quiet().read()?;
        if !changed.is_empty() {
            bail!("the checked queries in .sqlx are not those of the code; run `cargo xtask prepare`:\n{changed}");
        }
        Ok(())
    })?;
    step("licences, bans, sources", || {
        let deny = setup::cargo_deny(shell)?;
        Ok(cmd!(shell, "{deny} --log-level error check licenses bans sources").quiet().run()?)
    })
}

/// Checks every query against a database made from the migrations and writes `.sqlx/`.
pub(crate) fn prepare(shell: &Shell) -> anyhow::Result<()> {
    let database = tools::target().join("prepare.db");
    shell.remove_path(&database)?;
    let mut migrations = shell.read_dir("crates/store/migrations")?;
    migrations.sort();
    for migration in migrations.iter().filter(|path| path.extension().is_some_and(|kind| kind == "sql")) {
        let script = shell.read_file(migration)?;
        cmd!(shell, "sqlite3 {database}")
            .quiet()
            .stdin(script)
            .run()
            .with_context(|| migration.display().to_string())?;
    }
    let offline = tools::root().join(".sqlx");
    shell.remove_path(&offline)?;
    shell.create_dir(&offline)?;
    // only a compilation writes the files: a crate that is up to date would write none
    cmd!(shell, "touch crates/store/src/lib.rs").quiet().run()?;
    let _url = shell.push_env("DATABASE_URL", format!("sqlite://{}", database.display()));
    let _live = shell.push_env("SQLX_OFFLINE", "false");
    let _folder = shell.push_env("SQLX_OFFLINE_DIR", &offline);
    let _target = shell.push_env("CARGO_TARGET_DIR", tools::target().join("prepare"));
    Ok(cmd!(shell, "cargo check --quiet --locked -p zuc-store").quiet().run()?)
}
