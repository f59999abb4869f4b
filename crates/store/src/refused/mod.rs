//! Own changes that nobody takes: out of their documents, and kept apart with what they said.
//!
//! A document that kept one would be of no more use: whatever is written here next builds upon it, and all others lack it.
//! So the document becomes what it is without the change and without all that builds upon it, the device goes on under another
//! incarnation, for no two changes may bear one name, and what was typed can be read where it is kept.

mod document;
mod left;

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::shared::Scope;
use zuc_protocol::Scope as WireScope;
use zuc_protocol::identity::DevicePublic;
use zuc_protocol::ids::{Incarnation, ItemId};
use zuc_protocol::item::{DocKind, Fact};

use self::document::{Of, UPON_REFUSED, range};
pub use self::left::{Leaving, LeftHere, LeftSaid};
use crate::doc::{Edit, Scalar};
use crate::doctor::moment;
use crate::history::FieldEdit;
use crate::keys::random;
use crate::outgoing::delete_unsent;
use crate::persons::Ring;
use crate::projections::analytics::{self, Dirty};
use crate::shape::Shape;
use crate::store::{domain_scope, scope_number, scope_of, uuid_of};
use crate::{Identity, Store, StoreError, erase, outbox, parts, registry};

/// Why what was not sent of a scope that this device leaves is kept apart.
const BEYOND_MARK: &str = "sync.beyond_mark";

/// Something that was written here and that nobody takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptApart {
    /// Where it was to lie.
    pub scope: Scope,
    /// The record, or the fact.
    pub record: Uuid,
    /// What the record is; 0 for a fact.
    pub kind: DocKind,
    /// The stable code of why.
    pub code: String,
    /// When that was known, where it was noted.
    pub at: Option<Timestamp>,
    /// What a change wrote, as far as it can be read: not what was sealed for a person who was forgotten.
    pub edits: Vec<FieldEdit>,
    /// The fact.
    pub fact: Option<Fact>,
}

/// What came of keeping items apart.
#[derive(Default)]
struct Apart {
    /// Documents that say something else now.
    other: Vec<(i64, Uuid)>,
    /// Documents of which nothing is left.
    ended: Vec<(DocKind, ItemId)>,
}

impl Apart {
    fn is_none(&self) -> bool {
        self.other.is_empty() && self.ended.is_empty()
    }
}

impl Store {
    /// Takes items that nobody will accept out of the outbox and out of their documents, and keeps them apart; with `number`
    /// the batch in which they were sealed goes too. What is written next is written under another incarnation of `device`,
    /// this one. The records that say something else now are returned.
    pub async fn refuse_outbox(
        &self,
        scope: WireScope,
        number: Option<u64>,
        outbox: &[i64],
        code: &str,
        device: &DevicePublic,
        now: Timestamp,
    ) -> Result<Vec<(DocKind, ItemId)>, StoreError> {
        let mut tx = self.begin_plain().await?;
        let (touched, next) = self.refuse(&mut tx, outbox, code, device, now).await?;
        if let Some(number) = number {
            delete_unsent(&mut tx, scope_number(domain_scope(scope)), number).await?;
        }
        tx.commit().await?;
        self.go_on_as(next);
        Ok(touched)
    }

    /// As [`Store::refuse_outbox`], inside a transaction; who this device is from its commit on, where that is another.
    pub(crate) async fn refuse(
        &self,
        conn: &mut SqliteConnection,
        rows: &[i64],
        code: &str,
        device: &DevicePublic,
        now: Timestamp,
    ) -> Result<(Vec<(DocKind, ItemId)>, Option<Identity>), StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let Apart { other, ended } = match keep_apart(conn, rows, code, now).await? {
            apart if apart.is_none() => return Ok((Vec::new(), None)),
            apart => apart,
        };
        let incarnation = Incarnation(random(self.inner.entropy.as_ref()));
        let next = Identity { incarnation, actor: device.actor(incarnation), ..identity };
        crate::store::put_identity(conn, &next).await?;
        let ring = Ring::new(self, identity.company.0);
        let mut touched = erase::reproject(ring, conn, &next.actor.0, &other).await?;
        touched.extend(ended);
        self.show_what_it_hid(conn).await?;
        Ok((touched, Some(next)))
    }

    /// How many own changes nobody will take, and that are kept apart here.
    pub async fn kept_apart(&self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM refused").fetch_one(self.reader()).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// What is kept apart, newest first, with what it said.
    pub async fn all_kept_apart(&self, max: u32) -> Result<Vec<KeptApart>, StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let mut conn = self.reader().acquire().await?;
        let rows = sqlx::query!(
            "SELECT scope, kind, item, doc_kind, body, code, edits, at FROM refused ORDER BY n DESC LIMIT ?",
            max
        )
        .fetch_all(&mut *conn)
        .await?;
        let mut ring = Ring::new(self, identity.company.0);
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            let kind = DocKind(u16::try_from(row.doc_kind).unwrap_or(0));
            let edits: Vec<Edit> = serde_json::from_str(&row.edits)?;
            let mut said = Vec::with_capacity(edits.len());
            if let Some(shape) = registry::shape(kind) {
                for edit in edits {
                    let from = open(&mut conn, &mut ring, shape, &edit.field, edit.from.as_ref()).await?;
                    let to = open(&mut conn, &mut ring, shape, &edit.field, edit.to.as_ref()).await?;
                    said.push(FieldEdit { field: edit.field, from, to });
                }
            }
            kept.push(KeptApart {
                scope: scope_of(row.scope)?,
                record: uuid_of("refused", &row.item)?,
                kind,
                code: row.code,
                at: moment(row.at),
                edits: said,
                fact: if row.kind == outbox::FACT { Some(serde_json::from_slice(&row.body)?) } else { None },
            });
        }
        Ok(kept)
    }
}

