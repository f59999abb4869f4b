//! What a lead says otherwise than one that lives on in it. The survivor's document says which fields; the values of the other
//! side stand in the document of the alias.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::SqliteConnection;
use zuc_domain::lead::{Absorbed, LateEdit};
use zuc_domain::shared::{DeviceId, LeadId};
use zuc_protocol::item::DocKind;

use super::SideValue;
use super::found::Found;
use crate::doc::{Content, Document, Scalar};
use crate::history::{Opened, second};
use crate::persons::Ring;
use crate::shape::Shape;
use crate::store::Identity;
use crate::{Store, StoreError};

/// The register in which a lead notes how far its aliases were read.
const ABSORBED: &str = "absorbed";
/// The text whose letters merge.
const NOTES: &str = "notes";

/// Fields of which a person is asked, of each alias.
fn asked(ring: &Ring, shape: &Shape, content: &Content) -> Result<BTreeMap<LeadId, Absorbed>, StoreError> {
    let Some(scalar) = content.root.get(ABSORBED).filter(|_| shape.number == DocKind::LEAD) else {
        return Ok(BTreeMap::new());
    };
    let value = shape.field(ABSORBED, scalar, ring)?.unwrap_or(Value::Null);
    // what a newer version notes there asks nobody here
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// Adds the fields about which a survivor asks; one that asks already, asks about that too.
pub(super) fn found(
    ring: &Ring,
    shape: &Shape,
    content: &Content,
    document: &mut Document,
    found: &mut Vec<Found>,
) -> Result<(), StoreError> {
    let known = asked(ring, shape, content)?;
    for (field, late) in known.values().flat_map(|known| &known.asks) {
        let side = if field == NOTES { None } else { document.side_of(field)? };
        let closed = match &side {
            Some(side) => shape.field(field, &side.value, ring)?.is_none(),
            None => false,
        };
        if closed {
            // of a person who was forgotten
            continue;
        }
        let shown = side.map(|side| (side.time, hex::encode(&side.actor)));
        match found.iter_mut().find(|found| found.field == *field) {
            Some(found) => {
                found.at = found.at.max(late.at);
                found.actors.insert(late.actor.clone());
            }
            None => found.push(Found {
                field: field.clone(),
                at: shown.as_ref().map_or(late.at, |(at, _)| late.at.max(*at)),
                actors: shown.map(|(_, actor)| actor).into_iter().chain([late.actor.clone()]).collect(),
            }),
        }
    }
    Ok(())
}

impl Store {
    /// What aliases say of a field, after what the survivor says where `with_own`; nothing where none of them can be read.
    pub(super) async fn late_sides(
        &self,
        conn: &mut SqliteConnection,
        identity: Identity,
        open: &mut Opened,
        field: &str,
        with_own: bool,
    ) -> Result<Vec<SideValue>, StoreError> {
        let content = open.document.content()?;
        let known = asked(&open.ring, open.shape, &content)?;
        let mut sides = Vec::new();
        for (alias, known) in &known {
            let Some(edit) = known.asks.get(field) else { continue };
            let Some(mut other) = Opened::load(self, conn, identity, alias.0).await? else { continue };
            let Ok(heads) = hex::decode(&known.heads) else { continue };
            let Ok(then) = other.document.content_at(&heads) else { continue };
            let scalar = register(&then, field);
            let Some(value) = other.says(conn, field, scalar.as_ref()).await? else { continue };
            sides.push(side(alias, field, value, edit, &other));
        }
        if with_own && !sides.is_empty() {
            let scalar = register(&content, field);
            let own = if field == NOTES { None } else { open.document.side_of(field)? };
            let value = open.says(conn, field, scalar.as_ref()).await?.unwrap_or(Value::Null);
            let device = own.as_ref().and_then(|own| open.device_of(&own.actor));
            sides.insert(
                0,
                SideValue {
                    change: own.as_ref().map_or_else(|| *blake3::hash(field.as_bytes()).as_bytes(), |own| own.change),
                    before: None,
                    value,
                    device,
                    at: second(own.map_or(0, |own| own.time)),
                    shown: true,
                },
            );
        }
        Ok(sides)
    }
}

fn register(content: &Content, field: &str) -> Option<Scalar> {
    if field == NOTES {
        return content.texts.get(NOTES).cloned().map(Scalar::Text);
    }
    content.root.get(field).cloned()
}

fn side(alias: &LeadId, field: &str, value: Value, edit: &LateEdit, of: &Opened) -> SideValue {
    let device: Option<DeviceId> = hex::decode(&edit.actor).ok().and_then(|actor| of.device_of(&actor));
    // names this side, whatever else its change wrote
    let change = *blake3::hash([alias.0.as_bytes().as_slice(), field.as_bytes()].concat().as_slice()).as_bytes();
    SideValue { change, value, before: None, device, at: second(edit.at), shown: false }
}
