//! Badges, scores and avatars.

use leptos::prelude::*;

use super::Icon;
use crate::format;

/// How a badge looks. Colour is never alone: the word says the state.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tone {
    /// Grey: a plain fact.
    #[default]
    Neutral,
    /// Green with a check: done.
    Ok,
    /// Amber.
    Warn,
    /// Red: a person must look.
    Bad,
    /// Blue-green: on its way.
    Info,
    /// The accent.
    Accent,
    /// Dashed: it waits for an authority.
    Pending,
    /// Dashed amber: it waits and a clock runs.
    PendingWarn,
}

impl Tone {
    /// The class of the design for this tone.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Neutral => "badge",
            Self::Ok => "badge ok",
            Self::Warn => "badge warn",
            Self::Bad => "badge bad",
            Self::Info => "badge info",
            Self::Accent => "badge acc",
            Self::Pending => "badge pend",
            Self::PendingWarn => "badge pend warn",
        }
    }

    /// The icon that goes with the tone, when it has one of its own.
    pub(crate) fn icon(self) -> Option<&'static str> {
        match self {
            Self::Ok => Some("check"),
            Self::Bad => Some("warn"),
            Self::Warn | Self::Pending | Self::PendingWarn => Some("clock"),
            Self::Neutral | Self::Info | Self::Accent => None,
        }
    }
}

/// A state in a word.
#[component]
pub(crate) fn Badge(
    tone: Tone,
    #[prop(into)] text: String,
    #[prop(optional, into)] icon: Option<&'static str>,
    #[prop(optional, into)] testid: &'static str,
) -> impl IntoView {
    view! {
        <span class=tone.class() data-testid=(!testid.is_empty()).then_some(testid)>
            {icon.or(tone.icon()).map(|name| view! { <Icon name class="i-12"/> })}
            {text}
        </span>
    }
}

/// A lead's score: number and band; dashed when it was given by the rules.
#[component]
pub(crate) fn Score(points: u32, #[prop(into)] band: String, #[prop(optional)] rules: bool) -> impl IntoView {
    let class = match band.as_str() {
        "A" => "score a",
        "B" => "score b_",
        _ => "score",
    };
    view! { <span class=if rules { format!("{class} rules") } else { class.to_owned() }><span>{points}</span><b>{band}</b></span> }
}

/// A person's two letters.
#[component]
pub(crate) fn Avatar(#[prop(into)] name: String, #[prop(optional)] large: bool) -> impl IntoView {
    let letters = format::initials(&name);
    view! { <span class=if large { "av av--lg" } else { "av" } title=name aria-hidden="true">{letters}</span> }
}

/// A key of the keyboard beside its action.
#[component]
pub(crate) fn Kbd(#[prop(into)] key: String) -> impl IntoView {
    view! { <span class="kbd">{key}</span> }
}
