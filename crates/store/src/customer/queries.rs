//! Lists of customers and what the Cliente 360 shows of them.

use zuc_domain::shared::{ContactId, Currency, CustomerId, LeadId, PersonId};

use crate::projections::{Money, money_of_micro, search_terms};
use crate::store::uuid_of;
use crate::{Store, StoreError};

/// A customer in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRow {
    /// Its id.
    pub id: CustomerId,
    /// The name a list shows.
    pub name: String,
    /// The name of the fiscal profile, or the legal name as sales knows it.
    pub legal_name: String,
    /// RFC, empty while unknown.
    pub rfc: String,
    /// `c_RegimenFiscal`, empty while unknown.
    pub regimen: String,
    /// Postal code of the fiscal domicile.
    pub fiscal_cp: String,
    /// `c_UsoCFDI` to begin with.
    pub uso_cfdi: String,
    /// The state's stable name.
    pub state: String,
    /// Who looks after it.
    pub owner: PersonId,
    /// That person's name.
    pub owner_name: String,
    /// The lead it came from.
    pub lead: Option<LeadId>,
    /// Recurring part of a year of its active contracts in pesos.
    pub arr: Money,
    /// What it owes in pesos; zero too where this device holds no invoices.
    pub outstanding: Money,
    /// What of it the customer's team was told that it owes; `None` where it was told of no invoice.
    pub told: Option<Money>,
    /// Open deals.
    pub open_deals: u64,
    /// Written here and not yet acknowledged.
    pub unsent: bool,
}

/// A person at a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// Id.
    pub id: ContactId,
    /// Name.
    pub name: String,
    /// What the person does there.
    pub role: String,
    /// Mail.
    pub email: String,
    /// Phone.
    pub phone: String,
    /// The one to write to first.
    pub is_primary: bool,
}

struct Raw {
    id: Vec<u8>,
    name: String,
    legal_name: String,
    rfc: String,
    regimen: String,
    fiscal_cp: String,
    uso_cfdi: String,
    state: String,
    owner: Vec<u8>,
    owner_name: String,
    lead: Option<Vec<u8>>,
    arr: i64,
    outstanding: i64,
    told: Option<i64>,
    open_deals: i64,
    unsent: i64,
}

impl TryFrom<Raw> for CustomerRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        Ok(Self {
            id: CustomerId(uuid_of("customer_row", &raw.id)?),
            name: raw.name,
            legal_name: raw.legal_name,
            rfc: raw.rfc,
            regimen: raw.regimen,
            fiscal_cp: raw.fiscal_cp,
            uso_cfdi: raw.uso_cfdi,
            state: raw.state,
            owner: PersonId(uuid_of("customer_row", &raw.owner)?),
            owner_name: raw.owner_name,
            lead: raw.lead.map(|lead| uuid_of("customer_row", &lead)).transpose()?.map(LeadId),
            arr: money_of_micro(raw.arr, Currency::Mxn)?,
            outstanding: money_of_micro(raw.outstanding, Currency::Mxn)?,
            told: raw.told.map(|micro| money_of_micro(micro, Currency::Mxn)).transpose()?,
            open_deals: u64::try_from(raw.open_deals).unwrap_or(0),
            unsent: raw.unsent != 0,
        })
    }
}

macro_rules! customers {
    ($tail:literal, $($value:expr),*) => {
        sqlx::query_as!(
            Raw,
            r#"SELECT c.id, c.name, c.legal_name, c.rfc, c.regimen, c.fiscal_cp, c.uso_cfdi, c.state, c.owner,
                   c.owner_name, c.lead,
                   (SELECT ifnull(CAST(sum(arr_micro >> 32) * 4294967296 + sum(arr_micro & 4294967295) AS INTEGER), 0)
                    FROM customer_contract
                    WHERE customer = c.id AND state = 'active' AND currency = 'MXN') AS "arr!: i64",
                   (SELECT ifnull(CAST(sum(outstanding_micro >> 32) * 4294967296
                        + sum(outstanding_micro & 4294967295) AS INTEGER), 0)
                    FROM financial_invoice
                    WHERE customer = c.id AND fiscal_state = 'stamped' AND currency = 'MXN') AS "outstanding!: i64",
                   (SELECT CAST(sum(outstanding_micro >> 32) * 4294967296
                        + sum(outstanding_micro & 4294967295) AS INTEGER)
                    FROM customer_invoice
                    WHERE customer = c.id AND scope = c.scope AND currency = 'MXN') AS "told?: i64",
                   (SELECT count(*) FROM lead_opportunity WHERE customer = c.id AND open = 1) AS "open_deals!: i64",
                   EXISTS (SELECT 1 FROM outbox WHERE item = c.id) AS "unsent!: i64"
               FROM customer_row c "# + $tail,
            $($value),*
        )
    };
}

