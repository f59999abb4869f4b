//! What can be done with the lead at the side: log, qualify, convert, discard, next step.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use zuc_ipc::lead::{ActivityNew, Disqualification, LeadDetail, LeadEdit, LeadRow, Qualification};
use zuc_ipc::list;
use zuc_ipc::shared::ById;

use crate::action::Action;
use crate::components::{CheckRow, Choice, DateField, FormFailure, Icon, Kbd, SectionHead, SelectField, TextField};
use crate::format;
use crate::labels;
use crate::route;
use crate::words::tr;

/// The form that is open under the buttons.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    None,
    Log,
    Qualify,
    Discard,
}

/// Buttons of what is allowed, and the form of the one that was pressed.
#[component]
pub(crate) fn Actions(detail: Arc<LeadDetail>, log: RwSignal<u32>) -> impl IntoView {
    let form = RwSignal::new(Form::None);
    let id = StoredValue::new(detail.row.id.clone());
    let allows = move |name: &str| detail.actions.iter().any(|action| action == name);
    let convert = Action::new();
    let navigate = use_navigate();
    let do_convert = move |_| {
        let navigate = navigate.clone();
        convert.quick::<list::LeadConvert>(ById { id: id.get_value() }, move |converted| {
            navigate(&route::customer(&converted.customer_id), leptos_router::NavigateOptions::default());
        });
    };
    let can_log = allows("log");
    Effect::new(move |before: Option<u32>| {
        let now = log.get();
        if can_log && before.map_or(now > 0, |before| now > before) {
            form.set(Form::Log);
            log.set(0);
            return 0;
        }
        now
    });
    let toggle =
        move |wanted: Form| move |_| form.update(|form| *form = if *form == wanted { Form::None } else { wanted });
    view! {
        <div class="row" style="margin-top:12px;flex-wrap:wrap">
            {can_log.then(|| view! { <button class="btn" on:click=toggle(Form::Log) data-testid="lead-log"><Icon name="phone"/>{tr!(leads.log_call)}<Kbd key="L"/></button> })}
            {allows("qualify").then(|| view! { <button class="btn" on:click=toggle(Form::Qualify) data-testid="lead-qualify"><Icon name="flag"/>{tr!(leads.qualify)}</button> })}
            {allows("convert").then(|| view! {
                <button class="btn" disabled=move || convert.busy.get() on:click=do_convert data-testid="lead-convert"><Icon name="check"/>
                    {move || if convert.busy.get() { tr!(leads.converting) } else { tr!(leads.convert) }}</button>
            })}
            {allows("disqualify").then(|| view! { <button class="btn btn--ghost" on:click=toggle(Form::Discard) data-testid="lead-discard">{tr!(leads.discard)}</button> })}
        </div>
        {move || match form.get() {
            Form::None => ().into_any(),
            Form::Log => view! { <LogForm subject=id.get_value() close=Callback::new(move |()| form.set(Form::None))/> }.into_any(),
            Form::Qualify => view! { <QualifyForm id=id.get_value() form/> }.into_any(),
            Form::Discard => view! { <DiscardForm id=id.get_value() form/> }.into_any(),
        }}
    }
}

/// Logs a touch with a lead or a customer.
#[component]
pub(crate) fn LogForm(subject: String, close: Callback<()>) -> impl IntoView {
    let channel = RwSignal::new("call".to_owned());
    let text = RwSignal::new(String::new());
    let action = Action::new();
    let node = NodeRef::<leptos::html::Textarea>::new();
    Effect::new(move |_| {
        if let Some(area) = node.get() {
            // A refused focus only costs a click.
            let _ = area.focus();
        }
    });
    let choices =
        ["call", "email", "meeting", "whatsapp", "note"].map(|key| Choice::new(key, labels::happening(key).0)).to_vec();
    let save = move || {
        let touch = ActivityNew {
            subject_id: subject.clone(),
            channel: channel.get_untracked(),
            direction: "out".to_owned(),
            text: text.get_untracked(),
        };
        action.run::<list::LeadLog>(touch, move |_| close.run(()));
    };
    view! {
        <form class="col gap-3" style="margin-top:12px" data-testid="log-form" on:submit=move |event| { event.prevent_default(); save(); }>
            <SelectField label=tr!(leads.channel) value=channel choices testid="log-channel"/>
            <div class="field">
                <label for="f-log-text">{tr!(leads.said)}</label>
                <textarea id="f-log-text" class="in" rows="3" node_ref=node prop:value=move || text.get() on:input=move |event| text.set(event_target_value(&event)) data-testid="log-text"></textarea>
            </div>
            <FormFailure failure=action.failure/>
            <Buttons action close label=tr!(leads.log_save) testid="log-save"/>
        </form>
    }
}

