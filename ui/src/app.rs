//! The root: contexts, then the window that the program's stage asks for.

use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;
use zuc_ipc::company::Stage;

use crate::backend::Bus;
use crate::components::{IconSheet, Toaster, Toasts};
use crate::connection::Connection;
use crate::keys::Deeds;
use crate::pages;
use crate::proof::{Proof, ProofDialog};
use crate::session::Session;
use crate::shell::Frame;

/// The whole window.
#[component]
pub(crate) fn App() -> impl IntoView {
    Bus::provide();
    let toaster = Toaster::provide();
    Deeds::provide();
    let proof = Proof::provide();
    let session = Session::provide();
    pages::hear_drops();
    // One value, so that the rooms are built once and not with every answer.
    let locked = Memo::new(move |_| session.get().is_some_and(|boot| boot.stage == Stage::Locked));
    // Locked while somebody worked: what was typed stays where it stands, out of sight and of reach.
    let rooms = Memo::new(move |before: Option<&bool>| match session.get().map(|boot| boot.stage) {
        Some(Stage::Ready) => true,
        Some(Stage::Locked) => before.copied().unwrap_or(false),
        _ => false,
    });
    let stage = Memo::new(move |_| match session.get() {
        Some(boot) => Ok(boot.stage),
        None => Err(session.boot.failure.get()),
    });
    view! {
        <IconSheet/>
        {move || rooms.get().then(|| view! {
            <div class="rooms" hidden=move || locked.get() inert=move || locked.get()><Rooms/></div>
        })}
        {move || match stage.get() {
            Ok(Stage::Ready) | Err(None) => ().into_any(),
            Ok(stage) => view! { <pages::Welcome stage/> }.into_any(),
            // a passphrase given from outside that is not the right one: whoever sits here may know it
            Err(Some(failure)) if failure.code == "store.wrong_passphrase" => {
                view! { <pages::LockPart refused=failure/> }.into_any()
            }
            Err(Some(failure)) => view! { <pages::ShutPart failure/> }.into_any(),
        }}
        {move || (!locked.get()).then(|| view! { <ProofDialog proof/> })}
        {move || (!locked.get()).then(|| view! { <Toasts toaster/> })}
    }
}

/// The rooms of the product, each at its address.
#[component]
fn Rooms() -> impl IntoView {
    Connection::provide();
    view! {
        <pages::PersonDialog>
        <Router>
            <Routes fallback=|| view! { <Frame><pages::Nowhere/></Frame> }>
                <Route path=path!("/") view=|| view! { <Frame><pages::HomePage/></Frame> }/>
                <Route path=path!("/prospectos") view=|| view! { <Frame><pages::LeadsPage/></Frame> }/>
                <Route path=path!("/prospectos/importar") view=|| view! { <Frame><pages::ImportPage kind=pages::ImportKind::Leads/></Frame> }/>
                <Route path=path!("/prospectos/duplicados") view=|| view! { <Frame><pages::HeldPage/></Frame> }/>
                <Route path=path!("/productos/importar") view=|| view! { <Frame><pages::ImportPage kind=pages::ImportKind::Products/></Frame> }/>
                <Route path=path!("/clientes") view=|| view! { <Frame><pages::CustomersPage/></Frame> }/>
                <Route path=path!("/clientes/:id") view=|| view! { <Frame><pages::CustomerPage/></Frame> }/>
                <Route path=path!("/propuestas") view=|| view! { <Frame><pages::ProposalsPage/></Frame> }/>
                <Route path=path!("/propuestas/:id") view=|| view! { <Frame><pages::ProposalPage/></Frame> }/>
                <Route path=path!("/propuestas/:id/firmar") view=pages::SignPage/>
                <Route path=path!("/facturas") view=|| view! { <Frame><pages::InvoicesPage/></Frame> }/>
                <Route path=path!("/facturas/:id") view=|| view! { <Frame><pages::InvoicePage/></Frame> }/>
                <Route path=path!("/conflictos") view=|| view! { <Frame><pages::ConflictsPage/></Frame> }/>
                <Route path=path!("/ajustes") view=|| view! { <Frame><pages::SettingsPage/></Frame> }/>
                <Route path=path!("/ajustes/:section") view=|| view! { <Frame><pages::SettingsPage/></Frame> }/>
            </Routes>
        </Router>
        </pages::PersonDialog>
    }
}
