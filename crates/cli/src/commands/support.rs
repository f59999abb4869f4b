//! `zuc sync`, `search`, `undo`, and looking after a home.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use serde_json::Value;
use zuc_app::{Found, SnapshotOutcome, SnapshotRow};
use zuc_ipc::{Failure, shared::Query};

use super::{OK, Place, with_office};
use crate::{
    Done,
    output::{self, Output},
};

pub(super) async fn sync(wait: u64, place: &Place, output: Output) -> Done {
    let wait = Duration::from_secs(wait);
    let status = with_office(place, async |office| {
        let first = office.sync_until_settled(wait).await?;
        if first.state == "error" {
            return Ok(first);
        }
        office.work_off().await?;
        // what a relay that went away, or has too much to do, leaves is carried the next time
        let _ = tokio::time::timeout(wait, office.carry_files()).await;
        office.sync_until_settled(wait).await
    })
    .await?;
    output.show(&status, |status| match status.state.as_str() {
        "up_to_date" => "Al día".to_owned(),
        "offline" => format!("Sin conexión, {} cambios por enviar", status.pending),
        "no_relay" => "Sin relevo: los cambios se quedan en esta computadora".to_owned(),
        "error" => String::new(),
        _ => format!("Sincronizando, {} por enviar", status.pending),
    })?;
    if status.state != "error" {
        return Ok(OK);
    }
    let code = status.error.unwrap_or_else(|| "app.internal".to_owned());
    Ok(output::refused(&Failure::new(code, "the exchange stopped")))
}

pub(super) async fn snapshot(wait: u64, place: &Place, output: Output) -> Done {
    let rows = with_office(place, async |office| {
        office.sync_until_settled(Duration::from_secs(wait)).await?;
        office.snapshot().await
    })
    .await?;
    output.show(&rows, |rows| {
        let line = |row: &SnapshotRow| {
            let what = match row.outcome {
                SnapshotOutcome::Made => "hecha; falta que la firme otra persona",
                SnapshotOutcome::Vouched => "revisada y firmada",
                SnapshotOutcome::Disputed => "no corresponde a los cambios: nadie empieza por ella",
                SnapshotOutcome::Mended => "no correspondía a los cambios: aquí ya está lo que dicen",
                SnapshotOutcome::Stands => "vigente",
                SnapshotOutcome::Waits => "en espera de otra persona",
                SnapshotOutcome::NotHeld => "sin hacer: no están aquí todos los cambios",
            };
            format!("{:<10} {:>8}  {what}", row.scope, row.at)
        };
        if rows.is_empty() {
            "Nada que empaquetar todavía".to_owned()
        } else {
            rows.iter().map(line).collect::<Vec<_>>().join("\n")
        }
    })?;
    Ok(OK)
}

pub(super) async fn search(text: String, place: &Place, output: Output) -> Done {
    let hits = with_office(place, async |office| office.search(Query { text, limit: 20 }).await).await?;
    output.show(&hits, |hits| {
        let lines: Vec<String> = hits.iter().map(|hit| format!("{:<9} {}  {}", hit.kind, hit.id, hit.title)).collect();
        lines.join("\n")
    })?;
    Ok(OK)
}

pub(super) async fn undo(token: String, place: &Place, output: Output) -> Done {
    let changes = with_office(place, async |office| office.undo(token).await).await?;
    output.show(&changes, |changes| changes.done.clone())?;
    Ok(OK)
}

