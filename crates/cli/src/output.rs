//! One JSON value, or lines for a person; refusals on stderr with their sentence.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_macros,
    reason = "this room speaks to the terminal"
)]

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
}

/// A refusal: code and sentence on stderr, and the exit code of its kind.
pub(crate) fn refused(failure: &Failure) -> u8 {
    let field = failure.field.as_ref().map_or_else(String::new, |field| format!(" ({field})"));
    eprintln!("{}{field}: {}", failure.code, failure.sentence());
    if !failure.detail.is_empty() {
        eprintln!("  {}", failure.detail);
    }
    if is_environment(&failure.code) { 3 } else { 1 }
}

/// Something outside the rules and outside our control.
pub(crate) fn broken(error: &anyhow::Error) -> u8 {
    eprintln!("{error:#}");
    3
}

/// Network, clock, keyring and disk: trying again later may help.
fn is_environment(code: &str) -> bool {
    const CODES: &[&str] = &[
        "app.locked",
        "attachment.elsewhere",
        "backup.folder_gone",
        "backup.folder_shut",
        "backup.no_room",
        "backup.not_found",
        "clock.off",
        "file.not_read",
        "file.not_written",
        "relay.nonsense",
        "relay.timed_out",
        "relay.unreachable",
    ];
    /// What the store refuses by a rule; the rest of its codes is the disk, the keyring, or what is damaged there.
    const RULES: &[&str] =
        &["store.change_refused", "store.misplaced", "store.no_bag", "store.no_identity", "store.person_key_missing"];
    CODES.contains(&code) || (code.starts_with("store.") && !RULES.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_by_itself_is_told_from_what_a_rule_refuses() {
        for code in ["relay.unreachable", "store.secrets_unavailable", "store.corrupt", "store.io", "app.locked"] {
            assert!(is_environment(code), "{code}");
        }
        for code in
            ["csd.expired", "store.misplaced", "store.no_bag", "relay.bad_url", "app.no_company", "amount.negative"]
        {
            assert!(!is_environment(code), "{code}");
        }
    }
}
