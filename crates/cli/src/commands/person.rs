//! `zuc person …`

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;
use zuc_app::File;
use zuc_ipc::people::RightsSet;

use super::{OK, Place, cannot_write, read, with_office};
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
        Person::Rights { person, roles, teams } => {
            let changes = with_office(place, async |office| {
                let people = office.people_view().await?;
                let found = people.rows.into_iter().find(|row| row.id == person || row.name == person);
                let person = found.map_or(person, |row| row.id);
                office.rights_set(RightsSet { person, roles, teams }).await
            })
            .await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Person::Export { who, out } => {
            ready(&out)?;
            let files = with_office(place, async |office| office.person_export(who).await).await?;
            let files = save(&out, &files)?;
            output.show(&json!({ "files": files }), |_| lines(&files))?;
        }
        Person::Oppose { who, withdraw } => {
            let changes = with_office(place, async |office| office.person_oppose(who, !withdraw).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Person::Erase { who, out } => {
            // what cannot be written is said before anything is destroyed
            out.as_deref().map_or(Ok(()), ready)?;
            let erased = with_office(place, async |office| office.person_erase(who).await).await?;
            let saved = out.map_or_else(|| Ok(Vec::new()), |out| save(&out, &erased.files));
            let files = saved.as_deref().unwrap_or_default();
            output
                .show(&erased, |erased| format!("{}\n{}", erased.changes.done, lines(files)).trim_end().to_owned())?;
            saved?;
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
            let files = match out {
                Some(out) => {
                    ready(&out)?;
                    save(&out, &files)?
                }
                None => Vec::new(),
            };
            output.show(&receipt, |_| lines(&files))?;
        }
    }
    Ok(OK)
}

/// Makes a folder where it is not there, and tries whether files can be made in it.
fn ready(folder: &Path) -> Result<(), Ended> {
    let try_it = || {
        std::fs::create_dir_all(folder)?;
        let trial = folder.join(".zuclubit");
        write_private(&trial, b"")?;
        std::fs::remove_file(&trial)
    };
    try_it().map_err(|error| cannot_write(folder, &error))
}

/// Writes files into a folder that is ready; where each lies.
fn save(folder: &Path, files: &[File]) -> Result<Vec<PathBuf>, Ended> {
    let mut written = Vec::with_capacity(files.len());
    for file in files {
        let path = folder.join(&file.name);
        write_private(&path, &file.bytes).map_err(|error| cannot_write(&path, &error))?;
        written.push(path);
    }
    Ok(written)
}

/// Writes a file that nobody else of this computer reads, in the place of whatever lay there; a link is not followed.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

fn lines(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join("\n")
}
