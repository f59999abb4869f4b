//! `zuc import …`

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use zuc_app::import::Reason;
use zuc_ipc::import::{HeldDecision, HeldRow, ImportDone, ImportSource};

use super::{OK, Place, cannot_write, with_office, write};
use crate::{Done, Ended, args::Import, output::Output};

pub(super) async fn run(command: Import, place: &Place, output: Output) -> Done {
    match command {
        Import::Leads { file, dry_run, rejects } => leads(&file, dry_run, rejects, place, output).await?,
        Import::Products { file } => {
            let done = with_office(place, async |office| office.products_import(source(&file)).await).await?;
            output.show(&done, products)?;
        }
        Import::Held => {
            let rows = with_office(place, async |office| office.held_list().await).await?;
            output.show(&rows, |rows| rows.iter().map(held).collect::<Vec<_>>().join("\n"))?;
        }
        Import::Decide { id, decision } => {
            let word = HeldDecision { id, decision };
            let changes = with_office(place, async |office| office.held_decide(word).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Import::Undo { batch } => {
            let changes = with_office(place, async |office| office.import_undo(batch).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
    }
    Ok(OK)
}

fn source(file: &Path) -> ImportSource {
    ImportSource { path: file.display().to_string(), ..ImportSource::default() }
}

/// The report is said before anything else can fail: with it goes the batch, without which nobody takes the import back.
async fn leads(
    file: &Path,
    dry_run: bool,
    rejects: Option<PathBuf>,
    place: &Place,
    output: Output,
) -> Result<(), Ended> {
    let place_for_rejects = rejects.map(Rejects::reserve).transpose()?;
    let (report, rejected) = with_office(place, async |office| {
        let source = source(file);
        let report = if dry_run { office.import_report(&source).await? } else { office.import_leads(&source).await? };
        Ok((report, office.import_rejected().await?))
    })
    .await?;
    output.show(&report, lines)?;
    match (place_for_rejects, rejected) {
        (Some(place), Some(bytes)) => place.fill(&bytes),
        _ => Ok(()),
    }
}

/// A file that was found writable before the import; one that was made for it goes again if nothing is written.
struct Rejects {
    path: PathBuf,
    made: bool,
}

impl Rejects {
    fn reserve(path: PathBuf) -> Result<Self, Ended> {
        let made = !path.exists();
        fs::File::options().append(true).create(true).open(&path).map_err(|error| cannot_write(&path, &error))?;
        Ok(Self { path, made })
    }

    fn fill(mut self, bytes: &[u8]) -> Result<(), Ended> {
        self.made = false;
        write(&self.path, bytes)
    }
}

impl Drop for Rejects {
    fn drop(&mut self) {
        if self.made {
            // an empty file left behind harms nobody
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn lines(report: &Value) -> String {
    let count = |name: &str| report["totals"][name].as_u64().unwrap_or_default();
    let mut lines = vec![format!(
        "{} filas: {} nuevas, {} unidas ({} completan datos), {} por revisar, {} fuera",
        count("rows"),
        count("created"),
        count("merged"),
        count("filled"),
        count("probable_duplicate"),
        count("rejected"),
    )];
    for row in report["rows"].as_array().into_iter().flatten() {
        let codes = |name: &str| row[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        if row["outcome"] == "rejected" {
            let why: Vec<&str> = codes("reasons").map(sentence).collect();
            lines.push(format!("  fila {} fuera: {}", row["row"], why.join("; ")));
        }
        let fills: Vec<&str> = codes("fills").collect();
        if !fills.is_empty() {
            lines.push(format!("  fila {} completa: {}", row["row"], fills.join(", ")));
        }
    }
    lines.push(format!("Lote {}", report["batch"].as_str().unwrap_or("(ensayo)")));
    lines.join("\n")
}

fn sentence(code: &str) -> &str {
    Reason::ALL.iter().find(|reason| reason.code() == code).map_or(code, |reason| reason.sentence())
}

fn products(done: &ImportDone) -> String {
    let totals = done.totals;
    let first = format!(
        "{} filas: {} productos nuevos, {} actualizados, {} fuera",
        totals.rows, totals.created, totals.merged, totals.rejected
    );
    let out = done.rejected.iter().map(|row| format!("  fila {} fuera: {}", row.row, row.why));
    std::iter::once(first).chain(out).chain([format!("Lote {}", done.batch)]).collect::<Vec<_>>().join("\n")
}

fn held(row: &HeldRow) -> String {
    let incoming = &row.incoming;
    let name = [&incoming.company, &incoming.full_name].into_iter().find(|name| !name.is_empty());
    let name = name.map_or("", String::as_str);
    format!("{}  {name} ~ {} ({} %)", row.id, row.existing, row.likeness)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zuc_ipc::import::{ImportTotals, RejectedRow};

    use super::*;

    #[test]
    fn a_report_names_the_rows_that_stay_out_and_what_others_fill() {
        let report = json!({
            "rows": [
                { "row": 1, "outcome": "created", "of": null, "reasons": [], "warnings": [] },
                { "row": 2, "outcome": "merged", "of": null, "reasons": ["same_rfc"], "warnings": [], "fills": ["city", "industry"] },
                { "row": 3, "outcome": "rejected", "of": null, "reasons": ["email", "date"], "warnings": [] },
            ],
            "totals": { "rows": 3, "created": 1, "merged": 1, "filled": 1, "probable_duplicate": 0, "rejected": 1 },
            "batch": null,
        });
        assert_eq!(
            lines(&report),
            "3 filas: 1 nuevas, 1 unidas (1 completan datos), 0 por revisar, 1 fuera\n  \
             fila 2 completa: city, industry\n  \
             fila 3 fuera: El correo no es válido; La fecha no existe\n\
             Lote (ensayo)"
        );
    }

    #[test]
    fn products_that_stay_out_are_named() {
        let rejected =
            vec![RejectedRow { row: 4, reasons: vec!["price".to_owned()], why: "Falta el precio".to_owned() }];
        let totals = ImportTotals { rows: 4, created: 2, merged: 1, rejected: 1, ..ImportTotals::default() };
        let done = ImportDone { batch: "b".to_owned(), totals, rejected, ..ImportDone::default() };
        assert_eq!(
            products(&done),
            "4 filas: 2 productos nuevos, 1 actualizados, 1 fuera\n  fila 4 fuera: Falta el precio\nLote b"
        );
    }
}
