//! A cell of the grid, and its undo.

use zuc_app::Office;
use zuc_ipc::lead::{LeadEdit, LeadNew};

use crate::{
    refused,
    world::shop::{Shop, capture, find},
};

/// A lead of this amount.
async fn lead(office: &Office, amount: &str) -> String {
    let new = LeadNew {
        company: "Ferretería Ñandú".to_owned(),
        email: "ana@nandu.example".to_owned(),
        city: "León".to_owned(),
        amount: amount.to_owned(),
        ..LeadNew::default()
    };
    capture(office, new).await
}

fn edit(id: &str, field: &str, old: &str, new: &str) -> LeadEdit {
    LeadEdit { id: id.to_owned(), field: field.to_owned(), old: old.to_owned(), new: new.to_owned() }
}

/// Edits a field and gives the token that takes it back.
async fn edited(office: &Office, edit: LeadEdit) -> String {
    office.lead_edit(edit).await.expect("an edit").undo.expect("a token")
}

async fn amount(office: &Office) -> (String, String) {
    let money = find(office, "nandu").await.amount.expect("an amount");
    (money.amount, money.currency)
}

fn money(amount: &str, currency: &str) -> (String, String) {
    (amount.to_owned(), currency.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_stays_in_its_currency_when_it_is_edited_and_when_that_is_undone() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let id = lead(&office, "US$1,200").await;
    let undo = edited(&office, edit(&id, "amount", "1200.00 USD", "1,300")).await;
    assert_eq!(amount(&office).await, money("1300.00", "USD"));
    office.undo(undo).await.expect("an undo");
    assert_eq!(amount(&office).await, money("1200.00", "USD"));
    // a person may change the currency, and take that back too
    let undo = edited(&office, edit(&id, "amount", "1200 USD", "24,000 MXN")).await;
    assert_eq!(amount(&office).await, money("24000.00", "MXN"));
    office.undo(undo).await.expect("an undo");
    assert_eq!(amount(&office).await, money("1200.00", "USD"));
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_number_in_another_currency_is_another_amount() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let id = lead(&office, "1200").await;
    edited(&office, edit(&id, "amount", "1200.00", "1200 USD")).await;
    // whoever still sees pesos
    refused(office.lead_edit(edit(&id, "amount", "1200.00", "1300")).await, "app.stale", "1200 USD");
    assert_eq!(amount(&office).await, money("1200.00", "USD"));
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_an_amount_on_the_terminal_keeps_its_currency() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let id = lead(&office, "US$1,200").await;
    shop.leave(desk, office).await;
    let ran = shop.run(&["lead", "edit", &id, "amount", "1500"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let (desk, office) = shop.office().await;
    assert_eq!(amount(&office).await, money("1500.00", "USD"));
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_leaves_what_somebody_wrote_since() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let id = lead(&office, "1200").await;
    for (field, old, mine, theirs) in [
        ("city", "León", "Mérida", "Celaya"),
        ("amount", "1200.00", "1,300 MXN", "1300 USD"),
        ("next_step", "", "Llamar|2026-12-01", ""),
    ] {
        let undo = edited(&office, edit(&id, field, old, mine)).await;
        edited(&office, edit(&id, field, mine, theirs)).await;
        refused(office.undo(undo.clone()).await, "undo.changed_since", theirs);
        assert_eq!(office.lead_field(&id, field).await.expect("a field"), theirs);
        // back where it was, it may be taken back; once
        edited(&office, edit(&id, field, theirs, mine)).await;
        office.undo(undo.clone()).await.expect("an undo");
        office.undo(undo).await.expect_err("it was taken back");
    }
    assert_eq!((find(&office, "nandu").await.city.as_str(), amount(&office).await), ("León", money("1200.00", "MXN")));
    shop.leave(desk, office).await;
}
