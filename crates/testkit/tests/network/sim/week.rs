//! The week itself: what happens is done to the company, and looked at after each time.

use std::collections::{BTreeMap, BTreeSet};

use tempfile::TempDir;
use zuc_protocol::manifest::Says;
use zuc_protocol::pack::PackItem;
use zuc_protocol::{Rights, Role, Scope};
use zuc_store::{Backup, Snapshot};
use zuc_sync::{Input, SyncStatus};
use zuc_testkit::network::{Laptop, Network, On};

use super::figures::{Figures, Last, Lived};
use super::leases::Leases;
use super::merges;
use super::oracle;
use super::people::{Acknowledged, Draw};
use super::script::{Event, pause};
use crate::spoil::spoil;

const WEEK_MS: i64 = 7 * 24 * 3_600_000;
/// Within so long all hold the same once everything is mended.
const CONVERGED_MS: i64 = 5_000;
/// The same after the relay lost what it kept: what is not answered is asked again after ten seconds.
const GIVEN_BACK_MS: i64 = 15_000;
/// How long a frame travels and its answer, once everything is mended.
const ROUND_TRIP_MS: i64 = 100;
/// Laptops that are there from the beginning, and to the end.
const FOUNDERS: usize = 4;
/// Laptops that join in the middle of a week, at most.
const JOINERS: [&str; 2] = ["Elena", "Fausto"];

/// A company in its week.
pub(super) struct Week {
    pub(super) seed: u64,
    pub(super) network: Network,
    pub(super) done: Acknowledged,
    pub(super) draw: Draw,
    pub(super) figures: Figures,
    trace: blake3::Hasher,
    cut_off: BTreeSet<usize>,
    clogged: BTreeSet<usize>,
    joined: usize,
    last: Last,
    on: On,
    /// The last backup of each laptop that has one.
    pub(super) backups: BTreeMap<usize, Backup>,
    /// The relay as it was killed last.
    copy: Option<TempDir>,
    /// The relay lost something, and not everybody was there since.
    pub(super) lost: bool,
    pub(super) leases: Leases,
    /// The snapshot that two made up, where they did.
    pub(super) lie: Option<Snapshot>,
}

impl Week {
    /// Lives through a week.
    ///
    /// # Panics
    /// When something is lost, or they do not come to hold the same.
    pub(super) async fn live(seed: u64) -> Lived {
        Box::pin(Self::through(seed, On::Disk)).await
    }

    /// As [`Week::live`], over disks that do not fail, of laptops that are restored from backups.
    pub(super) async fn live_with_backups(seed: u64) -> Lived {
        Box::pin(Self::through(seed, On::Folder)).await
    }

    /// As [`Week::live`], over disks that nobody syncs.
    pub(super) async fn live_without_syncs(seed: u64) -> Lived {
        Box::pin(Self::through(seed, On::UnsyncedDisk)).await
    }

    async fn through(seed: u64, on: On) -> Lived {
        let seller = || Rights::new([Role::Ventas], [1]);
        let others = [("Ana", seller()), ("Beto", seller()), ("Diana", Rights::new([Role::Gerencia], [1]))];
        let network = Network::found_on(on, seed, &others).await;
        let mut week = Self {
            seed,
            network,
            done: Acknowledged::default(),
            draw: Draw::new(seed),
            figures: Figures { weeks: 1, ..Figures::default() },
            trace: blake3::Hasher::new(),
            cut_off: BTreeSet::new(),
            clogged: BTreeSet::new(),
            joined: 0,
            last: Last::of(seed),
            on,
            backups: BTreeMap::new(),
            copy: None,
            lost: false,
            leases: Leases::default(),
            lie: None,
        };
        week.network.trust_the_relay().await;
        week.open_another_team().await;
        let begun = week.network.time.passed_ms();
        while week.network.time.passed_ms() - begun < WEEK_MS {
            let event = Event::draw(&mut week.draw, week.network.laptops.len());
            let told = format!("{event:?}");
            week.trace.update(told.as_bytes());
            week.last.add(told);
            week.figures.events += 1;
            Box::pin(week.happen(event)).await;
            week.go_on().await;
        }
        Box::pin(week.heal()).await;
        // whoever reads the whole log from its beginning comes to hold what the others do
        week.network.join("Testigo", Rights::new([Role::Gerencia], [1])).await;
        Box::pin(week.heal()).await;
        // and so does whoever begins at what two others made of it
        Box::pin(week.begin_at_a_snapshot()).await;
        if (seed / 2).is_multiple_of(4) {
            Box::pin(week.lose_them_all()).await;
        }
        oracle::nothing_is_in_clear(&week);
        week.figures.commands = week.done.commands;
        week.figures.refused_by_a_disk = week.done.refused_by_a_disk;
        week.figures.waits_for_keys = week.done.waits_for_keys;
        Lived { trace: week.trace.finalize(), figures: week.figures }
    }

