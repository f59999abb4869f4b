//! Documents that the law keeps of a customer who was forgotten: which they are follows from what was erased, on every laptop
//! alike.

use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::compliance::Retention;
use zuc_domain::shared::{InvoiceId, PersonId, Scope};
use zuc_protocol::item::Fact;

use crate::StoreError;
use crate::aggregate::Projector;
use crate::facts::FactRecord;

impl FactRecord for Retention {
    const KIND: &'static str = Fact::RETENTION;
    const SEALED: &'static [&'static str] = &[];

    fn uuid(&self) -> Uuid {
        self.id
    }

    fn subject(&self) -> Uuid {
        self.invoice.uuid()
    }

    fn scope(&self) -> Scope {
        Scope::Finance
    }

    fn by(&self) -> Option<PersonId> {
        Some(self.by)
    }

    async fn project(&self, _into: &mut Projector<'_>) -> Result<(), StoreError> {
        // a document has a handful; they are read as facts
        Ok(())
    }
}

/// Blocks what was issued to customers whose key is erased.
pub(crate) async fn block_erased(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE financial_invoice SET blocked = 1 WHERE blocked = 0 AND document_state = 'issued' AND customer IN
             (SELECT s.subject FROM person_erased e JOIN person_subject s ON s.key_id = e.key_id)"
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Blocks one document, or does not, as its customer's key says.
pub(super) async fn block_if_erased(conn: &mut SqliteConnection, invoice: InvoiceId) -> Result<(), StoreError> {
    let id = invoice.0.as_bytes().as_slice();
    sqlx::query!(
        "UPDATE financial_invoice SET blocked = document_state = 'issued' AND EXISTS
             (SELECT 1 FROM person_subject s JOIN person_erased e ON e.key_id = s.key_id
              WHERE s.subject = financial_invoice.customer)
         WHERE id = ?",
        id,
    )
    .execute(conn)
    .await?;
    Ok(())
}
