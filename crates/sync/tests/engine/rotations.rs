//! New keys before anybody has to be taken out.

use crate::owed::{ring, take};
use crate::support::{Dice, SALES, keys, scene};
use zuc_protocol::control::ControlError;
use zuc_protocol::scope::Scope;
use zuc_sync::KeyRing;
use zuc_sync::membership::{KEY_LIFE_MS, due_rotations, rotate};

#[test]
fn a_key_that_has_served_its_time_is_due_and_a_new_one_seals_it() {
    let (mut company, ..) = scene();
    let mut dice = Dice(18_000);
    let luis = ring(1, &company);
    assert_eq!(due_rotations(&company.log, &luis, KEY_LIFE_MS), [], "a day early");
    let due = due_rotations(&company.log, &luis, KEY_LIFE_MS + 1);
    assert_eq!(
        due,
        [SALES, Scope::Catalog, Scope::Finance, Scope::Analytics, Scope::Admin],
        "the fiscal one he does not hold"
    );
    assert_eq!(due_rotations(&company.log, &ring(3, &company), 9 * KEY_LIFE_MS), [], "Carla does not administer");
    let before = company.log.epoch(SALES).unwrap().id;
    assert!(matches!(
        rotate(&company.log, &ring(2, &company), &[SALES], 9, &mut || dice.roll()),
        Err(ControlError::NotAllowed)
    ));
    let steps = rotate(&company.log, &luis, &[SALES, Scope::Fiscal], KEY_LIFE_MS + 1, &mut || dice.roll()).unwrap();
    assert_eq!(steps.len(), 1, "what he does not hold stays as it is");
    take(&mut company, steps);
    assert_ne!(company.log.epoch(SALES).unwrap().id, before);
    let newest = company.log.epoch(SALES).unwrap().id;
    let ana = KeyRing::of_device(keys(2), &company.log);
    assert!(ana.epoch(newest).is_some() && ana.epoch(before).is_some(), "who reads it has both");
    assert_eq!(due_rotations(&company.log, &ring(1, &company), KEY_LIFE_MS + 2).len(), 4, "its time begins anew");
}
