//! Notes and totals under the lines; every amount comes from the core.

use leptos::prelude::*;

use super::draft::Draft;
use super::paper::is_some;
use crate::components::MoneyText;
use crate::format;
use crate::words::tr;

/// Notes at the left, totals at the right.
#[component]
pub(crate) fn Totals(draft: Draft) -> impl IntoView {
    view! {
        <div style="display:grid;grid-template-columns:1fr 320px;gap:32px;padding:16px 20px">
            <div class="col gap-3">
                <div class="field"><label for="f-notes">{tr!(proposals.notes)}</label>
                    <textarea id="f-notes" class="in" rows="3" prop:value=move || draft.notes.get() disabled=move || !draft.open.get() data-testid="proposal-notes"
                        on:input=move |event| { draft.notes.set(event_target_value(&event)); draft.changed(); }></textarea></div>
                {move || Some(draft.view.with(|view| view.totals.arr.clone())).filter(|arr| arr.amount.parse::<f64>().is_ok_and(|arr| arr > 0.0)).map(|arr| view! {
                    <p class="s12 t2 tn" data-testid="proposal-arr">{tr!(proposals.arr, amount = format::money_text(&arr.amount, &arr.currency))}</p>
                })}
                {move || Some(draft.view.with(|view| view.totals.average_discount_pct.clone())).filter(|average| is_some(average)).map(|average| view! {
                    <p class="s12 t3 tn">{tr!(proposals.average, percent = format::plain(&average))}</p>
                })}
            </div>
            <dl class="dl" style="align-content:start;column-gap:0">
                <dt>{tr!(proposals.list_price)}</dt><dd class="num">{move || amount(draft, |view| (view.totals.list.amount.clone(), false))}</dd>
                <dt>{tr!(proposals.line_discounts)}</dt><dd class="num">{move || amount(draft, |view| (view.totals.line_discounts.amount.clone(), true))}</dd>
                <dt class="row">{tr!(proposals.discount)}
                    <input class="in tn" style="height:22px;width:56px;padding:0 6px" aria-label=tr!(proposals.discount_pct) prop:value=move || draft.discount.get() disabled=move || !draft.open.get()
                        on:input=move |event| { draft.discount.set(event_target_value(&event)); draft.changed(); } data-testid="proposal-discount"/>" %"</dt>
                <dd class="num">{move || amount(draft, |view| (view.totals.document_discount.amount.clone(), true))}</dd>
                <dt>{tr!(proposals.subtotal)}</dt><dd class="num m" data-testid="proposal-subtotal">{move || amount(draft, |view| (view.totals.subtotal.amount.clone(), false))}</dd>
                {move || draft.view.get().totals.taxes.iter().map(|tax| view! {
                    <dt>{tax.label.clone()}</dt><dd class="num" data-testid="proposal-tax"><MoneyText amount=tax.amount.clone() currency=draft.view.with_untracked(|view| view.totals.total.currency.clone())/></dd>
                }).collect_view()}
                <dt class="b" style="border-top:1px solid var(--line);padding-top:8px;color:var(--text)">{tr!(common.total)}</dt>
                <dd class="num b" style="border-top:1px solid var(--line);padding-top:8px;font-size:16px" data-testid="proposal-total">{move || amount(draft, |view| (view.totals.total.amount.clone(), false))}</dd>
            </dl>
        </div>
    }
}

/// An amount of the totals; a discount is written with its minus.
fn amount(draft: Draft, read: fn(&zuc_ipc::proposal::ProposalView) -> (String, bool)) -> impl IntoView {
    let (amount, minus) = draft.view.with(|view| read(view));
    let is_zero = amount.chars().all(|digit| matches!(digit, '0' | '.' | '-'));
    let shown = if minus && !is_zero && !amount.starts_with('-') { format!("-{amount}") } else { amount };
    view! { <MoneyText amount=shown currency=draft.view.with(|view| view.totals.total.currency.clone())/> }
}
