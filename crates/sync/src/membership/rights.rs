//! A person's roles change.

use zuc_protocol::control::{
    ControlAct, ControlError, ControlLog, GrantAct, Mark, Recipient, RightsAct, next_epoch, wrap_epoch_key,
};
use zuc_protocol::ids::{DeviceId, PersonId, ReceiveKey};
use zuc_protocol::person_key::{Bag, BagKeyWraps};
use zuc_protocol::scope::{Rights, Scope};
use zuc_protocol::secret::EpochKey;

use super::owed::{anew, is_lost};
use super::{ControlStep, Fresh, changes, replace_bag};
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

/// Changes a person's roles: new keys and bags of what they lose, the keys of what they gain.
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
    let mut log = log.clone();
    let mut steps = Vec::new();
    let mut sign = |log: &mut ControlLog, act, replacements, wraps| -> Result<(), ControlError> {
        let record = log.sign(act, time_ms, ring.keys())?;
        log.append(record.clone())?;
        steps.push(ControlStep { record, replacements, wraps });
        Ok(())
    };
    sign(&mut log, act, replacements, vec![])?;
    for scope in lost {
        let key = EpochKey::from_bytes(fresh());
        let act = next_epoch(&log, scope, &key, ring.current(&log, scope), None, &[], fresh)?;
        sign(&mut log, act, vec![], vec![])?;
    }
    for scope in gained {
        let epoch = log.epoch(scope).map(|epoch| epoch.id);
        if let (Some(epoch), Some(key), Some(bag)) = (epoch, ring.current(&log, scope), ring.bag(scope)) {
            let wrap = |(id, receive): &(DeviceId, ReceiveKey), random| {
                wrap_epoch_key(scope, key, Recipient::Device(*id), receive, &random)
            };
            let wraps = devices.iter().map(|device| wrap(device, fresh())).collect::<Result<_, _>>()?;
            let to: Vec<_> = devices.iter().map(|(id, key)| (Recipient::Device(*id), *key, fresh())).collect();
            let bag = BagKeyWraps::make(log.company(), scope, bag, to, ring.keys())?;
            sign(&mut log, ControlAct::Grant(GrantAct { scope, epoch, wraps }), vec![], vec![bag])?;
        } else if is_lost(&log, scope) {
            let (act, replacement) = anew(&log, ring, scope, fresh)?;
            sign(&mut log, act, vec![replacement], vec![])?;
        }
    }
    Ok(steps)
}
