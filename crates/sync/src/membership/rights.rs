//! A person's roles change.

use zuc_protocol::control::{ControlAct, ControlError, ControlLog, Mark, RightsAct};
use zuc_protocol::ids::{DeviceId, PersonId};
use zuc_protocol::person_key::Bag;
use zuc_protocol::scope::{Rights, Scope};

use super::owed::{begin_anew, begin_lost, grant, is_lost};
use super::steps::Draft;
use super::{ControlStep, Fresh, changes, new_keys, replace_bag};
use crate::keyring::KeyRing;

/// What changes of a person.
#[derive(Clone, Debug)]
pub struct Changing {
    /// Whose.
    pub person: PersonId,
    /// What they may do from here on.
    pub rights: Rights,
    /// For scopes that are taken away: the last accepted numbers of their devices.
    pub marks: Vec<Mark>,
}

/// Those of `scopes` that a device once read and may not read any more: what is left of them there is to be purged. A
/// stopped device loses none, for it may be let go.
pub fn lost_scopes(log: &ControlLog, device: DeviceId, scopes: impl IntoIterator<Item = Scope>) -> Vec<Scope> {
    let last = log.last_seq();
    if log.device(device).is_some_and(|device| device.frozen_at(last) && device.removed.is_none()) {
        return Vec::new();
    }
    let read_at = |scope, seq| log.rights_at(device, seq).is_some_and(|rights| rights.may_read(scope));
    let lost = |scope: &Scope| !log.may_read(device, *scope) && (0..last).any(|seq| read_at(*scope, seq));
    scopes.into_iter().filter(lost).collect()
}

/// Changes a person's roles and teams: new keys and bags of what they lose, the keys of what they gain, and a scope for a team
/// that begins.
///
/// # Errors
/// [`ControlError::NotAllowed`], [`ControlError::Contradiction`] for a person that is none.
pub fn change_rights(
    log: &ControlLog,
    ring: &KeyRing,
    bags: &[Bag],
    changing: &Changing,
    time_ms: i64,
    fresh: Fresh<'_>,
) -> Result<Vec<ControlStep>, ControlError> {
    let before = log
        .person(changing.person)
        .and_then(|person| person.rights_at(log.last_seq()))
        .ok_or(ControlError::Contradiction("no such person"))?;
    let scopes: Vec<Scope> = log.scopes().collect();
    let reads = |rights: &Rights, scope: &&Scope| rights.may_read(**scope);
    let lost = scopes.iter().filter(|scope| reads(before, scope) && !reads(&changing.rights, scope));
    let gained = scopes.iter().filter(|scope| !reads(before, scope) && reads(&changing.rights, scope));
    let (lost, gained): (Vec<Scope>, Vec<Scope>) = (lost.copied().collect(), gained.copied().collect());
    let devices: Vec<_> = log.devices_of(changing.person).map(|(id, state)| (id, state.public.receive)).collect();
    let without: Vec<DeviceId> = devices.iter().map(|(id, _)| *id).collect();
    let mut replacements = Vec::new();
    for bag in bags.iter().filter(|bag| lost.contains(&bag.scope())) {
        replacements.extend(replace_bag(log, ring, bag, &[], &without, fresh)?);
    }
    let act = ControlAct::Rights(RightsAct {
        person: changing.person,
        rights: changing.rights.clone(),
        marks: changing.marks.clone(),
        bags: changes(&replacements)?,
    });
    let mut draft = Draft::new(log, ring, time_ms);
    draft.sign(act, replacements, vec![])?;
    new_keys(&mut draft, &lost, &[], fresh)?;
    begin_lost(&mut draft, fresh)?;
    // a team begins with its first person
    let teams = changing.rights.teams.iter().map(|team| Scope::Sales(*team));
    for scope in teams.filter(|scope| changing.rights.may_write(*scope) && !scopes.contains(scope)) {
        begin_anew(&mut draft, scope, fresh)?;
    }
    for scope in gained {
        if !grant(&mut draft, scope, &devices, fresh)? && is_lost(&draft.log, scope) {
            begin_anew(&mut draft, scope, fresh)?;
        }
    }
    Ok(draft.done())
}
