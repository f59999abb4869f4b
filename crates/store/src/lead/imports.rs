//! What an import compares, and what a batch did to leads.

use std::collections::HashMap;

use zuc_domain::shared::{ImportBatchId, LeadId};

use crate::store::uuid_of;
use crate::tx::Tx;
use crate::{Store, StoreError};

/// A lead as the matcher of an import compares it, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadIdentity {
    /// The lead.
    pub id: LeadId,
    /// Company, mail, phone and RFC; empty where unknown.
    pub company: String,
    /// Mail.
    pub email: String,
    /// Phone.
    pub phone: String,
    /// RFC.
    pub rfc: String,
}

/// What a batch did to one lead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent answers of one query")]
pub struct ImportMark {
    /// The lead.
    pub lead: LeadId,
    /// The batch made it; else it was there.
    pub made: bool,
    /// Its heads before and after each of the batch's writes to a lead that stood already.
    pub fills: Vec<(Vec<u8>, Vec<u8>)>,
    /// Its heads when the batch wrote to it last.
    pub left: Vec<u8>,
    /// Nobody wrote to it since.
    pub same: bool,
    /// It has a row: it was neither deleted nor merged away.
    pub shown: bool,
    /// Something was logged about it.
    pub worked: bool,
}

impl Store {
    /// Every lead as an import compares it.
    pub async fn lead_identities(&self) -> Result<Vec<LeadIdentity>, StoreError> {
        let rows = sqlx::query!("SELECT id, company, email, phone, rfc FROM lead_row ORDER BY n")
            .fetch_all(self.reader())
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(LeadIdentity {
                    id: LeadId(uuid_of("lead_row", &row.id)?),
                    company: row.company,
                    email: row.email,
                    phone: row.phone,
                    rfc: row.rfc,
                })
            })
            .collect()
    }
}

impl Tx {
    /// Remembers that a batch made a lead, and the state in which it left it.
    pub async fn note_import(&mut self, batch: ImportBatchId, lead: LeadId) -> Result<(), StoreError> {
        let n = self.next_note(batch).await?;
        if self.note_new(batch, n, lead.0) { Ok(()) } else { self.note_write(batch, n, lead.0, None).await }
    }

    /// Remembers that a batch wrote to a lead that was there: its heads `before`, and those it has now. What was written
    /// is not copied; the document knows it, and forgets it with the person.
    pub async fn note_fill(&mut self, batch: ImportBatchId, lead: LeadId, before: &[u8]) -> Result<(), StoreError> {
        let n = self.next_note(batch).await?;
        self.note_write(batch, n, lead.0, Some(before)).await
    }

    /// What a batch did, lead by lead in the order in which it came to them.
    pub async fn import_marks(&mut self, batch: ImportBatchId) -> Result<Vec<ImportMark>, StoreError> {
        self.flush().await?;
        let id = batch.0.as_bytes().as_slice();
        let rows = sqlx::query!(
            r#"SELECT u.object, u.heads, u.inverse, d.heads = u.heads AS "same!: bool",
                      EXISTS (SELECT 1 FROM lead_row r WHERE r.id = u.object) AS "shown!: bool",
                      EXISTS (SELECT 1 FROM lead_activity a WHERE a.subject = u.object) AS "worked!: bool"
               FROM undo u JOIN doc d ON d.scope = u.scope AND d.id = u.object WHERE u.batch = ? ORDER BY u.n"#,
            id,
        )
        .fetch_all(self.conn())
        .await?;
        let mut marks: Vec<ImportMark> = Vec::with_capacity(rows.len());
        let mut places = HashMap::with_capacity(rows.len());
        for row in rows {
            let lead = LeadId(uuid_of("undo", &row.object)?);
            let at = *places.entry(lead).or_insert(marks.len());
            if at == marks.len() {
                let (made, shown, worked) = (row.inverse.is_none(), row.shown, row.worked);
                marks.push(ImportMark { lead, made, fills: vec![], left: vec![], same: row.same, shown, worked });
            }
            let mark = &mut marks[at];
            mark.same = row.same;
            mark.left.clone_from(&row.heads);
            if let Some(before) = row.inverse {
                let before = hex::decode(before).map_err(|_| StoreError::corrupt("undo", "inverse", batch.0))?;
                mark.fills.push((before, row.heads));
            }
        }
        Ok(marks)
    }
}
