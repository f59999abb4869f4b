//! What those who left could not send, asked of the relay as the product does beside the connection.

use zuc_protocol::{
    ids::DeviceId,
    left::{KeptLeft, LeftBehind, SealedLeft},
    messages::{ClientFrame, ServerFrame},
    scope::Scope,
};
use zuc_store::LeftSaid;

use super::Network;

impl Network {
    /// A laptop, connected or taken out, brings what it or anybody could not send: until when it is kept, or the code of the
    /// refusal.
    pub async fn leave(&self, laptop: usize, left: SealedLeft) -> Result<i64, String> {
        match self.ask_beside(laptop, ClientFrame::Leave { left }).await? {
            ServerFrame::LeftKept { until_ms, .. } => Ok(until_ms),
            other => panic!("{other:?} is no answer"),
        }
    }

    /// All that was left behind in a scope, as a laptop is given it.
    pub async fn left_behind(&self, laptop: usize, scope: Scope) -> Result<Vec<KeptLeft>, String> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            match self.ask_beside(laptop, ClientFrame::LeftBehind { scope, after }).await? {
                ServerFrame::LeftBehind { left: Some(kept), .. } => {
                    after = Some(kept.left.author);
                    all.push(kept);
                }
                ServerFrame::LeftBehind { left: None, .. } => return Ok(all),
                other => panic!("{other:?} is no answer"),
            }
        }
    }

    /// A laptop opens one with the keys that it holds; what it says as far as it can be read there.
    ///
    /// # Panics
    /// When it is of nobody who left, or does not open.
    pub async fn read_left(&self, laptop: usize, left: &SealedLeft) -> (LeftBehind, Vec<LeftSaid>) {
        let reader = &self.laptops[laptop];
        left.check(reader.engine.log()).expect("it is of somebody who left");
        let key = reader.engine.ring().epoch(left.epoch).expect("a key from before the removal");
        let opened = left.open(self.company, key).expect("it was sealed for this");
        let said = reader.store.read_left(&opened).await.expect("an open store");
        (opened, said)
    }

    /// A laptop says that what a device left behind was dealt with.
    pub async fn settle_left(&self, laptop: usize, scope: Scope, device: DeviceId) -> Result<(), String> {
        self.ask_beside(laptop, ClientFrame::SettleLeft { scope, device }).await.map(|_| ())
    }

    async fn ask_beside(&self, laptop: usize, frame: ClientFrame) -> Result<ServerFrame, String> {
        let relay = self.host.relay();
        let session = relay.log().session(self.company, self.laptops[laptop].keys().id()).await;
        let session = session.map_err(|error| error.code().to_owned())?;
        match relay.handle(&session, frame).await.into_iter().next() {
            Some(ServerFrame::Error { code, .. }) => Err(code),
            Some(answer) => Ok(answer),
            None => panic!("a question is answered"),
        }
    }
}
