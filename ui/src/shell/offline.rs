//! Beside what needs the relay: that it is away, and what that means for it.

use leptos::prelude::*;

use crate::components::Icon;
use crate::connection::{Away, use_connection};
use crate::words::tr;

/// Says so while the relay is away; nothing else is taken from the person.
#[component]
pub(crate) fn OfflineNotice(
    /// What does not happen without it, and what to do then.
    text: &'static str,
    /// It stands over a page, from edge to edge.
    #[prop(optional)]
    bar: bool,
) -> impl IntoView {
    let connection = use_connection();
    let class = if bar { "note warn top note--bar" } else { "note warn top" };
    move || {
        connection.away().map(|away| {
            let why = match away {
                Away::Offline => tr!(offline.away),
                Away::NoRelay => tr!(offline.no_relay),
            };
            view! {
                <div class=class role="status" data-testid="offline">
                    <span style="padding-top:2px;display:flex"><Icon name="off" class="i-14"/></span>
                    <span><b class="m">{why}</b>" "{text}</span>
                </div>
            }
        })
    }
}
