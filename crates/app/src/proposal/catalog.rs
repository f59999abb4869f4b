//! Products: finding them, and bringing a price list in.

use zuc_domain::{
    proposal::Product,
    shared::{Action, ImportBatchId, Object, ProductId, Scope},
};
use zuc_ipc::{
    Changes,
    import::{ImportDone, ImportSource, ImportTotals, RejectedRow},
    proposal::ProductRow,
    shared::Query,
    words,
};
use zuc_store::{ImportOf, Tx};

use crate::{
    AppError, Office,
    import::products,
    import_run::{Undone, read_file},
    money,
    undo::Inverse,
};

impl Office {
    /// Products by text; the first ones without a text.
    pub async fn product_search(&self, query: Query) -> Result<Vec<ProductRow>, AppError> {
        self.allow(Action::ReadCatalog, Object::in_scope(Scope::Catalog))?;
        let rows = self.store.products(query.text.trim(), 0, query.limit.clamp(1, 500)).await?;
        Ok(rows
            .into_iter()
            .map(|row| ProductRow {
                id: row.id.to_string(),
                sku: row.sku,
                description: row.description,
                unit: row.unit,
                clave_prod_serv: row.clave_prod_serv,
                clave_unidad: row.clave_unidad,
                price: zuc_ipc::Money {
                    amount: money::price(row.price.amount(), row.price.currency()),
                    currency: row.price.currency().to_string(),
                },
                tax: row.tax,
                recurrence: row.recurrence,
            })
            .collect())
    }

    /// Imports a price list as one undo: the company's for whoever manages the catalogue, the team's own for a rep. A
    /// product whose SKU is there is brought up to date in what the list says of it.
    #[tracing::instrument(skip_all)]
    pub async fn products_import(&self, source: ImportSource) -> Result<ImportDone, AppError> {
        let scope =
            if self.may(Action::EditCatalog, Object::in_scope(Scope::Catalog)) { Scope::Catalog } else { self.sales() };
        self.allow(Action::EditCatalog, Object::in_scope(scope))?;
        let _hand = self.at_work();
        let bytes = read_file(&source.path).await?;
        let list = tokio::task::spawn_blocking(move || products::read(&bytes))
            .await
            .map_err(|_| AppError::new("app.internal", "reading was interrupted"))??;
        let mut totals =
            ImportTotals { rows: u64::try_from(list.rows.len()).unwrap_or_default(), ..ImportTotals::default() };
        let mut known = Vec::with_capacity(list.rows.len());
        for row in &list.rows {
            known.push(match &row.product {
                Ok(draft) => self.store.product_by_sku(scope, &draft.sku).await?,
                Err(_) => None,
            });
        }
        let mut rejected = Vec::new();
        let mut tx = self.begin().await?;
        let batch = ImportBatchId(tx.fresh_id());
        for (row, known) in list.rows.into_iter().zip(known) {
            let draft = match row.product {
                Ok(draft) => draft,
                Err(reasons) => {
                    totals.rejected += 1;
                    rejected.push(left_out(row.number, &reasons));
                    continue;
                }
            };
            let standing = match known {
                Some(id) => tx.repository::<Product>().load(id).await?,
                None => None,
            };
            let id = if let Some(standing) = &standing {
                totals.merged += 1;
                standing.id
            } else {
                totals.created += 1;
                ProductId(tx.fresh_id())
            };
            let product = draft
                .over(id, scope, standing.as_ref())
                .map_err(|error| AppError::new(error.code(), error.to_string()))?;
            if standing.as_ref() != Some(&product) {
                let mut products = tx.repository::<Product>();
                let before = products.heads(id).await?;
                products.save(&product).await?;
                tx.note_product(batch, id, before.as_deref()).await?;
            }
            tx.repository::<Product>().let_go(id);
        }
        tx.record_import(batch, ImportOf::Products, &source.path, &serde_json::to_string(&totals)?).await?;
        tx.commit().await?;
        let changes = self.tell(Changes {
            proposals: true,
            undo: Some(Inverse::Import { batch }.token()),
            done: words::fill(
                "product.imported",
                &[
                    ("created", &words::count("product.new", totals.created, &[])),
                    ("updated", &words::count("product.updated", totals.merged, &[])),
                ],
            ),
            ..Changes::default()
        });
        Ok(ImportDone { batch: batch.to_string(), totals, rejected, changes })
    }

    /// Products that a list brought go, those it wrote over are as before; whatever was changed since stays.
    pub(crate) async fn take_back_products(&self, tx: &mut Tx, batch: ImportBatchId) -> Result<Undone, AppError> {
        let mut undone = Undone::default();
        for mark in tx.product_marks(batch).await? {
            let mut products = tx.repository::<Product>();
            let Some(now) = products.load(mark.product).await? else { continue };
            self.allow(Action::EditCatalog, Object::in_scope(now.scope))?;
            match mark.before {
                _ if !mark.same => undone.kept += 1,
                None => {
                    products.delete(mark.product).await?;
                    undone.removed += 1;
                }
                Some(before) => {
                    if let Some(before) = products.load_at(mark.product, &before).await? {
                        products.save(&before).await?;
                    }
                    undone.restored += 1;
                }
            }
            products.let_go(mark.product);
        }
        Ok(undone)
    }
}

fn left_out(row: u32, reasons: &[products::ProductReason]) -> RejectedRow {
    RejectedRow {
        row: u64::from(row),
        reasons: reasons.iter().map(|reason| reason.code().to_owned()).collect(),
        why: reasons.iter().map(|reason| reason.sentence()).collect::<Vec<_>>().join("; "),
    }
}
