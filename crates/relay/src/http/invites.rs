//! Offering an invite.

use axum::{extract::State, http::StatusCode};
use zuc_protocol::{
    codec,
    enrolment::{INVITE_MS, InviteOffer},
};
use zuc_relay_store::Invite;

use super::{App, admission::Device, body::Wire, failure::Failure, openapi::Postcard};
use crate::RelayError;

/// How far ahead an admin's clock may be.
const SKEW_MS: i64 = 10 * 60 * 1_000;

/// Lets the relay admit whoever proves the invite, once and for a day at most.
#[utoipa::path(
    post,
    path = "/api/v1/invites",
    security(("session" = [])),
    request_body(content = Postcard, description = "`InviteOffer`", content_type = "application/octet-stream"),
    responses((status = 204, description = "it stands"), (status = "4XX", body = Failure))
)]
pub(super) async fn offer(
    State(app): State<App>,
    device: Device,
    Wire(offer): Wire<InviteOffer>,
) -> Result<StatusCode, RelayError> {
    device.administers(&app).await?;
    let session = &device.0;
    let control = app.relay.log().control(session.company).await?;
    let admin = control.device(session.device).ok_or(RelayError::NotAllowed)?;
    offer.verify(&admin.public.verify)?;
    let now_ms = app.relay.clock().now_ms();
    if offer.company != session.company || offer.until_ms <= now_ms || offer.until_ms > now_ms + INVITE_MS + SKEW_MS {
        return Err(RelayError::Refused("enrolment.invite_span"));
    }
    let invite = Invite {
        id: offer.id,
        until_ms: offer.until_ms.min(now_ms + INVITE_MS),
        bytes: codec::encode(&offer, codec::MAX_CONTROL)?,
    };
    app.relay.store().put_invite(session.company, invite).await?;
    Ok(StatusCode::NO_CONTENT)
}
