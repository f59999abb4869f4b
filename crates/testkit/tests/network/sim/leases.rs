//! Leases: of all who ask for one, one has it; and who slept over its end does nothing under it.

use std::collections::BTreeMap;

use uuid::Uuid;
use zuc_domain::lead::{Lead, NewLead};
use zuc_domain::shared::LeadId;
use zuc_protocol::ids::DeviceId;
use zuc_store::{Lease, StoreError};

use super::week::Week;
use crate::work::SALES;

/// A job of every member.
const JOB: &str = "limpieza";
/// How long a lease lasts.
const LASTS_MS: u32 = 10 * 60_000;
/// A laptop's clock counts whole seconds, and one for each of its commands.
const SLACK_MS: i64 = 2_000;

/// What is known of the leases of a week.
#[derive(Default)]
pub(super) struct Leases {
    /// Who got the lease of a process last, under which number, and until when at the relay.
    last: BTreeMap<Uuid, (DeviceId, u64, i64)>,
    /// What each laptop believes it holds.
    held: BTreeMap<(DeviceId, Uuid), (Lease, i64)>,
}

impl Leases {
    /// A laptop's clock was set: what it measured before is not looked at.
    pub(super) fn clock_was_set(&mut self, device: DeviceId) {
        self.held.retain(|(of, _), _| *of != device);
    }

    /// The relay does not know any more who holds what.
    pub(super) fn relay_lost_them(&mut self) {
        self.last.clear();
    }
}

impl Week {
    /// A laptop asks for a lease, if it is connected.
    pub(super) async fn ask_lease(&mut self, laptop: usize, process: u8) {
        let process = Uuid::from_u128(u128::from(process) + 1);
        let device = self.network.laptops[laptop].keys().id();
        let Ok(lease) = self.network.lease(laptop, JOB, process, LASTS_MS).await else { return };
        self.figures.leases += 1;
        let place = format!("seed {}, {}", self.seed, self.network.laptops[laptop].name);
        let now = self.network.time.passed_ms();
        if let Some((holder, fence, until)) = self.leases.last.get(&process) {
            assert!(*holder == device || now >= *until, "{place}: two hold one lease");
            assert!(lease.fence() > *fence || (*holder == device && now < *until), "{place}: a later one is above");
        }
        for scope in zuc_protocol::Scope::FIRST {
            let log = self.network.laptops[laptop].engine.log();
            if log.may_read(device, scope)
                && let Some(head) = self.network.host.head(self.network.company, scope).await
            {
                let read = self.network.laptops[laptop].store.cursors().await.unwrap();
                let upto = read.iter().find(|(of, _)| *of == scope).map_or(0, |(_, cursor)| cursor.seq);
                assert_eq!(upto, head.seq, "{place}: it had not read {scope}");
            }
        }
        let until = now + i64::from(LASTS_MS);
        self.leases.last.insert(process, (device, lease.fence(), until));
        self.leases.held.insert((device, process), (lease, until));
    }

    /// A laptop does something under the lease that it believes it holds.
    pub(super) async fn work_under_lease(&mut self, laptop: usize, process: u8) {
        let process = Uuid::from_u128(u128::from(process) + 1);
        let device = self.network.laptops[laptop].keys().id();
        let Some((lease, until)) = self.leases.held.get(&(device, process)).copied() else { return };
        let over = self.network.time.passed_ms() >= until + SLACK_MS;
        let laptop = &mut self.network.laptops[laptop];
        let done: Result<LeadId, StoreError> = async {
            let mut tx = laptop.begin().await?;
            let (act, id) = (tx.act(), LeadId(tx.fresh_id()));
            let new = NewLead {
                company: Some("Ferretería del turno".to_owned()),
                email: Some("turno@ferreteria.mx".parse().unwrap()),
                ..NewLead::new(id, SALES, "expo", act.today)
            };
            let event = Lead::create(new, &act).unwrap();
            let lead = Lead::from_created(&event).unwrap();
            tx.repository().record(&lead, &event).await?;
            laptop.commit_under(tx, &lease).await?;
            Ok(id)
        }
        .await;
        match done {
            Ok(id) => {
                assert!(!over, "seed {}, {}: it slept over the end of its lease", self.seed, laptop.name);
                self.done.leads.push(id);
            }
            Err(StoreError::LeaseOver) => self.figures.leases_over += 1,
            Err(StoreError::NoBag | StoreError::PersonKeyMissing) => self.done.waits_for_keys += 1,
            Err(error) => self.done.refused(laptop, &error),
        }
    }
}
