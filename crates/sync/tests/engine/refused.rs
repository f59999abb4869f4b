//! What cannot be sealed, and what is sealed beside it.

use zuc_protocol::item::{Fact, Item};
use zuc_sync::{Effect, OutboxItem};

use crate::support::{SALES, fact, scene};

#[test]
fn of_a_record_of_which_something_cannot_be_sealed_nothing_later_is_before_the_disk_has_parted_them() {
    let (_, mut relay, _, mut ana) = scene();
    let item = |row: i64, id: u8, size: usize| {
        let item = Item::Fact(Fact { body: "x".repeat(size), ..fact(id, Fact::ACTIVITY) });
        (SALES, OutboxItem { id: row, incarnation: ana.incarnation, item, bag_rows: vec![] })
    };
    let waiting = [item(1, 1, 10), item(2, 2, 300 << 10), item(3, 2, 10), item(4, 3, 10)];
    ana.outbox.extend(waiting);
    ana.online(&mut relay);
    let mut order = Vec::new();
    for effect in &ana.effects {
        match effect {
            Effect::StoreSealed(batch) => order.push(("sealed", batch.outbox.clone())),
            Effect::OutboxRefused { outbox, .. } => order.push(("refused", outbox.clone())),
            _ => {}
        }
    }
    let sealed = |rows: &[i64]| ("sealed", rows.to_vec());
    assert_eq!(order, [sealed(&[1]), ("refused", vec![2]), sealed(&[4]), sealed(&[3])]);
    assert_eq!(ana.refused, ["sync.too_large"]);
    assert!(ana.outbox.is_empty());
}
