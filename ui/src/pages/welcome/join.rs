//! Joining by invite: the code, then the short code to compare aloud.

use std::time::Duration;

use leptos::prelude::*;
use zuc_ipc::company::Join;
use zuc_ipc::list;
use zuc_ipc::shared::Empty;

use super::form::{Says, StartForm};
use super::{Solo, Step};
use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{CodeBoxes, FormFailure, Icon, TextField};
use crate::session::use_session;
use crate::words::tr;

/// Asks for the invite and the name.
#[component]
pub(crate) fn JoinPart(step: RwSignal<Step>) -> impl IntoView {
    let session = use_session();
    let (invite, person) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let action = Action::new();
    let join = move || {
        let join = Join { invite: invite.get_untracked().trim().to_owned(), person_name: person.get_untracked() };
        action.run::<list::CompanyJoin>(join, move |_| session.boot.reload());
    };
    let says = Says {
        title: tr!(join.title),
        about: tr!(join.about),
        go: tr!(welcome.join_do),
        busy: tr!(join.busy),
        next: tr!(join.next),
        next_about: tr!(join.next_about),
    };
    view! {
        <StartForm says step action fields=&["invite", "person_name"] testid="join-submit" submit=join>
            <TextField label=tr!(join.invite) value=invite mono=true placeholder="XXXXX-XXXXX-…" error=action.field("invite") testid="join-invite"/>
            <TextField label=tr!(create.person) value=person error=action.field("person_name") testid="join-person"/>
        </StartForm>
    }
}

/// Waits for the other screen; asks every two seconds.
#[component]
pub(crate) fn WaitPart() -> impl IntoView {
    let session = use_session();
    let status = use_query::<list::JoinGet>(Topics::NONE, || Some(Empty {}));
    if let Ok(timer) = set_interval_with_handle(move || status.reload(), Duration::from_secs(2)) {
        on_cleanup(move || timer.clear());
    }
    let state = Memo::new(move |_| status.value.get().map(|status| status.state.clone()).unwrap_or_default());
    Effect::new(move |_| {
        if state.get() == "approved" {
            session.boot.reload();
        }
    });
    let keys = move || state.get() == "keys";
    let status_line = Signal::derive(move || if keys() { tr!(join.status_keys) } else { tr!(join.status) }.to_owned());
    view! {
        <Solo status=status_line>
            <div class="solo__main">
                <h1 class="h1">{move || match status.value.get().map(|status| status.company.clone()).filter(|company| !company.is_empty()) {
                        Some(company) => tr!(join.joining_to, company = company),
                        None => tr!(join.joining).to_owned(),
                    }}</h1>
                <ol class="tl" style="max-width:560px;margin-top:24px">
                    <li style="padding-left:40px;padding-bottom:24px">
                        <span class="tl__d ok" style="width:24px;height:24px"><Icon name="check"/></span>
                        <span class="m">{tr!(join.accepted)}</span>
                    </li>
                    <li style="padding-left:40px;padding-bottom:24px">
                        {move || if keys() {
                            view! { <span class="tl__d ok" style="width:24px;height:24px"><Icon name="check"/></span> }.into_any()
                        } else {
                            view! { <span class="tl__d acc" style="width:24px;height:24px">"2"</span> }.into_any()
                        }}
                        <span class="m">{tr!(join.compare)}</span>
                        <div style="margin-top:10px" data-testid="join-code">
                            {move || status.value.get().map(|status| view! { <CodeBoxes code=status.short_code.clone()/> })}
                        </div>
                        <p class="s12 t2" style="margin-top:8px">{tr!(join.same)}</p>
                    </li>
                    <li class:is-next=move || !keys() style="padding-left:40px">
                        <span class="tl__d" class:pend=move || !keys() class:acc=keys style="width:24px;height:24px">"3"</span>
                        <span class="m">{tr!(join.receive)}</span>
                        {move || keys().then(|| view! { <p class="s12 t2" style="margin-top:8px" data-testid="join-keys">{tr!(join.keys)}</p> })}
                    </li>
                </ol>
                {move || (state.get() == "refused").then(|| view! { <div class="note bad" role="alert"><Icon name="warn" class="i-14"/>{tr!(join.refused)}</div> })}
                <FormFailure failure=status.failure/>
            </div>
            <div class="solo__aside">
                <h2 style="font:var(--text-16);font-weight:600">{tr!(join.why)}</h2>
                <p class="t2" style="margin-top:4px">{tr!(join.why_about)}</p>
            </div>
        </Solo>
    }
}
