//! Events: sealed into the outbox of events with what they speak of, published to local handlers afterwards.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;
use zuc_domain::shared::{CloudEvent, CompanyId, DeviceId, DomainEvent, EventContext, EventId, Hlc, PersonId, Scope};
use zuc_protocol::ids::KeyId;

use crate::facts::{open_slot, sealed_text};
use crate::persons::Ring;
use crate::store::uuid_of;
use crate::tx::Tx;
use crate::{Store, StoreError};

/// A published or waiting event, as handlers get it.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// Its place in this device's order.
    pub n: i64,
    /// The envelope; `data` may hold sealed identifiers, see [`Store::open_event`].
    pub event: CloudEvent,
}

pub(crate) fn context(tx: &Tx, version: i64, heads: &[u8]) -> EventContext {
    EventContext {
        id: tx.event_id(),
        tenant: tx.identity.company,
        device: tx.identity.device,
        actor: tx.session.person,
        time: tx.session.at,
        hlc: tx.hlc,
        correlation: tx.session.correlation,
        causation: None,
        aggregate_version: u64::try_from(version).unwrap_or(0),
        offline: tx.session.offline,
        document_head: heads.first_chunk::<32>().map(hex::encode),
    }
}

pub(crate) async fn seal(
    tx: &mut Tx,
    scope: Scope,
    event: &dyn DomainEvent,
    context: &EventContext,
) -> Result<CloudEvent, StoreError> {
    let mut envelope = CloudEvent::new(event, context);
    if identifiers(&envelope.event_type, &envelope.data).next().is_some() {
        let subject = subject_of(&envelope);
        tx.ring.ensure(&mut tx.conn, scope, &[subject]).await?;
        seal_data(&tx.ring, subject, &envelope.event_type.clone(), &mut envelope.data)?;
    }
    Ok(envelope)
}

/// Whose key seals the payload: a contact's where it speaks of one, else the aggregate's own.
pub(crate) fn subject_of(envelope: &CloudEvent) -> Uuid {
    let contact = envelope.data.get("contactId").and_then(Value::as_str).and_then(|id| id.parse().ok());
    if envelope.event_type.starts_with("Contact.") { contact.unwrap_or(envelope.subject) } else { envelope.subject }
}

/// Paths of the fields that identify a person; the RFC and name of a company are not among them.
fn identifiers<'a>(event_type: &str, data: &'a Value) -> impl Iterator<Item = Vec<&'a str>> {
    let mut found = Vec::new();
    walk(event_type, data, &mut Vec::new(), &mut found);
    found.into_iter()
}

fn walk<'a>(event_type: &str, value: &'a Value, path: &mut Vec<&'a str>, found: &mut Vec<Vec<&'a str>>) {
    let Value::Object(members) = value else { return };
    let natural = ["rfc", "receptorRfc"]
        .iter()
        .filter_map(|key| members.get(*key)?.as_str())
        .any(|rfc| rfc.chars().count() == 13);
    for (key, member) in members {
        path.push(key);
        let text = member.as_str().is_some_and(|text| !text.is_empty());
        let personal = match key.as_str() {
            "fullName" | "email" | "phone" | "signerName" | "signerEmail" => true,
            "rfc" | "receptorRfc" | "legalName" => natural,
            "name" => event_type.starts_with("Contact.") || path.first() == Some(&"signer"),
            _ => false,
        };
        if (personal && text) || (key == "recipients" && member.is_array()) {
            found.push(path.clone());
        } else {
            walk(event_type, member, path, found);
        }
        path.pop();
    }
}

pub(crate) fn seal_data(ring: &Ring, subject: Uuid, event_type: &str, data: &mut Value) -> Result<(), StoreError> {
    let paths: Vec<Vec<String>> =
        identifiers(event_type, data).map(|path| path.into_iter().map(str::to_owned).collect()).collect();
    for path in paths {
        let field = path.join(".");
        let Some(slot) = at(data, &path) else { continue };
        let sealed = ring.seal_text(subject, &format!("event.{field}"), &slot.to_string())?;
        *slot = serde_json::json!({ "sealed": sealed });
    }
    Ok(())
}

fn at<'a>(data: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(data, |value, key| value.get_mut(key))
}

