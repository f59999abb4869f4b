//! What lies inside a batch once it is open: changes of documents, or facts.

use serde::{Deserialize, Serialize};

use crate::ids::{ItemId, KeyId, RequestId, hash_parts};

/// The kind of a document: a stable number, so that an older program keeps what it does not know yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DocKind(pub u16);

macro_rules! doc_kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)+) => {
        impl DocKind {
            $($(#[$doc])* pub const $name: Self = Self($number);)+

            /// The stable name of a known kind.
            pub fn name(self) -> Option<&'static str> {
                match self.0 { $($number => Some($text),)+ _ => None }
            }

            /// The kind of a stable name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self($number)),)+ _ => None }
            }
        }
    };
}
doc_kinds! {
    /// A prospect.
    LEAD = 1, "lead";
    /// A customer with up to 50 contacts.
    CUSTOMER = 2, "customer";
    /// A sale in the pipeline.
    OPPORTUNITY = 3, "opportunity";
    /// A product.
    PRODUCT = 4, "product";
    /// A price book.
    PRICE_BOOK = 5, "price_book";
    /// A proposal with up to 300 lines.
    PROPOSAL = 6, "proposal";
    /// An invoice draft.
    INVOICE = 7, "invoice";
    /// A subscription.
    SUBSCRIPTION = 8, "subscription";
    /// A contract.
    CONTRACT = 9, "contract";
    /// A task.
    TASK = 10, "task";
    /// The finance part of a customer: credit limit, bank data.
    CUSTOMER_FINANCE = 11, "customer_finance";
    /// An import and its undo.
    IMPORT_BATCH = 12, "import_batch";
    /// The company's own settings.
    COMPANY = 13, "company";
    /// The fiscal part of a customer.
    FISCAL_PROFILE = 14, "fiscal_profile";
    /// A contact that stands alone.
    CONTACT = 15, "contact";
    /// A running process (saga) of facts.
    PROCESS = 16, "process";
}

/// One command that writes two scopes makes two parts; a holder of both sees *incompleto* until both are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The command.
    pub command: RequestId,
    /// This part, from 1.
    pub part: u8,
    /// How many there are.
    pub of: u8,
}

/// A change of a document of the batch's scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The document; its scope is the batch's, there is no other.
    pub doc: ItemId,
    /// Its kind.
    pub kind: DocKind,
    /// One or more Automerge change chunks, as `save_after` gives them.
    pub chunk: Vec<u8>,
    /// The person keys under which identifiers in it are sealed.
    pub person_keys: Vec<KeyId>,
    /// Public events of this change, each a `CloudEvent` in JSON.
    pub events: Vec<String>,
    /// Set when the command wrote more than one scope.
    pub part: Option<Part>,
}

/// An immutable record of the batch's scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Its id; the same id with other bytes is settled by [`Fact::prevails_over`].
    pub id: ItemId,
    /// What it is, as `activity.logged`.
    pub kind: String,
    /// The aggregate it belongs to.
    pub subject: ItemId,
    /// Grows with each act of a fenced lease or claim; 0 where there is none.
    pub fence: u64,
    /// Its content, in JSON.
    pub body: String,
    /// The person keys under which identifiers in it are sealed.
    pub person_keys: Vec<KeyId>,
    /// Public events of this fact, each a `CloudEvent` in JSON.
    pub events: Vec<String>,
    /// Set when the command wrote more than one scope.
    pub part: Option<Part>,
}

