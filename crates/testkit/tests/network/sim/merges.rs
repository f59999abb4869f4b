//! Leads that are made one while others still write to each of them, and merge them the other way round.

use std::collections::{BTreeMap, BTreeSet};

use zuc_app::AppError;
use zuc_app::leads;
use zuc_domain::lead::{Lead, LeadState};
use zuc_domain::shared::LeadId;
use zuc_testkit::network::Laptop;

use super::people::Acknowledged;
use super::week::Week;

/// After so many rounds in which everybody lets land what came late, nothing is left.
const ROUNDS: usize = 8;
/// What is said of a lead for which keys are on their way.
const WAITS: [&str; 2] = ["store.no_bag", "store.person_key_missing"];

/// Leads that somebody made one.
#[derive(Default, Clone)]
pub(super) struct Merges {
    /// Each with the lead that goes first, and then the one that stays, acknowledged or perhaps done all the same.
    tried: Vec<(LeadId, LeadId)>,
    /// Those that were acknowledged.
    done: BTreeSet<(LeadId, LeadId)>,
}

impl Merges {
    /// Leads that are one, if all that was tried was done; each with all of its own.
    fn groups(&self) -> BTreeMap<LeadId, BTreeSet<LeadId>> {
        let mut groups: BTreeMap<LeadId, BTreeSet<LeadId>> = BTreeMap::new();
        for (goes, stays) in &self.tried {
            let of = |lead: &LeadId| groups.get(lead).cloned().unwrap_or_else(|| [*lead].into());
            let all: BTreeSet<LeadId> = of(goes).union(&of(stays)).copied().collect();
            for lead in &all {
                groups.insert(*lead, all.clone());
            }
        }
        groups
    }

    /// Whether a lead went into one other for certain, and into no further one.
    fn went_once(&self, goes: LeadId) -> Option<LeadId> {
        let mut ways = self.tried.iter().filter(|(from, _)| *from == goes);
        let only = ways.next().filter(|way| self.done.contains(*way))?;
        ways.next().is_none().then_some(only.1)
    }
}

impl Acknowledged {
    /// One lead goes into another at a laptop, where both are there and open; whether that was acknowledged.
    pub(super) async fn merge(&mut self, laptop: &mut Laptop, goes: LeadId, stays: LeadId) -> bool {
        match Box::pin(join(laptop, goes, stays)).await {
            Ok(()) => {
                self.merges.tried.push((goes, stays));
                self.merges.done.insert((goes, stays));
                true
            }
            Err(error) if WAITS.contains(&error.code.as_str()) => {
                self.waits_for_keys += 1;
                false
            }
            Err(error) if error.code.starts_with("store.") => {
                self.merges.tried.push((goes, stays));
                self.refused(laptop, &error);
                false
            }
            // it is not here, or is one with the other, or a customer
            Err(error) => {
                assert!(error.code.starts_with("lead.") || error.code == "app.not_found", "{}: {error}", laptop.name);
                false
            }
        }
    }
}

async fn join(laptop: &mut Laptop, goes: LeadId, stays: LeadId) -> Result<(), AppError> {
    let mut tx = laptop.begin().await?;
    leads::join(&mut tx, stays, goes, &[]).await?;
    Ok(laptop.commit(tx).await?)
}

impl Week {
    /// Somebody makes two leads one.
    pub(super) async fn merge(&mut self, laptop: usize) {
        let (Some(goes), Some(stays)) = (self.draw.one(&self.done.leads), self.draw.one(&self.done.leads)) else {
            return;
        };
        if goes != stays && ![goes, stays].iter().any(|lead| self.done.deleted.contains(lead)) {
            let done = self.done.merge(&mut self.network.laptops[laptop], goes, stays).await;
            self.figures.merged += u64::from(done);
        }
    }

    /// Everybody lets land what came late to leads that live on in others, as the product does by itself, until nothing is left.
    pub(super) async fn let_land(&mut self) {
        for _ in 0..ROUNDS {
            let mut any = false;
            for at in 0..self.network.laptops.len() {
                any |= Box::pin(catch_up(&mut self.network.laptops[at])).await;
            }
            if !any {
                return;
            }
            self.network.settle().await;
        }
        panic!("seed {}: what comes late to merged leads never comes to an end", self.seed);
    }
}

/// What one laptop does; whether it wrote anything.
async fn catch_up(laptop: &mut Laptop) -> bool {
    let mut any = false;
    // one that stays after all is one in which others can land
    for _ in 0..2 {
        for lead in laptop.store.late_aliases().await.expect("an open store") {
            let mut tx = laptop.begin().await.expect("a disk that works");
            match leads::catch_up(&mut tx, lead, laptop.now()).await {
                Ok(wrote) => {
                    any |= wrote;
                    laptop.commit(tx).await.expect("a disk that works");
                }
                Err(error) => assert!(WAITS.contains(&error.code.as_str()), "{}: {error}", laptop.name),
            }
        }
    }
    any
}

/// Of leads that were made one, one is shown, and all that was noted of any of them is found there, once; whoever went into one
/// alone lives on in what that lives on in. What came late has landed, unless the one that stays is a customer.
pub(super) async fn merged_leads_are_one(week: &mut Week) {
    let at = week.draw.below(week.network.laptops.len());
    let laptop = &week.network.laptops[at];
    let (store, place) = (&laptop.store, format!("seed {}, {}", week.seed, laptop.name));
    let groups = week.done.merges.groups();
    for (lead, group) in groups.iter().filter(|(_, group)| group.is_disjoint(&week.done.deleted)) {
        let survivor = store.survivor_of(*lead).await.unwrap();
        assert!(group.contains(&survivor), "{place}: {lead} lives on in one that it was merged with");
        let shown = store.lead_row(*lead).await.unwrap().is_some();
        assert_eq!(shown, survivor == *lead, "{place}: {lead} is in a list");
        if let Some(stays) = week.done.merges.went_once(*lead) {
            assert_eq!(survivor, store.survivor_of(stays).await.unwrap(), "{place}: {lead} is one with the other");
        }
        let noted = store.activities(survivor, 10_000).await.unwrap();
        for (_, text) in week.done.calls.iter().filter(|(of, _)| of == lead) {
            let times = noted.iter().filter(|row| row.text == *text).count();
            assert_eq!(times, 1, "{place}: a call is found once where {lead} lives on");
        }
    }
    for late in store.late_aliases().await.unwrap() {
        let survivor = store.survivor_of(late).await.unwrap();
        let stays = store.read::<Lead>(survivor).await.unwrap();
        let is_over = stays.is_none_or(|stays| stays.state() == LeadState::Converted);
        let is_deleted = groups.get(&late).is_some_and(|group| !group.is_disjoint(&week.done.deleted));
        assert!(is_over || is_deleted, "{place}: what came late to {late} has not landed");
    }
}
