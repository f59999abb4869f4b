//! What a receipt says of an erasure: looked up in the control log and in what is left of the records.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;
use zuc_domain::shared::{Action, DeviceId, Object, Scope};
use zuc_protocol::{
    Rights, Role as WireRole, Scope as WireScope,
    control::{ControlLog, ControlRecord, DeviceState},
    ids::{DeviceId as WireDevice, KeyId},
    item::{DocKind, Fact},
};
use zuc_store::domain_scope;
use zuc_sync::membership::renewers;

use super::{
    person::Person,
    receipt::{
        Act, Checked, Destroyed, Devices, FORMAT, Fields, Owed, Receipt, RelayFiles, SignedReceipt, Stays, VERSION,
    },
};
use crate::{AppError, File, Office, desk::role, history::kind_name};

impl Office {
    /// Writes a receipt of what an erasure left, as it is known now; gives it with its two files.
    ///
    /// # Errors
    /// `privacy.not_erased`, and those of finding the person.
    pub async fn person_receipt(&self, who: String) -> Result<(SignedReceipt, Vec<File>), AppError> {
        self.allow(Action::ErasePerson, Object::in_scope(Scope::Admin))?;
        let record = self.person_named(&who).await?;
        let person = self.person_behind(record).await?;
        self.receipt_for(record, &person).await
    }

    /// Whether a file is a receipt that a device of this company signed.
    ///
    /// # Errors
    /// `privacy.receipt_unreadable`, `privacy.receipt_altered`, `privacy.receipt_foreign`.
    pub fn receipt_check(&self, bytes: &[u8]) -> Result<Checked, AppError> {
        self.allow(Action::ReadDevices, Object::in_scope(self.sales()))?;
        let signed = SignedReceipt::check(bytes, &self.exchange.control())?;
        let by = self.member_at(Some(DeviceId(signed.device)));
        Ok(Checked { by: by.name, device: by.device, receipt: signed.receipt })
    }

    /// What a receipt of the person's erasure says now.
    ///
    /// # Errors
    /// `privacy.not_erased`.
    pub(super) async fn receipt_of(&self, record: Uuid, person: &Person) -> Result<Receipt, AppError> {
        let control = self.exchange.control();
        let keys: BTreeSet<KeyId> = person.keys.iter().copied().filter(|key| control.is_erased(*key)).collect();
        let last = keys.iter().filter_map(|key| control.erased_at(*key)).max();
        let signed = last.and_then(|seq| control.records_from(seq).first());
        let Some(signed) = signed else {
            return Err(AppError::new("privacy.not_erased", "no act names a key of this person").at("person"));
        };
        let act: ControlRecord = signed.decode()?;
        let mut here = true;
        for key in &keys {
            here &= !self.store.holds_key(*key).await?;
        }
        let acts: BTreeSet<u64> = keys.iter().filter_map(|key| control.erased_at(*key)).collect();
        let (cleared, owed) = places(&control, &acts);
        Ok(Receipt {
            format: FORMAT.to_owned(),
            version: VERSION,
            company: self.company_id(),
            company_name: self.profile().await?.legal_name,
            record,
            act: Act {
                seq: act.seq,
                hash: hex::encode(signed.hash().0),
                at: Timestamp::from_millisecond(act.time_ms).unwrap_or_default(),
            },
            issued_at: self.now(),
            destroyed: self.destroyed(person, &keys).await?,
            stays: self.what_stays(person).await?,
            devices: self.devices_told(person, act.seq, here).await?,
            files: self.files_at_relay(&keys).await?,
            cleared,
            owed,
            not_read: self.coverage().not_read,
        })
    }

    pub(super) async fn receipt_for(
        &self,
        record: Uuid,
        person: &Person,
    ) -> Result<(SignedReceipt, Vec<File>), AppError> {
        let receipt = self.receipt_of(record, person).await?;
        let pdf = self.paper_of_receipt(&receipt).await?;
        let signed = SignedReceipt::sign(receipt, &self.exchange.device_keys())?;
        let name = format!("acuse-{}", &record.simple().to_string()[24..]);
        let files = vec![
            File { name: format!("{name}.json"), bytes: signed.to_bytes()? },
            File { name: format!("{name}.pdf"), bytes: pdf },
        ];
        Ok((signed, files))
    }

    async fn files_at_relay(&self, keys: &BTreeSet<KeyId>) -> Result<Option<RelayFiles>, AppError> {
        let (dropped, waiting) = self.store.dropped_under(keys).await?;
        Ok((dropped + waiting > 0).then_some(RelayFiles { dropped, waiting }))
    }

