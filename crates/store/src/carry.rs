//! The half of the engine's effects that the disk carries out.

use jiff::Timestamp;
use zuc_protocol::control::Recipient;
use zuc_protocol::ids::{CompanyId, ItemId};
use zuc_protocol::item::DocKind;
use zuc_sync::{Effect, Input, KeyRing};

use crate::refused::Leaving;
use crate::resume::OFFERS_DUE;
use crate::store::domain_scope;
use crate::{Store, StoreError};

/// Rows of the outbox sealed at once.
const BATCH: u32 = 256;

/// What is left behind by an effect that was carried out.
#[derive(Debug, Default)]
pub struct Carried {
    /// What the engine waits to hear.
    pub inputs: Vec<Input>,
    /// Documents and facts that are new or other than before; a fact has kind 0.
    pub touched: Vec<(DocKind, ItemId)>,
    /// Why an entry was set aside.
    pub refused: Option<String>,
    /// Why changes of others were merged and do not count.
    pub ignored: Vec<&'static str>,
    /// Entries of the log that lay spoiled here, or not at all, and were put right: every list may say something else.
    pub mended: u64,
}

impl Carried {
    fn hears(input: Input) -> Self {
        Self { inputs: vec![input], ..Self::default() }
    }

    fn touching(touched: Vec<(DocKind, ItemId)>) -> Self {
        Self { touched, ..Self::default() }
    }
}

