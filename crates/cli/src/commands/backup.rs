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
                Some(row) => format!("Respaldo hecho: {} ({}){}", row.path, size(row.size), without(view)),
                None => String::new(),
            })?;
        }
        Some(Backup::List) => {
            let view = with_office(place, async |office| office.backup_view().await).await?;
            output.show(&view, lines)?;
        }
        Some(Backup::Status) => {
            let view = with_office(place, async |office| office.backup_view().await).await?;
            output.show(&view, standing)?;
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
    output.show(&done?, |done| {
        let aside = Some(&done.aside).filter(|aside| !aside.is_empty());
        let aside = aside.map(|aside| format!("Los datos de antes quedaron en {aside}"));
        let before = Some(&done.before).filter(|before| !before.is_empty());
        let before = before.map(|before| format!("Y en el respaldo {before}"));
        [Some(done.text.clone()), aside, before].into_iter().flatten().collect::<Vec<_>>().join("\n")
    })?;
    Ok(OK)
}

fn lines(view: &BackupView) -> String {
    let line = |row: &BackupRow| format!("{}  {:<9}  {:>9}  {}", row.at, reason(&row.reason), size(row.size), row.path);
    let mut lines: Vec<String> = view.rows.iter().map(line).collect();
    if lines.is_empty() {
        lines.push(format!("Todavía no hay respaldos en {}", view.folder));
    }
    lines.join("\n") + &without(view)
}

/// What no backup of this computer has.
fn without(view: &BackupView) -> String {
    match view.files_elsewhere {
        0 => String::new(),
        files => format!("\nArchivos que no están en esta computadora y no van en el respaldo: {files}"),
    }
}

/// How they stand, and what should be done.
fn standing(view: &BackupView) -> String {
    let or_never = |at: &str| if at.is_empty() { "nunca".to_owned() } else { at.to_owned() };
    let newest = view.rows.iter().find(|row| row.own).map_or("", |row| row.at.as_str());
    let mut lines = vec![
        format!("Carpeta         {}", view.folder),
        format!("Último respaldo {}", or_never(newest)),
        format!("Último simulacro {}", or_never(&view.tried_at)),
    ];
    if let Some(code) = &view.failed {
        lines.push(format!(
            "El intento del {} no se hizo: {}",
            view.failed_at,
            zuc_ipc::sentence(code).unwrap_or(code)
        ));
    }
    if view.trial_due {
        lines.push("Hace más de un mes que nadie prueba un respaldo: `zuc backup drill`".to_owned());
    }
    lines.join("\n")
}

fn reason(name: &str) -> &str {
    match name {
        "daily" => "diario",
        "manual" => "a mano",
        "migration" => "versión",
        "restore" => "restaurar",
        other => other,
    }
}

/// Bytes for a person.
fn size(bytes: u64) -> String {
    let (unit, of) = if bytes >= 1_000_000 { ("MB", 1_000_000) } else { ("kB", 1_000) };
    format!("{}.{} {unit}", bytes / of, bytes % of * 10 / of)
}
