//! The recovery code: shown until it was typed back, so that nobody stays outside.

use leptos::prelude::*;
use zuc_ipc::company::Secret;
use zuc_ipc::list;
use zuc_ipc::shared::Empty;

use super::Solo;
use crate::action::Action;
use crate::backend;
use crate::components::{FormFailure, Icon};
use crate::session::use_session;
use crate::words::tr;

/// How many groups the code has.
const GROUPS: usize = 8;

/// The code's groups, whatever stands between them.
fn groups(code: &str) -> Vec<String> {
    code.split(|letter: char| !letter.is_alphanumeric()).filter(|group| !group.is_empty()).map(str::to_owned).collect()
}

/// Shows the code and asks for it.
#[component]
pub(crate) fn RecoveryPart() -> impl IntoView {
    let session = use_session();
    // asked for here and not kept: no answer of the shell that holds it stays in the cache
    let shown = RwSignal::new(Vec::new());
    let unseen = RwSignal::new(None);
    let fetch = move || {
        leptos::task::spawn_local(async move {
            match backend::call::<list::RecoveryCode>(&Empty {}).await {
                Ok(code) => shown.set(groups(&code.text)),
                Err(failure) => unseen.set(Some(failure)),
            }
        });
    };
    fetch();
    let typed = StoredValue::new((0..GROUPS).map(|_| RwSignal::new(String::new())).collect::<Vec<_>>());
    let started = Memo::new(move |_| typed.read_value().iter().any(|group| !group.get().is_empty()));
    let done =
        Memo::new(move |_| typed.read_value().iter().filter(|group| group.get().trim().chars().count() >= 4).count());
    // who comes in by the code has to say these too
    let place = move || {
        let company = session.get().and_then(|boot| boot.company.clone())?;
        (!company.relay_url.is_empty()).then_some((company.id, company.relay_url))
    };
    let action = Action::new();
    let confirm = move || {
        let text = typed
            .read_value()
            .iter()
            .map(|group| group.get_untracked().trim().to_uppercase())
            .collect::<Vec<_>>()
            .join("-");
        action.run::<list::RecoveryConfirm>(Secret { text }, move |boot| session.put(boot));
    };
    view! {
        <Solo status=tr!(recovery.status)>
            <div class="solo__main">
                <h1 class="h1">{tr!(recovery.title)}</h1>
                <p class="t2" style="margin:6px 0 28px;max-width:580px">{tr!(recovery.about)}</p>
                <div class="panel" style="padding:20px 24px 22px;max-width:640px">
                    <div class="code" data-testid="recovery-code" style="display:grid;grid-template-columns:repeat(4,1fr);gap:16px 0">
                        {move || shown.get().into_iter().enumerate().map(|(index, group)| view! {
                            <span class="row" style="gap:12px"><span class="s11 t3 num" style="width:8px">{index + 1}</span>
                                <span>{move || if started.get() { "•••••".to_owned() } else { group.clone() }}</span></span>
                        }).collect_view()}
                    </div>
                    <FormFailure failure=unseen/>
                    <p class="s12 t3" style="margin-top:18px">{tr!(recovery.hides)}</p>
                </div>
                <ul class="col gap-3" style="margin-top:28px">
                    <li class="row row-3 t2"><Icon name="lock" class="t3"/><span>{tr!(recovery.paper)}</span></li>
                    <li class="row row-3 t2"><Icon name="user" class="t3"/><span>{tr!(recovery.reads_all)}</span></li>
                    {move || place().map(|(company, relay)| view! {
                        <li class="row row-3 top t2" data-testid="recovery-place"><Icon name="laptop" class="t3"/>
                            <span class="col gap-1"><span>{tr!(recovery.place)}</span>
                                <span class="mono">{company}</span><span class="mono">{relay}</span></span></li>
                    })}
                </ul>
            </div>
            <form class="solo__aside" on:submit=move |event| { event.prevent_default(); confirm(); }>
                <h2 style="font:var(--text-16);font-weight:600">{tr!(recovery.now_you)}</h2>
                <p class="t2" style="margin:2px 0 20px">{tr!(recovery.copy)}</p>
                <div style="display:grid;grid-template-columns:1fr 1fr;gap:12px">
                    {(0..GROUPS).map(|index| group_field(index, typed)).collect_view()}
                </div>
                <div class="row" style="margin-top:20px">
                    <span class="prog prog--thin grow"><i style=move || format!("width:{}%", done.get() * 100 / GROUPS)></i></span>
                    <span class="s12 t2 tn">{move || tr!(sync.of, done = done.get(), total = GROUPS)}</span>
                </div>
                <FormFailure failure=action.failure/>
                <div class="row" style="margin-top:20px">
                    <button type="submit" class="btn btn--primary btn--lg" disabled=move || done.get() < GROUPS || action.busy.get()
                        title=move || (done.get() < GROUPS).then_some(tr!(recovery.missing)) data-testid="recovery-confirm">{tr!(recovery.go_on)}</button>
                </div>
                <p class="s12 t3" style="margin-top:12px">{tr!(recovery.needed)}</p>
            </form>
        </Solo>
    }
}

fn group_field(index: usize, typed: StoredValue<Vec<RwSignal<String>>>) -> impl IntoView {
    let value = typed.read_value()[index];
    let id = format!("recovery-{}", index + 1);
    view! {
        <div class="field">
            <label for=id.clone()>{tr!(recovery.group, number = index + 1)}</label>
            <input id=id class="in mono" autocomplete="off" spellcheck="false" placeholder="– – – – –"
                prop:value=move || value.get() data-testid=format!("recovery-group-{}", index + 1)
                on:input=move |event| {
                    let text = event_target_value(&event);
                    let parts = groups(&text);
                    if parts.len() > 1 {
                        // The whole code pasted into one group fills those that follow.
                        for (field, part) in typed.read_value()[index..].iter().zip(parts) {
                            field.set(part);
                        }
                    } else {
                        value.set(text);
                    }
                }/>
        </div>
    }
}
