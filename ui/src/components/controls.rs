//! Fields, selects, check boxes, tabs and segmented choices.

use leptos::prelude::*;

use super::Icon;
use crate::format;

/// One choice of a select, a segmented control or tabs.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    /// What is stored.
    pub(crate) value: String,
    /// What is read.
    pub(crate) label: String,
}

impl Choice {
    /// A choice from anything that turns into text.
    pub(crate) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// A labelled text field. An error takes the place of the help below it.
#[component]
pub(crate) fn TextField(
    #[prop(into)] label: String,
    value: RwSignal<String>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    #[prop(optional, into)] help: Option<String>,
    #[prop(optional, into)] placeholder: String,
    #[prop(optional)] mono: bool,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(default = "text")] kind: &'static str,
    testid: &'static str,
) -> impl IntoView {
    let id = format!("f-{testid}");
    let described = format!("{id}-about");
    let mono = if mono { "mono" } else { "" };
    // What was wrong is being mended: the word about it goes until the form is judged again.
    let mending = RwSignal::new(false);
    Effect::new(move |_| {
        error.track();
        mending.set(false);
    });
    let error = Memo::new(move |_| error.get().filter(|_| !mending.get()));
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                type=kind
                class=move || format!("in {mono} {}", if error.get().is_some() { "is-error" } else { "" })
                autocomplete="off"
                spellcheck="false"
                placeholder=placeholder
                prop:value=move || value.get()
                disabled=move || disabled.get()
                aria-invalid=move || error.get().is_some().then_some("true")
                aria-describedby=described.clone()
                on:input=move |event| { mending.set(true); value.set(event_target_value(&event)); }
                data-testid=testid
            />
            <span id=described class="col">
                {move || match error.get() {
                    Some(error) => view! { <FieldError text=error/> }.into_any(),
                    None => help.clone().map(|help| view! { <span class="help">{help}</span> }).into_any(),
                }}
            </span>
        </div>
    }
}

/// A day, written `dd/mm/aaaa`; `value` holds it as ISO and changes only when the day is whole.
#[component]
pub(crate) fn DateField(
    #[prop(into)] label: String,
    value: RwSignal<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional)] on_change: Option<Callback<()>>,
    testid: &'static str,
) -> impl IntoView {
    let id = format!("f-{testid}");
    let shown = RwSignal::new(format::day(&value.get_untracked()));
    Effect::new(move |_| {
        let now = format::day(&value.get());
        if format::iso_day(&shown.get_untracked()).as_deref() != Some(value.get_untracked().as_str()) {
            shown.set(now);
        }
    });
    let typed = move |text: String| {
        if let Some(iso) = format::iso_day(&text).filter(|iso| *iso != value.get_untracked()) {
            value.set(iso);
            if let Some(on_change) = on_change {
                on_change.run(());
            }
        }
        shown.set(text);
    };
    let wrong = move || shown.with(|text| format::iso_day(text).is_none());
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input id=id class=move || if wrong() { "in tn is-error" } else { "in tn" } placeholder="dd/mm/aaaa" inputmode="numeric" autocomplete="off" disabled=move || disabled.get()
                aria-invalid=move || wrong().then_some("true") prop:value=move || shown.get() on:input=move |event| typed(event_target_value(&event)) data-testid=testid/>
        </div>
    }
}

/// The sentence under a field that is wrong.
#[component]
pub(crate) fn FieldError(#[prop(into)] text: String) -> impl IntoView {
    view! { <span class="err" role="alert"><Icon name="warn" class="i-12"/><span>{text}</span></span> }
}

/// A labelled select.
#[component]
pub(crate) fn SelectField(
    #[prop(into)] label: String,
    value: RwSignal<String>,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// What an unchosen field reads; empty when there is always a choice.
    #[prop(optional, into)]
    unchosen: String,
    testid: &'static str,
) -> impl IntoView {
    let id = format!("f-{testid}");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <span class="selectbox">
                <select
                    id=id
                    class=move || if error.get().is_some() { "in is-error" } else { "in" }
                    disabled=move || disabled.get()
                    on:change=move |event| value.set(event_target_value(&event))
                    data-testid=testid
                >
                    {(!unchosen.is_empty()).then(|| view! { <option value="" selected=move || value.get().is_empty()>{unchosen.clone()}</option> })}
                    {move || choices.get().into_iter().map(|choice| {
                        let own = choice.value.clone();
                        view! { <option value=choice.value selected=move || value.get() == own>{choice.label}</option> }
                    }).collect_view()}
                </select>
                <Icon name="down" class="i-12"/>
            </span>
            {move || error.get().map(|error| view! { <FieldError text=error/> })}
        </div>
    }
}

