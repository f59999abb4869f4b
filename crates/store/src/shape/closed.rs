//! Whose key a write takes, where some values may not open: of a person who was erased, or whose key has not come yet.

use std::collections::BTreeSet;

use super::{Content, Map, SEALED, Scalar, SealedField, Sealing, Seals, Shape, Uuid, Value, When, is_identifier};

impl Shape {
    /// The subjects whose keys sealing takes of `value` what does not say the same as when it was read from `held`: the
    /// aggregate itself and its items.
    pub(crate) fn subjects(
        &self,
        id: Uuid,
        value: &Map<String, Value>,
        said: &Map<String, Value>,
        held: &Content,
        seals: &dyn Seals,
    ) -> Vec<Uuid> {
        let natural = self.is_natural(value, held, seals);
        let is_written = |field: &SealedField, path: &str, value: Option<&Value>, said: Option<&Value>| {
            let inside = if field.of.is_empty() { Some(&held.root) } else { held.maps.get(field.of) };
            let lies = inside.and_then(|held| held.get(path)).is_some_and(is_sealed);
            value.is_some_and(|value| is_identifier(field.when, natural, value) && !(lies && said == Some(value)))
        };
        let mut subjects = BTreeSet::new();
        for field in self.sealed {
            if field.of.is_empty() {
                if is_written(field, field.name, value.get(field.name), said.get(field.name)) {
                    subjects.insert(id);
                }
                continue;
            }
            let (inside, before) = (value.get(field.of), said.get(field.of));
            if self.items.iter().any(|items| items.name == field.of && items.optional) {
                let of = |record: Option<&Value>| record.and_then(|record| record.get(field.name)).cloned();
                if is_written(field, field.name, of(inside).as_ref(), of(before).as_ref()) {
                    subjects.insert(id);
                }
                continue;
            }
            for (key, item) in inside.and_then(Value::as_object).into_iter().flatten() {
                let before = before.and_then(|before| before.get(key)).and_then(|before| before.get(field.name));
                if is_written(field, &format!("{key}/{}", field.name), item.get(field.name), before) {
                    subjects.insert(key.parse().unwrap_or(id));
                }
            }
        }
        subjects.into_iter().collect()
    }

    /// Whether what lies in the document may stay for a field that says what it said: sealed where it has to be, and only
    /// there, unless it does not open.
    pub(super) fn lies_well(&self, of: &str, name: &str, value: &Value, held: &Scalar, sealing: &Sealing<'_>) -> bool {
        let Some(field) = self.sealed_field(of, name) else { return true };
        match sealed(held) {
            None => !is_identifier(field.when, sealing.natural, value),
            Some(_) if is_identifier(field.when, sealing.natural, value) => true,
            Some(bytes) => sealing.seals.open(&self.bound(of, name), bytes).is_none(),
        }
    }

    /// Whether the record is of a persona física; where no RFC says so, whether something was sealed because it was, and
    /// does not open.
    pub(super) fn is_natural(&self, value: &Map<String, Value>, held: &Content, seals: &dyn Seals) -> bool {
        let profiles = ["fiscal_profile", "receptor"].iter().filter_map(|field| value.get(*field)?.get("rfc"));
        let mut lengths =
            value.get("rfc").into_iter().chain(profiles).filter_map(Value::as_str).map(|rfc| rfc.chars().count());
        let of_a_person = lengths.clone().any(|length| length == 13);
        let of_a_company = !of_a_person && lengths.any(|length| length == 12);
        let is_closed = |field: &SealedField| {
            let concerns = field.of.is_empty() && field.when == When::NaturalPerson;
            let sealed = held.root.get(field.name).filter(|_| concerns).and_then(sealed);
            sealed.is_some_and(|sealed| seals.open(&self.bound("", field.name), sealed).is_none())
        };
        of_a_person
            || value.get("kind").and_then(Value::as_str) == Some("persona_fisica")
            || (!of_a_company && self.sealed.iter().any(is_closed))
    }
}

fn sealed(scalar: &Scalar) -> Option<&[u8]> {
    match scalar {
        Scalar::Bytes(bytes) => bytes.strip_prefix(&[SEALED]),
        _ => None,
    }
}

fn is_sealed(scalar: &Scalar) -> bool {
    sealed(scalar).is_some()
}