async fn open(
    conn: &mut SqliteConnection,
    ring: &mut Ring,
    shape: &Shape,
    field: &str,
    scalar: Option<&Scalar>,
) -> Result<Option<serde_json::Value>, StoreError> {
    let Some(scalar) = scalar else { return Ok(None) };
    if let Some(key) = Shape::key_of(scalar) {
        ring.load(conn, &std::iter::once(key).collect()).await?;
    }
    shape.field(field, scalar, ring)
}

/// What was not sent of a scope that this device leaves: nobody merges it any more, and here it is kept apart.
pub(crate) async fn keep_unsent_apart(
    conn: &mut SqliteConnection,
    scope: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let unsent = sqlx::query_scalar!(r#"SELECT n AS "n!: i64" FROM outbox WHERE scope = ? ORDER BY n"#, scope)
        .fetch_all(&mut *conn)
        .await?;
    keep_apart(conn, &unsent, BEYOND_MARK, now).await?;
    Ok(())
}

/// What of which document is refused: where in its tail.
type Documents = BTreeMap<(i64, Uuid), (DocKind, Vec<Range<usize>>)>;

/// Items of the outbox that nobody takes, apart; their documents without them.
async fn keep_apart(
    conn: &mut SqliteConnection,
    rows: &[i64],
    code: &str,
    now: Timestamp,
) -> Result<Apart, StoreError> {
    let rows = parts::with_later_parts(conn, rows).await?;
    let rows = serde_json::to_string(&rows)?;
    let at = now.as_millisecond();
    let found = sqlx::query!(
        r#"SELECT n AS "n!: i64", scope AS "scope!: i64", kind AS "kind!: i64", item AS "item!: Vec<u8>",
               doc_kind AS "doc_kind!: i64", tail_at AS "tail_at!: i64", tail_len AS "tail_len!: i64"
           FROM outbox WHERE n IN (SELECT value FROM json_each(?)) ORDER BY n"#,
        rows,
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut documents = Documents::new();
    for row in found {
        if row.kind == outbox::CHANGE {
            let kind = DocKind(u16::try_from(row.doc_kind).unwrap_or(0));
            let of = documents.entry((row.scope, uuid_of("outbox", &row.item)?)).or_insert((kind, Vec::new()));
            of.1.push(range(row.tail_at, row.tail_len));
            continue;
        }
        sqlx::query!(
            "INSERT INTO refused (scope, kind, item, doc_kind, body, code, edits, at)
             SELECT scope, kind, item, 0, body, ?, '[]', ? FROM outbox WHERE n = ?",
            code,
            at,
            row.n,
        )
        .execute(&mut *conn)
        .await?;
        sqlx::query!("DELETE FROM outbox WHERE n = ?", row.n).execute(&mut *conn).await?;
    }
    let mut apart = Apart::default();
    let mut dirty = Dirty::default();
    for ((scope, id), (kind, out)) in documents {
        let shape = registry::shape(kind).ok_or_else(|| StoreError::corrupt("outbox", "doc_kind", kind.0))?;
        let of = Of { shape, scope, id, code, at };
        of.take_out(conn, &out, &mut apart, &mut dirty).await?;
    }
    analytics::refresh(conn, &dirty).await?;
    Ok(apart)
}
