//! Taking a device out: what it reads and writes afterwards, what is renewed and by whom, and what it is told.

use crate::owed::{ring, take};
use crate::support::{Company, Device, Dice, Relay, SALES, by_luis, keys, scene};
use zuc_protocol::control::{ControlAct, ControlError, ControlLog, EpochStart, Mark, RemoveReason, next_epoch};
use zuc_protocol::envelope::SealedBatch;
use zuc_protocol::ids::{DeviceId, KeyId, PersonId};
use zuc_protocol::messages::ServerFrame;
use zuc_protocol::person_key::Bag;
use zuc_protocol::scope::{Rights, Role, Scope};
use zuc_protocol::secret::EpochKey;
use zuc_sync::membership::{
    Joining, Removing, approve_join, erase, freeze, owed_keys, owed_renewals, remove_device, renewers,
};
use zuc_sync::{Effect, Input, KeyRing, SyncStatus};

fn bags(company: &Company) -> Vec<Bag> {
    company.log.scopes().map(|scope| Bag::new(scope, company.log.bag(scope).unwrap())).collect()
}

fn removing(device: DeviceId, marks: Vec<Mark>) -> Removing {
    Removing { device, marks, wipe: false, reason: RemoveReason::Left }
}

/// Luis stops a device and takes it out.
fn removed(company: &mut Company, device: DeviceId, marks: Vec<Mark>) {
    let mut dice = Dice(20_000);
    let luis = ring(1, company);
    let stop = freeze(&company.log, &luis, device, 3).unwrap();
    take(company, vec![stop]);
    let (luis, bags) = (ring(1, company), bags(company));
    let steps = remove_device(&company.log, &luis, &bags, &removing(device, marks), 4, &mut || dice.roll()).unwrap();
    take(company, steps);
}

/// Diana, who is of finance as Carla is, has got the keys from her.
fn diana_joins(company: &mut Company, dice: &mut Dice) {
    let joining = Joining {
        person: PersonId([4; 16]),
        rights: Some(Rights::new([Role::Finanzas], [1])),
        device: keys(4).public(),
        label: "nueva",
    };
    let steps = approve_join(&company.log, &ring(1, company), &joining, 2, &mut || dice.roll()).unwrap();
    take(company, steps);
    let given = owed_keys(&company.log, &ring(3, company), 3, &mut || dice.roll()).unwrap();
    take(company, given);
}

fn stale(log: &ControlLog) -> Vec<Scope> {
    log.scopes().filter(|scope| log.is_stale(*scope)).collect()
}

#[test]
fn what_whoever_takes_somebody_out_does_not_hold_waits_until_who_holds_it_renews_it_even_with_rows_of_its_own() {
    let (mut company, mut relay, ..) = scene();
    let mut dice = Dice(14_000);
    diana_joins(&mut company, &mut dice);
    let (before, bag) = (company.log.epoch(Scope::Fiscal).unwrap().id, company.log.bag(Scope::Fiscal).unwrap());
    removed(&mut company, keys(3).id(), vec![]);
    assert_eq!(stale(&company.log), [Scope::Fiscal], "the others have new keys");
    for other in [1, 2] {
        let bags = bags(&company);
        let none = owed_renewals(&company.log, &ring(other, &company), &bags, 5, &mut || dice.roll()).unwrap();
        assert!(none.is_empty(), "{other} does not hold it");
    }
    relay.control = company.log.clone();
    let mut waits = Device::new(4, &company);
    waits.online(&mut relay);
    waits.write(Scope::Fiscal, 9, "nota");
    waits.input(Input::Waiting(1));
    waits.talk(&mut relay);
    assert_eq!(relay.head(Scope::Fiscal).seq, 0, "nothing is sealed under a key that is out");
    assert_eq!(waits.engine.status(), SyncStatus::Syncing(1));
    assert!(waits.engine.is_caught_up(), "with the others: her own rows do not keep her from paying");

    let renewed = owed_renewals(&company.log, &ring(4, &company), &bags(&company), 5, &mut || dice.roll()).unwrap();
    assert_eq!(renewed.len(), 1);
    for step in renewed {
        take(&mut company, vec![step.clone()]);
        waits.input(Input::ControlAuthored(step));
    }
    waits.talk(&mut relay);
    assert_eq!(relay.control.head(), company.log.head(), "the relay takes it from her");
    assert_eq!(relay.head(Scope::Fiscal).seq, 1, "and what waited goes");
    assert!(stale(&company.log).is_empty());
    assert_ne!(company.log.bag(Scope::Fiscal), Some(bag));
    let (carlas, dianas) = (ring(3, &company), ring(4, &company));
    assert!(carlas.current(&company.log, Scope::Fiscal).is_none() && carlas.bag(Scope::Fiscal).is_none());
    assert!(dianas.epoch(before).is_some() && dianas.bag(Scope::Fiscal).is_some());
    assert!(owed_renewals(&company.log, &dianas, &[], 6, &mut || dice.roll()).unwrap().is_empty(), "once");
    // whoever comes later reads what was written before
    let eva = Joining {
        person: PersonId([5; 16]),
        rights: Some(Rights::new([Role::Finanzas], [1])),
        device: keys(5).public(),
        label: "otra",
    };
    let steps = approve_join(&company.log, &ring(1, &company), &eva, 7, &mut || dice.roll()).unwrap();
    take(&mut company, steps);
    let given = owed_keys(&company.log, &ring(4, &company), 8, &mut || dice.roll()).unwrap();
    take(&mut company, given);
    assert!(ring(5, &company).epoch(before).is_some());
}

