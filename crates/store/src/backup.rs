//! Copies of the whole database.

use std::path::Path;

#[cfg(test)]
use sqlx::AssertSqlSafe;

use crate::{Store, StoreError};

impl Store {
    /// Writes a copy beside, encrypted under the same key (`VACUUM INTO`): never a copy of a live file.
    pub async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let path = path.to_string_lossy().into_owned();
        sqlx::query("VACUUM INTO ?").bind(path).execute(&self.inner.pools.writer).await?;
        Ok(())
    }

    /// Every page in clear: only to look for what must not be there.
    #[cfg(test)]
    pub(crate) async fn export_plain(&self, path: &Path) -> Result<(), StoreError> {
        let mut conn = self.inner.pools.writer.acquire().await?;
        let path = path.to_string_lossy().replace('\'', "''");
        for sql in [
            format!("ATTACH DATABASE '{path}' AS plain KEY ''"),
            "SELECT sqlcipher_export('plain')".to_owned(),
            "DETACH DATABASE plain".to_owned(),
        ] {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *conn).await?;
        }
        Ok(())
    }
}
