//! Carrying out what the engine says, one effect at a time.

use std::sync::Arc;

use zuc_ipc::Changes;
use zuc_protocol::{
    control::{ControlAuthor, Recipient, SignedControl},
    ids::ItemId,
    item::DocKind,
};
use zuc_store::domain_scope;
use zuc_sync::{Effect, Input, SyncStatus};

use super::driver::{BATCH, Driver};
use crate::{AppError, Notice, Office};

impl Driver {
    /// Does what the engine says; what it waits for is queued as an input.
    pub(super) async fn carry(&mut self, office: &Arc<Office>, effect: Effect) -> Result<(), AppError> {
        let store = &office.store;
        match effect {
            Effect::Send(frame) => {
                // a closed channel is a lost connection, which the next receive reports
                if let Some(link) = &self.link {
                    let _ = link.send.send(frame).await;
                }
            }
            Effect::Reconnect => self.link = None,
            Effect::StoreSealed(batch) => {
                store.keep_sealed(&batch).await?;
                self.inputs.push_back(Input::SealedStored { scope: batch.scope, number: batch.number });
            }
            Effect::MarkAcked { scope, number, hash, seq, outbox, advance } => {
                store.acked(scope, number, hash, seq, &outbox, advance).await?;
                self.inputs.push_back(Input::Waiting(store.unsent().await?));
                office.exchange.line(office.now(), "sent", format!("{} cambios enviados", outbox.len()));
            }
            Effect::Apply { scope, advance, source, kind, bytes, items } => {
                let received = store.apply_entry(scope, advance, &source, kind, &bytes, &items, office.now()).await?;
                self.touched(office, &received.touched);
                if let Some(code) = received.refused {
                    office.exchange.line(office.now(), "error", format!("Un lote quedó en cuarentena ({code})"));
                }
                self.inputs.push_back(Input::Applied { scope, seq: advance.seq });
            }
            Effect::Quarantine { scope, advance, kind, bytes, code } => {
                store.set_aside_entry(scope, advance, kind, &bytes, code).await?;
                office.exchange.line(office.now(), "error", format!("Un lote quedó en cuarentena ({code})"));
                self.inputs.push_back(Input::Applied { scope, seq: advance.seq });
            }
            Effect::OutboxRefused { scope, number, outbox, code } => {
                store.refuse_outbox(scope, number, &outbox, code).await?;
                let text = format!("El relevo no aceptó {} cambios ({code})", outbox.len());
                office.exchange.line(office.now(), "error", text);
            }
            Effect::Unseal { scope, numbers, outbox } => store.unseal(scope, &numbers, &outbox).await?,
            Effect::NeedOutbox { scope } => {
                let items = store.outbox_ready(scope, BATCH).await?;
                if !items.is_empty() {
                    self.inputs.push_back(Input::OutboxReady { scope, items });
                }
            }
            Effect::NeedReoffer { scope, above } => {
                let batches = store.own_batches_above(scope, above).await?;
                self.inputs.push_back(Input::Reoffer { scope, batches });
            }
            Effect::NeedBagRows { scope, .. } => {
                let rows = store.bag_rows(domain_scope(scope), false).await?;
                self.inputs.push_back(Input::BagRows(rows));
            }
            Effect::LogChanged { log } => store.restart_cursors(log).await?,
            Effect::StoreControl { seq, record } => {
                store.append_control(seq, &record.hash(), &record.to_bytes()?).await?;
                office.exchange.set_control(self.engine.log().clone());
                office.remember_members().await?;
                self.changed.settings = true;
                self.answer_author(office, &record);
            }
            Effect::ControlRefused { code } => {
                if let Some((_, answer)) = self.authoring.pop_front() {
                    let _ = answer.send(Err(AppError::new(code, "the relay did not take the act")));
                }
            }
            Effect::StoreBag { scope, bag, wraps, rows } => {
                let ring = self.engine.ring();
                let me = Recipient::Device(ring.keys().id());
                let company = office.exchange.company();
                let key = wraps.iter().find_map(|wraps| wraps.open(company, me, ring.keys()).ok());
                let touched = store.store_bag(scope, bag, key.as_ref(), &wraps, &rows).await?;
                self.touched(office, &touched);
            }
            Effect::ReplaceBag { scope, bag } => store.drop_other_bags(scope, bag).await?,
            Effect::Erase { keys } => {
                let touched = store.erase_keys(&keys).await?;
                self.touched(office, &touched);
            }
            Effect::PurgeScope { scope } => {
                store.purge_scope(domain_scope(scope)).await?;
                self.changed = Changes::all();
            }
            Effect::Removed { .. } => {
                self.link = None;
                office.exchange.set_status(|status| {
                    "error".clone_into(&mut status.state);
                    status.error = Some("sync.revoked".to_owned());
                });
            }
            Effect::RelayTime(millis) => office.note_relay_time(millis),
            Effect::Status(status) => self.show(office, &status).await?,
            // claims and stamps are asked one by one over HTTP, where their answers arrive
            Effect::Marks(_) | Effect::Receipt(_) | Effect::Stamp(_) | Effect::Refused { .. } => {}
        }
        Ok(())
    }

    fn touched(&mut self, office: &Arc<Office>, touched: &[(DocKind, ItemId)]) {
        for (kind, _) in touched {
            self.changed = std::mem::take(&mut self.changed).and(changes_of(*kind));
        }
        if !touched.is_empty() {
            office.exchange.line(office.now(), "received", format!("{} cambios recibidos", touched.len()));
        }
    }

    fn answer_author(&mut self, office: &Arc<Office>, record: &SignedControl) {
        let me = ControlAuthor::Device(office.exchange.device_keys().id());
        if !record.decode().is_ok_and(|record| record.author == me) {
            return;
        }
        let Some((left, _)) = self.authoring.front_mut() else { return };
        *left = left.saturating_sub(1);
        if *left == 0
            && let Some((_, answer)) = self.authoring.pop_front()
        {
            let _ = answer.send(Ok(()));
        }
    }

    async fn show(&mut self, office: &Arc<Office>, status: &SyncStatus) -> Result<(), AppError> {
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
                    shown.error = Some((*code).to_owned());
                }
            }
        });
        // nobody listening is not an error: the command line has no window
        let _ = office.notices.send(Notice::Sync(office.exchange.status()));
        Ok(())
    }
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
