//! What is attached to records: sealed files that the relay cannot open, piece after piece, named by their own hash.

use async_trait::async_trait;
use zuc_protocol::ids::AttachmentId;

use crate::{CompanyId, Scope, StoreError};

/// The code of a file for which the company has no room left.
pub const QUOTA: &str = "attachment.quota";
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
    /// [`StoreError::Refused`] [`QUOTA`].
    async fn put_attachment(
        &self,
        company: CompanyId,
        piece: AttachmentPiece,
        quota: u64,
    ) -> Result<PieceOutcome, StoreError>;

    /// Bytes of a whole file from a place on: as many as lie together, `max` at most and one at least.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] [`NOT_WHOLE`]; also for a place behind its end.
    async fn attachment_bytes(
        &self,
        company: CompanyId,
        scope: Scope,
        id: AttachmentId,
        at: u64,
        max: usize,
    ) -> Result<Vec<u8>, StoreError>;
}

/// Of the piece of a file that begins at `place`, what is asked for.
pub fn cut(bytes: &[u8], place: u64, at: u64, max: usize) -> Option<Vec<u8>> {
    let from = usize::try_from(at.checked_sub(place)?).ok()?;
    let rest = bytes.get(from..).filter(|rest| !rest.is_empty())?;
    Some(rest[..rest.len().min(max.max(1))].to_vec())
}
