//! The bags of person keys, as the relay tells of them.

use std::collections::BTreeSet;

use zuc_protocol::ids::KeyId;
use zuc_protocol::messages::ClientFrame;
use zuc_protocol::person_key::{BagKeyWraps, BagRow, held_rows};
use zuc_protocol::scope::Scope;

use crate::effect::Effect;
use crate::engine::{Engine, Link};
use crate::keyring::check_bag;

/// Rows that fit a frame beside what else it holds.
pub(super) const OFFER: usize = 4_000;

/// Offers rows in frames that fit.
pub(super) fn offer_rows(mut rows: Vec<BagRow>, effects: &mut Vec<Effect>) {
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(OFFER));
        effects.push(Effect::Send(ClientFrame::BagOffer { wraps: None, rows }));
        rows = rest;
    }
}

/// The rows of a bag that the relay has told of, page by page.
#[derive(Default)]
pub(super) struct Listing {
    keys: BTreeSet<KeyId>,
    /// Nothing was claimed when it was asked for, so that it holds everything.
    whole: bool,
}

impl Engine {
    /// Keeps wraps of a bag key, and opens the key where they hold it for this device.
    pub(super) fn keep_wraps(&mut self, wraps: BagKeyWraps) -> bool {
        // the relay tells of them at each greeting
        let known = self.bag_wraps.get(&wraps.scope).is_some_and(|kept| kept.contains(&wraps));
        if known && self.ring.bag(wraps.scope).is_some() {
            return false;
        }
        if check_bag(&self.log, &wraps).is_err() {
            return false;
        }
        // Wraps that hold nothing for this device are kept for the others all the same.
        let _ = self.ring.learn_bag(&self.log, &wraps);
        let kept = self.bag_wraps.entry(wraps.scope).or_default();
        kept.retain(|kept| kept.bag == wraps.bag);
        if kept.contains(&wraps) {
            return false;
        }
        kept.push(wraps);
        true
    }

    pub(super) fn bag(
        &mut self,
        scope: Scope,
        wraps: Vec<BagKeyWraps>,
        rows: Vec<BagRow>,
        more: bool,
        effects: &mut Vec<Effect>,
    ) {
        let nothing = wraps.is_empty() && rows.is_empty() && !more;
        let last = rows.last().map(|row| row.key);
        self.take_bag(scope, wraps, rows, effects);
        if nothing && self.offered.insert(scope) {
            // The relay has no bag yet: it gets the key wraps of the one that this company was founded with.
            for wraps in self.bag_wraps.get(&scope).cloned().unwrap_or_default() {
                effects.push(Effect::Send(ClientFrame::BagOffer { wraps: Some(wraps), rows: vec![] }));
            }
        }
        if let Some(after) = last.filter(|_| more) {
            effects.push(Effect::Send(ClientFrame::Bag { scope, have: held_rows([]), after: Some(after) }));
        } else {
            self.bags_due.remove(&scope);
            // what waited for the relay to have the bag
            self.push(scope, effects);
        }
    }

    /// Takes what is of the current generation, signed by a member, not erased and new.
    pub(super) fn take_bag(
        &mut self,
        scope: Scope,
        wraps: Vec<BagKeyWraps>,
        rows: Vec<BagRow>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(bag) = self.log.bag(scope) else { return };
        let company = self.log.company();
        let sound: Vec<BagKeyWraps> =
            wraps.into_iter().filter(|wraps| wraps.scope == scope && self.keep_wraps(wraps.clone())).collect();
        let Some(key) = self.ring.bag(scope).cloned() else {
            // What does not open here yet may be nonsense under a true name: it is asked for again once the key is here.
            self.bags_unread.extend((!rows.is_empty()).then_some(scope));
            if !sound.is_empty() {
                self.bags_asked.insert(scope);
                effects.push(Effect::StoreBag { scope, bag, wraps: sound, rows: vec![] });
            }
            return;
        };
        let mut new = Vec::new();
        for row in rows {
            if row.scope == scope
                && row.bag == bag
                && !self.log.is_erased(row.key)
                && row.open(company, &key).is_ok()
                && self.bag_keys.entry(scope).or_default().insert(row.key)
            {
                new.push(row);
            }
        }
        if !sound.is_empty() {
            self.bags_asked.insert(scope);
        }
        if !sound.is_empty() || !new.is_empty() {
            effects.push(Effect::StoreBag { scope, bag, wraps: sound, rows: new });
        }
        if self.bags_unread.remove(&scope) && self.link == Link::Ready {
            self.ask_for_bag(scope, &BTreeSet::new(), effects);
        }
    }

