//! The transitions that a change records: each is written once, and judged by who wrote it.

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{ExpandedChange, ObjId, ScalarValue};

use super::{Refusal, TRANSITIONS};

/// What one change records of its document's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The change.
    pub change: [u8; 32],
    /// Whose the record was, as its author saw it: a person's id.
    pub owner: Option<String>,
    /// Transitions by their keys, each a JSON text.
    pub transitions: Vec<(String, String)>,
}

/// The transitions of a change. `there` is their container, where the change does not make it.
///
/// # Errors
/// [`Refusal::RewritesTransition`]: one that was written stands, whoever wrote it.
pub(super) fn transitions(change: &ExpandedChange, there: Option<&ObjId>) -> Result<Vec<(String, String)>, Refusal> {
    let makes = |op: &Op| matches!((&op.obj, &op.key, &op.action), (ObjectId::Root, Key::Map(key), OpType::Make(_)) if key == TRANSITIONS);
    let made = change.operations.iter().zip(change.start_op.get()..).find(|(op, _)| makes(op));
    let container = match (made, there) {
        (Some((_, counter)), _) => OpId::new(counter, &change.actor_id),
        (None, Some(ObjId::Id(counter, actor, _))) => OpId::new(*counter, actor),
        (None, _) => return Ok(Vec::new()),
    };
    let container = ObjectId::Id(container);
    let mut found = Vec::new();
    for op in change.operations.iter().filter(|op| op.obj == container) {
        match (&op.key, &op.action) {
            // what is no text has no effect, and is nobody's
            (Key::Map(key), OpType::Put(value)) if op.pred.is_empty() => {
                if let ScalarValue::Str(text) = value {
                    found.push((key.to_string(), text.to_string()));
                }
            }
            _ => return Err(Refusal::RewritesTransition),
        }
    }
    Ok(found)
}

/// Whether a change may record a transition, for somebody who does not have its document at hand.
pub(super) fn may_record(change: &ExpandedChange) -> bool {
    let is_record = |op: &Op| {
        op.obj != ObjectId::Root
            && matches!((&op.key, &op.action), (Key::Map(_), OpType::Put(ScalarValue::Str(text))) if text.starts_with('{'))
    };
    change.operations.iter().any(is_record)
}
