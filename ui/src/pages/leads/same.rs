//! Leads that may be the same prospect: who they are, both side by side, and one of both.

use std::collections::BTreeSet;

use leptos::prelude::*;
use zuc_ipc::lead::{ComparedField, LeadComparison, LeadDuplicate, LeadMerge, LeadPair};
use zuc_ipc::list;
use zuc_ipc::shared::ById;

use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{Badge, Dialog, DialogHead, FormFailure, Icon, SectionHead};
use crate::format;
use crate::labels;
use crate::loaded::loaded;
use crate::pages::import::reason;
use crate::words::tr;

/// The section of the panel; nothing where no other lead is like this one.
#[component]
pub(crate) fn Duplicates(id: String, may: bool, show: Callback<Option<String>>) -> impl IntoView {
    let id = StoredValue::new(id);
    let found = use_query::<list::LeadDuplicates>(Topics::LEADS, move || Some(ById { id: id.get_value() }));
    let pair = RwSignal::new(None::<LeadPair>);
    let open = RwSignal::new(false);
    let compare = Callback::new(move |other: String| {
        pair.set(Some(LeadPair { survivor: id.get_value(), other }));
        open.set(true);
    });
    // what closes the dialog closes nothing below it
    let pressed = |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
        }
    };
    view! {
        {move || found.value.get().filter(|found| !found.is_empty()).map(|found| view! {
            <section class="sec" data-testid="duplicates">
                <SectionHead title=tr!(same.title)/>
                <div class="col gap-3">{found.iter().cloned().map(|one| line(one, may, compare)).collect_view()}</div>
            </section>
        })}
        <span on:keydown=pressed>
        <Dialog open label=tr!(same.compare) class="dialog dialog--wide" testid="merge">
            <Comparison pair open show/>
        </Dialog>
        </span>
    }
}

fn line(one: LeadDuplicate, may: bool, compare: Callback<String>) -> impl IntoView {
    let id = StoredValue::new(one.row.id.clone());
    let why = one.reasons.iter().map(|code| reason(code)).collect::<Vec<_>>().join("; ");
    let who = [one.row.full_name.clone(), one.row.owner.map(|owner| owner.name).unwrap_or_default()];
    let who = who.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ");
    view! {
        <div class="row row-3 top" data-testid="duplicate" data-id=one.row.id.clone()>
            <div class="col grow">
                <span class="m cut">{one.row.company.clone()}</span>
                <span class="t2">{who}</span>
                <span class="t3">{format!("{} % · {why}", one.likeness)}</span>
            </div>
            {may.then(|| view! {
                <button class="btn btn--sm" on:click=move |_| compare.run(id.get_value()) data-testid="duplicate-compare"><Icon name="merge"/>{tr!(same.compare_short)}</button>
            })}
        </div>
    }
}

#[component]
fn Comparison(pair: RwSignal<Option<LeadPair>>, open: RwSignal<bool>, show: Callback<Option<String>>) -> impl IntoView {
    let both = use_query::<list::LeadCompare>(Topics::LEADS, move || pair.get());
    let take = RwSignal::new(BTreeSet::<String>::new());
    let action = Action::new();
    Effect::new(move |_| {
        pair.track();
        take.set(BTreeSet::new());
        action.failure.set(None);
    });
    let turn = move |_| {
        pair.update(|pair| {
            if let Some(LeadPair { survivor, other }) = pair {
                std::mem::swap(survivor, other);
            }
        });
    };
    let save = move || {
        let Some(shown) = both.value.get_untracked() else { return };
        let merge = LeadMerge {
            survivor: shown.survivor.id.clone(),
            other: shown.other.id.clone(),
            take: take.get_untracked().into_iter().collect(),
            seen: shown.seen.clone(),
        };
        let stays = merge.survivor.clone();
        action.run::<list::LeadMergeInto>(merge, move |_| {
            open.try_set(false);
            show.run(Some(stays));
        });
    };
    view! {
        <form on:submit=move |event| { event.prevent_default(); save(); }>
            <DialogHead title=tr!(same.compare) about=tr!(same.about).to_owned()/>
            <div class="dialog__body">
                <FormFailure failure=action.failure/>
                {loaded(both, move |both| table(&both, take))}
            </div>
            <div class="dialog__f">
                <button type="button" class="btn btn--ghost" on:click=turn data-testid="merge-turn"><Icon name="merge"/>{tr!(same.turn)}</button>
                <button type="button" class="btn end" on:click=move |_| open.set(false)>{tr!(common.cancel)}</button>
                <button type="submit" class="btn btn--primary" disabled=move || action.busy.get() data-testid="merge-save">
                    {move || if action.busy.get() { tr!(common.saving) } else { tr!(same.save) }}
                </button>
            </div>
        </form>
    }
}

fn table(both: &LeadComparison, take: RwSignal<BTreeSet<String>>) -> impl IntoView + use<> {
    let head = |title: &'static str, row: &zuc_ipc::lead::LeadRow, created_on: &str, touches: u32| {
        let (word, tone) = labels::lead_state(&row.state);
        let touches = if touches == 1 { tr!(same.touch).to_owned() } else { tr!(same.touches, count = touches) };
        let about = format!("{} · {touches}", format::day(created_on));
        view! {
            <th><span class="col"><span class="t3">{title}</span><span class="row"><Badge tone text=word testid="merge-state"/></span><span class="t2">{about}</span></span></th>
        }
    };
    let stays = head(tr!(same.stays), &both.survivor, &both.created_on.0, both.touches.0);
    let goes = head(tr!(same.goes), &both.other, &both.created_on.1, both.touches.1);
    view! {
        <table class="tbl tbl--lines" data-testid="merge-table">
            <colgroup><col style="width:150px"/><col/><col/></colgroup>
            <thead><tr><th></th>{stays}{goes}</tr></thead>
            <tbody>{both.fields.iter().cloned().map(|field| row(field, take)).collect_view()}</tbody>
        </table>
    }
}

fn row(field: ComparedField, take: RwSignal<BTreeSet<String>>) -> impl IntoView {
    let name = StoredValue::new(field.field.clone());
    // what only one of them says stays anyhow
    let others = field.survivor.is_empty();
    let is_taken = move || take.with(|take| take.contains(&name.get_value()));
    let note = (field.differs && field.both_stay).then(|| view! { <span class="t3">{tr!(same.both_stay)}</span> });
    let cell = move |text: String, is_other: bool| {
        if !field.differs {
            let class = if is_other == others && !text.is_empty() { "m" } else { "t3" };
            return view! { <td class=class>{text}</td> }.into_any();
        }
        let on = Signal::derive(move || is_taken() == is_other);
        let choose = move |_| {
            take.update(|take| {
                if is_other {
                    take.insert(name.get_value());
                } else {
                    take.remove(&name.get_value());
                }
            });
        };
        view! {
            <td>
                <button type="button" role="radio" class=move || if on.get() { "btn btn--sm is-on" } else { "btn btn--sm btn--ghost" }
                    aria-checked=move || on.get().to_string() on:click=choose data-testid=if is_other { "merge-take" } else { "merge-keep" } data-field=name.get_value()>
                    {move || on.get().then(|| view! { <Icon name="check"/> })}
                    {text}
                </button>
            </td>
        }
        .into_any()
    };
    view! {
        <tr data-testid="merge-field">
            <td class="t2"><span class="col">{field.label.clone()}{note}</span></td>
            {cell(field.survivor.clone(), false)}
            {cell(field.other.clone(), true)}
        </tr>
    }
}
