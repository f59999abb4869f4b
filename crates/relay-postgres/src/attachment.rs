//! Sealed files.

use async_trait::async_trait;
use sqlx::PgConnection;
use zuc_protocol::{attachment::Naming, ids::AttachmentId};
use zuc_relay_store::{
    AttachmentHead, AttachmentPiece, AttachmentStore, CompanyId, PieceOutcome, Scope, StoreError,
    attachment::{DROPPED, NOT_WHOLE, PiecePlan, UNFINISHED_MS, cut, finds_room},
};

use crate::{
    PostgresStore,
    row::{count, db, int, now_ms, scope_number},
};

#[async_trait]
impl AttachmentStore for PostgresStore {
    async fn attachment(
        &self,
        company: CompanyId,
        scope: Scope,
        id: AttachmentId,
    ) -> Result<Option<AttachmentHead>, StoreError> {
        let mut reading = self.read_of(company).await?;
        refuse_dropped(&mut reading, (company, scope, id)).await?;
        head(&mut reading, (company, scope, id)).await
    }

    async fn put_attachment(
        &self,
        company: CompanyId,
        piece: AttachmentPiece,
        quota: u64,
    ) -> Result<PieceOutcome, StoreError> {
        let mut writing = self.write(company).await?;
        let outcome = put(&mut writing, company, &piece, quota).await?;
        writing.commit().await?;
        Ok(outcome)
    }

    async fn attachment_bytes(
        &self,
        company: CompanyId,
        scope: Scope,
        id: AttachmentId,
        at: u64,
        max: usize,
    ) -> Result<Vec<u8>, StoreError> {
        let mut reading = self.read_of(company).await?;
        refuse_dropped(&mut reading, (company, scope, id)).await?;
        let row: Option<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT place, bytes FROM attachment_piece WHERE company = $1 AND scope = $2 AND id = $3 AND place <= $4
                 AND EXISTS (SELECT 1 FROM attachment
                             WHERE company = $1 AND scope = $2 AND id = $3 AND have = size)
             ORDER BY place DESC LIMIT 1",
        )
        .bind(&company.0[..])
        .bind(scope_number(scope))
        .bind(&id.0[..])
        .bind(int(at))
        .fetch_optional(&mut *reading)
        .await
        .map_err(db)?;
        let (place, bytes) = row.ok_or(StoreError::NotFound(NOT_WHOLE))?;
        cut(&bytes, count(place, "attachment_piece", "place")?, at, max).ok_or(StoreError::NotFound(NOT_WHOLE))
    }

    async fn drop_attachment(&self, company: CompanyId, scope: Scope, id: AttachmentId) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        drop_for_good(&mut writing, (company, scope, id)).await?;
        writing.commit().await
    }
}

/// A file's key.
type Key = (CompanyId, Scope, AttachmentId);

async fn put(
    connection: &mut PgConnection,
    company: CompanyId,
    piece: &AttachmentPiece,
    quota: u64,
) -> Result<PieceOutcome, StoreError> {
    let key = (company, piece.scope, piece.id);
    refuse_dropped(connection, key).await?;
    let now = now_ms(connection).await?;
    let plan = PiecePlan::of(head(connection, key).await?, piece);
    if plan.forgets {
        forget(connection, key).await?;
    }
    if !plan.writes {
        return Ok(PieceOutcome::Here(plan.head));
    }
    if plan.begins {
        make_room(connection, company, now, piece.size, quota).await?;
        sqlx::query("INSERT INTO attachment (company, scope, id, size, have, at_ms) VALUES ($1, $2, $3, $4, 0, $5)")
            .bind(&company.0[..])
            .bind(scope_number(piece.scope))
            .bind(&piece.id.0[..])
            .bind(int(piece.size))
            .bind(now)
            .execute(&mut *connection)
            .await
            .map_err(db)?;
    }
    sqlx::query("INSERT INTO attachment_piece (company, scope, id, place, bytes) VALUES ($1, $2, $3, $4, $5)")
        .bind(&company.0[..])
        .bind(scope_number(piece.scope))
        .bind(&piece.id.0[..])
        .bind(int(piece.at))
        .bind(&piece.bytes)
        .execute(&mut *connection)
        .await
        .map_err(db)?;
    if plan.head.is_whole() && name(connection, key).await? != piece.id {
        forget(connection, key).await?;
        return Ok(PieceOutcome::Altered);
    }
    sqlx::query("UPDATE attachment SET have = $4, at_ms = $5 WHERE company = $1 AND scope = $2 AND id = $3")
        .bind(&company.0[..])
        .bind(scope_number(piece.scope))
        .bind(&piece.id.0[..])
        .bind(int(plan.head.have))
        .bind(now)
        .execute(connection)
        .await
        .map_err(db)?;
    Ok(PieceOutcome::Here(plan.head))
}

