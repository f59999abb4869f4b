//! Propuestas: the list, the editor, the page a client signs on.

mod draft;
mod editor;
mod form;
mod lines;
mod paper;
mod picker;
mod sign;
mod signature;
mod totals;

use leptos::prelude::*;
use zuc_ipc::list;
use zuc_ipc::proposal::ProposalRow;
use zuc_ipc::shared::Query as TextQuery;

pub(crate) use self::editor::ProposalPage;
pub(crate) use self::sign::SignPage;
use crate::backend::{Topics, use_query};
use crate::components::{Avatar, Badge, Empty, Icon, MoneyText, MoreNotice, Unsent};
use crate::format;
use crate::labels;
use crate::loaded::loaded;
use crate::pages::leads::SearchBox;
use crate::route;
use crate::shell::TopBar;
use crate::words::tr;

/// The list.
#[component]
pub(crate) fn ProposalsPage() -> impl IntoView {
    let text = RwSignal::new(String::new());
    let proposals =
        use_query::<list::ProposalList>(Topics::PROPOSALS, move || Some(TextQuery { text: text.get(), limit: 500 }));
    let about = Signal::derive(move || proposals.value.get().map(|page| format::count(page.total)).unwrap_or_default());
    view! {
        <TopBar title=tr!(shell.proposals).to_owned() about>
            <a class="btn" href=route::IMPORT_PRODUCTS data-testid="products-import"><Icon name="in"/>{tr!(shell.import_products)}</a>
        </TopBar>
        <div class="viewbar" style="padding-left:20px"><SearchBox text label=tr!(proposals.search) testid="proposals-search"/></div>
        <div class="body"><div class="pane">
            {loaded(proposals, move |page| if page.rows.is_empty() {
                if text.with_untracked(|text| text.trim().is_empty()) {
                    let actions = view! { <a class="btn btn--primary" href=route::CUSTOMERS>{tr!(shell.go_customers)}</a> }.into_any();
                    view! { <Empty title=tr!(proposals.none) why=tr!(proposals.none_why) actions/> }.into_any()
                } else {
                    view! { <Empty title=tr!(proposals.no_match) why=tr!(leads.no_match_why)/> }.into_any()
                }
            } else { view! { {table(&page.rows)}<MoreNotice shown=page.rows.len() total=page.total/> }.into_any() })}
        </div></div>
    }
}

fn table(rows: &[ProposalRow]) -> impl IntoView + use<> {
    let lines = rows.iter().cloned().map(|row| {
        let (word, tone) = labels::proposal_state(&row.state);
        let to = route::proposal(&row.id);
        view! {
            <tr data-testid="proposal-row" data-id=row.id on:click=route::opens(to.clone())>
                <td><a class="m tn" href=to.clone()>{row.number}</a></td>
                <td><span class="row"><span class="m cut">{row.title}</span>{row.unsent.then(|| view! { <Unsent/> })}</span></td>
                <td class="t2">{row.customer}</td>
                <td><Badge tone text=word/></td>
                <td class="tn t2">{format::day(&row.valid_until)}</td>
                <td class="num"><MoneyText amount=row.total.amount currency=row.total.currency/></td>
                <td class="narrow-hide">{row.owner.map(|owner| view! { <span class="row"><Avatar name=owner.name.clone()/><span class="cut">{owner.name}</span></span> })}</td>
            </tr>
        }
    }).collect_view();
    view! {
        <table class="tbl tbl--lines tbl--click" data-testid="proposals-table">
            <colgroup><col style="width:110px"/><col/><col/><col style="width:136px"/><col style="width:112px"/><col style="width:136px"/><col class="narrow-hide" style="width:160px"/></colgroup>
            <thead><tr><th>{tr!(proposals.number)}</th><th>{tr!(proposals.title)}</th><th>{tr!(customers.name)}</th><th>{tr!(leads.state)}</th>
                <th>{tr!(proposals.valid_until)}</th><th class="num">{tr!(common.total)}</th><th class="narrow-hide">{tr!(leads.owner)}</th></tr></thead>
            <tbody>{lines}</tbody>
        </table>
    }
}
