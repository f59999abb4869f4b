//! Keys that whoever lets somebody in does not hold: those who hold them give them, and what nobody holds begins anew.

use crate::support::{Company, Device, Dice, keys, scene};
use zuc_protocol::control::{ControlAct, ControlError, ControlLog, RemoveReason, next_epoch};
use zuc_protocol::ids::PersonId;
use zuc_protocol::person_key::{Bag, BagKeyWraps};
use zuc_protocol::scope::{Rights, Role, Scope};
use zuc_protocol::secret::EpochKey;
use zuc_sync::membership::{Joining, Removing, approve_join, owed_epochs, owed_keys, owed_renewals, remove_device};
use zuc_sync::{ControlStep, Input, KeyRing};

/// A member's keys, those of the bags among them.
fn ring(seed: u8, company: &Company) -> KeyRing {
    let mut ring = KeyRing::of_device(keys(seed), &company.log);
    for wraps in &company.bag_wraps {
        let _ = ring.learn_bag(&company.log, wraps);
    }
    ring
}

fn take(company: &mut Company, steps: Vec<ControlStep>) {
    for step in steps {
        company.log.append(step.record).unwrap();
        company.bag_wraps.extend(step.wraps);
        company.bag_wraps.extend(step.replacements.into_iter().map(|replacement| replacement.wraps));
    }
}

#[test]
fn who_was_let_in_by_somebody_without_a_scopes_key_gets_it_from_who_holds_it() {
    let (mut company, mut relay, _, _) = scene();
    let mut carla = Device::new(3, &company);
    carla.online(&mut relay);
    carla.write(Scope::Fiscal, 1, "factura");
    carla.talk(&mut relay);
    let bag = company.log.bag(Scope::Fiscal);
    let (mut dice, diana) = (Dice(12_000), keys(4).public());
    let joining = Joining {
        person: PersonId([4; 16]),
        rights: Some(Rights::new([Role::Finanzas], [1])),
        device: diana,
        label: "nueva",
    };
    let steps = approve_join(&company.log, &ring(1, &company), &joining, 2, &mut || dice.roll()).unwrap();
    take(&mut company, steps);
    assert!(
        KeyRing::of_device(keys(4), &company.log).lacks(&company.log, diana.id()),
        "Luis does not read what is fiscal"
    );
    for other in [1, 2] {
        let given = owed_keys(&company.log, &ring(other, &company), 3, &mut || dice.roll()).unwrap();
        assert!(given.is_empty(), "{other} has nothing to give");
    }
    assert!(
        owed_epochs(&company.log, &ring(1, &company), 3, &mut || dice.roll()).unwrap().is_empty(),
        "Carla holds it"
    );

    let given = owed_keys(&company.log, &ring(3, &company), 3, &mut || dice.roll()).unwrap();
    assert_eq!(given.len(), 1);
    take(&mut company, given);
    assert!(
        owed_keys(&company.log, &ring(3, &company), 4, &mut || dice.roll()).unwrap().is_empty(),
        "it is given once"
    );
    assert_eq!(company.log.bag(Scope::Fiscal), bag, "nobody's person keys are lost");
    let hers = ring(4, &company);
    assert_eq!(hers.prove(&company.log).unwrap(), "nueva");
    assert!(hers.bag(Scope::Fiscal).is_some(), "the key of the bag comes with it");
    relay.control = company.log.clone();
    let mut late = Device::new(4, &company);
    late.online(&mut relay);
    assert_eq!(late.facts, carla.facts, "what was written before she came is hers too");
}

