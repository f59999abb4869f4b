//! The status bar: sync, certificate, shortcuts.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use zuc_ipc::sync::SyncStatus;

use super::sync_log::SyncLog;
use crate::components::{Anchor, Icon, Kbd};
use crate::connection::use_connection;
use crate::format;
use crate::route;
use crate::session::use_session;
use crate::words::tr;

/// How a state of sync looks and reads: icon, class, word, what follows.
fn reading(status: &SyncStatus) -> (&'static str, &'static str, String, String) {
    let pending = format::count(status.pending);
    let waiting =
        if status.pending == 1 { tr!(sync.pending_one).to_owned() } else { tr!(sync.pending, count = pending) };
    let (date, time) = format::local(&status.last_ok);
    let when = if status.last_ok.is_empty() {
        String::new()
    } else if date == format::today() {
        time
    } else {
        format!("{} {time}", format::day_short(&date))
    };
    match status.state.as_str() {
        "up_to_date" => ("check", "row row-1 success", tr!(sync.up_to_date).to_owned(), when),
        "syncing" => (
            "sync",
            "row row-1",
            tr!(sync.syncing).to_owned(),
            tr!(sync.of, done = format::count(status.done), total = format::count(status.total)),
        ),
        "offline" => ("off", "row row-1 warning", tr!(sync.offline).to_owned(), waiting),
        "paused" => ("pause", "row row-1 warning", tr!(sync.paused).to_owned(), waiting),
        "no_relay" => ("laptop", "row row-1", tr!(sync.no_relay).to_owned(), tr!(sync.only_here).to_owned()),
        _ if needs_update(status) => ("warn", "row row-1 danger", tr!(sync.update).to_owned(), waiting),
        _ => ("warn", "row row-1 danger", tr!(sync.error).to_owned(), waiting),
    }
}

/// Whether this program is older than what wrote the data here, or than what a colleague sends.
fn needs_update(status: &SyncStatus) -> bool {
    matches!(status.error.as_deref(), Some("store.read_only" | "sync.too_new"))
}

/// The bar at the bottom of the window.
#[component]
pub(crate) fn StatusBar(sheet: RwSignal<bool>) -> impl IntoView {
    let status = use_connection().status;
    let session = use_session();
    let conflicts = Memo::new(move |_| session.get().map(|boot| boot.counts.conflicts).filter(|count| *count > 0));
    let anchor = RwSignal::new(None::<Anchor>);
    let open = move |event: web_sys::MouseEvent| {
        let Some(button) = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else {
            return;
        };
        let rect = button.get_bounding_client_rect();
        anchor.set(Some(Anchor { left: 8.0, top: rect.top() - 8.0, above: true }));
    };
    view! {
        <footer class="status" aria-label=tr!(shell.status)>
            <button class=move || if anchor.get().is_some() { "status__b is-open" } else { "status__b" } on:click=open
                aria-haspopup="dialog" data-testid="sync-status">
                {move || {
                    let (icon, class, word, after) = reading(&status.get());
                    let spin = if icon == "sync" { "i-14 spin" } else { "i-14" };
                    view! {
                        <span class=class style="gap:6px" role="status"><Icon name=icon class=spin/><span class="m">{word}</span></span>
                        <span class="t3 tn">{after}</span>
                    }
                }}
            </button>
            {move || conflicts.get().map(|count| view! {
                <a class="status__b warning" href=route::CONFLICTS data-testid="status-conflicts"><Icon name="merge" class="i-14"/><span class="m">
                    {if count == 1 { tr!(conflicts.count_one).to_owned() } else { tr!(conflicts.count, count = format::count(count)) }}</span></a>
            })}
            {move || status.get().loss.map(|_| view! {
                <a class="status__b warning" href=format!("{}/sincronia", route::SETTINGS) data-testid="status-lost">
                    <Icon name="warn" class="i-14"/><span class="m">{tr!(sync.lost)}</span></a>
            })}
            {move || status.get().trial_due.then(|| view! {
                <a class="status__b narrow-hide" href=format!("{}/respaldos", route::SETTINGS) data-testid="status-trial">
                    <Icon name="in" class="i-14"/><span class="m">{tr!(sync.trial_due)}</span></a>
            })}
            <span class="sep"></span>
            {move || status.get().csd_days_left.filter(|days| *days <= 60).map(|days| {
                let text = if days < 0 { tr!(sync.csd_expired).to_owned() } else { tr!(sync.csd_days, days = days) };
                view! { <span class=if days <= 30 { "status__b warning narrow-hide" } else { "status__b narrow-hide" }>{text}</span> }
            })}
            <button class="status__b" on:click=move |_| sheet.set(true) data-testid="open-shortcuts"><Kbd key="?"/>{tr!(shell.shortcuts)}</button>
        </footer>
        <SyncLog anchor status/>
    }
}
