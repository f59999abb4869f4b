//! The keys of persons: one per person and scope's bag, so that destroying a row forgets a person everywhere.

use std::collections::{BTreeSet, HashMap};
use std::sync::PoisonError;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;
use zuc_domain::shared::Scope;
use zuc_protocol::ids::{CompanyId, KeyId};
use zuc_protocol::left::LeftKey;
use zuc_protocol::person_key::{BagRow, SealedIdentifier, bag_id};
use zuc_protocol::secret::{BagKey, PersonKey};

use crate::keys::{Entropy, random};
use crate::shape::Seals;
use crate::store::{scope_number, scope_of, uuid_of, wire_scope};
use crate::{Store, StoreError};

impl Store {
    /// Takes a scope's bag key into the vault and into use.
    pub async fn set_bag(&self, scope: Scope, key: &BagKey) -> Result<(), StoreError> {
        self.vault_set(&vault_name(scope), key.expose()).await?;
        self.use_bag(scope, Some(key.clone()));
        Ok(())
    }

    /// Takes another bag key into use, or none; the one before.
    pub(crate) fn use_bag(&self, scope: Scope, key: Option<BagKey>) -> Option<BagKey> {
        let mut bags = self.inner.bags.write().unwrap_or_else(PoisonError::into_inner);
        match key {
            Some(key) => bags.insert(scope, key),
            None => bags.remove(&scope),
        }
    }

    /// The bag key in use for a scope.
    pub fn bag(&self, scope: Scope) -> Option<BagKey> {
        self.inner.bags.read().unwrap_or_else(PoisonError::into_inner).get(&scope).cloned()
    }

    pub(crate) async fn load_bags(&self) -> Result<(), StoreError> {
        for name in self.vault_names("bag/").await? {
            let scope: Option<Scope> = name.strip_prefix("bag/").and_then(|scope| scope.parse().ok());
            let (Some(scope), Some(key)) = (scope, self.vault_get(&name).await?) else { continue };
            let bytes: [u8; 32] =
                key.as_slice().try_into().map_err(|_| StoreError::corrupt("vault", "sealed", &name))?;
            self.inner.bags.write().unwrap_or_else(PoisonError::into_inner).insert(scope, BagKey::from_bytes(bytes));
        }
        Ok(())
    }
}

pub(crate) fn vault_name(scope: Scope) -> String {
    format!("bag/{scope}")
}

/// The person keys one transaction has in hand.
pub(crate) struct Ring {
    store: Store,
    company: CompanyId,
    /// The bag key that this transaction brings, and the scope whose rows lie under it already.
    brought: Option<(Scope, BagKey)>,
    keys: HashMap<[u8; 16], PersonKey>,
    subjects: HashMap<Uuid, [u8; 16]>,
    placed: BTreeSet<(i64, [u8; 16])>,
    series: Option<Series>,
}

/// Ids that follow one another from a random place, so that the keys of an import lie side by side in their tree; they
/// tell no more than that they were made together.
struct Series {
    place: [u8; 8],
    next: u32,
}

impl Series {
    fn id(&mut self, entropy: &dyn Entropy) -> [u8; 16] {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.place);
        id[8..12].copy_from_slice(&self.next.to_be_bytes());
        id[12..].copy_from_slice(&random::<4>(entropy));
        self.next = self.next.wrapping_add(1);
        id
    }
}

/// A key and the subject it was made for, not yet on disk.
pub(crate) struct Made {
    pub(crate) subject: Uuid,
    pub(crate) key: [u8; 16],
    pub(crate) bag: Vec<u8>,
    pub(crate) wrap: Vec<u8>,
}

impl Ring {
    pub(crate) fn new(store: &Store, company: Uuid) -> Self {
        Self {
            store: store.clone(),
            company: CompanyId::from_uuid(company),
            brought: None,
            keys: HashMap::new(),
            subjects: HashMap::new(),
            placed: BTreeSet::new(),
            series: None,
        }
    }

