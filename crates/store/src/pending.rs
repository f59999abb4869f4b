//! New leads of one transaction, written some hundreds at a time: an import makes a hundred thousand of them.

use std::collections::HashMap;

use serde_json::Map;
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;
use zuc_domain::lead::Lead;
use zuc_domain::shared::{CloudEvent, DomainEvent, ImportBatchId};

use crate::aggregate::{Aggregate, SCHEMA, to_map};
use crate::doc::{Content, Document};
use crate::outbox::{self, Extras};
use crate::persons::Made;
use crate::shape::Shape;
use crate::store::scope_number;
use crate::tx::Tx;
use crate::{StoreError, audit, events};

/// How many are held before they are written.
const CHUNK: usize = 750;

struct NewDoc {
    scope: i64,
    id: Uuid,
    chunk: Vec<u8>,
    heads: Vec<u8>,
    extras: Option<String>,
}

struct NewAudit {
    seq: i64,
    prev: [u8; 32],
    hash: [u8; 32],
    at: i64,
    action: &'static str,
    object: Uuid,
    after: Vec<u8>,
}

struct NewUndo {
    batch: Uuid,
    n: i64,
    scope: i64,
    object: Uuid,
    heads: Vec<u8>,
}

/// Rows that wait for [`Tx::flush`].
#[derive(Default)]
pub(crate) struct Pending {
    docs: Vec<NewDoc>,
    events: Vec<(i64, CloudEvent, String)>,
    audit: Vec<NewAudit>,
    keys: Vec<(i64, Made)>,
    undo: Vec<NewUndo>,
    leads: HashMap<Uuid, Lead>,
    order: Vec<Uuid>,
    noted: HashMap<Uuid, i64>,
}

/// The longest note, in bytes, of a lead whose whole content is one change for certain.
const NOTE: usize = 8 << 10;

/// Whether a new lead surely fits into one change; one that may not is written like any other document.
pub(crate) fn fits_one_change(lead: &Lead) -> bool {
    lead.notes.len() <= NOTE
}

impl Pending {
    pub(crate) fn holds(&self, id: Uuid) -> bool {
        self.leads.contains_key(&id)
    }
}

impl Tx {
    /// Takes a lead that this transaction gave its id: nobody can have written it before.
    pub(crate) async fn record_new_lead(
        &mut self,
        lead: &Lead,
        happened: &[&dyn DomainEvent],
    ) -> Result<(), StoreError> {
        let (scope, number, id) = (lead.scope, scope_number(lead.scope), lead.id.0);
        let value = to_map(lead)?;
        for subject in Lead::SHAPE.subjects(id, &value, &Map::new(), &Content::default(), &self.ring) {
            let made = self.ring.make(scope, subject)?;
            self.pending.keys.push((number, made));
        }
        let content = Lead::SHAPE.content(id, value, &Map::new(), &Content::default(), &self.ring)?;
        let moment = self.session.moment();
        let written = Document::first(Lead::SHAPE.kind, &content, &self.identity.actor.0, moment)?;
        let mut numbers = Vec::with_capacity(happened.len());
        for event in happened {
            let context = events::context(self, 1, &written.heads);
            let emitted = events::seal(self, scope, *event, &context).await?;
            let n = self.next_event().await?;
            numbers.push(n);
            let packed = events::pack(&emitted)?;
            self.pending.events.push((n, emitted, packed));
        }
        let entry = audit::Entry {
            at: self.session.at.as_millisecond(),
            actor: self.session.person.0,
            action: happened.first().map_or("edited", |event| event.event_type()),
            object: id,
            before: &[],
            after: &written.heads,
        };
        let next = self.tip.next(&entry);
        self.pending.audit.push(NewAudit {
            seq: next.seq,
            prev: self.tip.hash,
            hash: next.hash,
            at: entry.at,
            action: happened.first().map_or("edited", |event| event.event_type()),
            object: id,
            after: written.heads.clone(),
        });
        self.tip = next;
        self.pending.docs.push(NewDoc {
            scope: number,
            id,
            chunk: written.changes.concat(),
            heads: written.heads,
            extras: Extras::new(Shape::person_keys(&content), numbers, None).json()?,
        });
        self.pending.leads.insert(id, lead.clone());
        self.pending.order.push(id);
        self.wrote = true;
        if self.pending.order.len() >= CHUNK {
            self.flush().await?;
        }
        Ok(())
    }

    /// Notes for the undo of a batch, under the number `n`, that it made a lead and wrote nothing to it since; `false`
    /// when the lead is not among those just made.
    pub(crate) fn note_new(&mut self, batch: ImportBatchId, n: i64, lead: Uuid) -> bool {
        if self.places.contains_key(&lead) {
            return false;
        }
        let waiting = || self.pending.docs.iter().rev().find(|doc| doc.id == lead);
        let found = self.last_docs.get(&lead).cloned();
        let Some((scope, heads)) = found.or_else(|| waiting().map(|doc| (doc.scope, doc.heads.clone()))) else {
            return false;
        };
        self.pending.undo.push(NewUndo { batch: batch.0, n, scope, object: lead, heads });
        true
    }

