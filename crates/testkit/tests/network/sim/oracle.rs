//! What must be true, whatever happened.

use std::collections::BTreeMap;

use zuc_domain::customer::Customer;
use zuc_domain::lead::{Lead, LeadState};
use zuc_domain::shared::{CustomerId, LeadId, Scope as DomainScope};
use zuc_protocol::chain::{self, LogKind};
use zuc_protocol::envelope::SealedBatch;
use zuc_protocol::ids::{BatchHash, DeviceId};
use zuc_protocol::{Scope, control::ControlLog};

use zuc_store::{Fate, ScopeDigest, wire_scope};
use zuc_testkit::network::Laptop;

use super::moves::THEIRS;
use super::week::Week;
use crate::work::SALES;

/// Words of what people wrote; all of it is sealed. In ASCII, so that they stand in the text of a file as they do in its bytes.
const CANARIES: [&str; 3] = ["Ferreter", "ferreteria.mx", "igo "];

/// Who reads a scope holds the same documents, facts and read rows of it, who does not holds nothing of it, and nothing waits.
pub(super) async fn all_hold_the_same(week: &mut Week) -> String {
    let seed = week.seed;
    let (mut held, mut here) = (BTreeMap::<DomainScope, (ScopeDigest, &str)>::new(), Vec::new());
    for laptop in &week.network.laptops {
        let place = format!("seed {seed}, {}", laptop.name);
        assert_eq!(laptop.store.unsent().await.unwrap(), 0, "{place}: something waits");
        assert!(laptop.set_aside.is_empty(), "{place}: {:?}", laptop.set_aside);
        let digests = laptop.store.digests().await.unwrap();
        here.push(digests.len());
        for digest in digests {
            assert!(reads(laptop, digest.scope), "{place}: {} is not for it", digest.scope);
            match held.get(&digest.scope) {
                None => drop(held.insert(digest.scope, (digest, laptop.name))),
                Some((same, _)) if *same == digest => {}
                Some((other, whose)) => {
                    let mut stale = Vec::new();
                    for laptop in &week.network.laptops {
                        stale.push((laptop.name, laptop.store.rebuild(false).await.unwrap()));
                    }
                    panic!("{place}: {digest:?}\nis not {whose}'s {other:?};\nnot as projected: {stale:?}");
                }
            }
        }
    }
    for (laptop, here) in week.network.laptops.iter().zip(here) {
        let due = held.values().filter(|(digest, _)| reads(laptop, digest.scope)).count();
        assert_eq!(here, due, "seed {seed}, {}: it holds each scope that it reads", laptop.name);
        if reads(laptop, THEIRS) {
            assert_eq!(laptop.store.incomplete().await.unwrap(), [], "seed {seed}, {}", laptop.name);
        }
    }
    let at = week.draw.below(week.network.laptops.len());
    let digests = format!("{:?}", held.values().map(|(digest, _)| digest).collect::<Vec<_>>());
    rows_are_what_documents_make_them(week, at).await;
    digests
}

fn reads(laptop: &Laptop, scope: DomainScope) -> bool {
    laptop.engine.log().may_read(laptop.keys().id(), wire_scope(scope))
}

/// Who reads a scope was told alike which steps do not count in it; how many.
pub(super) async fn all_were_told_alike(week: &Week) -> u64 {
    let mut first: BTreeMap<DomainScope, Vec<_>> = BTreeMap::new();
    for laptop in &week.network.laptops {
        let place = format!("seed {}, {}", week.seed, laptop.name);
        // that a snapshot was a lie is known to whoever found it out, and that one cannot be compared to whoever began there
        let mut found = laptop.store.findings().await.unwrap();
        found.retain(|found| !matches!(found.fate, Fate::Disputed | Fate::Unproven));
        assert!(found.iter().all(|found| found.fate.name() == "ignored"), "{place}: {found:?}");
        for scope in [SALES, THEIRS].into_iter().filter(|scope| reads(laptop, *scope)) {
            let here = found.iter().filter(|found| found.scope == scope);
            let mut told: Vec<_> = here.map(|found| (found.code.clone(), found.record, found.device)).collect();
            told.sort();
            let same = first.entry(scope).or_insert_with(|| told.clone());
            assert_eq!(*same, told, "{place}: {scope}");
        }
    }
    u64::try_from(first.values().map(Vec::len).sum::<usize>()).unwrap()
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
    for scope in Scope::FIRST.into_iter().chain([wire_scope(THEIRS)]) {
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
