//! The relay and the exchange.

use leptos::prelude::*;
use zuc_ipc::company::SettingsSet;
use zuc_ipc::list;
use zuc_ipc::shared::Empty as Nothing;
use zuc_ipc::sync::RelayLoss;

use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{FormFailure, Icon, SectionHead, TextField};
use crate::connection::use_connection;
use crate::format;
use crate::session::use_session;
use crate::words::tr;

/// Address of the relay, what waits, «Sincronizar ahora».
#[component]
pub(crate) fn SyncPart() -> impl IntoView {
    let session = use_session();
    let relay = RwSignal::new(
        session
            .boot
            .value
            .get_untracked()
            .and_then(|boot| boot.company.as_ref().map(|company| company.relay_url.clone()))
            .unwrap_or_default(),
    );
    let connection = use_connection().status;
    let loss_now = Memo::new(move |_| connection.get().loss);
    let status = use_query::<list::SyncGet>(Topics::ALL, || Some(Nothing {}));
    let (save, now) = (Action::new(), Action::new());
    let do_save = move || {
        save.run::<list::SettingsChange>(
            SettingsSet { relay_url: Some(relay.get_untracked().trim().to_owned()) },
            |_| (),
        );
    };
    let sync = move |_| now.run::<list::SyncNow>(Nothing {}, move |_| status.reload());
    view! {
        <div class="pane"><div class="sheet col gap-6">
            <form class="col gap-3" on:submit=move |event| { event.prevent_default(); do_save(); }>
                <SectionHead title=tr!(create.relay)/>
                <p class="t2">{tr!(settings.relay_about)}</p>
                <TextField label=tr!(settings.relay_url) value=relay mono=true placeholder="https://" error=save.field("relay_url") testid="relay-url"/>
                <FormFailure failure=save.elsewhere(&["relay_url"])/>
                <div class="row"><button type="submit" class="btn btn--primary" disabled=move || save.busy.get() data-testid="relay-save">{tr!(common.save)}</button></div>
            </form>
            {move || loss_now.get().map(|loss| view! { <Lost loss/> })}
            <section>
                <SectionHead title=tr!(sync.title)/>
                {move || status.value.get().map(|status| view! {
                    <dl class="dl dl--left" style="grid-template-columns:160px 1fr">
                        <dt>{tr!(settings.pending)}</dt><dd class="tn" data-testid="sync-pending">{format::count(status.pending)}</dd>
                        <dt>{tr!(settings.last_ok)}</dt><dd class="tn">{if status.last_ok.is_empty() { "—".to_owned() } else { format::instant(&status.last_ok) }}</dd>
                    </dl>
                })}
                <FormFailure failure=now.failure/>
                <div class="row" style="margin-top:12px"><button class="btn" on:click=sync disabled=move || now.busy.get() data-testid="settings-sync-now"><Icon name="sync"/>{move || if now.busy.get() { tr!(sync.syncing) } else { tr!(sync.now) }}</button></div>
            </section>
        </div></div>
    }
}

/// The relay has lost its data: what happens, who is waited for, and until when.
#[component]
fn Lost(loss: RelayLoss) -> impl IntoView {
    let thaw = Action::new();
    let decide = move |_| thaw.run::<list::RelayThaw>(Nothing {}, |_| ());
    let waits = if loss.waits.is_empty() { tr!(sync.lost_nobody).to_owned() } else { loss.waits.join(", ") };
    let is_due = loss.decidable <= format::now();
    view! {
        <section class="note warn" role="status" data-testid="relay-lost" style="align-items:flex-start">
            <Icon name="warn"/>
            <div class="col gap-2">
                <b>{tr!(sync.lost_title)}</b>
                <p>{tr!(sync.lost_about)}</p>
                <dl class="dl dl--left" style="grid-template-columns:160px 1fr">
                    <dt>{tr!(sync.lost_since)}</dt><dd class="tn">{format::instant(&loss.since)}</dd>
                    <dt>{tr!(sync.lost_waits)}</dt><dd data-testid="relay-lost-waits">{waits}</dd>
                </dl>
                {if is_due {
                    view! {
                        <p class="t2">{tr!(sync.lost_decide_about)}</p>
                        <FormFailure failure=thaw.failure/>
                        <div class="row"><button class="btn" on:click=decide disabled=move || thaw.busy.get() data-testid="relay-thaw">{tr!(sync.lost_decide)}</button></div>
                    }.into_any()
                } else {
                    view! { <p class="t2">{tr!(sync.lost_decide_from, when = format::instant(&loss.decidable))}</p> }.into_any()
                }}
            </div>
        </section>
    }
}
