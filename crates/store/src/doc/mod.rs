//! Automerge, held at arm's length: a document is flat registers, a few maps of scalars and a few texts.
//!
//! Nothing nests deeper than one container, and all containers are made in a document's first change: two devices can
//! then never make the same map twice and lose one. An item of a map (a line, a contact) is a handful of keys
//! `{item}/{field}`, so that concurrent edits of its fields, and two offline creations of a derived id, merge by field.

mod check;
mod content;
mod cut;
mod first;
mod genesis;
mod history;
mod kind;
mod moment;
mod recorded;
mod steps;

use std::collections::BTreeSet;

use automerge::transaction::Transactable;
use automerge::{AutoCommit, Change, ChangeHash, ExpandedChange, ObjId, ROOT, ReadDoc};

pub use check::{MAX_CHANGE, Refusal, written_at};
pub use content::{Content, Scalar};
pub use cut::{Cut, Gone, cut};
pub use history::{Edit, Edited, Side};
pub use kind::{Keep, Kind, MapSpec, TRANSITIONS};
pub use moment::Moment;
pub use recorded::Recorded;

use crate::StoreError;

/// The register that says a document is deleted: how often it was.
const DELETED: &str = "deleted";
/// The register that says whose a record is.
const OWNER: &str = "owner";

/// One aggregate's document, loaded to be written.
pub struct Document {
    doc: AutoCommit,
    kind: &'static Kind,
    base: Vec<ChangeHash>,
    fresh: bool,
    author: Option<Vec<u8>>,
    settled: Vec<String>,
    /// Changes whose transitions do not count.
    ignored: BTreeSet<ChangeHash>,
}

/// What a document gained: the bytes that go to disk and, where they are our own, to the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Uncompressed Automerge chunks, in causal order; batches compress them together.
    pub changes: Vec<Vec<u8>>,
    /// The heads after them, 32 bytes each.
    pub heads: Vec<u8>,
    /// The genesis change that must come before them on disk and is never sent.
    pub genesis: Option<Vec<u8>>,
    /// What the changes of others record of the state.
    pub recorded: Vec<Recorded>,
}

impl Written {
    /// What is appended to the document's tail.
    pub fn tail(&self) -> Vec<u8> {
        let mut tail = self.genesis.clone().unwrap_or_default();
        self.changes.iter().for_each(|change| tail.extend_from_slice(change));
        tail
    }
}

impl std::fmt::Debug for Document {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Document").field("kind", &self.kind.name).finish_non_exhaustive()
    }
}

impl Document {
    /// A new document of an id that only this device can have made: containers come with the first content.
    pub fn create(kind: &'static Kind, actor: &[u8]) -> Self {
        let doc = AutoCommit::new().with_actor(automerge::ActorId::from(actor));
        Self { doc, kind, base: Vec::new(), fresh: true, author: None, settled: Vec::new(), ignored: BTreeSet::new() }
    }

    /// The first change of a new document without the document: what an import writes.
    pub fn first(
        kind: &Kind,
        content: &Content,
        actor: &[u8],
        moment: impl Into<Moment>,
    ) -> Result<Written, StoreError> {
        let change = first::change(kind, actor, content, moment.into());
        check::bounds(&change)?;
        Ok(Written {
            changes: vec![change.raw_bytes().to_vec()],
            heads: change.hash().0.to_vec(),
            genesis: None,
            recorded: vec![],
        })
    }

    /// A document of a derived id: it begins with the change that every device computes for itself.
    pub fn create_derived(kind: &'static Kind, scope: &str, id: &[u8; 16], actor: &[u8]) -> Result<Self, StoreError> {
        let mut doc = genesis::document(kind, scope, id)?;
        doc.set_actor(automerge::ActorId::from(actor));
        Ok(Self {
            doc,
            kind,
            base: Vec::new(),
            fresh: false,
            author: None,
            settled: Vec::new(),
            ignored: BTreeSet::new(),
        })
    }

    /// A document from its two stored parts.
    pub fn load(kind: &'static Kind, snapshot: &[u8], tail: &[u8], actor: &[u8]) -> Result<Self, StoreError> {
        let mut doc = if snapshot.is_empty() { AutoCommit::new() } else { AutoCommit::load(snapshot)? };
        if !tail.is_empty() {
            doc.load_incremental(tail)?;
        }
        doc.set_actor(automerge::ActorId::from(actor));
        let base = doc.get_heads();
        Ok(Self { doc, kind, base, fresh: false, author: None, settled: Vec::new(), ignored: BTreeSet::new() })
    }

    /// The document without the transitions of these changes, 32 bytes each: they stay in its history.
    #[must_use]
    pub fn ignoring(mut self, changes: &[u8]) -> Self {
        self.ignored.extend(changes.as_chunks::<32>().0.iter().map(|hash| ChangeHash(*hash)));
        self
    }

    /// Takes a change's transitions out of what the document says; `false` where they are.
    pub fn ignore(&mut self, change: [u8; 32]) -> bool {
        self.ignored.insert(ChangeHash(change))
    }

