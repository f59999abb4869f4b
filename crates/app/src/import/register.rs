//! The prospects met so far: those there before and those of the rows above.

use std::{
    collections::{BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

use zuc_domain::{
    lead::duplicates::{BlockingKey, Likeness, Match, MatchRecord, NOISE_LIMIT},
    shared::LeadId,
};

use super::{
    identity::{ExistingLeads, Identity},
    plan::PlannedRow,
};

/// A prospect that a row may turn out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// A record there before the import.
    Existing(LeadId),
    /// A row of this file that becomes a record.
    Row(u32),
}

/// What the register says about a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// Nobody met so far.
    New,
    /// Certainly this prospect.
    Certain(usize, Match),
    /// Probably this prospect; a person decides.
    Probable(usize, Match),
}

struct Entry {
    /// Whose record; a held row points to the prospect it probably is.
    origin: Origin,
    /// A row that a person has to decide about is no record yet.
    held: bool,
    /// The place among the rows above of the row it began with; a record of the store began with none.
    began: Option<usize>,
}

/// 128 bits of a key instead of its text: a list of a hundred thousand rows has some six hundred thousand keys.
/// Should two ever be alike, one more pair is compared.
type KeyHash = u128;

/// A prospect as the register looks it up: worked out once and used for asking, comparing and filing.
pub(super) struct Sought {
    record: MatchRecord,
    keys: Vec<(KeyHash, BlockingKey)>,
}

impl From<&Identity> for Sought {
    fn from(identity: &Identity) -> Self {
        let record = identity.record();
        let keys = record.keys().into_iter().map(|key| (hash(&key), key)).collect();
        Self { record, keys }
    }
}

/// What is known under one key.
#[derive(Default)]
struct Place {
    /// Whether the store was asked for it; a record of the store files its other keys unasked.
    asked: bool,
    filed: Filed,
}

/// The entries under one key; most keys have one.
#[derive(Default)]
enum Filed {
    #[default]
    Nobody,
    One(u32),
    Many(Vec<u32>),
}

/// Prospects under their keys. A prospect into which rows were merged is one entry with all their keys, so that
/// many rows of one prospect never turn a key into noise.
pub(super) struct Register<'a> {
    existing: &'a dyn ExistingLeads,
    entries: Vec<Entry>,
    by_key: HashMap<KeyHash, Place>,
    by_id: HashMap<LeadId, usize>,
    /// Who the entries are that rows were merged into or that were there before.
    identities: HashMap<usize, Identity>,
}

impl<'a> Register<'a> {
    pub(super) fn new(existing: &'a dyn ExistingLeads) -> Self {
        let (by_key, by_id, identities) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { existing, entries: Vec::new(), by_key, by_id, identities }
    }

    /// Whose record an entry is.
    pub(super) fn origin(&self, entry: usize) -> Origin {
        self.entries[entry].origin
    }

    /// Adds the row at place `began`: one that becomes a record, or one held against the record of `origin`.
    pub(super) fn add(&mut self, origin: Origin, held: bool, began: usize, sought: &Sought) {
        self.push(Entry { origin, held, began: Some(began) }, sought);
    }

    fn push(&mut self, entry: Entry, sought: &Sought) -> usize {
        let number = self.entries.len();
        self.file(number, sought.keys.iter().map(|(hash, _)| *hash));
        self.entries.push(entry);
        number
    }

    /// Lets an entry take what a merged row knows besides.
    pub(super) fn absorb(&mut self, above: &[PlannedRow], entry: usize, identity: Identity) {
        let mut grown = self.identity(above, entry);
        let before: BTreeSet<BlockingKey> = grown.record().keys().into_iter().collect();
        grown.absorb(identity);
        let fresh = grown.record().keys().into_iter().filter(|key| !before.contains(key)).map(|key| hash(&key));
        self.file(entry, fresh);
        self.identities.insert(entry, grown);
    }

    /// Who an entry is. A single row is read off its draft again, because a hundred thousand identities would take
    /// more room than the list itself, and few of them are ever looked at.
    fn identity(&self, above: &[PlannedRow], entry: usize) -> Identity {
        let single = || self.entries[entry].began.map(|at| Identity::from(&above[at].draft)).unwrap_or_default();
        self.identities.get(&entry).cloned().unwrap_or_else(single)
    }

    /// Whom a row probably or certainly is. A certain record beats a held row, that beats a probable record.
    pub(super) fn find(&mut self, above: &[PlannedRow], sought: &Sought) -> Finding {
        self.ask(sought);
        let mut found: Vec<(usize, Match)> = self
            .candidates(sought)
            .into_iter()
            .map(|number| (number, self.identity(above, number).record().compare(&sought.record)))
            .filter(|(_, likeness)| likeness.score.likeness() != Likeness::None)
            .collect();
        found.sort_by(|(left, a), (right, b)| {
            let age = |number: &usize| (self.entries[*number].origin, *number);
            b.score.cmp(&a.score).then_with(|| age(left).cmp(&age(right)))
        });
        let is = |held: bool, wanted: Likeness| {
            found
                .iter()
                .find(|(number, likeness)| self.entries[*number].held == held && likeness.score.likeness() == wanted)
        };
        if let Some((number, likeness)) = is(false, Likeness::Certain) {
            return Finding::Certain(*number, likeness.clone());
        }
        let probable = is(true, Likeness::Certain)
            .or_else(|| is(false, Likeness::Probable))
            .or_else(|| is(true, Likeness::Probable));
        probable.map_or(Finding::New, |(number, likeness)| Finding::Probable(*number, likeness.clone()))
    }

    fn candidates(&self, sought: &Sought) -> BTreeSet<usize> {
        let places = sought.keys.iter().filter_map(|(hash, _)| self.by_key.get(hash));
        places
            .map(|place| place.filed.numbers())
            .filter(|list| list.len() <= NOISE_LIMIT)
            .flatten()
            .map(|number| *number as usize)
            .collect()
    }

    /// Brings in the records of the store that have one of the keys, each key asked for once.
    fn ask(&mut self, sought: &Sought) {
        for (hash, key) in &sought.keys {
            let place = self.by_key.entry(*hash).or_default();
            if std::mem::replace(&mut place.asked, true) {
                continue;
            }
            for lead in self.existing.find(key) {
                if !self.by_id.contains_key(&lead.id) {
                    let entry = Entry { origin: Origin::Existing(lead.id), held: false, began: None };
                    let number = self.push(entry, &Sought::from(&lead.identity));
                    self.by_id.insert(lead.id, number);
                    self.identities.insert(number, lead.identity);
                }
            }
        }
    }

    fn file(&mut self, number: usize, keys: impl Iterator<Item = KeyHash>) {
        let Ok(entry) = u32::try_from(number) else { return };
        for key in keys {
            let filed = &mut self.by_key.entry(key).or_default().filed;
            match filed {
                Filed::Nobody => *filed = Filed::One(entry),
                Filed::One(first) => *filed = Filed::Many(vec![*first, entry]),
                // One beyond the limit is enough to know that the key is noise.
                Filed::Many(list) if list.len() <= NOISE_LIMIT => list.push(entry),
                Filed::Many(_) => {}
            }
        }
    }
}

impl Filed {
    fn numbers(&self) -> &[u32] {
        match self {
            Self::Nobody => &[],
            Self::One(number) => std::slice::from_ref(number),
            Self::Many(list) => list,
        }
    }
}

fn hash(key: &BlockingKey) -> KeyHash {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, key).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}
