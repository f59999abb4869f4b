//! The log of exchanges, out of the status bar.

use leptos::prelude::*;
use zuc_ipc::list;
use zuc_ipc::shared::Empty;
use zuc_ipc::sync::{SyncLogRow, SyncStatus};

use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{Anchor, EmptyLine, Icon, Popover, Progress};
use crate::format;
use crate::loaded::loaded;
use crate::words::tr;

/// The popover with the last exchanges and «Sincronizar ahora».
#[component]
pub(crate) fn SyncLog(anchor: RwSignal<Option<Anchor>>, status: RwSignal<SyncStatus>) -> impl IntoView {
    let rows = use_query::<list::SyncLog>(Topics::ALL, move || {
        // Asked when the popover opens, and again with each new state while it is open.
        status.track();
        anchor.get().map(|_| Empty {})
    });
    let now = Action::new();
    let sync = move |_| {
        now.quick::<list::SyncNow>(Empty {}, move |answer| {
            status.try_set(answer);
            rows.reload();
        });
    };
    view! {
        <Popover anchor label=tr!(sync.title) width=408 testid="sync-log">
            <div class="pop__h">
                <span class="b">{tr!(sync.title)}</span>
                <span class="end row">
                    <button class="btn btn--ghost btn--sm" disabled=move || now.busy.get() data-testid="sync-now" on:click=sync>
                        <Icon name="sync"/>{move || if now.busy.get() { tr!(sync.syncing) } else { tr!(sync.now) }}
                    </button>
                </span>
            </div>
            {move || why(&status.get()).map(|why| view! {
                <div class="note bad top" style="margin:12px 16px 4px" data-testid="sync-why">
                    <span style="padding-top:2px;display:flex"><Icon name="warn" class="i-14"/></span><span>{why}</span>
                </div>
            })}
            {move || Some(status.get()).filter(|status| status.state == "syncing" && status.total > 0).map(|status| {
                #[expect(clippy::cast_precision_loss, reason = "a bar's width")]
                let percent = status.done as f64 * 100.0 / status.total as f64;
                view! { <div style="padding:12px 16px 8px"><Progress percent=percent label=tr!(sync.syncing)/></div> }
            })}
            <div style="max-height:320px;overflow:auto">
                {loaded(rows, |rows| if rows.is_empty() {
                    view! { <div style="padding-top:16px"><EmptyLine text=tr!(sync.nothing)/></div> }.into_any()
                } else {
                    view! { <ul class="col" style="padding:4px 0 8px">{rows.iter().take(50).cloned().map(line).collect_view()}</ul> }.into_any()
                })}
            </div>
        </Popover>
    }
}

/// Why nothing is exchanged, and what to do.
fn why(status: &SyncStatus) -> Option<&'static str> {
    status.error.as_deref().filter(|_| status.state == "error").and_then(zuc_ipc::sentence)
}

fn line(row: SyncLogRow) -> impl IntoView {
    let (icon, class) = match row.kind.as_str() {
        "sent" => ("up", "tl__d ok"),
        "received" => ("dn", "tl__d acc"),
        "connected" => ("cloud", "tl__d ok"),
        "disconnected" => ("off", "tl__d"),
        _ => ("warn", "tl__d bad"),
    };
    let (date, time) = format::local(&row.at);
    let when = if date == format::today() { time } else { format!("{} {time}", format::day_short(&date)) };
    view! {
        <li class="row top row-3" style="padding:7px 16px">
            <span class=class style="position:static"><Icon name=icon/></span>
            <span class="col grow"><span>{row.text}</span></span>
            <span class="s12 t3 tn">{when}</span>
        </li>
    }
}
