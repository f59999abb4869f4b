//! Test programs, several at once. Cargo runs one after another; many of them wait for processes and clocks most of their time, and the
//! last test of each keeps a core idle.

use std::{
    ffi::OsString,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
    thread,
    time::Instant,
};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::tools;

/// Those that take longest, longest first: what begins last should not be what all wait for.
const FIRST: &[&str] = &["network", "faults", "hostile", "fuzz", "power"];

/// One program with tests in it.
struct Program {
    name: String,
    file: PathBuf,
    /// Its package's, where its tests look for their files.
    folder: PathBuf,
}

/// Builds the tests of a selection and runs them, `at_once` programs together, with `variables` beside the environment.
///
/// # Errors
/// What does not build; or the names of the programs that failed, once all have ended.
pub(crate) fn test(selection: &[&str], at_once: usize, variables: &[(&str, OsString)]) -> anyhow::Result<()> {
    let mut programs = build(selection)?;
    let rank = |program: &Program| FIRST.iter().position(|first| *first == program.name).unwrap_or(FIRST.len());
    programs.sort_by_key(rank);
    programs.reverse();
    let (waiting, failed) = (Mutex::new(programs), Mutex::new(Vec::new()));
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(program) = next() {
                    if let Err(error) = run(&program, variables) {
                        println!("{error:#}");
                        failed.lock().unwrap_or_else(PoisonError::into_inner).push(program.name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

fn build(selection: &[&str]) -> anyhow::Result<Vec<Program>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--locked", "--no-run", "--message-format=json-render-diagnostics"])
        .args(selection)
        .current_dir(tools::root())
        .stdout(Stdio::piped())
        .spawn()?;
    let said = BufReader::new(cargo.stdout.take().context("its output is piped")?);
    let mut programs = Vec::new();
    for line in said.lines() {
        let built: Value = serde_json::from_str(&line?)?;
        let (Some(file), Some(true)) = (built["executable"].as_str(), built["profile"]["test"].as_bool()) else {
            continue;
        };
        let said = |value: &Value| value.as_str().map(ToOwned::to_owned).context("cargo says what it built");
        let folder = PathBuf::from(said(&built["manifest_path"])?);
        let folder = folder.parent().context("a manifest lies in a folder")?.to_owned();
        programs.push(Program { name: said(&built["target"]["name"])?, file: file.into(), folder });
    }
    if !cargo.wait()?.success() {
        bail!("the tests do not build");
    }
    Ok(programs)
}

/// Runs one, and says what it said once it has ended.
fn run(program: &Program, variables: &[(&str, OsString)]) -> anyhow::Result<()> {
    let start = Instant::now();
    let done = Command::new(&program.file)
        .current_dir(&program.folder)
        .env("CARGO_MANIFEST_DIR", &program.folder)
        .envs(variables.iter().map(|(name, value)| (*name, value)))
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{} does not start", program.file.display()))?;
    let mut out = std::io::stdout().lock();
    let of = program.folder.file_name().map_or(Path::new(""), Path::new).display();
    writeln!(out, "\n── {} of {of}: {:.0} s", program.name, start.elapsed().as_secs_f64())?;
    out.write_all(&done.stdout)?;
    out.write_all(&done.stderr)?;
    if done.status.success() { Ok(()) } else { bail!("{} of {of} failed: {}", program.name, done.status) }
}
