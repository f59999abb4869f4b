//! Sealed files.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use zuc_protocol::{attachment::Naming, ids::AttachmentId};
use zuc_relay_store::{
    AttachmentHead, AttachmentPiece, AttachmentStore, CompanyId, PieceOutcome, Scope, StoreError,
    attachment::{DROPPED, NOT_WHOLE, PiecePlan, UNFINISHED_MS, cut, finds_room},
};

use crate::{
    SqliteStore,
    row::{count, db, int, now_ms},
};

#[async_trait]
impl AttachmentStore for SqliteStore {
    async fn attachment(
        &self,
        company: CompanyId,
        scope: Scope,
        id: AttachmentId,
    ) -> Result<Option<AttachmentHead>, StoreError> {
        let company = self.company(company).await?;
        let mut connection = company.readers.acquire().await.map_err(db)?;
        refuse_dropped(&mut connection, scope, id).await?;
        head(&mut connection, scope, id).await
    }

    async fn put_attachment(
        &self,
        company: CompanyId,
        piece: AttachmentPiece,
        quota: u64,
    ) -> Result<PieceOutcome, StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| Box::pin(async move { put(connection, &piece, quota).await }))
            .await
    }

    async fn attachment_bytes(
        &self,
        company: CompanyId,
        scope: Scope,
        id: AttachmentId,
        at: u64,
        max: usize,
    ) -> Result<Vec<u8>, StoreError> {
        let company = self.company(company).await?;
        let mut connection = company.readers.acquire().await.map_err(db)?;
        refuse_dropped(&mut connection, scope, id).await?;
        let row: Option<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT place, bytes FROM attachment_piece WHERE scope = ?1 AND id = ?2 AND place <= ?3
                 AND EXISTS (SELECT 1 FROM attachment WHERE scope = ?1 AND id = ?2 AND have = size)
             ORDER BY place DESC LIMIT 1",
        )
        .bind(i64::from(scope.number()))
        .bind(&id.0[..])
        .bind(int(at))
        .fetch_optional(&mut *connection)
        .await
        .map_err(db)?;
        let (place, bytes) = row.ok_or(StoreError::NotFound(NOT_WHOLE))?;
        cut(&bytes, count(place, "attachment_piece", "place")?, at, max).ok_or(StoreError::NotFound(NOT_WHOLE))
    }

    async fn drop_attachment(&self, company: CompanyId, scope: Scope, id: AttachmentId) -> Result<(), StoreError> {
        let company = self.company(company).await?;
        company
            .writer
            .write(move |connection| Box::pin(async move { drop_for_good(connection, scope, id).await }))
            .await?;
        // what was deleted lies in the write-ahead log still; where a reader is in it, its next turn writes it over
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&company.readers).await.map_err(db)?;
        Ok(())
    }
}

async fn put(
    connection: &mut SqliteConnection,
    piece: &AttachmentPiece,
    quota: u64,
) -> Result<PieceOutcome, StoreError> {
    refuse_dropped(connection, piece.scope, piece.id).await?;
    let now = now_ms(connection).await?;
    let plan = PiecePlan::of(head(connection, piece.scope, piece.id).await?, piece);
    if plan.forgets {
        forget(connection, piece.scope, piece.id).await?;
    }
    if !plan.writes {
        return Ok(PieceOutcome::Here(plan.head));
    }
    if plan.begins {
        make_room(connection, now, piece.size, quota).await?;
        sqlx::query("INSERT INTO attachment (scope, id, size, have, at_ms) VALUES (?1, ?2, ?3, 0, ?4)")
            .bind(i64::from(piece.scope.number()))
            .bind(&piece.id.0[..])
            .bind(int(piece.size))
            .bind(now)
            .execute(&mut *connection)
            .await
            .map_err(db)?;
    }
    sqlx::query("INSERT INTO attachment_piece (scope, id, place, bytes) VALUES (?1, ?2, ?3, ?4)")
        .bind(i64::from(piece.scope.number()))
        .bind(&piece.id.0[..])
        .bind(int(piece.at))
        .bind(&piece.bytes)
        .execute(&mut *connection)
        .await
        .map_err(db)?;
    if plan.head.is_whole() && name(connection, piece.scope, piece.id).await? != piece.id {
        forget(connection, piece.scope, piece.id).await?;
        return Ok(PieceOutcome::Altered);
    }
    sqlx::query("UPDATE attachment SET have = ?3, at_ms = ?4 WHERE scope = ?1 AND id = ?2")
        .bind(i64::from(piece.scope.number()))
        .bind(&piece.id.0[..])
        .bind(int(plan.head.have))
        .bind(now)
        .execute(connection)
        .await
        .map_err(db)?;
    Ok(PieceOutcome::Here(plan.head))
}