#[test]
fn what_whoever_takes_somebody_out_does_not_hold_is_renewed_by_who_does_and_waits_until_then() {
    let (mut company, mut relay, ..) = scene();
    let (mut dice, carla, diana) = (Dice(14_000), keys(3).public().id(), keys(4).public());
    let joining = Joining {
        person: PersonId([4; 16]),
        rights: Some(Rights::new([Role::Finanzas], [1])),
        device: diana,
        label: "nueva",
    };
    let steps = approve_join(&company.log, &ring(1, &company), &joining, 2, &mut || dice.roll()).unwrap();
    take(&mut company, steps);
    let given = owed_keys(&company.log, &ring(3, &company), 3, &mut || dice.roll()).unwrap();
    take(&mut company, given);
    let (before, bag) = (company.log.epoch(Scope::Fiscal).unwrap().id, company.log.bag(Scope::Fiscal).unwrap());
    let forced = |company: &Company, dice: &mut Dice| {
        let key = EpochKey::from_bytes(dice.roll());
        let act = next_epoch(&company.log, Scope::Fiscal, &key, None, None, &[], &mut || dice.roll()).unwrap();
        company.log.sign(act, 4, &keys(4)).and_then(|record| company.log.clone().append(record)).err()
    };
    assert!(matches!(forced(&company, &mut dice), Some(ControlError::NotAllowed)), "nobody was taken out");

    // Luis takes Carla out; what is fiscal he does not read
    let removing = Removing { device: carla, marks: vec![], wipe: true, reason: RemoveReason::LostOrStolen };
    let bags: Vec<Bag> = company.log.scopes().map(|scope| Bag::new(scope, company.log.bag(scope).unwrap())).collect();
    let luis = ring(1, &company);
    let steps = remove_device(&company.log, &luis, &bags, &removing, 4, &mut || dice.roll()).unwrap();
    take(&mut company, steps);
    let stale: Vec<Scope> = company.log.scopes().filter(|scope| company.log.is_stale(*scope)).collect();
    assert_eq!(stale, [Scope::Fiscal], "the others have new keys");
    for other in [1, 2] {
        let bags = [Bag::new(Scope::Fiscal, bag)];
        let none = owed_renewals(&company.log, &ring(other, &company), &bags, true, 5, &mut || dice.roll()).unwrap();
        assert!(none.is_empty(), "{other} does not hold it");
    }
    relay.control = company.log.clone();
    let mut waits = Device::new(4, &company);
    waits.online(&mut relay);
    waits.write(Scope::Fiscal, 9, "nota");
    waits.talk(&mut relay);
    assert_eq!(relay.head(Scope::Fiscal).seq, 0, "nothing is sealed under a key that is out");

    let bags = [Bag::new(Scope::Fiscal, bag)];
    let renewed = owed_renewals(&company.log, &ring(4, &company), &bags, false, 5, &mut || dice.roll()).unwrap();
    assert_eq!(renewed.len(), 1);
    for step in renewed {
        take(&mut company, vec![step.clone()]);
        waits.input(Input::ControlAuthored(step));
    }
    waits.talk(&mut relay);
    assert_eq!(relay.control.head(), company.log.head(), "the relay takes it from her");
    assert_eq!(relay.head(Scope::Fiscal).seq, 1, "and what waited goes");
    assert!(!company.log.is_stale(Scope::Fiscal));
    assert_ne!(company.log.bag(Scope::Fiscal), Some(bag));
    let (carlas, dianas) = (ring(3, &company), ring(4, &company));
    assert!(carlas.current(&company.log, Scope::Fiscal).is_none() && carlas.bag(Scope::Fiscal).is_none());
    assert!(dianas.epoch(before).is_some() && dianas.bag(Scope::Fiscal).is_some());
    let again = owed_renewals(&company.log, &dianas, &[], true, 6, &mut || dice.roll()).unwrap();
    assert!(again.is_empty(), "once");
    // whoever comes later reads what was written before
    let eva = Joining { person: PersonId([5; 16]), device: keys(5).public(), ..joining };
    let steps = approve_join(&company.log, &ring(1, &company), &eva, 7, &mut || dice.roll()).unwrap();
    take(&mut company, steps);
    let given = owed_keys(&company.log, &ring(4, &company), 8, &mut || dice.roll()).unwrap();
    take(&mut company, given);
    assert!(ring(5, &company).epoch(before).is_some());
}

#[test]
fn an_approval_that_was_cut_short_is_ended_by_the_next_admin_to_connect() {
    let (company, ..) = scene();
    let records = company.log.records_from(0);
    let carla = keys(3).public().id();
    let adds_her = |act: &ControlAct| matches!(act, ControlAct::AddDevice(add) if add.device.id() == carla);
    let added = records.iter().position(|record| adds_her(&record.decode().unwrap().act)).unwrap();
    let log = ControlLog::replay(company.log.company(), records[..=added].to_vec()).unwrap();
    let of_then = |wraps: &BagKeyWraps| log.bag(wraps.scope) == Some(wraps.bag);
    let bag_wraps = company.bag_wraps.into_iter().filter(of_then).collect();
    let mut short = Company { log, bag_wraps };
    assert!(ring(3, &short).lacks(&short.log, carla));

    let mut dice = Dice(13_000);
    let refused = owed_epochs(&short.log, &ring(3, &short), 3, &mut || dice.roll());
    assert!(matches!(refused, Err(ControlError::NotAllowed)), "she cannot help herself");
    let steps = owed_epochs(&short.log, &ring(1, &short), 3, &mut || dice.roll()).unwrap();
    take(&mut short, steps);
    let hers = ring(3, &short);
    assert!(hers.prove(&short.log).is_ok() && hers.bag(Scope::Fiscal).is_some());
    assert!(owed_epochs(&short.log, &ring(1, &short), 4, &mut || dice.roll()).unwrap().is_empty());
}
