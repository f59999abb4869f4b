//! Who looks at the record that this person looks at. It is said now and again, shown for a while, and kept nowhere.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use zuc_domain::shared::{Action, Object, PersonId};
use zuc_ipc::sync::Onlooker;
use zuc_protocol::{
    glance::Glance,
    ids::{DeviceId, ItemId},
};
use zuc_store::wire_scope;

use super::exchange::Order;
use crate::{AppError, Office};

/// How often it is said again where a person goes on looking.
const AGAIN: SignedDuration = SignedDuration::from_secs(20);
/// How long somebody is shown who says nothing more. One that was lost on its way is no reason to be gone.
const SHOWN: SignedDuration = SignedDuration::from_secs(45);

/// Where people look, as far as it was heard.
#[derive(Default)]
pub(crate) struct Onlookers {
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    others: BTreeMap<DeviceId, (Uuid, ItemId, Timestamp)>,
    /// What was said last of this device.
    said: Option<(Option<ItemId>, Timestamp)>,
}

impl Onlookers {
    /// Somebody looks at something, or at nothing any more.
    pub(super) fn hear(&self, device: DeviceId, person: Uuid, record: Option<ItemId>, now: Timestamp) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match record {
            Some(record) => _ = heard.others.insert(device, (person, record, now)),
            None => _ = heard.others.remove(&device),
        }
    }

    /// Whether the others are to hear that this person looks at a record.
    fn says(&self, record: Option<ItemId>, now: Timestamp) -> bool {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = match heard.said {
            None => record.is_some(),
            Some((said, at)) => said != record || (record.is_some() && now.duration_since(at) >= AGAIN),
        };
        if is_news {
            heard.said = Some((record, now));
        }
        is_news
    }

    /// The persons who look at a record, each once.
    fn at(&self, record: ItemId, now: Timestamp) -> Vec<Uuid> {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.others.retain(|_, (_, _, at)| now.duration_since(*at) < SHOWN);
        let mut persons: Vec<Uuid> =
            heard.others.values().filter(|(_, at, _)| *at == record).map(|(person, ..)| *person).collect();
        persons.sort_unstable();
        persons.dedup();
        persons
    }
}

impl Office {
    /// This person looks at a record, or at none where the id is empty; who else does.
    #[expect(clippy::unused_async, reason = "a use case is asked like every other")]
    pub async fn record_look(&self, record: String) -> Result<Vec<Onlooker>, AppError> {
        let scope = self.sales();
        self.allow(Action::ReadLeads, Object::in_scope(scope))?;
        let record = match record.as_str() {
            "" => None,
            text => Some(ItemId::from_uuid(text.parse().map_err(|_| AppError::invalid("id"))?)),
        };
        let (now, onlookers) = (self.now(), &self.exchange.onlookers);
        // while there is nobody to hear it nothing is said, and nothing waits to be said later
        if self.exchange.status().state != "offline" && onlookers.says(record, now) {
            let glance = Glance { record, at_ms: now.as_millisecond() };
            self.exchange.order(Order::Look(wire_scope(scope), glance));
        }
        let me = self.actor.person;
        let others = record.map(|record| onlookers.at(record, now)).unwrap_or_default();
        let others = others.into_iter().map(PersonId).filter(|person| *person != me);
        Ok(others.map(|person| Onlooker { id: person.to_string(), name: self.exchange.name_of(person) }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ItemId = ItemId([1; 16]);
    const OTHER: ItemId = ItemId([2; 16]);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    #[test]
    fn who_looks_is_shown_once_and_for_a_while() {
        let onlookers = Onlookers::default();
        let (ana, beto) = (Uuid::from_u128(1), Uuid::from_u128(2));
        onlookers.hear(DeviceId([1; 16]), ana, Some(ONE), at(0));
        onlookers.hear(DeviceId([2; 16]), ana, Some(ONE), at(10));
        onlookers.hear(DeviceId([3; 16]), beto, Some(OTHER), at(10));
        assert_eq!(onlookers.at(ONE, at(11)), [ana], "at two computers");
        assert_eq!(onlookers.at(OTHER, at(11)), [beto]);
        onlookers.hear(DeviceId([3; 16]), beto, Some(ONE), at(12));
        assert_eq!(onlookers.at(ONE, at(12)), [ana, beto]);
        assert!(onlookers.at(OTHER, at(12)).is_empty());
        onlookers.hear(DeviceId([3; 16]), beto, None, at(13));
        assert_eq!(onlookers.at(ONE, at(54)), [ana]);
        assert!(onlookers.at(ONE, at(55)).is_empty(), "nobody said that she goes on");
    }

    #[test]
    fn it_is_said_when_it_changes_and_now_and_again() {
        let onlookers = Onlookers::default();
        assert!(!onlookers.says(None, at(0)), "nobody asked");
        assert!(onlookers.says(Some(ONE), at(0)));
        assert!(!onlookers.says(Some(ONE), at(19)));
        assert!(onlookers.says(Some(ONE), at(20)));
        assert!(onlookers.says(Some(OTHER), at(21)));
        assert!(onlookers.says(None, at(22)));
        assert!(!onlookers.says(None, at(99)));
    }
}
