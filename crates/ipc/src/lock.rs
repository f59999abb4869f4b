//! The lock on the data of this computer.

use serde::{Deserialize, Serialize};

/// How the lock stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockView {
    /// The data open with a passphrase only.
    pub on: bool,
    /// The system's keyring answers: it holds the other half of a locked key, and the whole of one that is not locked.
    pub keyring: bool,
    /// Minutes without anybody after which it locks; 0 for never.
    pub idle_minutes: u32,
}

/// A new passphrase.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LockPut {
    /// The one that stands, where one does.
    pub current: String,
    /// The new one.
    pub phrase: String,
}

/// When it locks by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockIdle {
    /// Minutes without anybody; 0 for never.
    pub minutes: u32,
}

/// In with the recovery code, and with a new passphrase from then on.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UnlockByCode {
    /// As printed.
    pub code: String,
    /// The new one.
    pub phrase: String,
}

impl std::fmt::Debug for LockPut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LockPut(…)")
    }
}

impl std::fmt::Debug for UnlockByCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UnlockByCode(…)")
    }
}
