//! Forgetting: a person, a scope. The key goes, then every clear row, then the bytes they lay in.

use std::sync::PoisonError;

use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::shared::Scope;
use zuc_protocol::Scope as WireScope;
use zuc_protocol::codec::{self, MAX_FRAME};
use zuc_protocol::ids::{BagId, CompanyId, ItemId, KeyId};
use zuc_protocol::item::DocKind;
use zuc_protocol::person_key::{BagKeyWraps, BagRow, bag_id};
use zuc_protocol::secret::BagKey;

use crate::doc::Document;
use crate::log::RawRow;
use crate::persons::Ring;
use crate::projections::analytics::{self, Dirty};
use crate::reread::Reread;
use crate::store::{domain_scope, scope_number, scope_of, uuid_of};
use crate::{Store, StoreError, lead, registry};

/// What came of rows and wraps of a bag.
#[derive(Debug, Default)]
pub struct BagTaken {
    /// Documents that were projected again.
    pub touched: Vec<(DocKind, ItemId)>,
    /// Keys whose rows lay under an older key and were wrapped under the new one: the relay may lack them.
    pub kept: Vec<KeyId>,
}

impl Store {
    /// Destroys the keys of persons and everything clear that came of them: read rows, search entries, pending items
    /// that name them, the WAL. Documents and facts keep ciphertext that nothing opens any more.
    pub async fn erase_keys(&self, keys: &[KeyId]) -> Result<Vec<(DocKind, ItemId)>, StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let mut tx = self.begin_plain().await?;
        let mut docs: Vec<(i64, Uuid)> = Vec::new();
        for key in keys {
            let key = key.0.as_slice();
            sqlx::query!("INSERT INTO person_erased (key_id, at) VALUES (?, 0) ON CONFLICT DO NOTHING", key)
                .execute(&mut *tx)
                .await?;
            sqlx::query!("DELETE FROM person_key WHERE key_id = ?", key).execute(&mut *tx).await?;
            sqlx::query!("DELETE FROM unopened WHERE key_id = ?", key).execute(&mut *tx).await?;
            docs.extend(documents_of(&mut tx, key).await?);
            lead::forget_held(&mut tx, key).await?;
        }
        docs.sort_unstable();
        docs.dedup();
        let touched = reproject(self, &mut tx, identity.company.0, &identity.actor.0, &docs).await?;
        tx.commit().await?;
        self.scrub().await?;
        Ok(touched)
    }

    /// Writes over what deleted rows left in the file and empties the WAL.
    pub async fn scrub(&self) -> Result<(), StoreError> {
        let mut conn = self.inner.pools.writer.acquire().await?;
        for table in crate::open::SEARCHES {
            let sql = format!("INSERT INTO {table} ({table}) VALUES ('optimize')");
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *conn).await?;
        }
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *conn).await?;
        Ok(())
    }

    /// Takes every document, fact, entry and row of a scope that may no longer be read.
    pub async fn purge_scope(&self, scope: Scope) -> Result<(), StoreError> {
        let number = scope_number(scope);
        let mut tx = self.begin_plain().await?;
        let docs = sqlx::query!("SELECT id, kind FROM doc WHERE scope = ?", number).fetch_all(&mut *tx).await?;
        let mut dirty = Dirty::default();
        for doc in docs {
            let kind = DocKind(u16::try_from(doc.kind).unwrap_or(0));
            registry::unproject(kind, scope, uuid_of("doc", &doc.id)?, &mut tx, &mut dirty).await?;
        }
        for table in [
            "doc",
            "fact",
            "entry",
            "outbox",
            "person_key",
            "cursor",
            "author_cursor",
            "unopened",
            "bag_wraps",
            "lead_activity",
        ] {
            // The table names are the literals above.
            let sql = format!("DELETE FROM {table} WHERE scope = ?");
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(number).execute(&mut *tx).await?;
        }
        let name = crate::persons::vault_name(scope);
        sqlx::query!("DELETE FROM vault WHERE name = ?", name).execute(&mut *tx).await?;
        analytics::refresh(&mut tx, &dirty).await?;
        tx.commit().await?;
        self.inner.bags.write().unwrap_or_else(PoisonError::into_inner).remove(&scope);
        self.scrub().await
    }

    /// Destroys what was erased while this device could not carry it out to its end.
    ///
    /// # Errors
    /// As [`Store::erase_keys`].
    pub async fn finish_erasures(&self, erased: &[KeyId]) -> Result<(), StoreError> {
        let names = serde_json::to_string(&erased.iter().map(|key| hex::encode(key.0)).collect::<Vec<_>>())?;
        let left = sqlx::query_scalar!(
            r#"SELECT unhex(value) AS "key!: Vec<u8>" FROM json_each(?)
               WHERE unhex(value) NOT IN (SELECT key_id FROM person_erased)"#,
            names,
        )
        .fetch_all(self.reader())
        .await?;
        let left = left.iter().filter_map(|key| key.as_slice().try_into().ok()).map(KeyId).collect::<Vec<_>>();
        if !left.is_empty() {
            self.erase_keys(&left).await?;
        }
        Ok(())
    }

    /// Adds rows and wraps of a bag of generation `bag`, and takes its key into use where it is given. An erased key
    /// does not come back. Documents that were read without one of the new keys are projected again.
    ///
    /// Rows that lie here under the key before are wrapped under the new one: whoever made it may not have known them.
    pub async fn store_bag(
        &self,
        scope: WireScope,
        bag: BagId,
        key: Option<&BagKey>,
        wraps: &[BagKeyWraps],
        rows: &[BagRow],
    ) -> Result<BagTaken, StoreError> {
        let number = i64::from(scope.number());
        let key = key.filter(|key| bag_id(key) == bag);
        let mut tx = self.begin_plain().await?;
        let mut kept = Vec::new();
        if let Some(key) = key {
            if let Some(old) = self.bag(domain_scope(scope)).filter(|old| bag_id(old) != bag) {
                kept = self.rewrap(&mut tx, scope, &old, key).await?;
            }
            let name = crate::persons::vault_name(domain_scope(scope));
            crate::vault::put(&mut tx, &self.inner.vault_key, self.inner.entropy.as_ref(), &name, key.expose()).await?;
        }
        for wrap in wraps {
            let (bag, author) = (wrap.bag.0.as_slice(), wrap.author.0.as_slice());
            let bytes = codec::encode(wrap, MAX_FRAME).map_err(|_| StoreError::corrupt("bag_wraps", "bytes", scope))?;
            sqlx::query!(
                "INSERT INTO bag_wraps (scope, bag, author, bytes) VALUES (?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET bytes = excluded.bytes",
                number,
                bag,
                author,
                bytes,
            )
            .execute(&mut *tx)
            .await?;
        }
        let docs = put_rows(&mut tx, number, rows).await?;
        let touched = match self.identity() {
            Some(identity) => reproject(self, &mut tx, identity.company.0, &identity.actor.0, &docs).await?,
            None => Vec::new(),
        };
        tx.commit().await?;
        if let Some(key) = key {
            self.inner.bags.write().unwrap_or_else(PoisonError::into_inner).insert(domain_scope(scope), key.clone());
        }
        Ok(BagTaken { touched, kept })
    }

    /// Wraps every row of older generations under a new key; those that `old` does not open are none that can be kept.
    async fn rewrap(
        &self,
        conn: &mut SqliteConnection,
        scope: WireScope,
        old: &BagKey,
        new: &BagKey,
    ) -> Result<Vec<KeyId>, StoreError> {
        let Some(identity) = self.identity() else { return Ok(Vec::new()) };
        let company = CompanyId::from_uuid(identity.company.0);
        let (number, bag) = (i64::from(scope.number()), bag_id(new));
        let generation = bag.0.as_slice();
        let rows = sqlx::query_as!(
            RawRow,
            "SELECT key_id, bag, wrap FROM person_key WHERE scope = ? AND bag <> ?",
            number,
            generation
        )
        .fetch_all(&mut *conn)
        .await?;
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            let row = row.of(domain_scope(scope))?;
            let Ok(secret) = row.open(company, old) else { continue };
            let nonce = crate::keys::random(self.inner.entropy.as_ref());
            let again = BagRow::wrap(company, scope, new, row.key, &secret, &nonce);
            let (wrap, key) = (again.wrap.0.as_slice(), row.key.0.as_slice());
            sqlx::query!(
                "UPDATE person_key SET bag = ?, wrap = ? WHERE scope = ? AND key_id = ?",
                generation,
                wrap,
                number,
                key,
            )
            .execute(&mut *conn)
            .await?;
            kept.push(row.key);
        }
        Ok(kept)
    }

    /// Destroys the wraps of every generation of a scope's bag but one. Its rows stay until the new key is here.
    pub async fn drop_other_bags(&self, scope: WireScope, bag: BagId) -> Result<(), StoreError> {
        let (number, generation) = (i64::from(scope.number()), bag.0.as_slice());
        sqlx::query!("DELETE FROM bag_wraps WHERE scope = ? AND bag <> ?", number, generation)
            .execute(&self.inner.pools.writer)
            .await?;
        Ok(())
    }

    /// The ids of the person keys of a lead, a contact or a customer: what an erasure names.
    pub async fn person_keys_of(&self, subject: impl Into<Uuid>) -> Result<Vec<KeyId>, StoreError> {
        let subject: Uuid = subject.into();
        let subject = subject.as_bytes().as_slice();
        let keys = sqlx::query_scalar!("SELECT key_id FROM person_subject WHERE subject = ?", subject)
            .fetch_all(self.reader())
            .await?;
        keys.into_iter().map(|key| Ok(KeyId(*uuid_of("person_subject", &key)?.as_bytes()))).collect()
    }
}