    /// Somebody joins who takes in a snapshot, with what came after it. In a third of the weeks it is a lie of two, which ends when the
    /// log is read over it; in the others whoever goes on from it makes what the whole log makes, and in half of those the relay then
    /// drops what lies before another one.
    async fn begin_at_a_snapshot(&mut self) {
        let scope = Scope::Sales(1);
        let lies = (self.seed / 2) % 3 == 1;
        let mut made = Box::pin(self.network.snapshot(0, scope)).await;
        if lies {
            made = self.network.doctored(0, &made, |mut items| {
                let record = items.iter().position(|item| matches!(item, PackItem::Document(_)));
                items.remove(record.expect("a week leaves records"));
                items
            });
        }
        self.network.offer_snapshot(0, &made).await.expect("a snapshot of this log");
        if lies {
            self.network.say(1, &made, Says::Right).await;
        } else {
            let right = Box::pin(self.network.look_into(1, &made)).await;
            assert!(right, "seed {}: two laptops fold the same entries to the same", self.seed);
        }
        self.work(2, 5).await;
        Box::pin(self.heal()).await;
        self.network.begin_at = 1;
        self.network.join("Nora", Rights::new([Role::Gerencia], [1])).await;
        self.network.settle().await;
        let at = self.network.laptops.len() - 1;
        let joined = &self.network.laptops[at];
        assert_eq!(joined.begun, [(scope, made.manifest.cursor)], "seed {}: {:?}", self.seed, joined.not_begun);
        self.figures.begun += 1;
        if lies {
            Box::pin(self.is_found_out(at, &made)).await;
            self.lie = Some(made.clone());
        }
        Box::pin(self.heal()).await;
        if !lies {
            let whole = Box::pin(self.network.snapshot(0, scope)).await;
            let upon = Box::pin(self.network.goes_on_from(1, &made, scope, whole.manifest.cursor)).await;
            let digest = upon.map(|upon| upon.manifest.digest);
            assert_eq!(digest, Some(whole.manifest.digest), "seed {}: what is made upon a snapshot", self.seed);
        }
        if (self.seed / 2) % 3 == 2 {
            Box::pin(self.drop_what_all_hold(&made)).await;
        }
    }

    /// Time passes with nothing to do, until a laptop has read what lies before the lie that it began at.
    pub(super) async fn is_found_out(&mut self, at: usize, lie: &Snapshot) {
        let scope = lie.manifest.scope;
        for _ in 0..200 {
            self.network.round_trip(1_000).await;
            if self.network.laptops[at].store.unproven(scope).await.expect("an open store").is_some() {
                let right = Box::pin(self.network.proves(at, lie)).await;
                assert!(!right, "seed {}: a lie is found out", self.seed);
                // what did not fit the lie was read again upon what the log makes; what is refused now is among its findings
                self.network.laptops[at].set_aside.clear();
                self.figures.lies += 1;
                return;
            }
        }
        panic!("seed {}: what lies before the snapshot is never read", self.seed);
    }

