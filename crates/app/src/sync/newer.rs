//! Data that a newer program wrote and this one only reads: nothing is exchanged, and the status says why.

use zuc_store::StoreError;

use crate::Office;

impl Office {
    /// Whether the exchange stays out of it, which it says then. What waits to be sent is sent by the program that can write here.
    pub(super) fn stays_out(&self) -> bool {
        let Some(newer) = self.store.newer() else { return false };
        self.exchange.stay_out();
        let code = StoreError::ReadOnly.code();
        self.exchange.set_status(|status| {
            "error".clone_into(&mut status.state);
            status.error = Some(code.to_owned());
        });
        tracing::warn!(
            schema = newer.schema,
            known = newer.known,
            "the exchange stays out of what a newer version wrote"
        );
        let text = zuc_ipc::sentence(code).unwrap_or(code).to_owned();
        self.exchange.line(self.now(), "error", text);
        true
    }
}
