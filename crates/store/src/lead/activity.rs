//! Logged activities: facts, shown in timelines.

use uuid::Uuid;
use zuc_domain::lead::{Activity, ActivitySubject};
use zuc_domain::shared::{PersonId, Scope};
use zuc_protocol::item::Fact;

use crate::aggregate::Projector;
use crate::facts::FactRecord;
use crate::store::{scope_number, uuid_of};
use crate::{Store, StoreError};

/// A line of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityRow {
    /// Unix milliseconds.
    pub at: i64,
    /// `call`, `mail`, `meeting`, `note`, `whatsapp`.
    pub kind: String,
    /// `inbound` or `outbound`.
    pub direction: String,
    /// Who logged it.
    pub by: PersonId,
    /// In words.
    pub text: String,
}

impl FactRecord for Activity {
    const KIND: &'static str = Fact::ACTIVITY;
    // Free text is not sealed: what it may say of a person is told to people, not hidden from them.
    const SEALED: &'static [&'static str] = &[];

    fn uuid(&self) -> Uuid {
        self.id.0
    }

    fn subject(&self) -> Uuid {
        match self.subject {
            ActivitySubject::Lead(id) => id.0,
            ActivitySubject::Customer(id) => id.0,
            ActivitySubject::Opportunity(id) => id.0,
        }
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn by(&self) -> Option<PersonId> {
        Some(self.by)
    }

    async fn project(&self, into: &mut Projector<'_>) -> Result<(), StoreError> {
        let (id, scope, subject) = (self.id.0, scope_number(into.scope), FactRecord::subject(self));
        let (id, subject) = (id.as_bytes().as_slice(), subject.as_bytes().as_slice());
        let (at, kind, direction) = (self.at.as_millisecond(), self.kind.name(), self.direction.name());
        let actor = self.by.0.as_bytes().as_slice();
        sqlx::query!(
            "INSERT INTO lead_activity (id, scope, subject, at, kind, direction, actor, text)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET subject = excluded.subject, at = excluded.at, kind = excluded.kind,
                 direction = excluded.direction, actor = excluded.actor, text = excluded.text",
            id,
            scope,
            subject,
            at,
            kind,
            direction,
            actor,
            self.text,
        )
        .execute(&mut *into.conn)
        .await?;
        Ok(())
    }
}

impl Store {
    /// The activities of a lead, customer or opportunity, newest first; those of a lead with those of the leads that live on
    /// in it.
    pub async fn activities(&self, subject: impl Into<Uuid>, max: u32) -> Result<Vec<ActivityRow>, StoreError> {
        let subject: Uuid = subject.into();
        let subject = subject.as_bytes().as_slice();
        let rows = sqlx::query!(
            r#"WITH RECURSIVE one (id) AS (
                   SELECT ?1 UNION SELECT alias FROM lead_alias JOIN one ON lead_alias.survivor = one.id
               )
               SELECT at AS "at!: i64", kind AS "kind!: String", direction AS "direction!: String",
                   actor AS "actor!: Vec<u8>", text AS "text!: String"
               FROM lead_activity WHERE subject IN (SELECT id FROM one) ORDER BY at DESC LIMIT ?2"#,
            subject,
            max,
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(ActivityRow {
                    at: row.at,
                    kind: row.kind,
                    direction: row.direction,
                    by: PersonId(uuid_of("lead_activity", &row.actor)?),
                    text: row.text,
                })
            })
            .collect()
    }
}
