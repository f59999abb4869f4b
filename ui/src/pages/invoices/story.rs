//! The CFDI's story: pre-factura, sealed, queued, stamped.

use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::invoice::{InvoiceView, StoryStep};

use crate::components::{Clock, Entry, Mark, SectionHead, Steps};
use crate::format;
use crate::words::tr;

/// Steps side by side, the UUID or the clock at the right.
#[component]
pub(crate) fn Story(view: Arc<InvoiceView>) -> impl IntoView {
    let entries = view.story.iter().map(entry).collect();
    let uuid = view.row.uuid.clone();
    let end = if uuid.is_empty() {
        view.row
            .hours_left
            .map(|hours| view! { <span class="s12 t3">{tr!(invoices.window_left)}</span><Clock hours/> })
            .into_any()
    } else {
        view! { <span class="s12 t3">"UUID "<span class="mono" data-testid="invoice-uuid" style="user-select:text">{uuid}</span></span> }.into_any()
    };
    view! { <section class="sec"><SectionHead title=tr!(invoices.story) end/><Steps entries/></section> }
}

fn entry(step: &StoryStep) -> Entry {
    let (title, icon) = match step.key.as_str() {
        "pre_invoice" => (tr!(fiscal_state.pre_invoice), "pen"),
        "sealed" => (tr!(fiscal_state.generated), "lock"),
        "queued" => (tr!(fiscal_state.queued), "clock"),
        _ => (tr!(fiscal_state.stamped), "stamp"),
    };
    let mark = match step.status.as_str() {
        "done" => Mark::Done,
        "now" => Mark::Now,
        "failed" => Mark::Refused,
        _ => Mark::Next,
    };
    let when = if step.at.is_empty() { String::new() } else { format::instant(&step.at) };
    // the stamp's UUID stands whole at the right of the heading
    let text = if icon == "stamp" { String::new() } else { step.text.clone() };
    Entry { icon, mark, title: title.to_owned(), when, text, who: String::new() }
}
