//! Who has yet to hold what would be dropped.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use zuc_protocol::{
    Scope,
    control::{ControlLog, DeviceState},
    holding::Holding,
    ids::{DeviceId, PersonId},
};
use zuc_relay_store::compact::DAY_MS;

/// Of how many persons a device has to hold a log from its first entry, before anything of it is dropped: who lose one
/// laptop can give a lost log back from the other.
pub const KEEPERS: usize = 2;
/// A device that was not there for so long begins anew, and is not waited for; milliseconds.
pub const SILENT_MS: i64 = 60 * DAY_MS;

/// Why nothing more is dropped of a scope's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Hindrance {
    /// The log follows a lost one, and not everybody has given back what they hold.
    Lost,
    /// No snapshot behind the begin is vouched for by two persons, undisputed and whole.
    NoSnapshot,
    /// The snapshot has not stood for long enough.
    TooYoung {
        /// From when on it has; milliseconds of the Unix epoch.
        until_ms: i64,
    },
    /// A device has not said that it holds what would go.
    Device {
        /// Which.
        device: DeviceId,
        /// Up to where it says to; 0 for nowhere.
        up_to: u64,
        /// The day it was last there; milliseconds of the Unix epoch.
        seen_ms: i64,
    },
    /// Devices of fewer persons than [`KEEPERS`] hold all of it from the first entry.
    Keepers {
        /// Of how many.
        persons: usize,
    },
}

/// What is known of those who read a scope.
pub struct Readers<'a> {
    /// Who belongs to the company today.
    pub control: &'a ControlLog,
    /// The scope.
    pub scope: Scope,
    /// What each says that it holds of the log that stands.
    pub held: BTreeMap<DeviceId, Holding>,
    /// When each was last there; milliseconds of the Unix epoch.
    pub seen: BTreeMap<DeviceId, i64>,
    /// The time; milliseconds of the Unix epoch.
    pub now_ms: i64,
}

impl Readers<'_> {
    /// Those that read the scope, or will again once they are let go, and were there of late: one of which it is not known
    /// was there now.
    fn devices(&self) -> impl Iterator<Item = (DeviceId, &DeviceState)> {
        let late = |device: &DeviceId| self.now_ms - self.seen_ms(*device) <= SILENT_MS;
        self.control.devices().filter(move |(device, state)| self.control.reads(state, self.scope) && late(device))
    }

    fn seen_ms(&self, device: DeviceId) -> i64 {
        self.seen.get(&device).copied().unwrap_or(self.now_ms)
    }

    /// What hinders that entries up to a place go, of a log that begins behind `begins`.
    pub fn hinder(&self, place: u64, begins: u64) -> Vec<Hindrance> {
        let holds = |held: &Holding| held.up_to >= place && held.after <= begins;
        let lacking = self.devices().filter(|(device, _)| !self.held.get(device).is_some_and(holds));
        let mut hindrances: Vec<Hindrance> = lacking
            .map(|(device, _)| Hindrance::Device {
                device,
                up_to: self.held.get(&device).map_or(0, |held| held.up_to),
                seen_ms: self.seen_ms(device),
            })
            .collect();
        let persons = self.keepers(place);
        if persons < KEEPERS {
            hindrances.push(Hindrance::Keepers { persons });
        }
        hindrances
    }

    /// Of how many persons a device holds the log from its first entry up to a place.
    pub fn keepers(&self, place: u64) -> usize {
        let keeps = |device: &DeviceId| self.held.get(device).is_some_and(|held| held.is_whole_to(place));
        let persons: BTreeSet<PersonId> =
            self.devices().filter(|(device, _)| keeps(device)).map(|(_, state)| state.person).collect();
        persons.len()
    }
}