    /// This device has rows that the relay may lack: the whole listing is compared, this one or another.
    pub(super) fn bag_kept(&mut self, scope: Scope, keys: Vec<KeyId>, effects: &mut Vec<Effect>) {
        self.bags_asked.remove(&scope);
        if keys.is_empty() {
            return;
        }
        self.bags_unsure.insert(scope);
        let known = self.bag_keys.entry(scope).or_default();
        known.extend(keys.into_iter().filter(|key| !self.log.is_erased(*key)));
        let is_whole = |listing: &Listing| listing.whole;
        let coming = self.bags_due.contains(&scope) && self.listed.get(&scope).is_some_and(is_whole);
        if self.link == Link::Ready && !coming {
            self.ask_for_bag(scope, &BTreeSet::new(), effects);
        }
    }

    /// Asks for the rows of a scope's bag that this device does not have; for all of them while it is in doubt what the
    /// relay has, for one with no rows answers like one with just these.
    pub(super) fn list_bag(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        let sure = !self.bags_unsure.contains(&scope);
        let have = self.bag_keys.get(&scope).filter(|_| sure).cloned().unwrap_or_default();
        self.ask_for_bag(scope, &have, effects);
    }

    /// Asks again for the bags whose key has not come: whoever holds it may have given it to the relay since.
    pub(super) fn ask_for_lost_bags(&mut self, effects: &mut Vec<Effect>) {
        for scope in self.ring.readable(&self.log) {
            if self.lacks_bag(scope) && !self.bags_due.contains(&scope) {
                self.list_bag(scope, effects);
            }
        }
    }

    /// Whether the scope has a bag of which this device does not hold the key.
    pub(super) fn lacks_bag(&self, scope: Scope) -> bool {
        self.log.bag(scope).is_some() && self.ring.bag(scope).is_none()
    }

    fn ask_for_bag(&mut self, scope: Scope, have: &BTreeSet<KeyId>, effects: &mut Vec<Effect>) {
        self.listed.insert(scope, Listing { keys: BTreeSet::new(), whole: have.is_empty() });
        self.bags_due.insert(scope);
        effects.push(Effect::Send(ClientFrame::Bag { scope, have: held_rows(have), after: None }));
    }

    /// Follows a listing page by page; at its end the relay is given the rows that it lacks, as after a replacement
    /// that was cut short.
    pub(super) fn compare_rows(&mut self, scope: Scope, rows: &[BagRow], more: bool, effects: &mut Vec<Effect>) {
        let Some(listed) = self.listed.get_mut(&scope) else { return };
        listed.keys.extend(rows.iter().map(|row| row.key));
        if more {
            return;
        }
        let Listing { keys: listed, whole } = self.listed.remove(&scope).unwrap_or_default();
        let keys: Vec<KeyId> =
            self.bag_keys.get(&scope).into_iter().flatten().filter(|key| !listed.contains(key)).copied().collect();
        if !keys.is_empty() {
            self.bags_asked.insert(scope);
            effects.push(Effect::NeedBagRows { scope, keys });
        } else if whole && self.bags_unsure.remove(&scope) {
            effects.push(Effect::BagWhole { scope });
        }
    }
}
