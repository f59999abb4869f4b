//! What will happen, row by row; nothing is saved yet.

use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::import::{ImportPreview, ImportRow, ImportRowsQuery, ImportTotals};
use zuc_ipc::list;

use super::words::{field, reason};
use super::{ImportKind, Wizard};
use crate::action::Action;
use crate::backend;
use crate::components::{Badge, Icon, RowWindow, SectionHead, Spacer, Tab, Tabs};
use crate::format;
use crate::labels;
use crate::route;
use crate::words::tr;

/// Rows of one question to the shell.
const BLOCK: usize = 200;

/// Totals, filters by outcome, and the rows.
#[component]
pub(crate) fn DryRun(wizard: Wizard) -> impl IntoView {
    let outcome = RwSignal::new(String::new());
    let totals = Memo::new(move |_| wizard.preview.get().map(|preview| preview.totals).unwrap_or_default());
    let tabs = Signal::derive(move || tabs(&totals.get()));
    let save = Action::new();
    let save_rejects = move |_| save.quick::<list::ImportSaveRejects>(zuc_ipc::shared::Empty {}, |_| ());
    view! {
        <div style="padding:10px 20px 0"><SectionHead title=tr!(import.dry_run) about=tr!(import.nothing_saved).to_owned()
            end=view! { <span class="t3 s12 tn">{move || if wizard.look.busy.get() { tr!(import.reviewing).to_owned() } else { tr!(import.reviewed, count = format::count(totals.get().rows)) }}</span> }.into_any()/></div>
        <div style="padding:0 20px 16px;flex:none">{move || summary(&totals.get(), wizard.kind)}</div>
        <div class="tabs" role="tablist">
            <Tabs tabs value=outcome testid="outcome"/>
            <span class="end row">{move || (totals.get().rejected > 0).then(|| view! {
                <button class="btn btn--ghost btn--sm" on:click=save_rejects disabled=move || save.busy.get() data-testid="import-save-rejects"><Icon name="out"/>{tr!(import.save_rejects)}</button>
            })}</span>
        </div>
        <Rows wizard outcome/>
    }
}

fn tabs(totals: &ImportTotals) -> Vec<Tab> {
    [
        ("", tr!(import.all), totals.rows, false),
        ("created", tr!(import.created), totals.created, false),
        ("merged", tr!(import.merged), totals.merged, false),
        ("probable_duplicate", tr!(import.probable), totals.probable_duplicate, false),
        ("rejected", tr!(import.rejected), totals.rejected, totals.rejected > 0),
    ]
    .into_iter()
    .map(|(value, label, count, alert)| Tab {
        value: value.to_owned(),
        label: label.to_owned(),
        count: Some(format::count(count)),
        alert,
    })
    .collect()
}

/// The bar of outcomes and their figures. A product that is there already takes its new price; no row of a price list is
/// held.
#[expect(clippy::cast_precision_loss, reason = "row counts, for a bar's width")]
pub(crate) fn summary(totals: &ImportTotals, kind: ImportKind) -> impl IntoView + use<> {
    let merged = if kind == ImportKind::Products { tr!(import.updated) } else { tr!(import.merged) };
    let mut parts = vec![
        ("created", tr!(import.created), totals.created, "var(--success-border)", "success", "check"),
        ("merged", merged, totals.merged, "var(--neutral-border)", "t3", "copy"),
        ("probable", tr!(import.probable), totals.probable_duplicate, "var(--info-border)", "", "link"),
        ("rejected", tr!(import.rejected), totals.rejected, "var(--danger-border)", "danger", "warn"),
    ];
    parts.retain(|(part, ..)| kind == ImportKind::Leads || *part != "probable");
    let rows = totals.rows as f64;
    view! {
        <div class="prog" style="height:8px" aria-hidden="true">
            {parts.iter().filter(|(_, _, count, ..)| *count > 0).map(|(_, _, count, colour, ..)| view! { <i style=format!("width:{:.2}%;background:{colour}", format::share(*count as f64, rows))></i> }).collect_view()}
        </div>
        <div class="row" style="margin-top:12px;gap:32px">
            {parts.into_iter().map(|(key, label, count, _, class, icon)| view! {
                <div class="col">
                    <span class="row row-1"><span class=class style="display:flex"><Icon name=icon class="i-14"/></span><span class="t2">{label}</span></span>
                    <span class="tn b" style="font-size:16px;line-height:24px" data-testid=format!("import-{key}")>{format::count(count)}</span>
                </div>
            }).collect_view()}
        </div>
    }
}

