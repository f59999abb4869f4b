//! The bar over a page: place, count, at most four actions.

use leptos::prelude::*;

use crate::components::Icon;

/// Where the page hangs.
#[derive(Clone)]
pub(crate) struct Crumb {
    /// Address of the place above.
    pub(crate) to: &'static str,
    /// Its name.
    pub(crate) name: String,
}

/// Place, title, what stands beside it, and the actions as children.
#[component]
pub(crate) fn TopBar(
    #[prop(optional, into)] crumb: Option<Crumb>,
    #[prop(into)] title: Signal<String>,
    /// Count or sentence beside the title.
    #[prop(optional, into)]
    about: Signal<String>,
    /// Badges beside the title.
    #[prop(optional)]
    badges: Option<AnyView>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    Effect::new(move |_| document().set_title(&format!("{} · Zuclubit", title.get())));
    view! {
        <header class="bar">
            {crumb.map(|crumb| view! { <span class="crumb"><a class="t3" href=crumb.to>{crumb.name}</a><Icon name="right" class="i-12"/></span> })}
            <h1 class="cut" data-testid="page-title">{move || title.get()}</h1>
            {badges}
            <span class="t3 tn cut" data-testid="page-about">{move || about.get()}</span>
            <span class="end row">{children.map(|children| children())}</span>
        </header>
    }
}
