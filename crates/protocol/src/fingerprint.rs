//! Fingerprints of stretches of a log: two who hold the same entries there have the same one.
//!
//! They only say where two differ, and prove nothing: whoever knows the entries can make others of one fingerprint. What is
//! right is for the chain to say.

use serde::{Deserialize, Serialize};

use crate::chain::LogKind;
use crate::ids::{Digest32, hash_parts};
use crate::scope::Scope;

/// Places that one fingerprint covers at most.
pub const MAX_STRETCH: u64 = 4_096;

/// Places of a scope's log, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stretch {
    /// The place before the first.
    pub after: u64,
    /// The last.
    pub up_to: u64,
}

impl Stretch {
    /// How many places.
    pub fn len(&self) -> u64 {
        self.up_to.saturating_sub(self.after)
    }

    /// Whether it covers no place.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it covers a place.
    pub fn covers(&self, seq: u64) -> bool {
        self.after < seq && seq <= self.up_to
    }

    /// As much of it as one fingerprint may cover.
    #[must_use]
    pub fn bounded(self) -> Self {
        Self { up_to: self.up_to.min(self.after.saturating_add(MAX_STRETCH)), ..self }
    }

    /// It in parts that a fingerprint may cover, in their order.
    pub fn parts(self) -> impl DoubleEndedIterator<Item = Self> {
        let size = usize::try_from(MAX_STRETCH).unwrap_or(usize::MAX);
        let starts: Vec<u64> = (self.after..self.up_to).step_by(size).collect();
        starts.into_iter().map(move |after| Self { after, ..self }.bounded())
    }

    /// Its halves; `None` for one place or none.
    pub fn halves(self) -> Option<(Self, Self)> {
        let middle = self.after + self.len() / 2;
        (self.len() > 1).then_some((Self { up_to: middle, ..self }, Self { after: middle, ..self }))
    }
}

/// What lies in a stretch of a scope's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The scope.
    pub scope: Scope,
    /// Which places.
    pub stretch: Stretch,
    /// `H("zuclubit 1 fingerprint", place, kind, entry)` of each entry there, one upon the other.
    pub xor: Digest32,
    /// How many entries there are.
    pub count: u64,
}

impl Fingerprint {
    /// That of a stretch in which nothing lies.
    pub fn of_nothing(scope: Scope, stretch: Stretch) -> Self {
        Self { scope, stretch, xor: Digest32([0; 32]), count: 0 }
    }

    /// Takes one entry more in, in any order. One that lies elsewhere is passed over.
    pub fn add(&mut self, seq: u64, kind: LogKind, entry: &[u8]) {
        if !self.stretch.covers(seq) {
            return;
        }
        let hash = hash_parts("zuclubit 1 fingerprint", &[&seq.to_le_bytes(), &[kind.number()], entry]);
        for (byte, more) in self.xor.0.iter_mut().zip(hash) {
            *byte ^= more;
        }
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRETCH: Stretch = Stretch { after: 3, up_to: 9 };

    fn of(entries: &[(u64, &[u8])]) -> Fingerprint {
        let mut print = Fingerprint::of_nothing(Scope::Catalog, STRETCH);
        for (seq, bytes) in entries {
            print.add(*seq, LogKind::Batch, bytes);
        }
        print
    }

    #[test]
    fn it_depends_on_what_lies_where_and_not_on_the_order_of_looking() {
        let print = of(&[(4, b"a"), (5, b"b")]);
        assert_eq!(print, of(&[(5, b"b"), (4, b"a")]));
        assert_eq!(print, of(&[(3, b"before"), (4, b"a"), (5, b"b"), (10, b"behind")]));
        for other in [of(&[(4, b"b"), (5, b"a")]), of(&[(4, b"a")]), of(&[(4, b"a"), (6, b"b")]), of(&[])] {
            assert_ne!(print, other);
        }
        let mut of_the_relay = of(&[(4, b"a")]);
        of_the_relay.add(5, LogKind::RelayFact, b"b");
        assert_ne!(print, of_the_relay);
        assert_ne!(of(&[(4, b"a"), (4, b"a")]), of(&[]), "two of one are not none");
    }

    #[test]
    fn a_stretch_is_parted_without_a_place_left_out_or_told_twice() {
        let long = Stretch { after: 10, up_to: 10 + 2 * MAX_STRETCH + 1 };
        let parts: Vec<_> = long.parts().collect();
        assert_eq!(parts.iter().map(Stretch::len).collect::<Vec<_>>(), [MAX_STRETCH, MAX_STRETCH, 1]);
        let places = |of: &[Stretch]| of.iter().flat_map(|one| one.after + 1..=one.up_to).collect::<Vec<_>>();
        assert_eq!(places(&parts), places(&[long]));
        let (left, right) = STRETCH.halves().unwrap();
        assert_eq!(places(&[left, right]), places(&[STRETCH]));
        assert_eq!(Stretch { after: 3, up_to: 4 }.halves(), None);
        assert_eq!(Stretch { after: 4, up_to: 3 }.parts().count(), 0);
        assert!(Stretch { after: u64::MAX, up_to: 3 }.bounded().is_empty());
    }
}
