//! Whatever five people do apart, in whatever order their frames arrive, twice, late or not at all: in the end their
//! documents and their read tables are the same.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use zuc_domain::customer::Customer;
use zuc_domain::lead::opportunity::Stage;
use zuc_domain::lead::{Lead, LeadField, LeadState};
use zuc_domain::shared::{CustomerId, LeadId};
use zuc_protocol::{Rights, Role};
use zuc_testkit::network::Network;

use crate::work::{self, SALES};

/// Cases in all; a company lives through some of them one after the other.
const CASES: u64 = 2_000;
const CASES_OF_A_COMPANY: u64 = 25;
const STEPS: u64 = 40;

fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

struct Draw(ChaCha8Rng);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.0.next_u64() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn word(&mut self) -> String {
        format!("{:06x}", self.0.next_u32() >> 8)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() { None } else { Some(of[self.below(of.len())]) }
    }
}

#[tokio::test]
async fn five_laptops_converge_whatever_the_network_does() {
    converge(0).await;
}

/// The other half of the companies, on another core.
#[tokio::test]
async fn five_other_laptops_converge_whatever_the_network_does() {
    converge(1).await;
}

#[expect(clippy::print_stdout, clippy::disallowed_macros, reason = "figures and seeds are this test's product")]
async fn converge(half: u64) {
    let first = from_env("ZUC_NETWORK_SEED", 1) + half;
    let companies = from_env("ZUC_NETWORK_CASES", CASES).div_ceil(2 * CASES_OF_A_COMPANY);
    let (mut commands, mut twice, mut last) = (0, 0, first);
    for seed in (first..).step_by(2).take(usize::try_from(companies).unwrap()) {
        let mut life = Life::begin(seed).await;
        for case in 0..CASES_OF_A_COMPANY {
            life.case().await;
            life.compare(seed, case).await;
        }
        commands += life.commands;
        twice += life.converted_twice;
        last = seed;
    }
    println!(
        "network: every other seed from {first} to {last}, {} cases, {commands} commands, {twice} leads converted by \
         two at once",
        companies * CASES_OF_A_COMPANY
    );
    assert!(twice > 0, "two offline creations of one derived id are part of it");
}

/// A company and what was done in it.
struct Life {
    network: Network,
    draw: Draw,
    leads: Vec<LeadId>,
    converted: Vec<LeadId>,
    deleted: Vec<LeadId>,
    commands: u64,
    converted_twice: u64,
}

impl Life {
    async fn begin(seed: u64) -> Self {
        let seller = || Rights::new([Role::Ventas], [1]);
        let manager = Rights::new([Role::Gerencia], [1]);
        let others = [("Ana", seller()), ("Beto", seller()), ("Carla", seller()), ("Diana", manager)];
        let network = Network::found(seed, &others).await;
        let draw = Draw(ChaCha8Rng::seed_from_u64(seed));
        let none = Vec::new;
        Self { network, draw, leads: none(), converted: none(), deleted: none(), commands: 0, converted_twice: 0 }
    }

    async fn case(&mut self) {
        for _ in 0..self.draw.below(usize::try_from(STEPS).unwrap()) {
            let at = self.draw.below(self.network.laptops.len());
            match self.draw.below(20) {
                0..8 => {
                    if self.command(at).await {
                        self.commands += 1;
                    }
                }
                8 => self.both_convert().await,
                9..13 => {
                    let lost = self.draw.below(7) == 0;
                    self.network.carry_up(at, lost).await;
                }
                13..17 => {
                    let (which, times) = (self.draw.below(6), self.draw.below(3));
                    self.network.laptops[at].receive(which, times).await;
                }
                17 => self.network.poll(at).await,
                18 => {
                    self.network.laptops[at].disconnect().await;
                    if self.draw.below(2) == 0 {
                        self.network.connect(at).await;
                    }
                }
                _ => {
                    self.network.laptops[at].restart().await;
                    if self.draw.below(2) == 0 {
                        self.network.connect(at).await;
                    }
                }
            }
        }
    }

