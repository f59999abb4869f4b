//! The editor of a proposal: what it saves, and what came meanwhile.

use zuc_app::Office;
use zuc_ipc::{
    lead::LeadQuery,
    proposal::{LineEdit, ProductRow, ProposalEdit, ProposalNew, ProposalView},
};

use crate::world::company;

/// An empty proposal to a customer, as the editor shows it.
pub(crate) async fn opened(office: &Office) -> ProposalView {
    let query = LeadQuery { states: vec!["converted".to_owned()], limit: 1, ..LeadQuery::default() };
    let customer = match office.lead_list(query).await.expect("leads").rows.first() {
        Some(lead) => office.lead_get(lead.id.clone()).await.expect("a lead").customer_id.expect("a customer"),
        None => company::customer(office, 1).await.customer,
    };
    let new = ProposalNew { customer_id: customer, title: "Equipo".to_owned(), ..ProposalNew::default() };
    office.proposal_create(new).await.expect("a proposal").view
}

/// What the editor sends of what it shows.
fn form(view: &ProposalView) -> ProposalEdit {
    ProposalEdit {
        id: view.row.id.clone(),
        title: view.row.title.clone(),
        lines: view.lines.iter().map(|line| line.edit.clone()).collect(),
        discount_pct: view.discount_pct.clone(),
        valid_until: view.row.valid_until.clone(),
        terms_days: view.terms_days.to_string(),
        notes: view.notes.clone(),
    }
}

/// Saves what a person changed in a form that shows `view`.
pub(crate) async fn saved(
    office: &Office,
    view: &ProposalView,
    change: impl FnOnce(&mut ProposalEdit),
) -> ProposalView {
    let mut edit = form(view);
    change(&mut edit);
    office.proposal_save(edit).await.expect("a saved draft").view
}

/// A line of a product, at what the list asks for so many.
pub(crate) fn line_of(product: &ProductRow, quantity: &str) -> LineEdit {
    LineEdit { product_id: Some(product.id.clone()), quantity: quantity.to_owned(), ..LineEdit::default() }
}
