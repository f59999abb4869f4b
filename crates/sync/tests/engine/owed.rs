//! Keys that whoever lets somebody in does not hold: those who hold them give them, and what nobody holds begins anew.

use crate::support::{Company, Device, Dice, SALES, forged, keys, scene};
use zuc_protocol::chain::LogKind;
use zuc_protocol::control::{ControlAct, ControlError, ControlLog, next_epoch};
use zuc_protocol::ids::{BatchHash, PersonId};
use zuc_protocol::person_key::BagKeyWraps;
use zuc_protocol::scope::{Rights, Role, Scope};
use zuc_protocol::secret::EpochKey;
use zuc_sync::membership::{Joining, approve_join, owed_epochs, owed_keys};
use zuc_sync::{ControlStep, KeyRing, SyncStatus};

/// A member's keys, those of the bags among them.
pub(crate) fn ring(seed: u8, company: &Company) -> KeyRing {
    let mut ring = KeyRing::of_device(keys(seed), &company.log);
    for wraps in &company.bag_wraps {
        let _ = ring.learn_bag(&company.log, wraps);
    }
    ring
}

pub(crate) fn take(company: &mut Company, steps: Vec<ControlStep>) {
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

#[test]
fn a_key_that_nobody_has_given_stops_its_own_scope_and_no_other() {
    let (mut company, mut relay, _, _) = scene();
    let mut dice = Dice(13_000);
    let (old, head) = (company.log.epoch(SALES).unwrap().id, company.log.head().head());
    let written = forged(&company.log, 3, 1, BatchHash::NONE, head, old);
    // the next key does not seal the one before
    let key = EpochKey::from_bytes([77; 32]);
    let act = next_epoch(&company.log, SALES, &key, None, None, &[], &mut || dice.roll()).unwrap();
    let record = company.log.sign(act, 2, &keys(1)).unwrap();
    take(&mut company, vec![ControlStep { record, replacements: vec![], wraps: vec![] }]);
    let rights = Some(Rights::new([Role::Gerencia], []));
    let joining = Joining { person: PersonId([4; 16]), rights, device: keys(4).public(), label: "nueva" };
    let steps = approve_join(&company.log, &ring(1, &company), &joining, 3, &mut || dice.roll()).unwrap();
    take(&mut company, steps);
    relay.control = company.log.clone();
    relay.bag_wraps.clone_from(&company.bag_wraps);
    relay.append(SALES, LogKind::Batch, written.into_bytes());
    let mut diana = Device::new(4, &company);
    diana.online(&mut relay);
    assert_eq!((diana.applied, diana.quarantined.len()), (0, 0), "it is not lost");
    assert_eq!(diana.engine.status(), SyncStatus::Failed("sync.key_withheld"));
    assert_eq!(diana.engine.distrust(), None, "nobody lies");
    diana.write(SALES, 1, "espera");
    diana.write(Scope::Catalog, 2, "sale");
    diana.talk(&mut relay);
    assert_eq!((relay.head(SALES).seq, relay.head(Scope::Catalog).seq, diana.outbox.len()), (1, 1, 1));
}
