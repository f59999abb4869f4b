//! `zuc person …`

use std::path::{Path, PathBuf};

use serde_json::json;
use zuc_app::File;
use zuc_ipc::people::RightsSet;

use super::{OK, Place, cannot_write, read, with_office, write};
use crate::{Done, Ended, args::Person, output::Output};

pub(super) async fn run(command: Person, place: &Place, output: Output) -> Done {
    match command {
        Person::List => {
            let people = with_office(place, async |office| office.people_view().await).await?;
            output.show(&people.rows, |rows| {
                let lines: Vec<_> =
                    rows.iter().map(|row| format!("{}  {}  {}", row.id, row.name, row.roles.join(","))).collect();
                lines.join("\n")
            })?;
        }
        Person::Rights { person, roles } => {
            let changes = with_office(place, async |office| {
                let people = office.people_view().await?;
                let found = people.rows.into_iter().find(|row| row.id == person || row.name == person);
                let person = found.map_or(person, |row| row.id);
                office.rights_set(RightsSet { person, roles }).await
            })
            .await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Person::Export { who, out } => {
            let files = with_office(place, async |office| office.person_export(who).await).await?;
            let files = save(&out, &files)?;
            output.show(&json!({ "files": files }), |_| lines(&files))?;
        }
        Person::Erase { who, out } => {
            let erased = with_office(place, async |office| office.person_erase(who).await).await?;
            let files = out.map_or_else(|| Ok(Vec::new()), |out| save(&out, &erased.files))?;
            output
                .show(&erased, |erased| format!("{}\n{}", erased.changes.done, lines(&files)).trim_end().to_owned())?;
        }
        Person::Receipt { check: Some(file), .. } => {
            let bytes = read(&file)?;
            let checked = with_office(place, async |office| office.receipt_check(&bytes)).await?;
            output.show(&checked, |checked| {
                let devices = &checked.receipt.devices;
                let (told, all) = (devices.confirmed.len(), devices.confirmed.len() + devices.waiting.len());
                format!(
                    "Auténtico: lo firmó {} el {}. Confirmaron {told} de {all} equipos más",
                    checked.by, checked.receipt.issued_at
                )
            })?;
        }
        Person::Receipt { record, out, .. } => {
            let record = record.unwrap_or_default();
            let (receipt, files) = with_office(place, async |office| office.person_receipt(record).await).await?;
            let files = out.map_or_else(|| Ok(Vec::new()), |out| save(&out, &files))?;
            output.show(&receipt, |_| lines(&files))?;
        }
    }
    Ok(OK)
}

/// Writes files into a folder, which is made where it is not there; where each lies.
fn save(folder: &Path, files: &[File]) -> Result<Vec<PathBuf>, Ended> {
    std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    let mut written = Vec::with_capacity(files.len());
    for file in files {
        let path = folder.join(&file.name);
        write(&path, &file.bytes)?;
        written.push(path);
    }
    Ok(written)
}

fn lines(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join("\n")
}