/// The documents in which a key seals something: a subject is a document, or an item of one.
async fn documents_of(conn: &mut SqliteConnection, key: &[u8]) -> Result<Vec<(i64, Uuid)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT d.scope AS "scope!: i64", d.id AS "id!: Vec<u8>" FROM person_subject s JOIN doc d ON d.id = s.subject
           WHERE s.key_id = ?1
           UNION SELECT d.scope, d.id FROM person_subject s JOIN customer_contact c ON c.id = s.subject
           JOIN doc d ON d.id = c.customer WHERE s.key_id = ?1"#,
        key,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| Ok((row.scope, uuid_of("doc", &row.id)?))).collect()
}

/// Writes rows of a bag, and takes the documents that waited for them off the list of those that do, in order.
async fn put_rows(conn: &mut SqliteConnection, scope: i64, rows: &[BagRow]) -> Result<Vec<(i64, Uuid)>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let keys = rows.iter().map(|row| hex::encode(row.key.0));
    let keys = serde_json::to_string(&keys.collect::<Vec<_>>())?;
    let rows = rows.iter().map(|row| [hex::encode(row.key.0), hex::encode(row.bag.0), hex::encode(&row.wrap.0)]);
    let rows = serde_json::to_string(&rows.collect::<Vec<_>>())?;
    sqlx::query!(
        "INSERT INTO person_key (scope, key_id, bag, wrap, sent)
         SELECT ?, unhex(value ->> 0), unhex(value ->> 1), unhex(value ->> 2), 1 FROM json_each(?)
         WHERE unhex(value ->> 0) NOT IN (SELECT key_id FROM person_erased)
         ON CONFLICT DO UPDATE SET sent = 1, bag = excluded.bag, wrap = excluded.wrap",
        scope,
        rows,
    )
    .execute(&mut *conn)
    .await?;
    let waiting = sqlx::query!(
        "DELETE FROM unopened WHERE key_id IN (SELECT unhex(value) FROM json_each(?)) RETURNING scope, id",
        keys,
    )
    .fetch_all(conn)
    .await?;
    let docs: Result<Vec<_>, StoreError> =
        waiting.into_iter().map(|doc| Ok((doc.scope, uuid_of("unopened", &doc.id)?))).collect();
    let mut docs = docs?;
    docs.sort_unstable();
    docs.dedup();
    Ok(docs)
}

