//! Who is who, for names beside ids, and when their devices acted last.

use std::collections::HashMap;

use jiff::Timestamp;
use zuc_domain::shared::{DeviceId, PersonId};

use crate::store::uuid_of;
use crate::{Store, StoreError, customer, lead, proposal};

impl Store {
    /// Writes the names and roles of the company's people, and the names that rows show beside their ids; those that
    /// stand already cost a look.
    pub async fn set_members(&self, members: &[(PersonId, String, Vec<String>)]) -> Result<(), StoreError> {
        let known = sqlx::query!("SELECT person, name, roles FROM member").fetch_all(self.reader()).await?;
        let stands = |(person, name, roles): &&(PersonId, String, Vec<String>)| {
            let (person, roles) = (person.0.as_bytes().as_slice(), roles.join(","));
            known.iter().any(|row| row.person == person && row.name == *name && row.roles == roles)
        };
        let news: Vec<_> = members.iter().filter(|member| !stands(member)).collect();
        if news.is_empty() {
            return Ok(());
        }
        let mut tx = self.inner.pools.writer.begin_with("BEGIN IMMEDIATE").await?;
        for (person, name, roles) in news {
            let (person, roles) = (person.0.as_bytes().as_slice(), roles.join(","));
            sqlx::query!(
                "INSERT INTO member (person, name, roles, teams) VALUES (?, ?, ?, '1')
                 ON CONFLICT DO UPDATE SET name = excluded.name, roles = excluded.roles",
                person,
                name,
                roles,
            )
            .execute(&mut *tx)
            .await?;
            lead::name_owner(&mut tx, person, name).await?;
            customer::name_owner(&mut tx, person, name).await?;
            proposal::name_owner(&mut tx, person, name).await?;
        }
        Ok(tx.commit().await?)
    }

    /// When each device acted last, as far as it was heard of here: the newest event that came from it.
    pub async fn devices_seen(&self) -> Result<HashMap<DeviceId, Timestamp>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT author AS "author!: Vec<u8>", max(seen_at) AS "at!: i64" FROM author_cursor WHERE seen_at > 0 GROUP BY author"#
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                let at = Timestamp::from_millisecond(row.at);
                let at = at.map_err(|_| StoreError::corrupt("author_cursor", "seen_at", row.at))?;
                Ok((DeviceId(uuid_of("author_cursor", &row.author)?), at))
            })
            .collect()
    }
}
