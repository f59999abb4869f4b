//! The passphrase, where the system keeps no keys.

use leptos::prelude::*;
use zuc_ipc::company::Secret;
use zuc_ipc::list;

use super::Solo;
use crate::action::Action;
use crate::components::{FormFailure, Icon, TextField};
use crate::session::use_session;
use crate::words::tr;

/// Asks for the passphrase.
#[component]
pub(crate) fn LockPart() -> impl IntoView {
    let session = use_session();
    let phrase = RwSignal::new(String::new());
    let action = Action::new();
    let unlock = move || {
        action.run::<list::Unlock>(Secret { text: phrase.get_untracked() }, move |boot| {
            phrase.set(String::new());
            session.put(boot);
        });
    };
    view! {
        <Solo status=tr!(lock.status)>
            <form class="solo__main" on:submit=move |event| { event.prevent_default(); unlock(); }>
                <h1 class="h1">{tr!(lock.title)}</h1>
                <p class="t2" style="margin:6px 0 24px;max-width:520px">{tr!(lock.about)}</p>
                <div class="col gap-3" style="max-width:360px">
                    <TextField label=tr!(lock.phrase) value=phrase kind="password" error=action.field("text") testid="lock-phrase"/>
                    <FormFailure failure=action.elsewhere(&["text"])/>
                    <div class="row"><button type="submit" class="btn btn--primary btn--lg" disabled=move || action.busy.get() data-testid="lock-open">
                        <Icon name="key"/>{move || if action.busy.get() { tr!(lock.busy) } else { tr!(lock.open) }}
                    </button></div>
                </div>
            </form>
            <div class="solo__aside"><p class="t2">{tr!(lock.safe)}</p></div>
        </Solo>
    }
}
