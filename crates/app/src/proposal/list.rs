//! The list of proposals.

use zuc_domain::shared::{Action, Object};
use zuc_ipc::{
    proposal::ProposalRow,
    shared::{Page, PersonRef, Query},
};

use crate::{AppError, Office, money};

impl Office {
    /// Proposals, the last changed first, or those that match a text.
    pub async fn proposal_list(&self, query: Query) -> Result<Page<ProposalRow>, AppError> {
        self.allow(Action::ReadProposals, Object::in_scope(self.sales()))?;
        let limit = query.limit.clamp(1, 500);
        let (rows, total) = match query.text.trim() {
            "" => (self.store.proposals(0, limit).await?, Some(self.store.proposal_count().await?)),
            text => (self.store.search_proposals(text, limit).await?, None),
        };
        Ok(Page {
            // a search shows what it found
            total: total.unwrap_or_else(|| u64::try_from(rows.len()).unwrap_or_default()),
            offset: 0,
            rows: rows.into_iter().map(shown).collect(),
        })
    }
}

/// A row as the window shows it.
pub(super) fn shown(row: zuc_store::ProposalRow) -> ProposalRow {
    ProposalRow {
        id: row.id.to_string(),
        number: row.number,
        title: row.title,
        customer: row.customer_name,
        state: row.state,
        total: money::signed(row.total),
        valid_until: row.valid_until,
        owner: Some(PersonRef { id: row.owner.to_string(), name: row.owner_name }),
        unsent: row.unsent,
    }
}
