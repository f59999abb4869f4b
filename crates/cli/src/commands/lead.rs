//! `zuc lead …`

use zuc_ipc::{
    Changes,
    lead::{ActivityNew, LeadComparison, LeadEdit, LeadMerge, LeadMove, LeadNew, LeadPair, LeadQuery, Qualification},
};

use super::{OK, Place, with_office};
use crate::{Done, args::Lead, output::Output};

pub(super) async fn run(command: Lead, place: &Place, output: Output) -> Done {
    match command {
        Lead::List { text, state, limit } => {
            let query = LeadQuery { text, states: state, limit, descending: true, ..LeadQuery::default() };
            let page = with_office(place, async |office| office.lead_list(query).await).await?;
            output.show(&page, |page| {
                let mut lines = vec![format!("{} prospectos", page.total)];
                for row in &page.rows {
                    lines.push(format!("{}  {:<12} {:>3} {}  {}", row.id, row.state, row.score, row.band, row.company));
                }
                lines.join("\n")
            })?;
        }
        Lead::Show { id } => {
            let lead = with_office(place, async |office| office.lead_get(id).await).await?;
            output.show(&lead, |lead| {
                let mut lines = vec![
                    format!("{} · {} · {}", lead.row.company, lead.row.full_name, lead.row.state),
                    format!("Calificación {} {}", lead.row.score, lead.row.band),
                ];
                lines.extend(lead.factors.iter().map(|factor| format!("  {:+} {}", factor.points, factor.label)));
                lines.extend(lead.timeline.iter().map(|row| format!("{}  {}  {}", row.at, row.kind, row.text)));
                lines.join("\n")
            })?;
        }
        Lead::Create { name, company, email, phone, team } => {
            let new = LeadNew { full_name: name, company, email, phone, team, ..LeadNew::default() };
            let changes = with_office(place, async |office| office.lead_create(new).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Lead::Edit { id, field, value, old } => {
            let changes = with_office(place, async |office| {
                let old = match old {
                    Some(old) => old,
                    None => office.lead_field(&id, &field).await?,
                };
                office.lead_edit(LeadEdit { id, field, old, new: value }).await
            })
            .await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Lead::Log { id, channel, direction, text } => {
            let new = ActivityNew { subject_id: id, channel, direction, text };
            let changes = with_office(place, async |office| office.lead_log(new).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Lead::Qualify { id, need, budget, authority } => {
            let gate = Qualification { id, need, budget, authority, timeline: String::new() };
            let changes = with_office(place, async |office| office.lead_qualify(gate).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Lead::Duplicates { id } => {
            let found = with_office(place, async |office| office.lead_duplicates(id).await).await?;
            output.show(&found, |found| {
                let line = |one: &zuc_ipc::lead::LeadDuplicate| {
                    format!("{}  {:>3} %  {} · {}", one.row.id, one.likeness, one.row.company, one.row.full_name)
                };
                if found.is_empty() {
                    "Ningún prospecto se le parece".to_owned()
                } else {
                    found.iter().map(line).collect::<Vec<_>>().join("\n")
                }
            })?;
        }
        Lead::Merge { survivor, other, compare: true, .. } => {
            let pair = LeadPair { survivor, other };
            let both = with_office(place, async |office| office.lead_compare(pair).await).await?;
            output.show(&both, side_by_side)?;
        }
        Lead::Merge { survivor, other, take, compare: false } => {
            let merge = LeadMerge { survivor, other, take, seen: String::new() };
            let changes = with_office(place, async |office| office.lead_merge(merge).await).await?;
            output.show(&changes, undoable)?;
        }
        Lead::Move { id, team } => {
            let changes = with_office(place, async |office| office.lead_move(LeadMove { id, team }).await).await?;
            output.show(&changes, undoable)?;
        }
        Lead::Convert { id } => {
            let made = with_office(place, async |office| office.lead_convert(id).await).await?;
            output.show(&made, |made| format!("Cliente {}\nOportunidad {}", made.customer_id, made.opportunity_id))?;
        }
    }
    Ok(OK)
}

/// What was done, and how it is taken back.
fn undoable(changes: &Changes) -> String {
    match &changes.undo {
        Some(token) => format!("{}\nPara deshacerlo: zuc undo {token}", changes.done),
        None => changes.done.clone(),
    }
}

fn side_by_side(both: &LeadComparison) -> String {
    let mut lines = vec![format!("{} · {}", both.survivor.company, both.other.company)];
    for field in &both.fields {
        let mark = if field.differs { "*" } else { " " };
        lines.push(format!("{mark} {} ({}): {} | {}", field.label, field.field, field.survivor, field.other));
    }
    lines.join("\n")
}
