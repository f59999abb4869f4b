//! What this device could not send before it was taken out because its person left: sealed when the scope is, sent once; and what
//! others left behind, read.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_protocol::Scope as WireScope;
use zuc_protocol::control::{ControlLog, RemoveReason};
use zuc_protocol::ids::{EpochId, ItemId};
use zuc_protocol::item::{DocKind, Fact};
use zuc_protocol::left::{LeftBehind, LeftItem, SealedLeft, epochs_before_leaving};
use zuc_protocol::secret::EpochKey;
use zuc_sync::KeyRing;

use super::{BEYOND_MARK, UPON_REFUSED, open};
use crate::doc::{self, Edit};
use crate::history::FieldEdit;
use crate::keys::random;
use crate::persons::Ring;
use crate::remote::put_setting;
use crate::shape::Shape;
use crate::store::{scope_of, uuid_of, wire_scope};
use crate::{Store, StoreError, outbox, registry};

/// A device that was taken out because its person left, with what it seals by.
pub struct Leaving<'a> {
    control: &'a ControlLog,
    ring: &'a KeyRing,
}

impl<'a> Leaving<'a> {
    /// `None` for any other: one that is of the company, was robbed, or is to wipe itself.
    pub fn of(control: &'a ControlLog, ring: &'a KeyRing) -> Option<Self> {
        let gone = control.device(ring.device()?)?.removed?;
        (gone.reason == RemoveReason::Left && !gone.wipe).then_some(Self { control, ring })
    }

    /// The newest key of a scope that this device was given, where somebody is left who may take over what it seals.
    fn key(&self, scope: WireScope) -> Option<(EpochId, &EpochKey)> {
        let may = |(id, _)| self.control.rights(id).is_some_and(|rights| rights.may_take_over(scope));
        self.control.devices().any(may).then_some(())?;
        epochs_before_leaving(self.control, self.ring.device()?, scope)
            .find_map(|epoch| Some((epoch, self.ring.epoch(epoch)?)))
    }
}

/// What lies here of what this device could not send in a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftHere {
    /// Sealed; the same bytes whenever it is sent.
    pub left: SealedLeft,
    /// How many changes and facts are in it.
    pub changes: u64,
    /// How many more there were.
    pub beyond: u64,
    /// Until when the relay keeps it, once it has it; milliseconds of the Unix epoch.
    pub until_ms: Option<i64>,
    /// Why the relay does not take it, where it said so.
    pub code: Option<String>,
}

/// As it lies in the settings.
#[derive(Serialize, Deserialize)]
struct Row {
    left: String,
    changes: u64,
    beyond: u64,
    until_ms: Option<i64>,
    code: Option<String>,
}

/// Something that another left behind, as far as it can be read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftSaid {
    /// A change of a record.
    Change {
        /// The record.
        record: Uuid,
        /// What it is.
        kind: DocKind,
        /// By the clock of who wrote it.
        at: Timestamp,
        /// What it wrote.
        edits: Vec<FieldEdit>,
    },
    /// A fact.
    Fact(Fact),
}

impl Store {
    /// What this device could not send before it was taken out, by scopes.
    pub async fn left_here(&self) -> Result<Vec<LeftHere>, StoreError> {
        let rows: Vec<String> = sqlx::query_scalar("SELECT value FROM setting WHERE name LIKE 'left/%' ORDER BY name")
            .fetch_all(self.reader())
            .await?;
        rows.iter()
            .map(|row| {
                let Row { left, changes, beyond, until_ms, code } = serde_json::from_str(row)?;
                let bytes = hex::decode(left).map_err(|_| StoreError::corrupt("setting", "value", "left"))?;
                let left = SealedLeft::from_bytes(&bytes);
                let left = left.map_err(|_| StoreError::corrupt("setting", "value", "left"))?;
                Ok(LeftHere { left, changes, beyond, until_ms, code })
            })
            .collect()
    }

    /// Notes what the relay said of one: until when it keeps it, or why it does not take it.
    pub async fn note_left(&self, here: &LeftHere, said: Result<i64, String>) -> Result<(), StoreError> {
        let (until_ms, code) = said.map_or_else(|code| (None, Some(code)), |until| (Some(until), None));
        let noted = LeftHere { until_ms, code, ..here.clone() };
        self.set_setting(&name(noted.left.scope), &row(&noted)?).await
    }