/// Projects documents again.
pub(crate) async fn reproject(
    store: &Store,
    conn: &mut SqliteConnection,
    company: Uuid,
    actor: &[u8],
    docs: &[(i64, Uuid)],
) -> Result<Vec<(DocKind, ItemId)>, StoreError> {
    let mut ring = Ring::new(store, company);
    let mut dirty = Dirty::default();
    let mut touched = Vec::new();
    let mut rows = Reread::new(conn, &mut ring, &mut dirty);
    for (scope, id) in docs {
        let bytes = id.as_bytes().as_slice();
        let row = sqlx::query!("SELECT kind, snapshot, tail FROM doc WHERE scope = ? AND id = ?", scope, bytes)
            .fetch_optional(&mut *rows.conn)
            .await?;
        let Some(row) = row else { continue };
        let kind = DocKind(u16::try_from(row.kind).unwrap_or(0));
        let Some(shape) = registry::shape(kind) else { continue };
        let mut document = Document::load(shape.kind, &row.snapshot, &row.tail, actor)?;
        rows.document(shape, scope_of(*scope)?, *id, &mut document).await?;
        touched.push((kind, ItemId::from_uuid(*id)));
    }
    rows.finish().await?;
    analytics::refresh(conn, &dirty).await?;
    Ok(touched)
}
