//! Domain events and the `CloudEvents` 1.0 envelope they travel in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::hlc::Hlc;
use super::id::{CompanyId, DeviceId, EventId, PersonId};

/// A fact an aggregate decided.
pub trait DomainEvent: Send + Sync {
    /// Stable name, like `Lead.Created`.
    fn event_type(&self) -> &'static str;

    /// Id of the aggregate it happened to.
    fn subject(&self) -> Uuid;

    /// The payload, fields in camel case, decimals as strings.
    fn data(&self) -> Value;
}

/// What the caller knows about the moment and place of an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventContext {
    /// Fresh version 7 UUID, or the derived id of a derived event.
    pub id: EventId,
    /// The company.
    pub tenant: CompanyId,
    /// The laptop it was decided on.
    pub device: DeviceId,
    /// The person who acted.
    pub actor: PersonId,
    /// The instant, UTC.
    pub time: Timestamp,
    /// Clock reading of the command.
    pub hlc: Hlc,
    /// The click or call that all of this belongs to.
    pub correlation: Uuid,
    /// The event that caused this one.
    pub causation: Option<EventId>,
    /// How many changes the aggregate had after this one.
    pub aggregate_version: u64,
    /// Whether there was no network.
    pub offline: bool,
    /// Head hash of the document it was produced from.
    pub document_head: Option<String>,
}

/// A `CloudEvents` 1.0 event with this program's extensions. Source: CNCF, `CloudEvents` 1.0.2.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CloudEvent {
    /// Consumers drop a second event of one source and id.
    pub id: EventId,
    /// `/tenant/{company}/device/{device}`.
    pub source: String,
    /// Always `1.0`.
    pub specversion: String,
    /// The event's stable name.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Id of the aggregate.
    pub subject: Uuid,
    /// The instant, UTC.
    pub time: Timestamp,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// Schema of `data`, with its version.
    pub dataschema: String,
    /// The company.
    pub tenantid: CompanyId,
    /// The person.
    pub actorid: PersonId,
    /// The laptop.
    pub deviceid: DeviceId,
    /// Hybrid logical clock.
    pub hlc: Hlc,
    /// The click or call that all of this belongs to.
    pub correlationid: Uuid,
    /// The event that caused this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causationid: Option<EventId>,
    /// How many changes the aggregate had after this one.
    pub aggversion: u64,
    /// Whether there was no network.
    pub offline: bool,
    /// Head hash of the document it was produced from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dochead: Option<String>,
    /// The payload.
    pub data: Value,
}

impl CloudEvent {
    /// Puts `event` into its envelope.
    pub fn new(event: &dyn DomainEvent, context: &EventContext) -> Self {
        let name = event.event_type();
        Self {
            id: context.id,
            source: format!("/tenant/{}/device/{}", context.tenant, context.device),
            specversion: "1.0".to_owned(),
            event_type: name.to_owned(),
            subject: event.subject(),
            time: context.time,
            datacontenttype: "application/json".to_owned(),
            dataschema: format!("https://zuclubit.mx/schemas/events/{name}/1"),
            tenantid: context.tenant,
            actorid: context.actor,
            deviceid: context.device,
            hlc: context.hlc,
            correlationid: context.correlation,
            causationid: context.causation,
            aggversion: context.aggregate_version,
            offline: context.offline,
            dochead: context.document_head.clone(),
            data: event.data(),
        }
    }
}

/// Drops the members that are null: an optional field that is absent is not written.
pub(crate) fn without_nulls(mut data: Value) -> Value {
    if let Value::Object(members) = &mut data {
        members.retain(|_, member| !member.is_null());
    }
    data
}
