//! A document without some of its changes: those that nobody else takes, and all that builds upon them.

use std::collections::BTreeSet;
use std::ops::Range;

use automerge::ChangeHash;

use super::{Refusal, check, genesis, split};

/// The changes of a tail, parted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cut {
    /// What stays, in the same order.
    pub tail: Vec<u8>,
    /// Where each of the changes that stay was, and where it begins now.
    pub moved: Vec<(Range<usize>, usize)>,
    /// What goes, in the same order.
    pub gone: Vec<Gone>,
    /// Nothing that anybody wrote stays in the tail.
    pub is_bare: bool,
}

/// A change that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// Its hash.
    pub change: [u8; 32],
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where in the tail it was.
    pub at: Range<usize>,
}

/// Takes out of a tail the changes that lie in `out`, and whatever builds upon them, whoever wrote it.
///
/// # Errors
/// [`Refusal`] for a tail that is none.
pub fn cut(tail: &[u8], out: &[Range<usize>]) -> Result<Cut, Refusal> {
    let mut cut = Cut { is_bare: true, ..Cut::default() };
    let mut gone = BTreeSet::<ChangeHash>::new();
    let mut begin = 0;
    // whatever a change builds upon lies before it
    for bytes in split(tail)? {
        let at = begin..begin + bytes.len();
        begin = at.end;
        let change = check::decode(bytes)?;
        let goes = out.iter().any(|range| range.start <= at.start && at.end <= range.end);
        if goes || change.deps().iter().any(|dep| gone.contains(dep)) {
            gone.insert(change.hash());
            cut.gone.push(Gone { change: change.hash().0, bytes: bytes.to_vec(), at });
        } else {
            cut.is_bare &= genesis::is_genesis(&change);
            cut.moved.push((at, cut.tail.len()));
            cut.tail.extend_from_slice(bytes);
        }
    }
    Ok(cut)
}