    /// Takes back that a change's transitions are out: it is no more.
    pub fn count_again(&mut self, change: [u8; 32]) {
        self.ignored.remove(&ChangeHash(change));
    }

    /// The changes that [`Self::ignore`] was told of, sorted, 32 bytes each.
    pub fn ignored(&self) -> Vec<u8> {
        self.ignored.iter().flat_map(|hash| hash.0).collect()
    }

    /// Whether none of these changes is ignored.
    pub fn counts(&self, changes: &[&[u8]]) -> bool {
        let is_ignored = |bytes: &&[u8]| check::decode(bytes).is_ok_and(|change| self.ignored.contains(&change.hash()));
        self.ignored.is_empty() || !changes.iter().any(is_ignored)
    }

    /// What the document says now.
    pub fn content(&self) -> Result<Content, StoreError> {
        content::read(&self.doc, self.kind, &self.ignored)
    }

    /// What the document said at `heads`, 32 bytes each; changes that came beside or after them do not count.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the document never was there.
    pub fn content_at(&mut self, heads: &[u8]) -> Result<Content, StoreError> {
        let heads: Vec<ChangeHash> = heads.as_chunks::<32>().0.iter().map(|hash| ChangeHash(*hash)).collect();
        if heads.is_empty() || heads.iter().any(|hash| self.doc.get_change_meta_by_hash(hash).is_none()) {
            return Err(StoreError::corrupt("doc", "heads", "not of this document"));
        }
        content::read(&self.doc.fork_at(&heads)?, self.kind, &self.ignored)
    }

    /// Brings the document to `target`, writing only what differs, as one change or, where that would be larger than
    /// others take, as several; `None` when nothing differs.
    ///
    /// `moment` decides nothing.
    ///
    /// # Errors
    /// [`StoreError::ChangeRefused`] for what is too large all the same; the document is then not to be saved.
    pub fn write(&mut self, target: &Content, moment: impl Into<Moment>) -> Result<Option<Written>, StoreError> {
        let moment = moment.into();
        let mut current = if self.fresh { Content::default() } else { self.content()? };
        let steps = steps::between(&current, target);
        for step in steps.iter().chain([target]) {
            if std::mem::take(&mut self.fresh) {
                let first = first::change(self.kind, self.doc.get_actor().to_bytes(), step, moment);
                self.doc.apply_changes([first])?;
            } else {
                self.settle_all()?;
                content::reconcile(&mut self.doc, self.kind, &current, step)?;
                self.doc.commit_with(moment.options());
            }
            if !steps.is_empty() {
                current = self.content()?;
            }
        }
        let written = self.written()?;
        Ok((!written.changes.is_empty()).then_some(written))
    }

    /// Applies changes that another device wrote, after checking each; those already here are passed over. That they
    /// are their batch's author's is the envelope's promise; here they must at least be of one actor.
    ///
    /// # Errors
    /// [`StoreError::ChangeRefused`] for the first one that breaks a rule; the document is then not to be saved.
    pub fn apply(&mut self, changes: &[&[u8]]) -> Result<Option<Written>, StoreError> {
        let mut author = None;
        let mut last = None;
        let mut recorded = Vec::new();
        for bytes in changes {
            let change = check::decode(bytes)?;
            let actor = change.actor_id().clone();
            if author.get_or_insert_with(|| actor.clone()) != &actor {
                return Err(Refusal::ForeignActor.into());
            }
            if self.doc.get_change_meta_by_hash(&change.hash()).is_some() {
                continue;
            }
            let decoded = change.decode();
            let before = last.unwrap_or_else(|| check::last_of(&mut self.doc, &actor));
            check::admit(&mut self.doc, self.kind, &change, &decoded, before)?;
            last = Some((change.seq(), change.max_op()));
            recorded.extend(self.recorded(&change, &decoded)?);
            let begins = self.doc.get_heads().is_empty();
            self.doc.apply_changes([change]).map_err(|_| Refusal::Malformed)?;
            if begins && !self.kind.containers().all(|name| container(&self.doc, name).is_ok()) {
                return Err(Refusal::LacksContainer.into());
            }
        }
        self.fresh = false;
        self.author = author.map(|actor| actor.to_bytes().to_vec());
        let written = Written { recorded, ..self.written()? };
        Ok((!written.changes.is_empty()).then_some(written))
    }

    /// The actor of the changes that were applied last.
    pub fn author(&self) -> Option<&[u8]> {
        self.author.as_deref()
    }

    /// What changes that are here record of the state.
    ///
    /// # Errors
    /// [`StoreError::ChangeRefused`] for what no document takes.
    pub fn recorded_in(&self, changes: &[&[u8]]) -> Result<Vec<Recorded>, StoreError> {
        let mut found = Vec::new();
        for bytes in changes {
            let change = check::decode(bytes)?;
            found.extend(self.recorded(&change, &change.decode())?);
        }
        Ok(found)
    }