impl Tx {
    /// The number of the next event: events of a transaction are numbered before they are written.
    pub(crate) async fn next_event(&mut self) -> Result<i64, StoreError> {
        let last = match self.last_event {
            Some(last) => last,
            None => {
                sqlx::query_scalar!(r#"SELECT ifnull(max(n), 0) AS "n!: i64" FROM outbox_events"#)
                    .fetch_one(&mut *self.conn)
                    .await?
            }
        };
        self.last_event = Some(last + 1);
        Ok(last + 1)
    }
}

/// Writes an event of this device under its number.
pub(crate) async fn insert(conn: &mut SqliteConnection, n: i64, event: &CloudEvent) -> Result<(), StoreError> {
    let (id, subject) = (event.id.0.as_bytes().as_slice(), event.subject.as_bytes().as_slice());
    let (at, body) = (event.time.as_millisecond(), pack(event)?);
    sqlx::query!(
        "INSERT INTO outbox_events (n, id, type, subject, at, body) VALUES (?, ?, ?, ?, ?, ?)",
        n,
        id,
        event.event_type,
        subject,
        at,
        body,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes events of others under the next numbers; those that are known change nothing.
pub(crate) async fn insert_all(conn: &mut SqliteConnection, events: &[CloudEvent]) -> Result<(), StoreError> {
    for chunk in events.chunks(100) {
        let packed = chunk.iter().map(pack).collect::<Result<Vec<_>, _>>()?;
        let mut query = QueryBuilder::<Sqlite>::new("INSERT INTO outbox_events (id, type, subject, at, body) ");
        query.push_values(chunk.iter().zip(packed), |mut row, (event, body)| {
            row.push_bind(event.id.0.as_bytes().to_vec()).push_bind(&event.event_type);
            row.push_bind(event.subject.as_bytes().to_vec()).push_bind(event.time.as_millisecond()).push_bind(body);
        });
        query.push(" ON CONFLICT DO NOTHING");
        query.build().execute(&mut *conn).await?;
    }
    Ok(())
}

/// What of an envelope its row does not say.
#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    d: Cow<'a, Value>,
    a: PersonId,
    h: Hlc,
    c: Uuid,
    n: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    v: Option<DeviceId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    s: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    u: Option<EventId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    k: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    o: bool,
}

pub(crate) fn pack(event: &CloudEvent) -> Result<String, StoreError> {
    let packed = Packed {
        d: Cow::Borrowed(&event.data),
        a: event.actorid,
        h: event.hlc,
        c: event.correlationid,
        n: event.aggversion,
        v: (event.deviceid != event.hlc.device).then_some(event.deviceid),
        s: (event.source != source_of(event.tenantid, event.deviceid)).then(|| event.source.clone()),
        u: event.causationid,
        k: event.dochead.as_deref().map(Cow::Borrowed),
        o: event.offline,
    };
    Ok(serde_json::to_string(&packed)?)
}

pub(crate) fn source_of(company: CompanyId, device: DeviceId) -> String {
    format!("/tenant/{company}/device/{device}")
}

/// A row of the outbox of events.
struct Raw {
    n: i64,
    id: Vec<u8>,
    event_type: String,
    subject: Vec<u8>,
    at: i64,
    body: String,
}

impl Raw {
    fn event(self, company: CompanyId) -> Result<StoredEvent, StoreError> {
        let packed: Packed<'_> = serde_json::from_str(&self.body)?;
        let device = packed.v.unwrap_or(packed.h.device);
        let time =
            Timestamp::from_millisecond(self.at).map_err(|_| StoreError::corrupt("outbox_events", "at", self.n))?;
        let event = CloudEvent {
            id: EventId(uuid_of("outbox_events", &self.id)?),
            source: packed.s.unwrap_or_else(|| source_of(company, device)),
            specversion: "1.0".to_owned(),
            subject: uuid_of("outbox_events", &self.subject)?,
            time,
            datacontenttype: "application/json".to_owned(),
            dataschema: format!("https://zuclubit.mx/schemas/events/{}/1", self.event_type),
            event_type: self.event_type,
            tenantid: company,
            actorid: packed.a,
            deviceid: device,
            hlc: packed.h,
            correlationid: packed.c,
            causationid: packed.u,
            aggversion: packed.n,
            offline: packed.o,
            dochead: packed.k.map(Cow::into_owned),
            data: packed.d.into_owned(),
        };
        Ok(StoredEvent { n: self.n, event })
    }
}

impl Store {
    /// Events that no publisher has taken yet, oldest first.
    pub async fn waiting_events(&self, max: u32) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = sqlx::query_as!(Raw, r#"SELECT n AS "n!: i64", id, type AS event_type, subject, at, body FROM outbox_events WHERE published = 0 ORDER BY n LIMIT ?"#, max)
            .fetch_all(self.reader())
            .await?;
        let company = self.identity().ok_or(StoreError::NoIdentity)?.company;
        rows.into_iter().map(|row| row.event(company)).collect()
    }

    /// Events by their numbers.
    pub(crate) async fn events_numbered(&self, numbers: &[i64]) -> Result<HashMap<i64, CloudEvent>, StoreError> {
        let numbers = serde_json::to_string(numbers)?;
        let rows = sqlx::query_as!(
            Raw,
            r#"SELECT n AS "n!: i64", id, type AS event_type, subject, at, body FROM outbox_events
               WHERE n IN (SELECT value FROM json_each(?))"#,
            numbers,
        )
        .fetch_all(self.reader())
        .await?;
        let company = self.identity().ok_or(StoreError::NoIdentity)?.company;
        rows.into_iter().map(|row| row.event(company).map(|stored| (stored.n, stored.event))).collect()
    }

    /// Events after `n` of the whole history, for a replay or an export.
    pub async fn events_after(&self, n: i64, max: u32) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = sqlx::query_as!(Raw, r#"SELECT n AS "n!: i64", id, type AS event_type, subject, at, body FROM outbox_events WHERE n > ? ORDER BY n LIMIT ?"#, n, max)
            .fetch_all(self.reader())
            .await?;
        let company = self.identity().ok_or(StoreError::NoIdentity)?.company;
        rows.into_iter().map(|row| row.event(company)).collect()
    }

    /// Events of one aggregate, newest first: a record's timeline.
    pub async fn events_of(&self, subject: impl Into<Uuid>, max: u32) -> Result<Vec<StoredEvent>, StoreError> {
        let subject: Uuid = subject.into();
        let subject = subject.as_bytes().as_slice();
        let rows =
            sqlx::query_as!(Raw, r#"SELECT n AS "n!: i64", id, type AS event_type, subject, at, body FROM outbox_events WHERE subject = ? ORDER BY n DESC LIMIT ?"#, subject, max)
                .fetch_all(self.reader())
                .await?;
        let company = self.identity().ok_or(StoreError::NoIdentity)?.company;
        rows.into_iter().map(|row| row.event(company)).collect()
    }

    /// An event with its identifiers of persons in clear; those of who was forgotten are null.
    pub async fn open_event(&self, stored: &StoredEvent) -> Result<CloudEvent, StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let mut conn = self.reader().acquire().await?;
        let mut ring = Ring::new(self, identity.company.0);
        let mut event = stored.event.clone();
        for path in sealed_paths(&event.data) {
            let field = format!("event.{}", path.join("."));
            if let Some(slot) = at(&mut event.data, &path) {
                open_slot(&mut conn, &mut ring, &field, slot).await?;
            }
        }
        Ok(event)
    }
}

impl StoredEvent {
    /// Whose keys seal something in its payload.
    pub fn keys(&self) -> Vec<KeyId> {
        let sealed = |path: Vec<String>| {
            let value = path.iter().try_fold(&self.event.data, |value, key| value.get(key))?;
            sealed_text(value).map(|(key, _)| KeyId(key))
        };
        sealed_paths(&self.event.data).into_iter().filter_map(sealed).collect()
    }
}

/// Where in a payload something is sealed.
fn sealed_paths(data: &Value) -> Vec<Vec<String>> {
    fn look(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
        if sealed_text(value).is_some() {
            return found.push(path.clone());
        }
        for (key, member) in value.as_object().into_iter().flatten() {
            path.push(key.clone());
            look(member, path, found);
            path.pop();
        }
    }
    let mut found = Vec::new();
    look(data, &mut Vec::new(), &mut found);
    found
}
