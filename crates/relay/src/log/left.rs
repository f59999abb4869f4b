//! What those who left could not send: taken once of each device in a scope, and given to whoever manages or administers.

use zuc_protocol::{
    ProtocolError, Scope,
    codec::{self, MAX_FRAME},
    ids::DeviceId,
    left::{KeptLeft, SealedLeft},
    messages::ServerFrame,
};
use zuc_relay_store::{NewLeft, StoreError, left::KEPT_MS};

use super::{LogService, Session};
use crate::RelayError;

/// Why nothing is taken of a device: it is of the company, it was robbed, it is to wipe itself, or it never wrote the scope.
const NOT_TAKEN: &str = "left.not_taken";
/// The context of what names one.
const DIGEST: &str = "zuclubit relay 2026 left behind";

impl LogService {
    /// Keeps what a device that was taken out could not send.
    ///
    /// # Errors
    /// `left.not_taken`; `left.forged` where it is not the device's own; `left.twice`, `left.too_late`;
    /// [`ProtocolError::TooLarge`].
    pub(super) async fn leave(&self, session: &Session, left: SealedLeft) -> Result<Vec<ServerFrame>, RelayError> {
        let control = self.control(session.company).await?;
        if left.author != session.device {
            return Err(RelayError::Refused("left.forged"));
        }
        left.check(&control).map_err(|error| match error {
            ProtocolError::Inconsistent => RelayError::Refused(NOT_TAKEN),
            ProtocolError::BadSignature => RelayError::Refused("left.forged"),
            other => other.into(),
        })?;
        let removed = control.device(left.author).and_then(|device| device.removed);
        let removed_at = removed.ok_or(RelayError::Refused(NOT_TAKEN))?.at;
        let (scope, device, bytes) = (left.scope, left.author, left.to_bytes()?);
        let digest = blake3::derive_key(DIGEST, &bytes);
        let new = NewLeft { scope, device, removed_at, digest, bytes };
        let came = self.store.put_left(session.company, new).await?;
        tracing::info!("what a device could not send before it was taken out is kept");
        Ok(vec![ServerFrame::LeftKept { scope, until_ms: came + KEPT_MS }])
    }

    /// The next of what was left behind in a scope.
    pub(super) async fn left_behind(
        &self,
        session: &Session,
        scope: Scope,
        after: Option<DeviceId>,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        self.may_take_over(session, scope).await?;
        let stored = self.store.left_after(session.company, scope, after).await?;
        let left = stored.map(|stored| {
            let left = codec::decode(&stored.bytes, MAX_FRAME);
            let left = left.map_err(|_malformed| StoreError::Corrupt { table: "left_behind", column: "bytes" })?;
            Ok::<_, StoreError>(KeptLeft { left, at_ms: stored.at_ms })
        });
        Ok(vec![ServerFrame::LeftBehind { scope, left: left.transpose()? }])
    }

    /// Forgets one that was dealt with.
    pub(super) async fn settle_left(
        &self,
        session: &Session,
        scope: Scope,
        device: DeviceId,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        self.may_take_over(session, scope).await?;
        self.store.settle_left(session.company, scope, device).await?;
        tracing::info!("what a device could not send was dealt with");
        Ok(vec![ServerFrame::LeftBehind { scope, left: None }])
    }

    async fn may_take_over(&self, session: &Session, scope: Scope) -> Result<(), RelayError> {
        let control = self.control(session.company).await?;
        let may = control.rights(session.device).is_some_and(|rights| rights.may_take_over(scope));
        if may { Ok(()) } else { Err(RelayError::NotAllowed) }
    }
}
