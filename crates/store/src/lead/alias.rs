//! Leads that live on in another one, and what was written to them late.

use std::collections::HashMap;

use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::lead::{Lead, survivor};
use zuc_domain::shared::{LeadId, Scope};

use crate::aggregate::{Aggregate as _, Repository};
use crate::store::{scope_number, uuid_of};
use crate::tx::Tx;
use crate::{Store, StoreError};

/// A change of a lead's document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateChange {
    /// Under which actor, in hexadecimal.
    pub actor: String,
    /// This device wrote it.
    pub own: bool,
    /// Unix seconds of the author's clock.
    pub at: i64,
    /// The fields that it wrote.
    pub fields: Vec<String>,
}

/// Notes where a lead lives on.
pub(super) async fn point(
    conn: &mut SqliteConnection,
    alias: Uuid,
    survivor: Uuid,
    scope: Scope,
) -> Result<(), StoreError> {
    let (alias, survivor, scope) = (alias.as_bytes().as_slice(), survivor.as_bytes().as_slice(), scope_number(scope));
    sqlx::query!(
        "INSERT INTO lead_alias (alias, survivor, scope) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET survivor = excluded.survivor, scope = excluded.scope",
        alias,
        survivor,
        scope,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes what leads were in the team that they came from.
pub(super) async fn note_origins(conn: &mut SqliteConnection, leads: &[&Lead]) -> Result<(), StoreError> {
    for lead in leads {
        let Some(origin) = lead.moved_from else { continue };
        let (id, origin) = (lead.id.0.as_bytes().as_slice(), origin.0.as_bytes().as_slice());
        let scope = scope_number(lead.scope);
        sqlx::query!(
            "INSERT INTO lead_moved (lead, origin, scope) VALUES (?, ?, ?)
             ON CONFLICT DO UPDATE SET origin = excluded.origin, scope = excluded.scope",
            id,
            origin,
            scope,
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// A lead is no more: nothing is known of where it came from and lives on.
pub(super) async fn forget(conn: &mut SqliteConnection, lead: Uuid) -> Result<(), StoreError> {
    unpoint(conn, lead).await?;
    let lead = lead.as_bytes().as_slice();
    sqlx::query!("DELETE FROM lead_moved WHERE lead = ?", lead).execute(conn).await?;
    Ok(())
}

/// A lead lives on in itself.
pub(super) async fn unpoint(conn: &mut SqliteConnection, lead: Uuid) -> Result<(), StoreError> {
    let lead = lead.as_bytes().as_slice();
    sqlx::query!("DELETE FROM lead_alias WHERE alias = ?", lead).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM lead_late WHERE alias = ?", lead).execute(conn).await?;
    Ok(())
}

/// The same of several, where any lead lives on in another at all.
pub(super) async fn unpoint_all(conn: &mut SqliteConnection, leads: &[&Lead]) -> Result<(), StoreError> {
    let any = sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM lead_alias) AS "any!: bool""#)
        .fetch_one(&mut *conn)
        .await?;
    if any {
        for lead in leads {
            unpoint(conn, lead.id.0).await?;
        }
    }
    Ok(())
}

async fn all(conn: &mut SqliteConnection) -> Result<HashMap<LeadId, LeadId>, StoreError> {
    let rows = sqlx::query!("SELECT alias, survivor FROM lead_alias").fetch_all(conn).await?;
    let id = |bytes: &[u8]| uuid_of("lead_alias", bytes).map(LeadId);
    rows.iter().map(|row| Ok((id(&row.alias)?, id(&row.survivor)?))).collect()
}

async fn survivor_of(conn: &mut SqliteConnection, lead: LeadId) -> Result<LeadId, StoreError> {
    let bytes = lead.0.as_bytes().as_slice();
    let known = sqlx::query_scalar!("SELECT 1 FROM lead_alias WHERE alias = ?", bytes);
    if known.fetch_optional(&mut *conn).await?.is_none() {
        return Ok(lead);
    }
    let ways = all(conn).await?;
    Ok(survivor(lead, |at| ways.get(&at).copied()))
}

async fn aliases_of(conn: &mut SqliteConnection, lead: Uuid) -> Result<Vec<LeadId>, StoreError> {
    let lead = lead.as_bytes().as_slice();
    let rows = sqlx::query_scalar!(
        r#"WITH RECURSIVE one (id) AS (
               SELECT ?1 UNION SELECT alias FROM lead_alias JOIN one ON lead_alias.survivor = one.id
           ) SELECT id AS "id!: Vec<u8>" FROM one WHERE id <> ?1 ORDER BY id"#,
        lead,
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(|id| uuid_of("lead_alias", id).map(LeadId)).collect()
}

impl Store {
    /// The lead that a lead lives on in; itself, where it does in no other.
    pub async fn survivor_of(&self, lead: LeadId) -> Result<LeadId, StoreError> {
        let mut conn = self.reader().acquire().await?;
        survivor_of(&mut conn, lead).await
    }

    /// The leads that live on in a record, whether it is a lead or not; in order of their ids.
    pub async fn aliases_of(&self, record: impl Into<Uuid>) -> Result<Vec<LeadId>, StoreError> {
        let mut conn = self.reader().acquire().await?;
        aliases_of(&mut conn, record.into()).await
    }

    /// Leads that live on in another one and were written to since this device last looked.
    pub async fn late_aliases(&self) -> Result<Vec<LeadId>, StoreError> {
        let kind = i64::from(Lead::SHAPE.number.0);
        let rows = sqlx::query_scalar!(
            r#"SELECT a.alias AS "alias!: Vec<u8>" FROM lead_alias a
               CROSS JOIN doc d ON d.scope = a.scope AND d.id = a.alias AND d.kind = ?
               LEFT JOIN lead_late l ON l.alias = a.alias
               WHERE l.heads IS NULL OR l.heads <> d.heads ORDER BY a.alias"#,
            kind,
        )
        .fetch_all(self.reader())
        .await?;
        rows.iter().map(|id| uuid_of("lead_alias", id).map(LeadId)).collect()
    }
}

impl Store {
    /// Leads that came from another team and are shown, though what they were there lives on in another one: it was let go to
    /// two teams at once.
    pub async fn stray_leads(&self) -> Result<Vec<LeadId>, StoreError> {
        let rows = sqlx::query_scalar!(
            r#"SELECT m.lead AS "lead!: Vec<u8>" FROM lead_moved m JOIN lead_alias a ON a.alias = m.origin
               WHERE a.survivor <> m.lead AND NOT EXISTS (SELECT 1 FROM lead_alias b WHERE b.alias = m.lead)
               ORDER BY m.lead"#
        )
        .fetch_all(self.reader())
        .await?;
        rows.iter().map(|id| uuid_of("lead_moved", id).map(LeadId)).collect()
    }
}

impl Tx {
    /// How often a lead went to `team` before, as far as it is known here.
    pub async fn moves_to(&mut self, lead: LeadId, team: Scope) -> Result<usize, StoreError> {
        self.flush().await?;
        let (lead, scope) = (lead.0.as_bytes().as_slice(), scope_number(team));
        let moves = sqlx::query_scalar!("SELECT count(*) FROM lead_moved WHERE origin = ? AND scope = ?", lead, scope)
            .fetch_one(self.conn())
            .await?;
        Ok(usize::try_from(moves).unwrap_or_default())
    }

    /// As [`Store::survivor_of`], seeing what this transaction wrote.
    pub async fn survivor_of(&mut self, lead: LeadId) -> Result<LeadId, StoreError> {
        self.flush().await?;
        survivor_of(self.conn(), lead).await
    }

    /// As [`Store::aliases_of`], seeing what this transaction wrote.
    pub async fn aliases_of(&mut self, lead: LeadId) -> Result<Vec<LeadId>, StoreError> {
        self.flush().await?;
        aliases_of(self.conn(), lead.0).await
    }

    /// This device has seen what an alias says at `heads`: it is not looked at again before it says something else.
    pub async fn alias_read(&mut self, alias: LeadId, heads: &[u8]) -> Result<(), StoreError> {
        let alias = alias.0.as_bytes().as_slice();
        sqlx::query!(
            "INSERT INTO lead_late (alias, heads) VALUES (?, ?) ON CONFLICT DO UPDATE SET heads = excluded.heads",
            alias,
            heads,
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

impl Repository<'_, Lead> {
    /// The heads of a lead's document when it began: its first change.
    pub async fn begun_at(&mut self, id: LeadId) -> Result<Option<Vec<u8>>, StoreError> {
        let Some((scope, _)) = self.tx.hold(Lead::SHAPE, id.0).await? else { return Ok(None) };
        let Some(held) = self.tx.docs.get_mut(&(scope_number(scope), id.0)) else { return Ok(None) };
        Ok(held.document.edited_since(&[])?.first().map(|first| first.change.to_vec()))
    }

    /// What was written to a lead beside `heads` or after them, oldest first.
    pub async fn changes_since(&mut self, id: LeadId, heads: &[u8]) -> Result<Vec<LateChange>, StoreError> {
        let Some((scope, _)) = self.tx.hold(Lead::SHAPE, id.0).await? else { return Ok(Vec::new()) };
        let Some(held) = self.tx.docs.get_mut(&(scope_number(scope), id.0)) else { return Ok(Vec::new()) };
        let edited = held.document.edited_since(heads)?;
        let device = self.tx.identity.device.0;
        let device = device.as_bytes().as_slice();
        let own = sqlx::query_scalar!("SELECT actor FROM doc_actor WHERE device = ?", device)
            .fetch_all(self.tx.conn())
            .await?;
        Ok(edited
            .into_iter()
            .map(|one| LateChange {
                own: own.contains(&one.actor),
                actor: hex::encode(&one.actor),
                at: one.time,
                fields: one.edits.into_iter().map(|edit| edit.field).collect(),
            })
            .collect())
    }
}
