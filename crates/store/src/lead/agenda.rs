//! What somebody has to do next: leads whose step is due, and those nobody has called.

use jiff::civil::Date;
use sqlx::AssertSqlSafe;
use zuc_domain::shared::PersonId;

use super::list::{LeadRow, Raw, SELECT};
use crate::{Store, StoreError};

/// What waits for somebody, in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgendaCounts {
    /// Leads whose next step is due on the day or before.
    pub due: u64,
    /// Of those, before the day.
    pub late: u64,
    /// Leads nobody has touched; [`Self::MANY`] stands for that many or more.
    pub to_call: u64,
}

impl AgendaCounts {
    /// Where counting those to call ends: nobody reads a larger figure, and all of a long list would have to be walked.
    pub const MANY: u64 = 1_000;
}

impl Store {
    /// How much waits for `owner` on `day`.
    pub async fn agenda_counts(&self, owner: PersonId, day: Date) -> Result<AgendaCounts, StoreError> {
        let (owner, day) = (owner.0.as_bytes().as_slice(), day.to_string());
        let many = i64::try_from(AgendaCounts::MANY).unwrap_or(i64::MAX);
        let row = sqlx::query!(
            r#"SELECT count(*) AS "due!: i64", ifnull(sum(next_step_due < ?1), 0) AS "late!: i64",
                   (SELECT count(*) FROM (SELECT 1 FROM lead_row INDEXED BY lead_untouched
                        WHERE touched = 0 AND owner = ?2 LIMIT ?3)) AS "to_call!: i64"
               FROM lead_row INDEXED BY lead_by_due
               WHERE next_step_due <= ?1 AND facet IN (SELECT n FROM lead_facet WHERE owner = ?2)"#,
            day,
            owner,
            many,
        )
        .fetch_one(self.reader())
        .await?;
        let count = |rows: i64| u64::try_from(rows).unwrap_or_default();
        Ok(AgendaCounts { due: count(row.due), late: count(row.late), to_call: count(row.to_call) })
    }

    /// Leads of `owner` whose next step is due on `day` or before, the oldest first.
    pub async fn leads_due(&self, owner: PersonId, day: Date, limit: u32) -> Result<Vec<LeadRow>, StoreError> {
        let sql = format!(
            "{SELECT} FROM lead_row r INDEXED BY lead_by_due WHERE r.next_step_due <= ?
             AND r.facet IN (SELECT n FROM lead_facet WHERE owner = ?)
             ORDER BY r.next_step_due, r.n LIMIT ?"
        );
        // only constants are put together here
        let query = sqlx::query_as::<_, Raw>(AssertSqlSafe(sql));
        let query = query.bind(day.to_string()).bind(owner.0.as_bytes().to_vec()).bind(limit);
        query.fetch_all(self.reader()).await?.into_iter().map(LeadRow::try_from).collect()
    }

    /// Leads of `owner` that nobody has touched, the best first.
    pub async fn leads_to_call(&self, owner: PersonId, limit: u32) -> Result<Vec<LeadRow>, StoreError> {
        let sql = format!(
            "{SELECT} FROM lead_row r INDEXED BY lead_untouched WHERE r.touched = 0 AND r.owner = ?
             ORDER BY r.score DESC, r.n DESC LIMIT ?"
        );
        let query = sqlx::query_as::<_, Raw>(AssertSqlSafe(sql)).bind(owner.0.as_bytes().to_vec()).bind(limit);
        query.fetch_all(self.reader()).await?.into_iter().map(LeadRow::try_from).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use zuc_domain::lead::NextStep;

    use super::*;
    use crate::testing::{at, device, lead};

    #[tokio::test]
    async fn the_agenda_has_ones_own_leads_by_their_day_and_those_nobody_called() {
        let store = device(1).await;
        let me = at(0).person;
        let mut tx = store.begin(at(0)).await.unwrap();
        for (number, owner, due, called) in [
            (1, Some(me), Some(date(2026, 9, 21)), true),
            (2, Some(me), Some(date(2026, 9, 20)), false),
            (3, Some(me), Some(date(2026, 9, 22)), false),
            (4, Some(me), None, true),
            (5, None, Some(date(2026, 9, 20)), false),
        ] {
            let (mut lead, event) = lead(number, &format!("Persona {number}"), "Una", &tx.act());
            lead.owner = owner;
            lead.next_step = due.map(|due| NextStep { text: "Llamar".into(), due });
            lead.first_contact_at = called.then_some(at(0).at);
            tx.repository().record(&lead, &event).await.unwrap();
        }
        tx.commit().await.unwrap();
        let names = |rows: Vec<LeadRow>| rows.into_iter().map(|row| row.full_name).collect::<Vec<_>>();
        let due = names(store.leads_due(me, at(0).today, 9).await.unwrap());
        assert_eq!(due, ["Persona 2", "Persona 1"]);
        assert_eq!(names(store.leads_to_call(me, 9).await.unwrap()), ["Persona 3", "Persona 2"]);
        assert_eq!(names(store.leads_to_call(me, 1).await.unwrap()), ["Persona 3"]);
        let counts = store.agenda_counts(me, at(0).today).await.unwrap();
        assert_eq!(counts, AgendaCounts { due: 2, late: 1, to_call: 2 });
    }
}
