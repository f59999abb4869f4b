//! Immutable records: no document, no merge but the union of their ids.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::shared::{DomainEvent, PersonId, Scope};
use zuc_protocol::home::home_of_fact;
use zuc_protocol::ids::ItemId;
use zuc_protocol::item::Fact;

use crate::aggregate::Projector;
use crate::persons::Ring;
use crate::store::{at_home, scope_number, uuid_of};
use crate::tx::Tx;
use crate::{Store, StoreError, outbox};

/// A record that is written once: an activity, a payment, an acceptance, a receipt.
pub trait FactRecord: Serialize + DeserializeOwned + Send + Sync + Sized {
    /// Its kind on the wire, as `activity.logged`.
    const KIND: &'static str;
    /// JSON pointers of its identifiers of persons, sealed under the key of [`Self::person`].
    const SEALED: &'static [&'static str];

    /// Its id.
    fn uuid(&self) -> Uuid;
    /// The aggregate it belongs to.
    fn subject(&self) -> Uuid;
    /// Where it lives.
    fn scope(&self) -> Scope;
    /// Whose key seals its identifiers; the subject's where nothing else is said.
    fn person(&self) -> Uuid {
        self.subject()
    }
    /// Who says it, where it says so.
    fn by(&self) -> Option<PersonId> {
        None
    }
    /// Grows with each act of a fenced lease; 0 where there is none.
    fn fence(&self) -> u64 {
        0
    }
    /// Writes its read rows.
    fn project(&self, into: &mut Projector<'_>) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A fact as it is stored, whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFact {
    /// Its scope.
    pub scope: Scope,
    /// What it says; identifiers of persons are sealed in `body`.
    pub fact: Fact,
    /// The device that wrote it.
    pub author: Uuid,
    /// Another fact of this id prevailed over it.
    pub lost: bool,
}

impl Tx {
    /// Writes a fact, its event, its read rows; the same fact again changes nothing.
    pub async fn record_fact<F: FactRecord>(
        &mut self,
        record: &F,
        events: &[&dyn DomainEvent],
    ) -> Result<(), StoreError> {
        at_home(home_of_fact(F::KIND), record.scope())?;
        self.flush().await?;
        let (scope, number) = (record.scope(), scope_number(record.scope()));
        let mut body = serde_json::to_value(record)?;
        let mut keys = BTreeSet::new();
        if F::SEALED.iter().any(|pointer| body.pointer(pointer).is_some_and(|value| !value.is_null())) {
            self.ring.ensure(&mut self.conn, scope, &[record.person()]).await?;
            keys = seal_body(&self.ring, record.person(), F::KIND, F::SEALED, &mut body)?;
        }
        let fact = Fact {
            id: ItemId::from_uuid(record.uuid()),
            kind: F::KIND.to_owned(),
            subject: ItemId::from_uuid(record.subject()),
            fence: record.fence(),
            body: body.to_string(),
            person_keys: Vec::new(),
            events: Vec::new(),
            part: None,
        };
        let author = self.identity.device.0;
        let put = put(&mut self.conn, number, &fact, author).await?;
        if put == Put::Known {
            return Ok(());
        }
        let digest = fact.digest();
        let mut emitted = Vec::with_capacity(events.len());
        for event in events {
            emitted.push(self.emit(scope, *event, 0, &digest).await?);
        }
        let part = self.note_part(number).await?;
        let item = outbox::Plain {
            scope: number,
            kind: outbox::FACT,
            item: record.uuid(),
            doc_kind: 0,
            tail: (0, 0),
            body: serde_json::to_vec(&fact)?,
            extras: outbox::Extras::new(keys, emitted, part),
            incarnation: self.identity.incarnation.0,
        };
        self.send(item).await?;
        let action = events.first().map_or(F::KIND, |event| event.event_type());
        self.audit(action, record.uuid(), &[], &digest).await?;
        if put == Put::Stands {
            let mut projector = Projector { conn: &mut self.conn, scope, dirty: &mut self.dirty };
            record.project(&mut projector).await?;
        }
        self.wrote = true;
        Ok(())
    }

    /// The facts of one kind about one aggregate that were not set aside.
    pub async fn facts<F: FactRecord>(&mut self, subject: impl Into<Uuid>) -> Result<Vec<F>, StoreError> {
        let mut facts = Vec::new();
        for body in bodies::<F>(&mut self.conn, subject.into()).await? {
            let mut body: Value = serde_json::from_str(&body)?;
            open_body(&mut self.conn, &mut self.ring, F::KIND, F::SEALED, &mut body).await?;
            facts.push(serde_json::from_value(body)?);
        }
        Ok(facts)
    }
}

