//! The customer domain's documents and read tables.

mod balances;
mod contract;
mod queries;

use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::customer::{Customer, CustomerState};
use zuc_domain::shared::text::fold;
use zuc_domain::shared::{Actor, CustomerId, Illegal, Object, Scope, TransitionId};
use zuc_protocol::item::DocKind;

pub use balances::Balances;
pub use contract::ContractRow;
pub use queries::{ContactRow, CustomerRow};

use crate::aggregate::{Aggregate, Projector};
use crate::doc::{Keep, Kind, MapSpec};
use crate::projections::millis_of;
use crate::shape::{Items, SealedField, Shape, When};
use crate::store::scope_number;
use crate::{StoreError, legality};

static KIND: Kind = Kind { name: "customer", maps: &[MapSpec { name: "contacts", keep: Keep::Grow }], texts: &[] };

static SHAPE: Shape = Shape {
    kind: &KIND,
    number: DocKind::CUSTOMER,
    items: &[Items { name: "contacts", levels: &["*"], optional: false }],
    sets: &[],
    transitions: "transitions",
    sealed: &[
        SealedField { of: "contacts", name: "name", when: When::Always, erased: "\"Persona eliminada\"" },
        SealedField { of: "contacts", name: "email", when: When::Always, erased: "null" },
        SealedField { of: "contacts", name: "phone", when: When::Always, erased: "null" },
        SealedField { of: "", name: "legal_name", when: When::NaturalPerson, erased: "\"Persona eliminada\"" },
        SealedField { of: "", name: "trade_name", when: When::NaturalPerson, erased: "null" },
        SealedField { of: "", name: "rfc", when: When::NaturalPerson, erased: "null" },
        SealedField { of: "", name: "fiscal_profile", when: When::NaturalPerson, erased: "null" },
    ],
    derived: &["id", "scope"],
    defaults: &[("fiscal_profile", "null"), ("trade_name", "null"), ("rfc", "null")],
};

impl Aggregate for Customer {
    type Id = CustomerId;
    const SHAPE: &'static Shape = &SHAPE;

    fn uuid(&self) -> Uuid {
        self.id.0
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn judge(author: &Actor, key: TransitionId, record: &str, object: &Object) -> Result<(), Illegal> {
        legality::step::<CustomerState>(author, key, record, object)
    }

    async fn project(&self, into: &mut Projector<'_>) -> Result<(), StoreError> {
        let (id, scope) = (self.id.0.as_bytes().as_slice(), scope_number(into.scope));
        let rfc = self.rfc.as_ref().map_or("", |rfc| rfc.as_str());
        let profile = self.fiscal_profile.as_ref();
        let regimen = profile.map_or("", |profile| profile.regimen_fiscal.as_str());
        let fiscal_cp = profile.map_or("", |profile| profile.domicilio_cp.as_str());
        let uso = profile.map_or("", |profile| profile.uso_cfdi_default.as_str());
        let legal = profile.map_or(self.legal_name.as_str(), |profile| profile.legal_name.as_str());
        let (state, owner) = (self.state().name(), self.owner.0.as_bytes().as_slice());
        let lead = self.lead.as_ref().map(|lead| lead.0.as_bytes().as_slice());
        let (name, created, sort) = (self.display_name(), millis_of(self.id.0), fold(self.display_name()));
        let n = sqlx::query_scalar!(
            r#"INSERT INTO customer_row (id, scope, name, legal_name, rfc, regimen, fiscal_cp, uso_cfdi, state, owner,
                   owner_name, lead, created_at, name_sort)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,
                   ifnull((SELECT name FROM member WHERE person = ?10), ''), ?11, ?12, ?13)
               ON CONFLICT (id) DO UPDATE SET scope = excluded.scope, name = excluded.name,
                   legal_name = excluded.legal_name, rfc = excluded.rfc, regimen = excluded.regimen,
                   fiscal_cp = excluded.fiscal_cp, uso_cfdi = excluded.uso_cfdi, state = excluded.state,
                   owner = excluded.owner, owner_name = excluded.owner_name, lead = excluded.lead,
                   name_sort = excluded.name_sort
               RETURNING n AS "n!: i64""#,
            id,
            scope,
            name,
            legal,
            rfc,
            regimen,
            fiscal_cp,
            uso,
            state,
            owner,
            lead,
            created,
            sort,
        )
        .fetch_one(&mut *into.conn)
        .await?;
        sqlx::query!("DELETE FROM customer_contact WHERE customer = ?", id).execute(&mut *into.conn).await?;
        for contact in self.contacts.values() {
            let contact_id = contact.id.0.as_bytes().as_slice();
            let role = contact.role.as_deref().unwrap_or_default();
            let email = contact.email.as_ref().map_or("", |email| email.as_str());
            let phone = contact.phone.as_ref().map_or("", |phone| phone.as_str());
            sqlx::query!(
                "INSERT INTO customer_contact (id, customer, name, role, email, phone, is_primary) VALUES (?, ?, ?, ?, ?, ?, ?)",
                contact_id,
                id,
                contact.name,
                role,
                email,
                phone,
                contact.is_primary,
            )
            .execute(&mut *into.conn)
            .await?;
        }
        let people: Vec<&str> = self.contacts.values().map(|contact| contact.name.as_str()).collect();
        let people = people.join(" ");
        sqlx::query!("DELETE FROM customer_search WHERE rowid = ?", n).execute(&mut *into.conn).await?;
        sqlx::query!(
            "INSERT INTO customer_search (rowid, name, legal_name, rfc, people) VALUES (?, ?, ?, ?, ?)",
            n,
            name,
            legal,
            rfc,
            people,
        )
        .execute(&mut *into.conn)
        .await?;
        Ok(())
    }

    async fn unproject(id: Uuid, from: &mut Projector<'_>) -> Result<(), StoreError> {
        let id = id.as_bytes().as_slice();
        let n = sqlx::query_scalar!(r#"DELETE FROM customer_row WHERE id = ? RETURNING n AS "n!: i64""#, id)
            .fetch_optional(&mut *from.conn)
            .await?;
        sqlx::query!("DELETE FROM customer_contact WHERE customer = ?", id).execute(&mut *from.conn).await?;
        if let Some(n) = n {
            sqlx::query!("DELETE FROM customer_search WHERE rowid = ?", n).execute(&mut *from.conn).await?;
        }
        Ok(())
    }
}

/// Shows a person's name beside the rows that they own.
pub(crate) async fn name_owner(conn: &mut SqliteConnection, person: &[u8], name: &str) -> Result<(), StoreError> {
    sqlx::query!("UPDATE customer_row SET owner_name = ? WHERE owner = ? AND owner_name <> ?", name, person, name)
        .execute(conn)
        .await?;
    Ok(())
}
