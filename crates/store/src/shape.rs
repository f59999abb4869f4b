//! Between an aggregate, as its own serde form, and the flat content of its document.
//!
//! The domain says what an aggregate's fields are; a [`Shape`] says only which of them are more than a register: sets,
//! items, texts, transitions, and the direct identifiers of persons, which are sealed under the person's key.

mod closed;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use uuid::Uuid;
use zuc_domain::shared::Scope;
use zuc_protocol::item::DocKind;

use crate::StoreError;
use crate::doc::{Content, Kind, Scalar, TRANSITIONS};

/// Which values of a field are identifiers of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Each.
    Always,
    /// Where the record is of a persona física: an RFC of 13 characters in the value or beside it.
    NaturalPerson,
}

/// A field that is sealed.
#[derive(Debug)]
pub struct SealedField {
    /// `""` for the root, or the name of a container of items.
    pub of: &'static str,
    /// The field.
    pub name: &'static str,
    /// Which values.
    pub when: When,
    /// JSON to read in its place once the person is erased.
    pub erased: &'static str,
}

/// A field that is a map of items by id.
#[derive(Debug)]
pub struct Items {
    /// The field, and the container.
    pub name: &'static str,
    /// Where items stand below it, each segment a name or `*`: `["*"]` for its own entries, `["*", "*/lines/*"]`
    /// where those hold items themselves. Fields of items are registers of their own.
    pub levels: &'static [&'static str],
    /// Not a map of items but one optional record, its fields registers of their own.
    pub optional: bool,
}

/// How one kind of aggregate lies in its document.
#[derive(Debug)]
pub struct Shape {
    /// The document's containers.
    pub kind: &'static Kind,
    /// Its number on the wire.
    pub number: DocKind,
    /// Maps of items.
    pub items: &'static [Items],
    /// Fields that are arrays of strings, each a container of a set.
    pub sets: &'static [&'static str],
    /// The field with the transition records, a map by id; `""` where there is none.
    pub transitions: &'static str,
    /// Identifiers of persons.
    pub sealed: &'static [SealedField],
    /// Fields that are not stored: the document's place says them (`id`, `scope`), or they are derived.
    pub derived: &'static [&'static str],
    /// Values, as JSON, that are not written until they have been something else.
    pub defaults: &'static [(&'static str, &'static str)],
}

/// Seals and opens for a shape; holds the keys that the aggregate needs.
pub(crate) trait Seals {
    /// The sealed form of `clear` under the key of `subject`.
    fn seal(&self, subject: Uuid, field: &str, clear: &str) -> Result<Vec<u8>, StoreError>;
    /// The clear text; `None` when the key is gone.
    fn open(&self, field: &str, sealed: &[u8]) -> Option<String>;
}

const JSON: u8 = b'j';
const SEALED: u8 = b's';
/// The field of an item that was taken out.
const GONE: &str = "gone";

/// A map of items, or a part of it, as it was read and as it lies in the document.
#[derive(Clone, Copy)]
struct Before<'a> {
    said: Option<&'a Value>,
    held: Option<&'a BTreeMap<String, Scalar>>,
}

/// What sealing one aggregate takes.
struct Sealing<'a> {
    seals: &'a dyn Seals,
    natural: bool,
}

impl Shape {
    fn sealed_field(&self, of: &str, name: &str) -> Option<&SealedField> {
        self.sealed.iter().find(|field| field.name == name && field.of == of)
    }

    fn bound(&self, of: &str, name: &str) -> String {
        if of.is_empty() { format!("{}.{name}", self.kind.name) } else { format!("{}.{of}.{name}", self.kind.name) }
    }

