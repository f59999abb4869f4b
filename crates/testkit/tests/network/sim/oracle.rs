//! What must be true, whatever happened.

use std::collections::BTreeMap;

use zuc_domain::customer::Customer;
use zuc_domain::lead::{Lead, LeadState};
use zuc_domain::shared::{CustomerId, LeadId};
use zuc_protocol::chain::{self, LogKind};
use zuc_protocol::envelope::SealedBatch;
use zuc_protocol::ids::{BatchHash, DeviceId};
use zuc_protocol::{Scope, control::ControlLog};

use zuc_store::Fate;

use super::week::Week;
use crate::work::SALES;

/// Words of what people wrote; all of it is sealed. In ASCII, so that they stand in the text of a file as they do in its bytes.
const CANARIES: [&str; 3] = ["Ferreter", "ferreteria.mx", "igo "];

/// Every laptop holds the same documents, facts and read tables, and nothing waits.
pub(super) async fn all_hold_the_same(week: &mut Week) -> String {
    let seed = week.seed;
    let mut first: Option<(String, &str)> = None;
    for laptop in &week.network.laptops {
        let place = format!("seed {seed}, {}", laptop.name);
        assert_eq!(laptop.store.unsent().await.unwrap(), 0, "{place}: something waits");
        assert!(laptop.set_aside.is_empty(), "{place}: {:?}", laptop.set_aside);
        let digests = format!("{:?}", laptop.store.digests().await.unwrap());
        match &first {
            None => first = Some((digests, laptop.name)),
            Some((same, _)) if *same == digests => {}
            Some((other, whose)) => {
                let mut stale = Vec::new();
                for laptop in &week.network.laptops {
                    stale.push((laptop.name, laptop.store.rebuild(false).await.unwrap()));
                }
                panic!("{place}: {digests}\nis not {whose}'s {other};\nnot as projected: {stale:?}");
            }
        }
    }
    let at = week.draw.below(week.network.laptops.len());
    rows_are_what_documents_make_them(week, at).await;
    first.map(|(digests, _)| digests).unwrap_or_default()
}

/// Every laptop was told alike which steps do not count; how many.
pub(super) async fn all_were_told_alike(week: &Week) -> u64 {
    let mut first: Option<Vec<_>> = None;
    for laptop in &week.network.laptops {
        // that a snapshot was a lie is known to whoever found it out, and that one cannot be compared to whoever began there
        let mut found = laptop.store.findings().await.unwrap();
        found.retain(|found| !matches!(found.fate, Fate::Disputed | Fate::Unproven));
        let found = found.into_iter();
        let mut told: Vec<_> = found.map(|found| (found.fate.name(), found.code, found.record, found.device)).collect();
        told.sort();
        assert!(told.iter().all(|(fate, ..)| *fate == "ignored"), "seed {}, {}: {told:?}", week.seed, laptop.name);
        let same = first.get_or_insert_with(|| told.clone());
        assert_eq!(*same, told, "seed {}, {}", week.seed, laptop.name);
    }
    u64::try_from(first.unwrap_or_default().len()).unwrap()
}

/// The read tables of a laptop are what its documents and facts make them.
pub(super) async fn rows_are_what_documents_make_them(week: &Week, at: usize) {
    let laptop = &week.network.laptops[at];
    if let Ok(stale) = laptop.store.rebuild(false).await {
        assert_eq!(stale, [], "seed {}, {}", week.seed, laptop.name);
    }
}

/// What a laptop was told is durable stands in the relay's log; after a loss, once everybody has given back what they hold.
pub(super) async fn what_was_acknowledged_stands(week: &Week) {
    if week.lost {
        return;
    }
    for laptop in &week.network.laptops {
        let last =
            week.network.host.last_of(week.network.company, laptop.keys().id()).await.expect("a disk that works");
        for (scope, (number, hash)) in &laptop.acked {
            let found = last.iter().find(|(of, ..)| of == scope).copied();
            let (_, stands, under) = found.unwrap_or((*scope, 0, BatchHash::NONE));
            let place =
                format!("seed {}, {} in {scope}: {number} was acknowledged, {stands} stands", week.seed, laptop.name);
            assert!(stands > *number || (stands == *number && under == *hash), "{place}");
        }
    }
}

