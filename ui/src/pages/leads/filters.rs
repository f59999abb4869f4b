//! What the list is filtered and ordered by.

use leptos::prelude::*;
use zuc_ipc::lead::{LeadQuery, LeadSort};

use crate::session::{Session, use_session};

/// The states that are still worked.
const ANY: &str = "";

/// Filters and order, each with its own control.
#[derive(Clone, Copy)]
pub(crate) struct Filters {
    /// Free text.
    pub(crate) text: RwSignal<String>,
    /// State key; empty = the open ones.
    pub(crate) state: RwSignal<String>,
    /// Band; empty = all.
    pub(crate) band: RwSignal<String>,
    /// `none`, `me` or empty = all.
    pub(crate) owner: RwSignal<String>,
    /// Column and whether it goes down.
    pub(crate) sort: RwSignal<(LeadSort, bool)>,
    session: Session,
}

impl Filters {
    /// The open ones, the best score first.
    pub(crate) fn new() -> Self {
        let empty = || RwSignal::new(ANY.to_owned());
        Self {
            text: empty(),
            state: empty(),
            band: empty(),
            owner: empty(),
            sort: RwSignal::new((LeadSort::Score, true)),
            session: use_session(),
        }
    }

    /// The query without its window; the caller runs again when a filter changes.
    pub(crate) fn query(self) -> LeadQuery {
        let one = |value: String| if value.is_empty() { Vec::new() } else { vec![value] };
        let (sort, descending) = self.sort.get();
        let owners = match self.owner.get().as_str() {
            "none" => vec![String::new()],
            "me" => vec![self.session.person_id()],
            _ => Vec::new(),
        };
        LeadQuery {
            text: self.text.get(),
            states: one(self.state.get()),
            owners,
            bands: one(self.band.get()),
            sort,
            descending,
            ..LeadQuery::default()
        }
    }

    /// Nothing is left out but closed leads.
    pub(crate) fn is_plain(self) -> bool {
        [self.text, self.state, self.band, self.owner].iter().all(|filter| filter.with(String::is_empty))
    }

    /// Takes the filters off; the order stays.
    pub(crate) fn clear(self) {
        for filter in [self.text, self.state, self.band, self.owner] {
            filter.set(String::new());
        }
    }

    /// Orders by `column`, or turns its order round.
    pub(crate) fn order_by(self, column: LeadSort) {
        self.sort.update(|(sort, descending)| {
            *descending = if *sort == column {
                !*descending
            } else {
                matches!(column, LeadSort::Score | LeadSort::Amount | LeadSort::CreatedOn)
            };
            *sort = column;
        });
    }
}
