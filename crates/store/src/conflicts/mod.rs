//! Fields that were changed apart and wait for a person: noted in the transaction that finds them, gone in the one that
//! settles them, wherever that was. The rows say where; what the sides say is read from the document.

mod found;
mod late;

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::shared::conflict::{ContestSide, STATE};
use zuc_domain::shared::{DeviceId, PersonId, Scope};
use zuc_protocol::item::DocKind;

use self::found::{Found, found, states};
use crate::doc::{Content, Document};
use crate::history::{Opened, second};
use crate::persons::Ring;
use crate::shape::Shape;
use crate::store::{scope_number, scope_of, uuid_of};
use crate::tx::Tx;
use crate::{Store, StoreError};

/// Who wrote a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Written {
    /// A laptop; `None` where nobody saw which.
    On(Option<DeviceId>),
    /// A person, as the record itself says.
    By(PersonId),
}

/// A conflict in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictRow {
    /// Where the record lies.
    pub scope: Scope,
    /// The record.
    pub id: Uuid,
    /// What it is.
    pub kind: DocKind,
    /// The field; [`STATE`] for its state.
    pub field: String,
    /// The newest side, by its author's clock.
    pub at: Timestamp,
    /// Who wrote the sides.
    pub authors: Vec<Written>,
}

/// One side of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideValue {
    /// The change that wrote it.
    pub change: [u8; 32],
    /// What it says.
    pub value: Value,
    /// What its author saw before.
    pub before: Option<Value>,
    /// The laptop.
    pub device: Option<DeviceId>,
    /// By the author's clock.
    pub at: Timestamp,
    /// It is the one that is shown.
    pub shown: bool,
}

/// What stands side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contested {
    /// Values of a field, oldest first.
    Values(Vec<SideValue>),
    /// States, the one that is shown first.
    States(Vec<ContestSide>),
}

/// A document, and where it lies.
#[derive(Clone, Copy)]
pub(crate) struct Place<'s> {
    pub(crate) shape: &'s Shape,
    pub(crate) scope: Scope,
    pub(crate) id: Uuid,
}

/// The documents that have conflicts noted, read once by whoever projects many.
#[derive(Default)]
pub(crate) struct Known(Option<HashSet<(i64, Uuid)>>);

impl Known {
    /// Notes what of a document waits for a person; without content, nothing does. The keys that its sides are sealed
    /// under and that are not here.
    pub(crate) async fn note(
        &mut self,
        conn: &mut SqliteConnection,
        ring: &mut Ring,
        place: Place<'_>,
        content: Option<&Content>,
        document: &mut Document,
    ) -> Result<Vec<[u8; 16]>, StoreError> {
        let (found, missing) = match content {
            Some(content) => found(conn, ring, place.shape, content, document).await?,
            None => (Vec::new(), Vec::new()),
        };
        let (number, id) = (scope_number(place.scope), place.id);
        let known = match self.0.take() {
            Some(known) => known,
            None => documents(conn).await?,
        };
        let known = self.0.insert(known);
        if found.is_empty() && !known.contains(&(number, id)) {
            return Ok(missing);
        }
        write(conn, place, &found).await?;
        if found.is_empty() {
            known.remove(&(number, id))
        } else {
            known.insert((number, id))
        };
        Ok(missing)
    }
}

impl Tx {
    /// Looks at a document after a command: it may have ended a conflict, or brought one back with its record.
    pub(crate) async fn look_at_conflicts(
        &mut self,
        shape: &'static Shape,
        scope: Scope,
        id: Uuid,
    ) -> Result<(), StoreError> {
        let number = scope_number(scope);
        let Some(held) = self.docs.get_mut(&(number, id)) else { return Ok(()) };
        let content = held.document.content()?;
        let (found, _) = found(&mut self.conn, &mut self.ring, shape, &content, &mut held.document).await?;
        let bytes = id.as_bytes().as_slice();
        let any = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM conflict WHERE scope = ? AND id = ?) AS "any!: bool""#,
            number,
            bytes,
        )
        .fetch_one(&mut *self.conn)
        .await?;
        if any || !found.is_empty() {
            write(&mut self.conn, Place { shape, scope, id }, &found).await?;
        }
        Ok(())
    }

    /// Ends the conflicts over `fields` in favour of what is shown; what is recorded next may say otherwise.
    pub(crate) async fn settle(&mut self, shape: &'static Shape, id: Uuid, fields: &[&str]) -> Result<(), StoreError> {
        let Some((scope, _)) = self.hold(shape, id).await? else { return Ok(()) };
        if let Some(held) = self.docs.get_mut(&(scope_number(scope), id)) {
            for field in fields {
                held.document.settle(field);
            }
        }
        Ok(())
    }
}

