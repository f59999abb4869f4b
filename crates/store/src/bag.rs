//! Bags of person keys: rows and key wraps from the relay, and the change from one bag key to the next.

use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_protocol::Scope as WireScope;
use zuc_protocol::codec::{self, MAX_FRAME};
use zuc_protocol::ids::{BagId, CompanyId, ItemId, KeyId};
use zuc_protocol::item::DocKind;
use zuc_protocol::person_key::{BagKeyWraps, BagRow, bag_id};
use zuc_protocol::secret::BagKey;

use crate::erase::reproject;
use crate::log::RawRow;
use crate::persons::{Ring, vault_name};
use crate::store::{domain_scope, uuid_of};
use crate::{Store, StoreError, vault};

/// What came of rows and wraps of a bag.
#[derive(Debug, Default)]
pub struct BagTaken {
    /// Documents that were projected again.
    pub touched: Vec<(DocKind, ItemId)>,
    /// Keys whose rows lay under an older key and were wrapped under the new one: the relay may lack them.
    pub kept: Vec<KeyId>,
}

impl Store {
    /// Adds rows and wraps of a bag of generation `bag`, and takes its key into use where it is given. An erased key
    /// does not come back. Documents that were read without one of the new keys are projected again.
    ///
    /// Rows that lie here under the key before, and are not among the new ones, are wrapped under the new key: whoever
    /// made it may not have known them.
    pub async fn store_bag(
        &self,
        scope: WireScope,
        bag: BagId,
        key: Option<&BagKey>,
        wraps: &[BagKeyWraps],
        rows: &[BagRow],
    ) -> Result<BagTaken, StoreError> {
        let (number, own) = (i64::from(scope.number()), domain_scope(scope));
        let key = key.filter(|key| bag_id(key) == bag);
        let mut tx = self.begin_plain().await?;
        put_wraps(&mut tx, scope, wraps).await?;
        put_rows(&mut tx, number, rows).await?;
        let mut kept = Vec::new();
        if let Some(key) = key {
            if let Some(old) = self.bag(own).filter(|old| bag_id(old) != bag) {
                kept = self.rewrap(&mut tx, scope, &old, key).await?;
            }
            let name = vault_name(own);
            vault::put(&mut tx, &self.inner.keys.vault, self.inner.entropy.as_ref(), &name, key.expose()).await?;
        }
        let docs = no_longer_waiting(&mut tx, number, key.is_some(), rows).await?;
        let touched = match self.identity() {
            Some(identity) => {
                let ring = Ring::new(self, identity.company.0);
                let ring = if let Some(key) = key { ring.bringing(own, key) } else { ring };
                reproject(ring, &mut tx, &identity.actor.0, &docs).await?
            }
            None => Vec::new(),
        };
        // while nobody else writes yet: a row that is made next lies under the new key
        let before = key.map(|key| self.use_bag(own, Some(key.clone())));
        if let Err(error) = tx.commit().await {
            if let Some(before) = before {
                self.use_bag(own, before);
            }
            return Err(error.into());
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
        if !kept.is_empty() {
            crate::remote::put_setting(conn, &unsure_name(scope), "1").await?;
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

    /// Those of `scopes` of whose bag this device may have rows that the relay lacks: it once kept some that whoever
    /// made the bag may not have known, and has not seen since that the relay has them all.
    pub(crate) async fn unsure_bags(
        &self,
        scopes: impl Iterator<Item = WireScope>,
    ) -> Result<Vec<WireScope>, StoreError> {
        let mut unsure = Vec::new();
        for scope in scopes {
            if self.setting(&unsure_name(scope)).await?.is_some() {
                unsure.push(scope);
            }
        }
        Ok(unsure)
    }

    /// The relay has every row of a scope's bag that this device has.
    pub(crate) async fn bag_is_whole(&self, scope: WireScope) -> Result<(), StoreError> {
        self.delete_setting(&unsure_name(scope)).await
    }
}

fn unsure_name(scope: WireScope) -> String {
    format!("bag_unsure/{}", scope.number())
}

async fn put_wraps(conn: &mut SqliteConnection, scope: WireScope, wraps: &[BagKeyWraps]) -> Result<(), StoreError> {
    let number = i64::from(scope.number());
    for wrap in wraps {
        let (bag, author) = (wrap.bag.0.as_slice(), wrap.author.0.as_slice());
        let bytes = codec::encode(wrap, MAX_FRAME).map_err(|_| StoreError::corrupt("bag_wraps", "bytes", scope))?;
        sqlx::query!(
            "INSERT INTO bag_wraps (scope, bag, author, bytes) VALUES (?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
            number,
            bag,
            author,
            bytes,
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

async fn put_rows(conn: &mut SqliteConnection, scope: i64, rows: &[BagRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
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
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes off the list of documents that wait for a key those that wait for one of these rows and, with the bag's own
/// key, those that wait for any of its rows; in order. Who still lacks one comes back to the list when it is read.
async fn no_longer_waiting(
    conn: &mut SqliteConnection,
    scope: i64,
    with_its_key: bool,
    rows: &[BagRow],
) -> Result<Vec<(i64, Uuid)>, StoreError> {
    let keys = rows.iter().map(|row| hex::encode(row.key.0));
    let keys = serde_json::to_string(&keys.collect::<Vec<_>>())?;
    let waiting = sqlx::query!(
        "DELETE FROM unopened WHERE key_id IN (SELECT unhex(value) FROM json_each(?1))
             OR (?2 AND (scope = ?3 OR key_id IN (SELECT key_id FROM person_key WHERE scope = ?3)))
         RETURNING scope, id",
        keys,
        with_its_key,
        scope,
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
