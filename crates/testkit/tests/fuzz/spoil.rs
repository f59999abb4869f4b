//! How an input is spoiled.

use bolero::TypeGenerator;

/// One change of the bytes; places wrap around.
#[derive(Clone, Debug, TypeGenerator)]
pub(crate) enum Change {
    Set {
        at: u16,
        to: u8,
    },
    Flip {
        at: u16,
        bit: u8,
    },
    Insert {
        at: u16,
        bytes: Vec<u8>,
    },
    Remove {
        at: u16,
        count: u8,
    },
    Double {
        at: u16,
        count: u8,
    },
    Cut {
        at: u16,
    },
    /// Goes on as another input from here on.
    Splice {
        at: u16,
        other: u8,
        from: u16,
    },
    /// Counts and lengths are often where a reader breaks.
    Extreme {
        at: u16,
        which: u8,
    },
}

/// Which input is spoiled, and how.
#[derive(Clone, Debug, TypeGenerator)]
pub(crate) enum Spoiling {
    Of { which: u8, changes: Vec<Change> },
    Nothing { bytes: Vec<u8> },
}

/// Encoded lengths that no honest writer writes.
const EXTREMES: [&[u8]; 6] = [
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0x80, 0x00],
    &[0x00],
    &[0xff, 0x7f],
    &[0xfe, 0xff],
];

impl Spoiling {
    pub(crate) fn of(&self, kept: &[Vec<u8>]) -> Vec<u8> {
        let (which, changes) = match self {
            Self::Of { which, changes } => (*which, changes),
            Self::Nothing { bytes } => return bytes.clone(),
        };
        let one = |which: u8| &kept[usize::from(which) % kept.len()];
        let mut bytes = one(which).clone();
        for change in changes.iter().take(12) {
            let place = |at: u16| usize::from(at) % (bytes.len() + 1);
            match change {
                Change::Set { at, to } => {
                    let at = place(*at);
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = *to;
                    }
                }
                Change::Flip { at, bit } => {
                    let at = place(*at);
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << (bit % 8);
                    }
                }
                Change::Insert { at, bytes: more } => {
                    let at = place(*at);
                    bytes.splice(at..at, more.iter().copied());
                }
                Change::Remove { at, count } => {
                    let at = place(*at);
                    let end = (at + usize::from(*count)).min(bytes.len());
                    bytes.drain(at..end);
                }
                Change::Double { at, count } => {
                    let at = place(*at);
                    let end = (at + usize::from(*count)).min(bytes.len());
                    let again = bytes[at..end].to_vec();
                    bytes.splice(at..at, again);
                }
                Change::Cut { at } => {
                    let at = place(*at);
                    bytes.truncate(at);
                }
                Change::Splice { at, other, from } => {
                    let at = place(*at);
                    let other = one(*other);
                    bytes.truncate(at);
                    bytes.extend_from_slice(&other[usize::from(*from) % (other.len() + 1)..]);
                }
                Change::Extreme { at, which } => {
                    let at = place(*at);
                    let extreme = EXTREMES[usize::from(*which) % EXTREMES.len()];
                    bytes.splice(at..at, extreme.iter().copied());
                }
            }
        }
        bytes
    }
}
