//! Taking an import back.

use zuc_domain::{
    lead::Lead,
    shared::{Action, ImportBatchId, Object},
};
use zuc_ipc::{Changes, words};
use zuc_store::{ImportMark, ImportOf, Tx};

use super::fills::save_edited;
use crate::{AppError, Office, lead};

/// What came of the records of a batch.
#[derive(Default)]
pub(crate) struct Undone {
    /// Records that went.
    pub(crate) removed: u64,
    /// Records that were there before and are again as they were.
    pub(crate) restored: u64,
    /// Records that someone worked on since: what was done stays.
    pub(crate) kept: u64,
}

impl Office {
    /// Takes an import back: its records go and what it wrote over is as before, except where someone has worked on them
    /// since.
    ///
    /// # Errors
    /// `import.unknown_batch` for a batch that this laptop did not import, `import.already_undone`.
    #[tracing::instrument(skip_all)]
    pub async fn import_undo(&self, batch: String) -> Result<Changes, AppError> {
        let batch: ImportBatchId = batch.parse().map_err(|_| AppError::invalid("batch"))?;
        let _hand = self.at_work();
        let mut tx = self.begin().await?;
        let known = tx
            .import_batch(batch)
            .await?
            .ok_or_else(|| AppError::new("import.unknown_batch", "this laptop knows no such import"))?;
        if known.of == ImportOf::Leads {
            self.allow(Action::UndoImport, Object { scope: self.sales(), owner: Some(known.actor) })?;
        }
        if known.undone {
            return Err(AppError::new("import.already_undone", "the import was taken back before"));
        }
        let undone = match known.of {
            ImportOf::Leads => take_back_leads(&mut tx, batch).await?,
            ImportOf::Products => self.take_back_products(&mut tx, batch).await?,
        };
        let done = undone.sentence(known.of);
        tx.close_import(batch).await?;
        tx.commit().await?;
        let leads = known.of == ImportOf::Leads;
        Ok(self.tell(Changes { leads, proposals: !leads, done, ..Changes::default() }))
    }
}

async fn take_back_leads(tx: &mut Tx, batch: ImportBatchId) -> Result<Undone, AppError> {
    let mut undone = Undone::default();
    // the last write first: a lead is then as the batch found it when its turn comes
    for mark in tx.import_marks(batch).await?.iter().rev() {
        if mark.made {
            take_away(tx, mark, &mut undone).await?;
        } else {
            take_out(tx, mark, &mut undone).await?;
        }
        tx.repository::<Lead>().let_go(mark.lead);
    }
    Ok(undone)
}

/// A lead that the batch made goes, unless someone changed it or logged something about it.
async fn take_away(tx: &mut Tx, mark: &ImportMark, undone: &mut Undone) -> Result<(), AppError> {
    let untouched = !mark.worked && (mark.same || is_as_left(tx, mark).await?);
    if untouched {
        tx.repository::<Lead>().delete(mark.lead).await?;
    }
    // one that was merged away was no lead of the list
    if mark.shown {
        *(if untouched { &mut undone.removed } else { &mut undone.kept }) += 1;
    }
    Ok(())
}

/// Whether it says what it said when the batch left it: a change that was taken back again is none.
async fn is_as_left(tx: &mut Tx, mark: &ImportMark) -> Result<bool, AppError> {
    let now = tx.repository::<Lead>().load(mark.lead).await?;
    let left = tx.repository::<Lead>().load_at(mark.lead, &mark.left).await?;
    Ok(now == left)
}

/// What the batch brought to a lead that was there goes, unless it was written over since.
async fn take_out(tx: &mut Tx, mark: &ImportMark, undone: &mut Undone) -> Result<(), AppError> {
    // a lead that went meanwhile stays away
    if !mark.shown {
        return Ok(());
    }
    let mut now = lead::load(tx, mark.lead).await?;
    let found = now.clone();
    let mut stays = false;
    for (before, after) in mark.fills.iter().rev() {
        let before = tx.repository::<Lead>().load_at(mark.lead, before).await?;
        let after = tx.repository::<Lead>().load_at(mark.lead, after).await?;
        let (Some(before), Some(after)) = (before, after) else { continue };
        match now.take_back(&before, &after) {
            Ok(back) => {
                now.apply_take_back(&back);
                stays |= back.stays;
            }
            // it became a customer with what it knew
            Err(_) => stays = true,
        }
    }
    if now != found {
        save_edited(tx, &mut now).await?;
    }
    *(if stays { &mut undone.kept } else { &mut undone.restored }) += 1;
    Ok(())
}

impl Undone {
    fn sentence(&self, of: ImportOf) -> String {
        let undone = match of {
            ImportOf::Leads => words::count("import.undone", self.removed, &[]),
            ImportOf::Products => words::count("product.undone", self.removed, &[]),
        };
        let undone = match self.restored {
            0 => undone,
            restored => words::count("import.undone_restored", restored, &[("undone", &undone)]),
        };
        match self.kept {
            0 => undone,
            kept => words::count("import.undone_some", kept, &[("undone", &undone)]),
        }
    }
}
