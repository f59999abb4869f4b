//! Carrying sealed files up to the relay and down from it, beside the exchange of records: piece by piece, each gone on with
//! where it ended, none taken that is not what its name says.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::timeout;
use zuc_protocol::{
    Blob,
    attachment::MAX_CARRIED,
    ids::{AttachmentId, LogId},
    messages::{ClientFrame, ServerFrame},
};
use zuc_store::{OwedFile, wire_scope};

use super::changes;
use crate::{
    AppError, Office,
    backup::aside,
    failpoint::failpoint,
    ports::{Relay, RelayError},
};

/// The pause after which what is still owed is tried again; each is twice the one before.
const PAUSE: Duration = Duration::from_secs(2);
/// The longest.
const LONGEST: Duration = Duration::from_mins(2);

/// How a file came off.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Carried {
    /// It is where it was to go.
    Whole,
    /// It is not there yet, or cannot go now.
    Waits,
}

impl Office {
    /// Carries every file that is owed, to the relay or by it; gives how many still are. Nothing without a relay. Then says what is
    /// held where another laptop asks, and gives copies up where this one has little room.
    ///
    /// # Errors
    /// Of a relay that does not answer, or has too much to do; what was carried before stays.
    pub async fn carry_files(&self) -> Result<usize, AppError> {
        let (Ok(relay), Some(log)) = (self.exchange.relay(), self.store.relay_log().await?) else { return Ok(0) };
        self.forget_files().await?;
        let keeps = self.keeps().await?;
        let (mut left, mut moved, mut ended) = (0, false, Ok(()));
        for file in self.store.owed_files(log).await? {
            let waits = !file.is_here && file.seen && !keeps.wants(file.size);
            if waits || self.files.is_dropped(file.hash) {
                continue;
            }
            // one at a time, so that whoever opens one does not wait for all the others
            let one = self.files.carrying.lock().await;
            let carried = if file.is_here {
                self.carry_up(relay.as_ref(), &file, log).await
            } else if keeps.wants(file.size) {
                self.carry_down(relay.as_ref(), &file, log).await
            } else {
                self.look_for(relay.as_ref(), &file, log).await
            };
            drop(one);
            self.files.set_sent(file.hash, None);
            match carried {
                // what takes a while is shown as it comes
                Ok(Carried::Whole) if file.size > MAX_CARRIED as u64 => _ = self.tell(changes()),
                Ok(Carried::Whole) => moved = true,
                Ok(Carried::Waits) => left += 1,
                Err(error) if error.code == "attachment.dropped" => {
                    self.files.note_dropped(file.hash);
                    moved = true;
                }
                Err(error) if is_of_this_file(&error) => {
                    tracing::warn!(code = error.code, "a file could not be carried");
                    let why = zuc_ipc::sentence(&error.code).unwrap_or(&error.code).to_owned();
                    self.exchange.line(self.now(), "error", why);
                    left += 1;
                }
                Err(error) => {
                    ended = Err(error);
                    break;
                }
            }
        }
        if moved {
            self.tell(changes());
        }
        ended?;
        let _one = self.files.settling.lock().await;
        self.say_what_is_held(log).await?;
        self.make_room(relay.as_ref(), log).await?;
        Ok(left)
    }

    /// Looks whether the relay has a file that is to be fetched when somebody opens it.
    async fn look_for(&self, relay: &dyn Relay, file: &OwedFile, log: LogId) -> Result<Carried, AppError> {
        let ask = ClientFrame::Attachment { scope: wire_scope(file.scope), id: AttachmentId(file.hash.0) };
        if self.asked(relay, ask, file).await? < file.size {
            return Ok(Carried::Waits);
        }
        self.store.file_seen_at(file, log).await?;
        Ok(Carried::Whole)
    }

    async fn carry_up(&self, relay: &dyn Relay, file: &OwedFile, log: LogId) -> Result<Carried, AppError> {
        let (scope, id) = (wire_scope(file.scope), AttachmentId(file.hash.0));
        let mut have = self.asked(relay, ClientFrame::Attachment { scope, id }, file).await?;
        // one that is begun anew under our hands is not followed for ever
        for _ in 0..=file.size.div_ceil(MAX_CARRIED as u64) * 2 {
            if have == file.size {
                self.store.file_seen_at(file, log).await?;
                return Ok(Carried::Whole);
            }
            self.files.set_sent(file.hash, Some(have));
            let (store, hash) = (self.store.clone(), file.hash);
            let bytes = aside(move || store.read_sealed(hash, have, MAX_CARRIED)).await??;
            if bytes.is_empty() {
                return self.doubt(file).await;
            }
            tracing::debug!(at = have, bytes = bytes.len(), "a piece of a file goes up");
            let put = ClientFrame::AttachmentPut { scope, id, size: file.size, at: have, bytes: Blob(bytes) };
            have = match self.asked(relay, put, file).await {
                // somebody else's bytes came before these, or ours are not what they were
                Err(error) if error.code == "attachment.altered" => return self.doubt(file).await,
                asked => asked?,
            };
            failpoint("attachment.piece_sent")?;
        }
        Ok(Carried::Waits)
    }

