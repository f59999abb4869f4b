//! An invoice that is kept for the law alone: nobody reads it without saying why, and it may be kept longer.

use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::invoice::{InvoiceHold, InvoiceOpen, InvoiceView};
use zuc_ipc::list;

use crate::action::Action;
use crate::backend::Query;
use crate::components::{Badge, FormFailure, Icon, SectionHead, TextField, Tone};
use crate::format;
use crate::words::tr;

/// Asks why it is read.
#[component]
pub(super) fn Blocked(id: Memo<String>, invoice: Query<InvoiceView>) -> impl IntoView {
    let reason = RwSignal::new(String::new());
    let action = Action::new();
    let open = move || {
        let open = InvoiceOpen { id: id.get_untracked(), reason: reason.get_untracked() };
        action.run::<list::InvoiceReveal>(open, move |view| {
            invoice.failure.try_set(None);
            invoice.value.try_set(Some(Arc::new(view)));
        });
    };
    view! {
        <div class="body"><div class="pane">
            <form class="sec sheet col gap-3" data-testid="invoice-blocked" on:submit=move |event| { event.prevent_default(); open(); }>
                <SectionHead title=tr!(blocked.title)/>
                <p class="t2">{tr!(blocked.about)}</p>
                <TextField label=tr!(blocked.reason) value=reason error=action.field("reason") help=tr!(blocked.reason_help).to_owned() testid="blocked-reason"/>
                <FormFailure failure=action.elsewhere(&["reason"])/>
                <div class="row"><button type="submit" class="btn btn--primary" data-testid="blocked-open"
                    disabled=move || action.busy.get() || reason.with(|reason| reason.trim().is_empty())>
                    <Icon name="lock"/>{move || if action.busy.get() { tr!(blocked.opening) } else { tr!(blocked.open) }}</button></div>
            </form>
        </div></div>
    }
}

/// Until when it is kept, and how it is kept longer.
#[component]
pub(super) fn Hold(view: Arc<InvoiceView>) -> impl IntoView {
    let [until, reason] = [(); 2].map(|()| RwSignal::new(String::new()));
    let action = Action::new();
    let id = StoredValue::new(view.row.id.clone());
    let may = view.actions.iter().any(|action| action == "hold");
    let day = format::day(&view.row.blocked_until);
    let hold = move || {
        let held = InvoiceHold { id: id.get_value(), until: until.get_untracked(), reason: reason.get_untracked() };
        action.run::<list::InvoiceKeep>(held, |_| ());
    };
    let badge =
        view! { <Badge tone=Tone::Warn text=tr!(invoices.blocked_until, day = day) testid="invoice-blocked-until"/> };
    view! {
        <section class="sec col gap-3" data-testid="invoice-hold">
            <SectionHead title=tr!(blocked.title) end=badge.into_any()/>
            <p class="t2">{tr!(blocked.then)}</p>
            {may.then(|| view! {
                <form class="col gap-3" on:submit=move |event| { event.prevent_default(); hold(); }>
                    <div class="row top gap-3">
                        <TextField label=tr!(blocked.until) value=until kind="date" error=action.field("until") testid="hold-until"/>
                        <TextField label=tr!(blocked.hold_reason) value=reason error=action.field("reason") testid="hold-reason"/>
                    </div>
                    <FormFailure failure=action.elsewhere(&["until", "reason"])/>
                    <div class="row"><button type="submit" class="btn" disabled=move || action.busy.get() || until.with(String::is_empty) data-testid="hold-go">
                        {move || if action.busy.get() { tr!(blocked.holding) } else { tr!(blocked.hold) }}</button></div>
                </form>
            })}
        </section>
    }
}