impl Store {
    /// One customer's row; `None` when no customer has this id.
    pub async fn customer_row(&self, id: CustomerId) -> Result<Option<CustomerRow>, StoreError> {
        let id = id.0.as_bytes().as_slice();
        let row = customers!("WHERE c.id = ?", id).fetch_optional(self.reader()).await?;
        row.map(CustomerRow::try_from).transpose()
    }

    /// Customers by name; archived ones are left out.
    pub async fn customers(&self, offset: u32, limit: u32) -> Result<Vec<CustomerRow>, StoreError> {
        let rows = customers!("WHERE c.state <> 'archived' ORDER BY c.name_sort, c.n LIMIT ? OFFSET ?", limit, offset)
            .fetch_all(self.reader())
            .await?;
        rows.into_iter().map(CustomerRow::try_from).collect()
    }

    /// How many customers there are; archived ones are left out.
    pub async fn customer_count(&self) -> Result<u64, StoreError> {
        let rows = sqlx::query_scalar!("SELECT count(*) FROM customer_row WHERE state <> 'archived'");
        Ok(u64::try_from(rows.fetch_one(self.reader()).await?).unwrap_or_default())
    }

    /// Customers by a few letters of name, RFC or a contact.
    pub async fn search_customers(&self, text: &str, limit: u32) -> Result<Vec<CustomerRow>, StoreError> {
        let Some(terms) = search_terms(text) else { return Ok(Vec::new()) };
        let rows = customers!(
            "WHERE c.n IN (SELECT rowid FROM customer_search WHERE customer_search MATCH ? LIMIT 400)
             ORDER BY c.name_sort LIMIT ?",
            terms,
            limit
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter().map(CustomerRow::try_from).collect()
    }

    /// The contacts of a customer, the primary one first.
    pub async fn contacts_of(&self, customer: CustomerId) -> Result<Vec<ContactRow>, StoreError> {
        let customer = customer.0.as_bytes().as_slice();
        let rows = sqlx::query!(
            "SELECT id, name, role, email, phone, is_primary FROM customer_contact WHERE customer = ?
             ORDER BY is_primary DESC, name",
            customer,
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(ContactRow {
                    id: ContactId(uuid_of("customer_contact", &row.id)?),
                    name: row.name,
                    role: row.role,
                    email: row.email,
                    phone: row.phone,
                    is_primary: row.is_primary != 0,
                })
            })
            .collect()
    }

    /// The customers at which somebody is a contact.
    pub async fn customers_with(&self, contact: ContactId) -> Result<Vec<CustomerId>, StoreError> {
        let contact = contact.0.as_bytes().as_slice();
        let customers = sqlx::query_scalar!(
            r#"SELECT customer AS "customer!: Vec<u8>" FROM customer_contact WHERE id = ?"#,
            contact
        )
        .fetch_all(self.reader())
        .await?;
        customers.iter().map(|id| Ok(CustomerId(uuid_of("customer_contact", id)?))).collect()
    }

    /// Contacts of this mail or telephone; an empty one is nobody's.
    pub async fn contacts_reached_by(&self, email: &str, phone: &str) -> Result<Vec<ContactId>, StoreError> {
        let contacts = sqlx::query_scalar!(
            r#"SELECT id AS "id!: Vec<u8>" FROM customer_contact
               WHERE (email <> '' AND email = ?) OR (phone <> '' AND phone = ?)"#,
            email,
            phone,
        )
        .fetch_all(self.reader())
        .await?;
        contacts.iter().map(|id| Ok(ContactId(uuid_of("customer_contact", id)?))).collect()
    }
}
