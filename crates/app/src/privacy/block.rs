//! Fiscal documents of a customer who was forgotten: out of everyday work until their last day, read by who says why, and then
//! they end.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::civil::Date;
use uuid::Uuid;
use zuc_domain::{
    compliance::{Retention, RetentionDeed, RetentionError, blocked_until, hold, is_over, kept_until, reason_of},
    shared::{Action, InvoiceId, Object, Scope},
};
use zuc_ipc::{
    Changes,
    invoice::{InvoiceHold, InvoiceOpen, InvoiceView as Shown},
    words,
};
use zuc_protocol::ids::KeyId;
use zuc_store::{InvoiceRow, InvoiceView};

use super::person::ALL;
use crate::{AppError, Office, financial};

/// For how long a reason that was given opens a document here, in milliseconds: a quarter of an hour.
const OPEN_MS: i64 = 15 * 60_000;

/// Documents for which somebody said why, and when, in Unix milliseconds.
#[derive(Default)]
pub(crate) struct Opened(Mutex<BTreeMap<Uuid, i64>>);

impl Opened {
    fn open(&self, invoice: InvoiceId, now_ms: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(invoice.uuid(), now_ms);
    }

    fn is_open(&self, invoice: InvoiceId, now_ms: i64) -> bool {
        let opened = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&invoice.uuid()).copied();
        let age = opened.and_then(|at| now_ms.checked_sub(at));
        age.is_some_and(|age| (0..OPEN_MS).contains(&age))
    }
}

/// Until when a document is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LastDay {
    /// The day itself is one of keeping it.
    pub(crate) until: Date,
    /// Somebody keeps it longer than the law does.
    pub(crate) held: bool,
}

impl Office {
    /// Opens a document that is kept for the law alone: who reads it says why, and that is written down for all of finance.
    ///
    /// # Errors
    /// `invoice.no_reason`, `invoice.not_blocked`, `auth.forbidden`.
    #[tracing::instrument(skip_all, fields(invoice.id = %open.id))]
    pub async fn invoice_open(&self, open: InvoiceOpen) -> Result<Shown, AppError> {
        self.allow(Action::OpenBlocked, Object::in_scope(Scope::Finance))?;
        let invoice = financial::id(&open.id)?;
        let row = self.store.invoice_row(invoice).await?.ok_or_else(|| AppError::not_found("invoice"))?;
        if !row.blocked {
            return Err(AppError::new("invoice.not_blocked", "nobody has to say why"));
        }
        self.note_retention(invoice, RetentionDeed::Opened, &open.reason).await?;
        self.opened.open(invoice, self.now().as_millisecond());
        self.invoice_get(open.id).await
    }

    /// Keeps an issued document until a day that is later than the law's.
    ///
    /// # Errors
    /// `invoice.hold_not_later`, `invoice.no_reason`, `field.invalid` for what is no day, `auth.forbidden`.
    #[tracing::instrument(skip_all, fields(invoice.id = %held.id))]
    pub async fn invoice_hold(&self, held: InvoiceHold) -> Result<Changes, AppError> {
        self.allow(Action::HoldInvoice, Object::in_scope(Scope::Finance))?;
        let invoice = financial::id(&held.id)?;
        let row = self.store.invoice_row(invoice).await?.ok_or_else(|| AppError::not_found("invoice"))?;
        if row.document_state != "issued" {
            return Err(AppError::not_found("invoice"));
        }
        let until: Date = held.until.trim().parse().map_err(|_| AppError::invalid("until"))?;
        let deed = hold(self.last_day_of(&row).await?.until, until).map_err(|error| refused(error, "until"))?;
        self.note_retention(invoice, deed, &held.reason).await?;
        let done = words::fill("invoice.held", &[("day", &zuc_documents::numbers::date(until))]);
        Ok(self.tell(Changes { invoices: true, done, ..Changes::default() }))
    }

