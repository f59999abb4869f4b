//! The frame around every room.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use zuc_ipc::list;
use zuc_ipc::shared::Empty;

use super::palette::Palette;
use super::shortcuts::Shortcuts;
use super::sidebar::Sidebar;
use super::status_bar::StatusBar;
use crate::action::Action;
use crate::components::use_toaster;
use crate::keys::{Deed, use_deeds};
use crate::route;
use crate::session::use_session;
use crate::words::tr;

/// Sidebar, page and status bar.
#[component]
pub(crate) fn Frame(children: Children) -> impl IntoView {
    let palette = RwSignal::new(false);
    let sheet = RwSignal::new(false);
    let navigate = use_navigate();
    let go = move |to: &'static str| {
        let navigate = navigate.clone();
        Callback::new(move |()| navigate(to, leptos_router::NavigateOptions::default()))
    };
    let (toaster, session, locking) = (use_toaster(), use_session(), Action::new());
    // where there is no passphrase the refusal says where one is made
    let lock = move || locking.quick::<list::LockNow>(Empty {}, move |boot| session.put(boot));
    let deed = |id, title: &str, icon, keys, run| Deed { id, title: title.to_owned(), icon, keys, run };
    use_deeds(vec![
        deed("palette", tr!(shell.search), "search", &["ctrl+k"], Callback::new(move |()| palette.set(true))),
        deed("sheet", tr!(shell.shortcuts), "info", &["?"], Callback::new(move |()| sheet.set(true))),
        deed("undo", tr!(shell.undo), "undo", &["ctrl+z"], Callback::new(move |()| toaster.undo())),
        deed("go.home", tr!(shell.go_home), "home", &["g", "i"], go(route::HOME)),
        deed("go.leads", tr!(shell.go_leads), "lead", &["g", "o"], go(route::LEADS)),
        deed("go.customers", tr!(shell.go_customers), "build", &["g", "c"], go(route::CUSTOMERS)),
        deed("go.proposals", tr!(shell.go_proposals), "doc", &["g", "r"], go(route::PROPOSALS)),
        deed("go.invoices", tr!(shell.go_invoices), "receipt", &["g", "f"], go(route::INVOICES)),
        deed("go.conflicts", tr!(shell.go_conflicts), "merge", &["g", "k"], go(route::CONFLICTS)),
        deed("go.settings", tr!(shell.go_settings), "gear", &["g", "a"], go(route::SETTINGS)),
        deed("lock", tr!(lock.now), "lock", &["ctrl+l"], Callback::new(move |()| lock())),
        deed("import.leads", tr!(shell.import_leads), "in", &[], go(route::IMPORT_LEADS)),
        deed("import.products", tr!(shell.import_products), "in", &[], go(route::IMPORT_PRODUCTS)),
    ]);
    view! {
        <div class="app">
            <Sidebar palette/>
            <main class="main" id="main">{children()}</main>
            <StatusBar sheet/>
        </div>
        <Palette open=palette/>
        <Shortcuts open=sheet/>
    }
}