async fn refuse_dropped(connection: &mut PgConnection, (company, scope, id): Key) -> Result<(), StoreError> {
    let dropped: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM attachment_dropped WHERE company = $1 AND scope = $2 AND id = $3)",
    )
    .bind(&company.0[..])
    .bind(scope_number(scope))
    .bind(&id.0[..])
    .fetch_one(connection)
    .await
    .map_err(db)?;
    if dropped { Err(StoreError::Refused(DROPPED)) } else { Ok(()) }
}

async fn drop_for_good(connection: &mut PgConnection, key: Key) -> Result<(), StoreError> {
    let now = now_ms(connection).await?;
    forget(connection, key).await?;
    let (company, scope, id) = key;
    sqlx::query(
        "INSERT INTO attachment_dropped (company, scope, id, at_ms) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(&company.0[..])
    .bind(scope_number(scope))
    .bind(&id.0[..])
    .bind(now)
    .execute(connection)
    .await
    .map_err(db)?;
    Ok(())
}

async fn head(connection: &mut PgConnection, (company, scope, id): Key) -> Result<Option<AttachmentHead>, StoreError> {
    let row: Option<(i64, i64)> =
        sqlx::query_as("SELECT size, have FROM attachment WHERE company = $1 AND scope = $2 AND id = $3")
            .bind(&company.0[..])
            .bind(scope_number(scope))
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
async fn make_room(
    connection: &mut PgConnection,
    company: CompanyId,
    now: i64,
    size: u64,
    quota: u64,
) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM attachment_piece WHERE company = $1 AND (scope, id) IN
             (SELECT scope, id FROM attachment WHERE company = $1 AND have < size AND at_ms < $2)",
        "DELETE FROM attachment WHERE company = $1 AND have < size AND at_ms < $2",
    ] {
        let swept = sqlx::query(statement).bind(&company.0[..]).bind(now - UNFINISHED_MS);
        swept.execute(&mut *connection).await.map_err(db)?;
    }
    let taken: i64 = sqlx::query_scalar("SELECT COALESCE(SUM(size), 0)::bigint FROM attachment WHERE company = $1")
        .bind(&company.0[..])
        .fetch_one(connection)
        .await
        .map_err(db)?;
    finds_room(count(taken, "attachment", "size")?, size, quota)
}

async fn forget(connection: &mut PgConnection, (company, scope, id): Key) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM attachment_piece WHERE company = $1 AND scope = $2 AND id = $3",
        "DELETE FROM attachment WHERE company = $1 AND scope = $2 AND id = $3",
    ] {
        sqlx::query(statement)
            .bind(&company.0[..])
            .bind(scope_number(scope))
            .bind(&id.0[..])
            .execute(&mut *connection)
            .await
            .map_err(db)?;
    }
    Ok(())
}

/// What the pieces that are here are called, read one by one.
async fn name(connection: &mut PgConnection, (company, scope, id): Key) -> Result<AttachmentId, StoreError> {
    let mut naming = Naming::default();
    let mut after = -1;
    loop {
        let next: Option<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT place, bytes FROM attachment_piece WHERE company = $1 AND scope = $2 AND id = $3 AND place > $4
             ORDER BY place LIMIT 1",
        )
        .bind(&company.0[..])
        .bind(scope_number(scope))
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
