//! The editor: terms, lines, totals, and the page the client will see.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use zuc_ipc::list;
use zuc_ipc::proposal::ProposalView;
use zuc_ipc::shared::ById;

use super::draft::Draft;
use super::lines::Lines;
use super::paper::Preview;
use super::totals::Totals;
use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{Badge, DateField, FailureNotice, FormFailure, Icon, Kbd, SkeletonRows, Unsent};
use crate::format;
use crate::labels;
use crate::pages::{Files, Gone, HistoryButton, Onlookers};
use crate::route;
use crate::shell::{Crumb, TopBar};
use crate::words::tr;

/// One proposal.
#[component]
pub(crate) fn ProposalPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    move || view! { <Loaded id=id.get()/> }
}

/// Keeps one draft while answers come and go.
#[component]
fn Loaded(id: String) -> impl IntoView {
    let proposal = use_query::<list::ProposalGet>(Topics::PROPOSALS, move || Some(ById { id: id.clone() }));
    let draft = StoredValue::new(None::<Draft>);
    let owner = Owner::current();
    let state = Memo::new(move |_| match (proposal.value.get(), proposal.failure.get()) {
        (Some(view), _) => {
            match draft.get_value() {
                Some(draft) => draft.refresh(&view),
                None => draft.set_value(owner.as_ref().map(|owner| owner.with(|| Draft::new(view)))),
            }
            Ok(true)
        }
        (None, Some(failure)) => Err(failure),
        (None, None) => Ok(false),
    });
    move || {
        match state.get() {
        Ok(true) => draft.get_value().map(|draft| view! { <Editor draft/> }).into_any(),
        Ok(false) => view! { <SkeletonRows/> }.into_any(),
        Err(failure) if failure.code == "app.not_found" => view! { <TopBar crumb=crumb() title=tr!(nowhere.title).to_owned()/><Gone/> }.into_any(),
        Err(failure) => view! { <div class="body"><FailureNotice failure on_retry=Callback::new(move |()| proposal.reload())/></div> }.into_any(),
    }
    }
}

fn crumb() -> Crumb {
    Crumb { to: route::PROPOSALS, name: tr!(shell.proposals).to_owned() }
}

#[component]
fn Editor(draft: Draft) -> impl IntoView {
    let title = Signal::derive(move || draft.view.with(|view| format!("{} {}", view.row.number, view.row.title)));
    let about = Signal::derive(move || draft.view.with(|view| view.row.customer.clone()));
    let allows =
        move |name: &'static str| move || draft.view.with(|view| view.actions.iter().any(|action| action == name));
    let can_sign = Memo::new(move |_| allows("sign")() && !draft.saving.get());
    let sign_to = move || route::sign(&draft.view.with(|view| view.row.id.clone()));
    let badges = view! {
        {move || { let (word, tone) = labels::proposal_state(&draft.view.with(|view| view.row.state.clone())); view! { <Badge tone text=word testid="proposal-state"/>{draft.view.with(|view| view.row.unsent).then(|| view! { <Unsent/> })} } }}
    }.into_any();
    view! {
        <TopBar crumb=crumb() title about badges>
            <Onlookers id=Signal::derive(move || draft.view.with(|view| view.row.id.clone()))/>
            <HistoryButton id=Signal::derive(move || draft.view.with(|view| view.row.id.clone()))/>
            <a class="btn btn--ghost" href=move || route::customer(&draft.view.with(|view| view.customer_id.clone()))><Icon name="build"/>{tr!(proposals.customer)}</a>
            {move || if can_sign.get() {
                view! { <a class="btn btn--primary" href=sign_to data-testid="proposal-sign"><Icon name="pen"/>{tr!(proposals.sign)}</a> }.into_any()
            } else if allows("edit")() {
                view! { <button class="btn" disabled title=tr!(proposals.sign_off) data-testid="proposal-sign-off"><Icon name="pen"/>{tr!(proposals.sign)}</button> }.into_any()
            } else { ().into_any() }}
        </TopBar>
        <div class="body stack">
            <div class="pane" style="overflow:hidden">
                {move || notice(&draft.view.get())}
                <Terms draft/>
                <div style="flex:1;min-height:0;overflow:auto;border-top:1px solid var(--line)">
                    <Lines draft/>
                    <FormFailure failure=draft.failure/>
                    <Totals draft/>
                    {draft.view.with_untracked(|view| view! { <Files subject=view.row.id.clone()/> })}
                </div>
                <Foot draft/>
            </div>
            <Preview draft/>
        </div>
    }
}