/// The rows of an outcome, asked for as they scroll in.
#[component]
fn Rows(wizard: Wizard, outcome: RwSignal<String>) -> impl IntoView {
    let window = RowWindow::new();
    let total = RwSignal::new(0_usize);
    let blocks = RwSignal::new(std::collections::BTreeMap::<usize, Arc<Vec<ImportRow>>>::new());
    let asked = StoredValue::new((
        String::new(),
        std::ptr::null::<ImportPreview>() as usize,
        std::collections::BTreeSet::<usize>::new(),
    ));
    Effect::new(move |_| {
        let wanted = outcome.get();
        let Some(preview) = wizard.preview.get() else { return };
        let of = Arc::as_ptr(&preview) as usize;
        let (first, last) = window.range(total.get());
        let fresh = asked
            .try_update_value(|(text, preview, blocks)| {
                let fresh = *text != wanted || *preview != of;
                if fresh {
                    (*text, *preview) = (wanted.clone(), of);
                    blocks.clear();
                }
                fresh
            })
            .unwrap_or(false);
        let (first, last) = if fresh { (0, 0) } else { (first / BLOCK, last.saturating_sub(1) / BLOCK) };
        for block in first..=last {
            if !asked.try_update_value(|(.., blocks)| blocks.insert(block)).unwrap_or(false) {
                continue;
            }
            #[expect(clippy::cast_possible_truncation, reason = "a block holds two hundred rows")]
            let query =
                ImportRowsQuery { outcome: wanted.clone(), offset: (block * BLOCK) as u64, limit: BLOCK as u32 };
            let (wanted, of) = (wanted.clone(), of);
            leptos::task::spawn_local(async move {
                let Ok(page) = backend::call::<list::ImportRows>(&query).await else { return };
                if !asked.try_with_value(|(text, preview, _)| *text == wanted && *preview == of).unwrap_or(false) {
                    return;
                }
                blocks.update(|blocks| {
                    if fresh {
                        blocks.clear();
                    }
                    blocks.insert(block, Arc::new(page.rows));
                });
                total.set(usize::try_from(page.total).unwrap_or(0));
            });
        }
    });
    let range = Memo::new(move |_| {
        let (first, last) = window.range(total.get());
        (first / 20 * 20, last.next_multiple_of(20).min(total.get()))
    });
    view! {
        <div class="gridbox" node_ref=window.node on:scroll=move |_| window.scrolled() tabindex="0" aria-label=tr!(import.dry_run)>
            <table class="tbl tbl--lines" data-testid="import-rows" aria-rowcount=move || total.get().to_string()>
                <colgroup><col style="width:76px"/><col style="width:222px"/><col style="width:122px"/><col/></colgroup>
                <thead><tr><th class="num">{tr!(import.row)}</th><th>{tr!(leads.company)}</th><th>{tr!(import.outcome)}</th><th>{tr!(import.why)}</th></tr></thead>
                <tbody>
                    {move || view! { <Spacer rows=range.get().0 columns=4/> }}
                    {move || { let (first, last) = range.get(); blocks.with(|blocks| (first..last).map(|index| {
                        match blocks.get(&(index / BLOCK)).and_then(|rows| rows.get(index % BLOCK)) {
                            Some(row) => line(row).into_any(),
                            None => view! { <tr><td colspan="4"><span class="sk" style="width:40%"></span></td></tr> }.into_any(),
                        }
                    }).collect_view()) }}
                    {move || view! { <Spacer rows=total.get().saturating_sub(range.get().1) columns=4/> }}
                </tbody>
            </table>
        </div>
    }
}

/// A sentence that goes on from another: `Misma razón social` is `misma razón social`, and `RFC` stays.
fn uncapital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => sentence.to_owned(),
    }
}

fn line(row: &ImportRow) -> impl IntoView + use<> {
    let (word, tone, icon) = labels::outcome(&row.outcome);
    let mut why: Vec<String> = row.reasons.iter().map(|code| reason(code)).collect();
    match (row.of, &row.of_name) {
        (Some(of), _) => why.insert(0, tr!(import.like_row, row = of)),
        (None, Some(name)) => why.insert(0, tr!(import.like_record, name = name)),
        (None, None) => {}
    }
    if !row.fills.is_empty() {
        let fields = row.fills.iter().map(|name| field(name)).collect::<Vec<_>>().join(", ");
        why.push(tr!(import.fills, fields = fields));
    }
    let why = why.iter().enumerate().map(|(nth, reason)| if nth == 0 { reason.clone() } else { uncapital(reason) });
    let why = why.collect::<Vec<_>>().join("; ");
    let warnings = row.warnings.iter().map(|code| reason(code)).collect::<Vec<_>>().join(", ");
    let name =
        [&row.company, &row.full_name].into_iter().find(|name| !name.is_empty()).map_or("—", String::as_str).to_owned();
    let link = row.of_id.clone().map(|id| view! { <a class="end m" href=route::lead(&id)>{tr!(import.see)}</a> });
    view! {
        <tr data-testid="import-row" data-row=row.row data-outcome=row.outcome.clone()>
            <td class="num t3">{format::count(row.row)}</td>
            <td class="m">{name}</td>
            <td><Badge tone text=word icon=icon/></td>
            <td class="t2"><span class="row">{(!why.is_empty()).then(|| view! { <span class="cut">{why}</span> })}
                {(!warnings.is_empty()).then(|| view! { <span class="warning cut"><Icon name="warn" class="i-12"/>" "{warnings}</span> })}{link}</span></td>
        </tr>
    }
}
