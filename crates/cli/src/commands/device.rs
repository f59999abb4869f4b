//! `zuc device …`

use std::time::Duration;

use zuc_app::AppError;
use zuc_ipc::{
    Failure,
    company::{DeviceRevoke, InviteNew, Join, KeysRotate, RevokeReason},
};

use super::{OK, Place, left, with_office};
use crate::{
    Done, Ended,
    args::{Device, Reason},
    output::Output,
};

pub(super) async fn run(command: Device, place: &Place, output: Output) -> Done {
    match command {
        Device::Invite { person, roles } => {
            let new = InviteNew { person_name: person, roles };
            let invite = with_office(place, async |office| office.device_invite(new).await).await?;
            output.show(&invite, |invite| format!("{}\nVale una vez, hasta {}", invite.code, invite.expires_at))?;
        }
        Device::Join { code, person, wait } => {
            let desk = place.desk().await?;
            let mut status = desk.company_join(Join { invite: code, person_name: person }).await?;
            output.say(&format!("Compara este código con el de quien te invitó: {}", status.short_code));
            for _ in 0..wait * 2 {
                if !matches!(status.state.as_str(), "waiting" | "keys") {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
                status = desk.join_status().await?;
            }
            if status.state == "refused" {
                let refused = Failure::new("enrolment.invite_invalid", "the relay no longer holds the invite");
                return Err(Ended::Refused(refused));
            }
            output.show(&status, |status| match status.state.as_str() {
                "approved" => "Listo: esta computadora ya es de la empresa".to_owned(),
                "keys" => "Aprobado; faltan las llaves que tiene otra persona: llegan cuando se conecte".to_owned(),
                _ => "Todavía esperando la aprobación".to_owned(),
            })?;
        }
        Device::Pending => {
            let pending = with_office(place, async |office| office.device_pending().await).await?;
            output.show(&pending, |pending| {
                let lines: Vec<String> = pending
                    .iter()
                    .map(|device| format!("{}  {}  {}", device.short_code, device.person_name, device.roles.join(",")))
                    .collect();
                lines.join("\n")
            })?;
        }
        Device::Approve { code } => {
            let changes = with_office(place, async |office| {
                let wanted: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
                let pending = office.device_pending().await?;
                let found = pending.into_iter().find(|device| {
                    let shown: String = device.short_code.chars().filter(char::is_ascii_alphanumeric).collect();
                    shown.eq_ignore_ascii_case(&wanted)
                });
                match found {
                    Some(device) => office.device_approve(device.id).await.map(Ok),
                    None => Ok(Err(Failure::new("device.no_such_code", "no waiting device shows this code"))),
                }
            })
            .await?
            .map_err(Ended::Refused)?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Device::Revoke { device, reason, wipe } => {
            let reason = match reason {
                Reason::Left => RevokeReason::Left,
                Reason::Lost => RevokeReason::Lost,
            };
            let changes = with_office(place, async |office| {
                let devices = office.device_list().await?;
                let mut found = devices.into_iter().filter(|row| row.id.starts_with(&device));
                match (found.next(), found.next()) {
                    (Some(row), None) => {
                        office.device_revoke(DeviceRevoke { device: row.id, reason, wipe }).await.map(Ok)
                    }
                    _ => Ok(Err(Failure::new("device.unknown", "no one device has an id that begins so"))),
                }
            })
            .await?
            .map_err(Ended::Refused)?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Device::LeftBehind(command) => return left::run(command, place, output).await,
        Device::Release { device } => {
            let changes = with_office(place, async |office| {
                let devices = office.device_list().await?;
                let mut found = devices.into_iter().filter(|row| row.id.starts_with(&device));
                match (found.next(), found.next()) {
                    (Some(row), None) => office.device_release(row.id).await,
                    _ => Err(AppError::new("device.unknown", "no one device has an id that begins so")),
                }
            })
            .await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Device::Rotate { scopes, all: _ } => {
            let changes = with_office(place, async |office| office.keys_rotate(KeysRotate { scopes }).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Device::List => {
            let devices = with_office(place, async |office| office.device_list().await).await?;
            output.show(&devices, |devices| {
                let lines: Vec<String> = devices
                    .iter()
                    .map(|device| {
                        let mark = match device {
                            device if device.this => " (esta)",
                            device if device.removed => " (revocada)",
                            device if device.stopped => " (detenida)",
                            _ => "",
                        };
                        format!("{}  {}  {}{mark}", device.id, device.person, device.roles.join(","))
                    })
                    .collect();
                lines.join("\n")
            })?;
        }
    }
    Ok(OK)
}
