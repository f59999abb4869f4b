//! What a document remembers: who changed which field from what to what, and the values that stand side by side.

use std::collections::{BTreeSet, HashMap};

use automerge::legacy::{Key, ObjectId};
use automerge::transaction::Transactable as _;
use automerge::{Change, ChangeHash, ObjId, ROOT, ReadDoc, ScalarValue};
use serde::{Deserialize, Serialize};

use super::content::Scalar;
use super::{DELETED, Document, Moment, TRANSITIONS, container, genesis};
use crate::StoreError;

/// One of several values of a field, none of which knew of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The value.
    pub value: Scalar,
    /// What its author saw before.
    pub before: Option<Scalar>,
    /// The change that wrote it.
    pub change: [u8; 32],
    /// The author.
    pub actor: Vec<u8>,
    /// Unix seconds of the author's clock.
    pub time: i64,
    /// It is the one that is shown.
    pub shown: bool,
}

/// A field in one change: what its author saw, and what they left. Texts are given whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The field: a register of the root, a text, or `{container}/{key}`.
    pub field: String,
    /// Before.
    pub from: Option<Scalar>,
    /// After; `None` where it was taken out.
    pub to: Option<Scalar>,
}

/// One change with its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// Its hash.
    pub change: [u8; 32],
    /// The author.
    pub actor: Vec<u8>,
    /// Unix seconds of the author's clock.
    pub time: i64,
    /// It began the document: nothing was there before.
    pub begins: bool,
    /// Its author said that nobody could be reached then.
    pub offline: bool,
    /// What it wrote, in order of the fields.
    pub edits: Vec<Edit>,
}

impl Document {
    /// The fields with several values of which `asks` is true, each with all of them, oldest first.
    pub fn contested(&mut self, asks: impl Fn(&str) -> bool) -> Result<Vec<(String, Vec<Side>)>, StoreError> {
        let mut found = Vec::new();
        for (prefix, object) in self.maps()? {
            let keys: Vec<String> = self
                .doc
                .map_range(&object, ..)
                .filter(|item| item.conflict)
                .map(|item| item.key.to_string())
                .filter(|key| asks(&named(prefix, key)))
                .collect();
            for key in keys {
                let sides = self.sides(&object, &key)?;
                if sides.len() > 1 {
                    found.push((named(prefix, &key), sides));
                }
            }
        }
        Ok(found)
    }

    fn sides(&mut self, object: &ObjId, key: &str) -> Result<Vec<Side>, StoreError> {
        let values: Vec<_> = self
            .doc
            .get_all(object, key)?
            .into_iter()
            .filter_map(|(value, op)| Some((Scalar::of(&value)?, op)))
            .collect();
        let last = values.len();
        let mut sides = Vec::with_capacity(last);
        for (nth, (value, op)) in (1..).zip(values) {
            let Some(hash) = self.doc.hash_for_opid(&op) else { continue };
            let Some(change) = self.doc.get_change_by_hash(&hash) else { continue };
            sides.push(Side {
                value,
                before: self.seen(object, key, change.deps())?,
                change: hash.0,
                actor: change.actor_id().to_bytes().to_vec(),
                time: change.timestamp(),
                shown: nth == last,
            });
        }
        sides.sort_by_key(|side| (side.time, side.change));
        Ok(sides)
    }

    /// The next write writes this field once more, over all values that stand beside each other: nobody asks any more.
    pub fn settle(&mut self, field: &str) {
        self.settled.push(field.to_owned());
    }

    pub(super) fn settle_all(&mut self) -> Result<(), StoreError> {
        for field in std::mem::take(&mut self.settled) {
            let maps = self.maps()?;
            let (object, key) = maps
                .iter()
                .find_map(|(prefix, object)| Some((object, field.strip_prefix((*prefix)?)?.strip_prefix('/')?)))
                .unwrap_or((&ROOT, field.as_str()));
            let values = self.doc.get_all(object, key)?;
            let shown = values.last().filter(|_| values.len() > 1).and_then(|(value, _)| Scalar::of(value));
            drop(values);
            if let Some(value) = shown {
                // Automerge writes no value that is there already: it would only take the others away, and a word that
                // another person gives meanwhile would win without a question. Something else goes between.
                let between = if value == Scalar::Null { Scalar::Bool(false) } else { Scalar::Null };
                for value in [between, value] {
                    self.doc.put(object, key, ScalarValue::from(&value))?;
                }
            }
        }
        Ok(())
    }

    /// The newest `max` changes, newest first; with `before` those that stand after it in that order, and none where it is not
    /// here.
    pub fn history(&mut self, before: Option<[u8; 32]>, max: usize) -> Result<Vec<Edited>, StoreError> {
        let objects = self.objects()?;
        let changes = self.changes();
        let genesis = changes.iter().find(|change| genesis::is_genesis(change)).map(Change::hash);
        let mut history = Vec::new();
        let all = changes.iter().filter(|change| Some(change.hash()) != genesis).rev();
        let known = |change: &&Change| before.is_some_and(|before| change.hash().0 != before);
        for change in all.skip_while(known).skip(usize::from(before.is_some())).take(max) {
            let begins = change.deps().iter().all(|dep| Some(*dep) == genesis);
            history.push(Edited { begins, ..self.edited(change, &objects)? });
        }
        Ok(history)
    }

