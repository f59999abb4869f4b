//! The writer behind a gate that is shut when the company left.

use sqlx::SqliteConnection;
use zuc_relay_store::StoreError;

use crate::{
    archive::require_here,
    writer::{OnConnection, Writer},
};

/// The way to a company's writer, for a company that is here.
pub(crate) struct Gate(Writer);

impl Gate {
    pub(crate) fn before(writer: Writer) -> Self {
        Self(writer)
    }

    /// As [`Writer::write`], refused when the company left.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> OnConnection<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.0
            .write(move |connection| {
                Box::pin(async move {
                    require_here(connection).await?;
                    work(connection).await
                })
            })
            .await
    }

    /// As [`Writer::write`], whether the company is here or not.
    pub(crate) async fn past<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> OnConnection<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.0.write(work).await
    }
}
