//! Carrying out what the engine says, one effect at a time.

use std::sync::Arc;

use zuc_ipc::{Changes, words};
use zuc_protocol::{control::SignedControl, ids::ItemId, item::DocKind};
use zuc_sync::{Effect, Input, SyncStatus};

use super::{away::Standing, driver::Driver};
use crate::{AppError, Notice, Office, failpoint::failpoint};

impl Driver {
    /// Does what the engine says; what it waits for is queued as an input.
    pub(super) async fn carry(&mut self, office: &Arc<Office>, effect: Effect) -> Result<(), AppError> {
        if matches!(effect, Effect::NeedOutbox { .. }) && self.is_gathering(office) {
            return Ok(());
        }
        if matches!(effect, Effect::Apply { .. }) {
            failpoint("sync.applying")?;
        }
        let carried = match office.store.carry(&effect, self.engine.ring(), office.now()).await {
            Ok(carried) => carried,
            Err(error) => {
                let Some(aside) = self.failing.instead(&effect, &error) else { return Err(error.into()) };
                tracing::error!(code = error.code(), reason = %error, "an entry is set aside after several tries");
                office.store.carry(&aside, self.engine.ring(), office.now()).await?
            }
        };
        self.inputs.extend(carried.inputs);
        self.touched(office, &carried.touched);
        if carried.mended > 0 {
            self.changed = Changes::all();
            office.exchange.line(office.now(), "received", words::count("sync.mended", carried.mended, &[]));
        }
        for code in carried.refused.iter().map(String::as_str).chain(carried.ignored) {
            let why = why_set_aside(code);
            office.exchange.line(office.now(), "error", words::fill("sync.set_aside", &[("why", &why)]));
        }
        match effect {
            Effect::MarkAcked { outbox, .. } => {
                office.exchange.line(office.now(), "sent", words::count("sync.sent", many(&outbox), &[]));
            }
            Effect::OutboxRefused { outbox, code, .. } => {
                let why = zuc_ipc::sentence(code).unwrap_or(code);
                let changes = words::count("sync.rejected", many(&outbox), &[]);
                let text = words::fill("sync.refused", &[("changes", &changes), ("why", &why)]);
                office.exchange.line(office.now(), "error", text);
            }
            Effect::StoreControl { record, .. } => {
                // the engine takes a whole page at once: what is not on disk yet is shown to nobody
                if record.hash() == self.engine.log().head() {
                    office.exchange.set_control(self.engine.log().clone());
                    office.remember_members().await?;
                }
                self.changed.settings = true;
                self.owed.look();
                self.answer_author(&record)?;
            }
            Effect::Forked { .. } => {
                // from now on nothing is signed here, and no ledger of the relay's is asked
                office.exchange.set_control(self.engine.log().clone());
                Self::say(office, "sync.control_forked");
            }
            Effect::Alarm { alarm, .. } => Self::say(office, alarm.wrong.code()),
            Effect::SnapshotRefused { why, .. } => {
                tracing::warn!(code = why.code(), "no snapshot is begun at");
                let text = zuc_ipc::sentence(why.code()).unwrap_or(why.code()).to_owned();
                office.exchange.line(office.now(), "error", text);
            }
            Effect::PurgeScope { .. } => self.changed = Changes::all(),
            Effect::Send(frame) => {
                // a closed channel is a lost connection, which the next receive reports
                if let Some(link) = &self.link {
                    let _ = link.send.send(frame).await;
                }
            }
            Effect::NeedSegment { scope, from } => self.segments.read(office, scope, from),
            Effect::Reconnect => self.link = None,
            Effect::ControlRefused { code } => {
                // the engine forgets whatever waited behind it too; what members still need is looked at again
                self.owed.all();
                self.answer_all(&code, "the relay did not take the act");
            }
            Effect::Stopped => self.sent_away(office, "sync.revoked"),
            Effect::Removed { wipe } => {
                tracing::warn!(wipe, "this device was taken out of its company");
                self.sent_away(office, "sync.revoked");
                self.inputs.push_back(Input::Disconnected);
                self.changed = Changes::all();
                office.exchange.set_standing(if wipe { Standing::Wipe } else { Standing::Out });
            }
            Effect::Loss(loss) => office.tell_loss(loss),
            Effect::Glance { device, person, glance, .. } => {
                office.exchange.onlookers.hear(device, person.to_uuid(), glance.record, office.now());
            }
            Effect::RelayTime(millis) => office.note_relay_time(millis),
            // shown once nothing is owed: who waits for it shall not leave before
            Effect::Status(status) => self.status = Some(status),
            // what is left was for the disk; claims and stamps are asked one by one over HTTP, where they are answered
            _ => {}
        }
        Ok(())
    }

