//! New keys before anybody has to be taken out: on demand, and when a key has served long enough.

use zuc_protocol::control::{ControlError, ControlLog};
use zuc_protocol::scope::{Role, Scope};

use super::steps::Draft;
use super::{ControlStep, Fresh, new_keys};
use crate::keyring::KeyRing;

/// How long a scope's key serves, in milliseconds: 90 days.
pub const KEY_LIFE_MS: i64 = 90 * 24 * 60 * 60 * 1_000;

/// Gives each of `scopes` whose key is here a new one, which seals the one before.
///
/// # Errors
/// [`ControlError::NotAllowed`] when this device does not run the company's membership.
pub fn rotate(
    log: &ControlLog,
    ring: &KeyRing,
    scopes: &[Scope],
    time_ms: i64,
    fresh: Fresh<'_>,
) -> Result<Vec<ControlStep>, ControlError> {
    let mut draft = Draft::new(log, ring, time_ms);
    new_keys(&mut draft, scopes, &[], fresh)?;
    Ok(draft.done())
}

/// The scopes whose key has served its time, by the record that began it, and that this device may give a new one: it
/// runs the company's membership and holds the key.
pub fn due_rotations(log: &ControlLog, ring: &KeyRing, now_ms: i64) -> Vec<Scope> {
    let administers = |device| log.rights(device).is_some_and(|rights| rights.has(Role::Administracion));
    if !ring.device().is_some_and(administers) {
        return Vec::new();
    }
    let begun = |scope| {
        let record = log.epoch(scope).and_then(|epoch| log.records_from(epoch.at).first());
        record.and_then(|record| record.decode().ok()).map(|record| record.time_ms)
    };
    let is_due = |scope: &Scope| begun(*scope).is_some_and(|begun| now_ms.saturating_sub(begun) >= KEY_LIFE_MS);
    ring.readable(log).into_iter().filter(is_due).collect()
}
