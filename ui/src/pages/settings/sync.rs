//! The relay and the exchange.

use leptos::prelude::*;
use zuc_ipc::company::SettingsSet;
use zuc_ipc::list;
use zuc_ipc::shared::Empty as Nothing;

use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{FormFailure, Icon, SectionHead, TextField};
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
