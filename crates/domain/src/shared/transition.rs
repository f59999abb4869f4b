//! Status as a pure fold over recorded transitions: any order, any repetition, one result.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::hlc::Hlc;
use super::id::{PersonId, TransitionId};
use super::legality::Ask;

/// Who acts, when, and the fresh id of the transition the act may record; all given by the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Act {
    /// Fresh id for the recorded transition.
    pub transition: TransitionId,
    /// Clock reading written into the record.
    pub hlc: Hlc,
    /// The person who acts.
    pub by: PersonId,
    /// The instant, UTC.
    pub at: Timestamp,
    /// The company's calendar day.
    pub today: Date,
}

/// The states of one aggregate, with the table that decides between concurrent changes.
pub trait StateMachine: Copy + Eq + Ord + Debug {
    /// The state before any transition.
    const INITIAL: Self;

    /// Precedence among concurrent transitions: the highest wins.
    fn rank(self) -> u8;

    /// Whether the machine has an edge from here to `to`. A confirmation (`to` equal to here) is one.
    fn allows(self, to: Self) -> bool;

    /// Edges that only an authority (the saga's compensation, a receipt) may take.
    fn allows_authority(self, to: Self) -> bool {
        self.allows(to)
    }

    /// Whether nobody but a person can say which of two concurrent states holds.
    fn needs_review(self, _other: Self) -> bool {
        false
    }

    /// The actions that lead from here to `to`: who may do one of them may record the step. None where nobody may.
    fn asks(self, to: Self, authority: bool) -> &'static [Ask];

    /// The stable name, as stored and shown in events.
    fn name(self) -> &'static str;
}

/// One recorded change of state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Transition<S> {
    /// Key in the document's `transitions` map.
    pub id: TransitionId,
    /// The state its author saw.
    pub from: S,
    /// The state its author wanted.
    pub to: S,
    /// Clock of the author: display and ties only.
    pub hlc: Hlc,
    /// The author.
    pub by: PersonId,
    /// Why, where the machine asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Heads the author saw; `None` where they are not known, and the transition is concurrent to all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causes: Option<Vec<TransitionId>>,
    /// Written by an authority: wins over every concurrent transition that is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub authority: bool,
}

/// What a fold found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict<S> {
    /// One state holds.
    Settled(S),
    /// Two or more final states stand side by side; a person decides, meanwhile the first is shown.
    NeedsReview(Vec<S>),
}

/// The result of [`fold`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folded<S> {
    /// The state, or the states between which a person decides.
    pub verdict: Verdict<S>,
    /// Transitions nothing comes after, the winner first: the causes of the next act.
    pub heads: Vec<TransitionId>,
    /// Heads whose state lost: entries for the conflict inbox.
    pub losers: Vec<TransitionId>,
    /// Transitions the machine has no edge for: kept in history, without effect.
    pub ignored: Vec<TransitionId>,
}

impl<S: StateMachine> Folded<S> {
    /// The state to show.
    pub fn state(&self) -> S {
        match &self.verdict {
            Verdict::Settled(state) => *state,
            Verdict::NeedsReview(states) => states.first().copied().unwrap_or(S::INITIAL),
        }
    }

    /// Whether a person must decide.
    pub const fn needs_review(&self) -> bool {
        matches!(self.verdict, Verdict::NeedsReview(_))
    }
}

impl<S: StateMachine> Transition<S> {
    /// Records that `act` moves from where `folded` stands to `to`.
    pub fn record(folded: &Folded<S>, to: S, act: &Act, reason: Option<String>) -> Self {
        Self {
            id: act.transition,
            from: folded.state(),
            to,
            hlc: act.hlc,
            by: act.by,
            reason,
            causes: Some(folded.heads.clone()),
            authority: false,
        }
    }

