//! Every suite, in the order in which a failure is cheapest to see.

use std::{env, fmt::Write as _, num::NonZeroUsize, path::Path, thread, time::Instant};

use anyhow::{Context as _, bail};
use xshell::{Shell, cmd};

use crate::{
    build, check, fuzz, programs, setup, tools,
    tools::{ROOMS, step},
};

/// Suites in order. `layout` is a part of `unit` that has a name of its own: it is run where it is named.
const SUITES: &[&str] = &["check", "unit", "layout", "desktop", "demo", "faults", "e2e"];

/// What the judges that are Python import, with the versions they were read with.
const JUDGES: &[&str] = &["lxml==6.1.3", "cryptography==48.0.0"];

/// The slow tests that prove durability and secrecy, in order: a test target a line, and what it is about.
const FAULTS: &[(&str, &str)] = &[
    ("power", "power cuts under the laptop's store and the relay's"),
    ("canary", "what must not be known, looked for in every home"),
    ("kills", "processes killed at random moments"),
];

/// Kills of one run, when the environment names no other number: the test's own is five times as many, and as long.
const KILLS: &str = "60";

/// Lets programs that are no release stretch passphrases for less: each process of the tests opens a home anew.
const CHEAP: &str = "ZUC_CHEAP_PASSPHRASES";

/// Runs the named suites, or all.
pub(crate) fn test(shell: &Shell, wanted: &[String]) -> anyhow::Result<()> {
    if let Some(unknown) = wanted.iter().find(|name| !SUITES.contains(&name.as_str())) {
        bail!("no suite is called {unknown}; there are {}", SUITES.join(", "));
    }
    let mut minutes = Vec::new();
    let mut run = |name: &'static str, suite: &dyn Fn(&Shell) -> anyhow::Result<()>| {
        if (wanted.is_empty() && name != "layout") || wanted.iter().any(|suite| suite == name) {
            let start = Instant::now();
            step(name, || suite(shell))?;
            minutes.push((name, start.elapsed().as_secs_f64() / 60.0));
        }
        anyhow::Ok(())
    };
    step("set-up", || setup::for_tests(shell))?;
    let _cheap = shell.push_env(CHEAP, "1");
    run("check", &check::check)?;
    run("unit", &unit)?;
    run("layout", &layout)?;
    run("desktop", &desktop)?;
    run("demo", &demo)?;
    run("faults", &faults)?;
    run("e2e", &e2e)?;
    println!("\n| suite | minutes |\n| --- | ---: |");
    for (name, minutes) in minutes {
        println!("| {name} | {minutes:.1} |");
    }
    Ok(())
}

/// Rules, properties, snapshots, stories, and the conformance tests where the reference data are.
fn unit(shell: &Shell) -> anyhow::Result<()> {
    let mut variables = Vec::new();
    if setup::conformance().is_some() {
        let python = setup::python(shell, "judges", JUDGES)?;
        let first = python.parent().context("a program lies in a folder")?;
        let path = env::var_os("PATH").unwrap_or_default();
        // the tests ask for `python3` by name: this one is found first
        let folders = std::iter::once(first.to_owned()).chain(env::split_paths(&path));
        variables.push(("PATH", env::join_paths(folders)?));
    } else {
        println!("   ZUC_CONFORMANCE names no folder: the tests against reference data say so and pass by");
    }
    let cores = thread::available_parallelism().map_or(2, NonZeroUsize::get);
    variables.push(("RUST_TEST_THREADS", cores.to_string().into()));
    variables.push((CHEAP, "1".into()));
    // a taste of the power cuts: the suite of faults has them all
    variables.push(("ZUC_DISK_POINTS", "20".into()));
    variables.push(("ZUC_FUZZ_SECONDS", fuzz::SECONDS.to_string().into()));
    // the window is compiled around its pages: around none here, those of the desktop suite there
    shell.create_dir("dist")?;
    programs::test(&[ROOMS, &["--tests"]].concat(), cores, &variables)
}

/// The promises of the layout: arrows between rooms, and what is absent from where.
fn layout(shell: &Shell) -> anyhow::Result<()> {
    Ok(cmd!(shell, "cargo test --locked {ROOMS...} --test architecture").quiet().run()?)
}

