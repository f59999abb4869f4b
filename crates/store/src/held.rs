//! What is held on a person, read whole: for a copy they ask for, and for the receipt of their erasure.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use uuid::Uuid;
use zuc_domain::shared::{DeviceId, Scope};
use zuc_protocol::ids::{ItemId, KeyId};
use zuc_protocol::item::{DocKind, Fact};

use crate::doc::{Content, Document, Scalar};
use crate::facts::StoredFact;
use crate::persons::Ring;
use crate::shape::Shape;
use crate::store::{scope_of, uuid_of};
use crate::tx::Tx;
use crate::{Store, StoreError, registry};

/// A document with all that it says.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldRecord {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub kind: DocKind,
    /// Where it lies.
    pub scope: Scope,
    /// It was deleted: no list shows it, and it is held all the same.
    pub deleted: bool,
    /// Every field, in the aggregate's own form; null where the key of a person is not here.
    pub value: Value,
    /// The fields that are sealed for a person, as `field` or `container/…/field`, each with its key.
    pub sealed: Vec<(String, KeyId)>,
}

impl HeldRecord {
    /// Whose keys seal something here.
    pub fn keys(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.sealed.iter().map(|(_, key)| *key)
    }
}

impl Store {
    /// A document of whatever kind, deleted or not; `None` when none has this id.
    pub async fn held_record(&self, id: impl Into<Uuid>) -> Result<Option<HeldRecord>, StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let id: Uuid = id.into();
        let bytes = id.as_bytes().as_slice();
        let mut conn = self.reader().acquire().await?;
        let row = sqlx::query!(
            "SELECT scope, kind, snapshot, tail, ignored FROM doc WHERE id = ? ORDER BY hidden, scope LIMIT 1",
            bytes
        )
        .fetch_optional(&mut *conn)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let kind = DocKind(u16::try_from(row.kind).unwrap_or(0));
        let Some(shape) = registry::shape(kind) else { return Ok(None) };
        let document = Document::load(shape.kind, &row.snapshot, &row.tail, &identity.actor.0)?;
        let mut document = document.ignoring(&row.ignored);
        let content = document.content()?;
        let mut ring = Ring::new(self, identity.company.0);
        ring.load(&mut conn, &Shape::person_keys(&content)).await?;
        let scope = scope_of(row.scope)?;
        let mut value = shape.value(scope, id, &content, &ring)?;
        let sealed = sealed_in(&content);
        for (field, _) in sealed.iter().filter(|(_, key)| !ring.holds(&key.0)) {
            // what is read in the place of somebody forgotten is a name like any other
            if let Some(slot) = value.pointer_mut(&format!("/{field}")) {
                *slot = Value::Null;
            }
        }
        Ok(Some(HeldRecord { id, kind, scope, deleted: document.is_deleted()?, value, sealed }))
    }

    /// All that a person's key seals things of: leads, contacts, customers, proposals that were signed.
    pub async fn subjects_of(&self, key: KeyId) -> Result<Vec<Uuid>, StoreError> {
        let key = key.0.as_slice();
        let subjects = sqlx::query_scalar!("SELECT subject FROM person_subject WHERE key_id = ? ORDER BY subject", key)
            .fetch_all(self.reader())
            .await?;
        subjects.iter().map(|subject| uuid_of("person_subject", subject)).collect()
    }

    /// Whether a person's key lies here, in whichever bag.
    pub async fn holds_key(&self, key: KeyId) -> Result<bool, StoreError> {
        let key = key.0.as_slice();
        let held =
            sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM person_key WHERE key_id = ?) AS "held!: bool""#, key);
        Ok(held.fetch_one(self.reader()).await?)
    }

    /// Every fact about a record, whatever its kind, also one that another of its id prevailed over.
    pub async fn facts_about(&self, subject: impl Into<Uuid>) -> Result<Vec<StoredFact>, StoreError> {
        let subject: Uuid = subject.into();
        let bytes = subject.as_bytes().as_slice();
        let rows = sqlx::query!(
            "SELECT scope, id, kind, fence, body, author, lost FROM fact WHERE subject = ? ORDER BY id, hash",
            bytes
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(StoredFact {
                    scope: scope_of(row.scope)?,
                    fact: Fact {
                        id: ItemId::from_uuid(uuid_of("fact", &row.id)?),
                        kind: row.kind,
                        subject: ItemId::from_uuid(subject),
                        fence: u64::try_from(row.fence).unwrap_or(0),
                        body: row.body,
                        person_keys: Vec::new(),
                        events: Vec::new(),
                        part: None,
                    },
                    author: uuid_of("fact", &row.author)?,
                    lost: row.lost != 0,
                })
            })
            .collect()
    }

    /// How far each device had read the control log when it last wrote something that came here.
    pub async fn control_read_by(&self) -> Result<HashMap<DeviceId, u64>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT author AS "author!: Vec<u8>", max(control_seq) AS "seq!: i64" FROM author_cursor GROUP BY author"#
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok((DeviceId(uuid_of("author_cursor", &row.author)?), u64::try_from(row.seq).unwrap_or_default()))
            })
            .collect()
    }
}

impl Tx {
    /// Writes into the audit record what somebody did that changes no document, with the hash of what came of it.
    pub async fn note(&mut self, action: &str, object: impl Into<Uuid>, outcome: &[u8]) -> Result<(), StoreError> {
        self.flush().await?;
        self.audit(action, object.into(), &[], outcome).await
    }
}

fn sealed_in(content: &Content) -> Vec<(String, KeyId)> {
    let named = |field: String, scalar: &Scalar| Some((field, KeyId(Shape::key_of(scalar)?)));
    let root = content.root.iter().filter_map(|(field, scalar)| named(field.clone(), scalar));
    let maps = content.maps.iter().flat_map(|(container, map): (_, &BTreeMap<String, Scalar>)| {
        map.iter().filter_map(move |(key, scalar)| named(format!("{container}/{key}"), scalar))
    });
    root.chain(maps).collect()
}
