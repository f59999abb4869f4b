//! What happens to a customer.

use serde_json::{Value, json};
use uuid::Uuid;

use super::fiscal::FiscalProfile;
use super::{Contact, NewCustomer};
use crate::shared::event::without_nulls;
use crate::shared::{CustomerId, DomainEvent};

/// A fact a customer decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CustomerEvent {
    /// Created by conversion, import or hand.
    Created {
        /// What was known.
        new: Box<NewCustomer>,
    },
    /// What an invoice needs was put in or changed.
    FiscalProfileUpdated {
        /// The customer.
        customer: CustomerId,
        /// The data.
        profile: Box<FiscalProfile>,
    },
    /// A contact was linked.
    ContactAdded {
        /// The customer.
        customer: CustomerId,
        /// The contact.
        contact: Contact,
    },
}

impl DomainEvent for CustomerEvent {
    fn event_type(&self) -> &'static str {
        match self {
            Self::Created { .. } => "Customer.Created",
            Self::FiscalProfileUpdated { .. } => "Customer.FiscalProfileUpdated",
            Self::ContactAdded { .. } => "Contact.Added",
        }
    }

    fn subject(&self) -> Uuid {
        match self {
            Self::Created { new } => new.id.0,
            Self::FiscalProfileUpdated { customer, .. } => customer.0,
            Self::ContactAdded { contact, .. } => contact.id.0,
        }
    }

    fn data(&self) -> Value {
        without_nulls(match self {
            Self::Created { new } => json!({
                "customerId": new.id,
                "legalName": new.legal_name,
                "tradeName": new.trade_name,
                "rfc": new.rfc,
                "type": new.kind,
                "ownerId": new.owner,
                "currency": new.currency,
                "source": new.source,
            }),
            Self::FiscalProfileUpdated { customer, profile } => json!({
                "customerId": customer,
                "rfc": profile.rfc,
                "legalName": profile.legal_name,
                "regimenFiscal": profile.regimen_fiscal,
                "domicilioCp": profile.domicilio_cp,
                "usoCfdiDefault": profile.uso_cfdi_default,
                "evidence": profile.evidence,
                "validationStatus": profile.status,
            }),
            Self::ContactAdded { customer, contact } => json!({
                "contactId": contact.id,
                "customerId": customer,
                "name": contact.name,
                "role": contact.role,
                "isPrimary": contact.is_primary,
                "email": contact.email,
                "phone": contact.phone,
                "decisionPower": contact.decision_power,
                "consent": contact.consent,
            }),
        })
    }
}
