//! The data do not open: why, that they are safe, and another try.

use leptos::prelude::*;
use zuc_ipc::Failure;

use super::Solo;
use crate::components::{FailureDetail, Icon};
use crate::session::use_session;
use crate::words::tr;

/// Says why the data did not open.
#[component]
pub(crate) fn ShutPart(failure: Failure) -> impl IntoView {
    let session = use_session();
    let still = RwSignal::new(false);
    Effect::new(move |before: Option<()>| {
        session.boot.failure.track();
        // the first time is what brought this page
        still.set(before.is_some());
    });
    view! {
        <Solo status=tr!(shut.status)>
            <div class="solo__main" role="alert" data-testid="failure">
                <h1 class="h1">{tr!(shut.title)}</h1>
                <p style="margin:6px 0 24px;max-width:580px">{failure.sentence()}</p>
                <div class="row">
                    <button class="btn btn--primary btn--lg" on:click=move |_| session.boot.reload() data-testid="retry"><Icon name="sync"/>{tr!(common.retry)}</button>
                </div>
                <p class="s12 t3" style="margin-top:12px" aria-live="polite">{move || still.get().then(|| tr!(shut.still))}</p>
                <div style="margin-top:16px"><FailureDetail failure/></div>
            </div>
            <div class="solo__aside"><p class="t2">{tr!(shut.safe)}</p></div>
        </Solo>
    }
}