    async fn destroyed(&self, person: &Person, keys: &BTreeSet<KeyId>) -> Result<Destroyed, AppError> {
        let (mut records, mut facts) = (Vec::new(), 0);
        for record in person.records() {
            let sealed = record.sealed.iter().filter(|(_, key)| keys.contains(key));
            let fields: Vec<String> = sealed.map(|(field, _)| field.clone()).collect();
            if !fields.is_empty() {
                records.push(Fields { kind: kind_name(record.kind).to_owned(), id: record.id, fields });
            }
            for stored in self.store.facts_about(record.id).await? {
                let names = |key: &KeyId| stored.fact.body.contains(&hex::encode(key.0));
                let sealed = matches!(stored.fact.kind.as_str(), Fact::SIGNATURE | Fact::ATTACHMENT);
                facts += u64::from(sealed && keys.iter().any(names));
            }
        }
        let named = self.events_naming(person).await?;
        let events = named.iter().filter(|stored| stored.keys().iter().any(|key| keys.contains(key))).count();
        Ok(Destroyed {
            keys: keys.iter().map(|key| hex::encode(key.0)).collect(),
            records,
            facts,
            events: u64::try_from(events).unwrap_or(u64::MAX),
        })
    }

    pub(super) async fn what_stays(&self, person: &Person) -> Result<Vec<Stays>, AppError> {
        let nameless = |kind: &str, id: Uuid, why: &str| Stays {
            kind: kind.to_owned(),
            id,
            label: String::new(),
            why: why.to_owned(),
            basis: String::new(),
            until: None,
        };
        let mut stays = Vec::new();
        for record in person.records() {
            let theirs = record.kind != DocKind::CUSTOMER || person.own.contains_key(&record.id);
            stays.push(nameless(kind_name(record.kind), record.id, if theirs { "nameless" } else { "company" }));
            let notes = record.value.get("notes").and_then(Value::as_str).is_some_and(|notes| !notes.is_empty());
            if record.kind == DocKind::LEAD && notes {
                stays.push(nameless(kind_name(record.kind), record.id, "free_text"));
            }
            let logged = self.store.facts_about(record.id).await?;
            let logged = logged.iter().filter(|stored| stored.fact.kind == Fact::ACTIVITY);
            stays.extend(logged.map(|stored| nameless("activity", stored.fact.id.to_uuid(), "free_text")));
        }
        let kept = self.kept_by_law(person).await?;
        for row in self.invoices_of_person(person).await? {
            let law = kept.iter().find(|kept| kept.invoice == row.id.uuid());
            let why = match law {
                Some(_) if self.last_day_of(&row).await?.held => "held",
                Some(_) => "law",
                None if row.document_state == "issued" => "ended",
                None => "not_issued",
            };
            stays.push(Stays {
                kind: "invoice".to_owned(),
                id: row.id.uuid(),
                label: row.label,
                why: why.to_owned(),
                basis: law.map(|kept| kept.basis.clone()).unwrap_or_default(),
                until: law.map(|kept| kept.until),
            });
        }
        Ok(stays)
    }

    /// Who reads the person's records, by whether what they wrote since names the act or a later one; and who read them
    /// until they were taken out.
    async fn devices_told(&self, person: &Person, act: u64, here: bool) -> Result<Devices, AppError> {
        let control = self.exchange.control();
        let read = self.store.control_read_by().await?;
        let me = self.exchange.device_keys().id();
        let scopes: BTreeSet<_> = person.records().map(|record| zuc_store::wire_scope(record.scope)).collect();
        let (mut confirmed, mut waiting) = (Vec::new(), Vec::new());
        let had = |state: &DeviceState| {
            let left = state.removed.map(|removal| removal.at).filter(|at| *at < act);
            let rights = left.and_then(|at| control.person(state.person)?.rights_at(at.saturating_sub(1)));
            rights.is_some_and(|rights| scopes.iter().any(|scope| rights.may_read(*scope)))
        };
        let removed = control.devices().filter(|(_, state)| had(state)).map(|(device, _)| device.to_uuid()).collect();
        let others = control
            .devices()
            .filter(|(device, state)| *device != me && scopes.iter().any(|scope| control.reads(state, *scope)));
        for (device, state) in others {
            let device = device.to_uuid();
            // whoever came in later never had the keys
            let has = state.added_at > act || read.get(&DeviceId(device)).is_some_and(|seq| *seq >= act);
            if has { confirmed.push(device) } else { waiting.push(device) }
        }
        Ok(Devices { here, confirmed, waiting, removed })
    }
}

/// The groups of data whose bag follows every one of these erasures, and those whose bag does not yet.
fn places(control: &ControlLog, acts: &BTreeSet<u64>) -> (Vec<String>, Vec<Owed>) {
    let owes = |scope: &WireScope| control.owed_erasures(*scope).any(|act| acts.contains(&act));
    let (owed, cleared): (Vec<_>, Vec<_>) = control.scopes().partition(owes);
    let writes = |scope: WireScope| move |wire: &WireRole| Rights::new([*wire], [scope_team(scope)]).may_write(scope);
    let owed = owed.into_iter().map(|scope| Owed {
        scope: domain_scope(scope).to_string(),
        roles: WireRole::ALL.into_iter().filter(writes(scope)).map(|wire| role(wire).name().to_owned()).collect(),
        devices: renewers(control, scope).map(WireDevice::to_uuid).collect(),
    });
    (cleared.into_iter().map(|scope| domain_scope(scope).to_string()).collect(), owed.collect())
}

/// The team of a scope of sales; any, of another.
fn scope_team(scope: WireScope) -> u16 {
    if let WireScope::Sales(team) = scope { team } else { 1 }
}
