//! Records there before an import, held in memory under their keys.

use std::collections::HashMap;

use zuc_domain::lead::duplicates::{BlockingKey, NOISE_LIMIT};

use super::identity::{ExistingLeads, KnownLead};

/// Records read once from the store; a hundred thousand of them take some 60 MB.
#[derive(Debug, Clone, Default)]
pub struct KnownLeads {
    leads: Vec<KnownLead>,
    by_key: HashMap<BlockingKey, Vec<usize>>,
}

impl KnownLeads {
    /// Adds a record under all its keys.
    pub fn add(&mut self, lead: KnownLead) {
        for key in lead.identity.record().keys() {
            let places = self.by_key.entry(key).or_default();
            if places.len() <= NOISE_LIMIT {
                places.push(self.leads.len());
            }
        }
        self.leads.push(lead);
    }
}

impl FromIterator<KnownLead> for KnownLeads {
    fn from_iter<I: IntoIterator<Item = KnownLead>>(leads: I) -> Self {
        let mut known = Self::default();
        leads.into_iter().for_each(|lead| known.add(lead));
        known
    }
}

impl ExistingLeads for KnownLeads {
    fn find(&self, key: &BlockingKey) -> Vec<KnownLead> {
        self.by_key.get(key).into_iter().flatten().map(|place| self.leads[*place].clone()).collect()
    }
}
