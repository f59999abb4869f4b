//! One file a noun; each opens the home, calls one use case, shows the result.

mod apart;
mod backup;
mod company;
mod customer;
mod device;
mod file;
mod import;
mod invoice;
mod lead;
mod left;
mod lock;
mod person;
mod proposal;
mod support;

use std::{
    io::{self, IsTerminal as _},
    path::PathBuf,
    sync::Arc,
};

use console::Term;
use tokio::sync::OnceCell;
use zuc_app::{AppError, Desk, Office};
use zuc_ipc::company::Secret;

use crate::{
    Done, Ended,
    args::{Cli, Command, Sync},
    cfdi, demo,
    output::Output,
};

/// The home a command works on.
pub(crate) struct Place {
    /// Its folder.
    pub(crate) root: PathBuf,
    /// Where the passphrase comes from, when not from the environment.
    pub(crate) passphrase: Option<String>,
    desk: OnceCell<Arc<Desk>>,
}

impl Place {
    /// The home in a folder; nothing is opened yet.
    pub(crate) fn new(root: PathBuf, passphrase: Option<String>) -> Self {
        Self { root, passphrase, desk: OnceCell::new() }
    }

    /// The desk of the home, opened the first time; whoever sits at the terminal is asked for the passphrase of locked data.
    pub(crate) async fn desk(&self) -> Result<Arc<Desk>, Ended> {
        let open = || async {
            let desk = zuc_gateways::desk_with(&self.root, self.passphrase.clone()).await?;
            ask_at_the_terminal(&desk).await.map(|()| desk)
        };
        Ok(self.desk.get_or_try_init(open).await?.clone())
    }

    /// The desk of the home, which opens when it is asked: the home may be one that does not.
    pub(crate) fn shut_desk(&self) -> Arc<Desk> {
        zuc_gateways::shut_desk_with(&self.root, self.passphrase.clone())
    }

    /// Ends the exchange and closes the data. The process must not end before: SQLCipher frees its keys at exit, under
    /// the feet of a connection that is still open.
    pub(crate) async fn close(&self) {
        if let Some(desk) = self.desk.get() {
            desk.close().await;
        }
    }
}

/// Runs one command.
pub(crate) async fn run(cli: Cli, output: Output) -> Done {
    let passphrase = cli.passphrase_fd.map(passphrase_from).transpose()?;
    let place = Place::new(cli.home.unwrap_or_else(zuc_gateways::default_home), passphrase);
    let done = command(cli.command, &place, output).await;
    place.close().await;
    done
}

async fn command(command: Command, place: &Place, output: Output) -> Done {
    match command {
        Command::Demo { out, keep_homes } => Box::pin(demo::run(&out, keep_homes, output)).await,
        Command::Company(command) => company::run(command, place, output).await,
        Command::Device(command) => device::run(command, place, output).await,
        Command::Import(command) => import::run(command, place, output).await,
        Command::Lead(command) => lead::run(command, place, output).await,
        Command::Customer(command) => customer::customers(command, place, output).await,
        Command::File(command) => file::run(command, place, output).await,
        Command::Product(command) => customer::products(command, place, output).await,
        Command::Proposal(command) => proposal::run(command, place, output).await,
        Command::Csd(command) => invoice::csd(command, place, output).await,
        Command::Invoice(command) => invoice::run(command, place, output).await,
        Command::Cfdi(command) => cfdi::run(command, output),
        Command::Dashboard => support::dashboard(place, output).await,
        Command::Events => support::events(place, output).await,
        Command::Verify { same_as } => support::verify(same_as, place, output).await,
        Command::Audit { tell } => support::audit(tell, place, output).await,
        Command::Doctor => support::doctor(place, output).await,
        Command::Rebuild { verify } => support::rebuild(verify, place, output).await,
        Command::Backup { to, command } => backup::run(to, command, place, output).await,
        Command::Restore { file, recovery_code, without_names } => {
            Box::pin(backup::restore(file, recovery_code, without_names, place, output)).await
        }
        Command::Lock(command) => lock::run(command, place, output).await,
        Command::Person(command) => person::run(command, place, output).await,
        Command::Conflicts(command) => apart::conflicts(command, place, output).await,
        Command::History { id, restore, before } => apart::history(id, restore, before, place, output).await,
        Command::Sync { wait, command: None } => support::sync(wait, place, output).await,
        Command::Sync { wait, command: Some(Sync::Snapshot) } => support::snapshot(wait, place, output).await,
        Command::Search { text } => support::search(text, place, output).await,
        Command::Undo { token } => support::undo(token, place, output).await,
    }
}

/// Asks for the passphrase of locked data, without showing it. Where nobody sits at a terminal the data stay locked.
async fn ask_at_the_terminal(desk: &Desk) -> Result<(), Ended> {
    let term = Term::stderr();
    let locked = desk.office().await.is_err_and(|error| error.code == "app.locked");
    if !locked || !term.is_term() || !io::stdin().is_terminal() {
        return Ok(());
    }
    let ask = move || {
        term.write_str("Frase de desbloqueo: ")?;
        term.read_secure_line()
    };
    let typed = tokio::task::spawn_blocking(ask).await.map_err(anyhow::Error::from)?;
    let text = typed.map_err(anyhow::Error::from)?;
    desk.unlock(Secret { text }).await?;
    Ok(())
}

/// Does one thing with the company of the home.
pub(crate) async fn with_office<T, F>(place: &Place, work: impl FnOnce(Arc<Office>) -> F) -> Result<T, Ended>
where
    F: Future<Output = Result<T, AppError>>,
{
    let desk = place.desk().await?;
    let office = desk.office().await?;
    // a use case may be large: it waits on the heap
    Ok(Box::pin(work(office)).await?)
}

/// The usual end.
pub(crate) const OK: u8 = 0;

#[cfg(unix)]
fn passphrase_from(descriptor: i32) -> Result<String, Ended> {
    Ok(first_line(&read(std::path::Path::new(&format!("/dev/fd/{descriptor}")))?))
}

#[cfg(not(unix))]
fn passphrase_from(_descriptor: i32) -> Result<String, Ended> {
    Err(Ended::Broken(anyhow::anyhow!("this system has no descriptors to read a passphrase from")))
}

/// A file the person named, or why not.
pub(crate) fn read(path: &std::path::Path) -> Result<Vec<u8>, Ended> {
    std::fs::read(path).map_err(|error| {
        Ended::Refused(zuc_ipc::Failure::new("file.not_read", error.to_string()).hint(path.display().to_string()))
    })
}

/// The password in a file: its first line. What the file holds is said nowhere.
pub(crate) fn password(path: &std::path::Path) -> Result<String, Ended> {
    Ok(first_line(&read(path)?))
}

fn first_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().to_owned()
}

/// Writes where the person said, or why not.
pub(crate) fn write(path: &std::path::Path, bytes: &[u8]) -> Result<(), Ended> {
    std::fs::write(path, bytes).map_err(|error| cannot_write(path, &error))
}

/// That nothing can be written where the person said.
pub(crate) fn cannot_write(path: &std::path::Path, error: &io::Error) -> Ended {
    Ended::Refused(zuc_ipc::Failure::new("file.not_written", error.to_string()).hint(path.display().to_string()))
}
