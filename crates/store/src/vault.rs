//! What is worth more than the database: sealed once more, under a key of its own.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sqlx::SqliteConnection;
use zeroize::Zeroizing;

use crate::keys::{Entropy, random};
use crate::{Store, StoreError};

impl Store {
    /// The secret under `name` (an epoch key, the CSD, a token).
    pub async fn vault_get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let sealed =
            sqlx::query_scalar!("SELECT sealed FROM vault WHERE name = ?", name).fetch_optional(self.reader()).await?;
        sealed.map(|sealed| unseal(&self.inner.keys.vault, name, &sealed)).transpose()
    }

    /// Sets or replaces a secret; durable when it returns.
    pub async fn vault_set(&self, name: &str, secret: &[u8]) -> Result<(), StoreError> {
        let mut conn = self.inner.pools.writer.acquire().await?;
        put(&mut conn, &self.inner.keys.vault, self.inner.entropy.as_ref(), name, secret).await
    }

    /// Destroys a secret.
    pub async fn vault_delete(&self, name: &str) -> Result<(), StoreError> {
        sqlx::query!("DELETE FROM vault WHERE name = ?", name).execute(&self.inner.pools.writer).await?;
        Ok(())
    }

    /// The names of all secrets that begin with `prefix`.
    pub async fn vault_names(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let length = i64::try_from(prefix.len()).unwrap_or(i64::MAX);
        let names =
            sqlx::query_scalar!("SELECT name FROM vault WHERE substr(name, 1, ?) = ? ORDER BY name", length, prefix)
                .fetch_all(self.reader())
                .await?;
        Ok(names)
    }
}

pub(crate) async fn put(
    conn: &mut SqliteConnection,
    key: &[u8; 32],
    entropy: &dyn Entropy,
    name: &str,
    secret: &[u8],
) -> Result<(), StoreError> {
    let nonce: [u8; 24] = random(entropy);
    let sealed = XChaCha20Poly1305::new(&(*key).into())
        .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: name.as_bytes() })
        .map_err(|_| StoreError::corrupt("vault", "sealed", name))?;
    let sealed = [nonce.as_slice(), &sealed].concat();
    sqlx::query!(
        "INSERT INTO vault (name, sealed) VALUES (?, ?) ON CONFLICT DO UPDATE SET sealed = excluded.sealed",
        name,
        sealed,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) fn unseal(key: &[u8; 32], name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let corrupt = || StoreError::corrupt("vault", "sealed", name);
    let (nonce, sealed) = sealed.split_first_chunk::<24>().ok_or_else(corrupt)?;
    XChaCha20Poly1305::new(&(*key).into())
        .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: name.as_bytes() })
        .map(Zeroizing::new)
        .map_err(|_| corrupt())
}