/// Who has to approve, or how it was accepted.
fn notice(view: &Arc<ProposalView>) -> impl IntoView + use<> {
    let approval = (!view.approval.is_empty()).then(|| view.approval.clone());
    let acceptance = view.acceptance.clone();
    view! {
        {approval.map(|text| view! { <div class="note warn note--bar" data-testid="proposal-approval"><Icon name="clock" class="i-14"/>{text}</div> })}
        {acceptance.map(|acceptance| view! {
            <div class="note ok note--bar" data-testid="proposal-acceptance"><Icon name="check" class="i-14"/>
                <span>{tr!(proposals.accepted_by, name = acceptance.signer, role = acceptance.role, when = format::instant(&acceptance.at))}</span>
                <span class="mono end cut">{super::sign::short_hash(&acceptance.content_hash)}</span></div>
        })}
    }
}

#[component]
fn Terms(draft: Draft) -> impl IntoView {
    view! {
        <div class="sec" style="padding-bottom:12px;padding-top:12px;flex:none">
            <div style="display:grid;grid-template-columns:2fr .8fr .7fr;gap:12px">
                <Field draft label=tr!(proposals.title) value=draft.title testid="proposal-title"/>
                <DateField label=tr!(proposals.valid_until) value=draft.valid_until disabled=Signal::derive(move || !draft.open.get()) on_change=Callback::new(move |()| draft.changed()) testid="proposal-valid-until"/>
                <Field draft label=tr!(proposals.terms) value=draft.terms kind="number" testid="proposal-terms"/>
            </div>
        </div>
    }
}

/// A field of the draft: saved by itself.
#[component]
fn Field(
    draft: Draft,
    label: &'static str,
    value: RwSignal<String>,
    #[prop(default = "text")] kind: &'static str,
    testid: &'static str,
) -> impl IntoView {
    let id = format!("f-{testid}");
    view! {
        <div class="field"><label for=id.clone()>{label}</label>
            <input id=id class="in tn" type=kind min="0" autocomplete="off" prop:value=move || value.get() disabled=move || !draft.open.get() data-testid=testid
                on:input=move |event| { value.set(event_target_value(&event)); draft.changed(); }/></div>
    }
}

#[component]
fn Foot(draft: Draft) -> impl IntoView {
    view! {
        <div class="foot">
            {move || draft.open.get().then(|| view! {
                <span class="row row-1 narrow-hide"><Kbd key="Enter"/>{tr!(proposals.key_new)}</span>
                <span class="row row-1 narrow-hide"><Kbd key="Alt"/><Kbd key="↑"/><Kbd key="↓"/>{tr!(proposals.key_move)}</span>
                <span class="row row-1 narrow-hide"><Kbd key="Ctrl"/><Kbd key="D"/>{tr!(proposals.key_copy)}</span>
            })}
            <span class="end row row-1" role="status" data-testid="proposal-saved">
                {move || if draft.saving.get() { view! { <Icon name="sync" class="i-14"/>{tr!(common.saving)} }.into_any() }
                    else if draft.failure.get().is_some() { view! { <span class="danger row row-1"><Icon name="warn" class="i-14"/>{tr!(proposals.not_saved)}</span> }.into_any() }
                    else { view! { <Icon name="check" class="i-14"/>{tr!(proposals.saved)} }.into_any() }}
            </span>
        </div>
    }
}

/// Saves the PDF where the person says.
#[component]
pub(crate) fn PdfButton(draft: Draft) -> impl IntoView {
    let pdf = Action::new();
    let save = move |_| {
        pdf.quick::<list::ProposalPdf>(ById { id: draft.view.with_untracked(|view| view.row.id.clone()) }, |_| ());
    };
    view! {
        <button class="btn btn--sm" on:click=save disabled=move || pdf.busy.get() || draft.saving.get() data-testid="proposal-pdf"><Icon name="out"/>
            {move || if pdf.busy.get() { tr!(common.saving) } else { tr!(proposals.pdf) }}</button>
    }
}
