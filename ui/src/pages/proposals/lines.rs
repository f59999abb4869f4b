//! The lines, by keyboard: Enter goes on to a new one, Alt with arrows moves, Ctrl D copies.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use zuc_ipc::proposal::LineEdit;

use super::draft::{Draft, Line};
use super::picker::Picker;
use crate::components::{Icon, MoneyText};
use crate::format;
use crate::labels;
use crate::words::tr;

/// The table and the row that adds.
#[component]
pub(crate) fn Lines(draft: Draft) -> impl IntoView {
    view! {
        <table class="tbl tbl--lines" aria-label=tr!(lines.title) data-testid="lines">
            <colgroup><col style="width:36px"/><col style="width:98px"/><col/><col style="width:54px"/><col style="width:54px"/><col style="width:80px"/><col style="width:72px"/>
                <col style="width:84px"/><col style="width:112px"/><col style="width:30px"/></colgroup>
            <thead><tr><th></th><th>{tr!(lines.sku)}</th><th>{tr!(lines.description)}</th><th class="num">{tr!(lines.quantity)}</th><th>{tr!(lines.unit)}</th><th class="num">{tr!(lines.price)}</th>
                <th class="num">{tr!(lines.discount)}</th><th>{tr!(lines.recurrence)}</th><th class="num">{move || tr!(lines.amount, currency = draft.view.with(|view| view.totals.total.currency.clone()))}</th><th></th></tr></thead>
            <tbody>
                <For each=move || draft.lines.get() key=|line| line.key let:line><LineRow draft line/></For>
                {move || draft.open.get().then(|| view! { <Picker draft/> })}
            </tbody>
        </table>
    }
}

#[component]
fn LineRow(draft: Draft, line: Line) -> impl IntoView {
    let number =
        move || draft.lines.with(|lines| lines.iter().position(|other| other.key == line.key).map(|index| index + 1));
    let key = line.key;
    view! {
        <tr data-testid="line" on:keydown=move |event| pressed(draft, key, &event)>
            <td class="t3" style="padding-right:0;text-overflow:clip"><span class="tn">{number}</span></td>
            <td class="t2 tn">{move || line.edit.with(|edit| edit.sku.clone())}</td>
            <Cell draft line name="description" label=tr!(lines.description) class="m has-input" read=|edit| &edit.description write=|edit, text| edit.description = text/>
            <Cell draft line name="quantity" label=tr!(lines.quantity) class="num has-input" read=|edit| &edit.quantity write=|edit, text| edit.quantity = text/>
            <Cell draft line name="unit" label=tr!(lines.unit) class="t3 has-input" read=|edit| &edit.unit write=|edit, text| edit.unit = text/>
            <Cell draft line name="price" label=tr!(lines.price) class="num has-input" read=|edit| &edit.unit_price write=|edit, text| edit.unit_price = text show=grouped/>
            <Cell draft line name="discount" label=tr!(lines.discount) class="num has-input" read=|edit| &edit.discount_pct write=|edit, text| edit.discount_pct = text/>
            <td style="padding:0 4px"><Recurrence draft line/></td>
            <td class="num m" data-testid="line-net">{move || draft.net(key).map(|money| view! { <MoneyText amount=money.amount currency=money.currency/> })}</td>
            <td style="padding:0">{move || draft.open.get().then(|| view! {
                <button class="btn btn--ghost btn--icon btn--sm" aria-label=tr!(lines.remove) title=tr!(lines.remove) tabindex="-1" on:click=move |_| draft.remove(key) data-testid="line-remove"><Icon name="x"/></button>
            })}</td>
        </tr>
    }
}

/// An amount as it is read; what is none stays as it was typed.
fn grouped(amount: &str) -> String {
    let is_amount = !amount.is_empty() && amount.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_amount { format::money_text(amount, "MXN").replace('$', "") } else { amount.to_owned() }
}

