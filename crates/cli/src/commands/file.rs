//! `zuc file …`

use zuc_ipc::attachment::{FileNew, FileSpace, FileSpaceSet};

use super::{OK, Place, with_office, write};
use crate::{Done, args::Files, output::Output};

pub(super) async fn run(command: Files, place: &Place, output: Output) -> Done {
    match command {
        Files::Add { record, file } => {
            let new = FileNew { subject_id: record, path: file.display().to_string() };
            let done = with_office(place, async |office| office.file_add(new).await).await?;
            output.show(&done, |done| format!("{} {}", done.id, done.changes.done))?;
        }
        Files::List { record } => {
            let rows = with_office(place, async |office| office.file_list(record).await).await?;
            output.show(&rows, |rows| {
                let state = |state: &str| match state {
                    "safe" => "en el servidor",
                    "unsent" => "por enviar",
                    "elsewhere" => "en el relevo",
                    "missing" => "no está aquí",
                    "alone" => "solo aquí",
                    "gone" => "ya no está",
                    _ => "en camino",
                };
                let lines: Vec<String> = rows
                    .iter()
                    .map(|row| format!("{}  {:>10}  {:<14}  {}", row.id, row.size, state(&row.state), row.name))
                    .collect();
                lines.join("\n")
            })?;
        }
        Files::Save { id, out } => {
            let file = with_office(place, async |office| office.file_read(id).await).await?;
            let out = if out.is_dir() { out.join(&file.name) } else { out };
            write(&out, &file.bytes)?;
            output
                .show(&serde_json::json!({ "file": out, "bytes": file.bytes.len() }), |_| out.display().to_string())?;
        }
        Files::Remove { id } => {
            let changes = with_office(place, async |office| office.file_remove(id).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Files::Space { limit, all } => {
            let space = with_office(place, async |office| match limit {
                None if !all => office.file_space().await,
                limit => office.file_space_set(FileSpaceSet { all, limit_mib: limit.unwrap_or_default() }).await,
            })
            .await?;
            output.show(&space, lines)?;
        }
    }
    Ok(OK)
}

fn lines(space: &FileSpace) -> String {
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    let keeps = if space.all {
        "todos los archivos".to_owned()
    } else {
        format!("solo los que se abren, hasta {} MiB", space.limit_mib)
    };
    format!(
        "Esta computadora guarda {keeps}\nAquí        {:>6}  {:>8} MiB\nNo están    {:>6}  {:>8} MiB",
        space.here,
        mib(space.here_bytes),
        space.elsewhere,
        mib(space.elsewhere_bytes)
    )
}
