//! Why a score is what it is.

use leptos::prelude::*;
use zuc_ipc::lead::{LeadDetail, ScoreFactor};
use zuc_ipc::list;
use zuc_ipc::shared::ById;

use super::grid::Grid;
use crate::backend::{Topics, use_query};
use crate::components::{Popover, Score};
use crate::loaded::loaded;
use crate::words::tr;

/// The popover of a score.
#[component]
pub(crate) fn Reasons(grid: Grid) -> impl IntoView {
    let detail = use_query::<list::LeadGet>(Topics::LEADS, move || {
        Some(grid.reasons_of.get()).filter(|id| !id.is_empty() && grid.reasons.get().is_some()).map(|id| ById { id })
    });
    view! {
        <Popover anchor=grid.reasons label=tr!(reasons.title) testid="score-reasons">
            {loaded(detail, move |detail| (detail.row.id == grid.reasons_of.get()).then(|| inside(&detail)))}
        </Popover>
    }
}

fn inside(detail: &LeadDetail) -> impl IntoView + use<> {
    let row = &detail.row;
    let by_rules = row.score_method == "rule_based_fallback";
    view! {
        <div class="pop__b col gap-2">
            <div class="row"><Score points=u32::from(row.score) band=row.band.clone() rules=by_rules/><span class="b cut">{row.company.clone()}</span></div>
        </div>
        {factors(&detail.factors)}
        <div class="pop__f s12 t3"><span>{if by_rules { tr!(reasons.rules) } else { tr!(reasons.model) }}</span></div>
    }
}

/// The reasons with their points, the heaviest as wide as the space.
pub(crate) fn factors(factors: &[ScoreFactor]) -> impl IntoView + use<> {
    let most = factors.iter().map(|factor| factor.points.abs()).max().unwrap_or(1).max(1);
    let rows = factors.iter().map(|factor| {
        let width = factor.points.abs() * 72 / most;
        let colour = if factor.points < 0 { "var(--chart-2)" } else { "var(--chart-1)" };
        let points = if factor.points < 0 { format!("−{}", factor.points.abs()) } else { format!("+{}", factor.points) };
        view! {
            <tr>
                <td style="height:26px">{factor.label.clone()}</td>
                <td style="width:84px"><span style=format!("display:block;height:6px;border-radius:3px;width:{width}px;background:{colour}")></span></td>
                <td class="num m" style="width:36px">{points}</td>
            </tr>
        }
    }).collect_view();
    view! { <div style="padding:0 16px 12px"><table style="width:100%"><tbody>{rows}</tbody></table></div> }
}
