//! What happened, in order.

use leptos::prelude::*;

use super::Icon;

/// How a step or an entry stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Done.
    Done,
    /// Refused: a person must look.
    Refused,
    /// Where it is now.
    Now,
    /// To come; the line to it is dashed.
    Next,
    /// A plain entry.
    Plain,
}

impl Mark {
    fn class(self) -> &'static str {
        match self {
            Self::Done => "tl__d ok",
            Self::Refused => "tl__d bad",
            Self::Now => "tl__d acc",
            Self::Next => "tl__d pend",
            Self::Plain => "tl__d",
        }
    }
}

/// One entry of a timeline or one step of a story.
#[derive(Clone, PartialEq)]
pub(crate) struct Entry {
    /// Its icon.
    pub(crate) icon: &'static str,
    /// How it stands.
    pub(crate) mark: Mark,
    /// What happened.
    pub(crate) title: String,
    /// When, already written.
    pub(crate) when: String,
    /// The sentence under it.
    pub(crate) text: String,
    /// Who.
    pub(crate) who: String,
}

/// Entries under each other, the newest first.
#[component]
pub(crate) fn Timeline(entries: Vec<Entry>) -> impl IntoView {
    view! {
        <ol class="tl" style="padding:4px 20px 20px" data-testid="timeline">
            {entries.into_iter().map(|entry| view! {
                <li class=if entry.mark == Mark::Next { "is-next" } else { "" }>
                    <span class=entry.mark.class()><Icon name=entry.icon/></span>
                    <div class="row"><span class="m cut">{entry.title}</span><span class="end s12 t3 tn">{entry.when}</span></div>
                    <div class="t2">{entry.text}</div>
                    <div class="s12 t3">{entry.who}</div>
                </li>
            }).collect_view()}
        </ol>
    }
}

/// The steps of a story side by side.
#[component]
pub(crate) fn Steps(entries: Vec<Entry>) -> impl IntoView {
    view! {
        <ol class="steps" style="margin-top:4px" data-testid="story">
            {entries.into_iter().map(|entry| view! {
                <li class=if matches!(entry.mark, Mark::Now | Mark::Next) { "step is-next" } else { "step" }>
                    <div class="step__l">
                        <span class=entry.mark.class()><Icon name=entry.icon/></span>
                        <span class="m" style="white-space:nowrap">{entry.title}</span>
                    </div>
                    <div style="padding-left:26px">
                        <div class="s12 t2 tn">{entry.when}</div>
                        <div class="s12 t3 cut">{entry.text}</div>
                    </div>
                </li>
            }).collect_view()}
        </ol>
    }
}
