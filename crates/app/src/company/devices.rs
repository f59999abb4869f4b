//! The company's devices and people.

use jiff::Timestamp;
use zuc_domain::shared::{Action, DeviceId, Object, PersonId};
use zuc_ipc::company::DeviceRow;

use crate::{AppError, Office, desk::role};

impl Office {
    /// Devices of the company, in the order they came in.
    pub async fn device_list(&self) -> Result<Vec<DeviceRow>, AppError> {
        self.allow(Action::ReadDevices, Object::in_scope(self.sales()))?;
        let seen = self.store.devices_seen().await?;
        let control = self.exchange.control();
        let me = self.exchange.device_keys().id();
        let mut devices: Vec<_> = control.devices().collect();
        devices.sort_by_key(|(_, device)| device.added_at);
        Ok(devices
            .into_iter()
            .map(|(id, device)| {
                let rights = control.person(device.person).and_then(|person| person.rights_at(control.last_seq()));
                let roles =
                    rights.map(|rights| rights.roles.iter().map(|wire| role(*wire).name().to_owned()).collect());
                DeviceRow {
                    id: id.to_string(),
                    person: self.exchange.name_of(PersonId(device.person.to_uuid())),
                    roles: roles.unwrap_or_default(),
                    since: self.added_on(device.added_at),
                    last_seen: seen.get(&DeviceId(id.to_uuid())).map(ToString::to_string).unwrap_or_default(),
                    this: id == me,
                    removed: device.removed.is_some(),
                    stopped: device.removed.is_none() && device.frozen_at(control.last_seq()),
                }
            })
            .collect())
    }

    fn added_on(&self, seq: u64) -> String {
        let control = self.exchange.control();
        control
            .records_from(seq)
            .first()
            .and_then(|record| record.decode().ok())
            .and_then(|record| Timestamp::from_millisecond(record.time_ms).ok())
            .map(|at| at.to_zoned_datetime(self.zone.clone()).date().to_string())
            .unwrap_or_default()
    }

    /// Writes who is who into the read tables, for names beside ids.
    pub(crate) async fn remember_members(&self) -> Result<(), AppError> {
        let control = self.exchange.control();
        let members: Vec<(PersonId, String, Vec<String>)> = control
            .persons()
            .map(|(id, person)| {
                let id = PersonId(id.to_uuid());
                let roles = person
                    .rights_at(control.last_seq())
                    .map(|rights| rights.roles.iter().map(|wire| role(*wire).name().to_owned()).collect())
                    .unwrap_or_default();
                (id, self.exchange.name_of(id), roles)
            })
            .collect();
        Ok(self.store.set_members(&members).await?)
    }
}
