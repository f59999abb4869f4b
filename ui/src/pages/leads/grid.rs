//! The grid: an ARIA grid with one tab stop, rows drawn only where the eye is.

use std::collections::BTreeSet;
use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::lead::{LeadRow, LeadSort};

use super::cells::RowView;
use super::filters::Filters;
use super::keyboard;
use super::rows::LeadRows;
use crate::action::Action;
use crate::components::{Anchor, Check, Empty, FailureNotice, Icon, Kbd, RowWindow, Spacer};
use crate::format;
use crate::route;
use crate::words::tr;

/// Columns, the check box included.
pub(crate) const COLUMNS: usize = 9;
/// The column of the score, which opens its reasons.
pub(crate) const SCORE: usize = 5;

/// What the parts of the grid share.
#[derive(Clone, Copy)]
pub(crate) struct Grid {
    /// The list.
    pub(crate) rows: LeadRows,
    /// What is on the screen.
    pub(crate) window: RowWindow,
    /// The cell with the tab stop: row, column.
    pub(crate) cell: RwSignal<(usize, usize)>,
    /// That cell is being edited.
    pub(crate) editing: RwSignal<bool>,
    /// The keyboard is here.
    pub(crate) active: RwSignal<bool>,
    /// Chosen leads by id.
    pub(crate) chosen: RwSignal<BTreeSet<String>>,
    /// The lead at the side.
    pub(crate) open: Memo<Option<String>>,
    /// Opens one, or closes it.
    pub(crate) show: Callback<Option<String>>,
    /// Where the reasons of a score hang.
    pub(crate) reasons: RwSignal<Option<Anchor>>,
    /// Whose reasons.
    pub(crate) reasons_of: RwSignal<String>,
    /// Asks the side panel for its form to log a call.
    pub(crate) log: RwSignal<u32>,
    /// Saves edited cells.
    pub(crate) save: Action,
}

impl Grid {
    /// The grid of the page.
    pub(crate) fn new(
        rows: LeadRows,
        window: RowWindow,
        open: Memo<Option<String>>,
        show: Callback<Option<String>>,
    ) -> Self {
        let grid = Self {
            rows,
            window,
            cell: RwSignal::new((0, 1)),
            editing: RwSignal::new(false),
            active: RwSignal::new(false),
            chosen: RwSignal::new(BTreeSet::new()),
            open,
            show,
            reasons: RwSignal::new(None),
            reasons_of: RwSignal::new(String::new()),
            log: RwSignal::new(0),
            save: Action::new(),
        };
        keyboard::keep_focus(grid);
        keyboard::offer_keys(grid);
        grid
    }

    /// Opens the reasons of the score in row `index` under its cell.
    pub(crate) fn open_reasons(self, index: usize, element: &web_sys::Element) {
        if let Some(row) = self.rows.peek(index) {
            self.reasons_of.set(row.id.clone());
            self.reasons.set(Some(Anchor::below(element, 328.0, 260.0)));
        }
    }

    /// Chooses the row, or no longer.
    pub(crate) fn toggle(self, id: &str) {
        self.chosen.update(|chosen| {
            if !chosen.remove(id) {
                chosen.insert(id.to_owned());
            }
        });
    }
}

/// Rows drawn while the first answer is on its way.
const WAITING: usize = 16;

/// A drawn row: its index, and the row unless it is still on its way.
#[derive(Clone)]
struct Drawn {
    index: usize,
    row: Option<Arc<LeadRow>>,
}

impl Drawn {
    /// A row is drawn anew only when it is another one or it changed.
    fn key(&self) -> (usize, usize) {
        (self.index, self.row.as_ref().map_or(0, |row| Arc::as_ptr(row) as usize))
    }
}

/// Table, foot, and what stands there when there are no rows.
#[component]
pub(crate) fn LeadGrid(grid: Grid, filters: Filters, creating: RwSignal<bool>) -> impl IntoView {
    let state = Memo::new(move |_| match (grid.rows.total.get(), grid.rows.failure.get().is_some()) {
        (Some(0), _) => "empty",
        (None, true) => "failed",
        // what is waited for is drawn as rows that are on their way
        _ => "rows",
    });
    move || match state.get() {
        "empty" if filters.is_plain() => nothing_yet(creating).into_any(),
        "empty" => {
            let clear = view! { <button class="btn" on:click=move |_| filters.clear() data-testid="empty-clear">{tr!(leads.clear)}</button> }.into_any();
            view! { <Empty title=tr!(leads.no_match) why=tr!(leads.no_match_why) actions=clear/> }.into_any()
        }
        "failed" => grid
            .rows
            .failure
            .get()
            .map(|failure| {
                view! {
                    <FailureNotice failure on_retry=Callback::new(move |()| grid.rows.reload())/>
                }
            })
            .into_any(),
        _ => view! { <Table grid filters/><Foot grid/> }.into_any(),
    }
}

fn nothing_yet(creating: RwSignal<bool>) -> impl IntoView {
    let actions = view! {
        <a class="btn btn--primary" href=route::IMPORT_LEADS data-testid="empty-import"><Icon name="in"/>{tr!(leads.import_file)}</a>
        <button class="btn" on:click=move |_| creating.set(true)><Icon name="plus"/>{tr!(leads.new)}<Kbd key="C"/></button>
    }.into_any();
    view! { <Empty title=tr!(leads.none) why=tr!(leads.none_why) actions/> }
}

