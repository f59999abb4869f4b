//! A laptop's home over a disk that may fail, and a day's work in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use jiff::civil::date;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use uuid::Uuid;
use zuc_domain::lead::{Lead, LeadField, NewLead};
use zuc_domain::shared::{CompanyId, DeviceId, LeadId, PersonId, Scope};
use zuc_protocol::identity::DeviceKeys;
use zuc_protocol::ids::Incarnation;
use zuc_protocol::secret::BagKey;
use zuc_store::keys::{Home, Keys};
use zuc_store::{Identity, LeadFilter, LeadOrder, OpenOptions, Session, Store, StoreError};

use crate::figures::{Draw, Outcome};
use crate::story::complaint;

/// The file of a home.
pub(crate) const DATABASE: &str = "zuclubit.db";

/// Different bytes at each call, the same in each run of one seed.
fn entropy(seed: u64) -> impl Fn(&mut [u8]) + Send + Sync {
    let turn = AtomicU64::new(0);
    move |bytes: &mut [u8]| {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes()).update(&turn.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        hasher.finalize_xof().fill(bytes);
    }
}

pub(crate) fn keys() -> Keys {
    Keys::fresh(&entropy(u64::MAX))
}

pub(crate) async fn open(folder: &Path, vfs: Option<&str>, durable: bool, seed: u64) -> Result<Store, StoreError> {
    let options = OpenOptions { vfs: vfs.map(str::to_owned), durable, ..OpenOptions::default() };
    Store::open(Home::open(folder)?, &keys(), Arc::new(entropy(seed)), &options).await
}

/// Makes the store that of a laptop of the company, with its keys.
pub(crate) async fn adopt(store: &Store) -> Result<(), StoreError> {
    let device = DeviceKeys::from_seeds(&[1; 32], &[2; 32]);
    let incarnation = Incarnation([3; 16]);
    let actor = device.public().actor(incarnation);
    let company = CompanyId(Uuid::from_u128(1));
    store.adopt(Identity { company, device: DeviceId(device.id().to_uuid()), incarnation, actor }).await?;
    for scope in Scope::all(2) {
        let key = BagKey::from_bytes(*blake3::hash(scope.to_string().as_bytes()).as_bytes());
        store.set_bag(scope, &key).await?;
    }
    Ok(())
}

fn session(second: i64) -> Session {
    Session {
        person: PersonId(Uuid::from_u128(77)),
        at: Timestamp::from_second(1_790_000_000 + second).unwrap(),
        today: date(2026, 9, 21),
        correlation: Uuid::from_u128(5),
        offline: true,
    }
}

pub(crate) type Leads = BTreeMap<Uuid, Lead>;

/// A day's commands and which of them were acknowledged.
pub(crate) struct Day {
    /// The leads after each acknowledgement, the newest last.
    history: Vec<Leads>,
    /// What a commit that got no answer would have led to.
    in_flight: Option<Leads>,
    clock: i64,
}

impl Day {
    pub(crate) fn new() -> Self {
        Self { history: vec![Leads::new()], in_flight: None, clock: 0 }
    }

    pub(crate) fn newest(&self) -> &Leads {
        self.history.last().expect("it begins with one")
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.history.len() - 1
    }

    /// Works until something fails.
    pub(crate) async fn until_it_fails(&mut self, store: &Store, draw: &mut Draw) -> StoreError {
        loop {
            if let Err(error) = self.command(store, draw).await {
                return error;
            }
        }
    }