async fn refuse_dropped(connection: &mut SqliteConnection, scope: Scope, id: AttachmentId) -> Result<(), StoreError> {
    let dropped: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM attachment_dropped WHERE scope = ?1 AND id = ?2)")
            .bind(i64::from(scope.number()))
            .bind(&id.0[..])
            .fetch_one(connection)
            .await
            .map_err(db)?;
    if dropped { Err(StoreError::Refused(DROPPED)) } else { Ok(()) }
}

async fn drop_for_good(connection: &mut SqliteConnection, scope: Scope, id: AttachmentId) -> Result<(), StoreError> {
    let now = now_ms(connection).await?;
    forget(connection, scope, id).await?;
    sqlx::query("INSERT INTO attachment_dropped (scope, id, at_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")
        .bind(i64::from(scope.number()))
        .bind(&id.0[..])
        .bind(now)
        .execute(connection)
        .await
        .map_err(db)?;
    Ok(())
}

async fn head(
    connection: &mut SqliteConnection,
    scope: Scope,
    id: AttachmentId,
) -> Result<Option<AttachmentHead>, StoreError> {
    let row: Option<(i64, i64)> = sqlx::query_as("SELECT size, have FROM attachment WHERE scope = ?1 AND id = ?2")
        .bind(i64::from(scope.number()))
        .bind(&id.0[..])
        .fetch_optional(connection)
        .await
        .map_err(db)?;
    row.map(|(size, have)| {
        Ok(AttachmentHead { size: count(size, "attachment", "size")?, have: count(have, "attachment", "have")? })
    })
    .transpose()
}

/// Refuses a file that does not fit, once what nothing came of is gone.
async fn make_room(connection: &mut SqliteConnection, now: i64, size: u64, quota: u64) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM attachment_piece WHERE (scope, id) IN
             (SELECT scope, id FROM attachment WHERE have < size AND at_ms < ?1)",
        "DELETE FROM attachment WHERE have < size AND at_ms < ?1",
    ] {
        sqlx::query(statement).bind(now - UNFINISHED_MS).execute(&mut *connection).await.map_err(db)?;
    }
    let taken: i64 =
        sqlx::query_scalar("SELECT COALESCE(SUM(size), 0) FROM attachment").fetch_one(connection).await.map_err(db)?;
    finds_room(count(taken, "attachment", "size")?, size, quota)
}

async fn forget(connection: &mut SqliteConnection, scope: Scope, id: AttachmentId) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM attachment_piece WHERE scope = ?1 AND id = ?2",
        "DELETE FROM attachment WHERE scope = ?1 AND id = ?2",
    ] {
        sqlx::query(statement)
            .bind(i64::from(scope.number()))
            .bind(&id.0[..])
            .execute(&mut *connection)
            .await
            .map_err(db)?;
    }
    Ok(())
}

/// What the pieces that are here are called, read one by one.
async fn name(connection: &mut SqliteConnection, scope: Scope, id: AttachmentId) -> Result<AttachmentId, StoreError> {
    let mut naming = Naming::default();
    let mut after = -1;
    loop {
        let next: Option<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT place, bytes FROM attachment_piece WHERE scope = ?1 AND id = ?2 AND place > ?3 ORDER BY place LIMIT 1",
        )
        .bind(i64::from(scope.number()))
        .bind(&id.0[..])
        .bind(after)
        .fetch_optional(&mut *connection)
        .await
        .map_err(db)?;
        let Some((place, bytes)) = next else { return Ok(naming.name()) };
        naming.take(&bytes);
        after = place;
    }
}
