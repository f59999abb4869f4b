//! Bags of person keys: carried, never opened.

use zuc_protocol::{
    Scope, codec,
    control::{ControlAct, ControlLog},
    ids::{BagId, DeviceId, HeldRows, KeyId},
    messages::ServerFrame,
    person_key::{BagKeyWraps, BagReplacement, BagRow, held_rows},
};
use zuc_relay_store::{Bag as StoredBag, BagReplacement as StoredReplacement, BagRow as StoredRow, StoreError};

use super::{LogService, Session};
use crate::RelayError;

/// Rows in one frame; beside the key's wraps they stay below its bound.
const PAGE: usize = 4_000;

/// What has just been added to a bag, for the scope's other readers.
#[derive(Debug)]
pub(crate) struct BagNews {
    pub(crate) from: DeviceId,
    pub(crate) scope: Scope,
    pub(crate) wraps: Vec<BagKeyWraps>,
    pub(crate) rows: Vec<BagRow>,
}

fn wraps_of(bag: &StoredBag) -> Result<Vec<BagKeyWraps>, RelayError> {
    Ok(bag.wraps.iter().map(|bytes| codec::decode(bytes, codec::MAX_FRAME)).collect::<Result<_, _>>()?)
}

fn stored(row: &BagRow) -> StoredRow {
    StoredRow { key: row.key, wrap: row.wrap.clone() }
}

