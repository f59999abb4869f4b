//! The rows that are needed now, asked for in blocks; a list of 100,000 is never held whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::lead::{LeadQuery, LeadRow};
use zuc_ipc::{Failure, Money, list};

use super::filters::Filters;
use crate::backend::{self, Bus, Topics};
use crate::components::RowWindow;

/// Rows of one question to the shell.
const BLOCK: u64 = 100;

type Blocks = Arc<BTreeMap<u64, Vec<Arc<LeadRow>>>>;

/// The list as far as it was asked for.
#[derive(Clone, Copy)]
pub(crate) struct LeadRows {
    blocks: RwSignal<Blocks>,
    /// Rows that match; `None` before the first answer.
    pub(crate) total: RwSignal<Option<u64>>,
    /// Sum of the estimated amounts by currency.
    pub(crate) sums: RwSignal<Vec<Money>>,
    /// Only the newest that hold the text are among them.
    pub(crate) only_newest: RwSignal<bool>,
    /// Why the last question failed.
    pub(crate) failure: RwSignal<Option<Failure>>,
    again: RwSignal<u32>,
}

impl LeadRows {
    /// Rows for `filters` inside `window`, asked again when leads change.
    pub(crate) fn new(filters: Filters, window: RowWindow) -> Self {
        let rows = Self {
            blocks: RwSignal::new(Blocks::default()),
            total: RwSignal::new(None),
            sums: RwSignal::new(Vec::new()),
            only_newest: RwSignal::new(false),
            failure: RwSignal::new(None),
            again: RwSignal::new(0),
        };
        let bus: Bus = expect_context();
        let asked = StoredValue::new((LeadQuery::default(), 0_u32, BTreeSet::<u64>::new(), 0_u32));
        Effect::new(move |_| {
            let query = filters.query();
            let version = bus.version(Topics::LEADS) + rows.again.get();
            let (first, last) = window.range(length(rows.total.get().unwrap_or(0)));
            let (new_query, serial) = asked
                .try_update_value(|(old, old_version, blocks, serial)| {
                    let new_query = *old != query;
                    if new_query || *old_version != version {
                        *old_version = version;
                        blocks.clear();
                        *serial += 1;
                    }
                    old.clone_from(&query);
                    (new_query, *serial)
                })
                .unwrap_or_default();
            if new_query && let Some(node) = window.node.get_untracked() {
                node.set_scroll_top(0);
            }
            let (first, last) =
                if new_query { (0, 0) } else { (first as u64 / BLOCK, last.saturating_sub(1) as u64 / BLOCK) };
            for block in first..=last {
                let is_new = asked.try_update_value(|(_, _, blocks, _)| blocks.insert(block)).unwrap_or(false);
                if is_new {
                    rows.ask(block, query.clone(), new_query, serial, asked);
                }
            }
        });
        rows
    }

    fn ask(
        self,
        block: u64,
        query: LeadQuery,
        replace: bool,
        serial: u32,
        asked: StoredValue<(LeadQuery, u32, BTreeSet<u64>, u32)>,
    ) {
        #[expect(clippy::cast_possible_truncation, reason = "a block holds a hundred rows")]
        let query = LeadQuery { offset: block * BLOCK, limit: BLOCK as u32, ..query };
        leptos::task::spawn_local(async move {
            let answer = backend::call::<list::LeadList>(&query).await;
            if asked.try_with_value(|(.., now)| *now) != Some(serial) {
                return;
            }
            match answer {
                Ok(page) => {
                    self.failure.set(None);
                    self.blocks.update(|blocks| {
                        let blocks = Arc::make_mut(blocks);
                        let old = blocks.remove(&block).unwrap_or_default();
                        if replace {
                            blocks.clear();
                        } else {
                            asked.with_value(|(_, _, kept, _)| blocks.retain(|block, _| kept.contains(block)));
                        }
                        // A row that did not change keeps its place in memory, and so its place on the screen.
                        let fresh = page.rows.into_iter().enumerate().map(|(index, row)| match old.get(index) {
                            Some(same) if **same == row => same.clone(),
                            _ => Arc::new(row),
                        });
                        blocks.insert(block, fresh.collect());
                    });
                    self.sums.set(page.sums);
                    self.only_newest.set(page.only_newest);
                    if self.total.get_untracked() != Some(page.total) {
                        self.total.set(Some(page.total));
                    }
                }
                Err(failure) => self.failure.set(Some(failure)),
            }
        });
    }

    /// The row at `index`, if it is here; the caller runs again when rows arrive.
    pub(crate) fn at(self, index: usize) -> Option<Arc<LeadRow>> {
        self.blocks.with(|blocks| row_of(blocks, index))
    }

    /// The same, without running again.
    pub(crate) fn peek(self, index: usize) -> Option<Arc<LeadRow>> {
        self.blocks.with_untracked(|blocks| row_of(blocks, index))
    }

    /// A row that is here, by its id.
    pub(crate) fn find(self, id: &str) -> Option<Arc<LeadRow>> {
        self.blocks.with_untracked(|blocks| blocks.values().flatten().find(|row| row.id == id).cloned())
    }

    /// Index of a row that is here, by its id.
    pub(crate) fn index_of(self, id: &str) -> Option<usize> {
        self.blocks.with_untracked(|blocks| {
            blocks
                .iter()
                .find_map(|(block, rows)| Some(length(block * BLOCK) + rows.iter().position(|row| row.id == id)?))
        })
    }

    /// Rows in all, as far as known.
    pub(crate) fn len(self) -> usize {
        length(self.total.get().unwrap_or(0))
    }

    /// Asks again.
    pub(crate) fn reload(self) {
        self.again.update(|again| *again += 1);
    }
}

fn row_of(blocks: &Blocks, index: usize) -> Option<Arc<LeadRow>> {
    let index = index as u64;
    let within = usize::try_from(index % BLOCK).unwrap_or(0);
    blocks.get(&(index / BLOCK))?.get(within).cloned()
}

fn length(total: u64) -> usize {
    usize::try_from(total).unwrap_or(usize::MAX)
}
