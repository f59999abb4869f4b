//! What was changed apart: the list, and one of them with its sides.

mod one;

use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::conflict::{ApartRow, ConflictAsk, ConflictRow};
use zuc_ipc::list;
use zuc_ipc::shared::Empty as Nothing;

use self::one::One;
use crate::backend::{Query, Topics, use_query};
use crate::components::{Empty, Icon, Kbd, SectionHead};
use crate::format;
use crate::keys::{Deed, use_deeds};
use crate::labels;
use crate::loaded::loaded;
use crate::route;
use crate::shell::TopBar;
use crate::words::tr;

/// The inbox.
#[component]
pub(crate) fn ConflictsPage() -> impl IntoView {
    let rows = use_query::<list::ConflictList>(Topics::ALL, || Some(Nothing {}));
    let apart = use_query::<list::ApartList>(Topics::ALL, || Some(Nothing {}));
    let picked = RwSignal::new(None::<ConflictAsk>);
    // What was settled meanwhile is open no more: the first of those that wait is.
    let open = Memo::new(move |_| {
        let rows = rows.value.get()?;
        let picked = picked.get();
        let still = rows.iter().map(asked).find(|ask| Some(ask) == picked.as_ref());
        still.or_else(|| rows.first().map(asked))
    });
    let step = move |down: bool| {
        let Some(rows) = rows.value.get_untracked() else { return };
        let at = rows.iter().position(|row| Some(asked(row)) == open.get_untracked()).unwrap_or_default();
        let to = if down { at + 1 } else { at.saturating_sub(1) };
        if let Some(row) = rows.get(to) {
            picked.set(Some(asked(row)));
        }
    };
    let deed = |id, title: &str, keys, down| Deed {
        id,
        title: title.to_owned(),
        icon: if down { "dn" } else { "up" },
        keys,
        run: Callback::new(move |()| step(down)),
    };
    use_deeds(vec![
        deed("conflict.next", tr!(conflicts.next), &["j"], true),
        deed("conflict.previous", tr!(conflicts.previous), &["k"], false),
    ]);
    let about = Signal::derive(move || {
        rows.value.get().filter(|rows| !rows.is_empty()).map_or_else(String::new, |rows| waiting(rows.len()))
    });
    view! {
        <TopBar title=tr!(conflicts.title).to_owned() about>
            <span class="row row-1 s12 t3 narrow-hide"><Kbd key="J"/><Kbd key="K"/>{tr!(conflicts.next)}</span>
        </TopBar>
        {loaded(rows, move |rows| if rows.is_empty() && apart.value.get().is_some_and(|apart| !apart.is_empty()) {
            view! { <div class="body"><div class="pane"><Apart rows=apart/></div></div> }.into_any()
        } else if rows.is_empty() {
            view! { <div class="body"><div class="pane"><Empty title=tr!(conflicts.none) why=tr!(conflicts.none_why)/></div></div> }.into_any()
        } else {
            view! {
                <div class="body stack">
                    <aside class="pane pane--left" style="width:312px" aria-label=tr!(conflicts.title)>{lines(&rows, open, picked)}<Apart rows=apart/></aside>
                    <div class="pane"><One open/></div>
                </div>
            }.into_any()
        })}
    }
}

/// What was written here and nobody takes: there is nothing to choose, and it has to be known.
#[component]
fn Apart(rows: Query<Vec<ApartRow>>) -> impl IntoView {
    let line = |row: &ApartRow| {
        let row = row.clone();
        let title = if row.title.is_empty() { tr!(conflicts.apart_unknown).to_owned() } else { row.title };
        let title = if row.id.is_empty() || !["lead", "customer", "proposal", "invoice"].contains(&row.kind.as_str()) {
            view! { <span class="m cut">{title}</span> }.into_any()
        } else {
            view! { <a class="m cut" href=route::hit(&row.kind, &row.id)>{title}</a> }.into_any()
        };
        let why = if row.why.is_empty() { row.code } else { row.why };
        let said = row.said.iter().cloned();
        let said = said
            .map(|said| view! { <span class="s12" style="white-space:normal" data-testid="apart-said">{said}</span> });
        let said = said.collect_view();
        let at = if row.at.is_empty() { String::new() } else { format::instant(&row.at) };
        view! {
            <li class="row row-3" style="align-items:flex-start;padding:10px 20px" data-testid="apart-row">
                <Icon name="warn" class="t3"/>
                <span class="col grow" style="min-width:0">
                    <span class="row">{title}<span class="end s12 t3 tn">{at}</span></span>
                    <span class="s12 t2" style="white-space:normal">{why}</span>
                    {said}
                </span>
            </li>
        }
    };
    move || {
        rows.value.get().filter(|rows| !rows.is_empty()).map(|rows| {
            view! {
                <section class="sec sec--flush">
                    <SectionHead title=tr!(conflicts.apart) about=format::count(rows.len())/>
                    <p class="s12 t3" style="padding:0 20px 8px">{tr!(conflicts.apart_about)}</p>
                    <ul class="list list--tall" data-testid="apart-list">{rows.iter().map(line).collect_view()}</ul>
                </section>
            }
        })
    }
}

fn asked(row: &ConflictRow) -> ConflictAsk {
    ConflictAsk { id: row.id.clone(), field: row.field.clone() }
}

/// `4 por resolver`.
fn waiting(count: usize) -> String {
    tr!(conflicts.waiting, count = format::count(count))
}

fn lines(
    rows: &Arc<Vec<ConflictRow>>,
    open: Memo<Option<ConflictAsk>>,
    picked: RwSignal<Option<ConflictAsk>>,
) -> impl IntoView + use<> {
    let line = |row: &ConflictRow| {
        let row = row.clone();
        let ask = StoredValue::new(asked(&row));
        let is_on = Memo::new(move |_| open.get().is_some_and(|open| ask.with_value(|ask| *ask == open)));
        view! {
            <li class=move || if is_on.get() { "is-sel" } else { "" } style="align-items:flex-start;padding:0">
                <button class="row row-3 grow" style="align-items:flex-start;padding:10px 20px;text-align:left"
                    aria-current=move || is_on.get().then_some("true") on:click=move |_| picked.set(Some(ask.get_value()))
                    data-testid="conflict-row">
                    <Icon name=labels::kind_icon(&row.kind) class="t3"/>
                    <span class="col grow" style="min-width:0">
                        <span class="row"><span class="m cut">{row.title}</span><span class="end s12 t3 tn">{format::instant(&row.at)}</span></span>
                        <span>{row.what}</span>
                        <span class="s12 t3">{row.who}</span>
                    </span>
                </button>
            </li>
        }
    };
    view! { <ul class="list list--tall" data-testid="conflict-list">{rows.iter().map(line).collect_view()}</ul> }
}