impl LogService {
    /// Adds the rows that travel with a push; tells whether one of them is erased. Rows of an older generation change
    /// nothing: their device wraps them again once it has the new key.
    pub(super) async fn add_rows(
        &self,
        session: &Session,
        control: &ControlLog,
        scope: Scope,
        rows: &[BagRow],
    ) -> Result<bool, RelayError> {
        let Some(generation) = control.bag(scope) else { return Ok(false) };
        let (current, _older): (Vec<_>, Vec<_>) =
            rows.iter().filter(|row| row.scope == scope).partition(|row| row.bag == generation);
        if current.iter().any(|row| control.is_erased(row.key)) {
            return Ok(true);
        }
        if current.is_empty() {
            return Ok(false);
        }
        let kept = current.iter().copied().map(stored).collect();
        match self.store.bag_union(session.company, scope, generation, kept).await {
            Ok(refused) => {
                let rows = current.into_iter().filter(|row| !refused.contains(&row.key)).cloned().collect();
                self.tell_bag(session.company, BagNews { from: session.device, scope, wraps: vec![], rows });
                Ok(!refused.is_empty())
            }
            Err(StoreError::Refused("keys.bag_stale")) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// A page of a scope's bag. A reader who says that it has just these rows gets the key's wraps only.
    pub(super) async fn bag(
        &self,
        session: &Session,
        scope: Scope,
        have: HeldRows,
        after: Option<KeyId>,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        let control = self.control(session.company).await?;
        if !session.root && !control.may_read(session.device, scope) {
            return Err(RelayError::NotAllowed);
        }
        let Some(bag) = self.store.bag(session.company, scope).await? else {
            return Ok(vec![ServerFrame::Bag { scope, wraps: vec![], rows: vec![], more: false, listing: true }]);
        };
        let wraps = match after {
            Some(_) => vec![],
            None => wraps_of(&bag)?,
        };
        if after.is_none() && have == held_rows(bag.rows.iter().map(|row| &row.key)) {
            // of a bag without rows this is the whole listing
            let listing = bag.rows.is_empty();
            return Ok(vec![ServerFrame::Bag { scope, wraps, rows: vec![], more: false, listing }]);
        }
        let row = |row: StoredRow| BagRow { scope, bag: bag.generation, key: row.key, wrap: row.wrap };
        let mut rest = bag.rows.into_iter().filter(|row| after.is_none_or(|after| row.key > after));
        let rows = rest.by_ref().take(PAGE).map(row).collect();
        Ok(vec![ServerFrame::Bag { scope, wraps, rows, more: rest.next().is_some(), listing: true }])
    }

    pub(super) async fn bag_offer(
        &self,
        session: &Session,
        wraps: Option<BagKeyWraps>,
        rows: Vec<BagRow>,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        let control = self.control(session.company).await?;
        let scope = wraps
            .as_ref()
            .map(|wraps| wraps.scope)
            .or(rows.first().map(|row| row.scope))
            .ok_or(RelayError::Refused("sync.malformed"))?;
        if !control.may_read(session.device, scope) {
            return Err(RelayError::NotAllowed);
        }
        if let Some(wraps) = &wraps {
            self.keep_wraps(session.device, &control, wraps).await?;
        }
        if self.add_rows(session, &control, scope, &rows).await? {
            return Err(RelayError::Refused("keys.erased"));
        }
        self.wake(session.company);
        let bag = self.store.bag(session.company, scope).await?;
        let wraps = bag.as_ref().map(wraps_of).transpose()?.unwrap_or_default();
        Ok(vec![ServerFrame::Bag { scope, wraps, rows: vec![], more: false, listing: false }])
    }

    /// Keeps wraps that a member who reads the scope signed for the bag's current generation.
    pub(super) async fn put_wraps(
        &self,
        from: DeviceId,
        control: &ControlLog,
        wraps: &BagKeyWraps,
    ) -> Result<(), RelayError> {
        if !control.may_read(wraps.author, wraps.scope) {
            return Err(RelayError::Refused("keys.bag_stale"));
        }
        self.keep_wraps(from, control, wraps).await
    }

    /// Keeps wraps for the bag's current generation that a reader of the scope has, whoever signed them: after a loss they
    /// come back with whoever holds them, and who made them may be an administrator who does not read the scope, or out.
    /// The others are told, and among them who made them, where somebody else gives them back: a restored laptop lacks its own.
    async fn keep_wraps(&self, from: DeviceId, control: &ControlLog, wraps: &BagKeyWraps) -> Result<(), RelayError> {
        let root = control.root();
        let is_root = root.id() == wraps.author;
        let author = control.device(wraps.author).map(|device| device.public.verify);
        let author = author.or(is_root.then_some(root.verify)).ok_or(RelayError::NotAllowed)?;
        wraps.verify(control.company(), &author)?;
        if control.bag(wraps.scope) != Some(wraps.bag) {
            return Err(RelayError::Refused("keys.bag_stale"));
        }
        let bytes = codec::encode(wraps, codec::MAX_FRAME)?;
        self.store.put_bag_key(control.company(), wraps.scope, wraps.bag, bytes).await?;
        let news = BagNews { from, scope: wraps.scope, wraps: vec![wraps.clone()], rows: vec![] };
        self.tell_bag(control.company(), news);
        Ok(())
    }
}

/// The replacements that a control act demands, checked against what it names.
///
/// # Errors
/// [`RelayError::Refused`] `sync.bag_missing` when one did not travel with the act, or is another.
pub(super) fn demanded(
    before: &ControlLog,
    after: &ControlLog,
    act: &ControlAct,
    offered: &[BagReplacement],
) -> Result<Vec<StoredReplacement>, RelayError> {
    let (changes, erased): (_, &[KeyId]) = match act {
        ControlAct::Remove(remove) => (remove.bags.as_slice(), &[]),
        ControlAct::Rights(rights) => (rights.bags.as_slice(), &[]),
        ControlAct::Erase(erase) => (erase.bags.as_slice(), &erase.keys),
        _ => (&[][..], &[]),
    };
    let mut demanded = Vec::new();
    for scope in after.scopes() {
        let (Some(new), old) = (after.bag(scope), before.bag(scope)) else { continue };
        if old == Some(new) {
            continue;
        }
        let Some(found) = offered.iter().find(|offer| offer.wraps.scope == scope && offer.wraps.bag == new) else {
            // A scope that begins has no rows yet; its key is offered apart.
            if old.is_none() {
                continue;
            }
            return Err(RelayError::Refused("sync.bag_missing"));
        };
        let named = changes.iter().find(|change| change.scope == scope).map(|change| change.replacement);
        if named.is_some_and(|digest| found.digest().ok() != Some(digest)) {
            return Err(RelayError::Refused("sync.bag_missing"));
        }
        // a bag that follows erasures of before keeps their keys out for ever, like one that follows them at once
        let before_it = before.erased().filter(|_| before.owes_erasure(scope));
        let gone: Vec<KeyId> = before_it.chain(erased.iter().copied()).collect();
        demanded.push(checked(before, scope, new, found, &gone)?);
    }
    Ok(demanded)
}

/// The bags that an act gave up when it stood first. What they were replaced by was checked then, and lies with whoever
/// holds it: here is only which generation counts, and which keys are erased.
pub(super) fn given_up(before: &ControlLog, after: &ControlLog, act: &ControlAct) -> Vec<StoredReplacement> {
    let erased: &[KeyId] = if let ControlAct::Erase(erase) = act { &erase.keys } else { &[] };
    let changed = |scope: Scope| after.bag(scope).filter(|new| before.bag(scope).is_some_and(|old| old != *new));
    let empty = |(scope, generation)| StoredReplacement {
        scope,
        generation,
        wraps: None,
        rows: vec![],
        erased: erased.to_vec(),
    };
    after.scopes().filter_map(|scope| Some((scope, changed(scope)?))).map(empty).collect()
}

fn checked(
    before: &ControlLog,
    scope: Scope,
    generation: BagId,
    found: &BagReplacement,
    erased: &[KeyId],
) -> Result<StoredReplacement, RelayError> {
    let author = before.device(found.wraps.author).map(|device| device.public.verify);
    let author = author.unwrap_or_else(|| before.root().verify);
    found.wraps.verify(before.company(), &author)?;
    if found.rows.iter().any(|row| row.scope != scope || row.bag != generation || erased.contains(&row.key)) {
        return Err(RelayError::Refused("sync.bag_missing"));
    }
    Ok(StoredReplacement {
        scope,
        generation,
        wraps: Some(codec::encode(&found.wraps, codec::MAX_FRAME)?),
        rows: found.rows.iter().map(stored).collect(),
        erased: erased.to_vec(),
    })
}
