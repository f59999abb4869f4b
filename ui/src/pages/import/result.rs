//! What an import left, and how to take it back.

use leptos::prelude::*;
use zuc_ipc::import::RejectedRow;
use zuc_ipc::list;
use zuc_ipc::shared::{ById, Empty};

use super::dry_run::summary;
use super::{ImportKind, Wizard};
use crate::action::Action;
use crate::components::{FormFailure, Icon};
use crate::format;
use crate::route;
use crate::words::tr;

/// Rows that are named one by one; the others are counted.
const REJECTED: usize = 20;

/// The last step.
#[component]
pub(crate) fn Result(wizard: Wizard) -> impl IntoView {
    let undo = Action::new();
    let save = Action::new();
    let save_rejects = move |_| save.quick::<list::ImportSaveRejects>(Empty {}, |_| ());
    move || {
        wizard.done.get().map(|done| {
        let totals = done.totals;
        let (title, to, go) = match wizard.kind {
            ImportKind::Leads => (tr!(import.done, count = format::count(totals.created)), route::LEADS, tr!(import.see_leads)),
            ImportKind::Products => (tr!(import.done_products, count = format::count(totals.created + totals.merged)), route::PROPOSALS, tr!(import.see_proposals)),
        };
        let batch = done.batch.clone();
        let take_back = move |_| undo.run::<list::ImportUndo>(ById { id: batch.clone() }, move |_| wizard.restart());
        view! {
            <div class="body"><div class="sheet" style="margin:48px auto 0;width:100%" data-testid="import-result">
                <div class="row" style="margin-bottom:4px"><span class="success" style="display:flex"><Icon name="check"/></span><h2 class="h1">{title}</h2></div>
                {(!done.batch.is_empty()).then(|| view! { <p class="t2" style="margin-bottom:20px">{tr!(import.done_about)}</p> })}
                {summary(&totals, wizard.kind)}
                {rejected(&done.rejected)}
                <div class="row" style="margin-top:24px">
                    <a class="btn btn--primary" href=to data-testid="import-see">{go}</a>
                    {(!done.batch.is_empty()).then(|| view! { <button class="btn" on:click=take_back disabled=move || undo.busy.get() data-testid="import-undo"><Icon name="undo"/>
                        {move || if undo.busy.get() { tr!(import.undoing) } else { tr!(common.undo) }}</button> })}
                    {(totals.rejected > 0 && wizard.kind == ImportKind::Leads).then(|| view! { <button class="btn" data-testid="import-save-rejects"
                        on:click=save_rejects><Icon name="out"/>{tr!(import.save_rejects)}</button> })}
                    {(totals.probable_duplicate > 0).then(|| view! { <a class="btn" href=route::HELD data-testid="import-held"><Icon name="merge"/>
                        {tr!(import.decide, count = format::count(totals.probable_duplicate))}</a> })}
                    <button class="btn btn--ghost" on:click=move |_| wizard.restart()>{tr!(import.other_file)}</button>
                </div>
                <FormFailure failure=undo.failure/>
            </div></div>
        }
    })
    }
}

/// The first rows of a list of products that stayed out, and why.
fn rejected(rows: &[RejectedRow]) -> impl IntoView + use<> {
    let lines = rows.iter().take(REJECTED).map(|row| tr!(import.row_out, row = row.row, why = &row.why));
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| view! {
        <ul class="t2" style="margin-top:16px" data-testid="import-rejected-rows">{lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
    })
}
