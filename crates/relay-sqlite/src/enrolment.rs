//! Invites and join requests.

use async_trait::async_trait;
use sqlx::FromRow;
use zuc_protocol::ids::InviteId;
use zuc_relay_store::{CompanyId, DeviceId, Enrolment, EnrolmentState, EnrolmentStore, Invite, StoreError};

use crate::{
    SqliteStore,
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
impl EnrolmentStore for SqliteStore {
    async fn put_invite(&self, company: CompanyId, invite: Invite) -> Result<(), StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("INSERT INTO invite (id, until_ms, bytes) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")
                        .bind(&invite.id.0[..])
                        .bind(invite.until_ms)
                        .bind(&invite.bytes)
                        .execute(connection)
                        .await
                        .map_err(db)?;
                    Ok(())
                })
            })
            .await
    }

    async fn invite(&self, company: CompanyId, id: InviteId) -> Result<Option<Invite>, StoreError> {
        let company = self.company(company).await?;
        let row: Option<(i64, Vec<u8>)> = sqlx::query_as("SELECT until_ms, bytes FROM invite WHERE id = ?1")
            .bind(&id.0[..])
            .fetch_optional(&company.readers)
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
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let now = now_ms(connection).await?;
                    let until: Option<i64> = sqlx::query_scalar("SELECT until_ms FROM invite WHERE id = ?1")
                        .bind(&invite.0[..])
                        .fetch_optional(&mut *connection)
                        .await
                        .map_err(db)?;
                    let used: Option<Vec<u8>> = sqlx::query_scalar("SELECT bytes FROM enrolment WHERE invite = ?1")
                        .bind(&invite.0[..])
                        .fetch_optional(&mut *connection)
                        .await
                        .map_err(db)?;
                    match (until, used) {
                        (Some(_), Some(sent)) if sent == bytes => Ok(()),
                        (Some(until), None) if now < until => {
                            sqlx::query(
                                "INSERT INTO enrolment (invite, device, bytes, state, at_ms)
                                 VALUES (?1, ?2, ?3, 'waiting', ?4)",
                            )
                            .bind(&invite.0[..])
                            .bind(&device.0[..])
                            .bind(&bytes)
                            .bind(now)
                            .execute(connection)
                            .await
                            .map_err(db)?;
                            Ok(())
                        }
                        _ => Err(StoreError::Refused("enrolment.invite_invalid")),
                    }
                })
            })
            .await
    }

    async fn enrolment(&self, company: CompanyId, invite: InviteId) -> Result<Option<Enrolment>, StoreError> {
        let company = self.company(company).await?;
        let row: Option<EnrolmentRow> =
            sqlx::query_as("SELECT invite, device, bytes, state FROM enrolment WHERE invite = ?1")
                .bind(&invite.0[..])
                .fetch_optional(&company.readers)
                .await
                .map_err(db)?;
        row.map(Enrolment::try_from).transpose()
    }

    async fn waiting(&self, company: CompanyId) -> Result<Vec<Enrolment>, StoreError> {
        let company = self.company(company).await?;
        let rows: Vec<EnrolmentRow> = sqlx::query_as(
            "SELECT invite, device, bytes, state FROM enrolment WHERE state = 'waiting' ORDER BY at_ms LIMIT 100",
        )
        .fetch_all(&company.readers)
        .await
        .map_err(db)?;
        rows.into_iter().map(Enrolment::try_from).collect()
    }
}
