//! What a role writes: told to whoever applies, asked before it is sealed.

use zuc_protocol::chain::LogKind;
use zuc_protocol::control::{ControlAct, RightsAct};
use zuc_protocol::ids::{BatchHash, ItemId, PersonId};
use zuc_protocol::item::{Fact, Item};
use zuc_protocol::scope::{Rights, Role};
use zuc_sync::{Effect, OutboxItem, Source, Writer};

use crate::support::{Device, SALES, by_luis, fact, forged, keys, scene};

#[test]
fn what_is_another_roles_to_write_is_not_sealed_and_what_waits_beside_it_is_sent() {
    let (company, mut relay, mut luis, _) = scene();
    let mut carla = Device::new(3, &company);
    let item = |id: u8, kind| {
        let item = Item::Fact(fact(id, kind));
        (SALES, OutboxItem { id: i64::from(id), incarnation: carla.incarnation, item, bag_rows: vec![] })
    };
    let (call, signature, newer) = (item(1, Fact::ACTIVITY), item(2, Fact::SIGNATURE), item(3, "a.newer.versions"));
    carla.outbox.extend([call, signature, newer]);
    carla.online(&mut relay);
    assert_eq!(carla.refused, ["sync.others_kind"], "finance sells nothing");
    assert!(carla.outbox.is_empty() && carla.sealed.is_empty());
    luis.online(&mut relay);
    assert_eq!(luis.facts.keys().copied().collect::<Vec<_>>(), [ItemId([1; 16]), ItemId([3; 16])]);
}

#[test]
fn whoever_applies_a_batch_is_told_what_its_author_held_at_the_record_that_it_names() {
    let (_, mut relay, mut luis, _) = scene();
    let epoch = relay.control.epoch(SALES).unwrap().id;
    let before = relay.control.head().head();
    let first = forged(&relay.control, 3, 1, BatchHash::NONE, before, epoch);
    // every team's, by finance, and none of their own
    let act =
        RightsAct { person: PersonId([3; 16]), rights: Rights::new([Role::Finanzas], []), marks: vec![], bags: vec![] };
    let record = by_luis(&relay, ControlAct::Rights(act));
    relay.control.append(record).unwrap();
    // sealed later, and naming the record before: what came after it was not known
    let second = forged(&relay.control, 3, 2, first.hash(), before, epoch);
    let third = forged(&relay.control, 3, 3, second.hash(), relay.control.head().head(), epoch);
    let seen = relay.control.last_seq();
    for batch in [first, second, third] {
        relay.append(SALES, LogKind::Batch, batch.into_bytes());
    }
    luis.online(&mut relay);
    let told: Vec<Writer> = luis
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Apply { source: Source::Device { writer, .. }, .. } => Some(writer.clone()),
            _ => None,
        })
        .collect();
    let carla = |seen, teams: &[u16]| Writer {
        device: keys(3).id(),
        person: PersonId([3; 16]),
        seen,
        rights: Rights::new([Role::Finanzas], teams.iter().copied()),
    };
    assert_eq!(told, [carla(seen - 1, &[1]), carla(seen - 1, &[1]), carla(seen, &[])]);
}

#[test]
fn an_own_batch_that_is_not_read_again_is_acknowledged_with_who_its_author_was() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "llamada");
    ana.talk(&mut relay);
    let judged = |effect: &Effect| match effect {
        Effect::MarkAcked { advance, writer, .. } => {
            assert_eq!(advance.is_some(), writer.is_some());
            writer.as_ref().map(|writer| (writer.person, writer.rights.clone()))
        }
        _ => None,
    };
    let judged: Vec<_> = ana.effects.iter().filter_map(judged).collect();
    assert_eq!(judged, [(PersonId([2; 16]), Rights::new([Role::Ventas], [1]))]);
}