    /// Hash of the record's content: the last tie, and what tells two records under one id apart.
    fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.id.0.as_bytes());
        hash.update(self.from.name());
        hash.update([0]);
        hash.update(self.to.name());
        hash.update([0, u8::from(self.authority)]);
        hash.update(self.hlc.to_string());
        hash.update(self.by.0.as_bytes());
        hash.update(self.reason.as_deref().unwrap_or_default());
        hash.update([0, u8::from(self.causes.is_some())]);
        for cause in self.causes.iter().flatten() {
            hash.update(cause.0.as_bytes());
        }
        hash.finalize().into()
    }

    /// Whether the machine knows this edge, given what its causes left behind.
    fn is_legal(&self, all: &BTreeMap<TransitionId, &Self>) -> bool {
        let edge = if self.authority { self.from.allows_authority(self.to) } else { self.from.allows(self.to) };
        let grounded = self.causes.as_ref().is_none_or(|causes| {
            if causes.is_empty() {
                self.from == S::INITIAL
            } else {
                causes.iter().any(|cause| all.get(cause).is_none_or(|cause| cause.to == self.from))
            }
        });
        edge && grounded
    }
}

/// Folds `transitions` into the state they leave: causal order first; among concurrent ones an authority,
/// then the machine's precedence, then (clock, hash).
pub fn fold<'a, S: StateMachine + 'a>(transitions: impl IntoIterator<Item = &'a Transition<S>>) -> Folded<S> {
    let mut all: BTreeMap<TransitionId, &Transition<S>> = BTreeMap::new();
    for transition in transitions {
        let kept = all.entry(transition.id).or_insert(transition);
        // The same id with other content: the lower hash stays, on every device.
        if *kept != transition && transition.digest() < kept.digest() {
            *kept = transition;
        }
    }
    let behind: BTreeMap<TransitionId, BTreeSet<TransitionId>> =
        all.keys().map(|id| (*id, ancestors(*id, &all))).collect();
    let (legal, ignored): (Vec<&Transition<S>>, Vec<&Transition<S>>) = all
        .values()
        .copied()
        .partition(|transition| transition.is_legal(&all) && !behind[&transition.id].contains(&transition.id));
    let legal: BTreeMap<TransitionId, &Transition<S>> = legal.into_iter().map(|t| (t.id, t)).collect();
    let mut heads: Vec<&Transition<S>> =
        legal.values().copied().filter(|t| !legal.keys().any(|id| behind[id].contains(&t.id))).collect();
    let common =
        heads.iter().map(|head| behind[&head.id].clone()).reduce(|left, right| &left & &right).unwrap_or_default();
    heads.sort_by_cached_key(|head| {
        let authority = head.authority
            || behind[&head.id].iter().any(|id| !common.contains(id) && legal.get(id).is_some_and(|t| t.authority));
        std::cmp::Reverse((authority, head.to.rank(), head.hlc, head.digest()))
    });
    let winner = heads.first().map_or(S::INITIAL, |head| head.to);
    let strongest_is_authority = heads.first().is_some_and(|head| head.authority);
    let mut open: Vec<S> = vec![winner];
    if !strongest_is_authority {
        for head in &heads {
            if winner.needs_review(head.to) && !open.contains(&head.to) {
                open.push(head.to);
            }
        }
    }
    Folded {
        verdict: if open.len() > 1 { Verdict::NeedsReview(open) } else { Verdict::Settled(winner) },
        heads: heads.iter().map(|head| head.id).collect(),
        losers: heads.iter().filter(|head| head.to != winner).map(|head| head.id).collect(),
        ignored: ignored.into_iter().map(|t| t.id).collect(),
    }
}

/// Everything `id` comes after; itself too where a forger wrote a cycle.
fn ancestors<S>(id: TransitionId, all: &BTreeMap<TransitionId, &Transition<S>>) -> BTreeSet<TransitionId> {
    let mut seen = BTreeSet::new();
    let mut open = vec![id];
    while let Some(next) = open.pop() {
        for cause in all.get(&next).into_iter().flat_map(|t| t.causes.iter().flatten()) {
            if seen.insert(*cause) {
                open.push(*cause);
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests;