    /// The changes that came beside `heads` or after them, 32 bytes each, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the document never was there.
    pub fn edited_since(&mut self, heads: &[u8]) -> Result<Vec<Edited>, StoreError> {
        let heads: Vec<ChangeHash> = heads.as_chunks::<32>().0.iter().map(|hash| ChangeHash(*hash)).collect();
        if heads.iter().any(|hash| self.doc.get_change_meta_by_hash(hash).is_none()) {
            return Err(StoreError::corrupt("doc", "heads", "not of this document"));
        }
        let objects = self.objects()?;
        let changes = self.doc.get_changes(&heads);
        changes
            .iter()
            .filter(|change| !genesis::is_genesis(change))
            .map(|change| self.edited(change, &objects))
            .collect()
    }

    /// A register as it stands, as one side of a conflict: who wrote it, and when.
    pub fn side_of(&mut self, key: &str) -> Result<Option<Side>, StoreError> {
        Ok(self.sides(&ROOT, key)?.into_iter().find(|side| side.shown))
    }

    /// What one change wrote, in order of the fields; nothing where it is not here.
    pub fn said_by(&mut self, change: [u8; 32]) -> Result<Vec<Edit>, StoreError> {
        let objects = self.objects()?;
        let Some(change) = self.doc.get_change_by_hash(&ChangeHash(change)) else { return Ok(Vec::new()) };
        Ok(self.edited(&change, &objects)?.edits)
    }

    fn edited(&self, change: &Change, objects: &Objects) -> Result<Edited, StoreError> {
        let mut touched = BTreeSet::new();
        for op in change.decode().operations {
            let place = match &op.obj {
                ObjectId::Root => None,
                ObjectId::Id(id) => match objects.get(&(id.0, id.1.to_bytes().to_vec())) {
                    Some(name) => Some(*name),
                    None => continue,
                },
            };
            match (place, &op.key) {
                (None, Key::Map(key)) if self.kind.is_container(key) || key == DELETED => {}
                (place, Key::Map(key)) => _ = touched.insert((place, key.to_string())),
                // letters of a text
                (Some(text), Key::Seq(_)) => _ = touched.insert((Some(text), String::new())),
                (None, Key::Seq(_)) => {}
            }
        }
        let mut edits = Vec::with_capacity(touched.len());
        for (place, key) in touched {
            let object = place.map_or(Ok(ROOT), |name| container(&self.doc, name))?;
            let (from, to) = if let Some(name) = place.filter(|name| self.kind.texts.contains(name)) {
                (self.text_seen(name, change.deps())?, self.text_seen(name, &[change.hash()])?)
            } else {
                (self.seen(&object, &key, change.deps())?, self.seen(&object, &key, &[change.hash()])?)
            };
            let field = match place {
                Some(name) if key.is_empty() => name.to_owned(),
                place => named(place, &key),
            };
            edits.push(Edit { field, from, to });
        }
        Ok(Edited {
            change: change.hash().0,
            actor: change.actor_id().to_bytes().to_vec(),
            time: change.timestamp(),
            begins: false,
            offline: Moment::was_offline(change),
            edits,
        })
    }

    /// A register as it was at `heads`.
    fn seen(&self, object: &ObjId, key: &str, heads: &[ChangeHash]) -> Result<Option<Scalar>, StoreError> {
        if heads.is_empty() {
            return Ok(None);
        }
        Ok(self.doc.get_at(object, key, heads)?.and_then(|(value, _)| Scalar::of(&value)))
    }

    fn text_seen(&self, name: &'static str, heads: &[ChangeHash]) -> Result<Option<Scalar>, StoreError> {
        if heads.is_empty() {
            return Ok(None);
        }
        let object = container(&self.doc, name)?;
        Ok(Some(Scalar::Text(self.doc.text_at(&object, heads)?)))
    }

    /// The root and the containers that hold registers, each with what its fields are called after.
    fn maps(&self) -> Result<Vec<(Option<&'static str>, ObjId)>, StoreError> {
        let mut maps = vec![(None, ROOT)];
        for map in self.kind.maps {
            maps.push((Some(map.name), container(&self.doc, map.name)?));
        }
        Ok(maps)
    }

    fn objects(&self) -> Result<Objects, StoreError> {
        let maps = std::iter::once(TRANSITIONS).chain(self.kind.maps.iter().map(|map| map.name));
        let mut objects = Objects::new();
        for name in maps.chain(self.kind.texts.iter().copied()) {
            if let ObjId::Id(counter, actor, _) = container(&self.doc, name)? {
                objects.insert((counter, actor.to_bytes().to_vec()), name);
            }
        }
        Ok(objects)
    }
}

/// Containers by the operation that made them.
type Objects = HashMap<(u64, Vec<u8>), &'static str>;

fn named(prefix: Option<&str>, key: &str) -> String {
    prefix.map_or_else(|| key.to_owned(), |prefix| format!("{prefix}/{key}"))
}
