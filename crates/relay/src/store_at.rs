//! Where the log is kept: the command line's part.

use std::{convert::Infallible, fmt, path::PathBuf, str::FromStr, sync::Arc};

use zuc_relay_postgres::PostgresStore;
use zuc_relay_sqlite::SqliteStore;
use zuc_relay_store::{RelayStore, StoreError};

/// A folder with a file per company, or a PostgreSQL database.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum StoreAt {
    /// SQLite files in this folder.
    Folder(PathBuf),
    /// The database's address; it may hold a password.
    Postgres(String),
}

impl FromStr for StoreAt {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let postgres = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        Ok(if postgres { Self::Postgres(text.to_owned()) } else { Self::Folder(text.into()) })
    }
}

impl fmt::Debug for StoreAt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => formatter.debug_tuple("Folder").field(folder).finish(),
            Self::Postgres(_secret) => formatter.debug_tuple("Postgres").finish_non_exhaustive(),
        }
    }
}

impl StoreAt {
    pub(crate) async fn open(&self) -> Result<Arc<dyn RelayStore>, StoreError> {
        self.open_with(zuc_relay_sqlite::Options::default()).await
    }

    /// As [`Self::open`], with the options of a folder.
    pub(crate) async fn open_with(
        &self,
        options: zuc_relay_sqlite::Options,
    ) -> Result<Arc<dyn RelayStore>, StoreError> {
        Ok(match self {
            Self::Folder(folder) => Arc::new(SqliteStore::open(folder, options).await?),
            Self::Postgres(url) => Arc::new(PostgresStore::open(url, zuc_relay_postgres::Options::default()).await?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_database_and_all_else_a_folder() {
        let read = |text: &str| format!("{:?}", text.parse::<StoreAt>());
        assert_eq!(read("postgres://relay:secret@db/zuclubit"), "Ok(Postgres(..))");
        assert_eq!(read("postgresql://db/zuclubit"), "Ok(Postgres(..))");
        assert_eq!(read("/var/lib/zuclubit"), "Ok(Folder(\"/var/lib/zuclubit\"))");
    }
}
