//! Taking a backup back over what stands here: which one, what becomes of the rest, and the code of one that the keys of this
//! computer do not open.

use leptos::prelude::*;
use zuc_ipc::backup::{BackupRow, RestoreAsk};
use zuc_ipc::list;
use zuc_ipc::shared::Empty as Nothing;

use super::backup::Running;
use crate::action::Action;
use crate::components::{Dialog, DialogHead, FormFailure, TextField, use_toaster};
use crate::format;
use crate::session::use_session;
use crate::words::tr;

/// Which backup is asked about; none while the dialog is shut.
#[derive(Clone, Copy)]
pub(super) struct Restoring {
    open: RwSignal<bool>,
    row: RwSignal<BackupRow>,
}

impl Restoring {
    pub(super) fn new() -> Self {
        Self { open: RwSignal::new(false), row: RwSignal::new(BackupRow::default()) }
    }

    /// Asks about a backup of the list, or about a file that was chosen, of which nothing is known but where it lies.
    pub(super) fn ask(self, row: BackupRow) {
        self.row.set(row);
        self.open.set(true);
    }
}

/// The question, with what follows from the answer.
#[component]
pub(super) fn RestoreDialog(restoring: Restoring) -> impl IntoView {
    view! {
        <Dialog open=restoring.open label=tr!(backup.restore_do) testid="restore-dialog"><RestoreForm restoring/></Dialog>
    }
}

#[component]
fn RestoreForm(restoring: Restoring) -> impl IntoView {
    let row = restoring.row.get_untracked();
    let (session, toaster) = (use_session(), use_toaster());
    let code = RwSignal::new(String::new());
    let (action, boot) = (Action::new(), Action::new());
    let title = if row.at.is_empty() {
        tr!(backup.restore_file, file = row.path.rsplit(['/', '\\']).next().unwrap_or_default())
    } else {
        tr!(backup.restore_of, at = format::instant(&row.at))
    };
    let file = StoredValue::new(row.path);
    let restore = move || {
        let ask = RestoreAsk { file: file.get_value(), code: code.get_untracked(), nameless: false };
        action.run::<list::Restore>(ask, move |done| {
            code.try_set(String::new());
            toaster.say(done.text);
            boot.run::<list::BootGet>(Nothing {}, move |boot| {
                restoring.open.try_set(false);
                // nothing that was shown is known to hold any more
                session.come_in(boot);
            });
        });
    };
    view! {
        <form on:submit=move |event| { event.prevent_default(); restore(); }>
            <DialogHead title about=tr!(backup.restore_over)/>
            <div class="dialog__body col gap-3">
                <ul class="t2 col gap-1" style="list-style:disc;padding-left:18px">
                    <li>{tr!(backup.then_backup)}</li>
                    <li>{tr!(backup.then_aside)}</li>
                    <li>{tr!(backup.then_unsent)}</li>
                    <li>{tr!(backup.then_one)}</li>
                </ul>
                {(!row.own).then(|| view! {
                    <TextField label=tr!(backup.code) value=code mono=true error=action.field("code") testid="restore-code"/>
                    <p class="s12 t2">{tr!(backup.code_about)}</p>
                })}
                <Running busy=Signal::derive(move || action.busy.get())/>
                <FormFailure failure=action.elsewhere(&["code"])/>
                <FormFailure failure=boot.failure/>
            </div>
            <div class="dialog__f">
                <button type="button" class="btn end" on:click=move |_| restoring.open.set(false) disabled=move || action.busy.get()>{tr!(backup.not_restore)}</button>
                <button type="submit" class="btn btn--danger-solid" disabled=move || action.busy.get() data-testid="restore-confirm">
                    {move || if action.busy.get() { tr!(backup.restoring) } else { tr!(backup.restore_do) }}</button>
            </div>
        </form>
    }
}