    async fn happen(&mut self, event: Event) {
        match event {
            Event::Work { laptop, commands } => self.work(laptop, commands).await,
            Event::ConvertApart { one, other } => Box::pin(self.convert_apart(one, other)).await,
            Event::Merge { laptop } => Box::pin(self.merge(laptop)).await,
            Event::Move { laptop } => Box::pin(self.move_on(laptop)).await,
            Event::Traffic { frames } => self.traffic(frames).await,
            Event::Break { laptop } => self.network.laptops[laptop].disconnect().await,
            Event::Partition { laptops } => {
                self.cut_off = laptops.into_iter().collect();
                for laptop in &self.cut_off {
                    self.network.laptops[*laptop].disconnect().await;
                }
            }
            Event::Clog { laptops } => self.clogged.extend(laptops),
            Event::Unclog => {
                let all: Vec<usize> = self.clogged.iter().copied().collect();
                if let Some(one) = self.draw.one(&all) {
                    self.clogged.remove(&one);
                }
            }
            Event::Spoil { laptop, how } => {
                // somebody writes, so that there is one
                let other = (laptop + 1) % self.network.laptops.len();
                self.work(other, 1).await;
                for _ in 0..4 {
                    self.network.carry_up(other, false).await;
                }
                self.network.poll(laptop).await;
                let spoiled = spoil(&mut self.network.laptops[laptop], how).is_some();
                self.figures.spoiled += u64::from(spoiled);
                self.traffic(10).await;
            }
            Event::Kill { laptop } => self.kill(laptop).await,
            Event::PowerCut { laptop, after, seed } => Box::pin(self.power_cut(laptop, after, seed)).await,
            Event::Failure { laptop, failure } => {
                if let Some(ground) = self.network.laptops[laptop].ground() {
                    ground.disk().fail(failure);
                }
                let commands = 1 + self.draw.below(3);
                self.work(laptop, commands).await;
                self.traffic(10).await;
            }
            Event::BackUp { laptop } => {
                if self.on == On::Folder {
                    let backup = self.network.laptops[laptop].back_up().await;
                    self.backups.insert(laptop, backup);
                }
            }
            Event::Restore => Box::pin(self.restore()).await,
            Event::Clock { laptop, skew } => {
                self.network.laptops[laptop].skew = skew;
                self.leases.clock_was_set(self.network.laptops[laptop].keys().id());
            }
            Event::AskLease { laptop, process } => self.ask_lease(laptop, process).await,
            Event::WorkUnderLease { laptop, process } => self.work_under_lease(laptop, process).await,
            Event::KillRelay => {
                self.copy = Some(self.network.copy_the_relay().await);
                oracle::what_was_acknowledged_stands(self).await;
            }
            Event::LoseRelay { wiped } => {
                match self.copy.take().filter(|_| !wiped) {
                    Some(copy) => self.network.put_the_relay_back(&copy).await,
                    None => self.network.wipe_the_relay().await,
                }
                self.lost = true;
                self.leases.relay_lost_them();
                self.figures.relays_lost += 1;
            }
            Event::CutRelay { after, seed } => {
                let disk = self.network.host.ground().disk();
                disk.cut_after(disk.points() + after);
                self.traffic(20).await;
                self.network.cut_the_relay(seed).await;
                self.figures.power_cuts += 1;
                oracle::what_was_acknowledged_stands(self).await;
            }
            Event::FailRelay { failure } => {
                self.network.host.ground().disk().fail(failure);
                self.traffic(20).await;
            }
            // an act on a head that others know to be none is a fork, which is for the recovery code
            Event::Rotate if self.lost => {}
            Event::Rotate => self.network.order_rotation(Scope::Sales(1)).await,
            Event::Heal => Box::pin(self.heal()).await,
        }
    }

    /// Time passes, and what goes by itself does: connections are looked for again, disks are mended.
    async fn go_on(&mut self) {
        self.network.time.pass(pause(&mut self.draw));
        let now = self.network.time.passed_ms();
        if self.draw.percent(30) {
            self.network.host.ground().disk().heal();
        }
        for at in 0..self.network.laptops.len() {
            if self.draw.percent(30) {
                self.mend(at).await;
            }
            self.network.laptops[at].hear(Input::Tick(now)).await;
            if !self.cut_off.contains(&at) && self.draw.percent(60) {
                self.network.connect(at).await;
            }
        }
        if self.draw.percent(5) {
            self.cut_off.clear();
        }
        if self.draw.percent(8) {
            let at = self.draw.below(self.network.laptops.len());
            oracle::rows_are_what_documents_make_them(self, at).await;
        }
    }