#[test]
fn who_is_no_administrator_renews_only_what_is_stale_that_no_administrator_holds_and_to_everybody() {
    let (mut company, ..) = scene();
    let mut dice = Dice(15_000);
    diana_joins(&mut company, &mut dice);
    let forced = |log: &ControlLog, scope: Scope, dice: &mut Dice, change: fn(&mut EpochStart)| {
        let key = EpochKey::from_bytes(dice.roll());
        let diana = KeyRing::of_device(keys(4), log);
        let before = log.epochs(scope).iter().rev().find_map(|epoch| diana.epoch(epoch.id));
        let mut act = next_epoch(log, scope, &key, before, None, &[], &mut || dice.roll()).unwrap();
        let ControlAct::Epoch(start) = &mut act else { panic!("{act:?}") };
        change(start);
        log.sign(act, 4, &keys(4)).and_then(|record| log.clone().append(record)).err()
    };
    let keep = |_: &mut EpochStart| {};
    let forbidden = |error: Option<ControlError>| assert!(matches!(error, Some(ControlError::NotAllowed)), "{error:?}");
    forbidden(forced(&company.log, Scope::Fiscal, &mut dice, keep)); // nobody was taken out
    // only the removal itself stands: the rest was cut short
    let luis = ring(1, &company);
    let gone = removing(keys(3).id(), vec![]);
    let steps = remove_device(&company.log, &luis, &bags(&company), &gone, 4, &mut || dice.roll()).unwrap();
    take(&mut company, steps[..1].to_vec());
    assert!(company.log.is_stale(SALES) && company.log.is_stale(Scope::Fiscal));
    forbidden(forced(&company.log, SALES, &mut dice, keep)); // Luis holds it
    forbidden(forced(&company.log, Scope::Fiscal, &mut dice, |start| start.previous = None));
    forbidden(forced(&company.log, Scope::Fiscal, &mut dice, |start| start.wraps.truncate(1)));
    assert_eq!(forced(&company.log, Scope::Fiscal, &mut dice, keep), None);
    let paid = owed_renewals(&company.log, &ring(4, &company), &[], 5, &mut || dice.roll()).unwrap();
    assert_eq!(paid.len(), 1, "she leaves the rest to him");
    take(&mut company, paid);
    let paid = owed_renewals(&company.log, &ring(1, &company), &bags(&company), 5, &mut || dice.roll()).unwrap();
    take(&mut company, paid);
    assert!(stale(&company.log).is_empty(), "who is cut short ends it later");
}

