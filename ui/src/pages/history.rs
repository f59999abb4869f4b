//! The history of one record, in a dialog over its page; an earlier value can be written again.

use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::history::{History, HistoryEdit, HistoryRestore, HistoryRow};
use zuc_ipc::list;
use zuc_ipc::shared::ById;

use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{Dialog, DialogHead, EmptyLine, FormFailure, Icon};
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

#[component]
fn Inside(id: Signal<String>) -> impl IntoView {
    let history = use_query::<list::HistoryGet>(Topics::ALL, move || Some(ById { id: id.get() }));
    let restore = Action::new();
    view! {
        <DialogHead title=tr!(history.title) about=tr!(history.about).to_owned()/>
        <div class="dialog__body">
            <FormFailure failure=restore.elsewhere(&[])/>
            {loaded(history, move |history| changes(&history, id, restore))}
        </div>
    }
}

fn changes(history: &Arc<History>, id: Signal<String>, restore: Action) -> impl IntoView + use<> {
    let rows: Vec<_> =
        history.rows.iter().filter(|row| !row.edits.is_empty()).map(|row| change(row, id, restore)).collect();
    if rows.is_empty() {
        return view! { <EmptyLine text=tr!(history.none)/> }.into_any();
    }
    view! {
        <table class="tbl tbl--lines" data-testid="history-table">
            <colgroup><col style="width:160px"/><col style="width:168px"/><col/></colgroup>
            <thead><tr><th>{tr!(history.when)}</th><th>{tr!(history.who)}</th><th>{tr!(history.what)}</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
        {history.more.then(|| view! { <p class="s12 t3" style="padding:8px 20px">{tr!(history.more)}</p> })}
    }
    .into_any()
}

fn change(row: &HistoryRow, id: Signal<String>, restore: Action) -> impl IntoView + use<> {
    let device = if row.here {
        tr!(history.here).to_owned()
    } else if row.device.is_empty() {
        String::new()
    } else {
        tr!(history.from, device = row.device)
    };
    let who = if row.by.is_empty() { tr!(history.somebody).to_owned() } else { row.by.clone() };
    let edits: Vec<_> = row.edits.iter().map(|edit| line(edit, &row.change, id, restore)).collect();
    view! {
        <tr data-testid="history-row" style="vertical-align:top">
            <td class="tn t2">{format::instant(&row.at)}</td>
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
    let (from, to) = (edit.from.clone(), edit.to.clone());
    let title =
        if from.is_empty() { tr!(history.restore_empty).to_owned() } else { tr!(history.restore_to, text = from) };
    view! {
        <div class="row" style="flex-wrap:wrap;gap:4px 8px">
            <span class="m">{edit.label.clone()}</span>
            {(!from.is_empty()).then(|| view! { <del class="t3">{from.clone()}</del><Icon name="arrow" class="i-12 t3"/> })}
            {if to.is_empty() { view! { <span class="t3">{tr!(history.nothing)}</span> }.into_any() } else { view! { <span>{to}</span> }.into_any() }}
            {edit.restorable.then(|| view! {
                <button class="btn btn--ghost btn--sm end" title=title on:click=back disabled=move || restore.busy.get() data-testid="history-restore"><Icon name="undo"/>{tr!(history.restore)}</button>
            })}
        </div>
    }
}
