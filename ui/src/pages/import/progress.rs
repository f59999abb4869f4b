//! A long import: how far it is, and «Detener».

use std::time::Duration;

use leptos::prelude::*;
use zuc_ipc::import::ImportProgress;
use zuc_ipc::list;
use zuc_ipc::shared::Empty;

use super::Wizard;
use crate::action::Action;
use crate::backend::listen;
use crate::components::{FormFailure, Progress};
use crate::format;
use crate::words::tr;

/// The bar under the rows; it shows itself after 300 ms.
#[component]
pub(crate) fn Running(wizard: Wizard) -> impl IntoView {
    let progress = RwSignal::new(ImportProgress::default());
    let shown = RwSignal::new(false);
    listen::<ImportProgress>("import-progress", move |now| {
        progress.try_set(now);
    });
    Effect::new(move |_| {
        if wizard.commit.busy.get() {
            progress.set(ImportProgress::default());
            set_timeout(
                move || {
                    if wizard.commit.busy.try_get_untracked() == Some(true) {
                        shown.set(true);
                    }
                },
                Duration::from_millis(300),
            );
        } else {
            shown.set(false);
        }
    });
    let stop = Action::new();
    let do_stop = move |_| stop.quick::<list::ImportCancel>(Empty {}, |_| ());
    #[expect(clippy::cast_precision_loss, reason = "row counts, for a bar's width")]
    let percent = Signal::derive(move || {
        let now = progress.get();
        format::share(now.done as f64, now.total as f64)
    });
    view! {
        {move || shown.get().then(|| view! {
            <div style="flex:none;border-top:1px solid var(--line);padding:12px 20px" class="col gap-2" data-testid="import-progress">
                <div class="row">
                    <span class="m tn">{move || { let now = progress.get(); tr!(import.progress, done = format::count(now.done), total = format::count(now.total)) }}</span>
                    <span class="t3">{tr!(import.undoable)}</span>
                    <span class="end tn t2">{move || format!("{:.0} %", percent.get())}</span>
                    <button class="btn btn--sm" disabled=move || stop.busy.get() data-testid="import-stop"
                        on:click=do_stop>{tr!(import.stop)}</button>
                </div>
                <Progress percent label=tr!(shell.import_leads)/>
            </div>
        })}
        <FormFailure failure=wizard.commit.failure/>
    }
}
