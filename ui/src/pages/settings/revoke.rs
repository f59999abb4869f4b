//! Taking a device out, after asking why.

use leptos::prelude::*;
use zuc_ipc::company::{DeviceRevoke, DeviceRow};
use zuc_ipc::list;

use crate::action::Action;
use crate::components::{CheckRow, Dialog, DialogHead, FormFailure};
use crate::words::tr;

/// Which device is asked about; none while the dialog is shut.
#[derive(Clone, Copy)]
pub(super) struct Revoking {
    open: RwSignal<bool>,
    row: RwSignal<Option<DeviceRow>>,
}

impl Revoking {
    pub(super) fn new() -> Self {
        Self { open: RwSignal::new(false), row: RwSignal::new(None) }
    }

    /// Asks about a device.
    pub(super) fn ask(self, row: DeviceRow) {
        self.row.set(Some(row));
        self.open.set(true);
    }
}

/// The question, with what follows from the answer.
#[component]
pub(super) fn RevokeDialog(revoking: Revoking) -> impl IntoView {
    view! {
        <Dialog open=revoking.open label=tr!(devices.revoke) testid="device-revoke-dialog"><RevokeForm revoking/></Dialog>
    }
}

#[component]
fn RevokeForm(revoking: Revoking) -> impl IntoView {
    let row = revoking.row.get_untracked().unwrap_or_default();
    let lost = RwSignal::new(false);
    let action = Action::new();
    let id = StoredValue::new(row.id);
    let revoke = move || {
        let revoke = DeviceRevoke { device: id.get_value(), lost: lost.get_untracked() };
        action.run::<list::DeviceOut>(revoke, move |_| revoking.open.set(false));
    };
    view! {
        <form on:submit=move |event| { event.prevent_default(); revoke(); }>
            <DialogHead title=tr!(devices.revoke_of, name = row.person) about=tr!(devices.revoke_about)/>
            <div class="dialog__body col gap-3">
                <CheckRow on=lost label=tr!(devices.lost) testid="device-lost"/>
                <p class="s12 t2">{move || if lost.get() { tr!(devices.lost_about) } else { tr!(devices.left_about) }}</p>
                <FormFailure failure=action.failure/>
            </div>
            <div class="dialog__f">
                <button type="button" class="btn end" on:click=move |_| revoking.open.set(false)>{tr!(common.cancel)}</button>
                <button type="submit" class="btn btn--danger-solid" disabled=move || action.busy.get() data-testid="device-revoke-confirm">
                    {move || if action.busy.get() { tr!(devices.revoking) } else { tr!(devices.revoke) }}</button>
            </div>
        </form>
    }
}
