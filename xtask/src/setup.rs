//! Installs what is missing; says what it does; does nothing the second time.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use xshell::{Shell, cmd};

use crate::tools::target;

/// What the programs need to be built and opened.
const BUILD: &[&str] = &[
    "build-essential",
    "pkg-config",
    "git",
    "curl",
    "file",
    "openssl",
    "libssl-dev",
    "libwebkit2gtk-4.1-dev",
    "libgtk-3-dev",
    "librsvg2-dev",
    "libayatana-appindicator3-dev",
    "libdbus-1-dev",
    "sqlite3",
];

/// What a window without a screen needs.
const VIRTUAL_DISPLAY: &[&str] =
    &["xvfb", "xauth", "openbox", "imagemagick", "dbus", "dbus-x11", "fonts-dejavu-core", "x11-utils"];

/// What the tests need besides.
const TEST: &[&str] = &[
    "webkit2gtk-driver",
    "libxml2-utils",
    "xsltproc",
    "poppler-utils",
    "gnome-keyring",
    "libsecret-tools",
    "faketime",
    "python3-venv",
    "xdotool",
    DATABASE,
];

/// The relay's other store; its tests start servers of their own from its programs.
const DATABASE: &str = "postgresql-15";

/// Everything to build and open the app.
pub(crate) fn for_build(shell: &Shell) -> anyhow::Result<()> {
    packages(shell, BUILD)?;
    wasm(shell)?;
    npm(shell)
}

/// Everything to show the app without a screen.
pub(crate) fn for_virtual_display(shell: &Shell) -> anyhow::Result<()> {
    packages(shell, VIRTUAL_DISPLAY)
}

/// Everything the tests need.
pub(crate) fn for_tests(shell: &Shell) -> anyhow::Result<()> {
    for_build(shell)?;
    for_virtual_display(shell)?;
    packages(shell, TEST)
}

/// Everything the peers of the benchmark need, beside what our programs are built with.
pub(crate) fn for_bench(shell: &Shell) -> anyhow::Result<()> {
    packages(shell, BUILD)?;
    packages(shell, &["python3-venv"])
}

fn packages(shell: &Shell, names: &[&str]) -> anyhow::Result<()> {
    let missing: Vec<&str> = names.iter().copied().filter(|name| !installed(shell, name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("   installing {}", missing.join(" "));
    let root = cmd!(shell, "id -u").quiet().read()? == "0";
    // `env` runs what follows, so that both cases are one command
    let run_as = if root { "env" } else { "sudo" };
    if !root && cmd!(shell, "sudo -n true").quiet().ignore_stderr().run().is_err() {
        bail!("these Debian packages are missing and there is no sudo: {}", missing.join(" "));
    }
    let _guard = shell.push_env("DEBIAN_FRONTEND", "noninteractive");
    cmd!(shell, "{run_as} apt-get -qq update").quiet().run().context("apt-get update")?;
    if missing.contains(&DATABASE) && !installed(shell, "postgresql-common") {
        // or the package would make a cluster of its own and start it as a service
        let folder = "/etc/postgresql-common/createcluster.d";
        let settings = "create_main_cluster = false\n";
        cmd!(shell, "{run_as} mkdir -p {folder}").quiet().run()?;
        cmd!(shell, "{run_as} tee {folder}/zuclubit.conf").quiet().ignore_stdout().stdin(settings).run()?;
    }
    cmd!(shell, "{run_as} apt-get -qq install -y --no-install-recommends {missing...}")
        .quiet()
        .ignore_stdout()
        .run()
        .context("apt-get install")
}

fn installed(shell: &Shell, name: &str) -> bool {
    let format = "-f=${Status}";
    cmd!(shell, "dpkg-query -W {format} {name}")
        .quiet()
        .ignore_stderr()
        .read()
        .is_ok_and(|status| status.ends_with("ok installed"))
}

fn wasm(shell: &Shell) -> anyhow::Result<()> {
    let there = cmd!(shell, "rustup target list --installed").quiet().read()?;
    if there.lines().any(|line| line == "wasm32-unknown-unknown") {
        return Ok(());
    }
    println!("   adding the wasm target");
    cmd!(shell, "rustup target add wasm32-unknown-unknown").quiet().run().context("rustup target add")
}

fn npm(shell: &Shell) -> anyhow::Result<()> {
    if shell.path_exists("node_modules/.bin/wasm-opt") {
        return Ok(());
    }
    println!("   installing the npm packages");
    cmd!(shell, "npm ci --no-audit --no-fund").quiet().ignore_stdout().run().context("npm ci")
}

/// cargo-deny, installed once beside the build.
pub(crate) fn cargo_deny(shell: &Shell) -> anyhow::Result<PathBuf> {
    let folder = target().join("tools");
    let deny = folder.join("bin/cargo-deny");
    if !deny.exists() {
        println!("   installing cargo-deny");
        cmd!(shell, "cargo install --quiet --locked --debug --root {folder} --version 0.20.2 cargo-deny")
            .quiet()
            .run()?;
    }
    Ok(deny)
}

/// A Python with these packages, for the judges and peers that are Python; made once.
pub(crate) fn python(shell: &Shell, name: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    let folder = target().join("python").join(name);
    let python = folder.join("bin/python");
    let stamp = folder.join("ready");
    if !stamp.exists() {
        println!("   making a Python with {}", packages.join(" "));
        cmd!(shell, "python3 -m venv {folder}").quiet().run().context("python3 -m venv")?;
        cmd!(shell, "{python} -m pip install --quiet {packages...}").quiet().run().context("pip install")?;
        shell.write_file(&stamp, packages.join("\n"))?;
    }
    Ok(python)
}

/// Folder with the reference data, when one is named.
pub(crate) fn conformance() -> Option<PathBuf> {
    std::env::var_os("ZUC_CONFORMANCE").map(PathBuf::from).filter(|folder| Path::new(folder).is_dir())
}
