//! Plain items that wait to be sealed and sent; each dies when the relay has acknowledged its batch.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::shared::Scope;
use zuc_protocol::Scope as WireScope;
use zuc_protocol::ids::{BatchHash, Incarnation, ItemId, KeyId};
use zuc_protocol::item::{Change, DocKind, Fact, Item, Part};
use zuc_protocol::person_key::BagRow;
use zuc_sync::OutboxItem;

use crate::store::{domain_scope, scope_number, uuid_of};
use crate::tx::Tx;
use crate::{Store, StoreError, parts};

pub(crate) const CHANGE: i64 = 1;
pub(crate) const FACT: i64 = 2;

/// What most items do not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Extras {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) person_keys: Vec<KeyId>,
    /// Their numbers in `outbox_events`, where they lie once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) events: Vec<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) part: Option<Part>,
}

impl Extras {
    pub(crate) fn new(keys: BTreeSet<[u8; 16]>, events: Vec<i64>, part: Option<Part>) -> Self {
        Self { person_keys: keys.into_iter().map(KeyId).collect(), events, part }
    }

    pub(crate) fn json(&self) -> Result<Option<String>, StoreError> {
        if *self == Self::default() { Ok(None) } else { Ok(Some(serde_json::to_string(self)?)) }
    }
}

/// A row of the outbox before it has its number.
pub(crate) struct Plain {
    pub(crate) scope: i64,
    pub(crate) kind: i64,
    pub(crate) item: Uuid,
    pub(crate) doc_kind: u16,
    /// Where a change lies in its document's tail, and how long it is.
    pub(crate) tail: (i64, i64),
    /// A fact as JSON; empty for a change.
    pub(crate) body: Vec<u8>,
    pub(crate) extras: Extras,
    pub(crate) incarnation: [u8; 16],
}

/// The row that a transaction put into the outbox last.
pub(crate) struct Sent {
    scope: i64,
    n: i64,
    extras: Extras,
}

impl Tx {
    /// Puts a row into the outbox.
    pub(crate) async fn send(&mut self, plain: Plain) -> Result<(), StoreError> {
        let n = insert(&mut self.conn, &plain).await?;
        self.sent = Some(Box::new(Sent { scope: plain.scope, n, extras: plain.extras }));
        Ok(())
    }

    /// Whether this transaction sends something in a scope that can tell what happened beside it.
    pub(crate) fn sends_in(&self, scope: i64) -> bool {
        self.sent.as_ref().is_some_and(|sent| sent.scope == scope)
    }

    /// Has the row that was sent last in a scope tell events too: of a record that says what it said before, nothing travels
    /// by itself. A second call on a lead leaves the lead as it is, and has happened for everybody.
    pub(crate) async fn tell_with_sent(&mut self, scope: i64, events: Vec<i64>) -> Result<(), StoreError> {
        let Some(sent) = self.sent.as_mut().filter(|sent| sent.scope == scope && !events.is_empty()) else {
            return Ok(());
        };
        sent.extras.events.extend(events);
        let (extras, n) = (sent.extras.json()?, sent.n);
        sqlx::query!("UPDATE outbox SET extras = ? WHERE n = ?", extras, n).execute(&mut *self.conn).await?;
        Ok(())
    }
}

/// Writes a row; its number.
async fn insert(conn: &mut SqliteConnection, plain: &Plain) -> Result<i64, StoreError> {
    let (item, extras, incarnation) =
        (plain.item.as_bytes().as_slice(), plain.extras.json()?, plain.incarnation.as_slice());
    let written = sqlx::query!(
        "INSERT INTO outbox (scope, kind, item, doc_kind, tail_at, tail_len, body, extras, incarnation)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        plain.scope,
        plain.kind,
        item,
        plain.doc_kind,
        plain.tail.0,
        plain.tail.1,
        plain.body,
        extras,
        incarnation,
    )
    .execute(conn)
    .await?;
    Ok(written.last_insert_rowid())
}

