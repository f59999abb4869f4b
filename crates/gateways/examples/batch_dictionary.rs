//! Trains the dictionary under which batches are compressed, on what the sample company writes and on edits of its leads.
//!
//! `cargo run --release -p zuc-gateways --example batch_dictionary -- FILE`. The dictionary is part of the format: a new
//! one stands beside the old, under a tag of its own (`zuc_protocol`, `compress`).

#![expect(clippy::print_stdout, clippy::disallowed_macros, reason = "what it saw is this program's output")]

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use anyhow::Context as _;
use zuc_gateways::{OsEntropy, desk_with};
use zuc_ipc::{
    company::CompanyNew,
    lead::{LeadEdit, LeadQuery},
};
use zuc_protocol::{
    Scope,
    envelope::{BatchBody, BatchHeader, BatchKind, SeenTip},
    identity::{DeviceKeys, DevicePublic},
    ids::{BatchHash, ChainHash, ControlHead, EpochId, Incarnation, LogId},
    item::Item,
    suite,
};
use zuc_store::{
    OpenOptions, Store,
    keys::{Entropy as _, Home, Keys, SealedFile},
};

/// Seals the keys of the home, which is thrown away.
const PASSPHRASE: &str = "solo para entrenar";
/// Companies.
const COMPANIES: usize = 6;
/// Largest dictionary, in bytes.
const SIZE: usize = 16 << 10;
/// Items of one sort that count: an import would drown the rest.
const OF_A_SORT: usize = 80;
/// The shortest run of hexadecimal digits that is an id, a hash or a date.
const RUN: usize = 8;
/// Items of a larger body.
const TOGETHER: usize = 10;
/// Edits of every lead that is edited.
const EDITS: [(&str, &str); 5] = [
    ("phone", "55 4000 1234"),
    ("city", "Guadalajara"),
    ("amount", "125000"),
    ("source", "referral"),
    ("notes", "Pidió precio"),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let file = std::env::args().nth(1).context("batch_dictionary FILE")?;
    let mut samples = Vec::new();
    for _ in 0..COMPANIES {
        let home = tempfile::tempdir()?;
        Box::pin(write(home.path())).await?;
        samples.extend(bodies(home.path()).await?);
    }
    fs::write(file, zstd::dict::from_samples(&samples, SIZE)?)?;
    Ok(())
}

/// The sample company, and its leads edited.
async fn write(home: &Path) -> anyhow::Result<()> {
    let desk = desk_with(home, Some(PASSPHRASE.to_owned())).await?;
    desk.company_create(CompanyNew {
        rfc: "EKU9003173C9".to_owned(),
        name: "Escuela Kemper Urgate".to_owned(),
        regimen_fiscal: "601".to_owned(),
        cp: "26015".to_owned(),
        person_name: "Ana Muestra".to_owned(),
        relay_url: String::new(),
        sample: true,
    })
    .await?;
    let office = desk.office().await?;
    let page = office.lead_list(LeadQuery { limit: 100, ..LeadQuery::default() }).await?;
    for lead in page.rows {
        for (field, new) in EDITS {
            let old = office.lead_field(&lead.id, field).await?;
            let edit = LeadEdit { id: lead.id.clone(), field: field.to_owned(), old, new: new.to_owned() };
            // a lead that was converted takes no edit
            let _ = office.lead_edit(edit).await;
        }
    }
    drop(office);
    desk.close().await;
    Ok(())
}

/// Bodies of one item and of several, of everything that waits to be sent.
async fn bodies(home: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let home = Home::open(home)?;
    let secrets = SealedFile::new(home.sealed_keys(), PASSPHRASE.to_owned(), Arc::new(OsEntropy));
    let keys = Keys::obtain(&home, &secrets, &OsEntropy)?;
    let store = Store::open(home, &keys, Arc::new(OsEntropy), &OpenOptions::default()).await?;
    let seeds = store.vault_get("device").await?.context("no device keys")?;
    let author = DeviceKeys::from_both(seeds.as_slice().try_into()?).public();
    let mut samples = Vec::new();
    for scope in Scope::FIRST {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut rows = store.outbox_ready(scope, u32::MAX >> 1).await?;
        rows.retain(|row| {
            let count = seen.entry(sort(&row.item)).or_default();
            *count += 1;
            *count <= OF_A_SORT
        });
        println!("{scope}: {} of {} items, {} sorts", rows.len(), seen.values().sum::<usize>(), seen.len());
        for size in [1, TOGETHER] {
            for kind in [BatchKind::Change, BatchKind::Fact] {
                let of_kind: Vec<_> = rows.iter().filter(|row| is(&row.item, kind)).collect();
                for group in of_kind.chunks(size) {
                    let items = group.iter().map(|row| row.item.clone()).collect();
                    let mut body = bytes(&author, group[0].incarnation, kind, items)?;
                    forget(&mut body);
                    samples.push(body);
                }
            }
        }
    }
    store.close().await;
    Ok(samples)
}

fn is(item: &Item, kind: BatchKind) -> bool {
    matches!((item, kind), (Item::Change(_), BatchKind::Change) | (Item::Fact(_), BatchKind::Fact))
}

/// What an item is and what happened with it.
fn sort(item: &Item) -> String {
    let (kind, events) = match item {
        Item::Change(change) => (change.kind.0.to_string(), &change.events),
        Item::Fact(fact) => (fact.kind.clone(), &fact.events),
    };
    let types = events.iter().filter_map(|event| {
        let event: serde_json::Value = serde_json::from_str(event).ok()?;
        Some(event["type"].as_str()?.to_owned())
    });
    std::iter::once(kind).chain(types).collect::<Vec<_>>().join(" ")
}

/// A body as it is before it is compressed; of the header, nothing but the incarnation is in it.
fn bytes(
    author: &DevicePublic,
    incarnation: Incarnation,
    kind: BatchKind,
    items: Vec<Item>,
) -> anyhow::Result<Vec<u8>> {
    let header = BatchHeader {
        version: suite::VERSION,
        suite: suite::SUITE,
        scope: Scope::Catalog,
        epoch: EpochId([0; 16]),
        kind,
        author: author.id(),
        incarnation,
        number: 1,
        prev: BatchHash::NONE,
        control_head: ControlHead([0; 16]),
    };
    let body = BatchBody { seen: SeenTip::new(&LogId([1; 16]), 0, &ChainHash([0; 32])), items };
    Ok(body.to_bytes(&header, author)?)
}

/// Puts noise in the place of ids, hashes, sealed texts and dates, each time the same for the same: they are nothing to
/// learn, and one company's would fill the dictionary.
fn forget(body: &mut [u8]) {
    let mut noise: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
    let is_part = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
    for run in body.chunk_by_mut(|a, b| is_part(*a) == is_part(*b)) {
        if run.len() < RUN || !is_part(run[0]) {
            continue;
        }
        let other = noise.entry(run.to_vec()).or_insert_with_key(|run| {
            let mut drawn = vec![0; run.len()];
            OsEntropy.fill(&mut drawn);
            let digit = |(old, drawn): (&u8, u8)| match *old {
                b'-' => b'-',
                _ => b"0123456789abcdef"[usize::from(drawn % 16)],
            };
            run.iter().zip(drawn).map(digit).collect()
        });
        run.copy_from_slice(other);
    }
}
