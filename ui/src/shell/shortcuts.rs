//! The sheet of shortcuts: the deeds of this page and the keys of the grid.

use leptos::prelude::*;

use crate::components::{Dialog, DialogHead, Kbd};
use crate::keys::{Deeds, key_names};
use crate::words::tr;

/// Every shortcut that works on this page.
#[component]
pub(crate) fn Shortcuts(open: RwSignal<bool>) -> impl IntoView {
    let deeds: Deeds = expect_context();
    view! {
        <Dialog open label=tr!(shell.shortcuts) class="dialog dialog--wide" testid="shortcuts">
            <DialogHead title=tr!(shell.shortcuts) about=tr!(keys.about).to_owned()/>
            <div class="dialog__body keys">
                <ul>
                    {deeds.list().into_iter().filter(|deed| !deed.keys.is_empty()).map(|deed| key_line(deed.title, key_names(deed.keys))).collect_view()}
                </ul>
                <ul>
                    {[
                        (tr!(keys.moves), vec!["J", "K"]), (tr!(keys.cells), vec!["←", "→"]), (tr!(keys.select), vec!["X"]),
                        (tr!(keys.peek), vec!["Espacio"]), (tr!(keys.edit), vec!["F2"]), (tr!(keys.keep), vec!["Enter"]),
                        (tr!(keys.back), vec!["Esc"]), (tr!(keys.filter), vec!["/"]),
                        (tr!(keys.line_new), vec!["Enter"]), (tr!(keys.line_move), vec!["Alt", "↑", "↓"]), (tr!(keys.line_copy), vec!["Ctrl", "D"]),
                        (tr!(keys.confirm), vec!["Ctrl", "Enter"]),
                    ].into_iter().map(|(title, keys)| key_line(title.to_owned(), keys.into_iter().map(str::to_owned).collect())).collect_view()}
                </ul>
            </div>
            <div class="dialog__f">
                <span class="s12 t3">{tr!(keys.rest)}</span>
                <button class="btn end" on:click=move |_| open.set(false)>{tr!(common.close)}</button>
            </div>
        </Dialog>
    }
}

fn key_line(title: String, keys: Vec<String>) -> impl IntoView {
    view! {
        <li><span>{title}</span><span class="end row row-1">{keys.into_iter().map(|key| view! { <Kbd key/> }).collect_view()}</span></li>
    }
}
