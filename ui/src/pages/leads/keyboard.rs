//! The keyboard of the grid: navigation mode, edit mode, and focus that survives a redraw.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{FocusEvent, HtmlElement, KeyboardEvent, Node};

use super::edit;
use super::grid::{COLUMNS, Grid, SCORE};
use crate::keys::{Deed, use_deeds};
use crate::words::tr;

/// Name of a cell in the page.
pub(crate) fn cell_name((row, column): (usize, usize)) -> String {
    format!("{row}-{column}")
}

/// A key inside the grid while no cell is edited.
pub(crate) fn pressed(grid: Grid, event: &KeyboardEvent) {
    if grid.editing.get_untracked() || event.alt_key() || event.meta_key() {
        return;
    }
    let (row, column) = grid.cell.get_untracked();
    let last = grid.rows.total.get_untracked().unwrap_or(0).saturating_sub(1);
    let last = usize::try_from(last).unwrap_or(0);
    let control = event.ctrl_key();
    let to = match event.key().as_str() {
        "ArrowDown" | "j" | "J" if !control => (row + 1, column),
        "ArrowUp" | "k" | "K" if !control => (row.saturating_sub(1), column),
        "ArrowRight" => (row, column + 1),
        "ArrowLeft" => (row, column.saturating_sub(1)),
        "PageDown" => (row + 20, column),
        "PageUp" => (row.saturating_sub(20), column),
        "Home" if control => (0, column),
        "End" if control => (last, column),
        "Home" => (row, 0),
        "End" => (row, COLUMNS - 1),
        "x" | "X" if !control => {
            choose(grid, row);
            (row, column)
        }
        " " if column == 0 => {
            choose(grid, row);
            (row, column)
        }
        "Enter" | "F2" if edit::field_of(column).is_some() => {
            if grid.rows.peek(row).is_some() {
                grid.editing.set(true);
            }
            (row, column)
        }
        "Enter" if column == SCORE => {
            if let Some(cell) = cell_element(grid, (row, column)) {
                grid.open_reasons(row, &cell);
            }
            (row, column)
        }
        " " | "Enter" => {
            peek(grid, row);
            (row, column)
        }
        "Escape" => {
            back(grid);
            (row, column)
        }
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    go(grid, (to.0.min(last), to.1.min(COLUMNS - 1)));
}

/// Puts the tab stop on a cell and shows it; an open panel follows.
pub(crate) fn go(grid: Grid, to: (usize, usize)) {
    let moved = grid.cell.get_untracked().0 != to.0;
    grid.active.set(true);
    grid.window.reveal(to.0);
    if grid.cell.get_untracked() != to {
        grid.cell.set(to);
    }
    if moved
        && grid.open.get_untracked().is_some()
        && let Some(row) = grid.rows.peek(to.0)
    {
        grid.show.run(Some(row.id.clone()));
    }
}

fn choose(grid: Grid, row: usize) {
    if let Some(row) = grid.rows.peek(row) {
        grid.toggle(&row.id);
    }
}

fn peek(grid: Grid, row: usize) {
    if let Some(row) = grid.rows.peek(row) {
        let is_open = grid.open.get_untracked().as_ref() == Some(&row.id);
        grid.show.run((!is_open).then(|| row.id.clone()));
    }
}

/// One thing back: the choice first, then the panel.
fn back(grid: Grid) {
    if grid.chosen.with_untracked(|chosen| !chosen.is_empty()) {
        grid.chosen.update(std::collections::BTreeSet::clear);
    } else if grid.open.get_untracked().is_some() {
        grid.show.run(None);
    }
}

/// The keyboard went elsewhere; a row that was redrawn under it does not count.
pub(crate) fn left(grid: Grid, event: &FocusEvent) {
    let inside =
        |node: &Node| grid.window.node.try_get_untracked().flatten().is_some_and(|grid| grid.contains(Some(node)));
    if event.related_target().and_then(|target| target.dyn_into::<Node>().ok()).is_some_and(|node| !inside(&node)) {
        grid.active.try_set(false);
    }
}

fn cell_element(grid: Grid, cell: (usize, usize)) -> Option<HtmlElement> {
    let selector = format!("[data-cell=\"{}\"]", cell_name(cell));
    grid.window.node.get_untracked()?.query_selector(&selector).ok()??.dyn_into().ok()
}

/// Keeps the focus on the cell with the tab stop while the keyboard is in the grid.
pub(crate) fn keep_focus(grid: Grid) {
    Effect::new(move |_| {
        let cell = grid.cell.get();
        // Also when its row is drawn anew or its editing ends.
        let _ = grid.rows.at(cell.0);
        let editing = grid.editing.get();
        if !grid.active.get_untracked() || editing {
            return;
        }
        request_animation_frame(move || {
            let elsewhere = document().active_element().is_some_and(|element| {
                element.tag_name() != "BODY"
                    && !grid.window.node.get_untracked().is_some_and(|grid| grid.contains(Some(&element)))
            });
            if !elsewhere && let Some(element) = cell_element(grid, cell) {
                // A cell that scrolled away gets its focus back when it is drawn again.
                let _ = element.focus();
            }
        });
    });
}

/// Keys that work wherever the focus is on this page.
pub(crate) fn offer_keys(grid: Grid) {
    let step = move |down: bool| {
        Callback::new(move |()| {
            let (row, column) = grid.cell.get_untracked();
            let last = usize::try_from(grid.rows.total.get_untracked().unwrap_or(0).saturating_sub(1)).unwrap_or(0);
            let row = if !grid.active.get_untracked() {
                row
            } else if down {
                row + 1
            } else {
                row.saturating_sub(1)
            };
            go(grid, (row.min(last), column));
            grid.cell.notify();
        })
    };
    use_deeds(vec![
        Deed { id: "lead.down", title: tr!(leads.next).to_owned(), icon: "dn", keys: &["j"], run: step(true) },
        Deed { id: "lead.up", title: tr!(leads.previous).to_owned(), icon: "up", keys: &["k"], run: step(false) },
        Deed {
            id: "lead.log",
            title: tr!(leads.log_call).to_owned(),
            icon: "phone",
            keys: &["l"],
            run: Callback::new(move |()| {
                if grid.open.get_untracked().is_none()
                    && let Some(row) = grid.rows.peek(grid.cell.get_untracked().0)
                {
                    grid.show.run(Some(row.id.clone()));
                }
                grid.log.update(|log| *log += 1);
            }),
        },
    ]);
}