    /// The same, in the transaction that takes another bag key into use.
    pub(crate) fn bringing(self, scope: Scope, bag: &BagKey) -> Self {
        Self { brought: Some((scope, bag.clone())), ..self }
    }

    fn bag(&self, scope: Scope) -> Option<BagKey> {
        let brought = self.brought.as_ref().filter(|(of, _)| *of == scope).map(|(_, bag)| bag.clone());
        brought.or_else(|| self.store.bag(scope))
    }

    fn entropy(&self) -> &dyn Entropy {
        self.store.inner.entropy.as_ref()
    }

    /// Makes sure that each subject has a key and that it lies in the bag of `scope`.
    pub(crate) async fn ensure(
        &mut self,
        conn: &mut SqliteConnection,
        scope: Scope,
        subjects: &[Uuid],
    ) -> Result<(), StoreError> {
        let number = scope_number(scope);
        for subject in subjects {
            let known = match self.subjects.get(subject) {
                Some(key) => Some(*key),
                None => self.find_subject(conn, *subject).await?,
            };
            match known {
                Some(key) if self.placed.contains(&(number, key)) => {}
                Some(key) => {
                    self.load(conn, &BTreeSet::from([key])).await?;
                    self.place(conn, scope, *subject, key).await?;
                }
                None => {
                    let made = self.make(scope, *subject)?;
                    insert_key(conn, number, &made).await?;
                    insert_subject(conn, *subject, made.key).await?;
                }
            }
        }
        Ok(())
    }

    /// Lets `to` use the key of `from`: a contact is the person the lead was, so one erasure reaches both.
    pub(crate) async fn follow(&mut self, conn: &mut SqliteConnection, from: Uuid, to: Uuid) -> Result<(), StoreError> {
        if let Some(key) = self.find_subject(conn, from).await? {
            insert_subject(conn, to, key).await?;
            self.subjects.insert(to, key);
        }
        Ok(())
    }

    /// A new key for a subject that has none, wrapped for the bag of `scope`; the caller writes it down.
    pub(crate) fn make(&mut self, scope: Scope, subject: Uuid) -> Result<Made, StoreError> {
        let entropy = self.store.inner.entropy.clone();
        let series = self.series.get_or_insert_with(|| Series { place: random(entropy.as_ref()), next: 0 });
        let key = series.id(entropy.as_ref());
        let secret = PersonKey::from_bytes(random(self.entropy()));
        let (bag, wrap) = self.wrap(scope, key, &secret)?;
        self.keys.insert(key, secret);
        self.subjects.insert(subject, key);
        self.placed.insert((scope_number(scope), key));
        Ok(Made { subject, key, bag, wrap })
    }

