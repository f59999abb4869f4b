//! Who is who, for names beside ids.

use zuc_domain::shared::PersonId;

use crate::{Store, StoreError};

impl Store {
    /// Writes the names and roles of the company's people, and the names that rows show beside their ids.
    pub async fn set_members(&self, members: &[(PersonId, String, Vec<String>)]) -> Result<(), StoreError> {
        let mut tx = self.inner.pools.writer.begin_with("BEGIN IMMEDIATE").await?;
        for (person, name, roles) in members {
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
            sqlx::query!("UPDATE lead_row SET owner_name = ? WHERE owner = ? AND owner_name <> ?", name, person, name)
                .execute(&mut *tx)
                .await?;
            sqlx::query!(
                "UPDATE customer_row SET owner_name = ? WHERE owner = ? AND owner_name <> ?",
                name,
                person,
                name
            )
            .execute(&mut *tx)
            .await?;
            sqlx::query!(
                "UPDATE proposal_row SET owner_name = ? WHERE owner = ? AND owner_name <> ?",
                name,
                person,
                name
            )
            .execute(&mut *tx)
            .await?;
        }
        Ok(tx.commit().await?)
    }
}
