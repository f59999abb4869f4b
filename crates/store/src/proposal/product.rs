//! The catalogue.

use uuid::Uuid;
use zuc_domain::proposal::Product;
use zuc_domain::shared::money::canonical_decimal;
use zuc_domain::shared::text::fold;
use zuc_domain::shared::{Actor, Illegal, Object, ProductId, Scope, TransitionId};
use zuc_protocol::item::DocKind;

use crate::aggregate::{Aggregate, Projector};
use crate::doc::Kind;
use crate::projections::{FromColumn as _, Money, search_terms};
use crate::shape::Shape;
use crate::store::{scope_number, uuid_of};
use crate::{Store, StoreError};

static KIND: Kind = Kind { name: "product", maps: &[], texts: &[] };

static SHAPE: Shape = Shape {
    kind: &KIND,
    number: DocKind::PRODUCT,
    items: &[],
    sets: &[],
    transitions: "",
    sealed: &[],
    derived: &["id", "scope"],
    defaults: &[("price_breaks", "[]"), ("cost", "null"), ("retired", "false")],
};

impl Aggregate for Product {
    type Id = ProductId;
    const SHAPE: &'static Shape = &SHAPE;

    fn uuid(&self) -> Uuid {
        self.id.0
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn judge(_: &Actor, _: TransitionId, _: &str, _: &Object) -> Result<(), Illegal> {
        Ok(())
    }

    async fn project(&self, into: &mut Projector<'_>) -> Result<(), StoreError> {
        let (id, scope) = (self.id.0.as_bytes().as_slice(), scope_number(into.scope));
        let (price, currency) = (canonical_decimal(self.list_price.amount()), self.list_price.currency().to_string());
        let (micro, tax, recurrence) =
            (self.list_price.micro_units(), serde_json::to_value(self.tax)?, self.recurrence.name());
        let (tax, active, sort) = (tax.as_str().unwrap_or_default(), !self.retired, fold(&self.description));
        let n = sqlx::query_scalar!(
            r#"INSERT INTO proposal_product (id, scope, sku, description, unit, clave_prod_serv, clave_unidad, price,
                   currency, price_micro, tax, recurrence, active, description_sort)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (id) DO UPDATE SET scope = excluded.scope, sku = excluded.sku,
                   description = excluded.description, unit = excluded.unit,
                   clave_prod_serv = excluded.clave_prod_serv, clave_unidad = excluded.clave_unidad,
                   price = excluded.price, currency = excluded.currency, price_micro = excluded.price_micro,
                   tax = excluded.tax, recurrence = excluded.recurrence, active = excluded.active,
                   description_sort = excluded.description_sort
               RETURNING n AS "n!: i64""#,
            id,
            scope,
            self.sku,
            self.description,
            self.unit,
            self.clave_prod_serv,
            self.clave_unidad,
            price,
            currency,
            micro,
            tax,
            recurrence,
            active,
            sort,
        )
        .fetch_one(&mut *into.conn)
        .await?;
        sqlx::query!("DELETE FROM proposal_product_search WHERE rowid = ?", n).execute(&mut *into.conn).await?;
        sqlx::query!(
            "INSERT INTO proposal_product_search (rowid, sku, description, clave_prod_serv) VALUES (?, ?, ?, ?)",
            n,
            self.sku,
            self.description,
            self.clave_prod_serv,
        )
        .execute(&mut *into.conn)
        .await?;
        Ok(())
    }

    async fn unproject(id: Uuid, from: &mut Projector<'_>) -> Result<(), StoreError> {
        let id = id.as_bytes().as_slice();
        let n = sqlx::query_scalar!(r#"DELETE FROM proposal_product WHERE id = ? RETURNING n AS "n!: i64""#, id)
            .fetch_optional(&mut *from.conn)
            .await?;
        if let Some(n) = n {
            sqlx::query!("DELETE FROM proposal_product_search WHERE rowid = ?", n).execute(&mut *from.conn).await?;
        }
        Ok(())
    }
}

/// A product in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRow {
    /// Its id.
    pub id: ProductId,
    /// The company's own key.
    pub sku: String,
    /// What it is.
    pub description: String,
    /// Unit in words.
    pub unit: String,
    /// `c_ClaveProdServ`.
    pub clave_prod_serv: String,
    /// `c_ClaveUnidad`.
    pub clave_unidad: String,
    /// Price of one, before tax.
    pub price: Money,
    /// The tax's stable name.
    pub tax: String,
    /// The recurrence's stable name.
    pub recurrence: String,
}

struct Raw {
    id: Vec<u8>,
    sku: String,
    description: String,
    unit: String,
    clave_prod_serv: String,
    clave_unidad: String,
    price: String,
    currency: String,
    tax: String,
    recurrence: String,
}

impl TryFrom<Raw> for ProductRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        let id = uuid_of("proposal_product", &raw.id)?;
        Ok(Self {
            id: ProductId(id),
            sku: raw.sku,
            description: raw.description,
            unit: raw.unit,
            clave_prod_serv: raw.clave_prod_serv,
            clave_unidad: raw.clave_unidad,
            price: Money::required("proposal_product", id, &raw.price, &raw.currency)?,
            tax: raw.tax,
            recurrence: raw.recurrence,
        })
    }
}

impl Store {
    /// The products on sale by a few letters of key or description; all of them, by description, without any.
    pub async fn products(&self, text: &str, offset: u32, limit: u32) -> Result<Vec<ProductRow>, StoreError> {
        let rows = match search_terms(text) {
            Some(terms) => {
                sqlx::query_as!(
                    Raw,
                    "SELECT id, sku, description, unit, clave_prod_serv, clave_unidad, price, currency, tax, recurrence
                     FROM proposal_product WHERE active = 1
                         AND n IN (SELECT rowid FROM proposal_product_search WHERE proposal_product_search MATCH ? LIMIT 1000)
                     ORDER BY description_sort, n LIMIT ? OFFSET ?",
                    terms,
                    limit,
                    offset,
                )
                .fetch_all(self.reader())
                .await?
            }
            None => {
                sqlx::query_as!(
                    Raw,
                    "SELECT id, sku, description, unit, clave_prod_serv, clave_unidad, price, currency, tax, recurrence
                     FROM proposal_product WHERE active = 1 ORDER BY description_sort, n LIMIT ? OFFSET ?",
                    limit,
                    offset,
                )
                .fetch_all(self.reader())
                .await?
            }
        };
        rows.into_iter().map(ProductRow::try_from).collect()
    }

    /// What a product is called; `None` when none has this id.
    pub async fn product_name(&self, id: ProductId) -> Result<Option<String>, StoreError> {
        let id = id.0.as_bytes().as_slice();
        let name = sqlx::query_scalar!("SELECT description FROM proposal_product WHERE id = ?", id)
            .fetch_optional(self.reader())
            .await?;
        Ok(name)
    }

    /// The product with this key in a scope, if there is one: the company's and a team's may have the same.
    pub async fn product_by_sku(&self, scope: Scope, sku: &str) -> Result<Option<ProductId>, StoreError> {
        let number = scope_number(scope);
        let id =
            sqlx::query_scalar!("SELECT id FROM proposal_product WHERE scope = ? AND sku = ? LIMIT 1", number, sku)
                .fetch_optional(self.reader())
                .await?;
        id.map(|id| Ok(ProductId(uuid_of("proposal_product", &id)?))).transpose()
    }
}