/// The log is dense from where it begins, its chain is that of its entries, each author's numbers follow each other, and every
/// batch is by a member with the right to write it.
pub(super) async fn the_log_is_dense(week: &Week) {
    let log = week.network.laptops[0].engine.log();
    let company = week.network.company;
    for scope in Scope::FIRST {
        let head = week.network.host.head(company, scope).await.expect("a disk that works");
        let (mut seq, mut chain) = (0, chain::start(company, scope));
        let mut authors: BTreeMap<DeviceId, (u64, BatchHash)> = BTreeMap::new();
        while seq < head.seq {
            let page = week.network.host.read(company, scope, seq).await.expect("a disk that works");
            if page.begins > seq {
                seq = page.begins;
                chain = week.network.host.chain_at(company, scope, seq).await.expect("a place of the log");
                continue;
            }
            let whole = page.begins == 0;
            for entry in page.entries {
                seq += 1;
                assert_eq!(entry.seq, seq, "seed {}: {scope} is dense", week.seed);
                chain = chain::next(chain, entry.kind, &entry.bytes.0);
                if entry.kind == LogKind::Batch {
                    follows(week.seed, log, &mut authors, whole, &entry.bytes.0);
                }
            }
        }
        assert_eq!(chain, head.chain, "seed {}: the chain of {scope}", week.seed);
    }
}

/// In a log that is not `whole` the first batch of an author may be a later one.
fn follows(seed: u64, log: &ControlLog, authors: &mut BTreeMap<DeviceId, (u64, BatchHash)>, whole: bool, bytes: &[u8]) {
    let batch = SealedBatch::parse(bytes).unwrap();
    let header = batch.header();
    let first = if whole { (0, BatchHash::NONE) } else { (header.number.saturating_sub(1), header.prev) };
    let (number, hash) = authors.get(&header.author).copied().unwrap_or(first);
    assert_eq!((header.number, header.prev), (number + 1, hash), "seed {seed}: numbers of {}", header.author);
    authors.insert(header.author, (header.number, batch.hash()));
    let seen = log.seq_of(header.control_head).expect("a head that stands");
    let rights = log.rights_at(header.author, seen);
    assert!(rights.is_some_and(|rights| rights.may_write(header.scope)), "seed {seed}: {}", header.author);
}

/// Every acknowledged lead, call and conversion is there.
pub(super) async fn nothing_is_lost(week: &mut Week) {
    let at = week.draw.below(week.network.laptops.len());
    let laptop = &week.network.laptops[at];
    let place = format!("seed {}, {}", week.seed, laptop.name);
    let here = |lead: &&LeadId| !week.done.deleted.contains(lead);
    for lead in week.done.leads.iter().filter(here) {
        let lead = laptop.store.read::<Lead>(*lead).await.unwrap();
        let lead = lead.unwrap_or_else(|| panic!("{place}: a lead is lost"));
        assert!(lead.email.is_some(), "{place}: what was sealed under a person's key is lost");
    }
    let mut calls: BTreeMap<LeadId, Vec<&str>> = BTreeMap::new();
    for (lead, text) in &week.done.calls {
        calls.entry(*lead).or_default().push(text);
    }
    for (lead, said) in calls {
        let logged = laptop.store.activities(lead, 10_000).await.unwrap();
        for text in said {
            let times = logged.iter().filter(|row| row.text == text).count();
            assert_eq!(times, 1, "{place}: a call is there once");
        }
    }
    for lead in &week.done.converted {
        let customer = CustomerId::derive(SALES, *lead, "customer");
        let made = laptop.store.read::<Customer>(customer).await.unwrap();
        assert_eq!(made.map(|customer| customer.contacts.len()), Some(1), "{place}: one customer of one lead");
        let lead = laptop.store.read::<Lead>(*lead).await.unwrap();
        assert!(lead.is_none_or(|lead| lead.state() == LeadState::Converted), "{place}");
    }
}

/// The relay's files hold nothing of what people wrote.
pub(super) fn nothing_is_in_clear(week: &Week) {
    let mut folders = vec![week.network.host.folder()];
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            // as text: that search is compiled into the standard library, and quick in a debug build too
            let text = String::from_utf8_lossy(&bytes);
            for canary in CANARIES {
                assert!(!text.contains(canary), "seed {}: {canary} stands in {}", week.seed, path.display());
            }
        }
    }
}
