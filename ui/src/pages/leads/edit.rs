//! Editing a cell in place: the old value goes along, so that the core refuses a stale edit.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;
use zuc_ipc::lead::{LeadEdit, LeadRow};
use zuc_ipc::list;

use super::grid::{COLUMNS, Grid};
use super::keyboard;

/// The field behind a column, where it can be edited in place.
pub(crate) fn field_of(column: usize) -> Option<&'static str> {
    match column {
        1 => Some("company"),
        2 => Some("city"),
        3 => Some("full_name"),
        7 => Some("amount"),
        _ => None,
    }
}

/// What is edited: an amount that is not in pesos says its currency, so that the core sees it is the one the person saw.
fn value_of(row: &LeadRow, field: &str) -> String {
    match field {
        "company" => row.company.clone(),
        "city" => row.city.clone(),
        "full_name" => row.full_name.clone(),
        _ => match row.amount.as_ref() {
            None => String::new(),
            Some(money) if money.currency == "MXN" => money.amount.clone(),
            Some(money) => format!("{} {}", money.amount, money.currency),
        },
    }
}

/// The input inside a cell: `Enter` keeps, `Esc` leaves as it was, `Tab` keeps and goes on.
#[component]
pub(crate) fn CellInput(
    grid: Grid,
    row: Arc<LeadRow>,
    index: usize,
    column: usize,
    #[prop(into)] label: String,
) -> impl IntoView {
    let field = field_of(column).unwrap_or("company");
    let old = value_of(&row, field);
    let value = RwSignal::new(old.clone());
    let node = NodeRef::<html::Input>::new();
    let first = old.clone();
    Effect::new(move |_| {
        if let Some(input) = node.get() {
            // Chosen whole, so that typing replaces it.
            input.set_value(&first);
            // A refused focus only costs a click.
            let _ = input.focus();
            input.select();
        }
    });
    let id = row.id.clone();
    let keep = move || {
        // The page may be gone: an element that goes away still loses its focus.
        let (Some(true), Some(new)) = (grid.editing.try_get_untracked(), value.try_get_untracked()) else { return };
        grid.editing.set(false);
        if new.trim() != old {
            let edit = LeadEdit { id: id.clone(), field: field.to_owned(), old: old.clone(), new };
            grid.save.beside::<list::LeadEditCell>(edit, |_| ());
        }
    };
    let on_blur = keep.clone();
    let pressed = move |event: KeyboardEvent| {
        event.stop_propagation();
        match event.key().as_str() {
            "Enter" => {
                keep();
                keyboard::go(grid, (index, column));
            }
            "Tab" => {
                keep();
                let next = if event.shift_key() {
                    (1..column).rev().find(|column| field_of(*column).is_some())
                } else {
                    (column + 1..COLUMNS).find(|column| field_of(*column).is_some())
                };
                keyboard::go(grid, (index, next.unwrap_or(column)));
                if next.is_some() {
                    grid.editing.set(true);
                }
            }
            "Escape" => grid.editing.set(false),
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <input node_ref=node class="cell" aria-label=label autocomplete="off" spellcheck="false" data-testid="cell-input"
            prop:value=move || value.get() on:input=move |event| value.set(event_target_value(&event))
            on:keydown=pressed on:blur=move |_| on_blur()/>
    }
}
