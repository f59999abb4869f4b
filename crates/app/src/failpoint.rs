//! Places where a test may make the program fail or die, by name. A release has none.

use crate::AppError;

/// Dies or fails here when `ZUC_FAILPOINT` names this place: `name` dies at once, as if the power went; `name=error`
/// fails with `test.failure`. In a release this is nothing.
pub(crate) fn failpoint(name: &str) -> Result<(), AppError> {
    if cfg!(debug_assertions)
        && let Ok(wanted) = std::env::var("ZUC_FAILPOINT")
    {
        if wanted == name {
            std::process::abort();
        }
        if wanted.strip_suffix("=error") == Some(name) {
            return Err(AppError::new("test.failure", name.to_owned()));
        }
    }
    Ok(())
}
