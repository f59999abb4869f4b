//! Devices of the company, and those that ask to come in.

use std::time::Duration;

use leptos::prelude::*;
use zuc_ipc::company::{DeviceRow, KeysRotate, PendingDevice};
use zuc_ipc::list;
use zuc_ipc::shared::{ById, Empty as Nothing};

use super::invite::InvitePanel;
use super::left::LeftPart;
use super::revoke::{RevokeDialog, Revoking};
use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{Badge, CodeBoxes, Icon, Tone};
use crate::format;
use crate::labels;
use crate::loaded::loaded;
use crate::shell::OfflineNotice;
use crate::words::tr;

/// The table, the requests above it, the invite at the side.
#[component]
pub(crate) fn DevicesPart(inviting: RwSignal<bool>) -> impl IntoView {
    // each says when it acted last
    let devices = use_query::<list::DeviceList>(Topics::ALL, || Some(Nothing {}));
    let pending = use_query::<list::DevicePending>(Topics::SETTINGS, || Some(Nothing {}));
    // Somebody may be waiting in front of the other screen.
    if let Ok(timer) = set_interval_with_handle(move || pending.reload(), Duration::from_secs(3)) {
        on_cleanup(move || timer.clear());
    }
    // Whoever was invited is here: what counts now is the code at the top.
    let asking = Memo::new(move |_| pending.value.get().map_or(0, |rows| rows.len()));
    Effect::new(move |before: Option<usize>| {
        let now = asking.get();
        if now > before.unwrap_or_default() {
            inviting.set(false);
        }
        now
    });
    let (approve, rotate, release) = (Action::new(), Action::new(), Action::new());
    let administers = Memo::new(move |_| devices.value.get().is_some_and(|rows| administers(&rows)));
    let takes_over = Memo::new(move |_| devices.value.get().is_some_and(|rows| takes_over(&rows)));
    let renew = move || rotate.quick::<list::KeysNew>(KeysRotate::default(), |_| ());
    let revoking = Revoking::new();
    view! {
        <div class="pane">
            <OfflineNotice text=tr!(offline.approve) bar=true/>
            {move || pending.value.get().filter(|rows| !rows.is_empty()).map(|rows| rows.iter().cloned().map(|row| request(row, approve)).collect_view())}
            {loaded(devices, move |rows| table(&rows, revoking, release))}
            <LeftPart may=takes_over/>
            <div class="row row-3 top t2" style="padding:16px 20px"><Icon name="info" class="t3"/><span class="grow">{tr!(devices.about)}</span>
                {move || administers.get().then(|| view! {
                    <button class="btn btn--sm" disabled=move || rotate.busy.get() on:click=move |_| renew() data-testid="keys-rotate">
                        {move || if rotate.busy.get() { tr!(devices.rotating) } else { tr!(devices.rotate) }}</button>
                })}
            </div>
        </div>
        <RevokeDialog revoking/>
        {move || inviting.get().then(|| view! { <InvitePanel inviting/> })}
    }
}

/// Someone waits: compare the code aloud, letter by letter.
fn request(row: PendingDevice, approve: Action) -> impl IntoView {
    let id = StoredValue::new(row.id.clone());
    let same = move |_| approve.quick::<list::DeviceApprove>(ById { id: id.get_value() }, |_| ());
    view! {
        <section class="sec" style="background:var(--surface-selected);flex:none" data-testid="device-request" data-id=row.id>
            <div class="row row-4" style="flex-wrap:wrap">
                <div class="col grow" style="min-width:240px">
                    <span class="row"><span class="m">{row.person_name}</span><Badge tone=Tone::PendingWarn text=tr!(devices.waiting)/></span>
                    <span class="s12 t2">{labels::roles(&row.roles)}</span>
                    <span class="s12 t2" style="margin-top:4px">{tr!(devices.compare)}</span>
                </div>
                <span data-testid="device-code"><CodeBoxes code=row.short_code/></span>
                <button class="btn btn--primary" on:click=same disabled=move || approve.busy.get() || row.behind data-testid="device-approve"><Icon name="check"/>{tr!(devices.same)}</button>
            </div>
            <p class="s12 t3" style="margin-top:8px">{if row.behind { tr!(devices.behind) } else { tr!(devices.not_same) }}</p>
        </section>
    }
}

/// Whether who sits here runs the company's devices.
fn administers(rows: &[DeviceRow]) -> bool {
    rows.iter().any(|row| row.this && row.roles.iter().any(|role| role == "administracion"))
}

/// Whether who sits here may take over what others left behind, where anybody left.
fn takes_over(rows: &[DeviceRow]) -> bool {
    let manages = |row: &DeviceRow| row.roles.iter().any(|role| role == "administracion" || role == "gerencia");
    rows.iter().any(|row| row.removed) && rows.iter().any(|row| row.this && manages(row))
}

fn table(rows: &[DeviceRow], revoking: Revoking, release: Action) -> impl IntoView + use<> {
    let administers = administers(rows);
    let lines = rows.iter().cloned().map(|row| {
        let stopped = (administers && row.stopped).then(|| row.id.clone());
        let let_go = move |id: String| release.quick::<list::DeviceRelease>(ById { id }, |_| ());
        let other = (administers && !row.this && !row.removed).then(|| row.clone());
        let state = match &row {
            row if row.this => (Tone::Accent, tr!(devices.this)),
            row if row.removed => (Tone::Neutral, tr!(devices.removed)),
            row if row.stopped => (Tone::Warn, tr!(devices.stopped)),
            _ => (Tone::Ok, tr!(devices.active)),
        };
        let seen = if row.this { tr!(devices.now).to_owned() } else if row.last_seen.is_empty() { "—".to_owned() } else { format::instant(&row.last_seen) };
        let short: String = row.id.chars().take(8).collect();
        view! {
            <tr class=if row.removed { "is-off" } else { "" } data-testid="device-row" data-id=row.id>
                <td style="height:50px"><span class="row row-3"><Icon name="laptop" class="t3"/><span class="col" style="line-height:18px"><span class="m cut">{tr!(devices.of, name = row.person.clone())}</span><span class="s12 t3 mono">{short}</span></span></span></td>
                <td><span class="col" style="line-height:18px"><span class="cut">{row.person}</span><span class="s12 t3 cut">{labels::roles(&row.roles)}</span></span></td>
                <td><Badge tone=state.0 text=state.1/></td><td class="t2 tn">{format::day(&row.since)}</td><td class="t2 tn narrow-hide">{seen}</td>
                <td style="text-align:right">{stopped.map(|id| view! { <button class="btn btn--sm" disabled=move || release.busy.get() on:click=move |_| let_go(id.clone()) data-testid="device-release">{tr!(devices.release)}</button> })}
                    {other.map(|other| view! { <button class="btn btn--sm" on:click=move |_| revoking.ask(other.clone()) data-testid="device-revoke">{tr!(devices.revoke)}</button> })}</td>
            </tr>
        }
    }).collect_view();
    view! {
        <table class="tbl" data-testid="devices-table"><colgroup><col/><col style="width:28%"/><col style="width:108px"/><col style="width:100px"/><col class="narrow-hide" style="width:148px"/><col style="width:200px"/></colgroup>
            <thead><tr><th>{tr!(devices.device)}</th><th>{tr!(devices.person)}</th><th>{tr!(leads.state)}</th><th>{tr!(devices.since)}</th><th class="narrow-hide">{tr!(devices.seen)}</th><th aria-label=tr!(devices.revoke)></th></tr></thead>
            <tbody>{lines}</tbody></table>
    }
}
