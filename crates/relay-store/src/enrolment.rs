//! Invites and join requests.

use async_trait::async_trait;
use zuc_protocol::ids::InviteId;

use crate::{CompanyId, DeviceId, StoreError};

/// A one-time invite, as an admin's device offered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Its id.
    pub id: InviteId,
    /// Until when, on the database's clock, in milliseconds of the Unix epoch.
    pub until_ms: i64,
    /// The signed offer; it holds a hash of what the invite's secret proves, never the secret.
    pub bytes: Vec<u8>,
}

/// Where a join request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrolmentState {
    /// Nobody has looked yet.
    Waiting,
    /// A control record admits the device.
    Approved,
}

/// A join request; there is at most one per invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The invite it spent.
    pub invite: InviteId,
    /// The device that asks.
    pub device: DeviceId,
    /// The request as the new device sent it.
    pub bytes: Vec<u8>,
    /// Where it stands.
    pub state: EnrolmentState,
}

/// Invites and join requests.
#[async_trait]
pub trait EnrolmentStore: Send + Sync {
    /// Keeps an invite; one that stands is left as it is.
    async fn put_invite(&self, company: CompanyId, invite: Invite) -> Result<(), StoreError>;

    /// An invite, expired or not.
    async fn invite(&self, company: CompanyId, id: InviteId) -> Result<Option<Invite>, StoreError>;

    /// Spends an invite on a join request, once.
    ///
    /// The identical request again is answered as the first time: its reply may have been lost.
    ///
    /// # Errors
    /// [`StoreError::Refused`] `enrolment.invite_invalid`: unknown, used by another and expired read alike.
    async fn join(
        &self,
        company: CompanyId,
        invite: InviteId,
        device: DeviceId,
        bytes: Vec<u8>,
    ) -> Result<(), StoreError>;

    /// The join request of an invite.
    async fn enrolment(&self, company: CompanyId, invite: InviteId) -> Result<Option<Enrolment>, StoreError>;

    /// Join requests that wait, oldest first.
    async fn waiting(&self, company: CompanyId) -> Result<Vec<Enrolment>, StoreError>;
}
