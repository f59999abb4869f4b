//! What is held on a person, in a dialog over whatever page: who reads it, what stays, the copy, and forgetting them.

use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::list;
use zuc_ipc::privacy::{PersonErase, PersonErasure, PersonHeld, PersonLine, PersonOppose};
use zuc_ipc::shared::ById;

use crate::action::Action;
use crate::backend::{Query, Topics, use_query};
use crate::components::{Badge, Dialog, DialogHead, FormFailure, Icon, SectionHead, TextField, Tone, use_toaster};
use crate::connection::use_connection;
use crate::format;
use crate::loaded::loaded;
use crate::shell::OfflineNotice;
use crate::words::tr;

/// Whose data are shown. The dialog is not the page's own: what is done in it draws the page anew.
#[derive(Clone, Copy)]
struct Shown {
    open: RwSignal<bool>,
    id: RwSignal<String>,
}

/// The dialog, for all buttons that are below it.
#[component]
pub(crate) fn PersonDialog(children: Children) -> impl IntoView {
    let Shown { open, id } = Shown { open: RwSignal::new(false), id: RwSignal::new(String::new()) };
    provide_context(Shown { open, id });
    // what closes the dialog closes nothing below it
    let pressed = |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
        }
    };
    view! {
        {children()}
        <span on:keydown=pressed>
        <Dialog open label=tr!(person.title) class="dialog dialog--wide" testid="person"><Inside id open/></Dialog>
        </span>
    }
}

/// The button that opens it.
#[component]
pub(crate) fn PersonButton(
    /// A record of the person.
    #[prop(into)]
    id: Signal<String>,
    /// Only the icon: it stands beside a name.
    #[prop(optional)]
    small: bool,
) -> impl IntoView {
    let shown = use_context::<Shown>();
    let show = move |_| {
        if let Some(shown) = shown {
            shown.id.set(id.get_untracked());
            shown.open.set(true);
        }
    };
    let class = if small { "btn btn--ghost btn--sm btn--icon" } else { "btn btn--ghost btn--sm" };
    view! {
        <button class=class title=tr!(person.title) aria-label=tr!(person.title) on:click=show data-testid="person-open">
            <Icon name="shield"/>{(!small).then_some(tr!(person.title))}</button>
    }
}

#[component]
fn Inside(id: RwSignal<String>, open: RwSignal<bool>) -> impl IntoView {
    let person = use_query::<list::PersonGet>(Topics::ALL, move || Some(ById { id: id.get() }));
    let forgetting = RwSignal::new(false);
    view! {
        <DialogHead title=tr!(person.title) about=tr!(person.about).to_owned()/>
        {loaded(person, move |view| {
            if view.held && forgetting.get() {
                view! { <Forget view person forgetting/> }.into_any()
            } else {
                view! { <Held view forgetting open/> }.into_any()
            }
        })}
    }
}

/// What is held, or what became of it.
#[component]
fn Held(view: Arc<PersonHeld>, forgetting: RwSignal<bool>, open: RwSignal<bool>) -> impl IntoView {
    let save = Action::new();
    let toaster = use_toaster();
    let id = StoredValue::new(view.record.clone());
    let saved = move |folder: Option<String>| {
        if let Some(folder) = folder {
            toaster.say(tr!(person.saved, folder = folder));
        }
    };
    let copy = move |_| save.run::<list::PersonCopySave>(ById { id: id.get_value() }, saved);
    let opposed = !view.opposed_at.is_empty();
    let oppose =
        move |_| save.run::<list::PersonOpposes>(PersonOppose { id: id.get_value(), opposes: !opposed }, |_| ());
    let receipt = move |_| save.run::<list::ReceiptSave>(ById { id: id.get_value() }, saved);
    let (held, may) = (view.held, view.may);
    let name = if view.name.is_empty() { tr!(person.forgotten).to_owned() } else { view.name.clone() };
    view! {
        <div class="dialog__body col gap-4">
            <div class="row">
                <span class="m" data-testid="person-called">{name}</span>
                {opposed.then(|| view! { <Badge tone=Tone::Warn text=tr!(person.opposes_since, at = format::instant(&view.opposed_at)) testid="person-opposed"/> })}
                {held.then(|| view! {
                    <button class="btn btn--sm end" on:click=oppose disabled=move || save.busy.get() data-testid="person-oppose">
                        {if opposed { tr!(person.no_longer) } else { tr!(person.oppose) }}</button>
                })}
            </div>
            {view.erased.as_ref().map(erasure)}
            {lines(tr!(person.held), &view.lines, "person-held")}
            {lines(tr!(person.readers), &view.readers, "person-readers")}
            {lines(if held { tr!(person.would_stay) } else { tr!(person.stays) }, &view.stays, "person-stays")}
            {(!view.not_read.is_empty()).then(|| view! { <p class="s12 t2">{tr!(person.not_read, what = view.not_read.join(", "))}</p> })}
            <FormFailure failure=save.failure/>
        </div>
        <div class="dialog__f">
            {(held && may).then(|| view! {
                <button class="btn btn--danger" on:click=move |_| forgetting.set(true) data-testid="person-forget">{tr!(person.forget)}</button>
            })}
            <button class="btn end" on:click=move |_| open.set(false) data-testid="person-close">{tr!(common.close)}</button>
            {(!held && may).then(|| view! {
                <button class="btn" on:click=receipt disabled=move || save.busy.get() data-testid="person-receipt"><Icon name="receipt"/>{tr!(person.receipt)}</button>
            })}
            {may.then(|| view! {
                <button class="btn btn--primary" on:click=copy disabled=move || save.busy.get() data-testid="person-copy"><Icon name="copy"/>
                    {move || if save.busy.get() { tr!(person.gathering) } else { tr!(person.copy) }}</button>
            })}
        </div>
    }
}

