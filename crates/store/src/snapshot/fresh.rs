//! The documents of a snapshot, made on another thread some hundreds ahead of those that go to disk: making one costs as much as
//! writing it.

use std::collections::BTreeSet;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use tokio::sync::mpsc::Sender;
use uuid::Uuid;
use zuc_domain::shared::Scope;
use zuc_protocol::manifest::Unfit;
use zuc_protocol::pack::{self, PackItem, PackedDocument};

use super::begin::Not;
use crate::aggregate::SCHEMA;
use crate::doc::{Content, Document, Written};
use crate::shape::Shape;
use crate::store::{uuid_of, wire_scope};
use crate::{StoreError, aggregate, doc, registry};

/// Documents that go to disk together.
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
    Other(PackItem),
}

/// Hands out what opened packs hold, to the first that is not what it says, or until nobody listens.
pub(super) fn steps(opened: Vec<Vec<u8>>, scope: Scope, actor: &[u8], to: &Sender<Result<Step, Not>>) {
    let mut documents = Vec::new();
    let hand = |step| to.blocking_send(step).is_ok();
    for pack in opened {
        let Ok(items) = pack::items(&pack) else {
            hand(Err(Not::Unfit(Unfit::Malformed)));
            return;
        };
        for (item, _) in items {
            let PackItem::Document(packed) = item else {
                if !(documents.is_empty() || hand(Ok(Step::Documents(std::mem::take(&mut documents)))))
                    || !hand(Ok(Step::Other(item)))
                {
                    return;
                }
                continue;
            };
            match fresh(packed, scope, actor) {
                Ok(made) => documents.push(made),
                Err(not) => {
                    hand(Err(not));
                    return;
                }
            }
            if documents.len() == CHUNK && !hand(Ok(Step::Documents(std::mem::take(&mut documents)))) {
                return;
            }
        }
    }
    if !documents.is_empty() {
        hand(Ok(Step::Documents(documents)));
    }
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
