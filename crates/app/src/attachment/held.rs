//! Saying what this laptop holds, where another asks because it would give copies up; and that this one gives copies up.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use zuc_domain::{
    attachment::{AttachmentHeld, FileHash, MAX_NAMED, WITNESSES},
    shared::{AttachmentId, DeviceId, Scope},
};
use zuc_protocol::{
    control::ControlLog,
    ids::{self, LogId},
};
use zuc_store::{FileWords, domain_scope};

use super::space::{Keeps, says, stands};
use crate::{AppError, Office, failpoint::failpoint};

/// How often in a row this process found something that it might say and left it to laptops before it.
#[derive(Default)]
pub(super) struct Turns(AtomicUsize);

impl Turns {
    fn waited(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn note(&self, waits: bool) {
        let turns = if waits { self.waited() + 1 } else { 0 };
        self.0.store(turns, Ordering::Relaxed);
    }
}

impl Office {
    /// Says what there is to be said of the files of every scope that the person writes. Nothing where nobody gives copies up, so
    /// that a company in which every laptop keeps all writes nothing at all.
    pub(super) async fn say_what_is_held(&self, log: LogId) -> Result<(), AppError> {
        let control = self.exchange.control();
        let me = self.exchange.device_keys().id();
        let keeps = self.keeps().await?;
        let words = self.store.file_words().await?;
        let (mut said, mut waits) = (false, false);
        for scope in control.scopes().filter(|scope| says(&control, me, domain_scope(*scope))).map(domain_scope) {
            let gave_up = words.keeps_some(scope, DeviceId(me.to_uuid()));
            match keeps {
                Keeps::Opened(_) if !gave_up => {
                    self.say(scope, false, Vec::new()).await?;
                    said = true;
                }
                Keeps::Opened(_) => {}
                // what a restoration or a bad disk took is said, until it has come again
                Keeps::All if self.misses_what_it_said(scope, &words, log).await? => {
                    self.say(scope, false, Vec::new()).await?;
                    said = true;
                }
                Keeps::All => {
                    let unsaid = self.unsaid(scope, &words, &control).await?;
                    let is_my_turn = turn(&control, &words, scope, me) < WITNESSES + self.files.turns.waited();
                    waits |= !unsaid.is_empty() && !is_my_turn;
                    if gave_up || (!unsaid.is_empty() && is_my_turn) {
                        let mut chunks = unsaid.chunks(MAX_NAMED);
                        // where nothing is to be named it says that it keeps all once more
                        self.say(scope, true, chunks.next().unwrap_or_default().to_vec()).await?;
                        for files in chunks {
                            self.say(scope, true, files.to_vec()).await?;
                        }
                        said = true;
                    }
                }
            }
        }
        self.files.turns.note(waits);
        if said {
            failpoint("attachment.said")?;
        }
        Ok(())
    }

    /// Files of a scope that are here, and that fewer laptops say to hold than are to, where one asks.
    async fn unsaid(&self, scope: Scope, words: &FileWords, control: &ControlLog) -> Result<Vec<FileHash>, AppError> {
        let me = DeviceId(self.exchange.device_keys().id().to_uuid());
        if !words.asking(scope).any(|device| device != me && stands(control, scope, device)) {
            return Ok(Vec::new());
        }
        let mut unsaid = self.store.files_held(scope).await?;
        unsaid.retain(|hash| {
            let holders: Vec<_> =
                words.holders((scope, *hash)).filter(|device| stands(control, scope, *device)).collect();
            !holders.contains(&me) && holders.len() < WITNESSES
        });
        Ok(unsaid)
    }

    /// Whether this laptop said that it holds a file which is to be here and is not.
    async fn misses_what_it_said(&self, scope: Scope, words: &FileWords, log: LogId) -> Result<bool, AppError> {
        let me = DeviceId(self.exchange.device_keys().id().to_uuid());
        let owed = self.store.owed_files(log).await?;
        Ok(owed.iter().any(|file| file.scope == scope && !file.is_here && words.holds((scope, file.hash), me)))
    }

    async fn say(&self, scope: Scope, keeps_all: bool, files: Vec<FileHash>) -> Result<(), AppError> {
        let mut tx = self.begin().await?;
        let act = tx.act();
        let word =
            AttachmentHeld { id: AttachmentId(tx.fresh_id()), scope, keeps_all, files, hlc: act.hlc, by: act.by };
        tx.record_fact(&word, &[]).await?;
        Ok(tx.commit().await?)
    }
}

/// How many laptops come before this one in saying what they hold of a scope: those that keep all and may say so, by their ids.
/// Without an order all of them would say it at once.
fn turn(control: &ControlLog, words: &FileWords, scope: Scope, me: ids::DeviceId) -> usize {
    let may = control.devices().map(|(id, _)| (id, DeviceId(id.to_uuid())));
    let keepers: BTreeMap<_, _> = may
        .filter(|(id, device)| {
            stands(control, scope, *device) && says(control, *id, scope) && !words.keeps_some(scope, *device)
        })
        .collect();
    keepers.keys().take_while(|id| **id != me).count()
}
