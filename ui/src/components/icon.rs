//! The icons of the design, drawn from one sheet of symbols that the page carries.

use leptos::prelude::*;

/// The sheet itself, put once at the top of the page.
#[component]
pub(crate) fn IconSheet() -> impl IntoView {
    view! { <div aria-hidden="true" style="position:absolute;width:0;height:0;overflow:hidden" inner_html=include_str!("../../assets/icons.svg")></div> }
}

/// One icon by its name in the sheet, without `i-`. It says nothing: a word or label stands beside it.
#[component]
pub(crate) fn Icon(
    #[prop(into)] name: Signal<&'static str>,
    #[prop(default = "")] class: &'static str,
) -> impl IntoView {
    view! {
        <svg class=format!("i {class}") aria-hidden="true">
            <use_ href=move || format!("#i-{}", name.get())></use_>
        </svg>
    }
}

/// The product's mark.
#[component]
pub(crate) fn Mark() -> impl IntoView {
    view! {
        <svg class="side__mark" viewBox="0 0 20 20" aria-hidden="true">
            <rect width="20" height="20" rx="5" fill="var(--accent)"></rect>
            <path d="M5.6 6h8.4L6 14h8.4" fill="none" stroke="var(--on-accent)" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"></path>
        </svg>
    }
}

/// «Guardado aquí, falta enviar», after the name of what was changed.
#[component]
pub(crate) fn Unsent() -> impl IntoView {
    view! {
        <svg class="i unsent" role="img" aria-label=crate::words::tr!(common.unsent)>
            <use_ href="#i-unsent"></use_>
        </svg>
    }
}
