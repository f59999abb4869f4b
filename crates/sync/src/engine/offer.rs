//! A relay's log that was lost comes back: this device gives what it holds, whoever wrote it.
//!
//! Scope by scope: what the relay holds is asked, then the rest is given a page at a time. Nothing of a scope is sealed
//! before, for its numbers continue those that are being given back.

use zuc_protocol::messages::{AuthorTip, ClientFrame, Offered};
use zuc_protocol::scope::Scope;

use crate::effect::Effect;
use crate::engine::Engine;

/// How far a scope is given back.
pub(super) struct Offering {
    /// What the relay held before.
    above: Vec<AuthorTip>,
    /// Where the page that is on its way ends; none for the last.
    next: Option<u64>,
    /// A page is on its way.
    sent: bool,
    /// When something was last said of it.
    at: i64,
}

impl Engine {
    /// Begins to give back what is owed, unless this connection has.
    pub(super) fn offer_all(&mut self, effects: &mut Vec<Effect>) {
        // one that is stopped reads nothing, and will give back what it holds once it is let go
        if !self.offers_due || self.is_out().is_some() {
            return;
        }
        // where it may read and has no key yet it holds nothing, and says that
        let mine: Vec<Scope> = self.log.scopes().filter(|scope| self.log.may_read(self.me, *scope)).collect();
        self.offering.retain(|scope, _| mine.contains(scope));
        for scope in mine {
            if !self.given.contains(&scope) && !self.offering.contains_key(&scope) {
                self.ask_what_is_held(scope, effects);
            }
        }
        self.end_offers(effects);
    }

    /// Asks again where no answer came.
    pub(super) fn offer_late(&mut self, effects: &mut Vec<Effect>) {
        let before = self.now - self.config.retry_ms;
        let late = self.offering.iter().filter(|(_, offering)| offering.at <= before);
        let late: Vec<Scope> = late.map(|(scope, _)| *scope).collect();
        for scope in late {
            self.ask_what_is_held(scope, effects);
        }
    }

    fn ask_what_is_held(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        self.offering.insert(scope, Offering { above: vec![], next: None, sent: false, at: self.now });
        effects.push(Effect::Send(ClientFrame::Holds { scope }));
    }

    pub(super) fn holds(&mut self, scope: Scope, authors: Vec<AuthorTip>, effects: &mut Vec<Effect>) {
        let now = self.now;
        let Some(offering) = self.offering.get_mut(&scope).filter(|offering| !offering.sent) else { return };
        offering.above.clone_from(&authors);
        offering.at = now;
        // each laptop may hold wraps of the bag's key that no other has
        for wraps in self.bag_wraps.get(&scope).cloned().unwrap_or_default() {
            effects.push(Effect::Send(ClientFrame::BagOffer { wraps: Some(wraps), rows: vec![] }));
        }
        effects.push(Effect::NeedOffer { scope, above: authors, after: 0 });
    }

    pub(super) fn give_back(
        &mut self,
        scope: Scope,
        entries: Vec<Offered>,
        next: Option<u64>,
        effects: &mut Vec<Effect>,
    ) {
        let now = self.now;
        let Some(offering) = self.offering.get_mut(&scope) else { return };
        (offering.next, offering.sent, offering.at) = (next, true, now);
        effects.push(Effect::Send(ClientFrame::Offer { scope, entries, last: next.is_none() }));
    }

    pub(super) fn gave_back(&mut self, scope: Scope, last: bool, effects: &mut Vec<Effect>) {
        let now = self.now;
        let Some(offering) = self.offering.get_mut(&scope).filter(|offering| offering.sent) else { return };
        if last {
            self.offering.remove(&scope);
            self.given.insert(scope);
            self.end_offers(effects);
            self.push(scope, effects);
            self.need_outbox(effects);
            return;
        }
        (offering.sent, offering.at) = (false, now);
        let (above, after) = (offering.above.clone(), offering.next.unwrap_or(0));
        effects.push(Effect::NeedOffer { scope, above, after });
    }

    fn end_offers(&mut self, effects: &mut Vec<Effect>) {
        if self.offers_due && self.offering.is_empty() {
            self.offers_due = false;
            effects.push(Effect::OffersDone);
        }
    }
}
