//! The draft while it is edited: every change is saved by itself, and the amounts come back from the decimal engine.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use leptos::prelude::*;
use zuc_ipc::list;
use zuc_ipc::proposal::{LineEdit, ProductRow, ProposalEdit, ProposalView};
use zuc_ipc::{Failure, Money};

use super::form::{Form, part};
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
    /// What the form was read from, or what the core last took: what differs from it was changed here.
    base: StoredValue<ProposalEdit>,
    /// The person was told that somebody changed the same.
    insist: StoredValue<bool>,
    changes: StoredValue<u32>,
    /// How many of the changes the last save took along.
    sent: StoredValue<u32>,
    /// A save is on its way: the next one needs its answer, which says what the form is based on then.
    away: StoredValue<bool>,
    /// The typing rested while one was.
    due: StoredValue<bool>,
    /// What the page held when it was left while one was.
    parting: StoredValue<Arc<Mutex<Option<Form>>>>,
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
            base: StoredValue::new(ProposalEdit::default()),
            insist: StoredValue::new(false),
            changes: StoredValue::new(0),
            sent: StoredValue::new(0),
            away: StoredValue::new(false),
            due: StoredValue::new(false),
            parting: StoredValue::default(),
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
    /// for then they are nowhere but here. The core puts them together with the next save; what the person was told before
    /// is not all any more.
    pub(crate) fn refresh(self, view: &Arc<ProposalView>) {
        let kept = !self.saving.get_untracked() && self.failure.with_untracked(Option::is_none);
        if self.view.with_untracked(|now| **now == **view) {
            return;
        }
        if kept {
            self.take(view);
        } else {
            self.insist.set_value(false);
        }
    }

    fn take(self, view: &Arc<ProposalView>) {
        self.title.set(view.row.title.clone());
        self.discount.set(view.discount_pct.clone());
        self.valid_until.set(view.row.valid_until.clone());
        self.terms.set(view.terms_days.to_string());
        self.notes.set(view.notes.clone());
        self.lines.set(view.lines.iter().map(|line| self.line(line.edit.clone())).collect());
        self.base.set_value(view.form());
        self.insist.set_value(false);
        self.view.set(view.clone());
    }

    fn line(self, edit: LineEdit) -> Line {
        self.next_key.update_value(|key| *key += 1);
        let edit = self.owner.with_value(|owner| owner.with(|| RwSignal::new(edit)));
        Line { key: self.next_key.get_value(), edit }
    }

    fn form(self) -> Form {
        let (keys, lines) =
            self.lines.with_untracked(|lines| lines.iter().map(|line| (line.key, line.edit.get_untracked())).unzip());
        let edit = ProposalEdit {
            id: self.view.with_untracked(|view| view.row.id.clone()),
            title: self.title.get_untracked(),
            lines,
            discount_pct: self.discount.get_untracked(),
            valid_until: self.valid_until.get_untracked(),
            terms_days: self.terms.get_untracked(),
            notes: self.notes.get_untracked(),
            base: Some(Box::new(self.base.get_value())),
            insist: self.insist.get_value(),
        };
        Form { edit, keys }
    }

    /// Something changed: saved once the typing rests.
    pub(crate) fn changed(self) {
        self.changes.update_value(|changes| *changes += 1);
        self.saving.set(true);
        let mine = self.changes.get_value();
        set_timeout(
            move || {
                if self.changes.try_get_value() == Some(mine) {
                    self.save();
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
        let form = self.form();
        if self.away.get_value() {
            self.parting.with_value(|parting| *parting.lock().unwrap_or_else(PoisonError::into_inner) = Some(form));
        } else {
            leptos::task::spawn_local(part(form.edit, self.bus, self.toaster));
        }
    }

    fn save(self) {
        if self.away.get_value() {
            self.due.set_value(true);
            return;
        }
        self.away.set_value(true);
        self.due.set_value(false);
        let mine = self.changes.get_value();
        self.sent.set_value(mine);
        let (form, parting) = (self.form(), self.parting.get_value());
        leptos::task::spawn_local(async move {
            let answer = backend::call::<list::ProposalSave>(&form.edit).await;
            let ids = answer.as_ref().map(|saved| saved.lines.clone()).unwrap_or_default();
            let keys = form.keys.clone();
            let base = answer.as_ref().ok().map(|saved| form.base_after(saved));
            let left = parting.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(mut left) = left {
                left.learn(&keys, &ids);
                if let Some(base) = base {
                    left.edit.base = Some(Box::new(base));
                }
                return part(left.edit, self.bus, self.toaster).await;
            }
            if self.away.try_set_value(false).is_some() {
                // the page is gone, and everything was sent
                return;
            }
            let rests = self.changes.get_value() == mine;
            match answer {
                Ok(saved) => {
                    // new lines learn their ids, so that the next save changes them instead of adding them again
                    self.lines.with_untracked(|lines| {
                        for line in lines {
                            if let Some((_, id)) = keys.iter().zip(&ids).find(|(key, _)| **key == line.key) {
                                line.edit.update_untracked(|edit| edit.id.clone_from(id));
                            }
                        }
                    });
                    self.base.set_value(base.unwrap_or_default());
                    self.insist.set_value(false);
                    self.failure.set(None);
                    let view = Arc::new(saved.view);
                    if saved.merged && rests {
                        self.take(&view);
                    } else {
                        self.view.set(view);
                    }
                    action::tell(self.bus, self.toaster, &saved.changes);
                }
                Err(failure) if rests => {
                    self.insist.set_value(failure.code == "app.stale");
                    self.failure.set(Some(failure));
                }
                // what was typed since is saved next, and says so itself
                Err(_) => {}
            }
            if self.due.get_value() {
                self.save();
            } else if rests {
                self.saving.set(false);
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