pub(super) async fn dashboard(place: &Place, output: Output) -> Done {
    let home = with_office(place, async |office| office.home().await).await?;
    output.show(&home, |home| {
        let mut lines = Vec::new();
        if let Some(manager) = &home.manager {
            lines.push(format!("Ingresos del mes  {}", manager.revenue_month.amount));
            lines.push(format!("Ganado en el mes  {}", manager.won_month.amount));
            lines.push(format!("ARR               {}", manager.arr.amount));
            lines.extend(
                manager
                    .funnel
                    .iter()
                    .map(|stage| format!("{:<20} {:>6}  {:>14}", stage.label, stage.count, stage.amount.amount)),
            );
            lines.extend(manager.new_invoices.iter().map(|row| format!("{}  {}", row.label, row.total.amount)));
        }
        if let Some(finance) = &home.finance {
            lines.push(format!("Timbrado en el mes {}", finance.stamped_month.amount));
            lines.push(format!("Por timbrar        {}", finance.to_stamp_count));
        }
        if let Some(rep) = &home.rep {
            lines.push(format!("Mi embudo          {}", rep.pipeline.amount));
            lines.push(format!("Por contactar      {}", rep.to_call.len()));
        }
        lines.join("\n")
    })?;
    Ok(OK)
}

pub(super) async fn events(place: &Place, output: Output) -> Done {
    let lines = with_office(place, async |office| office.events().await).await?;
    let events = lines.iter().map(|line| serde_json::from_str(line)).collect::<Result<Vec<Value>, _>>();
    output.show(&events.context("an event is JSON")?, |_| lines.join("\n"))?;
    Ok(OK)
}

pub(super) async fn verify(same_as: Option<PathBuf>, place: &Place, output: Output) -> Done {
    let mut checked = with_office(place, async |office| office.verify().await).await?;
    if let Some(root) = same_as {
        let other = Place::new(root, place.passphrase.clone());
        let there = with_office(&other, async |office| office.verify().await).await;
        other.close().await;
        let there = there?;
        for (scope, digest) in &checked.scopes {
            if there.scopes.get(scope).is_some_and(|theirs| theirs != digest) {
                checked.problems.push(format!("verify.differs: {scope}"));
            }
        }
        checked.scopes.retain(|scope, _| there.scopes.contains_key(scope));
    }
    output.show(&checked, |checked| {
        if checked.problems.is_empty() {
            let scopes: Vec<&str> = checked.scopes.keys().map(String::as_str).collect();
            format!("Sin diferencias: {}", scopes.join(", "))
        } else {
            String::new()
        }
    })?;
    Ok(told(&checked.problems))
}

/// What each computer told of its audit record; with `tell` this one does first, and it leaves with the next exchange.
pub(super) async fn audit(tell: bool, place: &Place, output: Output) -> Done {
    let heads = with_office(place, async |office| {
        if tell {
            office.tell_audit_head().await?;
        }
        office.audit_heads().await
    })
    .await?;
    output.show(&heads, |heads| {
        let line = |head: &zuc_app::AuditHead| {
            let here = if head.here { "*" } else { " " };
            format!("{here} {}  {}  {}  {}  {}", head.device, head.person, head.row, head.at, head.hash)
        };
        heads.iter().map(line).collect::<Vec<_>>().join("\n")
    })?;
    Ok(OK)
}

pub(super) async fn doctor(place: &Place, output: Output) -> Done {
    let found = with_office(place, async |office| office.doctor().await).await?;
    output.show(&found, |found| {
        let line = |found: &Found| {
            let said = [&found.at, &found.person, &found.device, &found.scope, &found.kind, &found.record];
            let said: Vec<&str> = said.into_iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
            format!("{:<12} {}  {}\n  {}", found.fate, found.code, said.join("  "), found.why)
        };
        if found.is_empty() {
            "Nada apartado".to_owned()
        } else {
            found.iter().map(line).collect::<Vec<_>>().join("\n")
        }
    })?;
    Ok(OK)
}

/// Each problem, `code: where`, with its sentence on stderr.
fn told(problems: &[String]) -> u8 {
    problems.iter().fold(OK, |_, problem| {
        let (code, place) = problem.split_once(": ").unwrap_or((problem, ""));
        output::refused(&Failure::new(code, place))
    })
}

pub(super) async fn rebuild(only_compare: bool, place: &Place, output: Output) -> Done {
    let differed = with_office(place, async |office| office.rebuild(only_compare).await).await?;
    output.show(
        &differed,
        |differed| {
            if differed.is_empty() { "Sin diferencias".to_owned() } else { differed.join("\n") }
        },
    )?;
    Ok(if only_compare { told(&differed) } else { OK })
}
