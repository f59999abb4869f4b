//! The passphrase asked again: what was refused for it waits, and goes on once it was typed.

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use zuc_ipc::company::Secret;
use zuc_ipc::{Failure, list};

use crate::backend;
use crate::components::{Dialog, DialogHead, Icon, Kbd, PhraseField};
use crate::words::tr;

/// The question, for every act of the window.
#[derive(Clone, Copy)]
pub(crate) struct Proof {
    open: RwSignal<bool>,
    /// Tells who waits for the answer.
    waiting: StoredValue<Option<js_sys::Function>, LocalStorage>,
}

impl Proof {
    /// Puts the question in the context.
    pub(crate) fn provide() -> Self {
        let proof = Self { open: RwSignal::new(false), waiting: StoredValue::new_local(None) };
        provide_context(proof);
        proof
    }

    /// Whether a refusal asks for the passphrase.
    pub(crate) fn is_asked_by(failure: &Failure) -> bool {
        failure.code == "lock.ask"
    }

    /// Asks for the passphrase; whether the right one was typed.
    pub(crate) async fn ask(self) -> bool {
        self.answer(false);
        let promise = js_sys::Promise::new(&mut |resolve, _| self.waiting.set_value(Some(resolve)));
        self.open.set(true);
        JsFuture::from(promise).await.is_ok_and(|answer| answer.is_truthy())
    }

    fn answer(self, right: bool) {
        let waiting = self.waiting.try_update_value(Option::take).flatten();
        if let Some(waiting) = waiting {
            // who asked may have gone
            let _ = waiting.call1(&JsValue::NULL, &JsValue::from_bool(right));
        }
    }
}

/// The dialog of the question, above whatever else is open.
#[component]
pub(crate) fn ProofDialog(proof: Proof) -> impl IntoView {
    // closed without an answer is an answer
    Effect::new(move |before: Option<bool>| {
        let open = proof.open.get();
        if before == Some(true) && !open {
            proof.answer(false);
        }
        open
    });
    // what closes this closes nothing below it
    let pressed = |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
        }
    };
    view! {
        <span on:keydown=pressed>
            <Dialog open=proof.open label=tr!(proof.title) testid="proof"><Inside proof/></Dialog>
        </span>
    }
}

#[component]
fn Inside(proof: Proof) -> impl IntoView {
    let phrase = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);
    let prove = move || {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        leptos::task::spawn_local(async move {
            let proved = backend::call::<list::LockProve>(&Secret { text: phrase.get_untracked() }).await;
            busy.try_set(false);
            match proved {
                Ok(_) => {
                    proof.answer(true);
                    proof.open.set(false);
                }
                Err(refused) => {
                    failure.try_set(Some(refused));
                }
            }
        });
    };
    view! {
        <DialogHead title=tr!(proof.title) about=tr!(proof.about).to_owned()/>
        <form on:submit=move |event| { event.prevent_default(); prove(); }>
            <div class="dialog__body"><PhraseField phrase failure testid="proof-phrase"/></div>
            <div class="dialog__f">
                <button type="button" class="btn end" on:click=move |_| proof.open.set(false) data-testid="proof-cancel">{tr!(common.cancel)}</button>
                <button type="submit" class="btn btn--primary" disabled=move || busy.get() || phrase.with(String::is_empty) data-testid="proof-go">
                    <Icon name="lock"/>{move || if busy.get() { tr!(proof.busy) } else { tr!(proof.go) }}<Kbd key="Enter"/></button>
            </div>
        </form>
    }
}
