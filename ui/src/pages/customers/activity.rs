//! What happened with a customer, and a note to add.

use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::customer::Customer360;

use crate::components::{EmptyLine, SectionHead, Timeline};
use crate::pages::leads::{LogForm, entry};
use crate::words::tr;

/// The right side of the Cliente 360.
#[component]
pub(crate) fn Activity(customer: Arc<Customer360>, note: RwSignal<u32>) -> impl IntoView {
    let subject = customer.row.id.clone();
    let entries: Vec<_> = customer.timeline.iter().map(entry).collect();
    view! {
        <section class="sec sec--flush"><SectionHead title=tr!(leads.activity)/></section>
        <div style="padding:0 20px 12px">
            {move || (note.get() > 0).then(|| view! { <LogForm subject=subject.clone() close=Callback::new(move |()| note.set(0))/> })}
        </div>
        {if entries.is_empty() { view! { <EmptyLine text=tr!(leads.no_activity)/> }.into_any() } else { view! { <Timeline entries/> }.into_any() }}
    }
}