/// A cell that is always ready to be typed in.
#[component]
fn Cell(
    draft: Draft,
    line: Line,
    name: &'static str,
    label: &'static str,
    class: &'static str,
    read: fn(&LineEdit) -> &String,
    write: fn(&mut LineEdit, String),
    /// How it is shown while nobody types in it.
    #[prop(optional)]
    show: Option<fn(&str) -> String>,
) -> impl IntoView {
    let typing = RwSignal::new(false);
    // typing replaces what is there
    let begin = move |event: web_sys::FocusEvent| {
        let input = event_target::<web_sys::HtmlInputElement>(&event);
        if show.is_some() {
            input.set_value(&line.edit.with_untracked(|edit| read(edit).clone()));
        }
        typing.set(true);
        input.select();
    };
    view! {
        <td class=class>
            <input class="lines-input" aria-label=label autocomplete="off" spellcheck="false" disabled=move || !draft.open.get() data-testid=format!("line-{name}")
                prop:value=move || line.edit.with(|edit| match show {
                    Some(show) if !typing.get() => show(read(edit)),
                    _ => read(edit).clone(),
                })
                on:focus=begin
                on:blur=move |_| typing.set(false)
                on:input=move |event| { line.edit.update_untracked(|edit| write(edit, event_target_value(&event))); draft.changed(); }/>
        </td>
    }
}

#[component]
fn Recurrence(draft: Draft, line: Line) -> impl IntoView {
    view! {
        <select class="in" style="height:26px;border-color:transparent;padding:0 4px" aria-label=tr!(lines.recurrence) disabled=move || !draft.open.get() data-testid="line-recurrence"
            on:change=move |event| { line.edit.update(|edit| edit.recurrence = event_target_value(&event)); draft.changed(); }>
            {["none", "monthly", "yearly"].map(|key| view! {
                <option value=key selected=move || line.edit.with(|edit| edit.recurrence == key)>{labels::recurrence(key)}</option>
            }).collect_view()}
        </select>
    }
}

fn pressed(draft: Draft, key: u32, event: &KeyboardEvent) {
    match (event.key().as_str(), event.alt_key(), event.ctrl_key()) {
        ("ArrowUp", true, _) => {
            draft.shift(key, false);
            stay(draft, key, event);
        }
        ("ArrowDown", true, _) => {
            draft.shift(key, true);
            stay(draft, key, event);
        }
        ("d" | "D", _, true) => draft.duplicate(key),
        ("ArrowUp", false, false) => step(event, false),
        ("ArrowDown", false, false) => step(event, true),
        ("Enter", false, false) => focus("[data-testid=\"line-add\"]"),
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}

/// A line that moved takes the focus along.
fn stay(draft: Draft, key: u32, event: &KeyboardEvent) {
    let name = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()?.get_attribute("data-testid"));
    if let (Some(name), Some(index)) = (name, draft.index(key)) {
        let selector = format!("[data-testid=\"line\"]:nth-child({}) [data-testid=\"{name}\"]", index + 1);
        set_timeout(move || focus(&selector), std::time::Duration::from_millis(30));
    }
}

/// The same column, one line further.
fn step(event: &KeyboardEvent, down: bool) {
    let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) else { return };
    let Some(name) = input.get_attribute("data-testid") else { return };
    let row = input.closest("tr").ok().flatten();
    let next = row.and_then(|row| if down { row.next_element_sibling() } else { row.previous_element_sibling() });
    let cell = next.and_then(|row| row.query_selector(&format!("[data-testid=\"{name}\"]")).ok().flatten());
    match cell.and_then(|cell| cell.dyn_into::<HtmlElement>().ok()) {
        // A refused focus only costs a click.
        Some(cell) => drop(cell.focus()),
        None if down => focus("[data-testid=\"line-add\"]"),
        None => {}
    }
}

/// Puts the focus on the first element of a selector.
pub(crate) fn focus(selector: &str) {
    if let Some(element) =
        document().query_selector(selector).ok().flatten().and_then(|element| element.dyn_into::<HtmlElement>().ok())
    {
        // A refused focus only costs a click.
        let _ = element.focus();
    }
}
