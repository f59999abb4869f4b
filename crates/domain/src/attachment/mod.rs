//! Files that hang on a record: facts, whose bytes travel beside them, sealed.

mod held;
mod hex_bytes;
mod name;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::shared::{AttachmentId, CustomerId, Hlc, LeadId, PersonId, ProposalId, Scope};

pub use held::{AttachmentHeld, MAX_NAMED, WITNESSES};
pub use hex_bytes::{ContentKey, FileHash};
pub use name::FileName;

/// The largest file, in bytes.
pub const MAX_BYTES: u64 = 25 << 20;

/// What a file hangs on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum AttachmentSubject {
    /// A lead.
    Lead(LeadId),
    /// A customer.
    Customer(CustomerId),
    /// A proposal.
    Proposal(ProposalId),
}

impl AttachmentSubject {
    /// Its bare id.
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Lead(id) => id.0,
            Self::Customer(id) => id.0,
            Self::Proposal(id) => id.0,
        }
    }
}

/// What only who may read the record learns of a file: what it is called, and the key of its bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Contents {
    /// What it is called.
    pub name: FileName,
    /// What opens its bytes, and nothing else.
    pub key: ContentKey,
}

/// A file was attached. Another version of it is another file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attachment {
    /// Id.
    pub id: AttachmentId,
    /// Scope of its subject.
    pub scope: Scope,
    /// What it hangs on.
    pub subject: AttachmentSubject,
    /// Who bears the person whose key seals it, where that is not the subject: the customer of a proposal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer: Option<Uuid>,
    /// Of a record that bears a person: sealed under that person's key, so that whoever forgets the person forgets the
    /// file. Nothing once they are forgotten, and until their key is here.
    #[serde(default)]
    pub of_person: Option<Contents>,
    /// Of a record that bears none.
    #[serde(default)]
    pub of_record: Option<Contents>,
    /// Names its sealed bytes.
    pub hash: FileHash,
    /// How long it is, in clear bytes; at most [`MAX_BYTES`].
    #[serde(deserialize_with = "bounded")]
    pub size: u64,
    /// When, UTC.
    pub at: Timestamp,
    /// Who attached it.
    pub by: PersonId,
}

impl Attachment {
    /// What it is called and opened by, where that can be read.
    pub fn contents(&self) -> Option<&Contents> {
        self.of_person.as_ref().or(self.of_record.as_ref())
    }
}

/// A file was taken away, or brought back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AttachmentRemoval {
    /// Id of this act.
    pub id: AttachmentId,
    /// Scope of its subject.
    pub scope: Scope,
    /// What the file hangs on.
    pub subject: AttachmentSubject,
    /// The file.
    pub file: AttachmentId,
    /// Taken away, else brought back.
    pub removed: bool,
    /// When: the latest act counts.
    pub hlc: Hlc,
    /// Who.
    pub by: PersonId,
}

impl AttachmentRemoval {
    /// Whether a file is away, of the acts about its record.
    pub fn is_away(file: AttachmentId, acts: &[Self]) -> bool {
        let last = acts.iter().filter(|act| act.file == file).max_by_key(|act| (act.hlc, act.id));
        last.is_some_and(|act| act.removed)
    }
}

fn bounded<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct TooLong;
    impl fmt::Display for TooLong {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a file of more than {MAX_BYTES} bytes")
        }
    }
    let size = u64::deserialize(deserializer)?;
    if size > MAX_BYTES { Err(serde::de::Error::custom(TooLong)) } else { Ok(size) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::DeviceId;

    fn act(id: u128, millis: i64, removed: bool) -> AttachmentRemoval {
        AttachmentRemoval {
            id: AttachmentId(Uuid::from_u128(id)),
            scope: Scope::Sales(1),
            subject: AttachmentSubject::Lead(LeadId(Uuid::from_u128(1))),
            file: AttachmentId(Uuid::from_u128(7)),
            removed,
            hlc: Hlc { millis, counter: 0, device: DeviceId(Uuid::from_u128(2)) },
            by: PersonId(Uuid::from_u128(3)),
        }
    }

    #[test]
    fn a_file_is_away_where_the_latest_act_took_it_in_whatever_order_they_come() {
        let file = AttachmentId(Uuid::from_u128(7));
        assert!(!AttachmentRemoval::is_away(file, &[]));
        let (taken, brought) = (act(1, 10, true), act(2, 20, false));
        for acts in [[taken.clone(), brought.clone()], [brought, taken.clone()]] {
            assert!(!AttachmentRemoval::is_away(file, &acts));
        }
        assert!(AttachmentRemoval::is_away(file, std::slice::from_ref(&taken)));
        assert!(!AttachmentRemoval::is_away(AttachmentId(Uuid::from_u128(8)), &[taken]), "another's");
    }

    #[test]
    fn a_size_above_the_bound_is_not_read() {
        let hash = "00".repeat(32);
        let json = |size: u64| {
            format!(
                r#"{{"id":"{id}","scope":"sales.1","subject":{{"kind":"lead","id":"{id}"}},"hash":"{hash}",
                    "size":{size},"at":"2026-09-21T10:00:00Z","by":"{id}"}}"#,
                id = Uuid::from_u128(1)
            )
        };
        let read = |size| serde_json::from_str::<Attachment>(&json(size));
        assert!(read(MAX_BYTES).unwrap().contents().is_none(), "of somebody who was forgotten");
        assert!(read(MAX_BYTES + 1).is_err());
    }
}
