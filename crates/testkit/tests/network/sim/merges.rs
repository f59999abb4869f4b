//! Leads that are made one while others still write to each of them, and merge them the other way round.

use std::collections::{BTreeMap, BTreeSet};

use zuc_app::AppError;
use zuc_app::leads;
use zuc_domain::lead::{Lead, LeadState};
use zuc_domain::shared::LeadId;
use zuc_store::Tx;
use zuc_testkit::network::Laptop;

use super::people::Acknowledged;
use super::week::Week;

/// After so many rounds in which everybody lets land what came late, nothing is left.
const ROUNDS: usize = 8;
/// What is said of a lead for which keys are on their way.
const WAITS: [&str; 2] = ["store.no_bag", "store.person_key_missing"];

/// Leads that somebody made one, or let go to the other team, where they are another record.
#[derive(Default, Clone)]
pub(super) struct Merges {
    /// Each with the lead that goes first, and then the one in which it lives on: acknowledged or perhaps done all the same.
    tried: Vec<(LeadId, LeadId)>,
    /// Those that were acknowledged.
    done: BTreeSet<(LeadId, LeadId)>,
    /// Leads that may live on in one that nobody was told of.
    blurred: BTreeSet<LeadId>,
}

impl Merges {
    /// One lives on in another.
    pub(super) fn done(&mut self, goes: LeadId, stays: LeadId) {
        self.tried.push((goes, stays));
        self.done.insert((goes, stays));
    }

    /// Nobody knows where one lives on.
    pub(super) fn blur(&mut self, lead: LeadId) {
        self.blurred.insert(lead);
    }

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

    /// The lead into which one went for certain, if it went into no further one.
    fn went_once(&self, goes: LeadId) -> Option<LeadId> {
        let mut ways = self.tried.iter().filter(|(from, _)| *from == goes);
        let only = ways.next().filter(|way| self.done.contains(*way))?;
        ways.next().is_none().then_some(only.1)
    }
}

impl Acknowledged {
    /// What came of a use case: whether it was done; nothing where a disk refused it, for then nobody knows.
    pub(super) fn outcome(&mut self, laptop: &Laptop, done: Result<bool, AppError>) -> Option<bool> {
        match done {
            Ok(done) => Some(done),
            Err(error) if WAITS.contains(&error.code.as_str()) => {
                self.waits_for_keys += 1;
                Some(false)
            }
            Err(error) if error.code.starts_with("store.") => {
                self.refused(laptop, &error);
                None
            }
            // it is not here, or is one with another, or a customer
            Err(error) => {
                assert!(error.code.starts_with("lead.") || error.code == "app.not_found", "{}: {error}", laptop.name);
                Some(false)
            }
        }
    }
}

async fn join(laptop: &mut Laptop, goes: LeadId, stays: LeadId) -> Result<bool, AppError> {
    let mut tx = laptop.begin().await?;
    leads::join(&mut tx, stays, goes, &[]).await?;
    laptop.commit(tx).await?;
    Ok(true)
}

impl Week {
    /// Somebody makes two leads one.
    pub(super) async fn merge(&mut self, laptop: usize) {
        let (Some(goes), Some(stays)) = (self.draw.one(&self.done.leads), self.draw.one(&self.done.leads)) else {
            return;
        };
        if goes != stays && ![goes, stays].iter().any(|lead| self.done.deleted.contains(lead)) {
            let laptop = &mut self.network.laptops[laptop];
            let joined = Box::pin(join(laptop, goes, stays)).await;
            match self.done.outcome(laptop, joined) {
                Some(true) => {
                    self.done.merges.done(goes, stays);
                    self.figures.merged += 1;
                }
                Some(false) => {}
                None => self.done.merges.tried.push((goes, stays)),
            }
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
    for lead in laptop.store.stray_leads().await.expect("an open store") {
        let mut tx = laptop.begin().await.expect("a disk that works");
        let wrote = leads::follow_origin(&mut tx, lead, laptop.now()).await;
        any |= landed(laptop, tx, wrote).await;
    }
    // one that stays after all is one in which others can land
    for _ in 0..2 {
        for lead in laptop.store.late_aliases().await.expect("an open store") {
            let mut tx = laptop.begin().await.expect("a disk that works");
            let wrote = leads::catch_up(&mut tx, lead, laptop.now()).await;
            any |= landed(laptop, tx, wrote).await;
        }
    }
    any
}

async fn landed(laptop: &mut Laptop, tx: Tx, wrote: Result<bool, AppError>) -> bool {
    match wrote {
        Ok(wrote) => {
            laptop.commit(tx).await.expect("a disk that works");
            wrote
        }
        // a record whose person's key is on its way is read once that is here
        Err(error) => {
            assert!(WAITS.contains(&error.code.as_str()), "{}: {error}", laptop.name);
            false
        }
    }
}

/// Of leads that were made one, or went to the other team, one is shown, and all that was noted of any of them is found there,
/// once; what went into one alone lives on in what that lives on in. What came late has landed, unless the one that stays is a
/// customer.
pub(super) async fn merged_leads_are_one(week: &mut Week) {
    let at = week.draw.below(week.network.laptops.len());
    let laptop = &week.network.laptops[at];
    let (store, place) = (&laptop.store, format!("seed {}, {}", week.seed, laptop.name));
    let groups = week.done.merges.groups();
    let merges = &week.done.merges;
    let is_clear =
        |group: &BTreeSet<LeadId>| group.is_disjoint(&week.done.deleted) && group.is_disjoint(&merges.blurred);
    for (lead, group) in groups.iter().filter(|(_, group)| is_clear(group)) {
        if store.read::<Lead>(*lead).await.unwrap().is_none() {
            // of a team that is not read here; what is lost is asked elsewhere
            continue;
        }
        let survivor = store.survivor_of(*lead).await.unwrap();
        assert!(group.contains(&survivor), "{place}: {lead} lives on in one that it was merged with");
        let shown = store.lead_row(*lead).await.unwrap().is_some();
        assert_eq!(shown, survivor == *lead, "{place}: {lead} is in a list");
        if let Some(stays) = merges.went_once(*lead) {
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
        let is_unclear = groups.get(&late).is_some_and(|group| !is_clear(group));
        assert!(is_over || is_unclear, "{place}: what came late to {late} has not landed");
    }
}
