//! Files that hang on leads, customers and proposals: attach, list, read, take away, and carry to the relay and back.

mod add;
mod carry;
mod fetch;
mod forget;
mod held;
mod list;
mod read;
mod remove;
mod space;

use std::{
    collections::{HashMap, HashSet},
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
    /// Files that somebody opens just now: they are fetched, and not given up.
    wanted: Mutex<HashMap<FileHash, Wish>>,
    /// Held while it is said what is held, and copies are given up.
    settling: tokio::sync::Mutex<()>,
    /// Whose turn it is to say what is held.
    turns: held::Turns,
    /// Files that stand here and that the relay says it was told to forget.
    dropped: Mutex<HashSet<FileHash>>,
}

impl Files {
    /// There may be something to carry.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// The relay said of a file that it was told to forget it. It is asked again after a restart: a relay that lost its data
    /// does not know any more.
    fn note_dropped(&self, hash: FileHash) {
        self.dropped.lock().unwrap_or_else(PoisonError::into_inner).insert(hash);
    }

    fn is_dropped(&self, hash: FileHash) -> bool {
        self.dropped.lock().unwrap_or_else(PoisonError::into_inner).contains(&hash)
    }

    /// To be held while a file is fetched and read.
    pub(crate) fn want(&self, hash: FileHash) -> Wanted<'_> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).entry(hash).or_default().by += 1;
        Wanted(self, hash)
    }

    /// What becomes of a file that somebody opens just now.
    fn wish(&self, hash: FileHash) -> Option<Wish> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).copied()
    }

    fn stop(&self, hash: FileHash) {
        if let Some(wish) = self.wanted.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&hash) {
            wish.stops = true;
        }
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

/// A file that somebody opens.
#[derive(Clone, Copy, Default)]
struct Wish {
    /// How many do.
    by: usize,
    /// Fetching it is to stop.
    stops: bool,
}

/// Forgets a wish, however it ended.
pub(crate) struct Wanted<'a>(&'a Files, FileHash);

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        let mut wanted = self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let left = wanted.get_mut(&self.1).map_or(0, |wish| {
            wish.by = wish.by.saturating_sub(1);
            wish.by
        });
        if left == 0 {
            wanted.remove(&self.1);
        }
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