/// A select inside a filter chip: field, «es», value.
#[component]
pub(crate) fn FilterChip(
    #[prop(into)] label: String,
    value: RwSignal<String>,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    testid: &'static str,
) -> impl IntoView {
    let name = label.clone();
    view! {
        <span class="chip chip--select">
            <span>{label}" "<span class="t3">{crate::words::tr!(common.is)}</span></span>
            <select aria-label=name on:change=move |event| value.set(event_target_value(&event)) data-testid=testid>
                {move || choices.get().into_iter().map(|choice| {
                    let own = choice.value.clone();
                    view! { <option value=choice.value selected=move || value.get() == own>{choice.label}</option> }
                }).collect_view()}
            </select>
            <Icon name="down" class="i-12"/>
        </span>
    }
}

/// A check box; `some` draws the state of a partial selection.
#[component]
pub(crate) fn Check(
    #[prop(into)] on: Signal<bool>,
    #[prop(into)] label: String,
    on_toggle: Callback<()>,
    #[prop(optional)] testid: &'static str,
    #[prop(default = 0)] tabindex: i32,
) -> impl IntoView {
    view! {
        <button
            type="button"
            role="checkbox"
            class=move || if on.get() { "check is-on" } else { "check" }
            aria-checked=move || on.get().to_string()
            aria-label=label
            tabindex=tabindex
            on:click=move |event| { event.stop_propagation(); on_toggle.run(()); }
            data-testid=(!testid.is_empty()).then_some(testid)
        >
            {move || on.get().then(|| view! { <Icon name="check"/> })}
        </button>
    }
}

/// A check box with its sentence.
#[component]
pub(crate) fn CheckRow(on: RwSignal<bool>, #[prop(into)] label: String, testid: &'static str) -> impl IntoView {
    let toggle = Callback::new(move |()| on.update(|on| *on = !*on));
    view! {
        <div class="row row-3 top check-row">
            <Check on label=label.clone() on_toggle=toggle testid/>
            <span on:click=move |_| toggle.run(())>{label}</span>
        </div>
    }
}

/// A few choices side by side.
#[component]
pub(crate) fn Segments(
    #[prop(into)] label: String,
    choices: Vec<Choice>,
    #[prop(into)] value: Signal<String>,
    on_choose: Callback<String>,
    testid: &'static str,
) -> impl IntoView {
    view! {
        <span class="seg" role="radiogroup" aria-label=label data-testid=testid>
            {choices.into_iter().map(|choice| {
                let own = choice.value.clone();
                let sent = choice.value.clone();
                let is_on = Signal::derive(move || value.get() == own);
                view! {
                    <button type="button" role="radio" class=move || if is_on.get() { "is-on" } else { "" }
                        aria-checked=move || is_on.get().to_string()
                        on:click=move |_| on_choose.run(sent.clone())>{choice.label}</button>
                }
            }).collect_view()}
        </span>
    }
}

/// A tab with its count.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Tab {
    /// Stable name.
    pub(crate) value: String,
    /// What is read.
    pub(crate) label: String,
    /// How many there are, already written.
    pub(crate) count: Option<String>,
    /// The count is drawn in red.
    pub(crate) alert: bool,
}

/// Tabs over a list.
#[component]
pub(crate) fn Tabs(
    #[prop(into)] tabs: Signal<Vec<Tab>>,
    value: RwSignal<String>,
    testid: &'static str,
) -> impl IntoView {
    move || {
        tabs.get()
            .into_iter()
            .map(|tab| {
                let own = tab.value.clone();
                let sent = tab.value.clone();
                let is_on = Signal::derive(move || value.get() == own);
                view! {
                    <button type="button" role="tab" class=move || if is_on.get() { "tab is-on" } else { "tab" }
                        aria-selected=move || is_on.get().to_string()
                        data-testid=format!("{testid}-{}", tab.value)
                        on:click=move |_| value.set(sent.clone())>
                        {tab.label}
                        {tab.count.map(|count| view! { <span class=if tab.alert { "n bad" } else { "n" }>{count}</span> })}
                    </button>
                }
            })
            .collect_view()
    }
}
