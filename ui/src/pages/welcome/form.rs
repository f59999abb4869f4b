//! The form that the ways to start share: what is asked on the left, what happens then on the right.

use leptos::prelude::*;

use super::{Solo, Step};
use crate::action::Action;
use crate::components::FormFailure;
use crate::words::tr;

/// What a form says around its fields.
#[derive(Clone, Copy)]
pub(crate) struct Says {
    /// Its heading.
    pub(crate) title: &'static str,
    /// What it is for.
    pub(crate) about: &'static str,
    /// Its button.
    pub(crate) go: &'static str,
    /// Its button, while it runs.
    pub(crate) busy: &'static str,
    /// Heading of what happens then.
    pub(crate) next: &'static str,
    /// What happens then.
    pub(crate) next_about: &'static str,
}

/// Fields under a heading, the button that sends them and the way back. A refusal of one of `fields` stands beside that field, any other
/// above the button.
#[component]
pub(crate) fn StartForm(
    says: Says,
    step: RwSignal<Step>,
    action: Action,
    fields: &'static [&'static str],
    testid: &'static str,
    submit: impl Fn() + Send + 'static,
    children: Children,
) -> impl IntoView {
    view! {
        <Solo status=tr!(welcome.nothing_leaves)>
            <form class="solo__main" on:submit=move |event| { event.prevent_default(); submit(); }>
                <h1 class="h1">{says.title}</h1>
                <p class="t2" style="margin:6px 0 24px;max-width:580px">{says.about}</p>
                <div class="col gap-4" style="max-width:560px">
                    {children()}
                    <FormFailure failure=action.elsewhere(fields)/>
                    <div class="row">
                        <button type="submit" class="btn btn--primary btn--lg" disabled=move || action.busy.get() data-testid=testid>
                            {move || if action.busy.get() { says.busy } else { says.go }}
                        </button>
                        <button type="button" class="btn btn--ghost btn--lg" on:click=move |_| step.set(Step::Start)>{tr!(common.back)}</button>
                    </div>
                </div>
            </form>
            <div class="solo__aside">
                <h2 style="font:var(--text-16);font-weight:600">{says.next}</h2>
                <p class="t2" style="margin-top:4px">{says.next_about}</p>
            </div>
        </Solo>
    }
}
