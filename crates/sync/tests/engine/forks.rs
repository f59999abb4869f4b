//! Two histories of the membership: no restart mends that, the root does, and what it says is carried out at once.

use zuc_protocol::chain::LogKind;
use zuc_protocol::control::{ControlAct, ControlLog, RemoveReason, SignedControl};
use zuc_protocol::envelope::SealedBatch;
use zuc_protocol::ids::{BatchHash, KeyId};
use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_protocol::person_key::{Bag, BagRow, bag_id};
use zuc_protocol::secret::PersonKey;
use zuc_sync::membership::{Removing, erase, remove_device};
use zuc_sync::{Effect, Input, KeyRing, SyncStatus};

use crate::support::{Company, Device, Dice, Relay, SALES, by_luis, forged, keys, root, scene};

const FORKED: SyncStatus = SyncStatus::Failed("sync.control_forked");

/// A device is shown this log, from where its own ends.
fn shown(device: &mut Device, log: &ControlLog) {
    let from = device.engine.log().len();
    let records = log.records_from(from).to_vec();
    device.frame(ServerFrame::ControlRecords { from, records, len: log.len() });
}

/// The log with so many records more, each a schema floor that Luis signed.
fn with_floors(log: &ControlLog, floors: impl IntoIterator<Item = u32>) -> ControlLog {
    let mut log = log.clone();
    for floor in floors {
        log.append(log.sign(ControlAct::SchemaFloor(floor), 9, &keys(1)).unwrap()).unwrap();
    }
    log
}

/// The root says at the relay that a record never counted.
fn settle(relay: &mut Relay, loser: &SignedControl) {
    let act = ControlAct::Settle { loser: loser.hash() };
    relay.control.append(relay.control.sign_as_root(act, 9, &root()).unwrap()).unwrap();
}

fn again(device: &mut Device, relay: &mut Relay) {
    device.input(Input::Disconnected);
    device.online(relay);
}

fn luis_ring(company: &Company) -> KeyRing {
    let mut ring = KeyRing::of_device(keys(1), &company.log);
    for wraps in &company.bag_wraps {
        let _ = ring.learn_bag(&company.log, wraps);
    }
    ring
}

#[test]
fn a_fork_of_the_membership_stops_sealing_over_restarts_until_the_root_settles_it() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    let other = with_floors(&relay.control, [2]);
    let theirs = other.records_from(other.last_seq())[0].clone();
    let ours = by_luis(&relay, ControlAct::SchemaFloor(1));
    relay.control.append(ours.clone()).unwrap();
    ana.frame(relay.control_from(relay.control.last_seq()));
    ana.talk(&mut relay);
    let from = other.last_seq();
    let theirs_shown = ServerFrame::ControlRecords { from, records: vec![theirs.clone()], len: other.len() };
    ana.frame(theirs_shown.clone());
    ana.frame(theirs_shown);
    assert_eq!(ana.engine.status(), FORKED);
    let kept: Vec<_> = ana.effects.iter().filter(|effect| matches!(effect, Effect::Forked { .. })).collect();
    assert_eq!(kept, [&Effect::Forked { seq: from, records: vec![ours, theirs.clone()] }], "once, and both");
    ana.write(SALES, 1, "espera");
    for _ in 0..2 {
        ana.restart();
        assert_eq!(ana.engine.status(), FORKED);
        ana.online(&mut relay);
        assert_eq!((ana.engine.status(), ana.engine.distrust()), (FORKED, Some("sync.control_forked")));
        assert_eq!((ana.sealed.len(), ana.outbox.len()), (0, 1), "the outbox stays");
    }
    settle(&mut relay, &theirs);
    ana.frame(relay.control_from(relay.control.last_seq()));
    ana.talk(&mut relay);
    assert!(ana.outbox.is_empty());
    assert_eq!(ana.engine.status(), SyncStatus::UpToDate);
    ana.restart();
    assert_eq!(ana.engine.distrust(), None, "though both records lie there as before");
}

