//! Loading, empty and failed, as the design draws them.

use leptos::prelude::*;
use zuc_ipc::Failure;

use super::Icon;
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
    icon: &'static str,
    #[prop(into)] title: String,
    #[prop(into)] why: String,
    #[prop(optional)] actions: Option<AnyView>,
) -> impl IntoView {
    view! {
        <div class="empty" data-testid="empty">
            <span class="tl__d acc" style="position:static;width:36px;height:36px"><Icon name=icon/></span>
            <h2>{title}</h2>
            <p>{why}</p>
            {actions.map(|actions| view! { <div class="row" style="margin-top:8px">{actions}</div> })}
        </div>
    }
}

/// Nothing in a section: one line.
#[component]
pub(crate) fn EmptyLine(#[prop(into)] text: String) -> impl IntoView {
    view! { <p class="t3" style="padding:0 20px 16px" data-testid="empty-line">{text}</p> }
}

/// It failed: what happened, what is safe, what to do; the detail is folded.
#[component]
pub(crate) fn FailureNotice(failure: Failure, #[prop(optional)] on_retry: Option<Callback<()>>) -> impl IntoView {
    view! {
        <div class="empty" role="alert" data-testid="failure">
            <span class="tl__d bad" style="position:static;width:36px;height:36px"><Icon name="warn"/></span>
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
