//! `zuc`: the use cases without a window, for scripts, support and the demonstration.

mod args;
mod cfdi;
mod commands;
mod demo;
mod output;

use clap::Parser as _;
use zuc_ipc::Failure;

use crate::{args::Cli, output::Output};

/// A list of prospects is millions of small pieces: a fifth less processor time for its import than with the system's.
#[global_allocator]
static ALLOCATOR: zuc_gateways::MiMalloc = zuc_gateways::MiMalloc;

/// How a command can end without a result.
#[derive(Debug)]
pub(crate) enum Ended {
    /// A rule or the environment refused; it has a code and a sentence.
    Refused(Failure),
    /// Something else broke.
    Broken(anyhow::Error),
}

impl From<zuc_app::AppError> for Ended {
    fn from(error: zuc_app::AppError) -> Self {
        Self::Refused(error.into_failure())
    }
}

impl From<anyhow::Error> for Ended {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

/// What a command returns: the exit code.
pub(crate) type Done = Result<u8, Ended>;

fn main() {
    #[expect(unsafe_code, reason = "the first statement of main")]
    // SAFETY: nothing uses SQLite yet.
    unsafe {
        zuc_gateways::settle_memory();
    }
    zuc_gateways::keep_memory_to_itself();
    zuc_gateways::leave(run());
}

/// The exit code.
fn run() -> u8 {
    // clap ends with 2 for wrong usage
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::broken(&error.into()),
    };
    let output = Output { json: cli.json };
    match runtime.block_on(commands::run(cli, output)) {
        Ok(code) => code,
        Err(Ended::Refused(failure)) => output::refused(&failure),
        Err(Ended::Broken(error)) => output::broken(&error),
    }
}
