//! Receiver and terms of a draft.

use zuc_domain::{
    customer::Customer,
    financial::{Invoice, MetodoPago, PaymentTerms, Receptor},
    shared::{Action, InvoiceId, Object, Scope},
};
use zuc_ipc::{
    Changes,
    invoice::{InvoiceFiscalSet, InvoiceIssued},
    words,
};

use super::{id, load};
use crate::{
    AppError, Office, customer,
    undo::{Before, Inverse, RecordWas},
};

impl Office {
    /// Completes a draft: the receiver as registered, method and form of payment, the internal note. The receiver
    /// becomes the customer's fiscal profile too, so that the next draft has it.
    ///
    /// # Errors
    /// The code of the first problem, which names its field; `invoice.locked` once it is sealed.
    #[tracing::instrument(skip_all, fields(invoice.id = %set.id))]
    pub async fn invoice_set_fiscal(&self, set: InvoiceFiscalSet) -> Result<InvoiceIssued, AppError> {
        self.allow(Action::EditInvoice, Object::in_scope(Scope::Finance))?;
        let invoice_id = id(&set.id)?;
        let profile = customer::checked(&set.receptor)?;
        let metodo: MetodoPago = set.metodo_pago.parse().map_err(|_| AppError::invalid("metodo_pago"))?;
        let terms = PaymentTerms::chosen(metodo, &set.forma_pago);
        if metodo == MetodoPago::Pue && !forma_is_real(&terms.forma) {
            return Err(AppError::new("fiscal.forma_pago", "PUE is paid by a real form").at("forma_pago"));
        }
        let mut tx = self.begin().await?;
        let mut invoice: Invoice = load(&mut tx, invoice_id).await?;
        let receptor = Receptor {
            rfc: profile.rfc.as_str().to_owned(),
            legal_name: profile.legal_name.clone(),
            regimen_fiscal: profile.regimen_fiscal.clone(),
            domicilio_cp: profile.domicilio_cp.as_str().to_owned(),
            uso_cfdi: profile.uso_cfdi_default.clone(),
        };
        let before = Before::of::<Invoice>(&mut tx, invoice_id).await?;
        invoice.complete(receptor, terms, &set.note)?;
        tx.repository().save(&invoice).await?;
        let mut records: Vec<RecordWas> = before.was::<Invoice>(&mut tx).await?.into_iter().collect();
        let mut buyer = customer::load(&mut tx, invoice.customer).await?;
        if buyer.fiscal_profile.as_ref() != Some(&profile) {
            let before = Before::of::<Customer>(&mut tx, invoice.customer).await?;
            let event = buyer.set_fiscal_profile(profile)?;
            buyer.apply(&event);
            tx.repository().record(&buyer, &event).await?;
            records.extend(before.was::<Customer>(&mut tx).await?);
        }
        tx.commit().await?;
        let undo = (!records.is_empty()).then(|| Inverse::Records { records }.token());
        let shown = self.invoice_shown(invoice_id, words::say("customer.fiscal_saved")).await?;
        Ok(InvoiceIssued { changes: Changes { undo, ..shown.changes }, ..shown })
    }

    /// The page again, and what to reload.
    pub(crate) async fn invoice_shown(&self, id: InvoiceId, done: &str) -> Result<InvoiceIssued, AppError> {
        let view = self.invoice_get(id.to_string()).await?;
        let changes =
            self.tell(Changes { invoices: true, customers: true, done: done.to_owned(), ..Changes::default() });
        Ok(InvoiceIssued { view, changes, refused: None })
    }
}

/// A form of payment that says how money moved; 99 says that it has not.
fn forma_is_real(forma: &str) -> bool {
    use zuc_cfdi::catalogs::{Catalog, contains};
    forma != "99" && contains(Catalog::FormaPago, forma)
}
