//! Between a document and the values of an aggregate.

use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::Transactable;
use automerge::{AutoCommit, ChangeHash, ObjId, ROOT, ReadDoc, ScalarValue, Value};
use serde::{Deserialize, Serialize};

use super::{Keep, Kind, TRANSITIONS, container};
use crate::StoreError;

/// A register's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scalar {
    /// Written once and taken back.
    Null,
    /// A yes or no.
    Bool(bool),
    /// A count, a number of seconds, micro-units.
    Int(i64),
    /// Text, an id, a canonical decimal, the JSON of a value that is replaced whole.
    Text(String),
    /// Sealed bytes.
    Bytes(Vec<u8>),
}

impl Scalar {
    pub(super) fn of(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Scalar(scalar) => Self::of_scalar(scalar),
            Value::Object(_) => None,
        }
    }

    fn of_scalar(scalar: &ScalarValue) -> Option<Self> {
        Some(match scalar {
            ScalarValue::Null => Self::Null,
            ScalarValue::Boolean(value) => Self::Bool(*value),
            ScalarValue::Int(value) => Self::Int(*value),
            ScalarValue::Str(value) => Self::Text(value.to_string()),
            ScalarValue::Bytes(value) => Self::Bytes(value.clone()),
            _ => return None,
        })
    }
}

impl From<&Scalar> for ScalarValue {
    fn from(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Null => Self::Null,
            Scalar::Bool(value) => Self::Boolean(*value),
            Scalar::Int(value) => Self::Int(*value),
            Scalar::Text(value) => Self::Str(value.into()),
            Scalar::Bytes(value) => Self::Bytes(value.clone()),
        }
    }
}

/// All that a document says, flat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// Registers of the root.
    pub root: BTreeMap<String, Scalar>,
    /// Containers by name; items as `{item}/{field}`.
    pub maps: BTreeMap<&'static str, BTreeMap<String, Scalar>>,
    /// Texts by name.
    pub texts: BTreeMap<&'static str, String>,
}

impl Content {
    /// The container `name`, made where it is missing.
    pub fn map(&mut self, name: &'static str) -> &mut BTreeMap<String, Scalar> {
        self.maps.entry(name).or_default()
    }
}

/// What a document says; transitions that only changes of `ignored` wrote are not among it.
pub(super) fn read(doc: &AutoCommit, kind: &Kind, ignored: &BTreeSet<ChangeHash>) -> Result<Content, StoreError> {
    let mut content = Content::default();
    for item in doc.map_range(ROOT, ..) {
        if !kind.is_container(&item.key)
            && let Some(value) = Scalar::of(&item.value.clone().into_value())
        {
            content.root.insert(item.key.to_string(), value);
        }
    }
    let names = std::iter::once(TRANSITIONS).chain(kind.maps.iter().map(|map| map.name));
    for name in names {
        let id = container(doc, name)?;
        let map = content.map(name);
        for item in doc.map_range(&id, ..) {
            let value = if name == TRANSITIONS && !ignored.is_empty() {
                counted(doc, &id, &item.key, ignored)?
            } else {
                Scalar::of(&item.value.clone().into_value())
            };
            if let Some(value) = value {
                map.insert(item.key.to_string(), value);
            }
        }
    }
    for name in kind.texts {
        let id = container(doc, name)?;
        content.texts.insert(name, doc.text(&id)?);
    }
    Ok(content)
}

/// What counts of all that was written under a key, which most often is one or none.
fn counted(
    doc: &AutoCommit,
    transitions: &ObjId,
    key: &str,
    ignored: &BTreeSet<ChangeHash>,
) -> Result<Option<Scalar>, StoreError> {
    let written = doc.get_all(transitions, key)?;
    let counts = written.iter().filter(|(_, op)| doc.hash_for_opid(op).is_none_or(|change| !ignored.contains(&change)));
    let text = |scalar: &Scalar| match scalar {
        Scalar::Text(text) => text.clone(),
        _ => String::new(),
    };
    Ok(counts.filter_map(|(value, _)| Scalar::of(value)).min_by_key(text))
}

pub(super) fn reconcile(
    doc: &mut AutoCommit,
    kind: &Kind,
    current: &Content,
    target: &Content,
) -> Result<(), StoreError> {
    put_differing(doc, &ROOT, &current.root, &target.root)?;
    let empty = BTreeMap::new();
    let append = super::MapSpec { name: TRANSITIONS, keep: Keep::Grow };
    for spec in std::iter::once(&append).chain(kind.maps) {
        // A map that the caller does not mention is not touched.
        let Some(wanted) = target.maps.get(spec.name) else { continue };
        let held = current.maps.get(spec.name).unwrap_or(&empty);
        let id = container(doc, spec.name)?;
        put_differing(doc, &id, held, wanted)?;
        if spec.keep == Keep::Set {
            for key in held.keys().filter(|key| !wanted.contains_key(*key)) {
                doc.delete(&id, key.as_str())?;
            }
        }
    }
    for name in kind.texts {
        if let Some(wanted) = target.texts.get(name)
            && current.texts.get(name) != Some(wanted)
        {
            let id = container(doc, name)?;
            doc.update_text(&id, wanted)?;
        }
    }
    Ok(())
}

fn put_differing(
    doc: &mut AutoCommit,
    object: &ObjId,
    held: &BTreeMap<String, Scalar>,
    wanted: &BTreeMap<String, Scalar>,
) -> Result<(), StoreError> {
    for (key, value) in wanted {
        let differs = held.get(key).map_or(*value != Scalar::Null, |old| old != value);
        if differs {
            doc.put(object, key.as_str(), ScalarValue::from(value))?;
        }
    }
    Ok(())
}