    fn wrap(&self, scope: Scope, key: [u8; 16], secret: &PersonKey) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
        let bag = self.bag(scope).ok_or(StoreError::NoBag)?;
        let nonce: [u8; 24] = random(self.entropy());
        let row = BagRow::wrap(self.company, wire_scope(scope), &bag, KeyId(key), secret, &nonce);
        Ok((row.bag.0.to_vec(), row.wrap.0))
    }

    async fn place(
        &mut self,
        conn: &mut SqliteConnection,
        scope: Scope,
        subject: Uuid,
        key: [u8; 16],
    ) -> Result<(), StoreError> {
        let number = scope_number(scope);
        let key_bytes = key.as_slice();
        let there = sqlx::query_scalar!("SELECT 1 FROM person_key WHERE scope = ? AND key_id = ?", number, key_bytes)
            .fetch_optional(&mut *conn)
            .await?
            .is_some();
        if !there {
            // Without the key itself it was erased, or never came here: nothing new is sealed under it.
            let secret = self.keys.get(&key).ok_or(StoreError::PersonKeyMissing)?;
            let (bag, wrap) = self.wrap(scope, key, secret)?;
            insert_key(conn, number, &Made { subject, key, bag, wrap }).await?;
        }
        self.placed.insert((number, key));
        Ok(())
    }

    async fn find_subject(
        &mut self,
        conn: &mut SqliteConnection,
        subject: Uuid,
    ) -> Result<Option<[u8; 16]>, StoreError> {
        let bytes = subject.as_bytes().as_slice();
        let row = sqlx::query_scalar!("SELECT key_id FROM person_subject WHERE subject = ?", bytes)
            .fetch_optional(conn)
            .await?;
        let key = row.and_then(|key| key.as_slice().try_into().ok());
        if let Some(key) = key {
            self.subjects.insert(subject, key);
        }
        Ok(key)
    }

    /// Takes the keys with these ids in hand; those not held stay missing.
    pub(crate) async fn load(
        &mut self,
        conn: &mut SqliteConnection,
        ids: &BTreeSet<[u8; 16]>,
    ) -> Result<(), StoreError> {
        let wanted: Vec<String> = ids.iter().filter(|id| !self.keys.contains_key(*id)).map(hex::encode).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let wanted = serde_json::to_string(&wanted)?;
        // scope by scope, of which there are few: the table is ordered by them, and keys are many
        let rows = sqlx::query!(
            r#"WITH RECURSIVE known (scope) AS (
                   SELECT min(scope) FROM person_key
                   UNION ALL
                   SELECT (SELECT min(scope) FROM person_key WHERE scope > known.scope) FROM known
                   WHERE known.scope IS NOT NULL
               )
               SELECT key.scope AS "scope!: i64", key.key_id AS "key!: Vec<u8>", key.bag AS "bag!: Vec<u8>",
                   key.wrap AS "wrap!: Vec<u8>"
               FROM json_each(?) wanted CROSS JOIN known
               CROSS JOIN person_key key ON key.scope = known.scope AND key.key_id = unhex(wanted.value)"#,
            wanted
        )
        .fetch_all(conn)
        .await?;
        for row in rows {
            let scope = scope_of(row.scope)?;
            let key = *uuid_of("person_key", &row.key)?.as_bytes();
            let Some(bag) = self.bag(scope) else { continue };
            let generation = bag_id(&bag);
            if self.keys.contains_key(&key) || generation.0.as_slice() != row.bag.as_slice() {
                continue;
            }
            let wrapped = BagRow {
                scope: wire_scope(scope),
                bag: generation,
                key: KeyId(key),
                wrap: zuc_protocol::Blob(row.wrap),
            };
            if let Ok(secret) = wrapped.open(self.company, &bag) {
                self.keys.insert(key, secret);
            }
        }
        Ok(())
    }

    /// Takes a key in hand that came beside what it opens. One that is on this disk stays the one that is.
    pub(crate) async fn bring(
        &mut self,
        conn: &mut SqliteConnection,
        id: [u8; 16],
        secret: PersonKey,
    ) -> Result<(), StoreError> {
        let erased: Option<i64> = sqlx::query_scalar("SELECT 1 FROM person_erased WHERE key_id = ?")
            .bind(id.as_slice())
            .fetch_optional(&mut *conn)
            .await?;
        self.load(conn, &BTreeSet::from([id])).await?;
        if erased.is_none() {
            self.keys.entry(id).or_insert(secret);
        }
        Ok(())
    }

    /// Those of the keys with these ids that the relay was not given, in the bag of a scope: nobody else has them.
    pub(crate) async fn unsent(
        &mut self,
        conn: &mut SqliteConnection,
        scope: i64,
        ids: &BTreeSet<[u8; 16]>,
    ) -> Result<Vec<LeftKey>, StoreError> {
        self.load(conn, ids).await?;
        let unsent: Vec<Vec<u8>> = sqlx::query_scalar("SELECT key_id FROM person_key WHERE scope = ? AND sent = 0")
            .bind(scope)
            .fetch_all(conn)
            .await?;
        let unsent = unsent.iter().filter_map(|id| <[u8; 16]>::try_from(id.as_slice()).ok());
        let keys = unsent.filter(|id| ids.contains(id));
        Ok(keys.filter_map(|id| Some(LeftKey::new(KeyId(id), self.keys.get(&id)?))).collect())
    }

    /// Lets go of every key: those of an import's rows are on disk and not asked for again.
    pub(crate) fn forget(&mut self) {
        self.keys.clear();
        self.subjects.clear();
        self.placed.clear();
    }

    /// Whether the key itself is in hand.
    pub(crate) fn holds(&self, id: &[u8; 16]) -> bool {
        self.keys.contains_key(id)
    }

    /// Remembers which key seals which subject, as documents of another device say.
    pub(crate) async fn learn(
        &mut self,
        conn: &mut SqliteConnection,
        pairs: &[(Uuid, [u8; 16])],
    ) -> Result<(), StoreError> {
        for chunk in pairs.chunks(500) {
            let mut query = QueryBuilder::<Sqlite>::new("INSERT INTO person_subject (subject, key_id) ");
            query.push_values(chunk, |mut row, (subject, key)| {
                row.push_bind(subject.as_bytes().to_vec()).push_bind(key.to_vec());
            });
            query.push(" ON CONFLICT DO UPDATE SET key_id = excluded.key_id");
            query.build().execute(&mut *conn).await?;
        }
        self.subjects.extend(pairs.iter().copied());
        Ok(())
    }

    /// Whether this key is known to seal this subject.
    pub(crate) fn knows(&self, subject: Uuid, key: [u8; 16]) -> bool {
        self.subjects.get(&subject) == Some(&key)
    }

    /// The sealed text of an identifier inside a fact's or an event's JSON.
    pub(crate) fn seal_text(&self, subject: Uuid, field: &str, clear: &str) -> Result<String, StoreError> {
        let sealed = self.seal(subject, field, clear)?;
        let (key, rest) = sealed.split_at(16);
        Ok(format!("{}.{}", hex::encode(key), hex::encode(rest)))
    }
}

