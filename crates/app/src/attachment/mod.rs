//! Files that hang on leads, customers and proposals: attach, list, read, take away, and carry to the relay and back.

mod add;
mod carry;
mod list;
mod read;
mod remove;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::Notify;
use uuid::Uuid;
use zuc_domain::{
    attachment::{AttachmentSubject, FileHash},
    customer::Customer,
    lead::Lead,
    proposal::Proposal,
    shared::{CustomerId, LeadId, Object, ProposalId},
};
use zuc_ipc::Changes;

pub(crate) use carry::run;

use crate::{AppError, Office};

/// What use cases and the task that carries files share.
#[derive(Default)]
pub(crate) struct Files {
    wake: Notify,
    /// Held while files are carried.
    carrying: tokio::sync::Mutex<()>,
    /// Sealed bytes of files on their way up that the relay has.
    up: Mutex<HashMap<FileHash, u64>>,
}

impl Files {
    /// There may be something to carry.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    fn sent_of(&self, hash: FileHash) -> u64 {
        self.up.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).copied().unwrap_or(0)
    }

    fn set_sent(&self, hash: FileHash, have: Option<u64>) {
        let mut up = self.up.lock().unwrap_or_else(PoisonError::into_inner);
        match have {
            Some(have) => up.insert(hash, have),
            None => up.remove(&hash),
        };
    }
}

/// A record that files hang on.
struct Bearer {
    subject: AttachmentSubject,
    /// Who bears the person whose key seals a file of it, where that is another record.
    person: Option<Uuid>,
    object: Object,
}

impl Office {
    /// The lead, the customer or the proposal of this id.
    async fn bearer(&self, id: Uuid) -> Result<Bearer, AppError> {
        if let Some(lead) = self.store.read::<Lead>(LeadId(id)).await? {
            let object = crate::lead::object(&lead);
            return Ok(Bearer { subject: AttachmentSubject::Lead(lead.id), person: None, object });
        }
        if let Some(proposal) = self.store.read::<Proposal>(ProposalId(id)).await? {
            let (person, object) = (Some(proposal.customer.0), crate::proposal::object(&proposal));
            return Ok(Bearer { subject: AttachmentSubject::Proposal(proposal.id), person, object });
        }
        let customer = self.store.read::<Customer>(CustomerId(id)).await?;
        let customer = customer.ok_or_else(|| AppError::not_found("record"))?;
        let object = Object { scope: customer.scope, owner: Some(customer.owner) };
        Ok(Bearer { subject: AttachmentSubject::Customer(customer.id), person: None, object })
    }
}

/// Reads an id that came from outside.
fn id(text: &str) -> Result<Uuid, AppError> {
    text.parse().map_err(|_| AppError::invalid("id"))
}

/// What shows files.
fn changes() -> Changes {
    Changes { leads: true, customers: true, ..Changes::default() }
}
