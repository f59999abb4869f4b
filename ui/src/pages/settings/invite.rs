//! An invite for one person: used once, over after a day.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use zuc_ipc::company::{InviteNew, InviteView};
use zuc_ipc::list;

use crate::action::Action;
use crate::components::{CheckRow, FormFailure, Icon, Qr, TextField, use_toaster};
use crate::format;
use crate::labels;
use crate::shell::OfflineNotice;
use crate::words::tr;

/// The panel at the side.
#[component]
pub(crate) fn InvitePanel(inviting: RwSignal<bool>) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let roles =
        ["ventas", "gerencia", "finanzas", "administracion"].map(|role| (role, RwSignal::new(role == "ventas")));
    let invite = RwSignal::new(None::<InviteView>);
    let action = Action::new();
    let make = move || {
        let chosen = roles.iter().filter(|(_, on)| on.get_untracked()).map(|(role, _)| (*role).to_owned()).collect();
        action.run::<list::DeviceInvite>(InviteNew { person_name: name.get_untracked(), roles: chosen }, move |made| {
            invite.try_set(Some(made));
        });
    };
    view! {
        <aside class="pane pane--right is-detail" style="width:360px" aria-label=tr!(devices.add) data-testid="invite-panel">
            <section class="sec">
                <div class="sec__h"><h2>{tr!(devices.add)}</h2><span class="end"><button class="btn btn--ghost btn--sm btn--icon" aria-label=tr!(common.close) on:click=move |_| inviting.set(false)><Icon name="x"/></button></span></div>
                {move || match invite.get() {
                    Some(made) => view! { <Made made/> }.into_any(),
                    None => view! {
                        <form class="col gap-3" on:submit=move |event| { event.prevent_default(); make(); }>
                            <TextField label=tr!(devices.for_whom) value=name error=action.field("person_name") testid="invite-name"/>
                            <span class="lbl">{tr!(settings.roles)}</span>
                            <CheckRow on=roles[0].1 label=labels::role("ventas") testid="invite-ventas"/>
                            <CheckRow on=roles[1].1 label=labels::role("gerencia") testid="invite-gerencia"/>
                            <CheckRow on=roles[2].1 label=labels::role("finanzas") testid="invite-finanzas"/>
                            <CheckRow on=roles[3].1 label=labels::role("administracion") testid="invite-administracion"/>
                            <FormFailure failure=action.elsewhere(&["person_name"])/>
                            <OfflineNotice text=tr!(offline.invite)/>
                            <div class="row"><button type="submit" class="btn btn--primary" disabled=move || action.busy.get() || name.with(|name| name.trim().is_empty()) data-testid="invite-make">
                                {move || if action.busy.get() { tr!(devices.making) } else { tr!(devices.make) }}</button></div>
                        </form>
                    }.into_any(),
                }}
            </section>
        </aside>
    }
}

/// Copies what is selected. The page has no right to the clipboard itself, and needs none for this.
fn copy_selection() -> bool {
    document().unchecked_into::<web_sys::HtmlDocument>().exec_command("copy").unwrap_or(false)
}

#[component]
fn Made(made: InviteView) -> impl IntoView {
    let (date, time) = format::local(&made.expires_at);
    let toaster = use_toaster();
    let area = NodeRef::<leptos::html::Textarea>::new();
    let copy = move |_| {
        if let Some(area) = area.get_untracked() {
            area.select();
            if copy_selection() {
                toaster.say(tr!(devices.copied));
            }
        }
    };
    view! {
        <div class="col gap-3">
            <p class="t2">{tr!(devices.open_there)}</p>
            <textarea class="in mono" readonly rows="6" node_ref=area aria-label=tr!(join.invite) style="user-select:text" prop:value=made.code.clone() data-testid="invite-code"
                on:focus=move |event| { let area: web_sys::HtmlTextAreaElement = event_target(&event); area.select(); }></textarea>
            <div class="row"><button type="button" class="btn" on:click=copy data-testid="invite-copy"><Icon name="copy"/>{tr!(devices.copy)}</button></div>
            {(!made.qr.is_empty()).then(|| view! { <p class="s12 t2">{tr!(devices.or_paste)}</p><Qr rows=made.qr.clone() label=tr!(devices.qr)/> })}
            <p class="s12 t3 tn">{tr!(devices.expires, day = format::day(&date), time = time)}</p>
            <p class="s12 t2">{tr!(devices.then)}</p>
        </div>
    }
}
