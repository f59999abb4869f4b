//! Before there is a company, while it is locked, while joining, or when it does not open: no sidebar; the 48 bar and the
//! 28 status stay.

mod create;
mod form;
mod join;
mod lock;
mod out;
mod recover;
mod recovery;
mod restore;
mod shut;
mod start;

use leptos::prelude::*;
use zuc_ipc::company::Stage;

use self::create::CreatePart;
use self::join::{JoinPart, WaitPart};
pub(crate) use self::lock::LockPart;
use self::out::OutPart;
use self::recover::RecoverPart;
use self::recovery::RecoveryPart;
use self::restore::RestorePart;
pub(crate) use self::shut::ShutPart;
pub(crate) use self::start::Looks;
use self::start::StartPart;
use crate::components::Mark;
use crate::session::use_session;
use crate::words::tr;

/// A step of the start.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The ways to start.
    Start,
    /// A new company.
    Create,
    /// An invite.
    Join,
    /// A backup.
    Restore,
    /// The recovery code.
    Recover,
}

/// The window before the rooms open.
#[component]
pub(crate) fn Welcome(stage: Stage) -> impl IntoView {
    let step = RwSignal::new(Step::Start);
    view! {
        {move || match (stage, step.get()) {
            (Stage::Locked, _) => view! { <LockPart/> }.into_any(),
            (Stage::Recovery, _) => view! { <RecoveryPart/> }.into_any(),
            (Stage::Joining, _) => view! { <WaitPart/> }.into_any(),
            (Stage::Removed | Stage::Wiped, Step::Start) => view! { <OutPart step wiped=stage == Stage::Wiped/> }.into_any(),
            (_, Step::Restore) => view! { <RestorePart step/> }.into_any(),
            (_, Step::Recover) => view! { <RecoverPart step/> }.into_any(),
            (_, Step::Create) => view! { <CreatePart step/> }.into_any(),
            (_, Step::Join) => view! { <JoinPart step/> }.into_any(),
            _ => view! { <StartPart step/> }.into_any(),
        }}
    }
}

/// The window without a sidebar.
#[component]
pub(crate) fn Solo(#[prop(into)] status: Signal<String>, children: Children) -> impl IntoView {
    let session = use_session();
    let version = move || session.get().map(|boot| boot.version.clone());
    view! {
        <div class="solo">
            <header class="solo__h"><Mark/><span class="b">"Zuclubit"</span></header>
            <main>{children()}</main>
            <footer class="status" aria-label=tr!(shell.status)>
                <span class="status__b">{status}</span><span class="sep"></span><span class="status__b">{version}</span>
            </footer>
        </div>
    }
}