    /// Refuses a document that is kept for the law alone, unless somebody has just said here why they read it.
    ///
    /// # Errors
    /// `invoice.blocked`.
    pub(crate) fn may_open(&self, row: &InvoiceRow) -> Result<(), AppError> {
        if !row.blocked || self.opened.is_open(row.id, self.now().as_millisecond()) {
            return Ok(());
        }
        Err(AppError::new("invoice.blocked", "its customer was forgotten: who reads it says why"))
    }

    /// As [`Self::may_open`], by id; one that is not here is refused by whoever reads it.
    pub(crate) async fn may_open_id(&self, invoice: InvoiceId) -> Result<(), AppError> {
        match self.store.invoice_row(invoice).await? {
            Some(row) => self.may_open(&row),
            None => Ok(()),
        }
    }

    /// The last day of an issued document: the law's, or that of a hold.
    pub(crate) async fn last_day_of(&self, row: &InvoiceRow) -> Result<LastDay, AppError> {
        let law = kept_until(row.on.parse().unwrap_or_else(|_| self.today()), &self.profile().await?.rfc);
        let until = blocked_until(law, &self.store.facts::<Retention>(row.id).await?);
        Ok(LastDay { until, held: until > law })
    }

    /// Ends the documents whose last day is over, where this person may erase and reads them: their keys are destroyed, and with
    /// those what they say.
    ///
    /// # Errors
    /// As [`Office::person_erase`].
    pub(crate) async fn end_what_is_over(&self) -> Result<(), AppError> {
        let reads = self.may(Action::ReadInvoices, Object::in_scope(Scope::Finance));
        if !reads || !self.may(Action::ErasePerson, Object::in_scope(Scope::Admin)) {
            return Ok(());
        }
        let mut over: Vec<KeyId> = Vec::new();
        for row in self.store.invoices(InvoiceView::Blocked, "", 0, ALL).await? {
            if is_over(self.last_day_of(&row).await?.until, self.today()) {
                over.extend(self.keys_left(row.id).await?);
            }
        }
        if over.is_empty() {
            return Ok(());
        }
        self.destroy(&over).await?;
        tracing::info!(keys = over.len(), "documents whose last day is over have ended");
        self.tell(Changes { invoices: true, customers: true, ..Changes::default() });
        Ok(())
    }

    /// The keys of a document that were not destroyed.
    pub(super) async fn keys_left(&self, invoice: InvoiceId) -> Result<Vec<KeyId>, AppError> {
        let control = self.exchange.control();
        let keys = self.store.person_keys_of(invoice.uuid()).await?;
        Ok(keys.into_iter().filter(|key| !control.is_erased(*key)).collect())
    }

    /// Whether a document has ended: it had keys, and none is left.
    pub(crate) async fn has_ended(&self, invoice: InvoiceId) -> Result<bool, AppError> {
        let keys = self.store.person_keys_of(invoice.uuid()).await?;
        Ok(!keys.is_empty() && self.keys_left(invoice).await?.is_empty())
    }

    async fn note_retention(&self, invoice: InvoiceId, deed: RetentionDeed, reason: &str) -> Result<(), AppError> {
        let reason = reason_of(reason).map_err(|error| refused(error, "reason"))?;
        let mut tx = self.begin().await?;
        let word = Retention { id: tx.fresh_id(), invoice, by: self.actor.person, at: self.now(), deed, reason };
        tx.record_fact(&word, &[]).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn refused(error: RetentionError, field: &str) -> AppError {
    AppError::new(error.code(), error.to_string()).at(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_opens_one_document_for_a_quarter_of_an_hour() {
        let (one, other) = (InvoiceId(Uuid::from_u128(1)), InvoiceId(Uuid::from_u128(2)));
        let opened = Opened::default();
        assert!(!opened.is_open(one, 0));
        opened.open(one, 1_000_000);
        let open =
            [1_000_000, 1_000_000 + OPEN_MS - 1, 1_000_000 + OPEN_MS, 999_999].map(|now| opened.is_open(one, now));
        assert_eq!(open, [true, true, false, false]);
        assert!(!opened.is_open(other, 1_000_000), "a reason is for one document");
    }
}