impl Store {
    /// Does what `effect` asks of the disk; what it asks of the network or of a screen is left to the caller. `ring`
    /// opens the bags that this device may open.
    ///
    /// # Errors
    /// [`StoreError`]; the effect may then be carried out again.
    pub async fn carry(&self, effect: &Effect, ring: &KeyRing, now: Timestamp) -> Result<Carried, StoreError> {
        Ok(match effect {
            Effect::StoreSealed(batch) => {
                self.keep_sealed(batch).await?;
                Carried::hears(Input::SealedStored { scope: batch.scope, number: batch.number })
            }
            Effect::MarkAcked { scope, number, hash, seq, outbox, advance, writer } => {
                let judged = writer.as_ref().map(|writer| (writer, now));
                let parts = self.carries_parts(*hash).await?;
                let touched = self.acked(*scope, *number, *hash, *seq, outbox, *advance, judged).await?;
                // what waited for a part in another scope may go now
                let inputs = if parts { self.offers().await? } else { vec![Input::Waiting(self.unsent().await?)] };
                Carried { inputs, touched, ..Carried::default() }
            }
            Effect::Apply { scope, advance, source, kind, bytes, items } => {
                let received = Box::pin(self.apply_entry(*scope, *advance, source, *kind, bytes, items, now)).await?;
                Carried {
                    inputs: vec![Input::Applied { scope: *scope, seq: advance.seq }],
                    touched: received.touched,
                    refused: received.refused,
                    ignored: received.ignored,
                    mended: 0,
                }
            }
            Effect::Quarantine { scope, advance, kind, bytes, code } => {
                let device = ring.keys().public();
                let touched = self.set_aside_entry(*scope, *advance, *kind, bytes, code, &device, now).await?;
                let refused = Some((*code).to_owned());
                Carried { touched, refused, ..Carried::hears(Input::Applied { scope: *scope, seq: advance.seq }) }
            }
            Effect::OutboxRefused { scope, number, outbox, code } => {
                let device = ring.keys().public();
                let touched = self.refuse_outbox(*scope, *number, outbox, code, &device, now).await?;
                Carried { touched, ..Carried::hears(Input::Waiting(self.unsent().await?)) }
            }
            Effect::Unseal { scope, numbers, outbox } => {
                self.unseal(*scope, numbers, outbox).await?;
                Carried::default()
            }
            Effect::NeedOutbox { scope } => Carried { inputs: self.offer(*scope).await?, ..Carried::default() },
            Effect::NeedReoffer { scope, above } => {
                let batches = self.own_batches_above(*scope, *above).await?;
                Carried::hears(Input::Reoffer { scope: *scope, batches })
            }
            Effect::NeedBagRows { scope, keys } => {
                let rows = self.bag_rows_of(domain_scope(*scope), keys).await?;
                Carried::hears(Input::BagRows { scope: *scope, rows })
            }
            Effect::Begin { manifest, packs, anew } => {
                let begun = if *anew {
                    Box::pin(self.begin_anew(manifest, packs, ring, now)).await?
                } else {
                    Box::pin(self.begin_at(manifest, packs, ring, false, now)).await?
                };
                let (outcome, touched) = match begun {
                    // one of each kind: all of its lists are other than before
                    Ok(begun) => (Ok(begun.authors), begun.kinds.iter().map(|kind| (*kind, ItemId([0; 16]))).collect()),
                    Err(why) => (Err(why), Vec::new()),
                };
                let heard = Carried::hears(Input::Begun { scope: manifest.scope, outcome });
                Carried { touched, ..heard }
            }
            Effect::KeepEarlier { scope, entries, read, begins } => {
                self.keep_earlier(*scope, entries, *read, *begins).await?;
                Carried::default()
            }
            Effect::NeedCheckup => {
                let inputs = self.look_at_entries(now).await?.into_iter().collect();
                Carried { inputs, ..Carried::default() }
            }
            Effect::Compare(theirs) => {
                let ours = self.fingerprint_of(theirs.scope, theirs.stretch).await?;
                Carried::hears(Input::Compared { theirs: *theirs, ours })
            }
            Effect::Repair { scope, entries } => {
                let mended = Box::pin(self.repair_entries(*scope, entries, now)).await?;
                Carried { mended, ..Carried::default() }
            }
            Effect::Alarm { scope, alarm } => {
                self.note_alarm(*scope, *alarm, now).await?;
                Carried::default()
            }
            Effect::AlarmOver { scope } => {
                self.end_alarm(*scope).await?;
                Carried::default()
            }
            Effect::LogChanged { log } => {
                self.restart_cursors(*log).await?;
                Carried::default()
            }
            Effect::LogNamed { log } => {
                self.name_log(*log).await?;
                Carried::default()
            }
            Effect::NeedOffer { scope, above, after } => {
                let (entries, next) = self.offer_page(*scope, above, *after).await?;
                Carried::hears(Input::Offer { scope: *scope, entries, next })
            }
            Effect::OffersDone => {
                self.delete_setting(OFFERS_DUE).await?;
                Carried::default()
            }
            Effect::StoreControl { seq, record } => {
                let bytes = record.to_bytes().map_err(|_| StoreError::corrupt("control", "bytes", seq))?;
                self.append_control(*seq, &record.hash(), &bytes).await?;
                Carried::default()
            }
            Effect::Forked { seq, records } => {
                self.keep_fork(*seq, records, now).await?;
                Carried::default()
            }
            Effect::BranchLeft { from, records } => {
                let anew = self.leave_branch(*from, records, now).await?;
                let inputs = anew.into_iter().map(|scope| Input::ReadAnew { scope }).collect();
                Carried { inputs, ..Carried::default() }
            }
            Effect::StoreBag { scope, bag, wraps, rows } => {
                let me = Recipient::Device(ring.keys().id());
                let company = CompanyId::from_uuid(self.identity().ok_or(StoreError::NoIdentity)?.company.0);
                let key = wraps.iter().find_map(|wraps| wraps.open(company, me, ring.keys()).ok());
                let taken = self.store_bag(*scope, *bag, key.as_ref(), wraps, rows).await?;
                let kept = (!wraps.is_empty()).then_some(Input::BagKept { scope: *scope, keys: taken.kept });
                Carried { inputs: kept.into_iter().collect(), ..Carried::touching(taken.touched) }
            }
            Effect::BagWhole { scope } => {
                self.bag_is_whole(*scope).await?;
                Carried::default()
            }
            Effect::ReplaceBag { scope, bag } => {
                self.drop_other_bags(*scope, *bag).await?;
                Carried::default()
            }
            Effect::Erase { keys } => Carried::touching(self.erase_keys(keys).await?),
            Effect::PurgeScope { scope } => {
                let control = self.control().await?;
                self.purge_scope(domain_scope(*scope), Leaving::of(&control, ring).as_ref(), now).await?;
                Carried::default()
            }
            Effect::Send(_)
            | Effect::NeedSegment { .. }
            | Effect::Reconnect
            | Effect::Stopped
            | Effect::ControlRefused { .. }
            | Effect::Removed { .. }
            | Effect::RelayTime(_)
            | Effect::Loss(_)
            | Effect::SnapshotRefused { .. }
            | Effect::Status(_)
            | Effect::Marks(_)
            | Effect::Receipt(_)
            | Effect::Glance { .. }
            | Effect::Stamp(_)
            | Effect::Refused { .. } => Carried::default(),
        })
    }

    /// What waits to be sealed in every scope, and how much waits in all: what the engine hears after a commit.
    pub async fn offers(&self) -> Result<Vec<Input>, StoreError> {
        let mut inputs = vec![Input::Waiting(self.unsent().await?)];
        for scope in self.unsent_scopes().await? {
            inputs.extend(self.offer(crate::wire_scope(scope)).await?);
        }
        Ok(inputs)
    }

    async fn offer(&self, scope: zuc_protocol::Scope) -> Result<Vec<Input>, StoreError> {
        let items = self.outbox_ready(scope, BATCH).await?;
        Ok(if items.is_empty() { Vec::new() } else { vec![Input::OutboxReady { scope, items }] })
    }
}
