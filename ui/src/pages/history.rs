//! The history of one record, in a dialog over its page: by person, field and day, page by page; an earlier value can be written
//! again.

use std::collections::BTreeSet;

use leptos::prelude::*;
use zuc_ipc::history::{History, HistoryAsk, HistoryEdit, HistoryRestore, HistoryRow, Piece, PieceKind};
use zuc_ipc::list;

use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{Choice, Dialog, DialogHead, EmptyLine, FormFailure, Icon, SelectField};
use crate::format;
use crate::loaded::loaded;
use crate::words::tr;

/// The button that opens it.
#[component]
pub(crate) fn HistoryButton(#[prop(into)] id: Signal<String>) -> impl IntoView {
    let open = RwSignal::new(false);
    // what closes the dialog closes nothing below it
    let pressed = |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
        }
    };
    view! {
        <button class="btn btn--ghost btn--sm" on:click=move |_| open.set(true) data-testid="history-open"><Icon name="clock"/>{tr!(history.title)}</button>
        <span on:keydown=pressed>
        <Dialog open label=tr!(history.title) class="dialog dialog--wide" testid="history">
            <Inside id/>
            <div class="dialog__f"><button class="btn end" on:click=move |_| open.set(false) data-testid="history-close">{tr!(common.close)}</button></div>
        </Dialog>
        </span>
    }
}

/// The changes that are here, and which of them are looked at.
#[derive(Clone, Copy)]
struct Look {
    rows: RwSignal<Vec<HistoryRow>>,
    /// The last change of the last page.
    last: RwSignal<String>,
    more: RwSignal<bool>,
    who: RwSignal<String>,
    field: RwSignal<String>,
    day: RwSignal<String>,
}

impl Look {
    fn new() -> Self {
        let text = || RwSignal::new(String::new());
        Self {
            rows: RwSignal::new(Vec::new()),
            last: text(),
            more: RwSignal::new(false),
            who: text(),
            field: text(),
            day: text(),
        }
    }

    /// Takes a page, after those that are here.
    fn take(self, page: &History) {
        self.last.set(page.rows.last().map(|row| row.change.clone()).unwrap_or_default());
        self.more.set(page.more);
        let shown = page.rows.iter().filter(|row| !row.edits.is_empty()).cloned();
        self.rows.update(|rows| rows.extend(shown));
    }

    /// The changes that are looked at; of each only the fields that are.
    fn shown(self) -> Vec<HistoryRow> {
        let (who, field, day) = (self.who.get(), self.field.get(), self.day.get());
        let is_meant = |row: &HistoryRow| {
            (who.is_empty() || by(row) == who) && (day.is_empty() || format::local(&row.at).0 == day)
        };
        let mut rows: Vec<HistoryRow> = self.rows.get().into_iter().filter(is_meant).collect();
        if !field.is_empty() {
            for row in &mut rows {
                row.edits.retain(|edit| edit.label == field);
            }
            rows.retain(|row| !row.edits.is_empty());
        }
        rows
    }

    /// What can be chosen by: each value that is here once, in order.
    fn choices<T: Ord>(self, of: impl Fn(&HistoryRow) -> Vec<T>, choice: impl Fn(T) -> Choice) -> Vec<Choice> {
        let values: BTreeSet<T> = self.rows.with(|rows| rows.iter().flat_map(of).collect());
        values.into_iter().map(choice).collect()
    }
}

#[component]
fn Inside(id: Signal<String>) -> impl IntoView {
    let ask = move |before: String| HistoryAsk { id: id.get(), before };
    let history = use_query::<list::HistoryGet>(Topics::ALL, move || Some(ask(String::new())));
    let (restore, older) = (Action::new(), Action::new());
    let look = Look::new();
    // what changed stands first: all is read from there again
    Effect::new(move |_| {
        if let Some(newest) = history.value.get() {
            look.rows.set(Vec::new());
            look.take(&newest);
        }
    });
    let go_on = move |_| {
        let ask = HistoryAsk { id: id.get_untracked(), before: look.last.get_untracked() };
        older.run::<list::HistoryGet>(ask, move |page| look.take(&page));
    };
    view! {
        <DialogHead title=tr!(history.title) about=tr!(history.about).to_owned()/>
        <div class="dialog__body">
            <FormFailure failure=restore.elsewhere(&[])/>
            {loaded(history, move |_| view! {
                <Filters look/>
                {move || changes(&look.shown(), id, restore)}
                {move || look.more.get().then(|| view! {
                    <div class="row" style="padding:8px 20px"><button class="btn btn--sm" on:click=go_on disabled=move || older.busy.get() data-testid="history-older"><Icon name="down"/>{tr!(history.older)}</button></div>
                })}
            })}
            <FormFailure failure=older.failure/>
        </div>
    }
}

