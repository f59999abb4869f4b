//! A line chart by month in plain SVG, with its table behind «Ver datos».

use leptos::prelude::*;

use crate::words::tr;

/// One point: a month, its size for the drawing, and the figure as it is written.
#[derive(Clone, PartialEq)]
pub(crate) struct Point {
    /// Short name of the month.
    pub(crate) label: String,
    /// Its height against the others; only the drawing comes of it.
    pub(crate) size: f64,
    /// The figure as it is written.
    pub(crate) value: String,
}

const LEFT: f64 = 56.0;
const RIGHT: f64 = 652.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 178.0;

/// The months as a line; the last one is still running, so its mark is hollow.
#[component]
pub(crate) fn LineChart(points: Vec<Point>, #[prop(into)] summary: String) -> impl IntoView {
    let table = RwSignal::new(false);
    let points = StoredValue::new(points);
    view! {
        <div class="col">
            {move || if table.get() { data_table(&points.read_value()).into_any() } else { drawing(&points.read_value(), &summary).into_any() }}
            <div class="row"><button class="btn btn--ghost btn--sm end" aria-pressed=move || table.get().to_string()
                on:click=move |_| table.update(|shown| *shown = !*shown) data-testid="chart-data">
                {move || if table.get() { tr!(chart.drawing) } else { tr!(chart.data) }}
            </button></div>
        </div>
    }
}

#[expect(clippy::cast_precision_loss, reason = "a dozen months")]
fn drawing(points: &[Point], summary: &str) -> impl IntoView + use<> {
    let step = scale_step(points.iter().map(|point| point.size).fold(0.0, f64::max));
    let whole = step * 3.0;
    let across = |index: usize| LEFT + (RIGHT - LEFT) * index as f64 / (points.len().max(2) - 1) as f64;
    let up = |size: f64| BOTTOM - (BOTTOM - TOP) * (size / whole).clamp(0.0, 1.0);
    let grid = (0..4)
        .map(|line| {
            let y = up(step * f64::from(line));
            view! {
                <line x1=LEFT x2=RIGHT y1=y y2=y stroke="var(--chart-grid)"></line>
                <text x=LEFT - 8.0 y=y + 4.0 text-anchor="end">{short_money(step * f64::from(line))}</text>
            }
        })
        .collect_view();
    let months = points
        .iter()
        .enumerate()
        .map(|(index, point)| view! { <text x=across(index) y="198" text-anchor="middle">{point.label.clone()}</text> })
        .collect_view();
    let path = points
        .iter()
        .enumerate()
        .map(|(index, point)| format!("{:.1},{:.1}", across(index), up(point.size)))
        .collect::<Vec<_>>()
        .join(" ");
    let last = points.last().map(|point| (across(points.len() - 1), up(point.size)));
    view! {
        <svg viewBox="0 0 672 204" role="img" aria-label=summary.to_owned() style="display:block;width:100%;max-width:720px">
            {grid}{months}
            <polyline points=path fill="none" stroke="var(--chart-1)" stroke-width="2.25" stroke-linejoin="round"></polyline>
            {last.map(|(x, y)| view! { <circle cx=x cy=y r="4" fill="var(--surface)" stroke="var(--chart-1)" stroke-width="2"></circle> })}
        </svg>
    }
}

fn data_table(points: &[Point]) -> impl IntoView + use<> {
    let rows = points
        .iter()
        .map(|point| view! { <tr><td>{point.label.clone()}</td><td class="num">{point.value.clone()}</td></tr> })
        .collect_view();
    view! {
        <table class="tbl" data-testid="chart-table">
            <thead><tr><th>{tr!(chart.month)}</th><th class="num">{tr!(chart.amount)}</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// A round third of the scale that holds `largest`.
fn scale_step(largest: f64) -> f64 {
    let third = (largest / 3.0).max(1.0);
    let power = 10_f64.powf(third.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= third).unwrap_or(third)
}

/// An axis label: `$2 M`, `$250 k`.
fn short_money(amount: f64) -> String {
    let (size, unit) = match amount {
        amount if amount >= 1e6 => (amount / 1e6, " M"),
        amount if amount >= 1e3 => (amount / 1e3, " k"),
        amount => (amount, ""),
    };
    format!("${}{unit}", crate::format::plain(&format!("{size:.1}")))
}
