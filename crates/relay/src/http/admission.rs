//! Who asks: a device by its session, an address without one, a joiner by an invite.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};
use zuc_protocol::{
    Role, codec,
    enrolment::InviteOffer,
    ids::{CompanyId, DeviceId, Digest32, InviteId, Signature},
};
use zuc_relay_store::{EnrolmentState, StoreError, label};

use super::App;
use crate::{RelayError, log::Session};

/// The header with which a joiner proves its invite.
pub(crate) const ACCESS: &str = "x-zuclubit-access";

/// A device with a session; its company has requests left.
pub(crate) struct Device(pub(crate) Session);

impl FromRequestParts<App> for Device {
    type Rejection = RelayError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RelayError> {
        let Token { company, device } = Token::from_request_parts(parts, app).await?;
        app.limits.company(company)?;
        Ok(Self(app.relay.log().session(company, device).await?))
    }
}

/// Whose a session's token is. What asks with it alone is bounded otherwise, as the frames on a socket are.
pub(crate) struct Token {
    pub(crate) company: CompanyId,
    pub(crate) device: DeviceId,
}

impl FromRequestParts<App> for Token {
    type Rejection = RelayError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RelayError> {
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(RelayError::NoSession)?;
        let (company, device) = app.sessions.whose(token, app.relay.clock().now_ms())?;
        tracing::Span::current().record("company.label", label(company));
        Ok(Self { company, device })
    }
}

impl Device {
    /// Refuses whoever administers nothing.
    pub(crate) async fn administers(&self, app: &App) -> Result<(), RelayError> {
        let control = app.relay.log().control(self.0.company).await?;
        match control.rights(self.0.device) {
            Some(rights) if rights.has(Role::Administracion) => Ok(()),
            _ => Err(RelayError::NotAllowed),
        }
    }
}

/// The address of who asks without a session; it has requests left.
#[derive(Clone, Copy)]
pub(crate) struct Caller(pub(crate) IpAddr);

impl FromRequestParts<App> for Caller {
    type Rejection = RelayError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RelayError> {
        let ConnectInfo(address) = ConnectInfo::<SocketAddr>::from_request_parts(parts, app)
            .await
            .map_err(|_missing| RelayError::NotAllowed)?;
        let address = app.limits.origin(address.ip(), &parts.headers);
        app.limits.address(address)?;
        Ok(Self(address))
    }
}

/// An invite that was proved, and how its join stands.
pub(crate) struct Proven {
    pub(crate) until_ms: i64,
    pub(crate) state: Option<EnrolmentState>,
}

/// One refusal for an invite that is unknown, over, used by another, or not proved.
pub(crate) const INVALID: RelayError = RelayError::Refused("enrolment.invite_invalid");

/// Looks an invite up and checks that the caller knows its secret.
///
/// # Errors
/// [`INVALID`] for all reasons alike; [`RelayError::TooMany`] after too many wrong ones.
pub(crate) async fn prove(
    app: &App,
    caller: Caller,
    company: CompanyId,
    invite: InviteId,
    access: &Digest32,
) -> Result<Proven, RelayError> {
    let now_ms = app.relay.clock().now_ms();
    app.limits.proof(caller.0, company, now_ms)?;
    let found = match app.relay.store().invite(company, invite).await {
        Err(StoreError::UnknownCompany) => None,
        found => found?,
    };
    let offer = match &found {
        Some(found) => codec::decode(&found.bytes, codec::MAX_CONTROL)?,
        // The same work for an invite that is not there.
        None => nobodys(company, invite),
    };
    let proved = offer.admits(access);
    let (Some(found), true) = (found, proved) else {
        app.limits.wrong(caller.0, company, now_ms);
        return Err(INVALID);
    };
    let state = app.relay.store().enrolment(company, invite).await?.map(|enrolment| enrolment.state);
    Ok(Proven { until_ms: found.until_ms, state })
}

fn nobodys(company: CompanyId, id: InviteId) -> InviteOffer {
    InviteOffer { id, company, access_hash: Digest32([0; 32]), until_ms: 0, signature: Signature([0; 64]) }
}

/// The proof of an invite in a request's headers.
pub(crate) fn access(headers: &HeaderMap) -> Result<Digest32, RelayError> {
    let proof = headers.get(ACCESS).and_then(|value| value.to_str().ok()).and_then(Digest32::from_hex);
    proof.ok_or(INVALID)
}
