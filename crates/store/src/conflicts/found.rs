//! What of a document waits for a person, found in the document alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::SqliteConnection;
use zuc_domain::customer::{ContractState, CustomerState};
use zuc_domain::lead::LeadState;
use zuc_domain::lead::opportunity::Stage;
use zuc_domain::proposal::ProposalState;
use zuc_domain::shared::conflict::{self, ContestSide, STATE};
use zuc_domain::shared::{StateMachine, Transition, TransitionId};
use zuc_protocol::item::DocKind;

use super::{PERSON, late};
use crate::StoreError;
use crate::doc::{Content, Document, Scalar, Side, TRANSITIONS};
use crate::persons::Ring;
use crate::shape::Shape;

/// A field that waits, when, and who wrote its sides.
pub(super) struct Found {
    pub(super) field: String,
    pub(super) at: i64,
    pub(super) actors: BTreeSet<String>,
}

/// What of a document waits for a person, and the keys of its sides that are not here.
pub(super) async fn found(
    conn: &mut SqliteConnection,
    ring: &mut Ring,
    shape: &Shape,
    content: &Content,
    document: &mut Document,
) -> Result<(Vec<Found>, Vec<[u8; 16]>), StoreError> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    // an alias is settled through its survivor
    if content.root.get("merged_into").is_some_and(|survivor| *survivor != Scalar::Null) {
        return Ok((found, missing));
    }
    let asks = |field: &str| conflict::asks(shape.kind.name, field) && !is_over(content, field);
    for (field, sides) in document.contested(asks)? {
        let keys: BTreeSet<[u8; 16]> = sides.iter().filter_map(|side| Shape::key_of(&side.value)).collect();
        ring.load(conn, &keys).await?;
        missing.extend(keys.into_iter().filter(|key| !ring.holds(key)));
        if differ(ring, shape, &field, &sides)? {
            let at = sides.iter().map(|side| side.time).max().unwrap_or_default();
            let actors = sides.iter().map(|side| hex::encode(&side.actor)).collect();
            found.push(Found { field, at, actors });
        }
    }
    late::found(ring, shape, content, document, &mut found)?;
    if let Some(sides) = states(shape, content) {
        let at = sides.iter().map(|side| side.at.div_euclid(1_000)).max().unwrap_or_default();
        let actors = sides.iter().map(|side| format!("{PERSON}{}", side.by)).collect();
        found.push(Found { field: STATE.to_owned(), at, actors });
    }
    Ok((found, missing))
}

/// Whether two sides say different things, as far as they can be read.
fn differ(ring: &Ring, shape: &Shape, field: &str, sides: &[Side]) -> Result<bool, StoreError> {
    let mut first: Option<Value> = None;
    for side in sides {
        match (shape.field(field, &side.value, ring)?, &first) {
            (Some(value), Some(first)) if value != *first => return Ok(true),
            (Some(value), None) => first = Some(value),
            _ => {}
        }
    }
    Ok(false)
}

/// Whether a field is of an item that was taken out, or of a version that another came after.
fn is_over(content: &Content, field: &str) -> bool {
    let Some((container, key)) = field.split_once('/') else { return false };
    let Some(map) = content.maps.get(container) else { return false };
    let is_gone = key.match_indices('/').any(|(end, _)| {
        let gone = format!("{}/gone", &key[..end]);
        map.get(&gone) == Some(&Scalar::Bool(true))
    });
    let version = |key: &str| key.split('/').next().and_then(|number| number.parse::<u32>().ok());
    is_gone || (container == "versions" && version(key) < map.keys().filter_map(|key| version(key)).max())
}

/// The states of a document that stand side by side.
pub(super) fn states(shape: &Shape, content: &Content) -> Option<Vec<ContestSide>> {
    if !conflict::states_ask(shape.kind.name) {
        return None;
    }
    let records = content.maps.get(TRANSITIONS).filter(|records| records.len() > 1)?;
    match shape.number {
        DocKind::LEAD => contest::<LeadState>(records),
        DocKind::CUSTOMER => contest::<CustomerState>(records),
        DocKind::CONTRACT => contest::<ContractState>(records),
        DocKind::OPPORTUNITY => contest::<Stage>(records),
        DocKind::PROPOSAL => contest::<ProposalState>(records),
        _ => None,
    }
}

fn contest<S: StateMachine + DeserializeOwned>(records: &BTreeMap<String, Scalar>) -> Option<Vec<ContestSide>> {
    let transitions: BTreeMap<TransitionId, Transition<S>> = records
        .values()
        .filter_map(|record| match record {
            Scalar::Text(text) => serde_json::from_str::<Transition<S>>(text).ok(),
            _ => None,
        })
        .map(|transition| (transition.id, transition))
        .collect();
    conflict::contest(&transitions)
}