#[component]
fn Table(grid: Grid, filters: Filters) -> impl IntoView {
    // Drawn in steps of ten rows, so that a scroll of one row draws nothing.
    let range = Memo::new(move |_| {
        let total = grid.rows.len();
        let (first, last) = grid.window.range(total);
        (first / 10 * 10, last.next_multiple_of(10).min(total))
    });
    let waiting = Memo::new(move |_| grid.rows.total.get().is_none());
    let drawn = move || {
        let (first, last) = if waiting.get() { (0, WAITING) } else { range.get() };
        (first..last).map(|index| Drawn { index, row: grid.rows.at(index) }).collect::<Vec<_>>()
    };
    view! {
        <div class="gridbox" class:has-bulk=move || grid.chosen.with(|chosen| !chosen.is_empty()) node_ref=grid.window.node
            on:scroll=move |_| grid.window.scrolled() tabindex="-1">
            <table class="tbl tbl--lines tbl--grid" style="min-width:1100px" role="grid" aria-label=tr!(shell.leads) data-testid="leads-grid"
                aria-multiselectable="true" aria-rowcount=move || (grid.rows.len() + 1).to_string() aria-colcount=COLUMNS.to_string()
                on:keydown=move |event| keyboard::pressed(grid, &event)
                on:focusin=move |_| grid.active.set(true)
                on:focusout=move |event| keyboard::left(grid, &event)>
                <colgroup><col style="width:48px"/><col style="width:232px"/><col style="width:130px"/><col style="width:164px"/><col style="width:118px"/>
                    <col style="width:88px"/><col style="width:176px"/><col style="width:144px"/><col style="width:124px"/></colgroup>
                <thead><tr role="row" aria-rowindex="1">
                    <th role="columnheader"><Check label=tr!(leads.choose_seen) testid="choose-all" tabindex=-1
                        on=Signal::derive(move || grid.chosen.with(|chosen| !chosen.is_empty()))
                        on_toggle=Callback::new(move |()| choose_seen(grid, range.get_untracked()))/></th>
                    <Column filters sort=LeadSort::Company name=tr!(leads.company)/>
                    <Column filters sort=LeadSort::City name=tr!(leads.city)/>
                    <Column filters sort=LeadSort::Name name=tr!(leads.contact)/>
                    <Column filters sort=LeadSort::State name=tr!(leads.state)/>
                    <Column filters sort=LeadSort::Score name=tr!(leads.score)/>
                    <Column filters sort=LeadSort::NextStep name=tr!(leads.next_step)/>
                    <Column filters sort=LeadSort::Amount name=tr!(leads.amount) class="num"/>
                    <Column filters sort=LeadSort::Owner name=tr!(leads.owner)/>
                </tr></thead>
                <tbody aria-busy=move || waiting.get().to_string() data-testid=move || waiting.get().then_some("skeleton")>
                    {move || view! { <Spacer rows=range.get().0 columns=9/> }}
                    <For each=drawn key=Drawn::key let:drawn>
                        <RowView grid index=drawn.index row=drawn.row/>
                    </For>
                    {move || view! { <Spacer rows=grid.rows.len().saturating_sub(range.get().1) columns=9/> }}
                </tbody>
            </table>
        </div>
    }
}

/// Chooses every row on the screen, or none when some are chosen.
fn choose_seen(grid: Grid, (first, last): (usize, usize)) {
    let some = grid.chosen.with_untracked(|chosen| !chosen.is_empty());
    grid.chosen.set(if some {
        BTreeSet::new()
    } else {
        (first..last).filter_map(|index| Some(grid.rows.peek(index)?.id.clone())).collect()
    });
}

/// A header that orders the list.
#[component]
fn Column(
    filters: Filters,
    sort: LeadSort,
    name: &'static str,
    #[prop(default = "")] class: &'static str,
) -> impl IntoView {
    let order =
        Memo::new(move |_| Some(filters.sort.get()).filter(|(now, _)| *now == sort).map(|(_, descending)| descending));
    view! {
        <th role="columnheader" class=class aria-sort=move || match order.get() { Some(true) => "descending", Some(false) => "ascending", None => "none" }>
            <button tabindex="-1" on:click=move |_| filters.order_by(sort) data-testid=format!("sort-{sort:?}").to_lowercase()>
                {name}{move || order.get().map(|descending| view! { <Icon name=if descending { "dn" } else { "up" }/> })}
            </button>
        </th>
    }
}

#[component]
fn Foot(grid: Grid) -> impl IntoView {
    let sums = move || {
        grid.rows
            .sums
            .get()
            .iter()
            .map(|sum| format::money_text(&sum.amount, &sum.currency))
            .collect::<Vec<_>>()
            .join(" + ")
    };
    view! {
        <div class="foot">
            <span class="tn" data-testid="leads-count">{move || match grid.rows.total.get() {
                Some(count) => tr!(leads.count, count = format::count(count)),
                None => tr!(leads.opening).to_owned(),
            }}</span>
            {move || Some(sums()).filter(|sums| !sums.is_empty()).map(|sums| view! { <span class="tn cut" data-testid="leads-sum">{tr!(leads.sum, sums = sums)}</span> })}
            <span class="end row row-1 narrow-hide"><Kbd key="J"/><Kbd key="K"/>{tr!(leads.key_move)}</span>
            <span class="row row-1 narrow-hide"><Kbd key="X"/>{tr!(leads.key_choose)}</span>
            <span class="row row-1 narrow-hide"><Kbd key="F2"/>{tr!(leads.key_edit)}</span>
            <span class="row row-1 narrow-hide"><Kbd key="Espacio"/>{tr!(leads.key_peek)}</span>
        </div>
    }
}
