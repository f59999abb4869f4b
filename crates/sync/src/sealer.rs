//! From outbox rows to sealed batches.

use zuc_protocol::codec::{MAX_BODY, MAX_ITEMS};
use zuc_protocol::control::ControlLog;
use zuc_protocol::envelope::{BatchBody, BatchHeader, BatchKind, SealedBatch, SeenTip};
use zuc_protocol::error::ProtocolError;
use zuc_protocol::ids::{BatchHash, DeviceId};
use zuc_protocol::item::Item;
use zuc_protocol::scope::Scope;
use zuc_protocol::suite;

use crate::input::{OutboxItem, StoredBatch};
use crate::keyring::KeyRing;

/// Room for what the body adds to its items.
const BODY_ROOM: usize = 4 << 10;

fn kind_of(item: &Item) -> BatchKind {
    match item {
        Item::Change(_) => BatchKind::Change,
        Item::Fact(_) => BatchKind::Fact,
    }
}

/// Cuts rows into groups that fit a batch: one kind, one incarnation, at most 256 items and 256 KiB. The order stays.
pub fn group(items: Vec<OutboxItem>) -> Vec<Vec<OutboxItem>> {
    let mut groups: Vec<Vec<OutboxItem>> = Vec::new();
    let mut weight = 0;
    for item in items {
        let next = item.item.weight();
        match groups.last_mut() {
            Some(group)
                if group.len() < MAX_ITEMS
                    && weight + next <= MAX_BODY - BODY_ROOM
                    && group[0].incarnation == item.incarnation
                    && kind_of(&group[0].item) == kind_of(&item.item) =>
            {
                weight += next;
                group.push(item);
            }
            _ => {
                weight = next;
                groups.push(vec![item]);
            }
        }
    }
    groups
}

/// Where a batch goes: its place in the author's chain, and what the author has seen of the log.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The scope.
    pub scope: Scope,
    /// Its number.
    pub number: u64,
    /// The author's batch before it.
    pub prev: BatchHash,
    /// Where the author stands in the scope's log.
    pub seen: SeenTip,
}

/// Why a group was not sealed, and the group.
pub type Unsealed = (ProtocolError, Vec<OutboxItem>);

/// Seals one group; `nonce` must be fresh random bytes.
///
/// # Errors
/// [`ProtocolError::BadKey`] when this device has no current key of the scope; otherwise what the envelope refuses. The
/// group comes back with it.
pub fn seal(
    log: &ControlLog,
    ring: &KeyRing,
    me: DeviceId,
    place: Place,
    group: Vec<OutboxItem>,
    nonce: &[u8; 24],
) -> Result<StoredBatch, Unsealed> {
    let Some(first) = group.first() else { return Err((ProtocolError::Inconsistent, group)) };
    let (incarnation, kind) = (first.incarnation, kind_of(&first.item));
    let epoch = log.epoch(place.scope);
    let Some((epoch, key)) = epoch.and_then(|epoch| Some((epoch.id, ring.epoch(epoch.id)?))) else {
        return Err((ProtocolError::BadKey, group));
    };
    let header = BatchHeader {
        version: suite::VERSION,
        suite: suite::SUITE,
        scope: place.scope,
        epoch,
        kind,
        author: me,
        incarnation,
        number: place.number,
        prev: place.prev,
        control_head: log.head().head(),
    };
    let (rows, items): (Vec<_>, Vec<_>) = group.into_iter().map(|row| ((row.id, row.bag_rows), row.item)).unzip();
    let body = BatchBody { seen: place.seen, items };
    match SealedBatch::seal(log.company(), header, &body, key, ring.keys(), nonce) {
        Ok(sealed) => Ok(StoredBatch {
            scope: place.scope,
            number: place.number,
            hash: sealed.hash(),
            bytes: sealed.into_bytes(),
            outbox: rows.iter().map(|(id, _)| *id).collect(),
            bag_rows: rows.into_iter().flat_map(|(_, bag_rows)| bag_rows).collect(),
        }),
        Err(error) => {
            let back = rows.into_iter().zip(body.items);
            let back = back.map(|((id, bag_rows), item)| OutboxItem { id, incarnation, item, bag_rows });
            Err((error, back.collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use zuc_protocol::ids::{Incarnation, ItemId};
    use zuc_protocol::item::Fact;

    use super::*;

    fn fact(id: i64, incarnation: u8, size: usize) -> OutboxItem {
        OutboxItem {
            id,
            incarnation: Incarnation([incarnation; 16]),
            item: Item::Fact(Fact {
                id: ItemId([1; 16]),
                kind: "activity.logged".into(),
                subject: ItemId([2; 16]),
                fence: 0,
                body: "x".repeat(size),
                person_keys: vec![],
                events: vec![],
                part: None,
            }),
            bag_rows: vec![],
        }
    }

    #[test]
    fn groups_hold_the_bounds_and_keep_the_order() {
        let rows: Vec<_> = (0..600).map(|id| fact(id, 1, 10)).collect();
        let groups = group(rows);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [256, 256, 88]);
        let ids: Vec<_> = groups.iter().flatten().map(|row| row.id).collect();
        assert_eq!(ids, (0..600).collect::<Vec<_>>());

        let large = group((0..5).map(|id| fact(id, 1, 100_000)).collect());
        assert_eq!(large.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);

        let restored = group(vec![fact(1, 1, 1), fact(2, 2, 1), fact(3, 2, 1)]);
        assert_eq!(restored.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
    }
}