    /// Asks about a file on its way up; how much of it the relay has.
    async fn asked(&self, relay: &dyn Relay, frame: ClientFrame, file: &OwedFile) -> Result<u64, AppError> {
        match relay.ask(&self.exchange.credentials(), frame).await? {
            ServerFrame::Attachment { id, size, have } if id.0 == file.hash.0 => {
                Ok(if size == file.size { have.min(size) } else { 0 })
            }
            _ => Err(RelayError::Nonsense.into()),
        }
    }

    /// Looks whether our own bytes are still what they are called; what is spoilt here is fetched from the relay, should it
    /// have it.
    async fn doubt(&self, file: &OwedFile) -> Result<Carried, AppError> {
        let (store, hash) = (self.store.clone(), file.hash);
        if !aside(move || store.is_sound(hash)).await?? {
            tracing::error!("a file on this disk was spoilt");
        }
        Ok(Carried::Waits)
    }

    pub(super) async fn carry_down(&self, relay: &dyn Relay, file: &OwedFile, log: LogId) -> Result<Carried, AppError> {
        let (scope, id) = (wire_scope(file.scope), AttachmentId(file.hash.0));
        if self.store.has_file(file.hash)? {
            return Ok(Carried::Whole);
        }
        loop {
            match self.files.wish(file.hash) {
                Some(wish) if wish.stops => return Err(AppError::new("attachment.stopped", "somebody stopped it")),
                // whoever opens it sees it come
                Some(_) => _ = self.tell(changes()),
                None => {}
            }
            let at = self.store.come_of(file.hash)?;
            if at >= file.size {
                // cut between its last piece and the look at all of it
                let (store, owed) = (self.store.clone(), *file);
                aside(move || store.take_sealed(&owed, &[])).await??;
                self.store.file_seen_at(file, log).await?;
                return Ok(Carried::Whole);
            }
            let get = ClientFrame::AttachmentGet { scope, id, at };
            let bytes = match relay.ask(&self.exchange.credentials(), get).await {
                Ok(ServerFrame::AttachmentBytes { id: of, at: from, bytes })
                    if of == id && from == at && !bytes.is_empty() =>
                {
                    bytes.0
                }
                Ok(_) => return Err(RelayError::Nonsense.into()),
                Err(RelayError::Refused { code }) if code == "attachment.not_whole" => return Ok(Carried::Waits),
                Err(error) => return Err(error.into()),
            };
            tracing::debug!(at, bytes = bytes.len(), "a piece of a file comes down");
            let (store, owed, ends) = (self.store.clone(), *file, at + bytes.len() as u64);
            aside(move || store.take_sealed(&owed, &bytes)).await??;
            if ends == file.size {
                self.store.file_seen_at(file, log).await?;
                return Ok(Carried::Whole);
            }
            failpoint("attachment.piece_taken")?;
        }
    }
}

/// Whether it says something of the file, and nothing of the relay or the disk: the next one may go all the same.
fn is_of_this_file(error: &AppError) -> bool {
    matches!(
        error.code.as_str(),
        "attachment.altered" | "attachment.quota" | "relay.not_allowed" | "relay.nonsense" | "relay.too_large"
    )
}

/// Carries files until the office is gone: as soon as something is to be carried, and what could not be, again and again.
pub(crate) async fn run(office: Weak<Office>) {
    let mut pause = PAUSE;
    loop {
        let Some(this) = office.upgrade() else { return };
        // a colleague is to read of a file before it takes up the line
        let left = if this.exchange.status().state == "up_to_date" {
            this.carry_files().await.unwrap_or_else(|error| {
                tracing::debug!(code = error.code, "files wait");
                1
            })
        } else {
            0
        };
        let wait = if left == 0 { LONGEST } else { pause };
        pause = if left == 0 { PAUSE } else { (pause * 2).min(LONGEST) };
        let files: Arc<super::Files> = this.files.clone();
        drop(this);
        // over or woken, it looks again
        if timeout(wait, files.wake.notified()).await.is_ok() {
            pause = PAUSE;
        }
    }
}
