//! The change that two devices make alike without having met.

use automerge::{AutoCommit, Change};

use super::{Content, Kind, first};
use crate::StoreError;

const CONTEXT: &str = "zuclubit 2026 document genesis";
/// First bytes of a genesis actor, so that one is recognised; no pinned actor is this long.
const PREFIX: &[u8; 4] = b"gen1";

/// A document that holds its genesis change and nothing else: same scope, id and kind, same bytes, on every device.
pub(super) fn document(kind: &Kind, scope: &str, id: &[u8; 16]) -> Result<AutoCommit, StoreError> {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(&u64::try_from(scope.len()).unwrap_or(u64::MAX).to_le_bytes());
    hasher.update(scope.as_bytes());
    hasher.update(id);
    hasher.update(kind.name.as_bytes());
    let mut actor = [0; 20];
    actor[..4].copy_from_slice(PREFIX);
    hasher.finalize_xof().fill(&mut actor[4..]);

    let mut doc = AutoCommit::new();
    doc.apply_changes([first::change(kind, &actor, &Content::default(), 0.into())])?;
    Ok(doc)
}

pub(super) fn is_genesis(change: &Change) -> bool {
    let actor = change.actor_id().to_bytes();
    change.seq() == 1 && change.deps().is_empty() && actor.len() == 20 && actor.starts_with(PREFIX)
}
