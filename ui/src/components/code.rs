//! Codes that are read aloud and QR of an invite.

use std::fmt::Write as _;

use leptos::prelude::*;

/// One box per character; `-` is a gap.
#[component]
pub(crate) fn CodeBoxes(#[prop(into)] code: String) -> impl IntoView {
    let spoken = code.chars().map(String::from).collect::<Vec<_>>().join(" ");
    view! {
        <span class="code" role="img" aria-label=spoken data-code=code.clone()>
            {code.chars().map(|letter| match letter {
                '-' | ' ' => view! { <i>"–"</i> }.into_any(),
                letter => view! { <b>{letter.to_string()}</b> }.into_any(),
            }).collect_view()}
        </span>
    }
}

/// A QR from its modules, row by row, `1` = dark.
#[component]
pub(crate) fn Qr(rows: Vec<String>, #[prop(into)] label: String) -> impl IntoView {
    let size = rows.len();
    let mut path = String::new();
    for (y, row) in rows.iter().enumerate() {
        for (x, _) in row.chars().enumerate().filter(|(_, module)| *module == '1') {
            // Writing to a string does not fail.
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    view! {
        <svg class="qr" width="116" height="116" viewBox=format!("0 0 {size} {size}") role="img" aria-label=label shape-rendering="crispEdges"><path d=path></path></svg>
    }
}
