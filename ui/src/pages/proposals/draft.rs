//! The draft while it is edited: every change is saved by itself, and the amounts come back from the decimal engine.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use zuc_ipc::list;
use zuc_ipc::proposal::{LineEdit, ProductRow, ProposalEdit, ProposalView};
use zuc_ipc::{Failure, Money};

use crate::action;
use crate::backend::{self, Bus};
use crate::components::{Toaster, use_toaster};

/// A line on the screen; `key` keeps its place while it moves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// Stable on this screen.
    pub(crate) key: u32,
    /// As edited.
    pub(crate) edit: RwSignal<LineEdit>,
}

/// The draft.
#[derive(Clone, Copy)]
pub(crate) struct Draft {
    /// What the core last said.
    pub(crate) view: RwSignal<Arc<ProposalView>>,
    /// Lines in order.
    pub(crate) lines: RwSignal<Vec<Line>>,
    /// Title.
    pub(crate) title: RwSignal<String>,
    /// Document discount in percent.
    pub(crate) discount: RwSignal<String>,
    /// ISO date.
    pub(crate) valid_until: RwSignal<String>,
    /// Payment terms in days.
    pub(crate) terms: RwSignal<String>,
    /// Notes for the customer.
    pub(crate) notes: RwSignal<String>,
    /// A save is on its way or about to be.
    pub(crate) saving: RwSignal<bool>,
    /// Why the last save was refused.
    pub(crate) failure: RwSignal<Option<Failure>>,
    /// May be edited at all.
    pub(crate) open: Memo<bool>,
    changes: StoredValue<u32>,
    /// How many of the changes the last save took along.
    sent: StoredValue<u32>,
    next_key: StoredValue<u32>,
    /// Of the page: a line that is added from the list of products lives longer than the list.
    owner: StoredValue<Owner>,
    bus: Bus,
    toaster: Toaster,
}

impl Draft {
    /// The draft of a proposal.
    pub(crate) fn new(view: Arc<ProposalView>) -> Self {
        let now = RwSignal::new(view.clone());
        let draft = Self {
            view: now,
            lines: RwSignal::new(Vec::new()),
            title: RwSignal::new(String::new()),
            discount: RwSignal::new(String::new()),
            valid_until: RwSignal::new(String::new()),
            terms: RwSignal::new(String::new()),
            notes: RwSignal::new(String::new()),
            saving: RwSignal::new(false),
            failure: RwSignal::new(None),
            open: Memo::new(move |_| now.with(|view| view.actions.iter().any(|action| action == "edit"))),
            changes: StoredValue::new(0),
            sent: StoredValue::new(0),
            next_key: StoredValue::new(0),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            bus: expect_context(),
            toaster: use_toaster(),
        };
        draft.take(&view);
        on_cleanup(move || draft.leave());
        draft
    }

    /// Another device or window changed the proposal: its words replace ours, unless ours are on their way or were refused,
    /// for then they are nowhere but here.
    pub(crate) fn refresh(self, view: &Arc<ProposalView>) {
        let kept = !self.saving.get_untracked() && self.failure.with_untracked(Option::is_none);
        if kept && self.view.with_untracked(|now| **now != **view) {
            self.take(view);
        }
    }

    fn take(self, view: &Arc<ProposalView>) {
        self.title.set(view.row.title.clone());
        self.discount.set(view.discount_pct.clone());
        self.valid_until.set(view.row.valid_until.clone());
        self.terms.set(view.terms_days.to_string());
        self.notes.set(view.notes.clone());
        self.lines.set(view.lines.iter().map(|line| self.line(line.edit.clone())).collect());
        self.view.set(view.clone());
    }

    fn line(self, edit: LineEdit) -> Line {
        self.next_key.update_value(|key| *key += 1);
        let edit = self.owner.with_value(|owner| owner.with(|| RwSignal::new(edit)));
        Line { key: self.next_key.get_value(), edit }
    }

    fn edit(self) -> ProposalEdit {
        ProposalEdit {
            id: self.view.with_untracked(|view| view.row.id.clone()),
            title: self.title.get_untracked(),
            lines: self.lines.with_untracked(|lines| lines.iter().map(|line| line.edit.get_untracked()).collect()),
            discount_pct: self.discount.get_untracked(),
            valid_until: self.valid_until.get_untracked(),
            terms_days: self.terms.get_untracked(),
            notes: self.notes.get_untracked(),
        }
    }

