//! The documents and events of a snapshot, made on another thread some hundreds ahead of those that go to disk: making them costs as
//! much as writing them.

use std::collections::BTreeSet;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use tokio::sync::mpsc::Sender;
use uuid::Uuid;
use zuc_domain::shared::{CloudEvent, Scope};
use zuc_protocol::manifest::Unfit;
use zuc_protocol::pack::{self, PackItem, PackedDocument};

use super::begin::Not;
use crate::aggregate::SCHEMA;
use crate::doc::{Content, Document, Written};
use crate::shape::Shape;
use crate::store::{uuid_of, wire_scope};
use crate::{StoreError, aggregate, doc, registry};

/// Documents, or events, that go to disk together.
const CHUNK: usize = 250;
/// Chunks that are made ahead.
pub(super) const AHEAD: usize = 2;

/// A document as whoever has nothing of it makes it.
pub(super) struct Fresh {
    pub(super) packed: PackedDocument,
    pub(super) shape: &'static Shape,
    pub(super) document: Document,
    /// Nothing where its changes add nothing.
    pub(super) written: Option<Written>,
    pub(super) content: Result<Content, StoreError>,
}

impl Fresh {
    pub(super) fn id(&self) -> Uuid {
        self.packed.id.to_uuid()
    }
}

/// What comes next, in the order of the packs.
pub(super) enum Step {
    Documents(Vec<Fresh>),
    Events(Vec<CloudEvent>),
    Other(PackItem),
}

/// Nobody listens any more.
struct Unheard;

/// Steps on their way out.
struct Hand<'t> {
    documents: Vec<Fresh>,
    events: Vec<CloudEvent>,
    to: &'t Sender<Result<Step, Not>>,
}

impl Hand<'_> {
    fn give(&self, step: Result<Step, Not>) -> Result<(), Unheard> {
        self.to.blocking_send(step).map_err(|_closed| Unheard)
    }

    fn document(&mut self, document: Fresh) -> Result<(), Unheard> {
        self.flush_events()?;
        self.documents.push(document);
        if self.documents.len() == CHUNK { self.flush_documents() } else { Ok(()) }
    }

    fn event(&mut self, event: CloudEvent) -> Result<(), Unheard> {
        self.flush_documents()?;
        self.events.push(event);
        if self.events.len() == CHUNK { self.flush_events() } else { Ok(()) }
    }

    fn flush_documents(&mut self) -> Result<(), Unheard> {
        match std::mem::take(&mut self.documents) {
            none if none.is_empty() => Ok(()),
            documents => self.give(Ok(Step::Documents(documents))),
        }
    }

    fn flush_events(&mut self) -> Result<(), Unheard> {
        match std::mem::take(&mut self.events) {
            none if none.is_empty() => Ok(()),
            events => self.give(Ok(Step::Events(events))),
        }
    }

    fn flush(&mut self) -> Result<(), Unheard> {
        self.flush_documents()?;
        self.flush_events()
    }
}

/// Hands out what opened packs hold, to the first that is not what it says, or until nobody listens.
pub(super) fn steps(opened: Vec<Vec<u8>>, scope: Scope, actor: &[u8], to: &Sender<Result<Step, Not>>) {
    let mut hand = Hand { documents: Vec::new(), events: Vec::new(), to };
    for pack in opened {
        let Ok(items) = pack::items(&pack) else {
            let _unheard = hand.give(Err(Not::Unfit(Unfit::Malformed)));
            return;
        };
        for (item, _) in items {
            let handed = match item {
                PackItem::Document(packed) => match fresh(packed, scope, actor) {
                    Ok(made) => hand.document(made),
                    Err(not) => hand.give(Err(not)),
                },
                PackItem::Event(json) => match event(&json) {
                    Ok(event) => hand.event(event),
                    Err(not) => hand.give(Err(not)),
                },
                other => hand.flush().and_then(|()| hand.give(Ok(Step::Other(other)))),
            };
            if handed.is_err() {
                return;
            }
        }
    }
    let _unheard = hand.flush();
}

/// An event as a pack says it.
pub(super) fn event(json: &str) -> Result<CloudEvent, Not> {
    serde_json::from_str(json).map_err(|_| Not::Unfit(Unfit::Malformed))
}

/// How a packed document lies, if it may lie in this scope.
pub(super) fn shape_of(packed: &PackedDocument, scope: Scope) -> Result<&'static Shape, Not> {
    let shape = registry::shape(packed.kind).ok_or(Not::Unfit(Unfit::OtherFold))?;
    let is_home = zuc_protocol::home::home_of_document(packed.kind).is_some_and(|home| home.holds(wire_scope(scope)));
    if is_home { Ok(shape) } else { Err(Not::Unfit(Unfit::Forged)) }
}

/// Applies what is packed to a document, as a receiver would; what it gained.
pub(super) fn apply(document: &mut Document, packed: &PackedDocument) -> Result<Option<Written>, Not> {
    // one after the other, for they are of several authors
    let mut written: Option<Written> = None;
    for chunk in doc::split(&packed.chunk.0)? {
        let Some(more) = document.apply(&[chunk])? else { continue };
        match &mut written {
            Some(written) => {
                written.changes.extend(more.changes);
                written.heads = more.heads;
            }
            None => written = Some(more),
        }
    }
    for change in &packed.ignored {
        document.ignore(change.0);
    }
    Ok(written)
}

fn fresh(packed: PackedDocument, scope: Scope, actor: &[u8]) -> Result<Fresh, Not> {
    let shape = shape_of(&packed, scope)?;
    let mut document = aggregate::new_document(shape, scope, packed.id.to_uuid(), actor)?;
    let written = apply(&mut document, &packed)?;
    let content = document.content();
    Ok(Fresh { packed, shape, document, written, content })
}

/// Those of some documents that are here, in whatever scope.
pub(super) async fn standing(conn: &mut SqliteConnection, documents: &[Fresh]) -> Result<BTreeSet<Uuid>, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT DISTINCT id FROM doc INDEXED BY doc_id WHERE id IN (");
    let mut values = query.separated(", ");
    for document in documents {
        values.push_bind(document.id().as_bytes().to_vec());
    }
    query.push(")");
    let found: Vec<Vec<u8>> = query.build_query_scalar().fetch_all(conn).await?;
    found.iter().map(|id| uuid_of("doc", id)).collect()
}

/// Makes the rows of documents that are nowhere yet.
pub(super) async fn insert(conn: &mut SqliteConnection, scope: i64, documents: &[Fresh]) -> Result<(), StoreError> {
    if documents.is_empty() {
        return Ok(());
    }
    let mut query =
        QueryBuilder::<Sqlite>::new("INSERT INTO doc (scope, id, kind, tail, heads, schema, size, version) ");
    let written = documents.iter().filter_map(|fresh| Some((fresh, fresh.written.as_ref()?)));
    query.push_values(written, |mut row, (fresh, written)| {
        let (tail, version) = (written.tail(), i64::try_from(fresh.packed.version).unwrap_or(i64::MAX));
        let size = i64::try_from(tail.len()).unwrap_or(i64::MAX);
        row.push_bind(scope).push_bind(fresh.id().as_bytes().to_vec()).push_bind(i64::from(fresh.shape.number.0));
        row.push_bind(tail).push_bind(written.heads.clone()).push_bind(SCHEMA).push_bind(size).push_bind(version);
    });
    query.build().execute(conn).await?;
    Ok(())
}