    /// The document content of an aggregate. What still says what it `said` when it was read from `held` is taken over as
    /// it lies there, for this version may not read all of it: members that a later one knows, values that do not open here.
    pub(crate) fn content(
        &self,
        id: Uuid,
        value: Map<String, Value>,
        said: &Map<String, Value>,
        held: &Content,
        seals: &dyn Seals,
    ) -> Result<Content, StoreError> {
        let sealing = Sealing { seals, natural: self.is_natural(&value, held, seals) };
        let mut content = Content::default();
        for (name, value) in value {
            if self.derived.contains(&name.as_str()) {
                continue;
            }
            if name == self.transitions {
                let map = content.map(TRANSITIONS);
                let written = held.maps.get(TRANSITIONS);
                for (key, record) in value.as_object().into_iter().flatten() {
                    // one that is there stands as it was written, with what a newer version may have put into it
                    let there = written.and_then(|written| written.get(key)).cloned();
                    map.insert(key.clone(), there.unwrap_or_else(|| Scalar::Text(record.to_string())));
                }
            } else if let Some(container) = self.kind.texts.iter().find(|text| **text == name) {
                content.texts.insert(container, value.as_str().unwrap_or_default().to_owned());
            } else if let Some(container) = self.sets.iter().find(|set| **set == name) {
                let map = content.map(container);
                for member in value.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    map.insert(member.to_owned(), Scalar::Bool(true));
                }
            } else if let Some(items) = self.items.iter().find(|items| items.name == name) {
                let old = held.maps.get(items.name);
                let mut flat = BTreeMap::new();
                let mut path = Vec::new();
                let before = Before { said: said.get(items.name), held: old };
                self.flatten(items, id, &mut path, value, before, &sealing, &mut flat)?;
                mark_gone(items, old, &mut flat);
                content.map(items.name).append(&mut flat);
            } else {
                let old = held.root.get(&name);
                let default = self.defaults.iter().find(|(field, _)| *field == name);
                if old.is_none()
                    && default
                        .is_some_and(|(_, json)| serde_json::from_str::<Value>(json).is_ok_and(|json| json == value))
                {
                    continue;
                }
                let scalar = match old {
                    Some(old)
                        if said.get(&name) == Some(&value) && self.lies_well("", &name, &value, old, &sealing) =>
                    {
                        old.clone()
                    }
                    _ => self.scalar(id, "", &name, value, &sealing)?,
                };
                content.root.insert(name, scalar);
            }
        }
        Ok(content)
    }

    /// Goes down as far as items stand, then writes each field as a register.
    #[expect(clippy::too_many_arguments, reason = "a recursion over one value with what it needs")]
    fn flatten(
        &self,
        items: &Items,
        id: Uuid,
        path: &mut Vec<String>,
        value: Value,
        before: Before<'_>,
        sealing: &Sealing<'_>,
        flat: &mut BTreeMap<String, Scalar>,
    ) -> Result<(), StoreError> {
        match value {
            Value::Object(fields) if path.is_empty() || items.leads_to_items(path) => {
                for (name, value) in fields {
                    let before = Before { said: before.said.and_then(|said| said.get(&name)), ..before };
                    path.push(name);
                    self.flatten(items, id, path, value, before, sealing, flat)?;
                    path.pop();
                }
            }
            // An optional record that is not there writes nothing.
            Value::Null if path.is_empty() => {}
            value => {
                let key = path.join("/");
                let name = path.last().map_or("", String::as_str);
                let subject = path.iter().rev().find_map(|segment| segment.parse::<Uuid>().ok()).unwrap_or(id);
                let scalar = match before.held.and_then(|held| held.get(&key)) {
                    Some(held)
                        if before.said == Some(&value) && self.lies_well(items.name, name, &value, held, sealing) =>
                    {
                        held.clone()
                    }
                    _ => self.scalar(subject, items.name, name, value, sealing)?,
                };
                flat.insert(key, scalar);
            }
        }
        Ok(())
    }

    fn scalar(
        &self,
        subject: Uuid,
        of: &str,
        name: &str,
        value: Value,
        sealing: &Sealing<'_>,
    ) -> Result<Scalar, StoreError> {
        if let Some(field) = self.sealed_field(of, name)
            && is_identifier(field.when, sealing.natural, &value)
        {
            let bound = self.bound(of, name);
            let mut bytes = vec![SEALED];
            bytes.extend(sealing.seals.seal(subject, &bound, &value.to_string())?);
            return Ok(Scalar::Bytes(bytes));
        }
        Ok(match value {
            Value::Null => Scalar::Null,
            Value::Bool(value) => Scalar::Bool(value),
            Value::String(text) => Scalar::Text(text),
            Value::Number(number) if number.is_i64() => Scalar::Int(number.as_i64().unwrap_or_default()),
            other => {
                let mut bytes = vec![JSON];
                bytes.extend_from_slice(other.to_string().as_bytes());
                Scalar::Bytes(bytes)
            }
        })
    }

    /// The ids of the person keys that `content` names.
    pub(crate) fn person_keys(content: &Content) -> BTreeSet<[u8; 16]> {
        content.root.values().chain(content.maps.values().flat_map(BTreeMap::values)).filter_map(key_of).collect()
    }

    /// Whose key seals what: pairs (subject, key id), so that a receiving device can seal an edit under the same key.
    pub(crate) fn person_subjects(id: Uuid, content: &Content) -> BTreeSet<(Uuid, [u8; 16])> {
        let root = content.root.values().filter_map(key_of).map(|key| (id, key));
        let items = content.maps.values().flatten().filter_map(|(path, scalar)| {
            let subject = path.rsplit('/').find_map(|segment| segment.parse::<Uuid>().ok()).unwrap_or(id);
            Some((subject, key_of(scalar)?))
        });
        root.chain(items).collect()
    }

    /// The serde form of the aggregate that `content` describes.
    pub(crate) fn value(
        &self,
        scope: Scope,
        id: Uuid,
        content: &Content,
        seals: &dyn Seals,
    ) -> Result<Value, StoreError> {
        let mut value = Map::new();
        value.insert("id".to_owned(), id.to_string().into());
        value.insert("scope".to_owned(), scope.to_string().into());
        for (name, json) in self.defaults {
            value.insert((*name).to_owned(), serde_json::from_str(json)?);
        }
        for (name, scalar) in &content.root {
            value.insert(name.clone(), self.json("", name, scalar, seals)?);
        }
        if !self.transitions.is_empty() {
            let mut transitions = Map::new();
            for (key, record) in content.maps.get(TRANSITIONS).into_iter().flatten() {
                // A record that does not parse was not written by us: it stays in history and has no effect.
                if let Scalar::Text(text) = record
                    && let Ok(record) = serde_json::from_str::<Value>(text)
                {
                    transitions.insert(key.clone(), record);
                }
            }
            value.insert(self.transitions.to_owned(), Value::Object(transitions));
        }
        for set in self.sets {
            let members = content.maps.get(set).into_iter().flatten();
            let members = members.filter(|(_, is)| **is == Scalar::Bool(true)).map(|(name, _)| name.clone().into());
            value.insert((*set).to_owned(), Value::Array(members.collect()));
        }
        for items in self.items {
            value.insert(items.name.to_owned(), self.read_items(items, content, seals)?);
        }
        for (name, text) in &content.texts {
            value.insert((*name).to_owned(), text.clone().into());
        }
        Ok(Value::Object(value))
    }

    fn read_items(&self, items: &Items, content: &Content, seals: &dyn Seals) -> Result<Value, StoreError> {
        let mut root = Value::Object(Map::new());
        let empty = BTreeMap::new();
        let flat = content.maps.get(items.name).unwrap_or(&empty);
        let gone: Vec<String> = flat
            .iter()
            .filter(|(_, value)| **value == Scalar::Bool(true))
            .filter_map(|(path, _)| path.strip_suffix(GONE).filter(|entry| entry.ends_with('/')).map(str::to_owned))
            .collect();
        for (path, scalar) in flat {
            let hidden = gone.iter().any(|entry| path.starts_with(entry.as_str()));
            let (parents, name) = path.rsplit_once('/').unwrap_or(("", path));
            if hidden || name == GONE {
                continue;
            }
            let mut at = &mut root;
            for segment in parents.split('/').filter(|segment| !segment.is_empty()) {
                let Value::Object(fields) = at else { break };
                at = fields.entry(segment.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            }
            if let Value::Object(fields) = at {
                fields.insert(name.to_owned(), self.json(items.name, name, scalar, seals)?);
            }
        }
        if items.optional && flat.is_empty() {
            return Ok(Value::Null);
        }
        fill_levels(items, &mut root);
        Ok(root)
    }

    /// The key that a value is sealed under.
    pub(crate) fn key_of(scalar: &Scalar) -> Option<[u8; 16]> {
        key_of(scalar)
    }

    /// What one field says, as it stands in the serde form; `None` for what is sealed under a key that is not here.
    pub(crate) fn field(&self, field: &str, scalar: &Scalar, seals: &dyn Seals) -> Result<Option<Value>, StoreError> {
        let (container, key) = field.split_once('/').unwrap_or(("", field));
        let name = key.rsplit('/').next().unwrap_or(key);
        if let Scalar::Bytes(bytes) = scalar
            && let Some(sealed) = bytes.strip_prefix(&[SEALED])
            && seals.open(&self.bound(container, name), sealed).is_none()
        {
            return Ok(None);
        }
        self.json(container, name, scalar, seals).map(Some)
    }

    fn json(&self, of: &str, name: &str, scalar: &Scalar, seals: &dyn Seals) -> Result<Value, StoreError> {
        Ok(match scalar {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => (*value).into(),
            Scalar::Int(value) => (*value).into(),
            Scalar::Text(text) => text.clone().into(),
            Scalar::Bytes(bytes) => match bytes.split_first() {
                Some((&JSON, json)) => serde_json::from_slice(json)?,
                Some((&SEALED, sealed)) => match seals.open(&self.bound(of, name), sealed) {
                    Some(clear) => serde_json::from_str(&clear)?,
                    None => self
                        .sealed_field(of, name)
                        .map_or(Ok(Value::Null), |field| serde_json::from_str(field.erased))?,
                },
                _ => Value::Null,
            },
        })
    }
}

