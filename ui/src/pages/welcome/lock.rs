//! The passphrase, where the system keeps no keys.

use leptos::prelude::*;
use zuc_ipc::company::Secret;
use zuc_ipc::lock::UnlockByCode;
use zuc_ipc::{Failure, list};

use super::Solo;
use crate::action::Action;
use crate::components::{FormFailure, Icon, Kbd, PhraseField, TextField};
use crate::session::use_session;
use crate::words::tr;

/// Asks for the passphrase; `refused` is why the one given from outside did not open.
#[component]
pub(crate) fn LockPart(#[prop(optional, into)] refused: Option<Failure>) -> impl IntoView {
    let session = use_session();
    let phrase = RwSignal::new(String::new());
    let refused = RwSignal::new(refused);
    let action = Action::new();
    let forgotten = RwSignal::new(false);
    let unlock = move || {
        refused.set(None);
        action.run::<list::Unlock>(Secret { text: phrase.get_untracked() }, move |boot| {
            // the rooms come back before this one is gone
            phrase.try_set(String::new());
            session.come_in(boot);
        });
    };
    let failure = Signal::derive(move || action.failure.get().or_else(|| refused.get()));
    view! {
        <Solo status=tr!(lock.status)>
            <div class="lock">
                {move || forgotten.get().then(|| view! { <CodePart forgotten/> })}
                <form class="col gap-3" style:display=move || if forgotten.get() { "none" } else { "" } on:submit=move |event| { event.prevent_default(); unlock(); }>
                    <h1 class="h1">{tr!(lock.title)}</h1>
                    <p class="t2">{tr!(lock.about)}</p>
                    <PhraseField phrase failure testid="lock-phrase"/>
                    <button type="submit" class="btn btn--primary btn--lg" disabled=move || action.busy.get() data-testid="lock-open">
                        <Icon name="lock"/>{move || if action.busy.get() { tr!(lock.busy) } else { tr!(lock.open) }}<Kbd key="Enter"/>
                    </button>
                    <button type="button" class="btn btn--ghost" on:click=move |_| forgotten.set(true) data-testid="lock-forgotten">{tr!(lock.forgotten)}</button>
                    <p class="row top row-3 s12 t2 lock__about"><Icon name="info" class="i-14 t3"/><span>{tr!(lock.safe)}</span></p>
                </form>
            </div>
        </Solo>
    }
}

/// In with the code that was printed, and a new passphrase.
#[component]
fn CodePart(forgotten: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    let (code, phrase) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let action = Action::new();
    let unlock = move || {
        let by = UnlockByCode { code: code.get_untracked(), phrase: phrase.get_untracked() };
        action.run::<list::UnlockCode>(by, move |boot| {
            code.try_set(String::new());
            phrase.try_set(String::new());
            session.come_in(boot);
        });
    };
    view! {
        <form class="col gap-3" on:submit=move |event| { event.prevent_default(); unlock(); }>
            <h1 class="h1">{tr!(lock.forgotten)}</h1>
            <p class="t2">{tr!(lock.by_code)}</p>
            <TextField label=tr!(backup.code) value=code mono=true error=action.field("code") testid="lock-code"/>
            <TextField label=tr!(lock.new) value=phrase kind="password" error=action.field("phrase") help=tr!(lock.long).to_owned() testid="lock-new"/>
            <FormFailure failure=action.elsewhere(&["code", "phrase"])/>
            <button type="submit" class="btn btn--primary btn--lg" disabled=move || action.busy.get() data-testid="lock-by-code">
                <Icon name="lock"/>{move || if action.busy.get() { tr!(lock.busy) } else { tr!(lock.open) }}</button>
            <button type="button" class="btn btn--ghost" on:click=move |_| forgotten.set(false)>{tr!(common.back)}</button>
        </form>
    }
}