impl Store {
    /// The facts of one kind about one aggregate, outside a transaction.
    pub async fn facts<F: FactRecord>(&self, subject: impl Into<Uuid>) -> Result<Vec<F>, StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let mut conn = self.reader().acquire().await?;
        let mut ring = Ring::new(self, identity.company.0);
        let mut facts = Vec::new();
        for body in bodies::<F>(&mut conn, subject.into()).await? {
            let mut body: Value = serde_json::from_str(&body)?;
            open_body(&mut conn, &mut ring, F::KIND, F::SEALED, &mut body).await?;
            facts.push(serde_json::from_value(body)?);
        }
        Ok(facts)
    }

    /// Facts that lost against another of their id: kept, and shown to a person.
    pub async fn lost_facts(&self) -> Result<Vec<StoredFact>, StoreError> {
        let rows =
            sqlx::query!("SELECT scope, id, kind, subject, fence, body, author FROM fact WHERE lost = 1 ORDER BY id")
                .fetch_all(self.reader())
                .await?;
        rows.into_iter()
            .map(|row| {
                Ok(StoredFact {
                    scope: crate::store::scope_of(row.scope)?,
                    fact: Fact {
                        id: ItemId::from_uuid(uuid_of("fact", &row.id)?),
                        kind: row.kind,
                        subject: ItemId::from_uuid(uuid_of("fact", &row.subject)?),
                        fence: u64::try_from(row.fence).unwrap_or(0),
                        body: row.body,
                        person_keys: Vec::new(),
                        events: Vec::new(),
                        part: None,
                    },
                    author: uuid_of("fact", &row.author)?,
                    lost: true,
                })
            })
            .collect()
    }
}

async fn bodies<F: FactRecord>(conn: &mut SqliteConnection, subject: Uuid) -> Result<Vec<String>, StoreError> {
    let (subject, kind) = (subject.as_bytes().as_slice(), F::KIND);
    Ok(sqlx::query_scalar!(
        "SELECT body FROM fact WHERE subject = ? AND kind = ? AND lost = 0 ORDER BY id",
        subject,
        kind
    )
    .fetch_all(conn)
    .await?)
}

/// What writing a fact found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// The same bytes are here already.
    Known,
    /// It stands, alone or above those it prevailed over.
    Stands,
    /// Another of its id prevails; this one is kept as lost.
    Lost,
}

/// Adds a fact to the union; of several with one id exactly one stands: the higher fence, then the lower hash.
pub(crate) async fn put(conn: &mut SqliteConnection, scope: i64, fact: &Fact, author: Uuid) -> Result<Put, StoreError> {
    let (id, digest) = (fact.id.0.as_slice(), fact.digest());
    let others = sqlx::query!("SELECT hash, fence FROM fact WHERE scope = ? AND id = ?", scope, id)
        .fetch_all(&mut *conn)
        .await?;
    if others.iter().any(|other| other.hash == digest) {
        return Ok(Put::Known);
    }
    let fence = i64::try_from(fact.fence).unwrap_or(i64::MAX);
    let stands = others.iter().all(|other| {
        (fence, std::cmp::Reverse(digest.as_slice())) > (other.fence, std::cmp::Reverse(other.hash.as_slice()))
    });
    if stands {
        sqlx::query!("UPDATE fact SET lost = 1 WHERE scope = ? AND id = ?", scope, id).execute(&mut *conn).await?;
    }
    let (hash, subject, author) = (digest.as_slice(), fact.subject.0.as_slice(), author.as_bytes().as_slice());
    let lost = !stands;
    sqlx::query!(
        "INSERT INTO fact (scope, id, hash, kind, subject, fence, body, author, lost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        scope,
        id,
        hash,
        fact.kind,
        subject,
        fence,
        fact.body,
        author,
        lost,
    )
    .execute(conn)
    .await?;
    Ok(if stands { Put::Stands } else { Put::Lost })
}

fn seal_body(
    ring: &Ring,
    person: Uuid,
    kind: &str,
    pointers: &[&str],
    body: &mut Value,
) -> Result<BTreeSet<[u8; 16]>, StoreError> {
    let mut keys = BTreeSet::new();
    for pointer in pointers {
        let Some(slot) = body.pointer_mut(pointer).filter(|slot| !slot.is_null()) else { continue };
        let sealed = ring.seal_text(person, &format!("{kind}{pointer}"), &slot.to_string())?;
        keys.extend(sealed.split_once('.').and_then(|(key, _)| <[u8; 16]>::try_from(hex::decode(key).ok()?).ok()));
        *slot = serde_json::json!({ "sealed": sealed });
    }
    Ok(keys)
}

/// Puts the clear values back; an erased person's become null.
pub(crate) async fn open_body(
    conn: &mut SqliteConnection,
    ring: &mut Ring,
    kind: &str,
    pointers: &[&str],
    body: &mut Value,
) -> Result<(), StoreError> {
    for pointer in pointers {
        if let Some(slot) = body.pointer_mut(pointer) {
            open_slot(conn, ring, &format!("{kind}{pointer}"), slot).await?;
        }
    }
    Ok(())
}

/// Puts the clear value back where a sealed one stands, null where its key is gone.
pub(crate) async fn open_slot(
    conn: &mut SqliteConnection,
    ring: &mut Ring,
    field: &str,
    slot: &mut Value,
) -> Result<(), StoreError> {
    use crate::shape::Seals;
    let Some((key, sealed)) = sealed_text(slot) else { return Ok(()) };
    ring.load(conn, &BTreeSet::from([key])).await?;
    let clear = ring.open(field, &[key.as_slice(), &sealed].concat());
    *slot = clear.map_or(Ok(Value::Null), |clear| serde_json::from_str(&clear))?;
    Ok(())
}

/// The key and the sealed bytes of a value that [`Ring::seal_text`] sealed.
pub(crate) fn sealed_text(value: &Value) -> Option<([u8; 16], Vec<u8>)> {
    let (key, sealed) = value.get("sealed")?.as_str()?.split_once('.')?;
    Some((hex::decode(key).ok()?.try_into().ok()?, hex::decode(sealed).ok()?))
}
