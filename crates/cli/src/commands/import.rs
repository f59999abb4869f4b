//! `zuc import …`

use zuc_ipc::import::ImportSource;

use super::{OK, Place, with_office, write};
use crate::{Done, args::Import, output::Output};

pub(super) async fn run(command: Import, place: &Place, output: Output) -> Done {
    match command {
        Import::Leads { file, dry_run, rejects } => {
            let source = ImportSource { path: file.display().to_string(), ..ImportSource::default() };
            let (report, rejected) = with_office(place, async |office| {
                let report =
                    if dry_run { office.import_report(&source).await? } else { office.import_leads(&source).await? };
                let rejected = if rejects.is_some() { Some(office.import_rejects().await?) } else { None };
                Ok((report, rejected))
            })
            .await?;
            if let (Some(file), Some(bytes)) = (&rejects, rejected) {
                write(file, &bytes)?;
            }
            output.show(&report, |report| {
                let count = |name: &str| report["totals"][name].as_u64().unwrap_or_default();
                format!(
                    "{} filas: {} nuevas, {} unidas, {} por revisar, {} fuera\nLote {}",
                    count("rows"),
                    count("created"),
                    count("merged"),
                    count("probable_duplicate"),
                    count("rejected"),
                    report["batch"].as_str().unwrap_or("(ensayo)"),
                )
            })?;
        }
        Import::Products { file } => {
            let source = ImportSource { path: file.display().to_string(), ..ImportSource::default() };
            let done = with_office(place, async |office| office.products_import(source).await).await?;
            output.show(&done, |done| {
                format!("{} productos nuevos, {} actualizados", done.totals.created, done.totals.merged)
            })?;
        }
        Import::Undo { batch } => {
            let changes = with_office(place, async |office| office.import_undo(batch).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
    }
    Ok(OK)
}
