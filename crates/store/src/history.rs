//! The history of one record, read from its document: who changed which field, when, from which laptop.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::shared::{DeviceId, Scope};
use zuc_protocol::item::DocKind;

use crate::doc::{Document, Scalar};
use crate::persons::Ring;
use crate::shape::Shape;
use crate::store::{Identity, scope_of, uuid_of};
use crate::{Store, StoreError, registry};

/// What a field was and became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldEdit {
    /// The field: a register, a text, or `{container}/{key}`.
    pub field: String,
    /// Before; `None` where nothing was, or where its person was forgotten.
    pub from: Option<Value>,
    /// After.
    pub to: Option<Value>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The hash of the change.
    pub change: [u8; 32],
    /// By the clock of whoever wrote it.
    pub at: Timestamp,
    /// The laptop; `None` where nobody saw which.
    pub device: Option<DeviceId>,
    /// It began the record.
    pub begins: bool,
    /// Its author's computer said that nobody could be reached.
    pub offline: bool,
    /// What it wrote.
    pub edits: Vec<FieldEdit>,
}

/// The history of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// What it is.
    pub kind: DocKind,
    /// Where it lies.
    pub scope: Scope,
    /// Newest first.
    pub changes: Vec<Past>,
}

impl Store {
    /// The newest `max` changes of a record, or of what is older than the change `before`; `None` when no document has this
    /// id.
    pub async fn history(
        &self,
        id: impl Into<Uuid>,
        before: Option<[u8; 32]>,
        max: usize,
    ) -> Result<Option<History>, StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let mut conn = self.reader().acquire().await?;
        let Some(mut open) = Opened::load(self, &mut conn, identity, id.into()).await? else { return Ok(None) };
        let mut changes = Vec::new();
        for edited in open.document.history(before, max)? {
            let mut edits = Vec::with_capacity(edited.edits.len());
            for edit in edited.edits {
                let from = open.says(&mut conn, &edit.field, edit.from.as_ref()).await?;
                let to = open.says(&mut conn, &edit.field, edit.to.as_ref()).await?;
                edits.push(FieldEdit { from, to, field: edit.field });
            }
            changes.push(Past {
                change: edited.change,
                at: second(edited.time),
                device: open.device_of(&edited.actor),
                begins: edited.begins,
                offline: edited.offline,
                edits,
            });
        }
        Ok(Some(History { kind: open.shape.number, scope: open.scope, changes }))
    }
}

/// A document with what reading its past takes.
pub(crate) struct Opened {
    pub(crate) shape: &'static Shape,
    pub(crate) scope: Scope,
    pub(crate) document: Document,
    pub(crate) ring: Ring,
    devices: HashMap<Vec<u8>, DeviceId>,
}

impl Opened {
    /// The document of this id, of whatever kind.
    pub(crate) async fn load(
        store: &Store,
        conn: &mut SqliteConnection,
        identity: Identity,
        id: Uuid,
    ) -> Result<Option<Self>, StoreError> {
        let bytes = id.as_bytes().as_slice();
        let row =
            sqlx::query!("SELECT scope, kind, snapshot, tail FROM doc WHERE id = ? ORDER BY scope LIMIT 1", bytes)
                .fetch_optional(&mut *conn)
                .await?;
        let Some(row) = row else { return Ok(None) };
        let Some(shape) = registry::shape(DocKind(u16::try_from(row.kind).unwrap_or(0))) else { return Ok(None) };
        let document = Document::load(shape.kind, &row.snapshot, &row.tail, &identity.actor.0)?;
        let ring = Ring::new(store, identity.company.0);
        let actors = sqlx::query!("SELECT actor, device FROM doc_actor").fetch_all(conn).await?;
        let devices = actors
            .into_iter()
            .map(|row| Ok((row.actor, DeviceId(uuid_of("doc_actor", &row.device)?))))
            .collect::<Result<_, StoreError>>()?;
        Ok(Some(Self { shape, scope: scope_of(row.scope)?, document, ring, devices }))
    }

    /// What a field of the past says.
    pub(crate) async fn says(
        &mut self,
        conn: &mut SqliteConnection,
        field: &str,
        scalar: Option<&Scalar>,
    ) -> Result<Option<Value>, StoreError> {
        let Some(scalar) = scalar else { return Ok(None) };
        if let Some(key) = Shape::key_of(scalar) {
            self.ring.load(conn, &std::iter::once(key).collect()).await?;
        }
        self.shape.field(field, scalar, &self.ring)
    }

    /// The laptop that wrote under an actor.
    pub(crate) fn device_of(&self, actor: &[u8]) -> Option<DeviceId> {
        self.devices.get(actor).copied()
    }
}

/// A second of a change's clock; one that is no instant is the beginning of time.
pub(crate) fn second(time: i64) -> Timestamp {
    Timestamp::from_second(time).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Notes that a device writes under an actor; the first that was seen to stays.
pub(crate) async fn note_actor(conn: &mut SqliteConnection, actor: &[u8], device: &[u8]) -> Result<(), StoreError> {
    sqlx::query!("INSERT INTO doc_actor (actor, device) VALUES (?, ?) ON CONFLICT DO NOTHING", actor, device)
        .execute(conn)
        .await?;
    Ok(())
}
