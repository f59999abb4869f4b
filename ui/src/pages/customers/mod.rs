//! Clientes: the list and the Cliente 360.

mod activity;
mod figures;
mod fiscal;
mod one;
mod sections;

use leptos::prelude::*;
use zuc_ipc::customer::CustomerRow;
use zuc_ipc::list;
use zuc_ipc::shared::Query as TextQuery;

pub(crate) use self::fiscal::{FiscalFields, FiscalForm};
pub(crate) use self::one::CustomerPage;
use crate::backend::{Topics, use_query};
use crate::components::{Avatar, Empty, MoneyText, MoreNotice, Unsent};
use crate::format;
use crate::loaded::loaded;
use crate::pages::leads::SearchBox;
use crate::route;
use crate::shell::TopBar;
use crate::words::tr;

/// The list.
#[component]
pub(crate) fn CustomersPage() -> impl IntoView {
    let text = RwSignal::new(String::new());
    let customers = use_query::<list::CustomerList>(Topics::CUSTOMERS.and(Topics::INVOICES), move || {
        Some(TextQuery { text: text.get(), limit: 500 })
    });
    let about = Signal::derive(move || customers.value.get().map(|page| format::count(page.total)).unwrap_or_default());
    view! {
        <TopBar title=tr!(shell.customers).to_owned() about/>
        <div class="viewbar" style="padding-left:20px"><SearchBox text label=tr!(customers.search) testid="customers-search"/></div>
        <div class="body"><div class="pane">
            {loaded(customers, move |page| if page.rows.is_empty() {
                if text.with_untracked(String::is_empty) {
                    let actions = view! { <a class="btn btn--primary" href=route::LEADS>{tr!(shell.go_leads)}</a> }.into_any();
                    view! { <Empty title=tr!(customers.none) why=tr!(customers.none_why) actions/> }.into_any()
                } else {
                    view! { <Empty title=tr!(customers.no_match) why=tr!(leads.no_match_why)/> }.into_any()
                }
            } else { view! { {table(&page.rows)}<MoreNotice shown=page.rows.len() total=page.total/> }.into_any() })}
        </div></div>
    }
}

fn table(rows: &[CustomerRow]) -> impl IntoView + use<> {
    let finance = rows.iter().any(|row| row.outstanding.is_some());
    let lines = rows.iter().cloned().map(|row| {
        let to = route::customer(&row.id);
        view! {
            <tr data-testid="customer-row" data-id=row.id on:click=route::opens(to.clone())>
                <td><span class="row"><a class="m cut" style="color:var(--text)" href=to.clone()>{row.name}</a>{row.unsent.then(|| view! { <Unsent/> })}</span></td>
                <td class="mono t2">{row.rfc}</td>
                <td class="num t2">{row.open_deals}</td>
                <td class="num"><MoneyText amount=row.arr.amount currency=row.arr.currency/></td>
                {finance.then(|| view! { <td class="num">{row.outstanding.map(|money| view! { <MoneyText amount=money.amount currency=money.currency/> })}</td> })}
                <td>{match row.owner {
                    Some(owner) => view! { <span class="row"><Avatar name=owner.name.clone()/><span class="cut">{owner.name}</span></span> }.into_any(),
                    None => view! { <span class="t3">{tr!(leads.nobody)}</span> }.into_any(),
                }}</td>
            </tr>
        }
    }).collect_view();
    view! {
        <table class="tbl tbl--lines tbl--click" data-testid="customers-table">
            <colgroup><col/><col style="width:160px"/><col style="width:140px"/><col style="width:170px"/>{finance.then(|| view! { <col style="width:150px"/> })}<col style="width:180px"/></colgroup>
            <thead><tr><th>{tr!(customers.name)}</th><th>{tr!(fiscal.rfc)}</th><th class="num">{tr!(customers.deals)}</th><th class="num">{tr!(home.arr)}</th>
                {finance.then(|| view! { <th class="num">{tr!(customers.outstanding)}</th> })}<th>{tr!(leads.owner)}</th></tr></thead>
            <tbody>{lines}</tbody>
        </table>
    }
}
