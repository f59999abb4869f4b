//! Files that are attached to records: carried sealed, checked against their name, never opened.

use zuc_protocol::{
    Blob, ProtocolError, Scope,
    attachment::{MAX_CARRIED, MAX_SEALED},
    ids::AttachmentId,
    messages::ServerFrame,
};
use zuc_relay_store::{AttachmentHead, AttachmentPiece, PieceOutcome, StoreError, attachment::NOT_WHOLE};

use super::{LogService, Session};
use crate::RelayError;

/// How many bytes the files of one company may have where nothing else is said: 10 GiB.
pub const QUOTA: u64 = 10 << 30;

impl LogService {
    /// Says how much of a file is here, to whoever reads the scope.
    ///
    /// # Errors
    /// `attachment.dropped`.
    pub(super) async fn attachment(
        &self,
        session: &Session,
        scope: Scope,
        id: AttachmentId,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        self.may_read(session, scope).await?;
        let head = self.store.attachment(session.company, scope, id).await?;
        Ok(vec![told(id, head.unwrap_or(AttachmentHead { size: 0, have: 0 }))])
    }

    /// Takes the next bytes of a file from whoever writes the scope: it is another's to say what they are attached to.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`] for a file, or a piece, above its bound; `attachment.quota`; `attachment.dropped`; `attachment.altered` where the
    /// file is whole with these and not what its name says.
    pub(super) async fn attachment_put(
        &self,
        session: &Session,
        piece: AttachmentPiece,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        let control = self.control(session.company).await?;
        if !control.rights(session.device).is_some_and(|rights| rights.may_write(piece.scope)) {
            return Err(RelayError::NotAllowed);
        }
        if piece.size > MAX_SEALED {
            return Err(ProtocolError::TooLarge { max: usize::try_from(MAX_SEALED).unwrap_or(usize::MAX) }.into());
        }
        if piece.bytes.len() > MAX_CARRIED {
            return Err(ProtocolError::TooLarge { max: MAX_CARRIED }.into());
        }
        let end = piece.at.checked_add(piece.bytes.len() as u64);
        if piece.bytes.is_empty() || end.is_none_or(|end| end > piece.size) {
            return Err(ProtocolError::Malformed.into());
        }
        let id = piece.id;
        match self.store.put_attachment(session.company, piece, self.quota).await? {
            PieceOutcome::Here(head) => Ok(vec![told(id, head)]),
            PieceOutcome::Altered => Err(RelayError::Refused("attachment.altered")),
        }
    }

    /// Gives bytes of a whole file to whoever reads the scope.
    ///
    /// # Errors
    /// `attachment.not_whole`; `attachment.dropped`.
    pub(super) async fn attachment_get(
        &self,
        session: &Session,
        scope: Scope,
        id: AttachmentId,
        at: u64,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        self.may_read(session, scope).await?;
        match self.store.attachment_bytes(session.company, scope, id, at, MAX_CARRIED).await {
            Ok(bytes) => Ok(vec![ServerFrame::AttachmentBytes { id, at, bytes: Blob(bytes) }]),
            Err(StoreError::NotFound(NOT_WHOLE)) => Err(RelayError::Refused("attachment.not_whole")),
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets a file for good: nothing opens it any more, says somebody who manages or administers.
    pub(super) async fn attachment_drop(
        &self,
        session: &Session,
        scope: Scope,
        id: AttachmentId,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        let control = self.control(session.company).await?;
        if !control.rights(session.device).is_some_and(|rights| rights.may_drop_files(scope)) {
            return Err(RelayError::NotAllowed);
        }
        self.store.drop_attachment(session.company, scope, id).await?;
        tracing::info!("a file that nothing opens any more was dropped");
        Ok(vec![told(id, AttachmentHead { size: 0, have: 0 })])
    }

    async fn may_read(&self, session: &Session, scope: Scope) -> Result<(), RelayError> {
        let may = self.control(session.company).await?.may_read(session.device, scope);
        if may { Ok(()) } else { Err(RelayError::NotAllowed) }
    }
}

fn told(id: AttachmentId, AttachmentHead { size, have }: AttachmentHead) -> ServerFrame {
    ServerFrame::Attachment { id, size, have }
}