impl Seals for Ring {
    fn seal(&self, subject: Uuid, field: &str, clear: &str) -> Result<Vec<u8>, StoreError> {
        let key = self.subjects.get(&subject).ok_or(StoreError::PersonKeyMissing)?;
        let secret = self.keys.get(key).ok_or(StoreError::PersonKeyMissing)?;
        let nonce: [u8; 24] = random(self.entropy());
        let sealed = SealedIdentifier::seal(KeyId(*key), secret, field, clear, &nonce);
        let mut bytes = key.to_vec();
        bytes.extend_from_slice(&sealed.sealed.0);
        Ok(bytes)
    }

    fn open(&self, field: &str, sealed: &[u8]) -> Option<String> {
        let (key, sealed) = sealed.split_first_chunk::<16>()?;
        let secret = self.keys.get(key)?;
        SealedIdentifier { key: KeyId(*key), sealed: zuc_protocol::Blob(sealed.to_vec()) }.open(secret, field).ok()
    }
}

async fn insert_key(conn: &mut SqliteConnection, scope: i64, made: &Made) -> Result<(), StoreError> {
    let key = made.key.as_slice();
    sqlx::query!(
        "INSERT INTO person_key (scope, key_id, bag, wrap) VALUES (?, ?, ?, ?)",
        scope,
        key,
        made.bag,
        made.wrap,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert_subject(conn: &mut SqliteConnection, subject: Uuid, key: [u8; 16]) -> Result<(), StoreError> {
    let (subject, key) = (subject.as_bytes().as_slice(), key.as_slice());
    sqlx::query!(
        "INSERT INTO person_subject (subject, key_id) VALUES (?, ?) ON CONFLICT DO UPDATE SET key_id = excluded.key_id",
        subject,
        key,
    )
    .execute(conn)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Counter;

    #[test]
    fn keys_that_are_made_together_lie_together() {
        let entropy = Counter::from(7);
        let mut series = Series { place: [9; 8], next: 254 };
        let ids: Vec<[u8; 16]> = (0..4).map(|_| series.id(&entropy)).collect();
        assert!(ids.iter().all(|id| id.starts_with(&[9; 8])));
        assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
        let last: BTreeSet<&[u8]> = ids.iter().map(|id| &id[12..]).collect();
        assert_eq!(last.len(), ids.len(), "each has a part that nobody can tell beforehand");
    }
}