#[component]
fn QualifyForm(id: String, form: RwSignal<Form>) -> impl IntoView {
    let (need, timeline) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (budget, authority) = (RwSignal::new(false), RwSignal::new(false));
    let action = Action::new();
    let close = Callback::new(move |()| form.set(Form::None));
    let save = move || {
        let gate = Qualification {
            id: id.clone(),
            need: need.get_untracked(),
            budget: budget.get_untracked(),
            authority: authority.get_untracked(),
            timeline: timeline.get_untracked(),
        };
        action.run::<list::LeadQualify>(gate, move |_| close.run(()));
    };
    view! {
        <form class="col gap-3" style="margin-top:12px" on:submit=move |event| { event.prevent_default(); save(); }>
            <TextField label=tr!(leads.need) value=need error=action.field("need") testid="qualify-need"/>
            <CheckRow on=budget label=tr!(leads.budget) testid="qualify-budget"/>
            <CheckRow on=authority label=tr!(leads.authority) testid="qualify-authority"/>
            <TextField label=tr!(leads.timeline) value=timeline placeholder=tr!(leads.timeline_example) error=action.field("timeline") testid="qualify-timeline"/>
            <FormFailure failure=action.elsewhere(&["need", "timeline"])/>
            <Buttons action close label=tr!(leads.qualify) testid="qualify-save"/>
        </form>
    }
}

#[component]
fn DiscardForm(id: String, form: RwSignal<Form>) -> impl IntoView {
    let (reason, note) = (RwSignal::new("rejected".to_owned()), RwSignal::new(String::new()));
    let action = Action::new();
    let close = Callback::new(move |()| form.set(Form::None));
    let choices = vec![
        Choice::new("rejected", tr!(leads.rejected)),
        Choice::new("junk", tr!(leads.junk)),
        Choice::new("other", tr!(leads.other)),
    ];
    let save = move || {
        let why = Disqualification { id: id.clone(), reason: reason.get_untracked(), note: note.get_untracked() };
        action.run::<list::LeadDisqualify>(why, move |_| close.run(()));
    };
    view! {
        <form class="col gap-3" style="margin-top:12px" on:submit=move |event| { event.prevent_default(); save(); }>
            <SelectField label=tr!(leads.reason) value=reason choices testid="discard-reason"/>
            <TextField label=tr!(leads.note) value=note error=action.field("note") testid="discard-note"/>
            <FormFailure failure=action.elsewhere(&["note"])/>
            <Buttons action close label=tr!(leads.discard) testid="discard-save"/>
        </form>
    }
}

/// Save and cancel under a form of the panel.
#[component]
fn Buttons(action: Action, close: Callback<()>, label: &'static str, testid: &'static str) -> impl IntoView {
    view! {
        <div class="row">
            <button type="submit" class="btn btn--primary" disabled=move || action.busy.get() data-testid=testid>
                {move || if action.busy.get() { tr!(common.saving) } else { label }}
            </button>
            <button type="button" class="btn btn--ghost" on:click=move |_| close.run(())>{tr!(common.cancel)}</button>
        </div>
    }
}

/// The next step as one value, the way it is edited: `text|yyyy-mm-dd`.
pub(crate) fn step_value(row: &LeadRow) -> String {
    if row.next_step.is_empty() { String::new() } else { format!("{}|{}", row.next_step, row.next_step_due) }
}

/// What comes next and when; changed in place.
#[component]
pub(crate) fn StepForm(detail: Arc<LeadDetail>) -> impl IntoView {
    let row = detail.row.clone();
    let editing = RwSignal::new(false);
    let can_edit = detail.actions.iter().any(|action| action == "edit");
    let old = StoredValue::new(step_value(&row));
    let id = StoredValue::new(row.id.clone());
    let text = RwSignal::new(row.next_step.clone());
    let due = RwSignal::new(if row.next_step_due.is_empty() { format::today() } else { row.next_step_due.clone() });
    let action = Action::new();
    let save = move || {
        let new = if text.get_untracked().trim().is_empty() {
            String::new()
        } else {
            format!("{}|{}", text.get_untracked().trim(), due.get_untracked())
        };
        let edit = LeadEdit { id: id.get_value(), field: "next_step".to_owned(), old: old.get_value(), new };
        action.run::<list::LeadEditCell>(edit, move |_| {
            editing.try_set(false);
        });
    };
    let change = can_edit.then(|| view! {
        <button class="btn btn--ghost btn--sm" on:click=move |_| editing.update(|editing| *editing = !*editing) data-testid="step-edit"><Icon name="pen"/>{tr!(leads.change)}</button>
    }.into_any());
    view! {
        <SectionHead title=tr!(leads.next_step) end=change.into_any()/>
        {move || if editing.get() {
            view! {
                <form class="col gap-3" on:submit=move |event| { event.prevent_default(); save(); }>
                    <TextField label=tr!(leads.step) value=text error=action.field("next_step") testid="panel-step-text"/>
                    <DateField label=tr!(leads.date) value=due testid="panel-step-due"/>
                    <FormFailure failure=action.elsewhere(&["next_step"])/>
                    <Buttons action close=Callback::new(move |()| editing.set(false)) label=tr!(common.save) testid="panel-step-save"/>
                </form>
            }.into_any()
        } else if row.next_step.is_empty() {
            view! { <p class="warning">{tr!(leads.no_step)}</p> }.into_any()
        } else {
            view! {
                <div class="row row-3 top">
                    <span class="tl__d acc" style="position:static;width:28px;height:28px"><Icon name="cal"/></span>
                    <div class="col grow"><span class="m">{row.next_step.clone()}</span><span class="t2 tn">{format::day(&row.next_step_due)}</span></div>
                </div>
            }.into_any()
        }}
    }
}
