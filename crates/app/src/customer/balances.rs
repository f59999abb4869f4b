//! Telling a customer's team what finance may tell it.

use std::sync::atomic::Ordering;

use zuc_domain::{
    financial::{Invoice, PublicInvoice},
    shared::{Action, CustomerId, Object},
};
use zuc_ipc::{Changes, customer::Balances};
use zuc_store::StoreError;

use crate::{AppError, Notice, Office, money};

/// Invoices that are told of in one transaction.
const MOST: u32 = 200;

impl Office {
    /// Tells each team of the stamped invoices of its customers that it was not told of yet: all of a customer's who moved to
    /// it. Every finance laptop says the same, so it matters to nobody which says it first, or how often.
    pub(crate) async fn publish_balances(&self) -> Result<(), AppError> {
        if !self.balances_due.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let told = self.tell_teams().await;
        if !matches!(told, Ok(false)) {
            self.balances_due.store(true, Ordering::Relaxed);
        }
        told.map(|_| ())
    }

    /// `true` where there may be more to tell.
    async fn tell_teams(&self) -> Result<bool, AppError> {
        let untold = self.store.untold_invoices(MOST).await?;
        let mine = |scope| self.may(Action::PublishBalances, Object::in_scope(scope));
        let untold: Vec<_> = untold.into_iter().filter(|(_, scope)| mine(*scope)).collect();
        if untold.is_empty() {
            return Ok(false);
        }
        let many = untold.len();
        let mut tx = self.begin().await?;
        for (id, scope) in untold {
            let invoice = match tx.repository::<Invoice>().load(id).await {
                Ok(Some(invoice)) => invoice,
                // one that cannot be read keeps nobody from being told of the others
                Ok(None) | Err(StoreError::Corrupt { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            if let Some(public) = PublicInvoice::of(&invoice, scope) {
                tx.record_fact(&public, &[]).await?;
            }
        }
        tx.commit().await?;
        // not by `tell`, which would have this looked at again
        let _ = self.notices.send(Notice::Changes(Changes { customers: true, ..Changes::default() }));
        Ok(u32::try_from(many).is_ok_and(|many| many == MOST))
    }

    /// What a customer was invoiced and owes, as its team was told.
    pub(super) async fn balances(&self, customer: CustomerId) -> Result<Option<Balances>, AppError> {
        let Some(balances) = self.store.balances_of(customer, self.today()).await? else { return Ok(None) };
        let paid = balances.invoiced.amount() - balances.open.amount();
        Ok(Some(Balances {
            paid: money::amount(paid, balances.invoiced.currency()),
            invoiced: money::signed(balances.invoiced),
            open: money::signed(balances.open),
            overdue: money::signed(balances.overdue),
            overdue_since: balances.overdue_since.unwrap_or_default(),
        }))
    }
}
