//! The relay drops what all hold, while one of them is away for two months.

use zuc_protocol::{Rights, Role, Scope};
use zuc_store::Snapshot;

use super::week::Week;
use crate::work;

const SCOPE: Scope = Scope::Sales(1);
const DAY_MS: i64 = 24 * 3_600_000;

impl Week {
    /// What lies before a snapshot goes once it has stood for a month and all hold it who were there of late. Whoever comes back
    /// after two months begins anew at it and brings what they wrote; whoever joins begins there; and all come to hold the same.
    ///
    /// Those who began at the snapshot `before` read first what lies before that, and find it right.
    pub(super) async fn drop_what_all_hold(&mut self, before: &Snapshot) {
        self.network.settle().await;
        for at in 0..self.network.laptops.len() {
            if self.network.laptops[at].begun.contains(&(SCOPE, before.manifest.cursor)) {
                self.finds_it_right(at, before).await;
            }
        }
        // a log that follows a lost one is left alone until nothing of it can be missing; here nobody reads what is fiscal
        if let Err(code) = self.network.thaw_by_code().await {
            assert_eq!(code, "sync.not_lost", "seed {}", self.seed);
        }
        self.network.settle().await;
        let away = 1 + self.draw.below(3);
        self.network.laptops[away].disconnect().await;
        self.network.laptops[away].away = true;
        self.work(away, 4).await;
        let made = Box::pin(self.vouched_for_by(1 + away % 3)).await;
        let waits = self.compact().await;
        assert_eq!(waits, (0, made.manifest.cursor), "seed {}: it has not stood for a month", self.seed);
        for _month in 0..2 {
            self.work(0, 3).await;
            self.network.time.pass(31 * DAY_MS);
            self.network.disconnect_all().await;
            self.network.settle().await;
        }
        assert_eq!(self.compact().await, (made.manifest.cursor, 0), "seed {}: it is dropped", self.seed);
        self.figures.compacted += 1;

        self.network.laptops[away].away = false;
        self.network.join("Pilar", Rights::new([Role::Gerencia], [1])).await;
        self.network.settle().await;
        let at = (SCOPE, made.manifest.cursor);
        for late in [&self.network.laptops[away], self.network.laptops.last().expect("she joined")] {
            assert_eq!(late.begun.last(), Some(&at), "seed {}, {}: begins there", self.seed, late.name);
        }
        Box::pin(self.heal()).await;
    }

    /// Somebody writes, the founder makes a snapshot of all of it, and another person finds it right.
    async fn vouched_for_by(&mut self, other: usize) -> Snapshot {
        let lead = work::capture(&mut self.network.laptops[0], "tarde").await.expect("a disk that works");
        self.done.leads.push(lead);
        self.network.settle().await;
        let made = Box::pin(self.network.snapshot(0, SCOPE)).await;
        self.network.offer_snapshot(0, &made).await.expect("a snapshot of this log");
        let right = Box::pin(self.network.look_into(other, &made)).await;
        assert!(right, "seed {}: two laptops fold the same entries to the same", self.seed);
        made
    }

    /// Everybody who is there says what they hold, and the relay drops what it may: where the log begins, and the place of the
    /// snapshot that is waited for.
    async fn compact(&mut self) -> (u64, u64) {
        for at in 0..self.network.laptops.len() {
            if self.network.laptops[at].is_online() {
                self.network.hold(at, SCOPE).await.expect("a word on the log that stands");
            }
        }
        let done = self.network.host.compact(self.network.company, SCOPE).await;
        (done.begins, done.waits_for)
    }

    /// Time passes with nothing to do, until a laptop has read what lies before the snapshot that it began at, and finds it right.
    async fn finds_it_right(&mut self, at: usize, made: &Snapshot) {
        for _ in 0..200 {
            self.network.round_trip(1_000).await;
            if self.network.laptops[at].store.unproven(SCOPE).await.expect("an open store").is_some() {
                assert!(Box::pin(self.network.proves(at, made)).await, "seed {}: it is right", self.seed);
                return;
            }
        }
        panic!("seed {}: what lies before the snapshot is never read", self.seed);
    }
}
