//! One document without the changes of it that nobody takes.

use std::ops::Range;

use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_protocol::ids::ItemId;

use super::Apart;
use crate::doc::{self, Cut, Document, Edit};
use crate::projections::analytics::Dirty;
use crate::shape::Shape;
use crate::store::scope_of;
use crate::{StoreError, aggregate, conflicts, registry};

/// Why a change is out that was itself refused by nobody.
pub(super) const UPON_REFUSED: &str = "sync.upon_refused";

/// Where in a tail what a row of the outbox carries lies.
pub(super) fn range(at: i64, length: i64) -> Range<usize> {
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    at..at.saturating_add(usize::try_from(length).unwrap_or(usize::MAX))
}

/// A document of which changes are refused, and why.
pub(super) struct Of<'a> {
    pub(super) shape: &'static Shape,
    pub(super) scope: i64,
    pub(super) id: Uuid,
    pub(super) code: &'a str,
    pub(super) at: i64,
}

impl Of<'_> {
    /// Takes the changes that lie in `out`, and what builds upon them, out of the document and keeps them apart.
    pub(super) async fn take_out(
        &self,
        conn: &mut SqliteConnection,
        out: &[Range<usize>],
        apart: &mut Apart,
        dirty: &mut Dirty,
    ) -> Result<(), StoreError> {
        let Some(stored) = aggregate::fetch_in(conn, self.shape, self.scope, self.id).await? else {
            // a change whose document is gone has nothing that could be kept
            return self.send_nothing(conn, &Cut::default()).await;
        };
        let cut = doc::cut(&stored.tail, out)?;
        // who reads a document needs no actor
        let mut whole = stored.document(self.shape, &[0])?;
        for gone in &cut.gone {
            let refused = out.iter().any(|range| range.start <= gone.at.start && gone.at.end <= range.end);
            let edits = whole.said_by(gone.change)?;
            self.keep(conn, &gone.bytes, &edits, if refused { self.code } else { UPON_REFUSED }).await?;
        }
        self.send_nothing(conn, &cut).await?;
        let item = ItemId::from_uuid(self.id);
        if cut.is_bare && stored.snapshot.is_empty() {
            self.end(conn, stored.hidden, dirty).await?;
            apart.ended.push((self.shape.number, item));
            return Ok(());
        }
        let mut rest = Document::load(self.shape.kind, &stored.snapshot, &cut.tail, &[0])?.ignoring(&stored.ignored);
        for gone in &cut.gone {
            rest.count_again(gone.change);
        }
        let version = stored.version - i64::try_from(cut.gone.len()).unwrap_or(0);
        let size = i64::try_from(stored.snapshot.len() + cut.tail.len()).unwrap_or(i64::MAX);
        let (id, heads, ignored) = (self.id.as_bytes().as_slice(), rest.heads(), rest.ignored());
        sqlx::query!(
            "UPDATE doc SET tail = ?, heads = ?, size = ?, version = ?, ignored = ? WHERE scope = ? AND id = ?",
            cut.tail,
            heads,
            size,
            version,
            ignored,
            self.scope,
            id,
        )
        .execute(conn)
        .await?;
        apart.other.push((self.scope, self.id));
        Ok(())
    }

    async fn keep(
        &self,
        conn: &mut SqliteConnection,
        bytes: &[u8],
        edits: &[Edit],
        code: &str,
    ) -> Result<(), StoreError> {
        let (id, kind, edits) = (self.id.as_bytes().as_slice(), self.shape.number.0, serde_json::to_string(edits)?);
        sqlx::query!(
            "INSERT INTO refused (scope, kind, item, doc_kind, body, code, edits, at) VALUES (?, 1, ?, ?, ?, ?, ?, ?)",
            self.scope,
            id,
            kind,
            bytes,
            code,
            edits,
            self.at,
        )
        .execute(conn)
        .await?;
        Ok(())
    }

    /// Nothing that went is sent any more; what stays is sent from where it lies now.
    async fn send_nothing(&self, conn: &mut SqliteConnection, cut: &Cut) -> Result<(), StoreError> {
        let id = self.id.as_bytes().as_slice();
        let waiting = sqlx::query!(
            r#"SELECT n AS "n!: i64", tail_at AS "tail_at!: i64", tail_len AS "tail_len!: i64" FROM outbox
               WHERE kind = 1 AND scope = ? AND item = ?"#,
            self.scope,
            id,
        )
        .fetch_all(&mut *conn)
        .await?;
        for row in waiting {
            let was = range(row.tail_at, row.tail_len);
            // a row's changes follow each other: they all stay, or none
            let stays = cut.moved.iter().find(|(at, _)| at.start == was.start).map(|(_, now)| *now);
            if let Some(now) = stays {
                let now = i64::try_from(now).unwrap_or(i64::MAX);
                sqlx::query!("UPDATE outbox SET tail_at = ? WHERE n = ?", now, row.n).execute(&mut *conn).await?;
            } else {
                sqlx::query!("DELETE FROM outbox WHERE n = ?", row.n).execute(&mut *conn).await?;
            }
        }
        Ok(())
    }

    /// Nobody wrote anything of the document but what is out: there is none.
    async fn end(&self, conn: &mut SqliteConnection, hidden: bool, dirty: &mut Dirty) -> Result<(), StoreError> {
        let id = self.id.as_bytes().as_slice();
        if !hidden {
            registry::unproject(self.shape.number, scope_of(self.scope)?, self.id, conn, dirty).await?;
        }
        conflicts::forget(conn, self.scope, self.id).await?;
        sqlx::query!("DELETE FROM unopened WHERE scope = ? AND id = ?", self.scope, id).execute(&mut *conn).await?;
        sqlx::query!("DELETE FROM doc WHERE scope = ? AND id = ?", self.scope, id).execute(conn).await?;
        Ok(())
    }
}