    async fn mend(&mut self, at: usize) {
        let laptop = &mut self.network.laptops[at];
        if let Some(ground) = laptop.ground() {
            ground.disk().heal();
        }
        laptop.wake().await;
    }

    pub(super) async fn work(&mut self, laptop: usize, commands: usize) {
        for _ in 0..commands {
            self.done.command(&mut self.network.laptops[laptop], &mut self.draw).await;
        }
    }

    async fn convert_apart(&mut self, one: usize, other: usize) {
        let Some(lead) = self.draw.one(&self.done.leads) else { return };
        for at in [one, other] {
            self.network.laptops[at].disconnect().await;
        }
        let mut done = 0;
        for at in [one, other] {
            done += u64::from(self.done.convert(&mut self.network.laptops[at], lead).await);
        }
        self.figures.converted_twice += u64::from(done == 2);
    }

    async fn traffic(&mut self, frames: usize) {
        for _ in 0..frames {
            let at = self.draw.below(self.network.laptops.len());
            if self.clogged.contains(&at) {
                continue;
            }
            match self.draw.below(8) {
                0..3 => {
                    let lost = self.draw.below(9) == 0;
                    self.network.carry_up(at, lost).await;
                }
                3..6 => {
                    // most come once and in order; a few late, twice or not at all
                    let (which, times) =
                        if self.draw.percent(85) { (0, 1) } else { (self.draw.below(6), self.draw.below(3)) };
                    self.network.laptops[at].receive(which, times).await;
                }
                _ => self.network.poll(at).await,
            }
        }
    }

    async fn kill(&mut self, laptop: usize) {
        let laptop = &mut self.network.laptops[laptop];
        if laptop.ground().is_some() {
            laptop.kill().await;
        } else {
            laptop.restart().await;
        }
    }

    async fn power_cut(&mut self, laptop: usize, after: u64, seed: u64) {
        let Some(ground) = self.network.laptops[laptop].ground() else { return self.kill(laptop).await };
        let disk = ground.disk();
        disk.cut_after(disk.points() + after);
        let commands = 1 + self.draw.below(3);
        self.work(laptop, commands).await;
        self.traffic(12).await;
        self.network.laptops[laptop].power_cut(seed).await;
        self.figures.power_cuts += 1;
    }

    /// Everything is mended; soon all hold the same.
    pub(super) async fn heal(&mut self) {
        self.cut_off.clear();
        self.clogged.clear();
        self.network.host.ground().disk().heal();
        for at in 0..self.network.laptops.len() {
            self.mend(at).await;
        }
        self.network.disconnect_all().await;
        let begun = self.network.time.passed_ms();
        while !self.network.round_trip(ROUND_TRIP_MS).await {
            let passed = self.network.time.passed_ms() - begun;
            if passed > if self.lost { GIVEN_BACK_MS } else { CONVERGED_MS } {
                let state = |laptop: &Laptop| (laptop.name, laptop.engine.status(), laptop.refused.last().cloned());
                let states: Vec<(&str, SyncStatus, Option<String>)> = self.network.laptops.iter().map(state).collect();
                panic!("seed {}: not at rest {passed} ms after all was mended: {states:?}", self.seed);
            }
        }
        self.figures.slowest_ms = self.figures.slowest_ms.max(self.network.time.passed_ms() - begun);
        self.figures.healed += 1;
        Box::pin(self.let_land()).await;
        let digest = oracle::all_hold_the_same(self).await;
        self.figures.ignored = oracle::all_were_told_alike(self).await;
        self.trace.update(digest.as_bytes());
        self.lost = false;
        oracle::what_was_acknowledged_stands(self).await;
        oracle::the_log_is_dense(self).await;
        oracle::nothing_is_lost(self).await;
        merges::merged_leads_are_one(self).await;
        if self.joined < JOINERS.len() && self.draw.percent(25) {
            self.network.join(JOINERS[self.joined], Rights::new([Role::Ventas], [1])).await;
            self.joined += 1;
        } else if self.network.laptops.len() > FOUNDERS && self.draw.percent(25) {
            Box::pin(self.lose_a_laptop()).await;
        }
    }
}
