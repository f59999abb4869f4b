//! What the import of a price list did to products.

use zuc_domain::shared::{ImportBatchId, ProductId};

use crate::StoreError;
use crate::store::uuid_of;
use crate::tx::Tx;

/// What a batch did to one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductMark {
    /// The product.
    pub product: ProductId,
    /// Its heads before; `None` where the batch made it.
    pub before: Option<Vec<u8>>,
    /// Nobody wrote to it since.
    pub same: bool,
}

impl Tx {
    /// Remembers that a batch wrote a product: its heads `before`, or that the batch made it.
    pub async fn note_product(
        &mut self,
        batch: ImportBatchId,
        product: ProductId,
        before: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let n = self.next_note(batch).await?;
        self.note_write(batch, n, product.0, before).await
    }

    /// What a batch did, product by product in the order of the list.
    pub async fn product_marks(&mut self, batch: ImportBatchId) -> Result<Vec<ProductMark>, StoreError> {
        let id = batch.0.as_bytes().as_slice();
        let rows = sqlx::query!(
            r#"SELECT u.object, u.inverse, d.heads = u.heads AS "same!: bool"
               FROM undo u JOIN doc d ON d.scope = u.scope AND d.id = u.object WHERE u.batch = ? ORDER BY u.n"#,
            id,
        )
        .fetch_all(self.conn())
        .await?;
        rows.into_iter()
            .map(|row| {
                let before = row.inverse.map(hex::decode).transpose();
                Ok(ProductMark {
                    product: ProductId(uuid_of("undo", &row.object)?),
                    before: before.map_err(|_| StoreError::corrupt("undo", "inverse", batch.0))?,
                    same: row.same,
                })
            })
            .collect()
    }
}