impl Store {
    /// How many fields wait for a person.
    pub async fn conflict_count(&self) -> Result<u64, StoreError> {
        let count = sqlx::query_scalar!("SELECT count(*) FROM conflict").fetch_one(self.reader()).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// The fields that wait for a person, newest first.
    pub async fn conflicts(&self, max: u32) -> Result<Vec<ConflictRow>, StoreError> {
        let mut conn = self.reader().acquire().await?;
        let actors = sqlx::query!("SELECT actor, device FROM doc_actor").fetch_all(&mut *conn).await?;
        let rows = sqlx::query!(
            r#"SELECT scope AS "scope!: i64", id AS "id!: Vec<u8>", kind AS "kind!: i64", field AS "field!: String",
                   at AS "at!: i64", actors AS "actors!: String"
               FROM conflict ORDER BY at DESC, id, field LIMIT ?"#,
            max,
        )
        .fetch_all(&mut *conn)
        .await?;
        rows.into_iter()
            .map(|row| {
                let mut authors = Vec::new();
                for author in row.actors.split(',') {
                    authors.push(if let Some(person) = author.strip_prefix(PERSON) {
                        let person = person.parse();
                        Written::By(person.map_err(|_| StoreError::corrupt("conflict", "actors", &row.field))?)
                    } else {
                        let held = actors.iter().find(|held| hex::encode(&held.actor) == author);
                        let device = held.map(|held| uuid_of("doc_actor", &held.device)).transpose()?;
                        Written::On(device.map(DeviceId))
                    });
                }
                Ok(ConflictRow {
                    scope: scope_of(row.scope)?,
                    id: uuid_of("conflict", &row.id)?,
                    kind: DocKind(u16::try_from(row.kind).unwrap_or(0)),
                    field: row.field,
                    at: second(row.at),
                    authors,
                })
            })
            .collect()
    }

    /// What stands side by side in a field; `None` where nothing does any more.
    pub async fn contested(&self, id: Uuid, field: &str) -> Result<Option<Contested>, StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let mut conn = self.reader().acquire().await?;
        let Some(mut open) = Opened::load(self, &mut conn, identity, id).await? else { return Ok(None) };
        if field == STATE {
            return Ok(states(open.shape, &open.document.content()?).map(Contested::States));
        }
        let sides = open.document.contested(|name| name == field)?.pop().map(|(_, sides)| sides).unwrap_or_default();
        let beside = self.late_sides(&mut conn, identity, &mut open, field, sides.is_empty()).await?;
        if sides.is_empty() && beside.len() < 2 {
            return Ok(None);
        }
        let mut values = beside;
        for side in sides {
            let Some(value) = open.says(&mut conn, field, Some(&side.value)).await? else { continue };
            values.push(SideValue {
                before: open.says(&mut conn, field, side.before.as_ref()).await?,
                value,
                change: side.change,
                device: open.device_of(&side.actor),
                at: second(side.time),
                shown: side.shown,
            });
        }
        Ok((!values.is_empty()).then_some(Contested::Values(values)))
    }
}

/// Takes the conflicts of a document out of the list.
pub(crate) async fn forget(conn: &mut SqliteConnection, scope: i64, id: Uuid) -> Result<(), StoreError> {
    let id = id.as_bytes().as_slice();
    sqlx::query!("DELETE FROM conflict WHERE scope = ? AND id = ?", scope, id).execute(conn).await?;
    Ok(())
}

/// Begins an author that is a person.
const PERSON: &str = "person:";

async fn documents(conn: &mut SqliteConnection) -> Result<HashSet<(i64, Uuid)>, StoreError> {
    let rows = sqlx::query!("SELECT DISTINCT scope, id FROM conflict").fetch_all(conn).await?;
    rows.into_iter().map(|row| Ok((row.scope, uuid_of("conflict", &row.id)?))).collect()
}

async fn write(conn: &mut SqliteConnection, place: Place<'_>, found: &[Found]) -> Result<(), StoreError> {
    let (scope, id, kind) = (scope_number(place.scope), place.id.as_bytes().as_slice(), place.shape.number.0);
    forget(conn, scope, place.id).await?;
    for Found { field, at, actors } in found {
        let actors = actors.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        sqlx::query!(
            "INSERT INTO conflict (scope, id, kind, field, at, actors) VALUES (?, ?, ?, ?, ?, ?)",
            scope,
            id,
            kind,
            field,
            at,
            actors,
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}
