//! One JSON value, or lines for a person; refusals on stderr with their sentence.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_macros,
    reason = "this room speaks to the terminal"
)]

use std::process::ExitCode;

use serde::Serialize;
use zuc_ipc::Failure;

/// How results are shown.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    /// One JSON value and nothing else.
    pub(crate) json: bool,
}

impl Output {
    /// Shows a result: as JSON, or by `lines`.
    pub(crate) fn show<T: Serialize>(self, value: &T, lines: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
        if self.json {
            println!("{}", serde_json::to_string(value)?);
        } else {
            let text = lines(value);
            if !text.is_empty() {
                println!("{text}");
            }
        }
        Ok(())
    }

    /// Something on the way, for a person only.
    pub(crate) fn say(self, text: &str) {
        if !self.json {
            println!("{text}");
        }
    }

    /// A text that is the whole result.
    pub(crate) fn text(text: &str) {
        println!("{text}");
    }
}

/// A refusal: code and sentence on stderr, and the exit code of its kind.
pub(crate) fn refused(failure: &Failure) -> ExitCode {
    let field = failure.field.as_ref().map_or_else(String::new, |field| format!(" ({field})"));
    eprintln!("{}{field}: {}", failure.code, failure.sentence());
    if !failure.detail.is_empty() {
        eprintln!("  {}", failure.detail);
    }
    ExitCode::from(if is_environment(&failure.code) { 3 } else { 1 })
}

/// Something outside the rules and outside our control.
pub(crate) fn broken(error: &anyhow::Error) -> ExitCode {
    eprintln!("{error:#}");
    ExitCode::from(3)
}

/// Network, clock, keyring and disk: trying again later may help.
fn is_environment(code: &str) -> bool {
    const CODES: &[&str] = &[
        "clock.off",
        "relay.unreachable",
        "relay.timed_out",
        "relay.nonsense",
        "store.secrets_unavailable",
        "store.no_secret_place",
        "store.key_missing",
        "store.wrong_passphrase",
        "store.wrong_key",
        "store.key_file_damaged",
        "store.home_in_use",
        "store.io",
        "store.disk_full",
        "store.database",
        "store.too_new",
        "file.not_read",
        "file.not_written",
    ];
    CODES.contains(&code)
}
