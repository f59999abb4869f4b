//! `zuclubit-relay`: the server of a company's exchange.

mod compact_command;
mod migrate_command;
mod move_command;
mod pac_options;
mod restored_command;
mod sandbox_command;
mod serve_command;
mod store_at;

use std::io::Write as _;

use clap::{Parser, Subcommand};

use crate::{
    compact_command::CompactCommand, migrate_command::MigrateCommand, move_command::MoveCommand,
    restored_command::RestoredCommand, sandbox_command::SandboxCommand, serve_command::ServeCommand,
};

/// Orders sealed entries it cannot read.
#[derive(Parser)]
#[command(name = "zuclubit-relay", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until it is told to stop.
    Serve(Box<ServeCommand>),
    /// Prepares a PostgreSQL database, as its owner.
    Migrate(MigrateCommand),
    /// Moves a company from one store to another.
    Move(MoveCommand),
    /// Says that the store is a backup's, before it is served from.
    Restored(RestoredCommand),
    /// Drops entries that everybody holds who needs them.
    Compact(CompactCommand),
    /// Plays a PAC whose timbres are worth nothing.
    SandboxPac(SandboxCommand),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_unset| "info".into());
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).with_env_filter(filter).init();
    match Arguments::parse().command {
        Command::Serve(serve) => serve.run(stop()?).await,
        Command::Migrate(migrate) => migrate.run().await,
        Command::Move(moving) => moving.run().await,
        Command::Restored(restored) => restored.run().await,
        Command::Compact(compact) => compact.run().await,
        Command::SandboxPac(sandbox) => sandbox.run(stop()?).await,
    }
}

/// The one line of the standard output, which whoever started the program waits for.
fn say(line: &serde_json::Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

/// Ready at the first request to stop.
fn stop() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _asked = terminate.recv() => {}
            _asked = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        let _asked = tokio::signal::ctrl_c().await;
    })
}
