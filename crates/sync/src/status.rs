//! What the status bar says.

/// Where a device stands with the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncStatus {
    /// *Al día*: everything is acknowledged and everything known is here, with the keys to write beside it.
    UpToDate,
    /// *Sincronizando n*: so many rows, entries and bags are still to go or to come.
    Syncing(u64),
    /// *Sin conexión, n por enviar*.
    Offline(u64),
    /// Something needs a person; the stable code.
    Failed(&'static str),
}

impl SyncStatus {
    /// The stable name of the state.
    pub fn name(&self) -> &'static str {
        match self {
            Self::UpToDate => "al_dia",
            Self::Syncing(_) => "sincronizando",
            Self::Offline(_) => "sin_conexion",
            Self::Failed(_) => "error",
        }
    }
}