    fn recorded(&self, change: &Change, decoded: &ExpandedChange) -> Result<Option<Recorded>, Refusal> {
        let there = container(&self.doc, TRANSITIONS).ok();
        let transitions = recorded::transitions(decoded, there.as_ref())?;
        if transitions.is_empty() {
            return Ok(None);
        }
        let deps = change.deps();
        let seen = if deps.is_empty() { None } else { self.doc.get_at(ROOT, OWNER, deps).ok().flatten() };
        let owner = match seen.and_then(|(value, _)| Scalar::of(&value)) {
            Some(Scalar::Text(owner)) => Some(owner),
            _ => None,
        };
        Ok(Some(Recorded { change: change.hash().0, owner, transitions }))
    }

    fn written(&mut self) -> Result<Written, StoreError> {
        let mut genesis = None;
        let mut changes = Vec::new();
        for change in self.doc.get_changes(&self.base) {
            if genesis::is_genesis(&change) {
                genesis = Some(change.raw_bytes().to_vec());
            } else {
                check::bounds(&change)?;
                changes.push(change.raw_bytes().to_vec());
            }
        }
        self.base = self.doc.get_heads();
        Ok(Written { changes, heads: self.heads(), genesis, recorded: Vec::new() })
    }

    /// The current heads, sorted, 32 bytes each.
    pub fn heads(&mut self) -> Vec<u8> {
        let mut heads = self.doc.get_heads();
        heads.sort_unstable();
        heads.iter().flat_map(|hash| hash.0).collect()
    }

    /// The whole document as one snapshot, which replaces snapshot and tail.
    pub fn snapshot(&mut self) -> Vec<u8> {
        self.doc.save()
    }

    /// Every change, oldest first: what a history page or a re-offer reads.
    pub fn changes(&mut self) -> Vec<Change> {
        self.doc.get_changes(&[])
    }

    /// Marks the document as deleted. It holds only while nobody writes after or beside it: see [`Self::is_deleted`].
    pub fn delete(&mut self, moment: impl Into<Moment>) -> Result<Option<Written>, StoreError> {
        // A count, because the same value again would be no operation.
        let times = match self.doc.get(ROOT, DELETED)? {
            Some((value, _)) => value.as_i64().unwrap_or(0),
            None => 0,
        };
        self.doc.put(ROOT, DELETED, times + 1)?;
        self.doc.commit_with(moment.into().options()).map(|_| self.written()).transpose()
    }

    /// Whether the last word on the document is its deletion: an edit after or beside it, by whoever, takes it back.
    pub fn is_deleted(&mut self) -> Result<bool, StoreError> {
        let heads = self.doc.get_heads();
        match self.doc.get(ROOT, DELETED)? {
            Some((_, op)) => Ok(heads.len() == 1 && self.doc.hash_for_opid(&op) == heads.first().copied()),
            None => Ok(false),
        }
    }

    /// The hash of the change that wrote `key` of `map`: what breaks ties between transitions.
    pub fn written_by(&self, map: &str, key: &str) -> Result<Option<[u8; 32]>, StoreError> {
        let Some((_, container)) = self.doc.get(ROOT, map)? else { return Ok(None) };
        let Some((_, op)) = self.doc.get(container, key)? else { return Ok(None) };
        Ok(self.doc.hash_for_opid(&op).map(|hash| hash.0))
    }
}

/// Whether changes may record a transition, for somebody who does not have their document at hand.
///
/// # Errors
/// [`Refusal`] for what is no change.
pub fn may_record(changes: &[&[u8]]) -> Result<bool, Refusal> {
    for bytes in changes {
        if recorded::may_record(&check::decode(bytes)?.decode()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The hashes of a chunk's changes.
pub(crate) fn hashes(chunk: &[u8]) -> Result<Vec<[u8; 32]>, Refusal> {
    let hash = |bytes: &[u8]| Change::try_from(bytes).map(|change| change.hash().0).map_err(|_| Refusal::Malformed);
    split(chunk)?.into_iter().map(hash).collect()
}

/// Parts a stored or received chunk into its changes, each whole with its header.
pub fn split(mut chunk: &[u8]) -> Result<Vec<&[u8]>, Refusal> {
    let mut changes = Vec::new();
    while !chunk.is_empty() {
        // Magic (4), checksum (4), type (1), then the length as LEB128.
        let mut at = 9;
        let (mut length, mut shift) = (0usize, 0);
        loop {
            let byte = *chunk.get(at).ok_or(Refusal::Malformed)?;
            at += 1;
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
            if shift > 28 {
                return Err(Refusal::Malformed);
            }
        }
        let (change, rest) = chunk.split_at_checked(at + length).ok_or(Refusal::Malformed)?;
        changes.push(change);
        chunk = rest;
    }
    Ok(changes)
}

fn container(doc: &AutoCommit, name: &'static str) -> Result<ObjId, StoreError> {
    match doc.get(ROOT, name)? {
        Some((automerge::Value::Object(_), id)) => Ok(id),
        _ => Err(StoreError::corrupt("doc", name, "container")),
    }
}

#[cfg(test)]
mod tests;
