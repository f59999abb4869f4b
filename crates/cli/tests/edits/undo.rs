//! Undo: what takes a command back leaves all as it was, unless somebody wrote since.

use std::collections::BTreeSet;

use zuc_app::{AppError, Office, UNDO, Undo};
use zuc_ipc::{
    Changes,
    customer::{FiscalProfile, FiscalProfileSet},
    history::{HistoryAsk, HistoryRestore},
    lead::{LeadEdit, LeadNew, LeadsEdit},
};

use crate::{
    proposals::{opened, saved},
    world::{
        company,
        shop::{Shop, capture, refused, search},
    },
};

/// Commands that are done and taken back.
const TURNS: u64 = 40;
/// Commands of which another test shows that they are taken back.
const ELSEWHERE: [&str; 11] = [
    "conflict_settle",
    "file_add",
    "file_remove",
    "import_commit",
    "invoice_set_fiscal",
    "lead_merge",
    "lead_move",
    "products_import",
    "proposal_create",
    "proposal_save",
    "undo",
];

/// What every list shows of what the team sells, as a hash.
async fn rows(office: &Office) -> String {
    let checked = office.verify().await.expect("a check");
    assert_eq!(checked.problems, [""; 0]);
    checked.scopes["sales.1"].split(':').nth(2).expect("a hash of rows").to_owned()
}

/// Draws that differ at each call and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

fn profile(dice: &mut Dice) -> FiscalProfile {
    let buyer = zuc_sample::SampleCompany::buyer(u64::try_from(dice.below(50)).expect("small"));
    FiscalProfile {
        rfc: buyer.rfc,
        legal_name: buyer.name.to_owned(),
        regimen_fiscal: buyer.regimen_fiscal.to_owned(),
        domicilio_cp: buyer.cp.to_owned(),
        uso_cfdi: "G03".to_owned(),
    }
}

async fn cell(office: &Office, lead: &str, dice: &mut Dice) -> LeadEdit {
    let turn = dice.below(1_000_000);
    let cells = [
        ("city", format!("Ciudad {turn}")),
        ("amount", format!("{turn}.50 USD")),
        ("notes", format!("Nota {turn}")),
        ("next_step", format!("Llamar {turn}|2026-12-01")),
        ("company_size", turn.to_string()),
        ("email", format!("uno{turn}@fragua.example")),
        ("industry", if turn.is_multiple_of(2) { "Tecnología" } else { "" }.to_owned()),
    ];
    let (field, new) = cells[dice.below(cells.len())].clone();
    let old = office.lead_field(lead, field).await.expect("a field");
    LeadEdit { id: lead.to_owned(), field: field.to_owned(), old, new }
}

