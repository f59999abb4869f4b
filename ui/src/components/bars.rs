//! Funnel, horizontal bars and the clock of an invoice.

use leptos::prelude::*;

use crate::format;

/// A row of a funnel or a bar list.
#[derive(Clone, PartialEq)]
pub(crate) struct Bar {
    /// What is measured.
    pub(crate) label: String,
    /// Its size against the others; only the bar's width comes of it.
    pub(crate) size: f64,
    /// The figure as it is written.
    pub(crate) value: String,
    /// What stands in the last column, such as the share that passed.
    pub(crate) note: String,
    /// Drawn with the full colour.
    pub(crate) strong: bool,
}

/// Bars under each other, the largest as wide as the space.
#[component]
pub(crate) fn BarList(
    bars: Vec<Bar>,
    #[prop(default = 128)] label_width: u32,
    #[prop(default = 36)] value_width: u32,
    #[prop(default = 34)] row: u32,
    #[prop(optional)] notes: bool,
) -> impl IntoView {
    let largest = bars.iter().map(|bar| bar.size).fold(0.0, f64::max);
    bars.into_iter()
        .map(|bar| {
            let width = format::share(bar.size, largest);
            // a little of something is seen, and nothing is not drawn
            let least = if bar.size > 0.0 { 3 } else { 0 };
            let colour = if bar.strong { "var(--chart-1)" } else { "var(--accent-line)" };
            view! {
                <div class="row" style=format!("height:{row}px;gap:12px")>
                    <span class="cut" style=format!("width:{label_width}px;flex:none")>{bar.label}</span>
                    <span class="grow" style="height:16px;display:flex">
                        <span style=format!("width:{width:.1}%;min-width:{least}px;border-radius:2px;background:{colour}")></span>
                    </span>
                    <span class="num m" style=format!("min-width:{value_width}px")>{bar.value}</span>
                    {notes.then(|| view! { <span class="num t3 s12" style="width:44px">{bar.note}</span> })}
                </div>
            }
        })
        .collect_view()
}

/// The hours an authority still accepts an invoice: blue, warning at 24, danger at 6.
#[component]
pub(crate) fn Clock(
    /// Hours left; negative when the time is over.
    hours: i64,
    /// Hours of the whole clock.
    #[prop(default = 72)]
    of: i64,
) -> impl IntoView {
    let (colour, class) = match hours {
        ..=6 => ("var(--danger-border)", "tn danger m"),
        7..=24 => ("var(--warning-border)", "tn warning m"),
        _ => ("var(--chart-1)", "tn t2"),
    };
    // Hours are at most a few hundred: exact as floats.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred hours are exact as a float")]
    let share = (hours.clamp(0, of) as f64) / (of.max(1) as f64) * 53.4;
    view! {
        <span class="row">
            <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" style="flex:none">
                <circle cx="10" cy="10" r="8.5" fill="none" stroke="var(--surface-active)" stroke-width="3"></circle>
                <circle cx="10" cy="10" r="8.5" fill="none" stroke=colour stroke-width="3" stroke-linecap="round"
                    stroke-dasharray=format!("{share:.1} 53.4") transform="rotate(-90 10 10)"></circle>
            </svg>
            <span class=class>{crate::words::tr!(common.hours, hours = hours.max(0))}</span>
        </span>
    }
}

/// A progress bar with its count; the words stand outside.
#[component]
pub(crate) fn Progress(#[prop(into)] percent: Signal<f64>, #[prop(into)] label: String) -> impl IntoView {
    view! {
        <div class="prog" role="progressbar" aria-label=label aria-valuemin="0" aria-valuemax="100"
            aria-valuenow=move || format!("{:.0}", percent.get())>
            <i style=move || format!("width:{:.1}%", percent.get())></i>
        </div>
    }
}