/// By whom, what and when; nothing to choose from where all is of one.
#[component]
fn Filters(look: Look) -> impl IntoView {
    let plain = |value: String| Choice::new(value.clone(), value);
    let people = Signal::derive(move || look.choices(|row| vec![by(row)], plain));
    let fields =
        Signal::derive(move || look.choices(|row| row.edits.iter().map(|edit| edit.label.clone()).collect(), plain));
    let days = Signal::derive(move || {
        let mut days =
            look.choices(|row| vec![format::local(&row.at).0], |day| Choice::new(day.clone(), format::day(&day)));
        days.reverse();
        days
    });
    view! {
        <div class="row row-3" style="padding:0 20px 12px" data-testid="history-filters">
            <SelectField label=tr!(history.who) value=look.who choices=people unchosen=tr!(history.anybody) testid="history-by"/>
            <SelectField label=tr!(history.field) value=look.field choices=fields unchosen=tr!(history.any_field) testid="history-field"/>
            <SelectField label=tr!(history.day) value=look.day choices=days unchosen=tr!(history.any_day) testid="history-day"/>
        </div>
    }
}

fn changes(rows: &[HistoryRow], id: Signal<String>, restore: Action) -> impl IntoView + use<> {
    if rows.is_empty() {
        return view! { <EmptyLine text=tr!(history.none)/> }.into_any();
    }
    let rows: Vec<_> = rows.iter().map(|row| change(row, id, restore)).collect();
    view! {
        <table class="tbl tbl--lines" data-testid="history-table">
            <colgroup><col style="width:160px"/><col style="width:168px"/><col/></colgroup>
            <thead><tr><th>{tr!(history.when)}</th><th>{tr!(history.who)}</th><th>{tr!(history.what)}</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// Who made a change, as it is said.
fn by(row: &HistoryRow) -> String {
    if row.by.is_empty() { tr!(history.somebody).to_owned() } else { row.by.clone() }
}

fn change(row: &HistoryRow, id: Signal<String>, restore: Action) -> impl IntoView + use<> {
    let device = if row.here {
        tr!(history.here).to_owned()
    } else if row.device.is_empty() {
        String::new()
    } else {
        tr!(history.from, device = row.device)
    };
    let offline = row.offline.then(|| view! { <span class="s12 t3">{tr!(history.offline)}</span> });
    let who = by(row);
    let edits: Vec<_> = row.edits.iter().map(|edit| line(edit, &row.change, id, restore)).collect();
    view! {
        <tr data-testid="history-row" style="vertical-align:top">
            <td class="tn t2"><span class="col">{format::instant(&row.at)}{offline}</span></td>
            <td><span class="col"><span class="m cut">{who}</span><span class="s12 t3">{device}</span></span></td>
            <td style="white-space:normal">{row.begins.then(|| view! { <div class="t2">{tr!(history.begins)}</div> })}{edits}</td>
        </tr>
    }
}

fn line(edit: &HistoryEdit, change: &str, id: Signal<String>, restore: Action) -> impl IntoView + use<> {
    let ask = StoredValue::new((change.to_owned(), edit.field.clone(), edit.stands.clone()));
    let back = move |_| {
        let (change, field, seen) = ask.get_value();
        restore.run::<list::HistoryTakeBack>(HistoryRestore { id: id.get_untracked(), change, field, seen }, |_| ());
    };
    let from = edit.from.clone();
    let title = if from.is_empty() {
        tr!(history.restore_empty).to_owned()
    } else {
        tr!(history.restore_to, text = from.clone())
    };
    view! {
        <div class="row" style="flex-wrap:wrap;gap:4px 8px;height:auto">
            <span class="m">{edit.label.clone()}</span>
            {if edit.pieces.is_empty() { whole(from, edit.to.clone()).into_any() } else { in_words(&edit.pieces).into_any() }}
            {edit.restorable.then(|| view! {
                <button class="btn btn--ghost btn--sm end" title=title on:click=back disabled=move || restore.busy.get() data-testid="history-restore"><Icon name="undo"/>{tr!(history.restore)}</button>
            })}
        </div>
    }
}

/// What it was and what it is, one beside the other.
fn whole(from: String, to: String) -> impl IntoView {
    view! {
        {(!from.is_empty()).then(|| view! { <del class="t3">{from}</del><Icon name="arrow" class="i-12 t3"/> })}
        {if to.is_empty() { view! { <span class="t3">{tr!(history.nothing)}</span> }.into_any() } else { view! { <span>{to}</span> }.into_any() }}
    }
}

/// A text that was changed in part: what went is struck out, what came is underlined.
fn in_words(pieces: &[Piece]) -> impl IntoView + use<> {
    let piece = |piece: &Piece| {
        let text = piece.text.clone();
        match piece.kind {
            PieceKind::Same => view! { <span>{text}</span> }.into_any(),
            PieceKind::Out => view! { <del class="t3">{text}</del> }.into_any(),
            PieceKind::In => view! { <ins class="m">{text}</ins> }.into_any(),
        }
    };
    view! { <span style="white-space:pre-wrap" data-testid="history-words">{pieces.iter().map(piece).collect_view()}</span> }
}