#[test]
fn an_erasure_is_owed_by_who_holds_what_the_eraser_does_not_and_is_paid_with_a_bag_only() {
    let (mut company, ..) = scene();
    let mut dice = Dice(17_000);
    let owing = |log: &ControlLog| log.scopes().filter(|scope| log.owes_erasure(*scope)).collect::<Vec<_>>();
    let gone = KeyId([0x33; 16]);
    let erased = erase(&company.log, &ring(1, &company), &bags(&company), &[gone], 4, &mut || dice.roll()).unwrap();
    take(&mut company, vec![erased]);
    assert_eq!(owing(&company.log), [Scope::Fiscal], "what Luis holds he has looked through");
    assert!(stale(&company.log).is_empty(), "work goes on meanwhile");
    assert_eq!(renewers(&company.log, Scope::Fiscal).collect::<Vec<_>>(), [keys(3).id()]);
    for other in [1, 2] {
        let bags = bags(&company);
        let none = owed_renewals(&company.log, &ring(other, &company), &bags, 5, &mut || dice.roll()).unwrap();
        assert!(none.is_empty(), "{other} does not hold it");
    }
    let none = owed_renewals(&company.log, &ring(3, &company), &[], 5, &mut || dice.roll()).unwrap();
    assert!(none.is_empty(), "without the bag there is nothing to replace");
    // a new key alone pays nothing, and is nobody's right
    let carla = ring(3, &company);
    let key = EpochKey::from_bytes(dice.roll());
    let before = carla.current(&company.log, Scope::Fiscal);
    let alone = next_epoch(&company.log, Scope::Fiscal, &key, before, None, &[], &mut || dice.roll()).unwrap();
    let refused = company.log.sign(alone, 5, &keys(3)).and_then(|record| company.log.clone().append(record));
    assert!(matches!(refused, Err(ControlError::NotAllowed)), "{refused:?}");

    let paid = owed_renewals(&company.log, &carla, &bags(&company), 5, &mut || dice.roll()).unwrap();
    assert_eq!(paid.len(), 1);
    take(&mut company, paid);
    assert!(owing(&company.log).is_empty());
    // an eraser who holds a bag without the key owes nothing there, and another erasure is another debt
    let erased =
        erase(&company.log, &ring(1, &company), &bags(&company), &[KeyId([0x34; 16])], 6, &mut || dice.roll()).unwrap();
    take(&mut company, vec![erased]);
    assert_eq!(company.log.owed_erasures(Scope::Fiscal).collect::<Vec<_>>(), [company.log.last_seq()]);
}

#[test]
fn two_successors_of_one_record_are_judged_by_what_stood_before_them() {
    let (mut company, ..) = scene();
    let mut dice = Dice(16_000);
    diana_joins(&mut company, &mut dice);
    removed(&mut company, keys(3).id(), vec![]);
    let bags = bags(&company);
    let mut renewal = || owed_renewals(&company.log, &ring(4, &company), &bags, 5, &mut || dice.roll()).unwrap();
    let (one, other) = (renewal().remove(0).record, renewal().remove(0).record);
    let mut log = company.log.clone();
    log.append(one).unwrap();
    assert!(stale(&log).is_empty(), "today she might not sign it any more");
    log.offer(other.clone()).unwrap();
    assert!(log.fork().is_some_and(|fork| fork.theirs == other.hash()), "but then she might");
    // noise forks nothing: here of somebody who was out already
    let mut log = company.log.clone();
    let mut then = ControlLog::replay(log.company(), log.records_from(0)[..3].to_vec()).unwrap();
    let act = ControlAct::Freeze { device: keys(1).id(), on: true };
    assert!(then.sign(act, 5, &keys(2)).is_err(), "Ana administers nothing");
    let noise = log.sign(ControlAct::SchemaFloor(1), 6, &keys(1)).unwrap();
    then.append(by_luis(&Relay::new(then.clone()), ControlAct::SchemaFloor(2))).unwrap();
    assert!(then.offer(noise).is_ok_and(|offer| offer == zuc_protocol::control::Offer::Ahead));
    assert!(
        log.offer(then.records_from(3)[0].clone()).is_ok() && log.fork().is_some(),
        "while this one could have stood"
    );
}

