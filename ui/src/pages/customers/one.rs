//! Cliente 360: who, money, proposals, invoices, contracts, what happened.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};
use zuc_ipc::customer::Customer360;
use zuc_ipc::list;
use zuc_ipc::proposal::ProposalNew;
use zuc_ipc::shared::ById;

use super::activity::Activity;
use super::figures::figures;
use super::fiscal::FiscalSection;
use super::sections::{contacts, contracts, opportunities, proposals, unpaid};
use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{Icon, Kbd, Kpi, Unsent, kpi_money};
use crate::keys::{Deed, use_deeds};
use crate::loaded::loaded;
use crate::pages::{Files, HistoryButton, PersonButton};
use crate::route;
use crate::shell::{Crumb, TopBar};
use crate::words::tr;

/// One customer.
#[component]
pub(crate) fn CustomerPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let customer =
        use_query::<list::CustomerGet>(Topics::ALL, move || Some(ById { id: id.get() }).filter(|by| !by.id.is_empty()));
    let title =
        Signal::derive(move || customer.value.get().map(|customer| customer.row.name.clone()).unwrap_or_default());
    let create = Action::new();
    let navigate = use_navigate();
    let new_proposal = Callback::new(move |()| {
        let navigate = navigate.clone();
        let opportunity_id = customer
            .value
            .get_untracked()
            .and_then(|customer| customer.opportunities.first().map(|deal| deal.id.clone()));
        let new = ProposalNew { customer_id: id.get_untracked(), opportunity_id, title: String::new() };
        create.quick::<list::ProposalCreate>(new, move |saved| {
            navigate(&route::proposal(&saved.view.row.id), leptos_router::NavigateOptions::default());
        });
    });
    let note = RwSignal::new(0_u32);
    use_deeds(vec![
        Deed {
            id: "proposal.new",
            title: tr!(customers.new_proposal).to_owned(),
            icon: "doc",
            keys: &["n", "p"],
            run: new_proposal,
        },
        Deed {
            id: "customer.log",
            title: tr!(customers.log).to_owned(),
            icon: "plus",
            keys: &["r"],
            run: Callback::new(move |()| note.update(|note| *note += 1)),
        },
    ]);
    view! {
        <TopBar crumb=Crumb { to: route::CUSTOMERS, name: tr!(shell.customers).to_owned() } title
            badges=view! { {move || customer.value.get().filter(|customer| customer.row.unsent).map(|_| view! { <Unsent/> })} }.into_any()>
            <HistoryButton id=Signal::derive(move || id.get())/>
            {move || customer.value.get().is_some_and(|customer| customer.privacy && customer.is_person).then(|| view! { <PersonButton id=Signal::derive(move || id.get())/> })}
            <button class="btn" on:click=move |_| note.update(|note| *note += 1) data-testid="customer-log"><Icon name="plus"/>{tr!(customers.log)}<Kbd key="R"/></button>
            <button class="btn btn--primary" on:click=move |_| new_proposal.run(()) disabled=move || create.busy.get() data-testid="customer-new-proposal">
                <Icon name="doc"/>{tr!(customers.new_proposal)}<Kbd key="N P"/></button>
        </TopBar>
        {loaded(customer, move |customer| inside(customer, note))}
    }
}

fn inside(customer: Arc<Customer360>, note: RwSignal<u32>) -> impl IntoView {
    view! {
        <div class="body stack">
            <aside class="pane pane--left" style="width:284px">{contacts(&customer.contacts, customer.privacy)}</aside>
            <div class="pane">
                <div class="kpis" style="flex-shrink:0">
                    {figures(&customer)}
                    <Kpi label=tr!(home.arr) value=kpi_money(&customer.arr.amount, &customer.arr.currency) testid="customer-arr" note=tr!(home.arr_about).into_any()/>
                </div>
                {opportunities(&customer.opportunities)}
                {proposals(&customer.proposals)}
                {unpaid(customer.unpaid.as_deref())}
                {contracts(&customer.contracts)}
                <FiscalSection customer=customer.clone()/>
                <Files subject=customer.row.id.clone()/>
            </div>
            <aside class="pane pane--right" style="width:304px"><Activity customer=customer.clone() note/></aside>
        </div>
    }
}
