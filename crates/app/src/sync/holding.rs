//! What this laptop tells the relay that it holds of a log, so that entries which everybody holds need not lie there too; and
//! gives back of what was dropped, where too few hold it.

use zuc_protocol::{
    Scope,
    holding::{HeldWord, Holding},
    messages::{ClientFrame, ServerFrame},
};

use crate::{
    AppError, Office,
    ports::{Relay, RelayError},
};

impl Office {
    /// Says what is held of a scope, where it was not said that it reaches `due`: nothing, where it lies spoiled. Gives back what the relay has dropped where it wants that.
    pub(super) async fn tell_what_is_held(&self, scope: Scope, due: u64) -> Result<(), AppError> {
        let relay = self.exchange.relay()?;
        let said = self.store.said_held(scope).await?;
        let log = self.store.relay_log().await?;
        let is_said = said.is_some_and(|(of, _, up_to)| Some(of) == log && up_to >= due);
        let held = if is_said { None } else { self.store.holding(scope).await? };
        let answer = match held.filter(|held| held.up_to > 0 || said.is_some()) {
            Some(held) => {
                let word = HeldWord::sign(self.exchange.control().company(), held, self.exchange.ring().keys());
                let answer = self.ask_held(relay.as_ref(), ClientFrame::Held { word }).await?;
                self.store.note_said_held(&held).await?;
                answer
            }
            None => self.ask_held(relay.as_ref(), ClientFrame::HeldBy { scope }).await?,
        };
        self.give_what_is_wanted(relay.as_ref(), scope, answer).await
    }

    /// Whether the relay wants something back, and up to where it has dropped it.
    async fn ask_held(&self, relay: &dyn Relay, frame: ClientFrame) -> Result<(bool, u64), AppError> {
        match relay.ask(&self.exchange.credentials(), frame).await? {
            ServerFrame::HeldBy { wants, begins, .. } => Ok((wants, begins)),
            _ => Err(RelayError::Nonsense.into()),
        }
    }

    async fn give_what_is_wanted(
        &self,
        relay: &dyn Relay,
        scope: Scope,
        (wants, begins): (bool, u64),
    ) -> Result<(), AppError> {
        let whole = |held: &Holding| held.is_whole_to(begins);
        if !wants || !self.store.holding(scope).await?.as_ref().is_some_and(whole) {
            return Ok(());
        }
        let mut after = 0;
        while after < begins {
            let (entries, place) = self.store.entries_between(scope, after, begins).await?;
            if place == after {
                break;
            }
            after = place;
            let frame = ClientFrame::Offer { scope, entries, last: after >= begins };
            let ServerFrame::Offered { .. } = relay.ask(&self.exchange.credentials(), frame).await? else {
                return Err(RelayError::Nonsense.into());
            };
        }
        Ok(())
    }
}
