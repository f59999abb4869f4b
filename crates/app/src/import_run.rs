//! A list on its way in: the last dry run, the running import, and taking one back.

use std::{
    ops::ControlFlow,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use zuc_domain::{
    lead::{Lead, LeadEvent},
    shared::{Action, DomainEvent, ImportBatchId, LeadId, Object},
};
use zuc_ipc::{
    Changes,
    import::{
        HeldDecision, HeldRow, ImportDone, ImportFormat, ImportPreview, ImportProgress, ImportRow, ImportRowsQuery,
        ImportSource, ImportTotals,
    },
    shared::Page,
};
use zuc_store::HeldRow as Held;

use crate::{
    AppError, Notice, Office,
    import::{self, Identity, KnownLead, KnownLeads, Mapping, Origin, Outcome, Plan, PlannedRow, Table},
    undo::Inverse,
};

/// Rows shown at once after a dry run.
const FIRST_ROWS: usize = 200;
/// Values shown under each header.
const SAMPLES: usize = 3;
/// Rows between two reports of progress.
const STEP: usize = 200;

/// The last dry run of this device, and the wish to stop.
#[derive(Default)]
pub(crate) struct Imports {
    last: Mutex<Option<Arc<Looked>>>,
    stop: AtomicBool,
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
        let looked = self.look(&source).await?;
        let file = std::path::Path::new(&source.path).file_name();
        Ok(ImportPreview {
            file: file.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            format: format(&looked),
            totals: totals(&looked.plan),
            rows: looked.plan.rows.iter().take(FIRST_ROWS).map(row).collect(),
        })
    }

    /// A window of the last dry run's rows.
    #[expect(clippy::unused_async, reason = "a use case is asked like every other")]
    pub async fn import_rows(&self, query: ImportRowsQuery) -> Result<Page<ImportRow>, AppError> {
        let looked = self.imports.last()?;
        let wanted = |row: &&PlannedRow| query.outcome.is_empty() || name(row.outcome) == query.outcome;
        let total = looked.plan.rows.iter().filter(wanted).count();
        let rows = looked
            .plan
            .rows
            .iter()
            .filter(wanted)
            .skip(usize::try_from(query.offset).unwrap_or(usize::MAX))
            .take(usize::try_from(query.limit.clamp(1, 500)).unwrap_or(500))
            .map(row)
            .collect();
        Ok(Page { total: u64::try_from(total).unwrap_or_default(), offset: query.offset, rows })
    }

    /// Does what the dry run said, in one transaction that is one undo.
    ///
    /// # Errors
    /// As [`Self::import_preview`]; nothing of it stays when it is stopped.
    #[tracing::instrument(skip_all)]
    pub async fn import_commit(&self, source: ImportSource) -> Result<ImportDone, AppError> {
        self.allow(Action::ImportLeads, Object::in_scope(self.sales()))?;
        self.imports.stop.store(false, Ordering::Relaxed);
        let looked = self.look(&source).await?;
        let batch = self.write_plan(&looked).await?;
        let totals = totals(&looked.plan);
        let undo = Inverse::Import { batch: batch.to_string() };
        let changes = self.tell(Changes {
            leads: true,
            undo: Some(undo.token()),
            done: format!("{} prospectos importados", totals.created),
            ..Changes::default()
        });
        Ok(ImportDone { batch: batch.to_string(), totals, changes })
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
    #[expect(clippy::unused_async, reason = "a use case is asked like every other")]
    pub async fn import_rejects(&self) -> Result<Vec<u8>, AppError> {
        let looked = self.imports.last()?;
        import::rejects::to_csv(&looked.table, &looked.plan)
            .ok_or_else(|| AppError::new("import.no_rejects", "no row was rejected"))
    }

    /// Takes an import back: its leads go, except those someone has worked on since.
    #[tracing::instrument(skip_all)]
    pub async fn import_undo(&self, batch: String) -> Result<Changes, AppError> {
        self.allow(Action::UndoImport, Object::in_scope(self.sales()))?;
        let batch: ImportBatchId = batch.parse().map_err(|_| AppError::invalid("batch"))?;
        let (leads, kept) = self.store.import_leads(batch).await?;
        let removed = leads.len();
        let mut tx = self.begin().await?;
        for lead in leads {
            tx.repository::<Lead>().delete(lead).await?;
        }
        tx.close_import(batch).await?;
        tx.commit().await?;
        Ok(self.tell(Changes {
            leads: true,
            done: match kept {
                0 => format!("Importación deshecha: {removed} prospectos"),
                kept => format!("Importación deshecha: {removed} prospectos; {kept} con cambios posteriores se quedan"),
            },
            ..Changes::default()
        }))
    }

    /// Rows that wait for a person.
    pub async fn held_list(&self) -> Result<Vec<HeldRow>, AppError> {
        self.allow(Action::ReadLeads, Object::in_scope(self.sales()))?;
        let mut rows = Vec::new();
        for held in self.store.held_rows().await? {
            let incoming: ImportRow = serde_json::from_str(&held.body)?;
            let existing = match held.of {
                Some(id) => self.store.lead_row(id).await?,
                None => None,
            };
            rows.push(HeldRow {
                id: format!("{}:{}", held.batch, held.row),
                incoming,
                existing_id: held.of.map(|id| id.to_string()).unwrap_or_default(),
                existing: existing.map(|row| format!("{} · {}", row.company, row.full_name)).unwrap_or_default(),
                likeness: 0,
            });
        }
        Ok(rows)
    }

    /// A person's word on a held row.
    pub async fn held_decide(&self, word: HeldDecision) -> Result<Changes, AppError> {
        let (batch, number) = word.id.rsplit_once(':').ok_or_else(|| AppError::invalid("id"))?;
        let batch: ImportBatchId = batch.parse().map_err(|_| AppError::invalid("id"))?;
        let number: i64 = number.parse().map_err(|_| AppError::invalid("id"))?;
        self.allow(Action::ImportLeads, Object::in_scope(self.sales()))?;
        let held = self
            .store
            .held_rows()
            .await?
            .into_iter()
            .find(|held| held.batch == batch && held.row == number)
            .ok_or_else(|| AppError::not_found("held row"))?;
        let mut tx = self.begin().await?;
        match word.decision.as_str() {
            "create" => {
                let stored: Stored = serde_json::from_str(&held.body)?;
                let id = LeadId(tx.fresh_id());
                let act = tx.act();
                let (lead, created, scored) = self.lead_of(&stored.draft, id, batch, &act)?;
                record(&mut tx, &lead, &created, scored.as_ref()).await?;
            }
            // a merged row fills nothing that the record has, and what it lacks was shown to the person
            "merge" | "discard" => {}
            _ => return Err(AppError::invalid("decision")),
        }
        tx.release_row(batch, number).await?;
        tx.commit().await?;
        Ok(self.tell(Changes { leads: true, done: "Fila resuelta".to_owned(), ..Changes::default() }))
    }
}

/// A held row as it is kept: what to show, and what it would become.
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    #[serde(flatten)]
    shown: ImportRow,
    draft: import::LeadDraft,
}

