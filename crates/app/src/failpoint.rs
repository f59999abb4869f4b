//! Places where a test may make the program fail or die, by name. A release has none.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::AppError;

/// Whether the place that fails once has failed.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Dies, fails or waits here when `ZUC_FAILPOINT`, a list with commas, names this place: `name` dies at once, as if the
/// power went; `name=error` fails with `test.failure`, `name=once` only the
/// first time, `name=area.reason` with that code; `name=wait` stays here, for whoever wants to kill it at this very
/// place. In a release this is nothing.
pub(crate) fn failpoint(name: &str) -> Result<(), AppError> {
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    let places = std::env::var("ZUC_FAILPOINT").unwrap_or_default();
    for place in places.split(',') {
        match place.split_once('=').unwrap_or((place, "die")) {
            (wanted, "die") if wanted == name => std::process::abort(),
            (wanted, "once") if wanted == name && !FAILED.swap(true, Ordering::Relaxed) => {
                return Err(AppError::new("test.failure", name.to_owned()));
            }
            (wanted, "error") if wanted == name => return Err(AppError::new("test.failure", name.to_owned())),
            (wanted, code) if wanted == name && code.contains('.') => return Err(AppError::new(code, name.to_owned())),
            (wanted, "wait") if wanted == name => {
                tracing::error!(place = name, "waits to be killed");
                loop {
                    std::thread::park();
                }
            }
            _ => {}
        }
    }
    Ok(())
}