impl Items {
    /// Whether items stand at or below `path`: its fields are then written one by one.
    fn leads_to_items(&self, path: &[String]) -> bool {
        self.levels.iter().any(|level| {
            let level: Vec<&str> = level.split('/').collect();
            path.len() <= level.len() && path.iter().zip(&level).all(|(segment, part)| *part == "*" || part == segment)
        })
    }

    fn is_item(&self, path: &[&str]) -> bool {
        self.levels.iter().any(|level| {
            let level: Vec<&str> = level.split('/').collect();
            path.len() == level.len() && path.iter().zip(&level).all(|(segment, part)| *part == "*" || part == segment)
        })
    }
}

/// An empty map of items leaves no key behind: put it back where its item stands.
fn fill_levels(items: &Items, root: &mut Value) {
    for level in items.levels {
        let segments: Vec<&str> = level.split('/').collect();
        fill(root, &segments[..segments.len() - 1]);
    }
}

fn fill(value: &mut Value, segments: &[&str]) {
    let (Some((first, rest)), Value::Object(fields)) = (segments.split_first(), value) else { return };
    if *first == "*" {
        fields.values_mut().for_each(|value| fill(value, rest));
    } else {
        fill(fields.entry((*first).to_owned()).or_insert_with(|| Value::Object(Map::new())), rest);
    }
}