#[test]
fn whoever_stood_on_the_losing_branch_does_at_once_what_the_other_says_and_seals_again() {
    let (company, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    let other = with_floors(&relay.control, [2]);
    let theirs = other.records_from(other.last_seq())[0].clone();
    shown(&mut ana, &other);
    ana.write(SALES, 1, "sobre la otra");
    assert_eq!(ana.sealed.len(), 1, "it names a record that the relay will deny");
    ana.sent.clear();

    let ring = luis_ring(&company);
    let key = KeyId([0x33; 16]);
    let bag_key = ring.bag(SALES).unwrap().clone();
    let mut bag = Bag::new(SALES, bag_id(&bag_key));
    let secret = PersonKey::from_bytes([5; 32]);
    bag.merge([BagRow::wrap(company.log.company(), SALES, &bag_key, key, &secret, &[6; 24])]);
    let mut dice = Dice(10_000);
    let step = erase(&company.log, &ring, &[bag], &[key], 9, &mut || dice.roll()).unwrap();
    relay.control.append(step.record).unwrap();
    relay.bag_wraps.extend(step.replacements.into_iter().map(|replacement| replacement.wraps));
    again(&mut ana, &mut relay);
    assert_eq!(ana.engine.status(), FORKED);
    assert!(!ana.effects.contains(&Effect::Erase { keys: vec![key] }), "nobody has said which counts");
    ana.restart();

    settle(&mut relay, &theirs);
    ana.effects.clear();
    ana.online(&mut relay);
    let erased = ana.effects.iter().position(|effect| *effect == Effect::Erase { keys: vec![key] });
    let ready = ana.effects.iter().position(|effect| matches!(effect, Effect::StoreSealed(_)));
    assert!(erased.is_some() && erased < ready, "before anything is written: {:?}", ana.effects);
    let replaced = |effect: &Effect| matches!(effect, Effect::ReplaceBag { scope: SALES, .. });
    assert!(ana.effects.iter().any(replaced));
    let stored: Vec<u64> = ana.effects.iter().filter_map(seq_stored).collect();
    assert_eq!(stored, [company.log.len(), company.log.len() + 1], "what both branches hold is not written again");
    assert_eq!(ana.engine.status(), SyncStatus::UpToDate);
    assert_eq!((ana.outbox.len(), relay.head(SALES).seq), (0, 1));
    let sent = SealedBatch::parse(&relay.scopes[&SALES][0].bytes.0).unwrap();
    assert_eq!(sent.header().control_head, relay.control.head().head());
    ana.restart();
    assert_eq!((ana.engine.distrust(), ana.engine.log().head()), (None, relay.control.head()));
}

fn seq_stored(effect: &Effect) -> Option<u64> {
    match effect {
        Effect::StoreControl { seq, .. } => Some(*seq),
        _ => None,
    }
}

#[test]
fn whoever_the_winning_branch_removes_leaves_at_once() {
    let (company, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    let other = with_floors(&relay.control, [2]);
    shown(&mut ana, &other);
    let removing = Removing { device: ana.id(), marks: vec![], wipe: true, reason: RemoveReason::LostOrStolen };
    let mut dice = Dice(8_000);
    let steps = remove_device(&company.log, &luis_ring(&company), &[], &removing, 9, &mut || dice.roll()).unwrap();
    for step in steps {
        relay.control.append(step.record).unwrap();
    }
    settle(&mut relay, &other.records_from(other.last_seq())[0]);
    again(&mut ana, &mut relay);
    assert!(ana.effects.contains(&Effect::PurgeScope { scope: SALES }));
    assert!(ana.effects.contains(&Effect::Removed { wipe: true }));
    assert_eq!(ana.engine.status(), SyncStatus::Failed("sync.revoked"));
}

#[test]
fn who_had_named_a_record_of_the_losing_branch_is_not_late_in_the_other() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    let other = with_floors(&relay.control, [2, 3]);
    shown(&mut ana, &other);
    let epoch = other.epoch(SALES).unwrap().id;
    let one = forged(&other, 3, 1, BatchHash::NONE, other.head().head(), epoch);
    relay.append(SALES, LogKind::Batch, one.bytes().to_vec());
    ana.frame(relay.entries(SALES, 0));
    assert_eq!(ana.applied, 1);

    let theirs = other.records_from(other.len() - 2)[0].clone();
    relay.control = with_floors(&relay.control, [1]);
    let named = relay.control.head().head();
    settle(&mut relay, &theirs);
    again(&mut ana, &mut relay);
    assert_eq!(ana.engine.log().head(), relay.control.head());
    ana.restart();
    ana.online(&mut relay);
    // its place lies before that of the record which was named in the branch that is left
    let two = forged(&relay.control, 3, 2, one.hash(), named, epoch);
    relay.append(SALES, LogKind::Batch, two.into_bytes());
    ana.frame(relay.entries(SALES, 1));
    assert_eq!((ana.applied, ana.quarantined.len()), (2, 0));
}

#[test]
fn a_settled_log_that_comes_in_pages_is_taken_over_once_it_is_whole() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    let other = with_floors(&relay.control, [2]);
    shown(&mut ana, &other);
    relay.control = with_floors(&relay.control, [1]);
    settle(&mut relay, &other.records_from(other.last_seq())[0]);
    let whole = relay.control.records_from(0).to_vec();
    let place = |at: usize| u64::try_from(at).unwrap();
    let page = |from: usize, to: usize| {
        let records = whole[from..to].to_vec();
        ServerFrame::ControlRecords { from: place(from), records, len: place(whole.len()) }
    };
    ana.sent.clear();
    ana.frame(page(0, 2));
    assert_eq!(ana.engine.log().head(), other.head(), "a page alone proves nothing");
    assert!(ana.sent.contains(&ClientFrame::Control { from: 2 }));
    ana.frame(page(2, whole.len()));
    assert_eq!((ana.engine.log().head(), ana.engine.distrust()), (relay.control.head(), None));
}
