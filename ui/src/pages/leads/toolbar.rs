//! Views and filters over the grid.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;

use super::filters::Filters;
use crate::components::{Choice, FilterChip, Icon};
use crate::keys::{Deed, use_deeds};
use crate::labels;
use crate::route;
use crate::words::tr;

/// Keys of the views: `1` to `6`.
const KEYS: [&[&str]; 6] = [&["1"], &["2"], &["3"], &["4"], &["5"], &["6"]];

/// A view: a name and the filters it sets, state and owner.
fn views() -> [(&'static str, &'static str, &'static str, &'static str); 6] {
    [
        ("open", tr!(leads.view_open), "", ""),
        ("mine", tr!(leads.view_mine), "", "me"),
        ("new", tr!(leads.view_new), "new", ""),
        ("qualified", tr!(leads.view_qualified), "qualified", ""),
        ("unowned", tr!(leads.view_unowned), "", "none"),
        ("converted", tr!(leads.view_converted), "converted", ""),
    ]
}

/// The two bars over the grid.
#[component]
pub(crate) fn Toolbar(filters: Filters, search: NodeRef<html::Input>) -> impl IntoView {
    use_deeds(
        views()
            .into_iter()
            .zip(KEYS)
            .map(|((id, name, state, owner), keys)| Deed {
                id,
                title: tr!(leads.view, name = name),
                icon: "star",
                keys,
                run: Callback::new(move |()| choose(filters, state, owner)),
            })
            .collect(),
    );
    view! {
        <div class="viewbar" role="tablist" aria-label=tr!(leads.views)>
            {views().into_iter().enumerate().map(|(index, (id, name, state, owner))| {
                let is_on = Memo::new(move |_| filters.state.with(|now| now == state) && filters.owner.with(|now| now == owner));
                view! {
                    <button class=move || if is_on.get() { "view is-on" } else { "view" } role="tab" aria-selected=move || is_on.get().to_string()
                        data-testid=format!("view-{id}") on:click=move |_| choose(filters, state, owner)>
                        {(index == 0).then(|| view! { <Icon name="star" class="i-14"/> })}{name}
                    </button>
                }
            }).collect_view()}
            <a class="view" href=route::HELD data-testid="view-held">{tr!(shell.held)}</a>
        </div>
        <div class="viewbar" style="gap:6px;padding-left:20px">
            <SearchBox text=filters.text node=search label=tr!(leads.search) testid="leads-search"/>
            <FilterChip label=tr!(leads.state) value=filters.state choices=state_choices() testid="filter-state"/>
            <FilterChip label=tr!(leads.band) value=filters.band choices=band_choices() testid="filter-band"/>
            <FilterChip label=tr!(leads.owner) value=filters.owner choices=owner_choices() testid="filter-owner"/>
            {move || (!filters.is_plain()).then(|| view! {
                <button class="s12 link-btn" on:click=move |_| filters.clear() data-testid="filter-clear">{tr!(leads.clear)}</button>
            })}
        </div>
    }
}

fn choose(filters: Filters, state: &str, owner: &str) {
    filters.state.set(state.to_owned());
    filters.owner.set(owner.to_owned());
}

fn state_choices() -> Vec<Choice> {
    let mut choices = vec![Choice::new("", tr!(leads.open_states))];
    choices.extend(
        ["new", "assigned", "working", "nurturing", "qualified", "converted", "disqualified"]
            .map(|key| Choice::new(key, labels::lead_state(key).0)),
    );
    choices
}

fn band_choices() -> Vec<Choice> {
    let mut choices = vec![Choice::new("", tr!(leads.any))];
    choices.extend(["A", "B", "C", "D"].map(|band| Choice::new(band, band)));
    choices
}

fn owner_choices() -> Vec<Choice> {
    vec![Choice::new("", tr!(leads.anyone)), Choice::new("me", tr!(leads.me)), Choice::new("none", tr!(leads.nobody))]
}

/// A search box that asks once the typing rests; `Esc` empties it.
#[component]
pub(crate) fn SearchBox(
    text: RwSignal<String>,
    #[prop(optional)] node: NodeRef<html::Input>,
    #[prop(into)] label: String,
    testid: &'static str,
) -> impl IntoView {
    let shown = RwSignal::new(text.get_untracked());
    Effect::new(move |_| {
        let now = text.get();
        if shown.get_untracked().trim() != now {
            shown.set(now);
        }
    });
    let typed = move |value: String| {
        shown.set(value.clone());
        set_timeout(
            move || {
                if shown.try_get_untracked().as_ref() == Some(&value) {
                    text.try_set(value.trim().to_owned());
                }
            },
            Duration::from_millis(120),
        );
    };
    view! {
        <label class="searchbox">
            <Icon name="search" class="i-14"/>
            <input node_ref=node type="text" aria-label=label.clone() placeholder=label autocomplete="off" spellcheck="false"
                prop:value=move || shown.get() on:input=move |event| typed(event_target_value(&event))
                on:keydown=move |event| if event.key() == "Escape" { text.set(String::new()); shown.set(String::new()); }
                data-testid=testid/>
        </label>
    }
}
