//! Which files this laptop keeps, and giving up the others: only what the relay has whole and a laptop of somebody's says that it
//! holds, what was wanted longest ago first.

use std::collections::BTreeSet;

use zuc_domain::shared::{DeviceId, Scope};
use zuc_ipc::attachment::{FileSpace, FileSpaceSet};
use zuc_protocol::{
    control::ControlLog,
    home::{home_of_fact, writers_of_fact},
    ids::{self, AttachmentId, LogId},
    item::Fact,
    messages::{ClientFrame, ServerFrame},
};
use zuc_store::{SpareFile, domain_scope, wire_scope};

use super::changes;
use crate::{
    AppError, Office,
    backup::aside,
    failpoint::failpoint,
    ports::{Relay, RelayError},
};

/// Setting: the room for files in MiB, where this laptop keeps only those that are opened.
const LIMIT: &str = "files_limit";
/// The least room that can be set, in MiB.
const LEAST: u32 = 1;
/// The most: what a company may have at a relay and far beyond.
const MOST: u32 = 1 << 20;
/// Files of up to so many sealed bytes lie on every laptop that reads their record: giving them up frees little, and each would
/// be a wait for whoever opens it.
const SMALL: u64 = 1 << 20;

/// Which files are to lie here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeps {
    /// All.
    All,
    /// The small ones, and of the others those that somebody opened, within so many bytes.
    Opened(u64),
}

impl Keeps {
    /// Whether a file of so many sealed bytes is to be here without anybody opening it.
    pub(super) fn wants(self, size: u64) -> bool {
        self == Self::All || size <= SMALL
    }
}

impl Office {
    pub(super) async fn keeps(&self) -> Result<Keeps, AppError> {
        let limit = self.setting(LIMIT).await?.and_then(|text| text.parse::<u32>().ok());
        Ok(limit.map_or(Keeps::All, |mib| Keeps::Opened(u64::from(mib) << 20)))
    }

    /// What room the files take here, and which are kept.
    pub async fn file_space(&self) -> Result<FileSpace, AppError> {
        let store = self.store.file_space().await?;
        let (all, limit_mib) = match self.keeps().await? {
            Keeps::All => (true, 0),
            Keeps::Opened(bytes) => (false, u32::try_from(bytes >> 20).unwrap_or(u32::MAX)),
        };
        Ok(FileSpace {
            all,
            limit_mib,
            here: store.here,
            here_bytes: store.here_bytes,
            elsewhere: store.elsewhere,
            elsewhere_bytes: store.elsewhere_bytes,
        })
    }

    /// Says which files this laptop keeps from now on. What is to go goes once the others have said what they hold.
    ///
    /// # Errors
    /// `file.limit` for a room of less than 1 MiB, or one that a disk has.
    pub async fn file_space_set(&self, new: FileSpaceSet) -> Result<FileSpace, AppError> {
        if new.all {
            self.store.delete_setting(LIMIT).await?;
        } else if (LEAST..=MOST).contains(&new.limit_mib) {
            self.set_setting(LIMIT, &new.limit_mib.to_string()).await?;
        } else {
            return Err(AppError::new("file.limit", "no room that can be kept to"));
        }
        self.files.wake();
        self.tell(changes());
        self.file_space().await
    }

    /// Gives copies up until the room that is set is kept to, or no other may go: one that goes is held, in each scope of its
    /// records, by another laptop that stands there, says so, and counts on this one no more.
    ///
    /// # Errors
    /// Of a relay that does not answer.
    pub(super) async fn make_room(&self, relay: &dyn Relay, log: LogId) -> Result<(), AppError> {
        let Keeps::Opened(limit) = self.keeps().await? else { return Ok(()) };
        let mut here = self.store.file_space().await?.here_bytes;
        if here <= limit {
            return Ok(());
        }
        let (control, me) = (self.exchange.control(), self.exchange.device_keys().id());
        let mut stood = BTreeSet::new();
        for scope in control.scopes().map(domain_scope).filter(|scope| says(&control, me, *scope)) {
            if self.store.file_words_stand(scope).await? {
                stood.insert(scope);
            }
        }
        // after that: whoever gave copies up before this one said so is among them
        let words = self.store.file_words().await?;
        let may_go = |file: &SpareFile| {
            file.scopes.iter().all(|scope| {
                let mut others = words.holders((*scope, file.hash)).filter(|device| device.0 != me.to_uuid());
                // who cannot write there never said that they hold anything, and nobody counts on them
                let said = stood.contains(scope) && words.keeps_some(*scope, DeviceId(me.to_uuid()));
                (said || !says(&control, me, *scope)) && others.any(|device| stands(&control, *scope, device))
            })
        };
        let mut gave = false;
        for file in self.store.spare_files(log, SMALL).await? {
            if here <= limit {
                break;
            }
            if may_go(&file) && self.is_whole_at(relay, &file).await? {
                failpoint("attachment.giving_up")?;
                let _one = self.files.carrying.lock().await;
                if self.files.wish(file.hash).is_some() {
                    continue;
                }
                let (store, hash) = (self.store.clone(), file.hash);
                aside(move || store.give_up(hash)).await??;
                tracing::info!(bytes = file.size, "a copy of a file was given up");
                here -= file.size;
                gave = true;
                failpoint("attachment.gave_up")?;
            }
        }
        if gave {
            self.tell(changes());
        }
        Ok(())
    }

    /// Whether the relay says now that it has a file whole for each of its scopes.
    async fn is_whole_at(&self, relay: &dyn Relay, file: &SpareFile) -> Result<bool, AppError> {
        for scope in file.scopes.iter().copied() {
            let ask = ClientFrame::Attachment { scope: wire_scope(scope), id: AttachmentId(file.hash.0) };
            match relay.ask(&self.exchange.credentials(), ask).await {
                Ok(ServerFrame::Attachment { id, size, have })
                    if id.0 == file.hash.0 && size == file.size && have == size => {}
                Ok(_) | Err(RelayError::Refused { .. }) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }
}

/// Whether a laptop is of the company and reads a scope today.
pub(super) fn stands(control: &ControlLog, scope: Scope, device: DeviceId) -> bool {
    let mut devices = control.devices();
    let found = devices.find(|(id, _)| *id == ids::DeviceId::from_uuid(device.0));
    found.is_some_and(|(_, state)| control.reads(state, wire_scope(scope)))
}

/// Whether a laptop's person may say what it holds of a scope.
pub(super) fn says(control: &ControlLog, device: ids::DeviceId, scope: Scope) -> bool {
    let (kind, scope) = (Fact::ATTACHMENT_HELD, wire_scope(scope));
    let roles = writers_of_fact(kind).unwrap_or_default();
    home_of_fact(kind).is_some_and(|home| home.holds(scope))
        && control.rights(device).is_some_and(|rights| rights.may_write_as(roles, scope))
}