/// Marks the items of `old` that `flat` no longer has, and takes the mark off those that are back.
fn mark_gone(items: &Items, old: Option<&BTreeMap<String, Scalar>>, flat: &mut BTreeMap<String, Scalar>) {
    let entries = |map: &BTreeMap<String, Scalar>| -> BTreeSet<String> {
        map.keys()
            .flat_map(|key| {
                let segments: Vec<&str> = key.split('/').collect();
                (1..segments.len())
                    .filter(|end| items.is_item(&segments[..*end]))
                    .map(|end| segments[..end].join("/"))
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    let Some(old) = old else { return };
    let now = entries(flat);
    for entry in entries(old) {
        let key = format!("{entry}/{GONE}");
        let is_gone = old.get(&key) == Some(&Scalar::Bool(true));
        let shall_be = !now.contains(&entry);
        if is_gone != shall_be {
            flat.insert(key, Scalar::Bool(shall_be));
        }
    }
}

fn key_of(scalar: &Scalar) -> Option<[u8; 16]> {
    match scalar {
        Scalar::Bytes(bytes) => bytes.strip_prefix(&[SEALED])?.first_chunk().copied(),
        _ => None,
    }
}

fn is_identifier(when: When, natural: bool, value: &Value) -> bool {
    let says_something = match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => true,
    };
    says_something && (when == When::Always || natural)
}
