//! Looking after a home: its events and its checks.

use std::collections::BTreeMap;

use serde::Serialize;
use zuc_domain::shared::{DeviceId, PersonId};
use zuc_store::{Newer, StoreError};

use crate::{AppError, Office};

/// What a check of the home found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// `code: detail`; none when all is well.
    pub problems: Vec<String>,
    /// Of every scope this home holds, what to compare with another home.
    pub scopes: BTreeMap<String, String>,
}

/// Something here that does not count, and what is known of it. Of a person it holds the name, of a record the number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// What became of it: `ignored`, `passed_over`, `set_aside`, `kept_apart`, `stopped`, `hidden`; `distrusted` of a log,
    /// `forked` and `left` of a record of membership; `incomplete` of a command of which a part is missing; `read_only` of all
    /// that is here, where a newer program wrote it.
    pub fate: String,
    /// The stable code of why.
    pub code: String,
    /// The same in words.
    pub why: String,
    /// Whose it is; empty where nobody knows.
    pub person: String,
    /// The device that wrote it.
    pub device: String,
    /// When it came, UTC.
    pub at: String,
    /// Where it lies.
    pub scope: String,
    /// What it is.
    pub kind: String,
    /// Of which record.
    pub record: String,
}

/// Events read at once.
const PAGE: u32 = 500;

impl Office {
    /// Every event of the outbox, oldest first, each a CloudEvent in JSON.
    pub async fn events(&self) -> Result<Vec<String>, AppError> {
        let mut events = Vec::new();
        let mut last = 0;
        loop {
            let page = self.store.events_after(last, PAGE).await?;
            let Some(newest) = page.last() else { return Ok(events) };
            last = newest.n;
            for stored in &page {
                events.push(serde_json::to_string(&stored.event)?);
            }
        }
    }

    /// Checks pages, chains, audit, and read tables against documents.
    pub async fn verify(&self) -> Result<Checked, AppError> {
        let problems = self.store.verify().await?.iter().map(ToString::to_string).collect();
        let scopes = self
            .store
            .digests()
            .await?
            .into_iter()
            .map(|digest| {
                let whole = format!("{}:{}:{}:{}", digest.documents, digest.facts, digest.rows, digest.count);
                (digest.scope.to_string(), whole)
            })
            .collect();
        Ok(Checked { problems, scopes })
    }

    /// What was set aside, ignored or stopped here.
    pub async fn doctor(&self) -> Result<Vec<Found>, AppError> {
        let mut found: Vec<Found> = self.store.newer().map(only_read).into_iter().collect();
        let control = self.exchange.control();
        let owner = |device: DeviceId| {
            let device = zuc_protocol::ids::DeviceId::from_uuid(device.0);
            control.device(device).map(|device| PersonId(device.person.to_uuid()))
        };
        found.extend(self.store.findings().await?.into_iter().map(|found| {
            let person = found.person.or_else(|| found.device.and_then(owner));
            Found {
                fate: found.fate.name().to_owned(),
                why: zuc_ipc::sentence(&found.code).unwrap_or_default().to_owned(),
                code: found.code,
                person: person.map(|person| self.exchange.name_of(person)).unwrap_or_default(),
                device: found.device.map(|device| device.to_string()).unwrap_or_default(),
                at: found.at.map(|at| at.to_string()).unwrap_or_default(),
                scope: found.scope.to_string(),
                kind: found.kind,
                record: found.record.map(|record| record.to_string()).unwrap_or_default(),
            }
        }));
        for part in self.incomplete().await? {
            let code = "sync.incomplete";
            found.push(Found {
                fate: "incomplete".to_owned(),
                code: code.to_owned(),
                why: zuc_ipc::sentence(code).unwrap_or_default().to_owned(),
                at: part.since.to_string(),
                scope: part.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
                kind: format!("{}/{}", part.here, part.of),
                record: part.command.to_string(),
                ..Found::default()
            });
        }
        Ok(found)
    }

    /// Makes the read tables again; with `only_compare` they are put back as they were. Gives what differed.
    pub async fn rebuild(&self, only_compare: bool) -> Result<Vec<String>, AppError> {
        Ok(self.store.rebuild(!only_compare).await?.iter().map(ToString::to_string).collect())
    }
}

/// All of it is only read: the schemas of the program that wrote it and of this one.
fn only_read(newer: Newer) -> Found {
    let code = StoreError::ReadOnly.code();
    Found {
        fate: "read_only".to_owned(),
        why: zuc_ipc::sentence(code).unwrap_or_default().to_owned(),
        code: code.to_owned(),
        kind: format!("{}/{}", newer.known, newer.schema),
        ..Found::default()
    }
}