impl Fact {
    /// A call, mail, meeting or note of a timeline.
    pub const ACTIVITY: &'static str = "activity.logged";
    /// A file that hangs on a record.
    pub const ATTACHMENT: &'static str = "attachment.added";
    /// Such a file was taken away, or brought back.
    pub const ATTACHMENT_REMOVAL: &'static str = "attachment.removed";
    /// Which files a laptop holds.
    pub const ATTACHMENT_HELD: &'static str = "attachment.held";
    /// The drawn signature under a proposal.
    pub const SIGNATURE: &'static str = "proposal.signature";
    /// The company's fiscal data, as they were from a moment on.
    pub const COMPANY_PROFILE: &'static str = "company.profile";
    /// A certificate that seals from a moment on.
    pub const CSD: &'static str = "csd.installed";
    /// A CFDI as it was sealed.
    pub const SEALED_CFDI: &'static str = "cfdi.sealed";
    /// A CFDI as the PAC stamped it.
    pub const STAMPED_CFDI: &'static str = "cfdi.stamped";
    /// What the team of a customer may know of an invoice.
    pub const PUBLIC_INVOICE: &'static str = "invoice.public";
    /// A step of a running process.
    pub const PROCESS_STEP: &'static str = "process.step";
    /// How far the audit record of a laptop reaches.
    pub const AUDIT_HEAD: &'static str = "audit.head";
    /// That an invoice kept for the law was read, or is kept longer.
    pub const RETENTION: &'static str = "invoice.retention";

    /// Hash of what the fact says; how it travelled does not count.
    pub fn digest(&self) -> [u8; 32] {
        hash_parts(
            "zuclubit 1 fact",
            &[&self.id.0, self.kind.as_bytes(), &self.subject.0, &self.fence.to_le_bytes(), self.body.as_bytes()],
        )
    }

    /// Which of two facts with one id stays, where both authors had the right: the higher fence, then the lower hash.
    pub fn prevails_over(&self, other: &Self) -> bool {
        (self.fence, std::cmp::Reverse(self.digest())) > (other.fence, std::cmp::Reverse(other.digest()))
    }
}

/// One item of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// In a batch of kind change.
    Change(Change),
    /// In a batch of kind fact.
    Fact(Fact),
}

impl Item {
    /// The document or fact it is about.
    pub fn id(&self) -> ItemId {
        match self {
            Self::Change(change) => change.doc,
            Self::Fact(fact) => fact.id,
        }
    }

    /// Which part of a command over several scopes it is.
    pub fn part(&self) -> Option<Part> {
        match self {
            Self::Change(change) => change.part,
            Self::Fact(fact) => fact.part,
        }
    }

    /// The person keys it names.
    pub fn person_keys(&self) -> &[KeyId] {
        match self {
            Self::Change(change) => &change.person_keys,
            Self::Fact(fact) => &fact.person_keys,
        }
    }

    /// No longer names the person keys that are `gone`: what they sealed stays, and nobody opens it.
    pub fn forget(&mut self, gone: impl Fn(KeyId) -> bool) {
        let keys = match self {
            Self::Change(change) => &mut change.person_keys,
            Self::Fact(fact) => &mut fact.person_keys,
        };
        keys.retain(|key| !gone(*key));
    }

    /// About how many bytes it takes before compression.
    pub fn weight(&self) -> usize {
        let texts = |events: &[String]| events.iter().map(|event| event.len() + 2).sum::<usize>();
        match self {
            Self::Change(change) => 40 + change.chunk.len() + texts(&change.events) + 16 * change.person_keys.len(),
            Self::Fact(fact) => {
                72 + fact.kind.len() + fact.body.len() + texts(&fact.events) + 16 * fact.person_keys.len()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(fence: u64, body: &str) -> Fact {
        Fact {
            id: ItemId([1; 16]),
            kind: "activity.logged".into(),
            subject: ItemId([2; 16]),
            fence,
            body: body.into(),
            person_keys: vec![],
            events: vec![],
            part: None,
        }
    }

    #[test]
    fn of_two_facts_with_one_id_the_higher_fence_then_the_lower_hash_stays() {
        let (low, high) = (fact(1, "a"), fact(2, "b"));
        assert!(high.prevails_over(&low) && !low.prevails_over(&high));
        let (a, b) = (fact(1, "a"), fact(1, "b"));
        assert_eq!(a.prevails_over(&b), a.digest() < b.digest());
        assert_ne!(a.prevails_over(&b), b.prevails_over(&a));
        assert!(!a.prevails_over(&a.clone()));
    }

    #[test]
    fn a_kind_has_one_name_and_one_number() {
        for number in 1..=16 {
            let kind = DocKind(number);
            assert_eq!(DocKind::from_name(kind.name().unwrap()), Some(kind));
        }
        assert_eq!(DocKind(999).name(), None);
    }
}
