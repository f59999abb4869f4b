//! The editor of a proposal: what it saves, and what came meanwhile.

use zuc_app::Office;
use zuc_ipc::{
    lead::LeadQuery,
    proposal::{LineEdit, ProductRow, ProposalEdit, ProposalNew, ProposalView},
    shared::Query,
};

use crate::{
    price_list,
    world::{company, shop::Shop},
};

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

async fn product(office: &Office) -> ProductRow {
    let rows = office.product_search(Query { text: String::new(), limit: 9 }).await.expect("products");
    rows.into_iter().next().expect("a product")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_nobody_touched_is_measured_by_the_list_it_was_offered_from() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    price_list(&shop, &office, "SKU,Descripción,Clave SAT,Unidad SAT,Precio\nA-1,Bomba,40151503,H87,100\n").await;
    let product = product(&office).await;
    let view = opened(&office).await;
    let view = saved(&office, &view, |edit| edit.lines = vec![line_of(&product, "2")]).await;
    assert_eq!(view.totals.average_discount_pct, "0");
    let before = office.verify().await.expect("a check").scopes["sales.1"].clone();

    let dearer = "SKU,Descripción,Clave SAT,Unidad SAT,Unidad,Precio\nA-1,Bomba,40151503,H87,Pieza,200\n";
    price_list(&shop, &office, dearer).await;
    // nothing was changed: nothing is written
    saved(&office, &view, |_| ()).await;
    assert_eq!(office.verify().await.expect("a check").scopes["sales.1"], before);
    let view = saved(&office, &view, |edit| edit.title = "Equipo de bombeo".to_owned()).await;
    assert_eq!((view.row.title.as_str(), view.totals.average_discount_pct.as_str()), ("Equipo de bombeo", "0"));
    // another quantity is asked for today, at what the list says today
    let view = saved(&office, &view, |edit| edit.lines[0].quantity = "3".to_owned()).await;
    assert_eq!((view.lines[0].edit.unit_price.as_str(), view.totals.average_discount_pct.as_str()), ("100.00", "50"));
    shop.leave(desk, office).await;
}
