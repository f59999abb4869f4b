//! The first step: a file.

use leptos::prelude::*;
use zuc_ipc::list;
use zuc_ipc::shared::Query as TextQuery;

use super::{ImportKind, Wizard};
use crate::action::Action;
use crate::components::{Empty, FormFailure, Icon};
use crate::words::tr;

/// Asks the shell for a file; the dialog is the system's.
#[component]
pub(crate) fn Choose(wizard: Wizard) -> impl IntoView {
    let pick = Action::new();
    let (what, title, why) = match wizard.kind {
        ImportKind::Leads => ("leads", tr!(import.choose_leads), tr!(import.choose_leads_why)),
        ImportKind::Products => ("products", tr!(import.choose_products), tr!(import.choose_products_why)),
    };
    let choose = move |_| {
        pick.run::<list::PickFile>(TextQuery { text: what.to_owned(), limit: 1 }, move |path| {
            if let Some(path) = path {
                wizard.path.set(path);
                wizard.start();
            }
        });
    };
    let busy = move || pick.busy.get() || wizard.look.busy.get() || wizard.commit.busy.get();
    let actions = view! {
        <button class="btn btn--primary" on:click=choose disabled=busy data-testid="import-choose">
            <Icon name="in"/>{move || if busy() { tr!(import.reading) } else { tr!(import.choose) }}
        </button>
    }
    .into_any();
    view! {
        <div class="body body--col"><Empty title=title why=why actions/><FormFailure failure=pick.failure/></div>
    }
}