    /// The next number among the notes of a batch, which may have been begun by an earlier command.
    pub(crate) async fn next_note(&mut self, batch: ImportBatchId) -> Result<i64, StoreError> {
        let last = if let Some(last) = self.pending.noted.get(&batch.0) {
            *last
        } else {
            let batch = batch.0.as_bytes().as_slice();
            sqlx::query_scalar!(r#"SELECT ifnull(max(n), 0) AS "n!: i64" FROM undo WHERE batch = ?"#, batch)
                .fetch_one(&mut *self.conn)
                .await?
        };
        self.pending.noted.insert(batch.0, last + 1);
        Ok(last + 1)
    }

    /// Writes what waits. Once this failed it always does.
    pub(crate) async fn flush(&mut self) -> Result<(), StoreError> {
        if self.spoilt {
            return Err(StoreError::Spoilt);
        }
        self.spoilt = true;
        self.write_pending().await?;
        self.spoilt = false;
        Ok(())
    }

    /// A statement that fails leaves a part of itself (`OR FAIL`): the transaction is spoilt by it, so SQLite need not copy
    /// each page for the one statement.
    async fn write_pending(&mut self) -> Result<(), StoreError> {
        let pending = std::mem::take(&mut self.pending);
        self.pending.noted = pending.noted;
        let conn = &mut *self.conn;
        if !pending.keys.is_empty() {
            let mut query = QueryBuilder::<Sqlite>::new("INSERT OR FAIL INTO person_key (scope, key_id, bag, wrap) ");
            query.push_values(&pending.keys, |mut row, (scope, made)| {
                row.push_bind(*scope).push_bind(made.key.as_slice()).push_bind(&made.bag).push_bind(&made.wrap);
            });
            query.build().execute(&mut *conn).await?;
            let mut query = QueryBuilder::<Sqlite>::new("INSERT OR FAIL INTO person_subject (subject, key_id) ");
            query.push_values(&pending.keys, |mut row, (_, made)| {
                row.push_bind(made.subject.as_bytes().to_vec()).push_bind(made.key.as_slice());
            });
            query.build().execute(&mut *conn).await?;
        }
        if !pending.docs.is_empty() {
            let kind = i64::from(Lead::SHAPE.number.0);
            let mut query = QueryBuilder::<Sqlite>::new(
                "INSERT OR FAIL INTO doc (scope, id, kind, tail, heads, schema, size, version) ",
            );
            query.push_values(&pending.docs, |mut row, doc| {
                let size = i64::try_from(doc.chunk.len()).unwrap_or(i64::MAX);
                row.push_bind(doc.scope).push_bind(doc.id.as_bytes().to_vec()).push_bind(kind);
                row.push_bind(&doc.chunk).push_bind(&doc.heads).push_bind(SCHEMA).push_bind(size).push_bind(1i64);
            });
            query.build().execute(&mut *conn).await?;
            let incarnation = self.identity.incarnation.0;
            let mut query = QueryBuilder::<Sqlite>::new(
                "INSERT OR FAIL INTO outbox (scope, kind, item, doc_kind, tail_at, tail_len, body, extras, incarnation) ",
            );
            query.push_values(&pending.docs, |mut row, doc| {
                row.push_bind(doc.scope)
                    .push_bind(outbox::CHANGE)
                    .push_bind(doc.id.as_bytes().to_vec())
                    .push_bind(kind);
                row.push_bind(0i64).push_bind(i64::try_from(doc.chunk.len()).unwrap_or(i64::MAX)).push_bind(Vec::new());
                row.push_bind(&doc.extras).push_bind(incarnation.to_vec());
            });
            query.build().execute(&mut *conn).await?;
        }
        for events in pending.events.chunks(CHUNK) {
            let mut query =
                QueryBuilder::<Sqlite>::new("INSERT OR FAIL INTO outbox_events (n, id, type, subject, at, body) ");
            query.push_values(events, |mut row, (n, event, packed)| {
                row.push_bind(*n).push_bind(event.id.0.as_bytes().to_vec()).push_bind(&event.event_type);
                row.push_bind(event.subject.as_bytes().to_vec())
                    .push_bind(event.time.as_millisecond())
                    .push_bind(packed);
            });
            query.build().execute(&mut *conn).await?;
        }
        if !pending.audit.is_empty() {
            let actor = self.session.person.0;
            let mut query = QueryBuilder::<Sqlite>::new(
                "INSERT OR FAIL INTO audit (seq, prev, hash, at, actor, action, object, before, after) ",
            );
            query.push_values(&pending.audit, |mut row, entry| {
                row.push_bind(entry.seq).push_bind(entry.prev.to_vec()).push_bind(entry.hash.to_vec());
                row.push_bind(entry.at).push_bind(actor.as_bytes().to_vec()).push_bind(entry.action);
                row.push_bind(entry.object.as_bytes().to_vec()).push_bind(Vec::new()).push_bind(&entry.after);
            });
            query.build().execute(&mut *conn).await?;
        }
        if !pending.undo.is_empty() {
            let kind = i64::from(Lead::SHAPE.number.0);
            let mut query =
                QueryBuilder::<Sqlite>::new("INSERT OR FAIL INTO undo (batch, n, scope, object, kind, heads) ");
            query.push_values(&pending.undo, |mut row, undo| {
                row.push_bind(undo.batch.as_bytes().to_vec()).push_bind(undo.n).push_bind(undo.scope);
                row.push_bind(undo.object.as_bytes().to_vec()).push_bind(kind).push_bind(&undo.heads);
            });
            query.build().execute(&mut *conn).await?;
        }
        if !pending.order.is_empty() {
            self.dirty.leads();
            let leads: Vec<&Lead> = pending.order.iter().filter_map(|id| pending.leads.get(id)).collect();
            crate::lead::write(conn, &leads, true).await?;
            // The last chunk may still be noted for an undo; their keys are on disk now.
            self.last_docs = pending.docs.into_iter().map(|doc| (doc.id, (doc.scope, doc.heads))).collect();
            self.ring.forget();
        }
        Ok(())
    }
}