/// The shell around the use cases, and what the pages reckon by themselves.
fn desktop(shell: &Shell) -> anyhow::Result<()> {
    cmd!(shell, "cargo test --locked -p zuc-ui").quiet().run()?;
    build::for_tests(shell)?;
    Ok(cmd!(shell, "cargo test --locked {ROOMS...} --bin zuclubit").quiet().run()?)
}

/// The whole story on three homes and a relay, its papers read by judges of their own.
fn demo(shell: &Shell) -> anyhow::Result<()> {
    build::programs_for_tests(shell)?;
    let out = tools::target().join("demo");
    shell.remove_path(&out)?;
    let zuc = tools::target().join("debug/zuc");
    cmd!(shell, "{zuc} demo --out {out}").quiet().run()?;
    let xml = out.join("factura.xml");
    cmd!(shell, "xmllint --noout {xml}").quiet().run()?;
    for (paper, words) in [
        ("factura.pdf", ["Folio fiscal", "IVA 16", "M.N.", "representación impresa de un CFDI"]),
        ("propuesta.pdf", ["Aceptada y firmada", "IVA 16", "M.N.", "Rosa Iñiguez"]),
    ] {
        let pdf = out.join(paper);
        let text = cmd!(shell, "pdftotext -layout {pdf} -").quiet().read()?;
        if let Some(lost) = words.iter().find(|word| !text.contains(**word)) {
            bail!("{paper} does not say «{lost}»");
        }
    }
    let Some(reference) = setup::conformance() else {
        println!("   ZUC_CONFORMANCE names no folder: the invoice passes by the SAT's schema and the judge");
        return Ok(());
    };
    follows_the_schema(shell, &reference, &xml)?;
    let python = setup::python(shell, "judges", JUDGES)?;
    let judge = reference.join("sat/verify_cfdi.py");
    let said = cmd!(shell, "{python} {judge} {xml}").quiet().ignore_status().read()?;
    if let Some(failed) = said.lines().find(|line| line.starts_with("FAIL")) {
        bail!("the stamped invoice: {failed}");
    }
    println!(
        "   the judge found nothing to refuse in {} rules",
        said.lines().filter(|line| line.starts_with("PASS")).count()
    );
    Ok(())
}

/// The stamped invoice before the SAT's own schema. That of the CFDI lets anything stand in a complement whose schema is
/// at hand, and it does not bring the timbre's along: one of our own brings both.
fn follows_the_schema(shell: &Shell, reference: &Path, xml: &Path) -> anyhow::Result<()> {
    let schemas = reference.canonicalize()?.join("sat/schemas/cfd");
    let mut both = "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">\n".to_owned();
    for (namespace, file) in [
        ("http://www.sat.gob.mx/cfd/4", "4/cfdv40.xsd"),
        ("http://www.sat.gob.mx/TimbreFiscalDigital", "TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd"),
    ] {
        let place = schemas.join(file).display().to_string().replace('&', "&amp;").replace(' ', "%20");
        writeln!(both, "  <xs:import namespace=\"{namespace}\" schemaLocation=\"{place}\"/>")?;
    }
    both.push_str("</xs:schema>\n");
    let schema = tools::target().join("cfdi-and-timbre.xsd");
    shell.write_file(&schema, both)?;
    cmd!(shell, "xmllint --noout --nonet --schema {schema} {xml}").quiet().run()?;
    Ok(())
}

/// What is lost when a machine dies, and what is known where it must not be: slow tests, whose figures are said.
fn faults(shell: &Shell) -> anyhow::Result<()> {
    build::programs_for_tests(shell)?;
    for (test, what) in FAULTS {
        step(what, || {
            let kills = env::var("ZUC_KILLS").unwrap_or_else(|_| KILLS.to_owned());
            let tests = cmd!(shell, "cargo test --locked {ROOMS...} --test {test}").env("ZUC_KILLS", kills);
            Ok(tests.args(["--", "--include-ignored", "--nocapture"]).quiet().run()?)
        })?;
    }
    Ok(())
}

/// The real window on a virtual screen.
fn e2e(shell: &Shell) -> anyhow::Result<()> {
    build::for_tests(shell)?;
    Ok(cmd!(shell, "cargo test --locked {ROOMS...} --test e2e").quiet().run()?)
}
