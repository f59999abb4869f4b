//! Facturas: the list and one invoice with its story.

mod blocked;
mod concepts;
mod one;
mod panel;
mod story;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use zuc_ipc::invoice::{InvoiceQuery, InvoiceRow};
use zuc_ipc::list;

pub(crate) use self::one::InvoicePage;
pub(crate) use self::panel::keyed;
use crate::backend::{Topics, use_query};
use crate::components::{Badge, Clock, Empty, Icon, MoneyText, MoreNotice, Tab, Tabs, Unsent};
use crate::format;
use crate::labels;
use crate::loaded::loaded;
use crate::pages::leads::SearchBox;
use crate::route;
use crate::shell::TopBar;
use crate::words::tr;

/// Rows asked for at once.
const ROWS: u32 = 500;

/// The list with its views.
#[component]
pub(crate) fn InvoicesPage() -> impl IntoView {
    let text = RwSignal::new(String::new());
    // the view that the address names is where it begins; the tabs lead on from there
    let view = RwSignal::new(use_query_map().read_untracked().get("vista").unwrap_or_default());
    let invoices = use_query::<list::InvoiceList>(Topics::INVOICES, move || {
        Some(InvoiceQuery { text: text.get(), view: view.get(), offset: 0, limit: ROWS })
    });
    let about = Signal::derive(move || invoices.value.get().map(|page| format::count(page.total)).unwrap_or_default());
    let tabs = Signal::derive(move || {
        let counts = invoices.value.get().map(|page| page.counts.clone()).unwrap_or_default();
        [
            ("", tr!(invoices.all)),
            ("to_issue", tr!(invoices.to_issue)),
            ("in_progress", tr!(invoices.in_progress)),
            ("needs_someone", tr!(invoices.needs_someone)),
            ("stamped", tr!(invoices.stamped)),
            ("blocked", tr!(invoices.blocked)),
        ]
        .into_iter()
        // there are some, and whoever looks may open them
        .filter(|(value, _)| *value != "blocked" || counts.iter().any(|(key, _)| key == value))
        .map(|(value, label)| {
            let count = counts.iter().find(|(key, _)| key == value).map(|(_, count)| *count);
            Tab {
                value: value.to_owned(),
                label: label.to_owned(),
                count: count.map(format::count),
                alert: value == "needs_someone" && count.is_some_and(|count| count > 0),
            }
        })
        .collect::<Vec<_>>()
    });
    view! {
        <TopBar title=tr!(shell.invoices).to_owned() about/>
        <div class="tabs" role="tablist"><Tabs tabs value=view testid="invoices"/></div>
        <div class="viewbar" style="padding-left:20px"><SearchBox text label=tr!(invoices.search) testid="invoices-search"/></div>
        <div class="body"><div class="pane">
            {loaded(invoices, move |page| if page.rows.is_empty() {
                nothing(view.with_untracked(String::is_empty) && text.with_untracked(|text| text.trim().is_empty())).into_any()
            } else { view! { {table(&page.rows)}<MoreNotice shown=page.rows.len() total=page.total/> }.into_any() })}
        </div></div>
    }
}

/// No invoice at all, or none in this view.
fn nothing(at_all: bool) -> impl IntoView {
    if at_all {
        let actions = view! { <a class="btn" href=route::PROPOSALS><Icon name="doc"/>{tr!(invoices.go_proposals)}</a> };
        view! { <Empty title=tr!(invoices.first) why=tr!(invoices.none_why) actions=actions.into_any()/> }.into_any()
    } else {
        view! { <Empty title=tr!(invoices.none) why=tr!(invoices.none_why)/> }.into_any()
    }
}

/// The hours that the SAT still accepts it; a pre-factura has no clock yet.
pub(crate) fn clock(row: &InvoiceRow) -> AnyView {
    match row.hours_left {
        Some(hours) => view! { <Clock hours/> }.into_any(),
        None if row.fiscal_state == "pre_invoice" => {
            view! { <span class="t3">{tr!(invoices.no_clock)}</span> }.into_any()
        }
        None => ().into_any(),
    }
}

/// The fiscal date; a pre-factura has none yet.
pub(crate) fn fiscal_date(row: &InvoiceRow, class: &'static str, none: &'static str) -> impl IntoView + use<> {
    let (class, date) = match row.fiscal_state.as_str() {
        "pre_invoice" => (none, tr!(invoices.no_date).to_owned()),
        _ => (class, format::day(&row.on)),
    };
    view! { <td class=class>{date}</td> }
}

fn table(rows: &[InvoiceRow]) -> impl IntoView + use<> {
    let lines = rows.iter().cloned().map(|row| {
        let (word, tone) = labels::fiscal_state(&row.fiscal_state);
        let (paid, paid_tone) = labels::payment_state(&row.payment_state);
        let to = route::invoice(&row.id);
        let (left, date) = (clock(&row), fiscal_date(&row, "tn t2 narrow-hide", "t3 narrow-hide"));
        view! {
            <tr data-testid="invoice-row" data-id=row.id on:click=route::opens(to.clone())>
                <td><span class="row"><a class="m tn" href=to.clone()>{row.label}</a>{row.unsent.then(|| view! { <Unsent/> })}</span></td>
                <td class="m">{if row.blocked_until.is_empty() {
                    row.customer.into_any()
                } else {
                    view! { <span class="t2">{tr!(invoices.blocked_until, day = format::day(&row.blocked_until))}</span> }.into_any()
                }}</td>
                <td class="mono t2 narrow-hide">{row.rfc}</td>
                <td><Badge tone text=word icon=labels::fiscal_icon(&row.fiscal_state)/></td>
                <td>{left}</td>
                {date}
                <td class="narrow-hide">{(row.fiscal_state == "stamped").then(|| view! { <Badge tone=paid_tone text=paid/> })}</td>
                <td class="num t2"><MoneyText amount=row.outstanding.amount currency=row.outstanding.currency/></td>
                <td class="num"><MoneyText amount=row.total.amount currency=row.total.currency/></td>
            </tr>
        }
    }).collect_view();
    view! {
        <table class="tbl tbl--lines tbl--click" data-testid="invoices-table">
            <colgroup><col style="width:112px"/><col/><col class="narrow-hide" style="width:132px"/><col style="width:128px"/><col style="width:80px"/><col class="narrow-hide" style="width:104px"/><col class="narrow-hide" style="width:112px"/><col style="width:124px"/><col style="width:136px"/></colgroup>
            <thead><tr><th>{tr!(invoices.folio)}</th><th>{tr!(invoices.customer)}</th><th class="narrow-hide">{tr!(fiscal.rfc)}</th><th>{tr!(invoices.cfdi)}</th><th>{tr!(home.left)}</th><th class="narrow-hide">{tr!(invoices.date)}</th>
                <th class="narrow-hide">{tr!(customers.collect)}</th><th class="num">{tr!(invoices.outstanding)}</th><th class="num">{tr!(common.total)}</th></tr></thead>
            <tbody>{lines}</tbody>
        </table>
    }
}
