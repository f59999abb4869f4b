//! One invoice: figures, the CFDI's story, concepts, and what can be done.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use zuc_ipc::invoice::InvoiceView;
use zuc_ipc::list;
use zuc_ipc::shared::ById;

use super::blocked::{Blocked, Hold};
use super::concepts::Concepts;
use super::panel::Panel;
use super::story::Story;
use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{Badge, Icon, Kpi, SectionHead, Unsent, kpi_money};
use crate::labels;
use crate::loaded::loaded;
use crate::route;
use crate::shell::{Crumb, TopBar};
use crate::words::tr;

/// One invoice.
#[component]
pub(crate) fn InvoicePage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let invoice = use_query::<list::InvoiceGet>(Topics::INVOICES, move || {
        Some(ById { id: id.get() }).filter(|by| !by.id.is_empty())
    });
    let title = Signal::derive(move || match (invoice.value.get(), invoice.failure.get()) {
        (Some(view), _) => view.row.label.clone(),
        (None, Some(failure)) if failure.code == "app.not_found" => tr!(nowhere.title).to_owned(),
        _ => String::new(),
    });
    let about = Signal::derive(move || invoice.value.get().map(|view| view.row.customer.clone()).unwrap_or_default());
    let badges = view! { {move || invoice.value.get().map(|view| badges(&view))} }.into_any();
    let allows = move |name: &'static str| {
        move || invoice.value.get().is_some_and(|view| view.actions.iter().any(|action| action == name))
    };
    let (xml, pdf) = (Action::new(), Action::new());
    // of the page and not of its form: what is saved brings a new answer and with it a new form, and a refusal of the stamp
    // comes after that
    let (save, issue) = (Action::new(), Action::new());
    let save_xml = move |_| xml.quick::<list::InvoiceXml>(ById { id: id.get_untracked() }, |_| ());
    let save_pdf = move |_| pdf.quick::<list::InvoicePdf>(ById { id: id.get_untracked() }, |_| ());
    let saves = move || {
        view! {
            {move || allows("xml")().then(|| view! { <button class="btn" disabled=move || xml.busy.get() on:click=save_xml data-testid="invoice-xml"><Icon name="out"/>"XML"</button> })}
            {move || allows("pdf")().then(|| view! { <button class="btn" disabled=move || pdf.busy.get() on:click=save_pdf data-testid="invoice-pdf"><Icon name="print"/>"PDF"</button> })}
        }
    };
    view! {
        <TopBar crumb=Crumb { to: route::INVOICES, name: tr!(shell.invoices).to_owned() } title about badges>{saves()}</TopBar>
        {move || invoice.failure.get().filter(|failure| failure.code == "invoice.blocked" && invoice.value.with(Option::is_none))
            .map(|_| view! { <Blocked id invoice/> })}
        {move || invoice.failure.get().is_none_or(|failure| failure.code != "invoice.blocked")
            .then(|| loaded(invoice, move |view| inside(view, save, issue)))}
    }
}

fn badges(view: &InvoiceView) -> impl IntoView + use<> {
    let (word, tone) = labels::fiscal_state(&view.row.fiscal_state);
    let paid = (view.row.fiscal_state == "stamped").then(|| labels::payment_state(&view.row.payment_state));
    view! {
        <Badge tone text=word icon=labels::fiscal_icon(&view.row.fiscal_state) testid="invoice-state"/>
        {paid.map(|(word, tone)| view! { <Badge tone text=word/> })}
        {view.row.unsent.then(|| view! { <Unsent/> })}
    }
}

fn inside(view: Arc<InvoiceView>, save: Action, issue: Action) -> impl IntoView {
    let row = &view.row;
    let origin = view.proposal_id.clone().map(|id| (route::proposal(&id), view.proposal_number.clone()));
    let customer = route::customer(&view.customer_id);
    view! {
        <div class="body stack">
            <div class="pane">
                <div class="kpis">
                    <Kpi label=tr!(common.total) value=kpi_money(&row.total.amount, &row.total.currency) testid="invoice-total"/>
                    <Kpi label=tr!(invoices.subtotal) value=kpi_money(&view.subtotal.amount, &view.subtotal.currency)/>
                    <Kpi label=tr!(invoices.outstanding) value=kpi_money(&row.outstanding.amount, &row.outstanding.currency) testid="invoice-outstanding"/>
                </div>
                {(!row.blocked_until.is_empty()).then(|| view! { <Hold view=view.clone()/> })}
                <Story view=view.clone()/>
                <Concepts view=view.clone()/>
                <section class="sec sec--flush">
                    <SectionHead title=tr!(invoices.related)/>
                    <ul class="list">
                        <li><Icon name="build" class="t3"/><a class="m" href=customer>{row.customer.clone()}</a><span class="t2">{tr!(invoices.customer)}</span></li>
                        {origin.map(|(to, number)| view! { <li><Icon name="doc" class="t3"/><a class="m tn" href=to>{number}</a><span class="t2">{tr!(invoices.signed_proposal)}</span></li> })}
                    </ul>
                </section>
            </div>
            <Panel view=view.clone() save issue/>
        </div>
    }
}
