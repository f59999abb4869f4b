//! Invites and join requests.

use async_trait::async_trait;
use sqlx::FromRow;
use zuc_protocol::ids::InviteId;
use zuc_relay_store::{CompanyId, DeviceId, Enrolment, EnrolmentState, EnrolmentStore, Invite, StoreError};

use crate::{
    PostgresStore,
    row::{db, now_ms},
};

#[derive(FromRow)]
struct EnrolmentRow {
    invite: Vec<u8>,
    device: Vec<u8>,
    bytes: Vec<u8>,
    state: String,
}

impl TryFrom<EnrolmentRow> for Enrolment {
    type Error = StoreError;

    fn try_from(row: EnrolmentRow) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "enrolment", column };
        let state = match row.state.as_str() {
            "waiting" => EnrolmentState::Waiting,
            "approved" => EnrolmentState::Approved,
            _ => return Err(corrupt("state")),
        };
        Ok(Self {
            invite: InviteId::from_slice(&row.invite).ok_or_else(|| corrupt("invite"))?,
            device: DeviceId::from_slice(&row.device).ok_or_else(|| corrupt("device"))?,
            bytes: row.bytes,
            state,
        })
    }
}

#[async_trait]
impl EnrolmentStore for PostgresStore {
    async fn put_invite(&self, company: CompanyId, invite: Invite) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        sqlx::query("INSERT INTO invite (company, id, until_ms, bytes) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
            .bind(&company.0[..])
            .bind(&invite.id.0[..])
            .bind(invite.until_ms)
            .bind(&invite.bytes)
            .execute(&mut *writing)
            .await
            .map_err(db)?;
        writing.commit().await
    }

    async fn invite(&self, company: CompanyId, id: InviteId) -> Result<Option<Invite>, StoreError> {
        let mut reading = self.read_of(company).await?;
        let row: Option<(i64, Vec<u8>)> =
            sqlx::query_as("SELECT until_ms, bytes FROM invite WHERE company = $1 AND id = $2")
                .bind(&company.0[..])
                .bind(&id.0[..])
                .fetch_optional(&mut *reading)
                .await
                .map_err(db)?;
        Ok(row.map(|(until_ms, bytes)| Invite { id, until_ms, bytes }))
    }

    async fn join(
        &self,
        company: CompanyId,
        invite: InviteId,
        device: DeviceId,
        bytes: Vec<u8>,
    ) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        let now = now_ms(&mut writing).await?;
        let row: Option<(i64, Option<Vec<u8>>)> = sqlx::query_as(
            "SELECT invite.until_ms, enrolment.bytes
             FROM invite LEFT JOIN enrolment ON enrolment.company = invite.company AND enrolment.invite = invite.id
             WHERE invite.company = $1 AND invite.id = $2",
        )
        .bind(&company.0[..])
        .bind(&invite.0[..])
        .fetch_optional(&mut *writing)
        .await
        .map_err(db)?;
        match row {
            Some((_, Some(sent))) if sent == bytes => Ok(()),
            Some((until, None)) if now < until => {
                sqlx::query(
                    "INSERT INTO enrolment (company, invite, device, bytes, state, at_ms)
                     VALUES ($1, $2, $3, $4, 'waiting', $5)",
                )
                .bind(&company.0[..])
                .bind(&invite.0[..])
                .bind(&device.0[..])
                .bind(&bytes)
                .bind(now)
                .execute(&mut *writing)
                .await
                .map_err(db)?;
                writing.commit().await
            }
            _ => Err(StoreError::Refused("enrolment.invite_invalid")),
        }
    }

    async fn enrolment(&self, company: CompanyId, invite: InviteId) -> Result<Option<Enrolment>, StoreError> {
        let mut reading = self.read_of(company).await?;
        let row: Option<EnrolmentRow> =
            sqlx::query_as("SELECT invite, device, bytes, state FROM enrolment WHERE company = $1 AND invite = $2")
                .bind(&company.0[..])
                .bind(&invite.0[..])
                .fetch_optional(&mut *reading)
                .await
                .map_err(db)?;
        row.map(Enrolment::try_from).transpose()
    }

    async fn waiting(&self, company: CompanyId) -> Result<Vec<Enrolment>, StoreError> {
        let mut reading = self.read_of(company).await?;
        let rows: Vec<EnrolmentRow> = sqlx::query_as(
            "SELECT invite, device, bytes, state FROM enrolment
             WHERE company = $1 AND state = 'waiting' ORDER BY at_ms LIMIT 100",
        )
        .bind(&company.0[..])
        .fetch_all(&mut *reading)
        .await
        .map_err(db)?;
        rows.into_iter().map(Enrolment::try_from).collect()
    }
}
