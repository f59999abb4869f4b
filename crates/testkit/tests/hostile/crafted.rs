//! Changes that no program of ours writes.

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType, SortedVec};
use automerge::{ActorId, Change, ChangeHash, ExpandedChange, ObjType, ScalarValue};

/// An honest document as somebody sees who means harm.
#[derive(Clone)]
pub(crate) struct Seen {
    /// What is built upon.
    pub(crate) head: ChangeHash,
    /// The highest counter of its operations.
    pub(crate) top: u64,
    /// Where its transitions lie.
    pub(crate) transitions: OpId,
    /// A transition that stands: its key, and the operation that wrote it.
    pub(crate) step: (String, OpId),
}

impl Seen {
    /// From its changes in order, of which one records a transition.
    pub(crate) fn of(chunks: &[Vec<u8>]) -> Self {
        let (mut transitions, mut step, mut end) = (None, None, None);
        for chunk in chunks {
            let change = Change::try_from(chunk.as_slice()).unwrap();
            let author = change.actor_id().clone();
            for (op, counter) in change.decode().operations.iter().zip(change.start_op().get()..) {
                match (&op.obj, &op.key, &op.action) {
                    (ObjectId::Root, Key::Map(key), OpType::Make(_)) if key == "transitions" => {
                        transitions = Some(OpId::new(counter, &author));
                    }
                    (ObjectId::Id(of), Key::Map(key), OpType::Put(_)) if Some(of) == transitions.as_ref() => {
                        step = Some((key.to_string(), OpId::new(counter, &author)));
                    }
                    _ => {}
                }
            }
            end = Some((change.hash(), change.max_op()));
        }
        let (head, top) = end.unwrap();
        Self { head, top, transitions: transitions.unwrap(), step: step.unwrap() }
    }
}

/// A change before it is bytes.
pub(crate) struct Craft {
    pub(crate) actor: Vec<u8>,
    pub(crate) seq: u64,
    pub(crate) start: u64,
    pub(crate) deps: Vec<ChangeHash>,
    pub(crate) ops: Vec<Op>,
}

impl Craft {
    pub(crate) fn change(self) -> Change {
        Change::from(ExpandedChange {
            operations: self.ops,
            actor_id: ActorId::from(self.actor.as_slice()),
            hash: None,
            seq: self.seq,
            start_op: self.start.try_into().unwrap(),
            time: 0,
            message: None,
            deps: self.deps,
            extra_bytes: Vec::new(),
            author: None,
        })
    }
}

pub(crate) fn put(obj: ObjectId, key: &str, value: &str) -> Op {
    Op {
        action: OpType::Put(ScalarValue::Str(value.into())),
        obj,
        key: Key::Map(key.into()),
        pred: SortedVec::new(),
        insert: false,
    }
}

/// Takes a value back: a thousand of these are as few bytes as one.
pub(crate) fn take_back(obj: ObjectId, key: &str) -> Op {
    Op { action: OpType::Put(ScalarValue::Null), ..put(obj, key, "") }
}

pub(crate) fn make(obj: ObjectId, key: &str) -> Op {
    Op { action: OpType::Make(ObjType::Map), obj, key: Key::Map(key.into()), pred: SortedVec::new(), insert: false }
}

pub(crate) fn over(op: Op, pred: OpId) -> Op {
    Op { pred: vec![pred].into(), ..op }
}