    /// Something changed: saved once the typing rests.
    pub(crate) fn changed(self) {
        self.changes.update_value(|changes| *changes += 1);
        self.saving.set(true);
        let mine = self.changes.get_value();
        set_timeout(
            move || {
                if self.changes.try_get_value() == Some(mine) {
                    self.save(mine);
                }
            },
            Duration::from_millis(200),
        );
    }

    /// Saves what was typed last when the page is left before the typing rested.
    fn leave(self) {
        if self.sent.get_value() == self.changes.get_value() {
            return;
        }
        let (edit, bus, toaster) = (self.edit(), self.bus, self.toaster);
        leptos::task::spawn_local(async move {
            match backend::call::<list::ProposalSave>(&edit).await {
                Ok(saved) => action::tell(bus, toaster, &saved.changes),
                Err(failure) => toaster.fail(&failure),
            }
        });
    }

    fn save(self, mine: u32) {
        self.sent.set_value(mine);
        let edit = self.edit();
        leptos::task::spawn_local(async move {
            let answer = backend::call::<list::ProposalSave>(&edit).await;
            if self.changes.try_get_value() != Some(mine) {
                return;
            }
            match answer {
                Ok(saved) => {
                    // New lines learn their ids, so that the next save changes them instead of adding them again.
                    self.lines.with_untracked(|lines| {
                        for (line, known) in lines.iter().zip(&saved.view.lines) {
                            if line.edit.with_untracked(|edit| edit.id.is_empty()) {
                                line.edit.update_untracked(|edit| edit.id.clone_from(&known.edit.id));
                            }
                        }
                    });
                    self.failure.set(None);
                    self.view.set(Arc::new(saved.view));
                    self.saving.set(false);
                    action::tell(self.bus, self.toaster, &saved.changes);
                }
                Err(failure) => {
                    self.failure.set(Some(failure));
                    self.saving.set(false);
                }
            }
        });
    }

    /// Adds a product at the end.
    pub(crate) fn add_product(self, product: &ProductRow) {
        self.add(LineEdit {
            product_id: Some(product.id.clone()),
            sku: product.sku.clone(),
            description: product.description.clone(),
            quantity: "1".to_owned(),
            unit: product.unit.clone(),
            unit_price: product.price.amount.clone(),
            discount_pct: "0".to_owned(),
            tax: product.tax.clone(),
            recurrence: product.recurrence.clone(),
            clave_prod_serv: product.clave_prod_serv.clone(),
            clave_unidad: product.clave_unidad.clone(),
            ..LineEdit::default()
        });
    }

    fn add(self, edit: LineEdit) {
        let line = self.line(edit);
        self.lines.update(|lines| lines.push(line));
        self.changed();
    }

    /// Puts a copy under the line.
    pub(crate) fn duplicate(self, key: u32) {
        let Some(index) = self.index(key) else { return };
        let copy =
            LineEdit { id: String::new(), ..self.lines.with_untracked(|lines| lines[index].edit.get_untracked()) };
        let line = self.line(copy);
        self.lines.update(|lines| lines.insert(index + 1, line));
        self.changed();
    }

    /// Moves the line one place.
    pub(crate) fn shift(self, key: u32, down: bool) {
        let Some(index) = self.index(key) else { return };
        let to = if down { index + 1 } else { index.wrapping_sub(1) };
        if self.lines.with_untracked(|lines| to < lines.len()) {
            self.lines.update(|lines| lines.swap(index, to));
            self.changed();
        }
    }

    /// Takes the line out.
    pub(crate) fn remove(self, key: u32) {
        self.lines.update(|lines| lines.retain(|line| line.key != key));
        self.changed();
    }

    /// Place of a line.
    pub(crate) fn index(self, key: u32) -> Option<usize> {
        self.lines.with_untracked(|lines| lines.iter().position(|line| line.key == key))
    }

    /// Net amount of a line as the core computed it; nothing while it is not known yet.
    pub(crate) fn net(self, key: u32) -> Option<Money> {
        let index = self.lines.with(|lines| lines.iter().position(|line| line.key == key))?;
        self.view.with(|view| {
            Some(Money { amount: view.lines.get(index)?.net.clone(), currency: view.totals.total.currency.clone() })
        })
    }
}