impl Office {
    /// Reads the file and runs dry; the same file with the same corrections is looked at once.
    async fn look(&self, source: &ImportSource) -> Result<Arc<Looked>, AppError> {
        self.allow(Action::ImportLeads, Object::in_scope(self.sales()))?;
        let bytes = read_file(&source.path).await?;
        let known = self.known_leads().await?;
        let (notices, wanted) = (self.notices.clone(), source.clone());
        let stop = Arc::new(AtomicBool::new(false));
        let looked = tokio::task::spawn_blocking(move || {
            let table = Table::read(&bytes)?;
            let mut mapping = Mapping::guess(&table);
            for (header, field) in &wanted.mapping {
                mapping.set(header, import::LeadField::from_name(field));
            }
            let plan = Plan::dry_run(&table, &mapping, &known, |progress| {
                let _ = notices.send(Notice::Import(ImportProgress {
                    phase: "matching".to_owned(),
                    done: u64::try_from(progress.done).unwrap_or_default(),
                    total: u64::try_from(progress.total).unwrap_or_default(),
                }));
                if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            Ok::<_, AppError>(Looked { source: wanted, table, plan })
        })
        .await
        .map_err(|_| AppError::new("app.internal", "reading was interrupted"))??;
        let looked = Arc::new(looked);
        self.imports.keep(looked.clone());
        Ok(looked)
    }

    /// Every lead as the matcher compares it.
    async fn known_leads(&self) -> Result<KnownLeads, AppError> {
        let rows = self.store.lead_identities().await?;
        Ok(rows
            .into_iter()
            .map(|row| KnownLead {
                id: row.id,
                identity: Identity {
                    rfc: row.rfc.parse().ok(),
                    emails: row.email.parse().ok().into_iter().collect(),
                    phones: row.phone.parse().ok().into_iter().collect(),
                    company: Some(row.company).filter(|company| !company.is_empty()),
                    address: None,
                },
            })
            .collect())
    }

    async fn write_plan(&self, looked: &Looked) -> Result<ImportBatchId, AppError> {
        let leads = looked.plan.leads();
        let total = u64::try_from(leads.len()).unwrap_or_default();
        let mut tx = self.begin().await?;
        let batch = ImportBatchId(tx.fresh_id());
        for (done, planned) in leads.iter().enumerate() {
            if done % STEP == 0 {
                if self.imports.stop.load(Ordering::Relaxed) {
                    // dropping the transaction leaves nothing
                    return Err(AppError::new("import.cancelled", "the person stopped the import"));
                }
                let _ = self.notices.send(Notice::Import(ImportProgress {
                    phase: "writing".to_owned(),
                    done: u64::try_from(done).unwrap_or_default(),
                    total,
                }));
            }
            match planned.origin {
                Origin::Row(_) => {
                    let id = LeadId(tx.fresh_id());
                    let act = tx.act();
                    let (lead, created, scored) = self.lead_of(&planned.draft, id, batch, &act)?;
                    record(&mut tx, &lead, &created, scored.as_ref()).await?;
                    tx.note_import(batch, lead.id).await?;
                }
                // what is there is not written over by a list: a merged row only says that it is known
                Origin::Existing(_) => {}
            }
        }
        for held in looked.plan.held() {
            let body = serde_json::to_string(&Stored { shown: row(held), draft: held.draft.clone() })?;
            let reasons = serde_json::to_string(&held.reason_codes())?;
            tx.hold_row(&Held { batch, row: i64::from(held.row), body, of: held.of_id(), reasons }).await?;
        }
        tx.record_import(batch, &looked.source.path, &serde_json::to_string(&looked.plan.totals)?).await?;
        tx.commit().await?;
        Ok(batch)
    }

    /// The lead a draft becomes, scored by the rules.
    fn lead_of(
        &self,
        draft: &import::LeadDraft,
        id: LeadId,
        batch: ImportBatchId,
        act: &zuc_domain::shared::Act,
    ) -> Result<(Lead, LeadEvent, Option<LeadEvent>), AppError> {
        let mut new = draft.new_lead(id, self.sales(), self.today());
        new.import_batch = Some(batch);
        new.owner = Some(self.actor.person);
        let created = Lead::create(new, act)?;
        let mut lead = Lead::from_created(&created)
            .ok_or_else(|| AppError::new("app.internal", "a created event makes a lead"))?;
        let scored = Self::rescore(&mut lead);
        Ok((lead, created, scored))
    }
}

async fn record(
    tx: &mut zuc_store::Tx,
    lead: &Lead,
    created: &LeadEvent,
    scored: Option<&LeadEvent>,
) -> Result<(), AppError> {
    let events: Vec<&dyn DomainEvent> =
        std::iter::once(created).chain(scored).map(|event| event as &dyn DomainEvent).collect();
    Ok(tx.repository().record_all(lead, &events).await?)
}

/// A file the person chose, or why it cannot be read.
pub(crate) async fn read_file(path: &str) -> Result<Vec<u8>, AppError> {
    let unreadable = |error: std::io::Error| AppError::new("file.not_read", error.kind().to_string());
    let size = tokio::fs::metadata(path).await.map_err(unreadable)?.len();
    if size > u64::try_from(import::MAX_FILE_BYTES).unwrap_or(u64::MAX) {
        return Err(AppError::new("file.too_large", "the list is larger than 200 MiB"));
    }
    tokio::fs::read(path).await.map_err(unreadable)
}

fn format(looked: &Looked) -> ImportFormat {
    let columns = looked.plan.mapping.columns();
    ImportFormat {
        encoding: looked.plan.format.encoding.to_owned(),
        delimiter: looked.plan.format.delimiter.clone(),
        mapping: columns
            .iter()
            .filter_map(|column| Some((column.header.clone(), column.field?.name().to_owned())))
            .collect(),
        headers: columns.iter().map(|column| column.header.clone()).collect(),
        samples: columns
            .iter()
            .map(|column| (column.header.clone(), column.samples.iter().take(SAMPLES).cloned().collect()))
            .collect(),
    }
}

fn totals(plan: &Plan) -> ImportTotals {
    let totals = plan.totals;
    ImportTotals {
        rows: totals.rows,
        created: totals.created,
        merged: totals.merged,
        probable_duplicate: totals.probable_duplicate,
        rejected: totals.rejected,
        warned: totals.warned,
    }
}

fn row(row: &PlannedRow) -> ImportRow {
    let codes = |codes: Vec<&str>| codes.into_iter().map(ToOwned::to_owned).collect();
    ImportRow {
        row: u64::from(row.row),
        outcome: name(row.outcome).to_owned(),
        of: row.of().map(u64::from),
        of_id: row.of_id().map(|id| id.to_string()),
        of_name: None,
        reasons: codes(row.reason_codes()),
        warnings: codes(row.warnings.iter().map(|warning| warning.code()).collect()),
        company: row.draft.company.clone().unwrap_or_default(),
        full_name: row.draft.name.clone().unwrap_or_default(),
        email: row.draft.emails.first().map(|email| email.as_str().to_owned()).unwrap_or_default(),
        phone: row.draft.phones.first().map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
    }
}

fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Merged => "merged",
        Outcome::ProbableDuplicate => "probable_duplicate",
        Outcome::Rejected => "rejected",
    }
}
