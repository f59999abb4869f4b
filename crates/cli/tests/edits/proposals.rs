//! The editor of a proposal: what it saves, and what came meanwhile.

use zuc_app::Office;
use zuc_ipc::{
    lead::LeadQuery,
    proposal::{LineEdit, ProductRow, ProposalEdit, ProposalNew, ProposalView},
    shared::Query,
};

use crate::{
    price_list, refused,
    world::{company, shop::Shop},
};

/// An empty proposal to a customer, as the editor shows it.
pub(crate) async fn opened(office: &Office) -> ProposalView {
    let query = LeadQuery { states: vec!["converted".to_owned()], limit: 1, ..LeadQuery::default() };
    let customer = match office.lead_list(query).await.expect("leads").rows.first() {
        Some(lead) => office.lead_get(lead.id.clone()).await.expect("a lead").customer_id.expect("a customer"),
        None => Box::pin(company::customer(office, 1)).await.customer,
    };
    let new = ProposalNew { customer_id: customer, title: "Equipo".to_owned(), ..ProposalNew::default() };
    office.proposal_create(new).await.expect("a proposal").view
}

/// Saves what a person changed in a form that shows `view`.
pub(crate) async fn saved(
    office: &Office,
    view: &ProposalView,
    change: impl FnOnce(&mut ProposalEdit),
) -> ProposalView {
    let mut edit = view.form();
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

/// Two people open a proposal of two lines.
async fn shared(office: &Office) -> ProposalView {
    let view = opened(office).await;
    let line = |description: &str| LineEdit {
        description: description.to_owned(),
        quantity: "2".to_owned(),
        unit_price: "1500".to_owned(),
        clave_prod_serv: "81112200".to_owned(),
        clave_unidad: "E48".to_owned(),
        ..LineEdit::default()
    };
    saved(office, &view, |edit| edit.lines = vec![line("Servicio"), line("Refacciones")]).await
}

/// What is sent from a form that was read from `view`, with what a person changed in it.
fn typed(view: &ProposalView, change: impl FnOnce(&mut ProposalEdit)) -> ProposalEdit {
    let mut edit = ProposalEdit { base: Some(Box::new(view.form())), ..view.form() };
    change(&mut edit);
    edit
}

fn lines(view: &ProposalView) -> Vec<(&str, &str, &str)> {
    view.lines
        .iter()
        .map(|line| (line.edit.description.as_str(), line.edit.quantity.as_str(), line.edit.unit_price.as_str()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_while_a_proposal_was_edited_stays_where_the_person_left_it_alone() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let read = shared(&office).await;
    let theirs = typed(&read, |edit| {
        edit.notes = "Entrega en planta".to_owned();
        edit.lines[1].unit_price = "1800".to_owned();
        edit.lines.push(LineEdit { id: String::new(), description: "Flete".to_owned(), ..edit.lines[0].clone() });
    });
    let theirs = office.proposal_save(theirs).await.expect("the colleague's");
    assert!(!theirs.merged && theirs.lines.len() == 3, "nothing came, and the new line is named");

    let mine = typed(&read, |edit| {
        edit.title = "Mantenimiento".to_owned();
        edit.lines[0].quantity = "4".to_owned();
    });
    let mine = office.proposal_save(mine).await.expect("mine");
    assert!(mine.merged);
    let sent: Vec<&String> = read.lines.iter().map(|line| &line.edit.id).collect();
    assert_eq!(mine.lines.iter().collect::<Vec<_>>(), sent);
    assert_eq!((mine.view.row.title.as_str(), mine.view.notes.as_str()), ("Mantenimiento", "Entrega en planta"));
    assert_eq!(
        lines(&mine.view),
        [("Servicio", "4", "1500.00"), ("Refacciones", "2", "1800.00"), ("Flete", "2", "1500.00")]
    );
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_changed_in_a_proposal_is_told_before_one_of_them_decides() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let read = shared(&office).await;
    let theirs = typed(&read, |edit| edit.lines[1].unit_price = "1800".to_owned());
    let theirs = office.proposal_save(theirs).await.expect("the colleague's").view;
    let mut mine = typed(&read, |edit| {
        edit.title = "Mantenimiento".to_owned();
        edit.lines[1].unit_price = "1700".to_owned();
    });
    let refusal = refused(office.proposal_save(mine.clone()).await, "app.stale", "1800.00");
    assert_eq!(refusal.field.as_deref(), Some("lines.1.unit_price"));
    let standing = office.proposal_get(read.row.id.clone()).await.expect("the proposal");
    assert_eq!((standing.form(), standing.row.title.as_str()), (theirs.form(), "Equipo"), "nothing was written");
    // who was told, and saves again, decides
    mine.insist = true;
    let saved = office.proposal_save(mine).await.expect("mine").view;
    assert_eq!(saved.row.title, "Mantenimiento");
    assert_eq!(lines(&saved), [("Servicio", "2", "1500.00"), ("Refacciones", "2", "1700.00")]);
    // the same to the same is nothing to decide, and a file without a base takes the place of what stands
    let again = typed(&read, |edit| edit.lines[1].unit_price = "1,700".to_owned());
    assert_eq!(lines(&office.proposal_save(again).await.expect("the same").view), lines(&saved));
    let file = ProposalEdit { lines: vec![read.lines[0].edit.clone()], ..read.form() };
    assert_eq!(lines(&office.proposal_save(file).await.expect("a file").view), [("Servicio", "2", "1500.00")]);
    shop.leave(desk, office).await;
}