#[test]
fn of_ten_thousand_later_events_a_removed_device_opens_none_and_what_it_writes_counts_for_nothing() {
    let (mut company, mut relay, mut luis, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "antes");
    ana.talk(&mut relay);
    let old = ring(2, &company);
    let last = relay.numbers[&(SALES, ana.id())].last().copied().unwrap();
    // she is offline, and writes
    ana.input(Input::Disconnected);
    ana.write(SALES, 2, "después");
    removed(&mut company, ana.id(), vec![Mark { device: ana.id(), scope: SALES, number: 1, last: last.hash }]);
    relay.control = company.log.clone();
    relay.bag_wraps.clone_from(&company.bag_wraps);
    luis.online(&mut relay);
    for number in 0..10_000 {
        luis.note(SALES, 100 + number);
    }
    luis.feed(SALES);
    luis.talk(&mut relay);
    assert!(luis.outbox.is_empty());

    let (company_id, log) = (company.log.company(), &company.log);
    let later = relay.scopes[&SALES].iter().map(|entry| SealedBatch::parse(&entry.bytes.0).unwrap());
    let later: Vec<_> = later.filter(|batch| batch.header().author == keys(1).id()).collect();
    let open = |batch: &SealedBatch, key: &EpochKey| {
        batch.open_verified(company_id, key, &keys(1).public()).map_or(0, |body| body.items.len())
    };
    let luis_ring = ring(1, &company);
    let his: usize = later.iter().map(|batch| open(batch, luis_ring.epoch(batch.header().epoch).unwrap())).sum();
    assert_eq!(his, 10_000);
    let hers: Vec<&EpochKey> =
        log.scopes().flat_map(|scope| log.epochs(scope)).filter_map(|epoch| old.epoch(epoch.id)).collect();
    assert_eq!(hers.len(), 2, "of sales and the catalogue");
    assert_eq!(later.iter().flat_map(|batch| hers.iter().map(|key| open(batch, key))).sum::<usize>(), 0);
    let new = KeyRing::of_device(keys(2), log);
    assert!(later.iter().all(|batch| new.epoch(batch.header().epoch).is_none()), "nor does the log give her one");

    // what she wrote meanwhile, brought to the log by whatever way, is set aside
    let mine = ana.engine.log().clone();
    let batch = crate::support::forged(&mine, 2, 2, last.hash, mine.head().head(), mine.epoch(SALES).unwrap().id);
    relay.append(SALES, zuc_protocol::chain::LogKind::Batch, batch.into_bytes());
    luis.frame(relay.entries(SALES, relay.head(SALES).seq - 1));
    assert_eq!(luis.quarantined, ["sync.beyond_mark"]);
}

#[test]
fn a_device_that_was_stopped_first_leaves_its_scopes_when_it_is_removed_while_it_runs() {
    let (mut company, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "llamada");
    ana.talk(&mut relay);
    let stop = by_luis(&relay, ControlAct::Freeze { device: ana.id(), on: true });
    relay.control.append(stop).unwrap();
    ana.frame(relay.control_from(relay.control.last_seq()));
    assert_eq!(ana.engine.status(), SyncStatus::Failed("sync.stopped"));
    ana.frame(ServerFrame::GoAway { code: "sync.revoked".into() });
    assert!(ana.effects.contains(&Effect::Stopped) && !ana.effects.contains(&Effect::Reconnect));
    assert!(!ana.effects.iter().any(|effect| matches!(effect, Effect::PurgeScope { .. })));
    // it looks again a while later
    company.log = relay.control.clone();
    let gone = removing(ana.id(), vec![]);
    let (luis, mut dice) = (ring(1, &company), Dice(17_000));
    for step in remove_device(&company.log, &luis, &bags(&company), &gone, 4, &mut || dice.roll()).unwrap() {
        relay.control.append(step.record).unwrap();
    }
    ana.effects.clear();
    ana.online(&mut relay);
    let purged = |scope| ana.effects.contains(&Effect::PurgeScope { scope });
    assert!(purged(SALES) && purged(Scope::Catalog) && !purged(Scope::Fiscal));
    let removed: Vec<_> = ana.effects.iter().filter(|effect| matches!(effect, Effect::Removed { .. })).collect();
    assert_eq!(removed, [&Effect::Removed { wipe: false }], "it is said once");
    assert_eq!(ana.engine.status(), SyncStatus::Failed("sync.revoked"));
    ana.input(Input::Disconnected);
    assert_eq!(ana.engine.status(), SyncStatus::Failed("sync.revoked"), "also without a connection");
    ana.restart();
    assert_eq!(ana.engine.status(), SyncStatus::Failed("sync.revoked"), "and after a restart");
}
