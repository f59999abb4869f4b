//! Where people look: said and heard while there is a connection, and forgotten with it.

use zuc_protocol::glance::{Glance, SealedGlance};
use zuc_protocol::messages::ClientFrame;
use zuc_protocol::scope::Scope;

use crate::effect::Effect;
use crate::engine::{Engine, Link};

impl Engine {
    /// The person at this device looks at something. Without a connection, or a key, nobody hears of it.
    pub(super) fn look(
        &mut self,
        scope: Scope,
        glance: &Glance,
        fresh: &mut dyn FnMut() -> [u8; 32],
        effects: &mut Vec<Effect>,
    ) {
        if self.link != Link::Ready || self.stops_all().is_some() || self.log.is_stale(scope) {
            return;
        }
        let epoch = self.log.epoch(scope).map(|epoch| epoch.id);
        let Some((epoch, key)) = epoch.and_then(|epoch| Some((epoch, self.ring.epoch(epoch)?))) else { return };
        let random = fresh();
        let mut nonce = [0; 24];
        nonce.copy_from_slice(&random[..24]);
        let sealed = SealedGlance::seal(self.log.company(), scope, (epoch, key), self.ring.keys(), glance, &nonce);
        if let Ok(glance) = sealed {
            effects.push(Effect::Send(ClientFrame::Glance { scope, glance }));
        }
    }

    /// Somebody looks at something. What is not theirs, or older than what they said before, is nothing.
    pub(super) fn glanced(&mut self, scope: Scope, sealed: &SealedGlance, effects: &mut Vec<Effect>) {
        let author = sealed.author;
        let reads = self.log.rights(author).is_some() && self.log.may_read(author, scope);
        let of_scope = self.log.epoch_by_id(sealed.epoch).is_some_and(|epoch| epoch.scope == scope);
        if author == self.me || !reads || !of_scope || self.link != Link::Ready {
            return;
        }
        let Some(device) = self.log.device(author) else { return };
        let Some(key) = self.ring.epoch(sealed.epoch) else { return };
        let Ok(glance) = sealed.open(self.log.company(), scope, key, &device.public.verify) else { return };
        if self.glances.get(&author).is_some_and(|last| glance.at_ms <= *last) {
            return;
        }
        let person = device.person;
        self.glances.insert(author, glance.at_ms);
        effects.push(Effect::Glance { device: author, person, scope, glance });
    }
}
