//! What people did in a week, and what of it must be there in the end.

use std::collections::BTreeSet;
use std::error::Error;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use zuc_domain::lead::LeadField;
use zuc_domain::lead::opportunity::Stage;
use zuc_domain::shared::LeadId;
use zuc_store::StoreError;
use zuc_testkit::network::Laptop;

use super::merges::Merges;
use crate::work;

/// All chance of a week.
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(super) fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.number() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    /// Below `limit`, as a signed number.
    pub(super) fn span(&mut self, limit: i64) -> i64 {
        i64::try_from(self.number() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    pub(super) fn percent(&mut self, of: usize) -> bool {
        self.below(100) < of
    }

    fn word(&mut self) -> String {
        format!("{:08x}", self.number() >> 32)
    }

    pub(super) fn one<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() { None } else { Some(of[self.below(of.len())]) }
    }
}

/// What was acknowledged.
#[derive(Default, Clone)]
pub(super) struct Acknowledged {
    pub(super) leads: Vec<LeadId>,
    /// Calls that were logged, each with words of its own.
    pub(super) calls: Vec<(LeadId, String)>,
    pub(super) converted: Vec<LeadId>,
    /// Leads that somebody set out to delete, acknowledged or not.
    pub(super) deleted: BTreeSet<LeadId>,
    pub(super) merges: Merges,
    pub(super) commands: u64,
    pub(super) refused_by_a_disk: u64,
    /// Commands refused because keys travel beside what they seal: of a bag to whoever has just joined, of a person to
    /// whoever has the lead already. Once all is mended every key is there.
    pub(super) waits_for_keys: u64,
}

impl Acknowledged {
    /// One command at a laptop. A disk that fails may refuse it: then it never was, or is there whole.
    pub(super) async fn command(&mut self, laptop: &mut Laptop, draw: &mut Draw) {
        match self.attempt(laptop, draw).await {
            Ok(done) => self.commands += u64::from(done),
            Err(StoreError::NoBag | StoreError::PersonKeyMissing) => self.waits_for_keys += 1,
            Err(error) => self.refused(laptop, &error),
        }
    }

    /// A lead is called, qualified and converted at a laptop, unless a disk refuses it.
    pub(super) async fn convert(&mut self, laptop: &mut Laptop, lead: LeadId) -> bool {
        if self.deleted.contains(&lead) {
            return false;
        }
        let all = async {
            work::call(laptop, lead, "antes de convertir").await?;
            work::qualify(laptop, lead).await?;
            work::convert(laptop, lead).await
        };
        match all.await {
            Ok(done) => {
                if done && !self.converted.contains(&lead) {
                    self.converted.push(lead);
                }
                done
            }
            Err(StoreError::NoBag | StoreError::PersonKeyMissing) => {
                self.waits_for_keys += 1;
                false
            }
            Err(error) => {
                self.refused(laptop, &error);
                false
            }
        }
    }

    /// What a disk that fails may say; everything else is a fault of the product.
    pub(super) fn refused(&mut self, laptop: &Laptop, error: &dyn Error) {
        let may_fail = laptop.ground().is_some_and(|ground| !ground.disk().powered() || ground.disk().failed() > 0);
        assert!(may_fail, "{}: {error}", laptop.name);
        self.refused_by_a_disk += 1;
    }

    async fn attempt(&mut self, laptop: &mut Laptop, draw: &mut Draw) -> Result<bool, StoreError> {
        let word = draw.word();
        let lead = draw.one(&self.leads);
        let Some(lead) = lead.filter(|_| !word.starts_with(['0', '1', '2'])) else {
            self.leads.push(work::capture(laptop, &word).await?);
            return Ok(true);
        };
        match draw.below(11) {
            0 => work::edit(laptop, lead, LeadField::City(Some(word))).await,
            1 => work::edit(laptop, lead, LeadField::Notes(word)).await,
            2 => work::edit(laptop, lead, LeadField::FullName(Some(word))).await,
            3 => work::edit(laptop, lead, LeadField::Tags([word].into())).await,
            4..7 => {
                let done = work::call(laptop, lead, &word).await?;
                if done {
                    self.calls.push((lead, word));
                }
                Ok(done)
            }
            // a program that does not ask: on what is another's it counts nowhere
            7 if word.ends_with(['0', '1', '2', '3', '4', '5']) => work::qualify_unasked(laptop, lead).await,
            7 => work::qualify(laptop, lead).await,
            8 => {
                // a converted lead is not deleted: its import is not undone any more
                if self.deleted.contains(&lead) {
                    return Ok(false);
                }
                let done = work::convert(laptop, lead).await?;
                if done && !self.converted.contains(&lead) {
                    self.converted.push(lead);
                }
                Ok(done)
            }
            9 => {
                let stages = [Stage::Calificacion, Stage::Diagnostico, Stage::Propuesta];
                let stage = stages[draw.below(stages.len())];
                let converted = draw.one(&self.converted).unwrap_or(lead);
                work::move_to(laptop, converted, stage).await
            }
            _ => {
                if draw.below(4) > 0 || self.converted.contains(&lead) {
                    return Ok(false);
                }
                self.deleted.insert(lead);
                work::delete(laptop, lead).await
            }
        }
    }
}
