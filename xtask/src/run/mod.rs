//! The app, open on a sample company with a relay and a sandbox PAC of its own.

mod company;
mod pictures;
mod servers;

use std::{env, path::PathBuf, process::Command};

use anyhow::{Context as _, bail};
use xshell::Shell;

use crate::{build, setup, tools, tools::step};
use servers::Servers;

/// What every program of this run needs to know.
struct Place {
    /// Folder of it all.
    root: PathBuf,
    /// Where the built programs are.
    programs: PathBuf,
}

impl Place {
    /// A program that knows the home and how its keys are sealed.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.env("ZUC_HOME", self.root.join("home")).env("ZUC_PASSPHRASE_FILE", self.root.join("passphrase"));
        command
    }
}

/// Installs, builds, starts the servers, makes the sample company if there is none, and opens the app. Without a
/// display it leaves pictures of the app instead.
pub(crate) fn run(shell: &Shell, home: Option<PathBuf>) -> anyhow::Result<()> {
    build::release(shell)?;
    let root = home.unwrap_or_else(|| tools::target().join("run"));
    shell.create_dir(&root)?;
    let root = root.canonicalize().with_context(|| root.display().to_string())?;
    let place = Place { root, programs: tools::target().join("release") };
    let servers = step("relay and sandbox PAC", || Servers::start(&place))?;
    step("sample company", || company::prepare(&place, &servers))?;
    if env::var_os("DISPLAY").is_some() || env::var_os("WAYLAND_DISPLAY").is_some() {
        println!("The app is open; close its window to end the servers too.");
        let ended = place.program("zuclubit").status().context("zuclubit")?;
        if !ended.success() {
            bail!("the app ended with {ended}");
        }
        return Ok(());
    }
    println!("There is no display: the app is opened on a virtual one, page by page.");
    setup::for_virtual_display(shell)?;
    let folder = step("pictures", || pictures::take(&place))?;
    println!("The pictures are in {}", folder.display());
    Ok(())
}
