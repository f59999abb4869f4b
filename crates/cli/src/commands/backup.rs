//! `zuc backup …` and `zuc restore`.

use std::{io::Read as _, path::PathBuf};

use anyhow::Context as _;
use zuc_ipc::{
    Failure,
    backup::{BackupRow, BackupTo, BackupView, RestoreAsk},
};

use super::{OK, Place, with_office};
use crate::{
    Done, Ended,
    args::Backup,
    output::{self, Output},
};

pub(super) async fn run(to: Option<PathBuf>, command: Option<Backup>, place: &Place, output: Output) -> Done {
    match command {
        None => {
            let folder = to.map(|folder| folder.display().to_string()).unwrap_or_default();
            let view = with_office(place, async |office| office.backup_now(BackupTo { folder }).await).await?;
            output.show(&view, |view| match &view.made {
                Some(row) => format!("Respaldo hecho: {} ({})", row.path, size(row.size)),
                None => String::new(),
            })?;
        }
        Some(Backup::List) => {
            let view = with_office(place, async |office| office.backup_view().await).await?;
            output.show(&view, lines)?;
        }
        Some(Backup::Drill) => {
            let tried = with_office(place, async |office| office.backup_drill().await).await?;
            output.show(&tried, |tried| tried.text.clone())?;
            if !tried.good {
                return Ok(tried.problems.iter().fold(1, |_, problem| {
                    let (code, place) = problem.split_once(": ").unwrap_or((problem, ""));
                    output::refused(&Failure::new(code, place))
                }));
            }
        }
        Some(Backup::Folder { folder }) => {
            let folder = folder.map(|folder| folder.display().to_string()).unwrap_or_default();
            let view = with_office(place, async |office| office.backup_set_folder(&folder).await).await?;
            output.show(&view, |view| format!("Los respaldos van a {}", view.folder))?;
        }
    }
    Ok(OK)
}

pub(super) async fn restore(
    file: PathBuf,
    code: Option<String>,
    nameless: bool,
    place: &Place,
    output: Output,
) -> Done {
    let code = match code.as_deref() {
        Some("-") => {
            let mut typed = String::new();
            std::io::stdin().read_to_string(&mut typed).context("the recovery code is read from standard input")?;
            typed.trim().to_owned()
        }
        Some(code) => code.to_owned(),
        None => String::new(),
    };
    let desk = place.shut_desk();
    let ask = RestoreAsk { file: file.display().to_string(), code, nameless };
    let done = desk.restore(ask).await.map_err(Ended::from);
    desk.close().await;
    output.show(&done?, |done| match done.aside.as_str() {
        "" => done.text.clone(),
        aside => format!("{}\nLos datos de antes quedaron en {aside}", done.text),
    })?;
    Ok(OK)
}

fn lines(view: &BackupView) -> String {
    let line = |row: &BackupRow| format!("{}  {:<9}  {:>9}  {}", row.at, reason(&row.reason), size(row.size), row.path);
    let mut lines: Vec<String> = view.rows.iter().map(line).collect();
    if lines.is_empty() {
        lines.push(format!("Todavía no hay respaldos en {}", view.folder));
    }
    lines.join("\n")
}

fn reason(name: &str) -> &str {
    match name {
        "daily" => "diario",
        "manual" => "a mano",
        "migration" => "versión",
        other => other,
    }
}

/// Bytes for a person.
fn size(bytes: u64) -> String {
    let (unit, of) = if bytes >= 1_000_000 { ("MB", 1_000_000) } else { ("kB", 1_000) };
    format!("{}.{} {unit}", bytes / of, bytes % of * 10 / of)
}
