//! What is lost with a laptop: one that is restored, and one that is stolen.

use zuc_sync::SyncStatus;

use super::oracle;
use super::week::Week;
use crate::work::SALES;

impl Week {
    /// What a laptop wrote since all was at rest is lost with its disk, and nothing else.
    pub(super) async fn restore(&mut self) {
        let all: Vec<usize> = self.backups.keys().copied().collect();
        let Some(laptop) = self.draw.one(&all) else { return };
        let Some(backup) = self.backups.remove(&laptop) else { return };
        Box::pin(self.heal()).await;
        if laptop >= self.network.laptops.len() {
            // it was taken away just now
            return;
        }
        Box::pin(self.work_apart(laptop)).await;
        self.network.laptops[laptop].restore(&backup).await;
        self.backups.insert(laptop, backup);
        self.figures.restored += 1;
    }

    /// The laptop that joined last is stolen: nobody learns what is done at it since, and it learns nothing any more.
    pub(super) async fn lose_a_laptop(&mut self) {
        let at = self.network.laptops.len() - 1;
        Box::pin(self.work_apart(at)).await;
        self.network.laptops[at].away = true;
        self.network.remove(at).await;
        self.network.laptops[at].away = false;
        self.network.settle().await;
        let place = format!("seed {}, {}", self.seed, self.network.laptops[at].name);
        let gone = self.network.laptops.pop().expect("it was there");
        assert_eq!(gone.engine.status(), SyncStatus::Failed("sync.revoked"), "{place}");
        assert!(!gone.store.holds_any_of(SALES).await.unwrap(), "{place}: what it may not read any more is gone");
        assert_eq!(gone.store.unsent().await.unwrap(), 0, "{place}: what it did is kept apart");
        self.backups.remove(&at);
        self.figures.removed += 1;
    }

    /// Every laptop is gone, and somebody comes in by the printed code: they hold what the others held, and nothing is lost.
    pub(super) async fn lose_them_all(&mut self) {
        let before = self.network.laptops[0].store.digests().await.unwrap();
        let used = Box::pin(self.network.recover("Nadia", None)).await;
        let place = format!("seed {}, by the code", self.seed);
        assert!(self.network.session_of(&used).await.is_err(), "{place}: it is good no more");
        // whoever had disputed a lie is gone with the others: it is begun at once more, and found out once more
        if let Some(lie) = self.lie.take().filter(|_| !self.network.laptops[0].begun.is_empty()) {
            Box::pin(self.is_found_out(0, &lie)).await;
            self.network.settle().await;
        }
        let nadia = &self.network.laptops[0];
        assert!(nadia.set_aside.is_empty(), "{place}: {:?}", nadia.set_aside);
        let mut held = nadia.store.digests().await.unwrap();
        held.retain(|digest| before.iter().any(|of| of.scope == digest.scope));
        assert_eq!(held, before, "{place}");
        oracle::nothing_is_lost(self).await;
    }

    /// Somebody works where there is no network; what is done there is not promised to anybody.
    async fn work_apart(&mut self, laptop: usize) {
        self.network.laptops[laptop].disconnect().await;
        let mut apart = self.done.clone();
        for _ in 0..self.draw.below(4) {
            apart.command(&mut self.network.laptops[laptop], &mut self.draw).await;
        }
    }
}
