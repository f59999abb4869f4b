//! The field of the passphrase.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use zuc_ipc::Failure;

use super::{FormFailure, TextField};
use crate::words::tr;

/// Asks for the passphrase. The hand is in it at once; a wrong one is said under it, whatever else beside the form.
#[component]
pub(crate) fn PhraseField(
    phrase: RwSignal<String>,
    #[prop(into)] failure: Signal<Option<Failure>>,
    testid: &'static str,
) -> impl IntoView {
    let wrong = |failure: &Failure| failure.code == "store.wrong_passphrase";
    let error = Signal::derive(move || failure.get().filter(wrong).map(|failure| failure.sentence()));
    let other = Signal::derive(move || failure.get().filter(|failure| !wrong(failure)));
    let place = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        let field = place.get().and_then(|place| place.query_selector("input").ok().flatten());
        if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
            // a refused focus only costs a click
            let _ = field.focus();
        }
    });
    view! {
        <div class="col gap-3" node_ref=place>
            <TextField label=tr!(lock.phrase) value=phrase kind="password" error testid/>
            <FormFailure failure=other/>
        </div>
    }
}
