//! The audit records of the company's laptops: telling how far one's own reaches, and what was heard of the others.

use serde::Serialize;
use zuc_domain::shared::{Action, Object, Role, Scope};
use zuc_protocol::{home::writers_of_fact, item::Fact};
use zuc_store::wire_scope;

use crate::{AppError, Office, failpoint::failpoint};

/// How far the record of one laptop reaches, as it was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The laptop.
    pub device: String,
    /// Whose it is.
    pub person: String,
    /// It is this one.
    pub here: bool,
    /// The last row that was told.
    pub row: u64,
    /// Its hash, in hexadecimal.
    pub hash: String,
    /// When, by that laptop's clock; RFC 3339.
    pub at: String,
}

impl Office {
    /// What each laptop told last of its record.
    ///
    /// # Errors
    /// `auth.forbidden`.
    pub async fn audit_heads(&self) -> Result<Vec<Head>, AppError> {
        self.allow(Action::ReadDevices, Object::in_scope(self.sales()))?;
        let heads = self.store.audit_heads().await?;
        Ok(heads
            .into_iter()
            .map(|head| Head {
                device: head.device.to_string(),
                person: self.person_at(head.device).map(|person| self.exchange.name_of(person)).unwrap_or_default(),
                here: head.device == self.actor.device,
                row: u64::try_from(head.mark.seq).unwrap_or_default(),
                hash: head.mark.hash,
                at: head.at.to_string(),
            })
            .collect())
    }

    /// Tells the others how far the record of this laptop reaches.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn tell_audit_head(&self) -> Result<(), AppError> {
        let mut tx = self.begin().await?;
        tx.tell_audit_head(self.audit_scope()).await?;
        failpoint("audit.telling")?;
        tx.commit().await?;
        failpoint("audit.told")
    }

    /// The same, where it is time.
    pub(crate) async fn tell_audit_head_if_due(&self) -> Result<(), AppError> {
        if self.store.audit_head_is_due(self.now()).await? { self.tell_audit_head().await } else { Ok(()) }
    }

    /// Where this laptop tells it: to those who sell, or, of whoever only administers, to those who do.
    fn audit_scope(&self) -> Scope {
        let control = self.exchange.control();
        let me = self.exchange.device_keys().id();
        let roles = writers_of_fact(Fact::AUDIT_HEAD).unwrap_or_default();
        let sales = self.sales();
        let sells = control.rights(me).is_some_and(|rights| rights.may_write_as(roles, wire_scope(sales)));
        if sells || !self.acting().roles.contains(&Role::Administracion) { sales } else { Scope::Admin }
    }
}