    /// Reads what another left behind: identifiers of persons under the keys that are here, or that came with it.
    pub async fn read_left(&self, left: &LeftBehind) -> Result<Vec<LeftSaid>, StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let mut conn = self.reader().acquire().await?;
        let mut ring = Ring::new(self, identity.company.0);
        for key in &left.keys {
            ring.bring(&mut conn, key.key.0, key.secret()).await?;
        }
        let mut said = Vec::with_capacity(left.items.len());
        for item in &left.items {
            said.push(match item {
                LeftItem::Fact(fact) => LeftSaid::Fact(fact.clone()),
                LeftItem::Change { doc, kind, at_ms, edits } => LeftSaid::Change {
                    record: doc.to_uuid(),
                    kind: *kind,
                    at: Timestamp::from_millisecond(*at_ms).unwrap_or(Timestamp::UNIX_EPOCH),
                    edits: read_edits(&mut conn, &mut ring, *kind, edits).await?,
                },
            });
        }
        Ok(said)
    }

    /// Seals what was kept apart of a scope, in the transaction that leaves it: the keys of persons whom nobody else knows go
    /// with the scope. What was sealed before stays.
    pub(crate) async fn leave_behind(
        &self,
        conn: &mut SqliteConnection,
        scope: i64,
        leaving: &Leaving<'_>,
    ) -> Result<(), StoreError> {
        let wire = wire_scope(scope_of(scope)?);
        let Some(under) = leaving.key(wire) else { return Ok(()) };
        let name = name(wire);
        let there: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM setting WHERE name = ?").bind(&name).fetch_optional(&mut *conn).await?;
        let mut items = kept_of(conn, scope).await?;
        if there.is_some() || items.is_empty() {
            return Ok(());
        }
        items.sort_by_key(|(at, _)| *at);
        let items: Vec<LeftItem> = items.into_iter().map(|(_, item)| item).collect();
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let mut ring = Ring::new(self, identity.company.0);
        let keys = ring.unsent(conn, scope, &keys_of(&items)?).await?;
        let left = LeftBehind::fitting(items, keys);
        let nonce = random(self.inner.entropy.as_ref());
        let sealed = SealedLeft::seal(leaving.control.company(), wire, under, leaving.ring.keys(), &left, &nonce);
        let here = LeftHere {
            left: sealed.map_err(|_| StoreError::corrupt("refused", "edits", scope))?,
            changes: left.items.len() as u64,
            beyond: u64::from(left.beyond),
            until_ms: None,
            code: None,
        };
        put_setting(conn, &name, &row(&here)?).await
    }
}

fn name(scope: WireScope) -> String {
    format!("left/{scope}")
}

fn row(here: &LeftHere) -> Result<String, StoreError> {
    let bytes = here.left.to_bytes().map_err(|_| StoreError::corrupt("setting", "value", "left"))?;
    let LeftHere { changes, beyond, until_ms, code, .. } = here.clone();
    Ok(serde_json::to_string(&Row { left: hex::encode(bytes), changes, beyond, until_ms, code })?)
}

/// Kind, item, kind of document, body and edits of a row.
type KeptRow = (i64, Vec<u8>, i64, Vec<u8>, String);

/// What was kept apart because the scope is left, each with when it was written.
async fn kept_of(conn: &mut SqliteConnection, scope: i64) -> Result<Vec<(i64, LeftItem)>, StoreError> {
    let rows: Vec<KeptRow> = sqlx::query_as(
        "SELECT kind, item, doc_kind, body, edits FROM refused WHERE scope = ? AND code IN (?, ?) ORDER BY n",
    )
    .bind(scope)
    .bind(BEYOND_MARK)
    .bind(UPON_REFUSED)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(kind, item, doc_kind, body, edits)| {
            if kind == outbox::FACT {
                let fact: Fact = serde_json::from_slice(&body)?;
                return Ok((said_at(&fact), LeftItem::Fact(fact)));
            }
            let at_ms = doc::written_at(&body).saturating_mul(1_000);
            let kind = DocKind(u16::try_from(doc_kind).unwrap_or(0));
            let doc = ItemId::from_uuid(uuid_of("refused", &item)?);
            Ok((at_ms, LeftItem::Change { doc, kind, at_ms, edits }))
        })
        .collect()
}

/// When a fact says that it was; those that say nothing come last.
fn said_at(fact: &Fact) -> i64 {
    let body: serde_json::Value = serde_json::from_str(&fact.body).unwrap_or_default();
    let at = body.get("at").and_then(serde_json::Value::as_str).and_then(|at| at.parse::<Timestamp>().ok());
    at.map_or(i64::MAX, Timestamp::as_millisecond)
}

/// The keys under which something in the items is sealed.
fn keys_of(items: &[LeftItem]) -> Result<BTreeSet<[u8; 16]>, StoreError> {
    let mut keys = BTreeSet::new();
    for item in items {
        if let LeftItem::Change { edits, .. } = item {
            let edits: Vec<Edit> = serde_json::from_str(edits)?;
            let said = edits.iter().flat_map(|edit| edit.from.iter().chain(&edit.to));
            keys.extend(said.filter_map(Shape::key_of));
        }
    }
    Ok(keys)
}

/// What an edit said; nothing of what cannot be read, for it may be of anybody's making.
async fn read_edits(
    conn: &mut SqliteConnection,
    ring: &mut Ring,
    kind: DocKind,
    edits: &str,
) -> Result<Vec<FieldEdit>, StoreError> {
    let edits: Vec<Edit> = serde_json::from_str(edits).unwrap_or_default();
    let Some(shape) = registry::shape(kind) else { return Ok(Vec::new()) };
    let mut said = Vec::with_capacity(edits.len());
    for edit in edits {
        let from = open(conn, ring, shape, &edit.field, edit.from.as_ref()).await;
        let to = open(conn, ring, shape, &edit.field, edit.to.as_ref()).await;
        match (from, to) {
            (Ok(from), Ok(to)) => said.push(FieldEdit { field: edit.field, from, to }),
            (Err(StoreError::Json(_)), _) | (_, Err(StoreError::Json(_))) => {}
            (Err(error), _) | (_, Err(error)) => return Err(error),
        }
    }
    Ok(said)
}
