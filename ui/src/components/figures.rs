//! Amounts and key figures.

use leptos::prelude::*;

use crate::format;

/// An amount with its cents lighter, as the design draws it.
#[component]
pub(crate) fn MoneyText(#[prop(into)] amount: String, #[prop(into)] currency: String) -> impl IntoView {
    let (whole, cents) = format::money_parts(&amount, &currency);
    view! { <span class="money">{whole}<i>{cents}</i></span> }
}

/// One figure of a strip: label, value, sentence.
#[component]
pub(crate) fn Kpi(
    #[prop(into)] label: String,
    /// The figure, already drawn (an amount or a count).
    value: AnyView,
    #[prop(optional)] note: Option<AnyView>,
    #[prop(optional)] testid: &'static str,
    #[prop(optional)] class: &'static str,
) -> impl IntoView {
    view! {
        <div class="kpi">
            <div class="kpi__l">{label}</div>
            <div class=format!("kpi__v {class}") data-testid=(!testid.is_empty()).then_some(testid)>{value}</div>
            {note.map(|note| view! { <div class="kpi__s tn">{note}</div> })}
        </div>
    }
}

/// An amount inside a [`Kpi`].
pub(crate) fn kpi_money(amount: &str, currency: &str) -> AnyView {
    let (whole, cents) = format::money_parts(amount, currency);
    view! { {whole}<i>{cents}</i> }.into_any()
}

/// The head of a section: title, what it is about, and what stands at its right.
#[component]
pub(crate) fn SectionHead(
    #[prop(into)] title: String,
    #[prop(optional, into)] about: Option<String>,
    #[prop(optional)] end: Option<AnyView>,
) -> impl IntoView {
    view! {
        <div class="sec__h">
            <h2>{title}</h2>
            {about.map(|about| view! { <span class="t3 tn cut">{about}</span> })}
            {end.map(|end| view! { <span class="end row">{end}</span> })}
        </div>
    }
}
