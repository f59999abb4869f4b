//! What just happened, with «Deshacer»; one at a time, six seconds, paused by hover or focus.

use std::time::Duration;

use leptos::prelude::*;
use zuc_ipc::Failure;

use super::Icon;
use crate::words::tr;

/// A sentence that floats over the page.
#[derive(Clone)]
struct Toast {
    serial: u32,
    text: String,
    failed: bool,
    undo: Option<Callback<()>>,
}

/// Says things in the page's one polite live region.
#[derive(Clone, Copy)]
pub(crate) struct Toaster {
    current: RwSignal<Option<Toast>>,
    serial: StoredValue<u32>,
}

impl Toaster {
    /// Puts the toaster in the context of the page.
    pub(crate) fn provide() -> Self {
        let toaster = Self { current: RwSignal::new(None), serial: StoredValue::new(0) };
        provide_context(toaster);
        toaster
    }

    /// Says what was done.
    pub(crate) fn say(self, text: impl Into<String>) {
        self.show(text.into(), false, None);
    }

    /// Says what was done and offers to undo it.
    pub(crate) fn say_undoable(self, text: impl Into<String>, undo: Callback<()>) {
        self.show(text.into(), false, Some(undo));
    }

    /// Says why something was not done.
    pub(crate) fn fail(self, failure: &Failure) {
        self.show(failure.sentence(), true, None);
    }

    /// Runs the undo on offer, if there is one.
    pub(crate) fn undo(self) {
        if let Some(undo) = self.current.get_untracked().and_then(|toast| toast.undo) {
            self.current.set(None);
            undo.run(());
        }
    }

    /// Takes away what was said.
    pub(crate) fn clear(self) {
        self.current.set(None);
    }

    fn show(self, text: String, failed: bool, undo: Option<Callback<()>>) {
        self.serial.update_value(|serial| *serial += 1);
        self.current.set(Some(Toast { serial: self.serial.get_value(), text, failed, undo }));
    }
}

/// The toaster of this page.
pub(crate) fn use_toaster() -> Toaster {
    expect_context()
}

/// The place where toasts appear.
#[component]
pub(crate) fn Toasts(toaster: Toaster) -> impl IntoView {
    let held = RwSignal::new(false);
    let expire = move |serial: u32| {
        let same =
            move || toaster.current.with_untracked(|toast| toast.as_ref().is_some_and(|toast| toast.serial == serial));
        if same() && !held.get_untracked() {
            toaster.current.set(None);
        }
    };
    Effect::new(move |_| {
        let paused = held.get();
        if let Some(toast) = toaster.current.get()
            && !paused
        {
            set_timeout(move || expire(toast.serial), Duration::from_secs(6));
        }
    });
    view! {
        <div class="toasts" role="status" aria-live="polite">
            {move || toaster.current.get().map(|toast| view! {
                <div class="toast" data-testid="toast"
                    on:mouseenter=move |_| held.set(true)
                    on:mouseleave=move |_| held.set(false)
                    on:focusin=move |_| held.set(true)
                    on:focusout=move |_| held.set(false)>
                    <span class=if toast.failed { "danger" } else { "success" } style="display:flex">
                        <Icon name=if toast.failed { "warn" } else { "check" }/>
                    </span>
                    <span class="cut">{toast.text}</span>
                    {toast.undo.map(|_| view! {
                        <button class="btn btn--sm" on:click=move |_| toaster.undo() data-testid="toast-undo">
                            <Icon name="undo"/>{tr!(common.undo)}
                        </button>
                    })}
                    <button class="btn btn--ghost btn--icon btn--sm" aria-label=tr!(common.close)
                        on:click=move |_| toaster.current.set(None)><Icon name="x"/></button>
                </div>
            })}
        </div>
    }
}
