//! Ctrl-K: places, deeds and records in one box.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use web_sys::KeyboardEvent;
use zuc_ipc::list;
use zuc_ipc::shared::Query as TextQuery;

use crate::backend::{Topics, use_query};
use crate::components::{Dialog, Icon, Kbd};
use crate::keys::{Deed, Deeds, key_names};
use crate::labels;
use crate::route;
use crate::words::tr;

/// One option of the box.
#[derive(Clone)]
struct Entry {
    group: &'static str,
    icon: &'static str,
    title: String,
    about: String,
    keys: Vec<String>,
    run: Callback<()>,
}

/// The palette; `>` before the text keeps only deeds.
#[component]
pub(crate) fn Palette(open: RwSignal<bool>) -> impl IntoView {
    view! {
        <Dialog open label=tr!(shell.search) class="dialog pal" testid="palette">
            <PaletteBox open/>
        </Dialog>
    }
}

#[component]
fn PaletteBox(open: RwSignal<bool>) -> impl IntoView {
    let deeds: Deeds = expect_context();
    let text = RwSignal::new(String::new());
    let asked = RwSignal::new(String::new());
    let chosen = RwSignal::new(0_usize);
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            // The dialog is open by now; a refused focus only costs a click.
            let _ = input.focus();
        }
    });
    let hits = use_query::<list::Search>(Topics::NONE, move || {
        Some(asked.get())
            .filter(|text| !text.is_empty() && !text.starts_with('>'))
            .map(|text| TextQuery { text, limit: 20 })
    });
    let typed = move |value: String| {
        text.set(value.clone());
        chosen.set(0);
        // Asked once the typing rests.
        set_timeout(
            move || {
                if text.try_get_untracked().as_ref() == Some(&value) {
                    asked.set(value.trim().to_owned());
                }
            },
            Duration::from_millis(80),
        );
    };
    let navigate = StoredValue::new(use_navigate());
    let entries = Memo::new_with_compare(
        move |_| {
            let typed = text.get();
            let mut entries = deed_entries(deeds.list(), typed.trim_start_matches('>').trim());
            if !typed.starts_with('>') && !typed.trim().is_empty() {
                let found = hits.value.get().filter(|_| !asked.get().is_empty());
                let records = found.iter().flat_map(|hits| hits.iter()).map(|hit| {
                    let to = route::hit(&hit.kind, &hit.id);
                    Entry {
                        group: tr!(palette.records),
                        icon: labels::kind_icon(&hit.kind),
                        title: hit.title.clone(),
                        about: format!("{} · {}", labels::kind(&hit.kind), hit.subtitle),
                        keys: Vec::new(),
                        run: Callback::new(move |()| {
                            navigate.get_value()(&to, leptos_router::NavigateOptions::default());
                        }),
                    }
                });
                entries.splice(0..0, records.collect::<Vec<_>>());
            }
            entries
        },
        |_, _| true,
    );
    let run = move |index: usize| {
        if let Some(entry) = entries.get_untracked().get(index).cloned() {
            open.set(false);
            entry.run.run(());
        }
    };
    let pressed = move |event: KeyboardEvent| {
        let count = entries.with_untracked(Vec::len).max(1);
        match event.key().as_str() {
            "ArrowDown" => chosen.update(|chosen| *chosen = (*chosen + 1) % count),
            "ArrowUp" => chosen.update(|chosen| *chosen = (*chosen + count - 1) % count),
            "Enter" => run(chosen.get_untracked()),
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <div class="pal__in">
            <Icon name="search"/>
            <input node_ref=input role="combobox" aria-expanded="true" aria-controls="palette-list" aria-label=tr!(shell.search)
                aria-activedescendant=move || format!("palette-{}", chosen.get())
                placeholder=tr!(palette.placeholder) autocomplete="off" spellcheck="false"
                prop:value=move || text.get() on:input=move |event| typed(event_target_value(&event)) on:keydown=pressed
                data-testid="palette-input"/>
            <Kbd key="Esc"/>
        </div>
        <div class="pal__list" role="listbox" id="palette-list">
            {move || {
                let mut group = "";
                let rows = entries.get();
                if rows.is_empty() {
                    return view! { <div class="pal__g">{tr!(palette.nothing)}</div> }.into_any();
                }
                rows.into_iter().enumerate().map(|(index, entry)| {
                    let head = (entry.group != group).then(|| view! { <div class="pal__g">{entry.group}</div> });
                    group = entry.group;
                    view! { {head}{option(index, entry, chosen, run)} }
                }).collect_view().into_any()
            }}
        </div>
        <div class="pop__f s12 t3">
            <span class="row row-1"><Kbd key="↑"/><Kbd key="↓"/>{tr!(palette.choose)}</span>
            <span class="row row-1"><Kbd key="Enter"/>{tr!(palette.open)}</span>
            <span class="row row-1 end"><Kbd key=">"/>{tr!(palette.deeds_only)}</span>
        </div>
    }
}

fn option(index: usize, entry: Entry, chosen: RwSignal<usize>, run: impl Fn(usize) + 'static) -> impl IntoView {
    let is_on = move || chosen.get() == index;
    view! {
        <div id=format!("palette-{index}") class=move || if is_on() { "opt is-on" } else { "opt" } role="option"
            aria-selected=move || is_on().to_string() data-testid=format!("palette-option-{index}")
            on:mousemove=move |_| if chosen.get_untracked() != index { chosen.set(index) }
            on:click=move |_| run(index)>
            <Icon name=entry.icon/>
            <span class="cut">{entry.title}</span>
            <span class="t3 cut" style="flex-shrink:40">{entry.about}</span>
            <span class="end">{entry.keys.into_iter().map(|key| view! { <Kbd key/> }).collect_view()}</span>
        </div>
    }
}

/// Deeds whose title holds every word of `text`, accents and case aside.
fn deed_entries(deeds: Vec<Deed>, text: &str) -> Vec<Entry> {
    let wanted = fold(text);
    let mut seen = Vec::new();
    let mut entries: Vec<Entry> = deeds
        .into_iter()
        .filter(|deed| deed.id != "palette" && wanted.split_whitespace().all(|word| fold(&deed.title).contains(word)))
        .filter(|deed| {
            let new = !seen.contains(&deed.id);
            seen.push(deed.id);
            new
        })
        .map(|deed| Entry {
            group: if deed.id.starts_with("go.") { tr!(palette.go) } else { tr!(palette.deeds) },
            icon: deed.icon,
            title: deed.title,
            about: String::new(),
            keys: key_names(deed.keys),
            run: deed.run,
        })
        .collect();
    // Places first; the order inside each group stays.
    entries.sort_by_key(|entry| entry.group != tr!(palette.go));
    entries
}

fn fold(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .map(|letter| match letter {
            'á' => 'a',
            'é' => 'e',
            'í' => 'i',
            'ó' => 'o',
            'ú' | 'ü' => 'u',
            'ñ' => 'n',
            other => other,
        })
        .collect()
}
