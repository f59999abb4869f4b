//! Who else looks at the record of a page.

use std::time::Duration;

use leptos::prelude::*;
use zuc_ipc::list;
use zuc_ipc::shared::ById;

use crate::backend::{self, Topics, use_query};
use crate::components::Avatar;
use crate::words::tr;

/// How often it is asked.
const EVERY: Duration = Duration::from_secs(5);

/// Their letters, small; nothing while nobody else looks, and where it is not known.
#[component]
pub(crate) fn Onlookers(#[prop(into)] id: Signal<String>) -> impl IntoView {
    let others = use_query::<list::RecordLook>(Topics::NONE, move || Some(ById { id: id.get() }));
    if let Ok(timer) = set_interval_with_handle(move || others.reload(), EVERY) {
        on_cleanup(move || timer.clear());
    }
    on_cleanup(|| {
        leptos::task::spawn_local(async {
            // lost, it is over by itself in a moment
            let _ = backend::call::<list::RecordLook>(&ById { id: String::new() }).await;
        });
    });
    move || {
        let others = others.value.get().filter(|others| !others.is_empty())?;
        let names = others.iter().map(|other| other.name.clone()).collect::<Vec<_>>().join(", ");
        let label = tr!(common.also_looking, names = names);
        Some(view! {
            <span class="row" style="gap:2px" role="img" aria-label=label.clone() title=label data-testid="onlookers">
                {others.iter().map(|other| view! { <Avatar name=other.name.clone()/> }).collect_view()}
            </span>
        })
    }
}
