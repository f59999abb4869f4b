//! A page of a log on its way to a laptop is spoiled, as by a relay that slips.

use zuc_protocol::Scope;
use zuc_protocol::ids::ChainHash;
use zuc_protocol::messages::ServerFrame;
use zuc_testkit::network::Laptop;

/// How it is spoiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoil {
    /// As if the first entry were left out.
    Hole,
    /// Another chain is named after it.
    Chain,
    /// A bit of an entry is another.
    Bit,
}

/// Spoils the oldest page of a log that is on its way to a laptop; the scope, if one is.
pub(crate) fn spoil(laptop: &mut Laptop, how: Spoil) -> Option<Scope> {
    for frame in &mut laptop.down {
        let ServerFrame::Entries { scope, entries, chain, .. } = frame else { continue };
        match (how, entries.last_mut()) {
            (_, None) => continue,
            (Spoil::Hole, Some(_)) => entries.iter_mut().for_each(|entry| entry.seq += 1),
            (Spoil::Chain, Some(_)) => *chain = ChainHash([9; 32]),
            (Spoil::Bit, Some(last)) => {
                let middle = last.bytes.0.len() / 2;
                last.bytes.0[middle] ^= 1;
            }
        }
        return Some(*scope);
    }
    None
}
