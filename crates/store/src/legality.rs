//! What of an entry counts. Everybody who holds its scope judges it alike: by who wrote it, by the control record that it names,
//! and by what its author saw; never by what else is here, and never by when it came.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::shared::{
    Actor, CloudEvent, DeviceId, Illegal, Object, PersonId, Role, Scope, StateMachine, Transition, TransitionId, judge,
};
use zuc_protocol::item::{DocKind, Item};
use zuc_sync::Writer;

use crate::doc::{self, Recorded};
use crate::shape::Shape;
use crate::store::{Identity, scope_number, uuid_of, wire_scope};
use crate::{StoreError, aggregate, registry};

/// Judges a transition of a kind whose states are `S`.
pub(crate) fn step<S: StateMachine + DeserializeOwned>(
    author: &Actor,
    key: TransitionId,
    record: &str,
    object: &Object,
) -> Result<(), Illegal> {
    let step: Transition<S> = serde_json::from_str(record).map_err(|_| Illegal::Unreadable)?;
    judge(author, key, &step, object)
}

/// The author of a batch, as the matrix of actions asks for one.
pub(crate) fn actor(writer: &Writer) -> Actor {
    let role = |role: &zuc_protocol::Role| match role {
        zuc_protocol::Role::Ventas => Role::Ventas,
        zuc_protocol::Role::Gerencia => Role::Gerencia,
        zuc_protocol::Role::Finanzas => Role::Finanzas,
        zuc_protocol::Role::Administracion => Role::Administracion,
    };
    Actor {
        person: PersonId(writer.person.to_uuid()),
        device: DeviceId(writer.device.to_uuid()),
        roles: writer.rights.roles.iter().map(role).collect(),
        teams: writer.rights.teams.iter().copied().collect(),
    }
}

/// The changes of a document whose transitions do not count. One transition of a change takes the others along.
pub(crate) fn illegal(
    shape: &Shape,
    scope: Scope,
    author: &Actor,
    recorded: &[Recorded],
) -> Vec<([u8; 32], &'static str)> {
    let judged = |recorded: &Recorded| {
        let owner = recorded.owner.as_deref().and_then(|owner| owner.parse().ok());
        let object = Object { scope, owner };
        let one = |(key, record): &(String, String)| {
            let key = key.parse().map_err(|_| Illegal::Unreadable)?;
            registry::judge(shape, author, key, record, &object)
        };
        let why = recorded.transitions.iter().find_map(|transition| one(transition).err())?;
        Some((recorded.change, why.code()))
    };
    recorded.iter().filter_map(judged).collect()
}

/// Why an item of `writer` is not taken at all; the relay is judged where its facts are opened.
pub(crate) fn misfit(scope: Scope, item: &Item, writer: Option<&Writer>) -> Option<&'static str> {
    if !item.may_lie_in(wire_scope(scope)) {
        return Some(StoreError::Misplaced.code());
    }
    let writer = writer?;
    if !item.is_for(&writer.rights, wire_scope(scope)) {
        return Some(zuc_sync::legality::Illegal::OthersKind.code());
    }
    match item {
        Item::Fact(fact) => {
            registry::judge_fact(scope, fact, PersonId(writer.person.to_uuid())).err().map(Illegal::code)
        }
        Item::Change(_) => None,
    }
}

/// Whether an event is by the author of the batch that brings it. The relay tells of no person's acts.
pub(crate) fn is_by(event: &CloudEvent, writer: Option<&Writer>, identity: Identity) -> bool {
    let Some(writer) = writer else { return false };
    event.actorid.0 == writer.person.to_uuid()
        && event.deviceid.0 == writer.device.to_uuid()
        && event.tenantid == identity.company
        && event.source == crate::events::source_of(event.tenantid, event.deviceid)
}

/// Something that does not count.
pub(crate) struct Ignored<'a> {
    pub(crate) scope: i64,
    pub(crate) item: Uuid,
    /// Names the change, the fact or the event.
    pub(crate) hash: [u8; 32],
    pub(crate) kind: &'a str,
    pub(crate) code: &'a str,
    pub(crate) writer: Option<&'a Writer>,
    /// A document holds it all the same.
    pub(crate) merged: bool,
    pub(crate) at: Timestamp,
}

/// Notes what does not count; the first time it came is the time that is kept.
pub(crate) async fn note(conn: &mut SqliteConnection, ignored: &Ignored<'_>) -> Result<(), StoreError> {
    let (item, hash) = (ignored.item.as_bytes().as_slice(), ignored.hash.as_slice());
    let author = ignored.writer.map(|writer| writer.device.0.to_vec()).unwrap_or_default();
    let person = ignored.writer.map(|writer| writer.person.0.to_vec()).unwrap_or_default();
    let at = ignored.at.as_millisecond();
    sqlx::query!(
        "INSERT INTO ignored (scope, item, hash, kind, code, author, person, merged, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
        ignored.scope,
        item,
        hash,
        ignored.kind,
        ignored.code,
        author,
        person,
        ignored.merged,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes down what a document holds and does not count.
pub(crate) async fn keep(conn: &mut SqliteConnection, scope: i64, id: Uuid, ignored: &[u8]) -> Result<(), StoreError> {
    let id = id.as_bytes().as_slice();
    sqlx::query!("UPDATE doc SET ignored = ? WHERE scope = ? AND id = ?", ignored, scope, id).execute(conn).await?;
    Ok(())
}

/// Judges the changes of an own batch that the relay has taken, as all others will: what was written before a role went is
/// told from what came after by the record that the batch names. Gives the documents that say something else now.
pub(crate) async fn judge_own(
    conn: &mut SqliteConnection,
    identity: Identity,
    writer: &Writer,
    batch: &[u8],
    now: Timestamp,
) -> Result<Vec<(i64, Uuid)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT o.scope AS "scope!: i64", o.item AS "item!: Vec<u8>", o.doc_kind AS "kind!: i64",
               substr(d.tail, o.tail_at + 1, o.tail_len) AS "chunk!: Vec<u8>"
           FROM outbox o JOIN doc d ON d.scope = o.scope AND d.id = o.item
           WHERE o.batch = ? AND o.kind = 1 AND o.judged = 0 ORDER BY o.n"#,
        batch,
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut other = BTreeSet::new();
    for row in rows {
        let kind = DocKind(u16::try_from(row.kind).unwrap_or(0));
        let Some(shape) = registry::shape(kind) else { continue };
        let changes = doc::split(&row.chunk)?;
        if !doc::may_record(&changes)? {
            continue;
        }
        let (scope, id) = (crate::store::scope_of(row.scope)?, uuid_of("outbox", &row.item)?);
        let Some(stored) = aggregate::fetch_in(conn, shape, scope_number(scope), id).await? else { continue };
        let mut document = stored.document(shape, &identity.actor.0)?;
        let recorded = document.recorded_in(&changes)?;
        for (change, code) in illegal(shape, scope, &actor(writer), &recorded) {
            if document.ignore(change) {
                let (kind, writer) = (shape.kind.name, Some(writer));
                let ignored =
                    Ignored { scope: row.scope, item: id, hash: change, kind, code, writer, merged: true, at: now };
                note(conn, &ignored).await?;
                keep(conn, row.scope, id, &document.ignored()).await?;
                other.insert((row.scope, id));
            }
        }
    }
    Ok(other.into_iter().collect())
}
