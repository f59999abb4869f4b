//! Sealing, apart from the engine.

use crate::support::{SALES, company, fact, keys};
use zuc_protocol::envelope::SeenTip;
use zuc_protocol::ids::{BatchHash, ChainHash, Incarnation, KeyId, LogId};
use zuc_protocol::item::{Fact, Item};
use zuc_protocol::person_key::{BagRow, bag_id};
use zuc_protocol::scope::Scope;
use zuc_protocol::secret::{BagKey, PersonKey};
use zuc_sync::sealer::{Place, seal};
use zuc_sync::{KeyRing, OutboxItem};

#[test]
fn a_group_that_cannot_be_sealed_comes_back_as_it_was() {
    let log = company().log;
    let (ring, me) = (KeyRing::of_device(keys(1), &log), keys(1).id());
    let seen = SeenTip::new(&LogId([1; 16]), 0, &ChainHash([0; 32]));
    let place = |scope| Place { scope, number: 1, prev: BatchHash::NONE, seen };
    let bag = BagKey::from_bytes([3; 32]);
    assert_ne!(log.bag(SALES), Some(bag_id(&bag)));
    let row = |id: u8| {
        let (key, secret) = (KeyId([id; 16]), PersonKey::from_bytes([id; 32]));
        BagRow::wrap(log.company(), SALES, &bag, key, &secret, &[6; 24])
    };
    let item = |id: u8, size: usize, bag_rows| OutboxItem {
        id: i64::from(id),
        incarnation: Incarnation([1; 16]),
        item: Item::Fact(Fact { body: "x".repeat(size), ..fact(id, "activity.logged") }),
        bag_rows,
    };
    let group = vec![item(1, 10, vec![row(1), row(2)]), item(2, 20, vec![]), item(3, 30, vec![row(3)])];
    let sealed = seal(&log, &ring, me, place(SALES), group.clone(), &[7; 24]).unwrap();
    assert_eq!((sealed.outbox, sealed.bag_rows.len()), (vec![1, 2, 3], 3));
    let (_, back) = seal(&log, &ring, me, place(Scope::Fiscal), group.clone(), &[7; 24]).unwrap_err();
    assert_eq!(back, group, "without the scope's key");
    let large = vec![item(1, 10, vec![row(1), row(2)]), item(2, 300 << 10, vec![row(3)])];
    let (_, back) = seal(&log, &ring, me, place(SALES), large.clone(), &[7; 24]).unwrap_err();
    assert_eq!(back, large, "too large for a batch");
}