/// Does one command; its name and what came of it.
async fn act(
    office: &Office,
    leads: &[String],
    customer: &str,
    dice: &mut Dice,
) -> (&'static str, Result<Changes, AppError>) {
    let lead = leads[dice.below(leads.len())].clone();
    match dice.below(6) {
        0 => {
            let new = LeadNew { company: format!("Nueva {}", dice.below(1_000_000)), ..LeadNew::default() };
            ("lead_create", office.lead_create(new).await)
        }
        1 => {
            let mut edits = Vec::new();
            for id in leads {
                let old = office.lead_field(id, "next_step").await.expect("a field");
                let new = format!("Visita {}|2026-12-02", dice.below(1_000_000));
                edits.push(LeadEdit { id: id.clone(), field: "next_step".to_owned(), old, new });
            }
            ("leads_edit", office.leads_edit(LeadsEdit { edits }).await)
        }
        2 => {
            let history =
                office.history_get(HistoryAsk { id: lead.clone(), ..HistoryAsk::default() }).await.expect("a history");
            let lines = history.rows.iter().flat_map(|row| row.edits.iter().map(|edit| (row.change.clone(), edit)));
            let lines: Vec<_> = lines.filter(|(_, edit)| edit.restorable).collect();
            let Some((change, edit)) = lines.get(dice.below(lines.len().max(1))) else {
                return ("history_restore", Err(AppError::new("lead.unchanged", "nothing to restore")));
            };
            let (field, seen) = (edit.field.clone(), edit.stands.clone());
            let ask = HistoryRestore { id: lead, change: change.clone(), field, seen };
            ("history_restore", office.history_restore(ask).await)
        }
        3 => {
            let seen = office.customer_fiscal(customer).await.expect("what is shown");
            let set = FiscalProfileSet { customer_id: customer.to_owned(), seen, profile: profile(dice) };
            ("customer_set_fiscal", office.customer_set_fiscal(set).await)
        }
        4 => ("person_oppose", office.person_oppose(lead, dice.below(2) == 0).await),
        _ => ("lead_edit", office.lead_edit(Box::pin(cell(office, &lead, dice)).await).await),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_a_command_back_leaves_all_as_it_was() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let customer = Box::pin(company::customer(&office, 1)).await.customer;
    let mut leads = Vec::new();
    for name in ["Uno", "Dos", "Tres"] {
        let email = format!("{}@fragua.example", name.to_lowercase());
        leads.push(capture(&office, LeadNew { full_name: name.to_owned(), email, ..LeadNew::default() }).await);
    }
    let (mut dice, mut done) = (Dice(2026), BTreeSet::new());
    let mut before = rows(&office).await;
    for turn in 0..TURNS {
        let (command, changes) = Box::pin(act(&office, &leads, &customer, &mut dice)).await;
        let changes = match changes {
            Ok(changes) => changes,
            // drawn twice: there is nothing to do
            Err(error) if error.code.ends_with(".unchanged") => continue,
            Err(error) => panic!("turn {turn}, {command}: {error}"),
        };
        let after = rows(&office).await;
        let token = changes.undo.unwrap_or_else(|| panic!("{command} says how it is taken back"));
        let undone = office.undo(token).await.unwrap_or_else(|error| panic!("turn {turn}, {command}: {error}"));
        assert_eq!(rows(&office).await, before, "turn {turn}, {command} taken back");
        done.insert(command);
        // and what was taken back can be done again
        if let Some(again) = undone.undo {
            office.undo(again).await.unwrap_or_else(|error| panic!("turn {turn}, {command} again: {error}"));
            assert_eq!(rows(&office).await, after, "turn {turn}, {command} done again");
            before = after;
        }
    }
    let told = UNDO.iter().filter(|(_, how)| *how == Undo::Inverse).map(|(name, _)| *name);
    let told: BTreeSet<&str> = told.filter(|name| !ELSEWHERE.contains(name)).collect();
    assert_eq!(done, told, "every command that says so is taken back");
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_did_since_is_not_taken_back() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let created = office.lead_create(LeadNew { company: "Nueva".to_owned(), ..LeadNew::default() }).await;
    let created = created.expect("a lead").undo.expect("a token");
    let lead = search(&office, "Nueva").await.remove(0).id;
    let edit = |old: &str, new: &str| LeadEdit {
        id: lead.clone(),
        field: "city".to_owned(),
        old: old.to_owned(),
        new: new.to_owned(),
    };
    let many = office.leads_edit(LeadsEdit { edits: vec![edit("", "León")] }).await.expect("an edit");
    assert_eq!(many.done, "1 prospecto cambiado");
    refused(office.undo(created.clone()).await, "undo.changed_since");
    office.lead_edit(edit("León", "Mérida")).await.expect("an edit");
    refused(office.undo(many.undo.expect("a token")).await, "undo.changed_since");
    let stale = office.leads_edit(LeadsEdit { edits: vec![edit("León", "Celaya"), edit("Mérida", "Celaya")] }).await;
    assert_eq!(stale.expect("one of them").done, "1 prospecto cambiado; 1 se queda como estaba");
    let none = office.leads_edit(LeadsEdit { edits: vec![edit("León", "Tula")] }).await.expect_err("stale");
    assert_eq!(none.code, "app.stale");

    let customer = Box::pin(company::customer(&office, 1)).await.customer;
    let seen = office.customer_fiscal(&customer).await.expect("what is shown");
    let mut dice = Dice(7);
    let set = |seen: &FiscalProfile, profile: FiscalProfile| {
        office.customer_set_fiscal(FiscalProfileSet { customer_id: customer.clone(), seen: seen.clone(), profile })
    };
    let first = set(&seen, profile(&mut dice)).await.expect("a profile").undo.expect("a token");
    // whoever still sees what was there before
    let failure = set(&seen, profile(&mut dice)).await.expect_err("stale").into_failure();
    assert_eq!((failure.code.as_str(), failure.hint.is_some()), ("app.stale", true));
    let seen = office.customer_fiscal(&customer).await.expect("what is shown");
    set(&seen, profile(&mut dice)).await.expect("another");
    refused(office.undo(first).await, "undo.changed_since");
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_taken_back_to_what_it_said_and_away_where_nobody_wrote_in_it() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let view = opened(&office).await;
    let mut edit = view.form();
    edit.title = "Otro título".to_owned();
    edit.notes = "Entrega en planta".to_owned();
    let first = office.proposal_save(edit).await.expect("a saved draft");
    let undo = first.changes.undo.expect("a token");
    office.undo(undo.clone()).await.expect("taken back");
    let id = view.row.id.clone();
    let now = office.proposal_get(id.clone()).await.expect("a proposal");
    assert_eq!((now.form().title, now.form().notes), (view.form().title, view.form().notes));
    refused(office.undo(undo).await, "undo.changed_since");
    let later = saved(&office, &now, |edit| edit.notes = "Otra nota".to_owned()).await;
    assert_eq!(later.form().notes, "Otra nota");
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_value_is_not_put_over_what_came_meanwhile() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let lead =
        capture(&office, LeadNew { company: "Fragua".to_owned(), city: "León".to_owned(), ..LeadNew::default() }).await;
    let edit = |old: &str, new: &str| LeadEdit {
        id: lead.clone(),
        field: "city".to_owned(),
        old: old.to_owned(),
        new: new.to_owned(),
    };
    office.lead_edit(edit("León", "Mérida")).await.expect("an edit");
    let history =
        office.history_get(HistoryAsk { id: lead.clone(), ..HistoryAsk::default() }).await.expect("a history");
    let row = history.rows.iter().find(|row| row.edits.iter().any(|edit| edit.to == "Mérida")).expect("the edit");
    let line = row.edits.iter().find(|edit| edit.field == "city").expect("the field");
    let ask = HistoryRestore {
        id: lead.clone(),
        change: row.change.clone(),
        field: line.field.clone(),
        seen: line.stands.clone(),
    };
    office.lead_edit(edit("Mérida", "Celaya")).await.expect("another edit");
    let failure = office.history_restore(ask.clone()).await.expect_err("stale").into_failure();
    assert_eq!((failure.code.as_str(), failure.hint.as_deref()), ("app.stale", Some("Ahora dice «Celaya».")));
    office.lead_edit(edit("Celaya", "Mérida")).await.expect("back where it was");
    office.history_restore(ask).await.expect("restored");
    assert_eq!(office.lead_field(&lead, "city").await.expect("a field"), "León");
    shop.leave(desk, office).await;
}
