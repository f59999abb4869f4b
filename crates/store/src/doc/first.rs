//! A document's first change, encoded without a document around it: an import makes a hundred thousand of them.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType, SortedVec};
use automerge::{ActorId, Change, ExpandedChange, ObjType, ScalarValue};

use super::{Content, Kind, Moment, Scalar, TRANSITIONS};

/// Registers in order of their keys, then each container with what it holds: the same content, the same bytes.
pub(super) fn change(kind: &Kind, actor: &[u8], content: &Content, moment: Moment) -> Change {
    let actor = ActorId::from(actor);
    let mut ops = Ops { actor: &actor, list: Vec::with_capacity(content.root.len() + 8) };
    ops.fields(&ObjectId::Root, Some(&content.root));
    let maps = std::iter::once(TRANSITIONS).chain(kind.maps.iter().map(|map| map.name));
    for name in maps {
        let map = ops.make(name, ObjType::Map);
        ops.fields(&map, content.maps.get(name));
    }
    for name in kind.texts {
        let text = ops.make(name, ObjType::Text);
        ops.characters(&text, content.texts.get(name).map_or("", String::as_str));
    }
    let operations = ops.list;
    Change::from(ExpandedChange {
        operations,
        actor_id: actor,
        hash: None,
        seq: 1,
        start_op: NonZeroU64::MIN,
        time: moment.seconds,
        message: moment.message(),
        deps: Vec::new(),
        extra_bytes: Vec::new(),
        author: None,
    })
}

struct Ops<'a> {
    actor: &'a ActorId,
    list: Vec<Op>,
}

impl Ops<'_> {
    fn push(&mut self, action: OpType, obj: ObjectId, key: Key, insert: bool) -> OpId {
        self.list.push(Op { action, obj, key, pred: SortedVec::new(), insert });
        OpId::new(self.list.len() as u64, self.actor)
    }

    fn fields(&mut self, object: &ObjectId, fields: Option<&BTreeMap<String, Scalar>>) {
        for (key, value) in fields.into_iter().flatten() {
            if *value != Scalar::Null {
                let action = OpType::Put(ScalarValue::from(value));
                self.push(action, object.clone(), Key::Map(key.as_str().into()), false);
            }
        }
    }

    fn make(&mut self, name: &str, what: ObjType) -> ObjectId {
        ObjectId::Id(self.push(OpType::Make(what), ObjectId::Root, Key::Map(name.into()), false))
    }

    fn characters(&mut self, object: &ObjectId, text: &str) {
        let mut after = ElementId::Head;
        for character in text.chars() {
            let action = OpType::Put(ScalarValue::Str(character.to_string().into()));
            after = ElementId::Id(self.push(action, object.clone(), Key::Seq(after), true));
        }
    }
}
