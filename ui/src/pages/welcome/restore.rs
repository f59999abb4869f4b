//! A backup taken back on a new machine.

use leptos::prelude::*;
use zuc_ipc::backup::RestoreAsk;
use zuc_ipc::list;
use zuc_ipc::shared::{Empty as Nothing, Query as TextQuery};

use super::{Solo, Step};
use crate::action::Action;
use crate::components::{FormFailure, Icon, TextField};
use crate::session::use_session;
use crate::words::tr;

/// The file, and the code that opens it.
#[component]
pub(crate) fn RestorePart(step: RwSignal<Step>) -> impl IntoView {
    let session = use_session();
    let (file, code) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (pick, action, boot) = (Action::new(), Action::new(), Action::new());
    let choose = move |_| {
        pick.run::<list::PickFile>(TextQuery { text: "zuc".to_owned(), limit: 1 }, move |chosen| {
            if let Some(chosen) = chosen {
                file.set(chosen);
            }
        });
    };
    let restore = move || {
        let ask = RestoreAsk { file: file.get_untracked(), code: code.get_untracked(), nameless: false };
        action.run::<list::Restore>(ask, move |_| {
            code.try_set(String::new());
            boot.run::<list::BootGet>(Nothing {}, move |boot| session.put(boot));
        });
    };
    let name = move || file.with(|file| file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned());
    view! {
        <Solo status=tr!(welcome.nothing_leaves)>
            <form class="solo__main col gap-4" style="max-width:560px" on:submit=move |event| { event.prevent_default(); restore(); }>
                <h1 style="font:var(--text-26);font-weight:600;letter-spacing:-.015em">{tr!(backup.restore)}</h1>
                <p class="t2">{tr!(backup.restore_here)}</p>
                <div class="row row-3">
                    <button type="button" class="btn" on:click=choose disabled=move || pick.busy.get() data-testid="restore-pick"><Icon name="in"/>{tr!(import.choose)}</button>
                    <span class="mono t2 cut" data-testid="restore-file">{name}</span>
                </div>
                <TextField label=tr!(backup.code) value=code mono=true error=action.field("code") testid="restore-code"/>
                <p class="s12 t2">{tr!(backup.code_about)}</p>
                <FormFailure failure=action.elsewhere(&["code"])/>
                <FormFailure failure=boot.failure/>
                <div class="row">
                    <button type="submit" class="btn btn--primary btn--lg" disabled=move || action.busy.get() || file.with(String::is_empty) data-testid="restore-do">
                        {move || if action.busy.get() { tr!(backup.restoring) } else { tr!(backup.restore_do) }}</button>
                    <button type="button" class="btn btn--lg" on:click=move |_| step.set(Step::Start) disabled=move || action.busy.get()>{tr!(common.back)}</button>
                </div>
            </form>
        </Solo>
    }
}
