//! Whether a batch counts: by the control record it names and its number, never by seq, arrival or clock.

use zuc_protocol::control::ControlLog;
use zuc_protocol::envelope::BatchHeader;
use zuc_protocol::ids::BatchHash;
use zuc_protocol::item::Item;

use crate::input::AuthorCursor;

/// What is to be done with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It counts. Place of the control record it names.
    Legal(u64),
    /// It names a control record that is not here: pull the control log first.
    Unknown,
    /// It does not count, on any device.
    Illegal(Illegal),
}

/// Why a batch does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// The author was no member, or stopped, at the record it names.
    #[error("its author was no member at the control record it names")]
    NotMember,
    /// The author's roles did not write the scope then.
    #[error("its author's roles do not write this scope")]
    NoRight,
    /// What was taken from the author left a mark below this number.
    #[error("its number lies beyond the author's mark")]
    BeyondMark,
    /// The author had named a newer control record before.
    #[error("it names an older control record than its author's last batch")]
    OldHead,
    /// The author's chain has split.
    #[error("its author's chain has split")]
    Split,
    /// It names a person key that was erased at the record it names.
    #[error("it names an erased person key")]
    ErasedKey,
    /// What it holds is another role's to write.
    #[error("what it holds is another role's to write")]
    OthersKind,
}

impl Illegal {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotMember => "sync.not_member",
            Self::NoRight => "sync.not_allowed",
            Self::BeyondMark => "sync.beyond_mark",
            Self::OldHead => "sync.old_control_head",
            Self::Split => "sync.author_split",
            Self::ErasedKey => "sync.erased_key",
            Self::OthersKind => "sync.others_kind",
        }
    }
}

impl Illegal {
    /// Whether a code says that the membership did not allow a batch, as it was known then.
    pub fn is_by_membership(code: &str) -> bool {
        [Self::NotMember, Self::NoRight, Self::BeyondMark, Self::OldHead, Self::ErasedKey]
            .into_iter()
            .any(|illegal| illegal.code() == code)
    }
}

/// Judges a batch by its header and its hash. `last` is how far the author's chain in the scope was read before it.
pub fn judge(log: &ControlLog, header: &BatchHeader, hash: BatchHash, last: Option<&AuthorCursor>) -> Verdict {
    let Some(seen) = log.seen(header.control_head) else { return Verdict::Unknown };
    let illegal = if last.is_some_and(|last| last.blocked) {
        Illegal::Split
    } else if last.is_some_and(|last| seen < last.control_seq) {
        Illegal::OldHead
    } else {
        match log.rights_at(header.author, seen) {
            None => Illegal::NotMember,
            Some(rights) if !rights.may_write(header.scope) => Illegal::NoRight,
            Some(_) => match log.mark(header.author, header.scope, seen) {
                Some(mark) if header.number > mark.number => Illegal::BeyondMark,
                Some(mark) if header.number == mark.number && hash != mark.last => Illegal::Split,
                _ => return Verdict::Legal(seen),
            },
        }
    };
    Verdict::Illegal(illegal)
}

/// Whether an open batch names a person key that was erased at, or before, the control record it names: its author knew.
pub fn names_erased(log: &ControlLog, items: &[Item], seen: u64) -> bool {
    items.iter().flat_map(Item::person_keys).any(|key| log.erased_at(*key).is_some_and(|at| at <= seen))
}