    /// One command: some new leads, or an edit, or both at once.
    pub(crate) async fn command(&mut self, store: &Store, draw: &mut Draw) -> Result<(), StoreError> {
        self.clock += 1;
        let mut next = self.newest().clone();
        let mut tx = store.begin(session(self.clock)).await?;
        let creates = if next.is_empty() { 1 } else { draw.below(3) };
        for _ in 0..creates {
            let act = tx.act();
            let id = LeadId(tx.fresh_id());
            let word = hex::encode(draw.bytes(4));
            let new = NewLead {
                full_name: Some(format!("Íñigo {word}")),
                company: Some(format!("Ferretería {word}")),
                email: Some(format!("{word}@ferreteria.mx").parse().unwrap()),
                notes: hex::encode(draw.bytes(300)),
                ..NewLead::new(id, Scope::Sales(1), "expo", date(2026, 9, 21))
            };
            let event = Lead::create(new, &act).unwrap();
            let lead = Lead::from_created(&event).unwrap();
            tx.repository().record(&lead, &event).await?;
            next.insert(id.0, lead);
        }
        if creates == 0 || draw.below(2) == 0 {
            let place = usize::try_from(draw.below(next.len() as u64)).unwrap();
            let id = *next.keys().nth(place).expect("below the length");
            let mut lead: Lead = tx.repository().load(LeadId(id)).await?.expect("acknowledged or just made");
            let edit = lead.edit(LeadField::City(Some(hex::encode(draw.bytes(6))))).unwrap();
            lead.apply_edit(&edit);
            tx.repository().save(&lead).await?;
            next.insert(id, lead);
        }
        self.in_flight = Some(next.clone());
        tx.commit().await?;
        self.history.push(next);
        self.in_flight = None;
        Ok(())
    }

    /// Opens the home that the crash left in `folder` and compares documents, rows and events with what was said.
    pub(crate) async fn compare(&self, folder: &Path) -> Outcome {
        match self.look(folder).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Damaged(error.to_string()),
        }
    }

    async fn look(&self, folder: &Path) -> Result<Outcome, StoreError> {
        let store = open(folder, None, true, u64::MAX - 1).await?;
        let found = self.found(&store).await;
        let events = store.waiting_events(100_000).await.map(|events| events.len());
        let page = store.lead_page(&LeadFilter::default(), LeadOrder::Company, false, 0, 10_000).await;
        store.close().await;
        let (found, events, page) = (found?, events?, page?);
        if let Some(complaint) = checks(&folder.join(DATABASE)).await.map_err(StoreError::from)? {
            return Ok(Outcome::Damaged(complaint));
        }
        let cities: BTreeMap<&str, Option<&str>> =
            found.values().map(|lead| (lead.company.as_deref().unwrap_or_default(), lead.city.as_deref())).collect();
        let listed: BTreeMap<&str, Option<&str>> = page
            .rows
            .iter()
            .map(|row| (row.company.as_str(), Some(row.city.as_str()).filter(|city| !city.is_empty())))
            .collect();
        if listed != cities || events != found.len() {
            return Ok(Outcome::Mixed(format!(
                "{} documents, {} rows, {events} events of creation",
                found.len(),
                page.rows.len()
            )));
        }
        if &found == self.newest() || self.in_flight.as_ref() == Some(&found) {
            return Ok(Outcome::Whole);
        }
        Ok(match self.history.iter().rposition(|leads| *leads == found) {
            Some(place) => Outcome::Lost(self.history.len() - 1 - place),
            None => Outcome::Mixed(format!("{} leads in a state that never was", found.len())),
        })
    }

    /// The documents of all leads that anybody may have been told of.
    pub(crate) async fn found(&self, store: &Store) -> Result<Leads, StoreError> {
        let mut found = Leads::new();
        for id in self.in_flight.as_ref().unwrap_or(self.newest()).keys() {
            if let Some(lead) = store.read::<Lead>(LeadId(*id)).await? {
                found.insert(*id, lead);
            }
        }
        Ok(found)
    }
}

async fn checks(path: &Path) -> Result<Option<String>, sqlx::Error> {
    let key = format!("\"x'{}'\"", hex::encode(*keys().database));
    let mut conn = SqliteConnectOptions::new().filename(path).pragma("key", key).connect().await?;
    let found = complaint(&mut conn).await;
    conn.close().await?;
    found
}
