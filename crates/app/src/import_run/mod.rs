//! A list on its way in: the last dry run, the running import, and taking one back.

mod fills;
mod held;
mod look;
mod shown;
mod undo;
mod write;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use zuc_domain::shared::{Action, Object};
use zuc_ipc::{
    Changes,
    import::{ImportDone, ImportPreview, ImportRow, ImportRowsQuery, ImportSource},
    shared::Page,
};

pub(crate) use look::read_file;
pub(crate) use undo::Undone;

use crate::{
    AppError, Office,
    import::{self, Plan, PlannedRow, Table},
    lead,
    undo::Inverse,
};

/// Rows shown at once after a dry run.
const FIRST_ROWS: usize = 200;

/// The last dry run of this device, and the wish to stop.
#[derive(Default)]
pub(crate) struct Imports {
    last: Mutex<Option<Arc<Looked>>>,
    stop: Arc<AtomicBool>,
}

/// A dry run.
struct Looked {
    source: ImportSource,
    table: Table,
    plan: Plan,
}

impl Imports {
    fn last(&self) -> Result<Arc<Looked>, AppError> {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or_else(|| AppError::new("import.nothing_looked_at", "no list was looked at"))
    }

    fn keep(&self, looked: Arc<Looked>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(looked);
    }
}

impl Office {
    /// Looks at a list: what was recognised, and what would happen with each row. Nothing is written.
    ///
    /// # Errors
    /// `import.not_text`, `import.no_header`, `import.too_many_columns`, `import.row_too_long`, `import.zip_bomb`,
    /// `import.empty`, `import.cancelled`, `file.not_read`.
    #[tracing::instrument(skip_all)]
    pub async fn import_preview(&self, source: ImportSource) -> Result<ImportPreview, AppError> {
        self.imports.stop.store(false, Ordering::Relaxed);
        let looked = self.look(&source).await?;
        let file = std::path::Path::new(&source.path).file_name();
        Ok(ImportPreview {
            file: file.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            format: shown::format(&looked),
            totals: shown::totals(&looked.plan),
            rows: self.named(looked.plan.rows.iter().take(FIRST_ROWS)).await?,
        })
    }

    /// Rows as the window shows them, each with the name of the record that it repeats.
    async fn named(&self, rows: impl Iterator<Item = &PlannedRow> + Send) -> Result<Vec<ImportRow>, AppError> {
        let mut named = Vec::new();
        for row in rows {
            let mut shown = shown::row(row);
            if let Some(id) = row.of_id() {
                shown.of_name = self.store.lead_row(id).await?.map(|lead| lead::row(&lead).company);
            }
            named.push(shown);
        }
        Ok(named)
    }

    /// A window of the last dry run's rows.
    pub async fn import_rows(&self, query: ImportRowsQuery) -> Result<Page<ImportRow>, AppError> {
        let looked = self.imports.last()?;
        let wanted = |row: &&PlannedRow| query.outcome.is_empty() || shown::name(row.outcome) == query.outcome;
        let total = looked.plan.rows.iter().filter(wanted).count();
        let window = looked
            .plan
            .rows
            .iter()
            .filter(wanted)
            .skip(usize::try_from(query.offset).unwrap_or(usize::MAX))
            .take(usize::try_from(query.limit.clamp(1, 500)).unwrap_or(500));
        let rows = self.named(window).await?;
        Ok(Page { total: u64::try_from(total).unwrap_or_default(), offset: query.offset, rows })
    }

    /// Does what the dry run said, in one transaction that is one undo.
    ///
    /// # Errors
    /// As [`Self::import_preview`]; nothing of it stays when it is stopped.
    #[tracing::instrument(skip_all)]
    pub async fn import_commit(&self, source: ImportSource) -> Result<ImportDone, AppError> {
        self.allow(Action::ImportLeads, Object::in_scope(self.sales()))?;
        let _hand = self.at_work();
        self.imports.stop.store(false, Ordering::Relaxed);
        let looked = self.look(&source).await?;
        let batch = Box::pin(self.write_plan(&looked)).await?;
        let totals = shown::totals(&looked.plan);
        let undo = Inverse::Import { batch };
        let changes = self.tell(Changes {
            leads: true,
            undo: Some(undo.token()),
            done: zuc_ipc::words::count("import.done", totals.created, &[]),
            ..Changes::default()
        });
        Ok(ImportDone { batch: batch.to_string(), totals, rejected: Vec::new(), changes })
    }

    /// Stops the running import.
    #[expect(clippy::unused_async, reason = "a use case is asked like every other")]
    pub async fn import_cancel(&self) -> Result<Changes, AppError> {
        self.imports.stop.store(true, Ordering::Relaxed);
        Ok(Changes::default())
    }

    /// The dry run as scripts read it.
    pub async fn import_report(&self, source: &ImportSource) -> Result<serde_json::Value, AppError> {
        let looked = self.look(source).await?;
        Ok(serde_json::to_value(looked.plan.report(None))?)
    }

    /// Imports, and gives the report as scripts read it.
    pub async fn import_leads(&self, source: &ImportSource) -> Result<serde_json::Value, AppError> {
        let done = self.import_commit(source.clone()).await?;
        let batch = done.batch.parse().map_err(|_| AppError::invalid("batch"))?;
        Ok(serde_json::to_value(self.imports.last()?.plan.report(Some(batch)))?)
    }

    /// The rows of the last dry run that stay out, with their reasons, as a CSV to mend.
    ///
    /// # Errors
    /// `import.no_rejects` when every row may come in.
    pub async fn import_rejects(&self) -> Result<Vec<u8>, AppError> {
        self.import_rejected().await?.ok_or_else(|| AppError::new("import.no_rejects", "no row was rejected"))
    }

    /// The same; `None` when every row may come in.
    #[expect(clippy::unused_async, reason = "a use case is asked like every other")]
    pub async fn import_rejected(&self) -> Result<Option<Vec<u8>>, AppError> {
        let looked = self.imports.last()?;
        Ok(import::rejects::to_csv(&looked.table, &looked.plan))
    }
}
