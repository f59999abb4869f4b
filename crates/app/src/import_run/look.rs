//! Reading a list, and the dry run.

use std::{
    ops::ControlFlow,
    sync::{Arc, atomic::Ordering},
};

use zuc_domain::shared::{Action, Object};
use zuc_ipc::import::{ImportProgress, ImportSource};

use super::Looked;
use crate::{
    AppError, Notice, Office,
    import::{self, Identity, KnownLead, KnownLeads, Mapping, Plan, Progress, Table},
};

impl Office {
    /// Reads the file and runs dry; the same file with the same corrections is looked at once.
    pub(super) async fn look(&self, source: &ImportSource) -> Result<Arc<Looked>, AppError> {
        self.allow(Action::ImportLeads, Object::in_scope(self.sales()))?;
        let bytes = read_file(&source.path).await?;
        let known = self.known_leads().await?;
        let (notices, stop) = (self.notices.clone(), self.imports.stop.clone());
        let tell = move |phase: &str, progress: Progress| {
            let _ = notices.send(Notice::Import(ImportProgress {
                phase: phase.to_owned(),
                done: u64::try_from(progress.done).unwrap_or_default(),
                total: u64::try_from(progress.total).unwrap_or_default(),
            }));
            if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let (wanted, matching) = (source.clone(), tell.clone());
        let mut looked = tokio::task::spawn_blocking(move || {
            let table = Table::read(&bytes)?;
            let mut mapping = Mapping::guess(&table);
            for (header, field) in &wanted.mapping {
                mapping.set(header, import::LeadField::from_name(field));
            }
            let plan = Plan::dry_run(&table, &mapping, &known, |progress| matching("matching", progress))?;
            Ok::<_, AppError>(Looked { source: wanted, table, plan })
        })
        .await
        .map_err(|_| AppError::new("app.internal", "reading was interrupted"))??;
        self.find_fills(&mut looked.plan, |progress| tell("comparing", progress)).await?;
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
