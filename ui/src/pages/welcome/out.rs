//! The company has taken this device out: that it has, and what is left here.

use leptos::prelude::*;

use super::{Solo, Step};
use crate::words::tr;

/// Says so; another invite is all that leads on from here.
#[component]
pub(crate) fn OutPart(
    step: RwSignal<Step>,
    /// Nothing of the company is left here.
    wiped: bool,
) -> impl IntoView {
    let (title, about) =
        if wiped { (tr!(out.wiped), tr!(out.wiped_about)) } else { (tr!(out.removed), tr!(out.removed_about)) };
    view! {
        <Solo status=tr!(out.status)>
            <div class="solo__main" role="alert" data-testid="device-out">
                <h1 class="h1">{title}</h1>
                <p style="margin:6px 0 24px;max-width:580px">{about}</p>
                <button class="btn btn--lg" on:click=move |_| step.set(Step::Join) data-testid="out-join">{tr!(welcome.join)}</button>
            </div>
        </Solo>
    }
}