    async fn command(&mut self, at: usize) -> bool {
        let word = self.draw.word();
        let lead = self.draw.one(&self.leads);
        let laptop = &mut self.network.laptops[at];
        let Some(lead) = lead.filter(|_| !word.starts_with(['0', '1', '2'])) else {
            self.leads.push(work::capture(laptop, &word).await);
            return true;
        };
        match self.draw.below(10) {
            0 => work::edit(laptop, lead, LeadField::City(Some(word))).await,
            1 => work::edit(laptop, lead, LeadField::Notes(word)).await,
            2 => work::edit(laptop, lead, LeadField::FullName(Some(word))).await,
            3 => work::edit(laptop, lead, LeadField::Tags([word].into())).await,
            4 | 5 => work::call(laptop, lead, &word).await,
            6 => work::qualify(laptop, lead).await,
            7 => {
                let done = work::convert(laptop, lead).await;
                if done && !self.converted.contains(&lead) {
                    self.converted.push(lead);
                }
                done
            }
            8 => {
                let stages = [Stage::Calificacion, Stage::Diagnostico, Stage::Propuesta];
                let stage = stages[self.draw.below(stages.len())];
                let converted = self.draw.one(&self.converted).unwrap_or(lead);
                work::move_to(laptop, converted, stage).await
            }
            // a converted lead is not deleted: its import is not undone any more
            _ if self.converted.contains(&lead) || self.draw.below(4) > 0 => false,
            _ => {
                self.deleted.push(lead);
                work::delete(laptop, lead).await
            }
        }
    }

    /// Two laptops that know nothing of each other convert one lead.
    async fn both_convert(&mut self) {
        let (one, other) = (self.draw.below(5), self.draw.below(5));
        let Some(lead) = self.draw.one(&self.leads) else { return };
        if one == other || self.deleted.contains(&lead) {
            return;
        }
        let mut done = 0;
        for at in [one, other] {
            self.network.laptops[at].disconnect().await;
            work::call(&mut self.network.laptops[at], lead, "antes de convertir").await;
            work::qualify(&mut self.network.laptops[at], lead).await;
            if work::convert(&mut self.network.laptops[at], lead).await {
                done += 1;
            }
        }
        if done > 0 && !self.converted.contains(&lead) {
            self.converted.push(lead);
        }
        self.converted_twice += u64::from(done == 2);
    }

    /// The network is good again: everything is carried, and everybody holds the same.
    async fn compare(&mut self, seed: u64, case: u64) {
        // what was lost on the way is sent again by the next connection
        for laptop in &mut self.network.laptops {
            laptop.disconnect().await;
        }
        self.network.settle().await;
        let mut first = None;
        for laptop in &self.network.laptops {
            let place = format!("seed {seed}, case {case}, {}", laptop.name);
            assert_eq!(laptop.store.unsent().await.unwrap(), 0, "{place}");
            assert!(laptop.set_aside.is_empty(), "{place}: {:?}", laptop.set_aside);
            let digests = laptop.store.digests().await.unwrap();
            match &first {
                None => first = Some(digests),
                Some(first) if &digests == first => {}
                Some(first) => {
                    // the table that is not what its documents make it is the one to look at
                    let mut stale = Vec::new();
                    for laptop in &self.network.laptops {
                        stale.push((&laptop.name, laptop.store.rebuild(false).await.unwrap()));
                    }
                    panic!("{place}: {digests:?} is not {first:?}; not as projected: {stale:?}");
                }
            }
        }
        let laptop = &self.network.laptops[self.draw.below(5)];
        assert_eq!(laptop.store.rebuild(false).await.unwrap(), [], "seed {seed}, case {case}, {}", laptop.name);
        for lead in &self.converted {
            let customer = CustomerId::derive(SALES, *lead, "customer");
            let made = laptop.store.read::<Customer>(customer).await.unwrap();
            assert_eq!(made.map(|customer| customer.contacts.len()), Some(1), "seed {seed}, case {case}");
            if let Some(lead) = laptop.store.read::<Lead>(*lead).await.unwrap() {
                assert_eq!(lead.state(), LeadState::Converted, "seed {seed}, case {case}");
            }
        }
    }
}
