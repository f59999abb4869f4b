//! The document as the client will see it, page by page, and the versions before.

use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::proposal::{LineView, ProposalView};

use super::draft::Draft;
use super::editor::PdfButton;
use crate::components::SectionHead;
use crate::format;
use crate::words::tr;

/// Lines on one page.
const LINES: usize = 11;

/// The right side of the editor.
#[component]
pub(crate) fn Preview(draft: Draft) -> impl IntoView {
    view! {
        <aside class="pane pane--right pane--sunken" style="width:444px;overflow:hidden" aria-label=tr!(paper.title)>
            <div class="sec__h" style="padding:0 12px 0 20px;height:44px;margin:0;border-bottom:1px solid var(--line);background:var(--surface);flex:none">
                <h2>{tr!(paper.title)}</h2>{move || draft.open.get().then(|| view! { <span class="t3">{tr!(paper.live)}</span> })}<span class="end row row-1"><PdfButton draft/></span>
            </div>
            <div class="paper-frame" data-testid="paper">{move || pages(&draft.view.get())}</div>
            <div style="border-top:1px solid var(--line);background:var(--surface);padding:12px 20px;flex:none">
                <SectionHead title=tr!(paper.versions)/>
                <ul class="col" style="max-height:112px;overflow:auto">{move || draft.view.get().versions.iter().map(|version| view! {
                    <li class="row" style="height:28px;flex:none"><span class="m tn">{version.number}</span><span class="cut">{version.state.clone()}</span><span class="t3 tn cut">{tr!(paper.until, day = format::day(&version.on))}</span>
                        <span class="end tn">{format::money_text(&version.total.amount, &version.total.currency)}</span></li>
                }).collect_view()}</ul>
            </div>
        </aside>
    }
}

fn pages(view: &Arc<ProposalView>) -> impl IntoView + use<> {
    let blocks: Vec<&[LineView]> = if view.lines.is_empty() { vec![&[]] } else { view.lines.chunks(LINES).collect() };
    let count = blocks.len();
    blocks.into_iter().enumerate().map(|(index, lines)| {
        let head = (index == 0).then(|| head(view));
        let sums = (index + 1 == count).then(|| sums(view));
        let draft = (view.row.state != "accepted").then(|| view! { <div class="paper__draft" aria-hidden="true">{tr!(paper.draft)}</div> });
        view! {
            <div class="paper">
                {head}
                {table(lines, index * LINES)}
                {sums}
                <div style="position:absolute;left:32px;right:32px;bottom:16px;display:flex;justify-content:space-between" class="t3"><span>{view.company.clone()}</span><span>{tr!(sync.of, done = index + 1, total = count)}</span></div>
                {draft}
            </div>
        }
    }).collect_view()
}

fn head(view: &ProposalView) -> impl IntoView + use<> {
    let strong = "font-size:10px;font-weight:600";
    view! {
        <div style="display:flex;justify-content:space-between;align-items:flex-start">
            <b style=strong>{view.company.clone()}</b>
            <div style="text-align:right"><b style=strong>{tr!(paper.proposal, number = view.row.number.clone())}</b><br/><span class="t3">{tr!(paper.version, number = view.version)}</span></div>
        </div>
        <div style="display:flex;justify-content:space-between;margin:16px 0 14px">
            <div><span class="t3">{tr!(paper.to)}</span><br/><b style="font-weight:600">{view.row.customer.clone()}</b><br/>{view.contact.clone()}<br/>{view.city.clone()}</div>
            <div style="text-align:right"><span class="t3">{tr!(proposals.valid_until)}</span><br/>{format::day(&view.row.valid_until)}<br/><span class="t3">{tr!(paper.conditions)}</span><br/>{tr!(paper.days, days = view.terms_days)}</div>
        </div>
        <p style="margin:0 0 8px;font-weight:600">{view.row.title.clone()}</p>
    }
}

fn table(lines: &[LineView], before: usize) -> impl IntoView + use<> {
    let discounted = lines.iter().any(|line| is_some(&line.edit.discount_pct));
    let rows = lines.iter().enumerate().map(|(index, line)| view! {
        <tr><td style="width:20px">{before + index + 1}</td><td>{line.edit.description.clone()}<br/><span class="t3">{under(line)}</span></td>
            <td class="num" style="width:48px">{format::plain(&line.edit.quantity)}" "{line.edit.unit.clone()}</td>
            <td class="num" style="width:62px">{bare(&line.edit.unit_price)}</td>
            {discounted.then(|| view! { <td class="num" style="width:34px">{if is_some(&line.edit.discount_pct) { format!("{} %", format::plain(&line.edit.discount_pct)) } else { String::new() }}</td> })}
            <td class="num" style="width:70px">{bare(&line.net)}</td></tr>
    }).collect_view();
    view! {
        <table><thead><tr><th></th><th>{tr!(lines.description)}</th><th class="num">{tr!(paper.quantity)}</th><th class="num">{tr!(lines.price)}</th>{discounted.then(|| view! { <th class="num">{tr!(paper.less)}</th> })}<th class="num">{tr!(paper.amount)}</th></tr></thead><tbody>{rows}</tbody></table>
    }
}

/// What stands under a description: the key, and how often it is charged.
fn under(line: &LineView) -> String {
    let parts = [line.edit.sku.as_str(), charge(&line.edit.recurrence)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// How often a line is charged, as the document says it; empty for once.
pub(crate) fn charge(recurrence: &str) -> &'static str {
    match recurrence {
        "monthly" => tr!(paper.monthly),
        "yearly" => tr!(paper.yearly),
        _ => "",
    }
}

/// Whether a decimal is more than nothing.
pub(crate) fn is_some(amount: &str) -> bool {
    amount.chars().any(|digit| ('1'..='9').contains(&digit))
}

fn sums(view: &ProposalView) -> impl IntoView + use<> {
    let totals = &view.totals;
    let mut rows = Vec::new();
    if is_some(&totals.document_discount.amount) {
        rows.push((
            tr!(paper.discount, percent = format::plain(&view.discount_pct)),
            format!("−{}", bare(&totals.document_discount.amount)),
        ));
    }
    rows.push((tr!(proposals.subtotal).to_owned(), bare(&totals.subtotal.amount)));
    rows.extend(totals.taxes.iter().map(|tax| (tax.label.clone(), bare(&tax.amount))));
    let line = "font-weight:600;border-top:1px solid #17191e;padding-top:3px";
    view! {
        <div style="display:grid;grid-template-columns:1fr auto auto;gap:2px 20px;margin-top:10px;text-align:right">
            {rows.into_iter().map(|(label, amount)| view! { <span></span><span class="t3">{label}</span><span>{amount}</span> }).collect_view()}
            <span></span><b style=line>{tr!(paper.total, currency = totals.total.currency.clone())}</b><b style=line>{format::money_text(&totals.total.amount, &totals.total.currency)}</b>
        </div>
        <p class="t3" style="margin-top:8px;text-align:right">{totals.in_words.clone()}</p>
        <p style="margin:10px 0 24px;white-space:pre-wrap">{view.notes.clone()}</p>
    }
}

/// An amount without its sign of currency, as a column of the document writes it.
fn bare(amount: &str) -> String {
    format::money_text(amount, "MXN").replace('$', "")
}