/// The act, and who has heard of it.
fn erasure(erased: &PersonErasure) -> impl IntoView + use<> {
    let somebody = |names: &[String]| if names.is_empty() { tr!(person.nobody).to_owned() } else { names.join(", ") };
    let here = if erased.here { tr!(person.gone_here) } else { tr!(person.going_here) };
    let (confirmed, waiting) = (somebody(&erased.confirmed), somebody(&erased.waiting));
    let removed = (!erased.removed.is_empty()).then(|| erased.removed.join(", "));
    let mut cleared = erased.cleared.clone();
    cleared.dedup();
    let owed = lines(tr!(person.owed), &erased.owed, "person-owed");
    view! {
        <section data-testid="person-erased">
            <SectionHead title=tr!(person.erased)/>
            <dl class="dl dl--left" style="grid-template-columns:220px 1fr">
                <dt>{tr!(person.erased_at)}</dt><dd class="tn">{format::instant(&erased.at)}</dd>
                <dt>{tr!(person.keys)}</dt><dd class="tn">{format::count(erased.keys)}</dd>
                <dt>{tr!(person.this)}</dt><dd>{here}</dd>
                <dt>{tr!(person.confirmed)}</dt><dd>{confirmed}</dd>
                <dt>{tr!(person.waiting)}</dt><dd>{waiting}</dd>
                {removed.map(|removed| view! { <dt>{tr!(person.removed)}</dt><dd>{removed}</dd> })}
                <dt>{tr!(person.cleared)}</dt><dd>{cleared.join(", ")}</dd>
            </dl>
        </section>
        {owed}
    }
}

fn lines(title: &'static str, lines: &[PersonLine], testid: &'static str) -> Option<impl IntoView + use<>> {
    let rows = lines.iter().cloned().map(|line| view! { <dt>{line.what}</dt><dd>{line.text}</dd> }).collect_view();
    (!lines.is_empty()).then(|| {
        view! {
            <section data-testid=testid>
                <SectionHead title/>
                <dl class="dl dl--left" style="grid-template-columns:220px 1fr">{rows}</dl>
            </section>
        }
    })
}

/// The question, to be answered by the person's name.
#[component]
fn Forget(view: Arc<PersonHeld>, person: Query<PersonHeld>, forgetting: RwSignal<bool>) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let action = Action::new();
    let away = move || use_connection().away().is_some();
    let id = StoredValue::new(view.record.clone());
    let erase = move || {
        let erase = PersonErase { id: id.get_value(), typed: typed.get_untracked() };
        action.run::<list::PersonForget>(erase, move |erased| {
            forgetting.try_set(false);
            person.value.try_set(Some(Arc::new(erased.view)));
        });
    };
    view! {
        <form on:submit=move |event| { event.prevent_default(); erase(); }>
            <div class="dialog__body col gap-3">
                <OfflineNotice text=tr!(person.forget_offline)/>
                <p>{tr!(person.forget_about)}</p>
                <ul class="t2 col gap-1" style="list-style:disc;padding-left:18px">
                    <li>{tr!(person.then_keys)}</li>
                    <li>{tr!(person.then_law)}</li>
                    <li>{tr!(person.then_never)}</li>
                </ul>
                {lines(tr!(person.would_stay), &view.stays, "person-stays")}
                <TextField label=tr!(person.type_name, name = view.name) value=typed error=action.field("typed") testid="person-typed"/>
                <FormFailure failure=action.elsewhere(&["typed"])/>
            </div>
            <div class="dialog__f">
                <button type="button" class="btn end" on:click=move |_| forgetting.set(false) data-testid="person-keep">{tr!(person.keep)}</button>
                <button type="submit" class="btn btn--danger-solid" data-testid="person-erase"
                    disabled=move || action.busy.get() || away() || typed.with(|typed| typed.trim().is_empty())>
                    {move || if action.busy.get() { tr!(person.forgetting) } else { tr!(person.forget_now) }}</button>
            </div>
        </form>
    }
}