    fn touched(&mut self, office: &Arc<Office>, touched: &[(DocKind, ItemId)]) {
        for (kind, _) in touched {
            self.changed = std::mem::take(&mut self.changed).and(changes_of(*kind));
        }
        if touched.iter().any(|(kind, _)| *kind == DocKind::LEAD) {
            // something may have come late for a lead that lives on in another
            office.late.notify_one();
        }
        if !touched.is_empty() {
            office.exchange.line(office.now(), "received", words::count("sync.received", many(touched), &[]));
        }
    }

    fn say(office: &Arc<Office>, code: &str) {
        tracing::error!(code, "the relay shows what cannot be");
        let text = zuc_ipc::sentence(code).unwrap_or(code).to_owned();
        office.exchange.line(office.now(), "error", text);
    }

    /// Tells a use case that waits for its acts when the last of them stands, whoever signed them.
    fn answer_author(&mut self, record: &SignedControl) -> Result<(), AppError> {
        let Some((left, _)) = self.authoring.front_mut() else { return Ok(()) };
        if left.pop_front_if(|hash| *hash == record.hash()).is_none() {
            return Ok(());
        }
        if !left.is_empty() {
            failpoint("membership.between_records")?;
        } else if let Some((_, answer)) = self.authoring.pop_front() {
            // who asked may have gone
            let _ = answer.send(Ok(()));
        }
        Ok(())
    }

    /// Pays what is owed, or says where this device stands; `true` when there is something to carry out again.
    pub(super) async fn end(&mut self, office: &Arc<Office>) -> Result<bool, AppError> {
        if self.engine.is_caught_up() && self.pay(office).await? {
            return Ok(true);
        }
        // one that is stopped may be let go: what the relay says now is waited for
        let asked = self.link.is_some() && self.status == Some(SyncStatus::Failed("sync.stopped"));
        if let Some(status) = self.status.take_if(|_| !asked) {
            self.show(office, &status).await?;
        }
        Ok(false)
    }

    async fn show(&mut self, office: &Arc<Office>, status: &SyncStatus) -> Result<(), AppError> {
        if *status == SyncStatus::UpToDate {
            self.failing.over();
            // what records say comes first, then the files that they name
            office.files.wake();
        }
        let pending = office.store.unsent().await?;
        let now = office.now();
        office.exchange.set_status(|shown| {
            shown.pending = pending;
            shown.error = None;
            match status {
                SyncStatus::UpToDate => {
                    "up_to_date".clone_into(&mut shown.state);
                    shown.last_ok = now.to_string();
                    (shown.done, shown.total) = (0, 0);
                }
                SyncStatus::Syncing(left) => {
                    "syncing".clone_into(&mut shown.state);
                    shown.total = shown.total.max(*left);
                    shown.done = shown.total - left;
                }
                SyncStatus::Offline(_) => "offline".clone_into(&mut shown.state),
                SyncStatus::Failed(code) => {
                    "error".clone_into(&mut shown.state);
                    let wiped = office.exchange.standing() == Standing::Wipe;
                    shown.error = Some(if wiped { "sync.wiped" } else { *code }.to_owned());
                }
            }
        });
        // nobody listening is not an error: the command line has no window
        let _ = office.notices.send(Notice::Sync(office.exchange.status()));
        Ok(())
    }
}

/// As many as these, to be said.
fn many<T>(these: &[T]) -> u64 {
    u64::try_from(these.len()).unwrap_or(u64::MAX)
}

/// Why an entry of somebody else's was set aside. What the store says of a change speaks to whoever made it.
fn why_set_aside(code: &str) -> &str {
    let code = if code.starts_with("store.") { "sync.change_refused" } else { code };
    zuc_ipc::sentence(code).unwrap_or(code)
}

/// Which lists a document of this kind is shown in; a fact may be in any.
fn changes_of(kind: DocKind) -> Changes {
    let mut changes = Changes::default();
    match kind {
        DocKind::LEAD => changes.leads = true,
        DocKind::CUSTOMER | DocKind::CONTRACT => changes.customers = true,
        DocKind::OPPORTUNITY => changes.opportunities = true,
        DocKind::PRODUCT | DocKind::PROPOSAL => changes.proposals = true,
        _ => return Changes::all(),
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::why_set_aside;

    #[test]
    fn nobody_is_told_to_repeat_what_somebody_else_did() {
        for code in ["store.change_refused", "store.database", "store.corrupt", "store.json", "store.document"] {
            assert_eq!(Some(why_set_aside(code)), zuc_ipc::sentence("sync.change_refused"), "{code}");
        }
        assert_eq!(Some(why_set_aside("sync.erased_key")), zuc_ipc::sentence("sync.erased_key"));
    }
}
