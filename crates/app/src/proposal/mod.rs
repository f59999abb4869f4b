//! Proposals: products, the editor, the signature, the paper.

mod catalog;
mod edit;
mod list;
mod merge;
mod pdf;
mod sign;
mod view;

pub(crate) use sign::SignatureFact;
pub(crate) use view::{state_label, tax_label};
use zuc_domain::{
    proposal::Proposal,
    shared::{Object, ProposalId},
};
use zuc_store::Tx;

use crate::AppError;

/// The proposal of this id, to write.
pub(crate) async fn load(tx: &mut Tx, id: ProposalId) -> Result<Proposal, AppError> {
    tx.repository::<Proposal>().load(id).await?.ok_or_else(|| AppError::not_found("proposal"))
}

/// Reads an id that came from outside.
pub(crate) fn id(text: &str) -> Result<ProposalId, AppError> {
    text.parse().map_err(|_| AppError::invalid("id"))
}

/// What `authorize` asks about a proposal.
pub(crate) fn object(proposal: &Proposal) -> Object {
    Object { scope: proposal.scope, owner: Some(proposal.owner) }
}