impl Store {
    /// The oldest items of `scope` that are not in a batch yet, at most `max`, as the sync engine is fed them. The bag
    /// row of a person key travels with the first item that names it.
    pub async fn outbox_ready(&self, scope: WireScope, max: u32) -> Result<Vec<OutboxItem>, StoreError> {
        let scope = domain_scope(scope);
        let number = scope_number(scope);
        let rows = sqlx::query!(
            r#"SELECT n AS "n!: i64", kind AS "kind!: i64", item AS "item!: Vec<u8>", doc_kind AS "doc_kind!: i64", extras,
                   incarnation AS "incarnation!: Vec<u8>",
                   CASE kind WHEN 1 THEN (SELECT substr(tail, tail_at + 1, tail_len) FROM doc
                       WHERE doc.scope = outbox.scope AND doc.id = outbox.item) ELSE body END AS "body!: Vec<u8>"
               FROM outbox WHERE scope = ? AND batch IS NULL ORDER BY n LIMIT ?"#,
            number,
            max,
        )
        .fetch_all(self.reader())
        .await?;
        let mut rows = rows
            .into_iter()
            .map(|row| {
                let extras: Option<Extras> = row.extras.as_deref().map(serde_json::from_str).transpose()?;
                Ok((row, extras.unwrap_or_default()))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        // what comes after a part that waits may build upon it
        for (at, part) in rows.iter().enumerate().filter_map(|(at, (_, extras))| Some((at, extras.part?))) {
            if parts::waits(&mut *self.reader().acquire().await?, part).await? {
                rows.truncate(at);
                break;
            }
        }
        let keys: BTreeSet<KeyId> = rows.iter().flat_map(|(_, extras)| extras.person_keys.iter().copied()).collect();
        let mut unsent: BTreeMap<KeyId, BagRow> =
            self.unsent_bag_rows(scope, &keys).await?.into_iter().map(|row| (row.key, row)).collect();
        let numbers: Vec<i64> = rows.iter().flat_map(|(_, extras)| extras.events.iter().copied()).collect();
        let mut happened = self.events_numbered(&numbers).await?;
        let mut items = Vec::with_capacity(rows.len());
        for (row, extras) in rows {
            let mut events = Vec::with_capacity(extras.events.len());
            for n in &extras.events {
                let event = happened.remove(n).ok_or_else(|| StoreError::corrupt("outbox_events", "n", n))?;
                events.push(serde_json::to_string(&event)?);
            }
            let bag_rows = extras.person_keys.iter().filter_map(|key| unsent.remove(key)).collect();
            let id = ItemId::from_uuid(uuid_of("outbox", &row.item)?);
            let item = if row.kind == CHANGE {
                let kind = u16::try_from(row.doc_kind).map_err(|_| StoreError::corrupt("outbox", "doc_kind", row.n))?;
                Item::Change(Change {
                    doc: id,
                    kind: DocKind(kind),
                    chunk: row.body,
                    person_keys: extras.person_keys,
                    events,
                    part: extras.part,
                })
            } else {
                let fact: Fact = serde_json::from_slice(&row.body)?;
                Item::Fact(Fact { person_keys: extras.person_keys, events, part: extras.part, ..fact })
            };
            let incarnation = Incarnation(*uuid_of("outbox", &row.incarnation)?.as_bytes());
            items.push(OutboxItem { id: row.n, incarnation, item, bag_rows });
        }
        Ok(items)
    }

    /// How many items wait or are on their way, over all scopes: the status bar's count.
    pub async fn unsent(&self) -> Result<u64, StoreError> {
        let count = sqlx::query_scalar!(r#"SELECT ifnull(sum(items), 0) AS "items!: i64" FROM outbox_count"#)
            .fetch_one(self.reader())
            .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Scopes with something to seal or to send.
    pub async fn unsent_scopes(&self) -> Result<Vec<Scope>, StoreError> {
        let rows = sqlx::query_scalar!("SELECT scope FROM outbox_count WHERE items > 0 ORDER BY scope")
            .fetch_all(self.reader())
            .await?;
        rows.into_iter().map(crate::store::scope_of).collect()
    }
}

pub(crate) fn hash_of(bytes: &[u8]) -> Result<BatchHash, StoreError> {
    bytes.try_into().map(BatchHash).map_err(|_| StoreError::corrupt("entry", "hash", hex::encode(bytes)))
}
