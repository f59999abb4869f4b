//! Sealed values whose key is not here: of a person that was erased, or of one whose key has not come yet. Whoever writes
//! the record meanwhile must not write over what they could not read.

use super::{Content, Map, SEALED, Scalar, SealedField, Seals, Shape, Uuid, Value, When, is_identifier};
use std::collections::BTreeSet;

impl Shape {
    /// Whether `value` is only what is read in the place of `held`, which does not open here.
    pub(super) fn stays_closed(&self, field: &SealedField, value: &Value, held: &Scalar, seals: &dyn Seals) -> bool {
        self.is_closed(field, held, seals)
            && serde_json::from_str::<Value>(field.erased).is_ok_and(|erased| erased == *value)
    }

    fn is_closed(&self, field: &SealedField, held: &Scalar, seals: &dyn Seals) -> bool {
        let Scalar::Bytes(bytes) = held else { return false };
        bytes
            .strip_prefix(&[SEALED])
            .is_some_and(|sealed| seals.open(&self.bound(field.of, field.name), sealed).is_none())
    }

    /// The subjects whose keys sealing `value` over `held` takes: the aggregate itself and its items.
    pub(crate) fn subjects(
        &self,
        id: Uuid,
        value: &Map<String, Value>,
        held: &Content,
        seals: &dyn Seals,
    ) -> Vec<Uuid> {
        let natural = self.is_natural(value, held, seals);
        let is_written = |field: &SealedField, value: &Value, held: Option<&Scalar>| {
            is_identifier(field.when, natural, value)
                && !held.is_some_and(|held| self.stays_closed(field, value, held, seals))
        };
        let mut subjects = BTreeSet::new();
        for field in self.sealed {
            let inside = held.maps.get(field.of);
            if field.of.is_empty() {
                let held = held.root.get(field.name);
                if value.get(field.name).is_some_and(|value| is_written(field, value, held)) {
                    subjects.insert(id);
                }
                continue;
            }
            let record = self.items.iter().any(|items| items.name == field.of && items.optional);
            if record {
                let found = value.get(field.of).and_then(|record| record.get(field.name));
                let held = inside.and_then(|held| held.get(field.name));
                if found.is_some_and(|value| is_written(field, value, held)) {
                    subjects.insert(id);
                }
                continue;
            }
            for (key, item) in value.get(field.of).and_then(Value::as_object).into_iter().flatten() {
                let held = inside.and_then(|held| held.get(&format!("{key}/{}", field.name)));
                if item.get(field.name).is_some_and(|value| is_written(field, value, held)) {
                    subjects.insert(key.parse().unwrap_or(id));
                }
            }
        }
        subjects.into_iter().collect()
    }

    /// Whether the record is of a persona física, also where what says so was sealed for that reason and does not open.
    pub(super) fn is_natural(&self, value: &Map<String, Value>, held: &Content, seals: &dyn Seals) -> bool {
        let rfc = |rfc: &Value| rfc.as_str().is_some_and(|rfc| rfc.chars().count() == 13);
        let was_sealed = |field: &SealedField| {
            field.when == When::NaturalPerson
                && field.of.is_empty()
                && held.root.get(field.name).is_some_and(|held| self.is_closed(field, held, seals))
        };
        value.get("rfc").is_some_and(rfc)
            || value.get("kind").and_then(Value::as_str) == Some("persona_fisica")
            || ["fiscal_profile", "receptor"]
                .iter()
                .any(|field| value.get(*field).and_then(|profile| profile.get("rfc")).is_some_and(rfc))
            || self.sealed.iter().any(was_sealed)
    }
}
