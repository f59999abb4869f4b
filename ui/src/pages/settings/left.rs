//! What those who left the company could not send: read, taken over piece by piece, thrown away.

use leptos::prelude::*;
use zuc_ipc::left::{Left, LeftChange, LeftDiscard, LeftTake};
use zuc_ipc::list;
use zuc_ipc::shared::Empty as Nothing;

use crate::action::Action;
use crate::backend::{Query, Topics, use_query};
use crate::components::{Badge, Tone};
use crate::format;
use crate::words::tr;

/// All of it; nothing where there is none, or the person neither manages nor administers.
#[component]
pub(super) fn LeftPart(#[prop(into)] may: Signal<bool>) -> impl IntoView {
    let all = use_query::<list::LeftList>(Topics::SETTINGS, move || may.get().then_some(Nothing {}));
    let action = Action::new();
    move || {
        let rows = all.value.get().filter(|_| may.get())?;
        Some(rows.iter().cloned().map(|row| left(row, all, action)).collect_view())
    }
}

fn left(row: Left, all: Query<Vec<Left>>, action: Action) -> impl IntoView {
    let of = StoredValue::new((row.device.clone(), row.scope.clone()));
    let sure = RwSignal::new(false);
    let discard = move |_| {
        if !sure.get_untracked() {
            sure.set(true);
            return;
        }
        let (device, scope) = of.get_value();
        action.quick::<list::LeftGone>(LeftDiscard { device, scope }, move |_| all.reload());
    };
    let lines = row.changes.into_iter().map(|change| line(change, of, all, action)).collect_view();
    view! {
        <section class="sec" style="flex:none" data-testid="left-behind" data-id=row.device>
            <div class="row row-4">
                <div class="col grow">
                    <span class="m">{tr!(devices.left_of, name = row.who)}</span>
                    <span class="s12 t2">{tr!(devices.left_about, day = format::instant(&row.came))}</span>
                </div>
                <button class="btn btn--sm" disabled=move || action.busy.get() on:click=discard data-testid="left-discard">
                    {move || if sure.get() { tr!(devices.left_sure) } else { tr!(devices.left_discard) }}</button>
            </div>
            {(!row.why.is_empty()).then(|| view! { <p class="s12 t2">{row.why}</p> })}
            <ul class="col gap-1" style="margin-top:8px">{lines}</ul>
            {(row.beyond > 0).then(|| view! { <p class="s12 t3">{tr!(devices.left_beyond, count = row.beyond.to_string())}</p> })}
        </section>
    }
}

/// One piece: what it says, and what can be done with it.
fn line(change: LeftChange, of: StoredValue<(String, String)>, all: Query<Vec<Left>>, action: Action) -> impl IntoView {
    let (n, over) = (change.n, change.state == "changed");
    let take = move |_| {
        let (device, scope) = of.get_value();
        action.quick::<list::LeftTaken>(LeftTake { device, scope, n, over }, move |_| all.reload());
    };
    let stands = match change.state.as_str() {
        "there" => Some((Tone::Ok, tr!(devices.left_there))),
        "changed" => Some((Tone::Warn, tr!(devices.left_changed))),
        "waits" => Some((Tone::Neutral, tr!(devices.left_waits))),
        "read" => Some((Tone::Neutral, tr!(devices.left_read))),
        _ => None,
    };
    let label = if over { tr!(devices.left_over) } else { tr!(devices.left_take) };
    let takes = over || change.state == "open";
    view! {
        <li class="row row-4" data-testid="left-change" data-state=change.state>
            <div class="col grow" style="min-width:0">
                <span class="row"><span class="m cut">{change.title}</span>
                    {change.new.then(|| view! { <Badge tone=Tone::Accent text=tr!(devices.left_new)/> })}
                    {stands.map(|(tone, text)| view! { <Badge tone text/> })}</span>
                {change.said.into_iter().map(|said| view! { <span class="s12 t2">{said}</span> }).collect_view()}
            </div>
            <span class="s12 t3 tn">{if change.at.is_empty() { String::new() } else { format::instant(&change.at) }}</span>
            {takes.then(|| view! { <button class="btn btn--sm" disabled=move || action.busy.get() on:click=take data-testid="left-take">{label}</button> })}
        </li>
    }
}
