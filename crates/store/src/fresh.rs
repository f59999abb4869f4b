//! Ids of one transaction: `UUIDv7` of one instant, each above the one before.
//!
//! An import gives a hundred thousand of them out. In order, they are appended to the indexes; at random, each would
//! touch another page of each.

use std::collections::HashSet;

use uuid::{Builder, Uuid};

use crate::keys::{Entropy, random};

/// Bits beside the variant; twelve more are beside the version.
const LOW: u32 = 62;

/// What a transaction gave out.
#[derive(Debug, Default)]
pub(crate) struct FreshIds {
    last: Option<u128>,
    /// Ids under which nothing was written yet.
    pub(crate) unwritten: HashSet<Uuid>,
}

impl FreshIds {
    /// The next id; the first begins anywhere, the others go on by random steps (RFC 9562, 6.2, method 2).
    pub(crate) fn next(&mut self, millis: i64, entropy: &dyn Entropy) -> Uuid {
        let part = match self.last {
            // the highest of the 74 bits is left free: steps of 32 bits cannot run over it
            None => u128::from_be_bytes(random(entropy)) >> (128 - 73),
            Some(last) => last + 1 + u128::from(u32::from_be_bytes(random(entropy))),
        };
        self.last = Some(part);
        let high = u16::try_from(part >> LOW).unwrap_or(u16::MAX);
        let low = u64::try_from(part & ((1 << LOW) - 1)).unwrap_or(u64::MAX);
        let mut noise = [0; 10];
        noise[..2].copy_from_slice(&high.to_be_bytes());
        noise[2..].copy_from_slice(&low.to_be_bytes());
        Builder::from_unix_timestamp_millis(u64::try_from(millis).unwrap_or(0), &noise).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_a_transaction_rise_and_carry_its_instant() {
        for byte in [0, 0x5a, 0xff] {
            let entropy = move |bytes: &mut [u8]| bytes.fill(byte);
            let mut ids = FreshIds::default();
            let given: Vec<Uuid> = (0..1_000).map(|_| ids.next(1_790_000_000_000, &entropy)).collect();
            assert!(given.is_sorted_by(|one, next| one < next));
            for id in given {
                assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
                assert_eq!(id.as_u128() >> 80, 1_790_000_000_000);
            }
        }
    }
}
