//! What a foreign change must satisfy before Automerge sees it: the same verdict on every device.

use automerge::{ActorId, AutoCommit, Change, ChangeMetadata, ExpandedChange};

use super::Kind;

/// No single change is larger, in bytes.
pub const MAX_CHANGE: usize = 64 * 1024;
const MAX_OPS: usize = 20_000;
/// Automerge's chunk types: we exchange changes uncompressed, batches compress; a compressed one could be a bomb.
const CHUNK_CHANGE: u8 = 1;

/// Why a change is not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Larger than [`MAX_CHANGE`] or with too many operations.
    #[error("too large")]
    TooLarge,
    /// Not one whole, uncompressed Automerge change.
    #[error("not a change")]
    Malformed,
    /// Its changes are of several actors: a batch has one author.
    #[error("several actors")]
    ForeignActor,
    /// Builds on a change that is not here.
    #[error("unknown dependency")]
    MissingDependency,
    /// Its actor skipped or repeated a number.
    #[error("wrong actor sequence")]
    WrongSequence,
    /// Its operation counter does not follow from its dependencies.
    #[error("wrong start operation")]
    WrongStart,
    /// It would replace a container of the document.
    #[error("replaces a container")]
    ReplacesContainer,
    /// It writes over a transition, or takes one out.
    #[error("rewrites a transition")]
    RewritesTransition,
    /// It begins a document and does not make all its containers.
    #[error("lacks a container")]
    LacksContainer,
    /// The document is of another kind or scope than the batch says.
    #[error("wrong document")]
    WrongDocument,
}

pub(super) fn decode(bytes: &[u8]) -> Result<Change, Refusal> {
    if bytes.len() > MAX_CHANGE {
        return Err(Refusal::TooLarge);
    }
    if bytes.get(8) != Some(&CHUNK_CHANGE) {
        return Err(Refusal::Malformed);
    }
    let change = Change::try_from(bytes).map_err(|_| Refusal::Malformed)?;
    // A trailing byte would be kept on disk and not be covered by the hash.
    if change.raw_bytes() != bytes {
        return Err(Refusal::Malformed);
    }
    bounds(&change)?;
    Ok(change)
}

/// When a change says that it was written, in Unix seconds of its author's clock; 0 where it is none.
pub fn written_at(bytes: &[u8]) -> i64 {
    decode(bytes).map_or(0, |change| change.timestamp())
}

/// What everybody holds a change to, its author first: what others would refuse must not be written.
pub(super) fn bounds(change: &Change) -> Result<(), Refusal> {
    let fits = change.raw_bytes().len() <= MAX_CHANGE && change.len() <= MAX_OPS;
    if fits { Ok(()) } else { Err(Refusal::TooLarge) }
}

/// The last change of an actor that a document holds: its number and its highest operation, 0 where there is none. It reads
/// what is known of every change: once for all that come together.
pub(super) fn last_of(doc: &mut AutoCommit, actor: &ActorId) -> (u64, u64) {
    let of_actor = |meta: &ChangeMetadata<'_>| (&*meta.actor == actor).then_some((meta.seq, meta.max_op));
    doc.get_changes_meta(&[]).iter().filter_map(of_actor).max().unwrap_or((0, 0))
}

/// `decoded` is the same change, opened; `last` its actor's change before it, as [`last_of`] gives it.
pub(super) fn admit(
    doc: &mut AutoCommit,
    kind: &Kind,
    change: &Change,
    decoded: &ExpandedChange,
    (last, last_op): (u64, u64),
) -> Result<(), Refusal> {
    let mut top = 0;
    for dep in change.deps() {
        // what is known of it, and not the change, which would be put together from all operations of the document
        let meta = doc.get_change_meta_by_hash(dep).ok_or(Refusal::MissingDependency)?;
        // An empty change has no operation of its own: its counter stands one before its start.
        top = top.max(meta.max_op);
    }
    // one that does not know its actor's last would give two operations one name, and no document can be read with these
    if change.start_op().get() != top + 1 || top < last_op {
        return Err(Refusal::WrongStart);
    }
    if change.seq() != last + 1 {
        return Err(Refusal::WrongSequence);
    }
    // whoever begins a document makes its containers, and nobody after that
    if !doc.get_heads().is_empty() && replaces_container(kind, decoded) {
        return Err(Refusal::ReplacesContainer);
    }
    Ok(())
}

fn replaces_container(kind: &Kind, change: &ExpandedChange) -> bool {
    use automerge::legacy::{Key, ObjectId};
    change
        .operations
        .iter()
        .any(|op| matches!(op.obj, ObjectId::Root) && matches!(&op.key, Key::Map(key) if kind.is_container(key)))
}
