//! Invites, and letting in who proves one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zuc_domain::shared::{Action, Object, Scope};
use zuc_ipc::{
    Changes,
    company::{InviteNew, InviteView, PendingDevice},
    words,
};
use zuc_protocol::{
    Rights,
    control::ControlLog,
    enrolment::{INVITE_MS, Invite, InviteOffer, InviteSecret, JoinRequest, comparison_code},
    ids::{InviteId, PersonId},
    suite,
};
use zuc_store::keys::random;
use zuc_sync::{
    KeyRing,
    membership::{Joining, approve_join},
};

use crate::{AppError, Office, desk::wire_role};

/// An invite this device gave; kept in the vault until it is used or over.
#[derive(Serialize, Deserialize)]
struct OpenInvite {
    id: InviteId,
    secret: [u8; 16],
    roles: Vec<String>,
    until_ms: i64,
}

impl Office {
    /// Makes an invite: one use, 24 hours.
    ///
    /// # Errors
    /// `lock.ask`: an invite gives roles; `relay.none` and the relay's codes: whoever is invited has to find the relay.
    #[tracing::instrument(skip_all)]
    pub async fn device_invite(&self, new: InviteNew) -> Result<InviteView, AppError> {
        self.allow(Action::ManageDevices, Object::in_scope(Scope::Admin))?;
        self.ask_again()?;
        let roles = if new.roles.is_empty() { vec!["ventas".to_owned()] } else { new.roles };
        for role in &roles {
            wire_role(role)?;
        }
        let relay = self.exchange.relay()?;
        let entropy = self.ports.entropy.as_ref();
        let (id, secret) = (InviteId(random(entropy)), random::<16>(entropy));
        let until_ms = self.now().as_millisecond() + INVITE_MS;
        let keys = self.exchange.device_keys();
        let control = self.exchange.control();
        let offer = InviteOffer::sign(id, self.exchange.company(), &InviteSecret::from_bytes(secret), until_ms, &keys);
        relay.offer_invite(&self.exchange.credentials(), &offer).await?;
        let kept = OpenInvite { id, secret, roles, until_ms };
        self.store.vault_set(&vault_name(id), &serde_json::to_vec(&kept)?).await?;
        let code = Invite {
            version: suite::VERSION,
            suite: suite::SUITE,
            id,
            secret: InviteSecret::from_bytes(secret),
            company: self.exchange.company(),
            admin: keys.public().fingerprint(),
            control_head: control.head().head(),
            relay_url: self.setting("relay").await?.unwrap_or_default(),
        }
        .to_code()?;
        let expires_at = Timestamp::from_millisecond(until_ms).map(|at| at.to_string()).unwrap_or_default();
        Ok(InviteView { qr: qr(&code), code, expires_at })
    }

    /// Devices that proved an invite of this device and wait.
    pub async fn device_pending(&self) -> Result<Vec<PendingDevice>, AppError> {
        self.allow(Action::ManageDevices, Object::in_scope(Scope::Admin))?;
        let (mut pending, me) = (Vec::new(), self.exchange.device_keys().public());
        for request in self.exchange.relay()?.pending_joins(&self.exchange.credentials()).await? {
            // a request that does not prove the secret is the relay's or a stranger's, and is not shown
            let Some((invite, person_name)) = self.proven(&request).await? else { continue };
            pending.push(PendingDevice {
                id: request.device.id().to_string(),
                person_name,
                roles: invite.roles,
                short_code: comparison_code(&me, &request),
                behind: self.exchange.control().seq_of(request.seen).is_none(),
            });
        }
        Ok(pending)
    }

    /// Lets a device in, after both screens showed the same code.
    ///
    /// # Errors
    /// `device.no_such_code` when it does not wait any more; `device.unseen_log` where it was shown a record of membership that
    /// is not known here; the relay's codes.
    #[tracing::instrument(skip_all)]
    pub async fn device_approve(&self, device: String) -> Result<Changes, AppError> {
        self.allow(Action::ManageDevices, Object::in_scope(Scope::Admin))?;
        let requests = self.exchange.relay()?.pending_joins(&self.exchange.credentials()).await?;
        let request = requests
            .into_iter()
            .find(|request| request.device.id().to_string() == device)
            .ok_or_else(|| AppError::new("device.no_such_code", "no device of this id waits"))?;
        let (invite, name) = self
            .proven(&request)
            .await?
            .ok_or_else(|| AppError::new("device.not_proven", "the request does not prove an invite of this device"))?;
        if self.exchange.control().seq_of(request.seen).is_none() {
            return Err(AppError::new("device.unseen_log", "it was shown a record that is not known here"));
        }
        let roles = invite.roles.iter().map(|role| wire_role(role)).collect::<Result<Vec<_>, _>>()?;
        let entropy = self.ports.entropy.clone();
        let joining = Joining {
            person: PersonId(*self.fresh_id().as_bytes()),
            rights: Some(Rights::new(roles, [self.acting().team()])),
            device: request.device,
            label: &name,
        };
        let control = self.exchange.control();
        let ring = self.ring_with_bags(&control);
        let steps =
            approve_join(&control, &ring, &joining, self.now().as_millisecond(), &mut || random(entropy.as_ref()))?;
        let authored = self.exchange.author(steps).await;
        // once the device is in, what did not follow is owed, and given by whoever can
        if self.exchange.control().device(joining.device.id()).is_none() {
            authored?;
        }
        self.store.vault_delete(&vault_name(invite.id)).await?;
        Ok(self.tell(Changes {
            settings: true,
            done: words::fill("company.joined", &[("name", &name)]),
            ..Changes::default()
        }))
    }

    /// The keys of this device, the bags' among them: those are in the vault, and have to be wrapped on.
    pub(crate) fn ring_with_bags(&self, control: &ControlLog) -> KeyRing {
        let mut ring = self.exchange.ring();
        for scope in control.scopes().collect::<Vec<_>>() {
            if let (Some(key), Some(bag)) = (self.store.bag(zuc_store::domain_scope(scope)), control.bag(scope)) {
                ring.put_bag(scope, bag, key);
            }
        }
        ring
    }

    async fn proven(&self, request: &JoinRequest) -> Result<Option<(OpenInvite, String)>, AppError> {
        let Some(kept) = self.store.vault_get(&vault_name(request.invite)).await? else { return Ok(None) };
        let invite: OpenInvite = serde_json::from_slice(&kept)?;
        if invite.until_ms < self.now().as_millisecond() {
            return Ok(None);
        }
        let secret = InviteSecret::from_bytes(invite.secret);
        Ok(request.check(invite.id, self.exchange.company(), &secret).ok().map(|name| (invite, name)))
    }
}

/// The modules of a QR code, row by row, `1` = dark; empty for a text that fits none.
fn qr(text: &str) -> Vec<String> {
    let Ok(code) = qrcode::QrCode::new(text) else { return Vec::new() };
    let dark = |color: &qrcode::Color| if *color == qrcode::Color::Dark { '1' } else { '0' };
    code.to_colors().chunks(code.width()).map(|row| row.iter().map(dark).collect()).collect()
}

fn vault_name(id: InviteId) -> String {
    format!("invite/{id}")
}
