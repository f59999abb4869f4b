//! Pictures of the real window on a virtual display.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use super::Place;

/// Pages, by their path, with the name of their picture.
const PAGES: &[(&str, &str)] = &[
    ("/", "inicio"),
    ("/prospectos", "prospectos"),
    ("/clientes", "clientes"),
    ("/propuestas", "propuestas"),
    ("/facturas", "facturas"),
    ("/ajustes", "ajustes"),
];
/// Number and size of the screen.
const SCREEN: (&str, &str) = (":87", "1440x900x24");
/// A page paints within this.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at the screen; a page that looks the same three times is done.
const LOOK: Duration = Duration::from_millis(400);

/// Light and dark pictures of every page; the folder they are in.
pub(super) fn take(place: &Place) -> anyhow::Result<PathBuf> {
    let folder = place.root.join("pictures");
    fs::create_dir_all(&folder)?;
    let _screen = Ended(
        Command::new("Xvfb")
            .args([SCREEN.0, "-screen", "0", SCREEN.1, "-nolisten", "tcp"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("Xvfb")?,
    );
    let blank = folder.join("blank.png");
    wait("the screen", || Ok(picture(&blank).is_ok()))?;
    let empty = fs::read(&blank)?;
    for theme in ["light", "dark"] {
        for (page, name) in PAGES {
            let file = folder.join(format!("{name}-{theme}.png"));
            one(place, page, theme, &file, &empty).with_context(|| format!("{page} {theme}"))?;
        }
    }
    fs::remove_file(blank)?;
    Ok(folder)
}

fn one(place: &Place, page: &str, theme: &str, file: &Path, empty: &[u8]) -> anyhow::Result<()> {
    let mut app = Command::new("dbus-run-session");
    app.arg("--").arg(place.programs.join("zuclubit"));
    let _app = Ended(
        app.env("ZUC_HOME", place.root.join("home"))
            .env("ZUC_PASSPHRASE_FILE", place.root.join("passphrase"))
            .env("ZUC_PAGE", page)
            .env("ZUC_THEME", theme)
            .env("DISPLAY", SCREEN.0)
            .env("GDK_BACKEND", "x11")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("WEBKIT_DISABLE_COMPOSITING_MODE", "1")
            .env("NO_AT_BRIDGE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("dbus-run-session")?,
    );
    let mut last: Vec<u8> = Vec::new();
    let mut same = 0;
    wait("the page", || {
        picture(file)?;
        let now = fs::read(file)?;
        same = if now == last && now != empty { same + 1 } else { 0 };
        last = now;
        Ok(same >= 2)
    })
}

fn picture(file: &Path) -> anyhow::Result<()> {
    let done = Command::new("import")
        .args(["-window", "root", "-strip", "-define", "png:exclude-chunks=date,time"])
        .arg(file)
        .env("DISPLAY", SCREEN.0)
        .stderr(Stdio::null())
        .status()
        .context("import")?;
    if done.success() { Ok(()) } else { bail!("no picture of the screen") }
}

fn wait(what: &str, mut ready: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if ready()? {
            return Ok(());
        }
        thread::sleep(LOOK);
    }
    bail!("{what} did not come within {} s", PATIENCE.as_secs())
}

/// A process, leader of its group, that ends with the value; so do the processes it started, which may hold the home.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let tell = |signal: &str| {
            let told = Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status();
            told.is_ok_and(|status| status.success())
        };
        tell("-KILL");
        let _ = self.0.wait();
        let start = Instant::now();
        while tell("-0") && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(20));
        }
    }
}
