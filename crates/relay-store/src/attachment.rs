//! What is attached to records: sealed files that the relay cannot open, piece after piece, named by their own hash.

use async_trait::async_trait;
use zuc_protocol::ids::AttachmentId;

use crate::{CompanyId, Scope, StoreError};

/// The code of a file for which the company has no room left.
pub const QUOTA: &str = "attachment.quota";
/// The code of a file that was dropped: nothing of it is here, and nothing of it is taken.
pub const DROPPED: &str = "attachment.dropped";
/// What is looked for when bytes of a file are asked for that is not here whole.
pub const NOT_WHOLE: &str = "the whole attachment";
/// How long a file is kept of which nothing more comes, in milliseconds: thirty days.
pub const UNFINISHED_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// How much of a file is here; whole where both are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttachmentHead {
    /// How long it is, in bytes.
    pub size: u64,
    /// How many of them are here, from the first on.
    pub have: u64,
}

impl AttachmentHead {
    /// Whether nothing is missing.
    pub fn is_whole(&self) -> bool {
        self.have == self.size
    }
}

/// The next bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentPiece {
    /// Whose record it is attached to.
    pub scope: Scope,
    /// The file.
    pub id: AttachmentId,
    /// How long it is; at least one byte.
    pub size: u64,
    /// Where these begin.
    pub at: u64,
    /// At least one, and none beyond `size`.
    pub bytes: Vec<u8>,
}

/// What became of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceOutcome {
    /// So much of the file is here now; a piece that does not begin there is not taken.
    Here(AttachmentHead),
    /// The file was whole, and not what its name says: nothing of it is here any more.
    Altered,
}

/// Sealed files.
#[async_trait]
pub trait AttachmentStore: Send + Sync {
    /// How much of a file is here; nothing where none of it is.
    ///
    /// # Errors
    /// [`StoreError::Refused`] [`DROPPED`].
    async fn attachment(
        &self,
        company: CompanyId,
        scope: Scope,
        id: AttachmentId,
    ) -> Result<Option<AttachmentHead>, StoreError>;

    /// Takes the next bytes of a file, durably, where they begin at its end; the last ones are taken only where all of them
    /// are what the name says. Another size than the one that stands begins an unfinished file anew.
    ///
    /// `quota` is how many bytes the company's files may have, by the sizes that were said of them. What nothing came of for
    /// [`UNFINISHED_MS`] makes room.
    ///
    /// # Errors
    /// [`StoreError::Refused`] [`QUOTA`], [`DROPPED`].
    async fn put_attachment(
        &self,
        company: CompanyId,
        piece: AttachmentPiece,
        quota: u64,
    ) -> Result<PieceOutcome, StoreError>;

    /// Bytes of a whole file from a place on: as many as lie together, `max` at most and one at least.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] [`NOT_WHOLE`]; also for a place behind its end. [`StoreError::Refused`] [`DROPPED`].
    async fn attachment_bytes(
        &self,
        company: CompanyId,
        scope: Scope,
        id: AttachmentId,
        at: u64,
        max: usize,
    ) -> Result<Vec<u8>, StoreError>;

    /// Forgets a file for good, durably: its bytes go, and that it was dropped is kept for as long as the company is. One of
    /// which nothing is here is not to come either.
    async fn drop_attachment(&self, company: CompanyId, scope: Scope, id: AttachmentId) -> Result<(), StoreError>;
}

/// What a piece does to the file that it is of. Nothing at all where it is not written: `head` is the answer then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PiecePlan {
    /// What stands under the name is of another size, and goes.
    pub forgets: bool,
    /// It is the first of the file: room is made for all of it.
    pub begins: bool,
    /// It is kept.
    pub writes: bool,
    /// How much is here then.
    pub head: AttachmentHead,
}

impl PiecePlan {
    /// Of a piece, given what stands: it is taken where it begins at the end of what is here, and begins an unfinished file of
    /// another size anew.
    pub fn of(stands: Option<AttachmentHead>, piece: &AttachmentPiece) -> Self {
        let goes_on = stands.filter(|head| head.is_whole() || head.size == piece.size);
        let before = goes_on.unwrap_or(AttachmentHead { size: piece.size, have: 0 });
        let writes = !before.is_whole() && before.have == piece.at;
        let more = if writes { piece.bytes.len() as u64 } else { 0 };
        Self {
            forgets: stands.is_some() && goes_on.is_none(),
            begins: writes && goes_on.is_none(),
            writes,
            head: AttachmentHead { have: before.have + more, ..before },
        }
    }
}

/// Whether a file finds room beside what a company's files take already.
///
/// # Errors
/// [`StoreError::Refused`] [`QUOTA`].
pub fn finds_room(taken: u64, size: u64, quota: u64) -> Result<(), StoreError> {
    if taken.saturating_add(size) > quota { Err(StoreError::Refused(QUOTA)) } else { Ok(()) }
}

/// Of the piece of a file that begins at `place`, what is asked for.
pub fn cut(bytes: &[u8], place: u64, at: u64, max: usize) -> Option<Vec<u8>> {
    let from = usize::try_from(at.checked_sub(place)?).ok()?;
    let rest = bytes.get(from..).filter(|rest| !rest.is_empty())?;
    Some(rest[..rest.len().min(max.max(1))].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(size: u64, at: u64, length: usize) -> AttachmentPiece {
        AttachmentPiece { scope: Scope::Catalog, id: AttachmentId([1; 32]), size, at, bytes: vec![0; length] }
    }

    fn plan(stands: Option<(u64, u64)>, size: u64, at: u64) -> (bool, bool, bool, u64) {
        let stands = stands.map(|(size, have)| AttachmentHead { size, have });
        let plan = PiecePlan::of(stands, &piece(size, at, 4));
        (plan.forgets, plan.begins, plan.writes, plan.head.have)
    }

    #[test]
    fn a_piece_is_taken_where_it_begins_at_the_end_of_what_is_here() {
        assert_eq!(plan(None, 10, 0), (false, true, true, 4));
        assert_eq!(plan(None, 10, 4), (false, false, false, 0));
        assert_eq!(plan(Some((10, 4)), 10, 4), (false, false, true, 8));
        assert_eq!(plan(Some((10, 4)), 10, 0), (false, false, false, 4));
        assert_eq!(plan(Some((10, 4)), 10, 6), (false, false, false, 4));
    }

    #[test]
    fn another_size_begins_an_unfinished_file_anew_and_no_whole_one() {
        assert_eq!(plan(Some((10, 4)), 12, 0), (true, true, true, 4));
        assert_eq!(plan(Some((10, 4)), 12, 4), (true, false, false, 0));
        assert_eq!(plan(Some((10, 10)), 12, 0), (false, false, false, 10));
    }

    #[test]
    fn a_file_finds_room_up_to_the_last_byte() {
        assert!(finds_room(6, 4, 10).is_ok());
        assert!(finds_room(7, 4, 10).is_err());
        assert!(finds_room(u64::MAX, 4, u64::MAX - 1).is_err());
    }
}
