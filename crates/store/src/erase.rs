//! Forgetting: a person, a scope. The key goes, then every clear row, then the bytes they lay in.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::shared::Scope;
use zuc_protocol::control::ControlLog;
use zuc_protocol::ids::{DeviceId, ItemId, KeyId};
use zuc_protocol::item::DocKind;
use zuc_sync::KeyRing;
use zuc_sync::membership::lost_scopes;

use crate::doc::Document;
use crate::persons::Ring;
use crate::projections::analytics::{self, Dirty};
use crate::refused::{Leaving, keep_unsent_apart};
use crate::reread::Reread;
use crate::store::{domain_scope, scope_number, scope_of, uuid_of};
use crate::{Store, StoreError, financial, lead, registry};

/// Tables whose rows belong to one scope.
const OF_A_SCOPE: [&str; 21] = [
    "part",
    "attachment",
    "attachment_held",
    "attachment_keeper",
    "doc",
    "conflict",
    "ignored",
    "fact",
    "entry",
    "outbox",
    "person_key",
    "cursor",
    "snapshot",
    "disputed",
    "author_cursor",
    "chain",
    "alarm",
    "unopened",
    "bag_wraps",
    "lead_activity",
    "customer_invoice",
];

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
        let ring = Ring::new(self, identity.company.0);
        let touched = reproject(ring, &mut tx, &identity.actor.0, &docs).await?;
        financial::block_erased(&mut tx).await?;
        tx.commit().await?;
        self.scrub().await?;
        self.sweep_files().await?;
        self.renew_people().await?;
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

    /// Whether anything lies here that [`Store::purge_scope`] would take.
    pub async fn holds_any_of(&self, scope: Scope) -> Result<bool, StoreError> {
        let number = scope_number(scope);
        let mut conn = self.reader().acquire().await?;
        for table in OF_A_SCOPE {
            // The table names are literals.
            let sql = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE scope = ?)");
            if sqlx::query_scalar::<_, bool>(sqlx::AssertSqlSafe(sql)).bind(number).fetch_one(&mut *conn).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes every document, fact, entry and row of a scope that may no longer be read. What was written here and is not
    /// sent is kept apart, and counts nowhere; where its person leaves the company it is sealed besides, to be sent once.
    pub async fn purge_scope(
        &self,
        scope: Scope,
        leaving: Option<&Leaving<'_>>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let number = scope_number(scope);
        let mut tx = self.begin_plain().await?;
        keep_unsent_apart(&mut tx, number, now).await?;
        if let Some(leaving) = leaving {
            self.leave_behind(&mut tx, number, leaving).await?;
        }
        let docs =
            sqlx::query!("SELECT id, kind FROM doc WHERE scope = ? AND hidden = 0", number).fetch_all(&mut *tx).await?;
        let mut dirty = Dirty::default();
        for doc in docs {
            let kind = DocKind(u16::try_from(doc.kind).unwrap_or(0));
            registry::unproject(kind, scope, uuid_of("doc", &doc.id)?, &mut tx, &mut dirty).await?;
        }
        for table in OF_A_SCOPE {
            // The table names are literals.
            let sql = format!("DELETE FROM {table} WHERE scope = ?");
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(number).execute(&mut *tx).await?;
        }
        self.show_what_it_hid(&mut tx).await?;
        let name = crate::persons::vault_name(scope);
        sqlx::query!("DELETE FROM vault WHERE name = ?", name).execute(&mut *tx).await?;
        analytics::refresh(&mut tx, &dirty).await?;
        tx.commit().await?;
        self.use_bag(scope, None);
        self.scrub().await?;
        self.sweep_files().await?;
        self.renew_people().await
    }

    /// Shows the documents whose twins in a scope before theirs are gone.
    pub(crate) async fn show_what_it_hid(&self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let shown = sqlx::query!(
            "UPDATE doc SET hidden = 0 WHERE hidden = 1 AND NOT EXISTS
                 (SELECT 1 FROM doc AS o WHERE o.id = doc.id AND o.kind = doc.kind AND o.scope < doc.scope)
             RETURNING scope, id"
        )
        .fetch_all(&mut *conn)
        .await?;
        let shown = shown.into_iter().map(|row| Ok((row.scope, uuid_of("doc", &row.id)?)));
        let shown = shown.collect::<Result<Vec<_>, StoreError>>()?;
        reproject(Ring::new(self, identity.company.0), conn, &identity.actor.0, &shown).await?;
        Ok(())
    }

    /// Ends what this device owes by the control log and could not carry out when the record came: persons to forget,
    /// scopes to leave.
    ///
    /// # Errors
    /// As [`Store::erase_keys`] and [`Store::purge_scope`].
    pub async fn end_what_was_left(
        &self,
        control: &ControlLog,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let me = DeviceId::from_uuid(self.identity().ok_or(StoreError::NoIdentity)?.device.0);
        self.finish_erasures(&control.erased().collect::<Vec<_>>()).await?;
        for scope in lost_scopes(control, me, control.scopes()).into_iter().map(domain_scope) {
            if self.holds_any_of(scope).await? {
                self.purge_scope(scope, Leaving::of(control, ring).as_ref(), now).await?;
            }
        }
        Ok(())
    }

    /// Destroys what was erased while this device could not carry it out to its end.
    async fn finish_erasures(&self, erased: &[KeyId]) -> Result<(), StoreError> {
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

/// Projects documents again.
pub(crate) async fn reproject(
    mut ring: Ring,
    conn: &mut SqliteConnection,
    actor: &[u8],
    docs: &[(i64, Uuid)],
) -> Result<Vec<(DocKind, ItemId)>, StoreError> {
    let mut dirty = Dirty::default();
    let mut touched = Vec::new();
    let mut rows = Reread::new(conn, &mut ring, &mut dirty);
    for (scope, id) in docs {
        let bytes = id.as_bytes().as_slice();
        let row = sqlx::query!(
            "SELECT kind, snapshot, tail, ignored FROM doc WHERE scope = ? AND id = ? AND hidden = 0",
            scope,
            bytes
        )
        .fetch_optional(&mut *rows.conn)
        .await?;
        let Some(row) = row else { continue };
        let kind = DocKind(u16::try_from(row.kind).unwrap_or(0));
        let Some(shape) = registry::shape(kind) else { continue };
        let mut document = Document::load(shape.kind, &row.snapshot, &row.tail, actor)?.ignoring(&row.ignored);
        rows.document(shape, scope_of(*scope)?, *id, &mut document).await?;
        touched.push((kind, ItemId::from_uuid(*id)));
    }
    rows.finish().await?;
    analytics::refresh(conn, &dirty).await?;
    Ok(touched)
}
