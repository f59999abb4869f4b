//! Taking a device out: why, what will happen then, and whether it wipes itself.

use leptos::prelude::*;
use zuc_ipc::company::{DeviceRevoke, DeviceRow, RevokeReason};
use zuc_ipc::list;

use crate::action::Action;
use crate::components::{CheckRow, Choice, Dialog, DialogHead, FormFailure, Segments};
use crate::connection::use_connection;
use crate::shell::OfflineNotice;
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
    let reason = RwSignal::new("left".to_owned());
    let wipe = RwSignal::new(false);
    // what is lost is wiped, unless somebody thinks better of it
    let choose = Callback::new(move |why: String| {
        wipe.set(why == "lost");
        reason.set(why);
    });
    let leaves = move || reason.get() == "left" && !wipe.get();
    let away = move || use_connection().away().is_some();
    let action = Action::new();
    let id = StoredValue::new(row.id);
    let revoke = move || {
        let reason = if reason.get_untracked() == "lost" { RevokeReason::Lost } else { RevokeReason::Left };
        let revoke = DeviceRevoke { device: id.get_value(), reason, wipe: wipe.get_untracked() };
        action.run::<list::DeviceOut>(revoke, move |_| revoking.open.set(false));
    };
    let reasons = vec![Choice::new("left", tr!(devices.left)), Choice::new("lost", tr!(devices.lost))];
    view! {
        <form on:submit=move |event| { event.prevent_default(); revoke(); }>
            <DialogHead title=tr!(devices.revoke_of, name = row.person) about=tr!(devices.revoke_about)/>
            <div class="dialog__body col gap-3">
                <OfflineNotice text=tr!(devices.revoke_offline)/>
                <div class="row"><Segments label=tr!(devices.why) choices=reasons value=reason on_choose=choose testid="device-why"/></div>
                <CheckRow on=wipe label=tr!(devices.wipe) testid="device-wipe"/>
                <ul class="t2 col gap-1" style="list-style:disc;padding-left:18px">
                    <li>{tr!(devices.then_stops)}</li>
                    <li>{tr!(devices.then_keys)}</li>
                    <li>{move || if leaves() { tr!(devices.then_left) } else { tr!(devices.then_unsent) }}</li>
                    <li>{move || if wipe.get() { tr!(devices.then_wiped) } else { tr!(devices.then_closed) }}</li>
                </ul>
                <FormFailure failure=action.failure/>
            </div>
            <div class="dialog__f">
                <button type="button" class="btn end" on:click=move |_| revoking.open.set(false)>{tr!(devices.not_revoke)}</button>
                <button type="submit" class="btn btn--danger-solid" disabled=move || action.busy.get() || away() data-testid="device-revoke-confirm">
                    {move || if action.busy.get() { tr!(devices.revoking) } else { tr!(devices.revoke) }}</button>
            </div>
        </form>
    }
}
