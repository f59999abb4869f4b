//! Loading, empty and failed, as the design draws them.

use leptos::prelude::*;
use zuc_ipc::Failure;

use super::Icon;
use crate::format;
use crate::words::tr;

/// Bars in the place of rows that are on their way.
#[component]
pub(crate) fn SkeletonRows(#[prop(default = 8)] rows: usize) -> impl IntoView {
    let widths = [62, 48, 71, 55, 66, 44, 58, 69];
    view! {
        <div class="list" role="status" aria-label=tr!(common.loading) data-testid="skeleton">
            {(0..rows).map(|row| view! {
                <div>
                    <span class="sk" style=format!("width:{}%", widths[row % widths.len()] / 2)></span>
                    <span class="sk sk--soft" style=format!("width:{}%", widths[(row + 3) % widths.len()] / 3)></span>
                    <span class="sk sk--soft end" style="width:88px"></span>
                </div>
            }).collect_view()}
        </div>
    }
}

/// Nothing here: why, and what to do.
#[component]
pub(crate) fn Empty(
    #[prop(into)] title: String,
    #[prop(into)] why: String,
    #[prop(optional)] actions: Option<AnyView>,
) -> impl IntoView {
    view! {
        <div class="empty" data-testid="empty">
            <EmptyDrawing/>
            <h2>{title}</h2>
            <p>{why}</p>
            {actions.map(|actions| view! { <div class="row" style="margin-top:8px">{actions}</div> })}
        </div>
    }
}

/// A list with one row to come.
#[component]
fn EmptyDrawing() -> impl IntoView {
    view! {
        <svg width="168" height="84" viewBox="0 0 168 84" aria-hidden="true" style="margin-bottom:8px">
            <g fill="none" stroke="var(--line)">
                <rect x=".5" y=".5" width="167" height="83" rx="6"></rect>
                <path d="M.5 20.5h167M.5 41.5h167M.5 62.5h167"></path>
            </g>
            <path fill="var(--surface-active)" d="M28 8h40v5H28zM100 8h24v5h-24zM28 50h58v5H28zM100 50h30v5h-30zM28 71h44v5H28zM100 71h38v5h-38zM10 48h9v9h-9zM10 69h9v9h-9z"></path>
            <rect x="1" y="21" width="166" height="20" fill="var(--accent-soft)"></rect>
            <path fill="var(--accent)" d="M28 29h50v5H28zM10 27h9v9h-9z"></path>
            <rect x="100" y="29" width="34" height="5" rx="2.5" fill="var(--accent-line)"></rect>
        </svg>
    }
}

/// Nothing in a section: one line.
#[component]
pub(crate) fn EmptyLine(#[prop(into)] text: String) -> impl IntoView {
    view! { <p class="t3" style="padding:0 20px 16px" data-testid="empty-line">{text}</p> }
}

/// Below a list that does not hold all there is: how much it holds, and how to find the rest.
#[component]
pub(crate) fn MoreNotice(shown: usize, total: u64) -> impl IntoView {
    u64::try_from(shown).is_ok_and(|shown| shown < total).then(|| {
        view! {
            <p class="t2 tn" style="padding:12px 20px 16px" data-testid="more">
                {tr!(common.first_of, shown = format::count(shown), total = format::count(total))}
            </p>
        }
    })
}

/// It failed: what happened, what is safe, what to do; the detail is folded.
#[component]
pub(crate) fn FailureNotice(failure: Failure, #[prop(optional)] on_retry: Option<Callback<()>>) -> impl IntoView {
    view! {
        <div class="empty" role="alert" data-testid="failure" style="max-width:480px;align-items:flex-start;text-align:left">
            <span class="tl__d bad" style="position:static;width:32px;height:32px"><Icon name="warn"/></span>
            <h2>{tr!(common.failed)}</h2>
            <p>{failure.sentence()}</p>
            <p class="s12 t3">{tr!(common.safe)}</p>
            {on_retry.map(|retry| view! {
                <button class="btn" style="margin-top:8px" on:click=move |_| retry.run(()) data-testid="retry">
                    <Icon name="sync"/>{tr!(common.retry)}
                </button>
            })}
            <FailureDetail failure/>
        </div>
    }
}

/// The stable code of a failure, folded.
#[component]
pub(crate) fn FailureDetail(failure: Failure) -> impl IntoView {
    view! {
        <details class="fold">
            <summary><Icon name="right" class="i-12"/>{tr!(common.detail)}</summary>
            <p style="padding:2px 0 0 16px"><span class="mono">{failure.code.clone()}</span>" "{failure.detail.clone()}</p>
        </details>
    }
}

/// The sentence of a failure inside a form.
#[component]
pub(crate) fn FormFailure(#[prop(into)] failure: Signal<Option<Failure>>) -> impl IntoView {
    move || {
        failure.get().map(|failure| {
            view! {
                <div class="note bad top" role="alert" data-testid="form-failure" style="margin:4px 0">
                    <span style="padding-top:2px;display:flex"><Icon name="warn" class="i-14"/></span>
                    <div class="col">
                        <span>{failure.sentence()}</span>
                        <FailureDetail failure/>
                    </div>
                </div>
            }
        })
    }
}
