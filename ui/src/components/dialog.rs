//! The native dialog: only to destroy, to sign or to ask what cannot be asked in place.

use leptos::html;
use leptos::prelude::*;

/// A dialog over the page; `Esc` and the backdrop's key close it, and focus goes back by itself.
#[component]
pub(crate) fn Dialog(
    open: RwSignal<bool>,
    #[prop(into)] label: String,
    #[prop(default = "dialog")] class: &'static str,
    testid: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let children = StoredValue::new(children);
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if open.get() {
            if !dialog.open() {
                // Refused only when it is already open, which was just asked.
                let _ = dialog.show_modal();
            }
        } else if dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog
            node_ref=node
            class=class
            aria-label=label
            data-testid=testid
            on:close=move |_| open.set(false)
            on:mousedown=move |event| {
                // A press on the dialog element itself is one on its backdrop.
                if event.target() == event.current_target() && class.contains("pal") {
                    open.set(false);
                }
            }
        >
            {move || open.get().then(|| children.read_value()())}
        </dialog>
    }
}

/// Title and sentence of a dialog.
#[component]
pub(crate) fn DialogHead(#[prop(into)] title: String, #[prop(optional, into)] about: Option<String>) -> impl IntoView {
    view! {
        <div class="dialog__h">
            <h2>{title}</h2>
            {about.map(|about| view! { <p class="t2">{about}</p> })}
        </div>
    }
}
