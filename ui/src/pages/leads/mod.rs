//! Prospectos: the grid, its filters, and one lead at its side.

mod bulk;
mod cells;
mod edit;
mod filters;
mod grid;
mod keyboard;
mod new;
mod panel;
mod panel_forms;
mod reasons;
mod rows;
mod same;
mod team;
mod toolbar;

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};

use self::bulk::BulkBar;
use self::filters::Filters;
use self::grid::{Grid, LeadGrid};
use self::new::NewLead;
use self::panel::LeadPanel;
pub(crate) use self::panel::entry;
pub(crate) use self::panel_forms::LogForm;
use self::reasons::Reasons;
use self::rows::LeadRows;
pub(crate) use self::toolbar::SearchBox;
use self::toolbar::Toolbar;
use crate::components::{Icon, Kbd, RowWindow};
use crate::format;
use crate::keys::{Deed, use_deeds};
use crate::route;
use crate::shell::TopBar;
use crate::words::tr;

/// The page; the open lead stands in the address, so that going back closes it.
#[component]
pub(crate) fn LeadsPage() -> impl IntoView {
    let map = use_query_map();
    let open = Memo::new(move |_| map.read().get("abierto").filter(|id| !id.is_empty()));
    let navigate = use_navigate();
    let show = Callback::new(move |id: Option<String>| {
        let to = id.map_or_else(|| route::LEADS.to_owned(), |id| route::lead(&id));
        navigate(&to, leptos_router::NavigateOptions { scroll: false, ..Default::default() });
    });
    let filters = Filters::new();
    let window = RowWindow::new();
    let rows = LeadRows::new(filters, window);
    let grid = Grid::new(rows, window, open, show);
    let creating = RwSignal::new(false);
    let search = NodeRef::<leptos::html::Input>::new();
    use_deeds(vec![
        Deed {
            id: "lead.new",
            title: tr!(leads.new).to_owned(),
            icon: "plus",
            keys: &["c"],
            run: Callback::new(move |()| creating.set(true)),
        },
        Deed {
            id: "lead.filter",
            title: tr!(leads.filter).to_owned(),
            icon: "filter",
            keys: &["/"],
            run: Callback::new(move |()| {
                if let Some(input) = search.get_untracked() {
                    // A refused focus only costs a click.
                    let _ = input.focus();
                }
            }),
        },
    ]);
    let about = Signal::derive(move || {
        let count = rows.total.get().map(format::count).unwrap_or_default();
        if rows.only_newest.get() { tr!(leads.only_newest, count = count) } else { count }
    });
    // then the page itself says what to do first
    let nothing_yet = move || rows.total.get() == Some(0) && filters.is_plain();
    view! {
        <TopBar title=tr!(shell.leads).to_owned() about>
            <a class="btn" href=route::IMPORT_LEADS data-testid="leads-import"><Icon name="in"/>{tr!(leads.import)}</a>
            <button class=move || if nothing_yet() { "btn" } else { "btn btn--primary" } on:click=move |_| creating.set(true) data-testid="lead-new"><Icon name="plus"/>{tr!(leads.new)}<Kbd key="C"/></button>
        </TopBar>
        <Toolbar filters search/>
        <div class="body">
            <div class="pane" style="overflow:hidden;position:relative">
                <LeadGrid grid filters creating/>
                <BulkBar grid/>
            </div>
            {move || open.get().map(|id| view! { <LeadPanel id grid/> })}
        </div>
        <Reasons grid/>
        <NewLead open=creating/>
    }
}
