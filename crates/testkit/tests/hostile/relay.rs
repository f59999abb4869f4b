//! A relay that lies, a lie a test: what a laptop refuses, what it says, and what it cannot know before an honest word comes.
//!
//! Two logs under one name, a log that begins anew, two memberships at one place and what a restart remembers of them are told in
//! the suite `network`; facts that are not the relay's to write in that of the engine.

use std::collections::VecDeque;

use zuc_domain::lead::Lead;
use zuc_protocol::control::{
    AddDevice, ControlAct, ControlAuthor, ControlLog, ControlRecord, IndexWrap, Recipient, SignedControl,
};
use zuc_protocol::identity::DeviceKeys;
use zuc_protocol::ids::{BatchHash, ChainHash, LogId};
use zuc_protocol::messages::{Acked, ClientFrame, ServerFrame};
use zuc_protocol::{Blob, suite};
use zuc_sync::{Input, SyncStatus};
use zuc_testkit::network::{Laptop, Network};

use crate::mallory::{Mallory, WIRE, hear};
use crate::peer::{ANA, BETO, LUIS, company};
use crate::people::{capture, city, move_to};

/// A laptop talks with the relay, and somebody between them changes what comes back, or keeps it.
async fn lied_to(network: &mut Network, at: usize, mut lie: impl FnMut(&mut ServerFrame) -> bool) {
    for _ in 0..20 {
        network.connect(at).await;
        while network.carry_up(at, false).await {}
        network.poll(at).await;
        network.laptops[at].down.retain_mut(&mut lie);
        while network.laptops[at].receive(0, 1).await {}
    }
}

async fn go_away(network: &mut Network, at: usize) {
    network.laptops[at].disconnect().await;
    network.laptops[at].away = true;
}

fn members(laptop: &Laptop) -> (u64, usize) {
    (laptop.engine.log().len(), laptop.engine.log().devices().count())
}

/// A record that says it is the founder's next, signed with other keys.
fn forged(network: &Network, act: ControlAct, keys: &DeviceKeys) -> SignedControl {
    let log = network.laptops[LUIS].engine.log();
    let record = ControlRecord {
        version: suite::VERSION,
        suite: suite::SUITE,
        seq: log.len(),
        prev: log.head(),
        author: ControlAuthor::Device(network.laptops[LUIS].keys().id()),
        time_ms: 9,
        act,
    };
    SignedControl::sign(network.company, &record, keys).unwrap()
}

/// The relay brings in a device of its own.
fn intruder(network: &Network, device: &DeviceKeys) -> ControlAct {
    let log = network.laptops[LUIS].engine.log();
    let genesis = log.records_from(0)[0].decode().unwrap();
    let ControlAct::Genesis(genesis) = genesis.act else { panic!("a genesis") };
    ControlAct::AddDevice(AddDevice {
        person: genesis.person,
        rights: None,
        device: device.public(),
        label: genesis.label,
        index: IndexWrap { to: Recipient::Device(device.id()), wrap: genesis.index[0].wrap.clone() },
        keys: vec![],
    })
}

/// Shows a record as if it stood; whether the laptop took it.
async fn is_taken(network: &mut Network, at: usize, record: SignedControl) -> bool {
    let laptop = &mut network.laptops[at];
    let before = laptop.engine.log().len();
    let frame = ServerFrame::ControlRecords { from: before, records: vec![record], len: before + 1 };
    hear(laptop, &frame).await;
    laptop.engine.log().len() > before
}

#[tokio::test]
async fn a_device_that_nobody_let_in_is_no_member_whoever_it_says_it_is() {
    let mut network = company(1).await;
    let relay = DeviceKeys::from_seeds(&[90; 32], &[91; 32]);
    let before = members(&network.laptops[ANA]);
    let record = forged(&network, intruder(&network, &relay), &relay);
    assert!(!is_taken(&mut network, ANA, record).await);
    assert_eq!(members(&network.laptops[ANA]), before);
    assert_eq!(network.laptops[ANA].engine.status(), SyncStatus::Failed("sync.bad_signature"), "and it is said");
    // nor where the relay says so to somebody who comes back
    let act = intruder(&network, &relay);
    let own = {
        let mut record = forged(&network, act, &relay).decode().unwrap();
        record.author = ControlAuthor::Device(relay.id());
        SignedControl::sign(network.company, &record, &relay).unwrap()
    };
    network.laptops[ANA].restart().await;
    assert!(!is_taken(&mut network, ANA, own).await);
    assert_eq!(members(&network.laptops[ANA]), before);
    network.laptops[ANA].disconnect().await;
    network.settle().await;
    assert_eq!(network.laptops[ANA].engine.status(), SyncStatus::UpToDate, "an honest word ends it");
}

#[tokio::test]
async fn a_key_that_was_put_in_the_place_of_anothers_is_nobodys() {
    let mut network = company(2).await;
    // what was signed names the keys: with others in their place it is nobody's word
    let records = network.laptops[LUIS].engine.log().records_from(0).to_vec();
    let (at, mut record) = records
        .iter()
        .enumerate()
        .find_map(|(at, record)| match record.decode().unwrap() {
            joined @ ControlRecord { act: ControlAct::AddDevice(_), .. } => Some((at, joined)),
            _ => None,
        })
        .unwrap();
    let relay = DeviceKeys::from_seeds(&[90; 32], &[91; 32]);
    let ControlAct::AddDevice(joined) = &mut record.act else { panic!("somebody joined") };
    joined.device = relay.public();
    let replaced = SignedControl::sign(network.company, &record, &relay).unwrap();
    let under_the_old = SignedControl { signature: records[at].signature, ..replaced.clone() };
    let before = members(&network.laptops[ANA]);
    for forged in [replaced, under_the_old] {
        let mut whole = records.clone();
        whole[at] = forged.clone();
        // somebody who joins is told the founder's word by a person, and reads the log from its start
        assert!(ControlLog::replay(network.company, whole).is_err());
        let (from, len) = (at as u64, records.len() as u64);
        hear(&mut network.laptops[ANA], &ServerFrame::ControlRecords { from, records: vec![forged], len }).await;
        assert_eq!(members(&network.laptops[ANA]), before);
        assert_eq!(network.laptops[ANA].engine.log().forks(), [], "nor is it evidence of anything");
    }
    assert!(ControlLog::replay(network.company, records).is_ok());
}

#[tokio::test]
async fn an_old_membership_is_not_gone_back_to() {
    let mut network = company(3).await;
    let old = network.laptops[LUIS].engine.log().records_from(0).to_vec();
    network.remove(BETO).await;
    let before = members(&network.laptops[ANA]);
    let len = old.len() as u64;
    let head = old.last().unwrap().hash();
    network.laptops[ANA].disconnect().await;
    lied_to(&mut network, ANA, |frame| match frame {
        ServerFrame::Welcome { control, control_len, .. } => {
            (*control, *control_len) = (head, len);
            true
        }
        ServerFrame::ControlRecords { from, records, len: told } => {
            (*from, *told) = (0, len);
            records.clone_from(&old);
            true
        }
        _ => true,
    })
    .await;
    assert_eq!(members(&network.laptops[ANA]), before);
    let beto = network.laptops[BETO].keys().id();
    assert!(network.laptops[ANA].engine.log().rights(beto).is_none(), "who was taken out stays out");
}

#[tokio::test]
async fn a_removal_that_is_kept_from_somebody_comes_to_light_with_the_first_honest_batch() {
    let mut network = company(4).await;
    let lead = capture(&mut network.laptops[LUIS], "uno").await;
    network.settle().await;
    go_away(&mut network, ANA).await;
    network.remove(BETO).await;
    let known = network.laptops[ANA].engine.log().len();
    network.laptops[ANA].away = false;
    let old = (network.laptops[ANA].engine.log().head(), known);
    let keeps_it = move |frame: &mut ServerFrame| match frame {
        ServerFrame::Welcome { control, control_len, .. } => {
            (*control, *control_len) = old;
            true
        }
        other => !matches!(other, ServerFrame::ControlRecords { .. }),
    };
    lied_to(&mut network, ANA, keeps_it).await;
    // until then nobody can know, and it is said plainly
    assert_eq!(network.laptops[ANA].engine.status(), SyncStatus::UpToDate);
    move_to(&mut network.laptops[LUIS], lead, "Celaya").await;
    while network.carry_up(LUIS, false).await {}
    lied_to(&mut network, ANA, keeps_it).await;
    assert_eq!(city(&network.laptops[ANA], lead).await, None, "what names a record that is not here waits for it");
    assert_ne!(network.laptops[ANA].engine.status(), SyncStatus::UpToDate);
    network.laptops[ANA].disconnect().await;
    network.settle().await;
    assert_eq!(city(&network.laptops[ANA], lead).await.as_deref(), Some("Celaya"));
    let beto = network.laptops[BETO].keys().id();
    assert!(network.laptops[ANA].engine.log().rights(beto).is_none());
}

#[tokio::test]
async fn what_somebody_wrote_after_their_removal_is_not_before_it_because_the_relay_says_so() {
    let mut network = company(5).await;
    let lead = capture(&mut network.laptops[BETO], "uno").await;
    network.settle().await;
    // Beto's keys, and the membership of yesterday
    let mut beto = Mallory::of(&network, BETO).await;
    let yesterday = beto.heads[0];
    network.remove(BETO).await;
    let before = network.laptops[ANA].store.read::<Lead>(lead).await.unwrap();
    let mut draw = crate::draw::Draw::new(5);
    for _ in 0..3 {
        let mut header = beto.header(zuc_protocol::envelope::BatchKind::Fact);
        header.control_head = yesterday;
        beto.send(&header, vec![crate::attacks::call_of(beto.person, lead, &mut draw)]);
    }
    let page = beto.page();
    hear(&mut network.laptops[ANA], &page).await;
    assert_eq!(network.laptops[ANA].set_aside, ["sync.beyond_mark"; 3]);
    assert_eq!(network.laptops[ANA].store.read::<Lead>(lead).await.unwrap(), before);
    assert!(network.laptops[ANA].store.activities(lead, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn entries_in_another_order_and_entries_kept_back_are_not_taken() {
    let mut network = company(6).await;
    go_away(&mut network, ANA).await;
    let lead = capture(&mut network.laptops[LUIS], "uno").await;
    network.settle().await;
    for city in ["León", "Celaya"] {
        move_to(&mut network.laptops[LUIS], lead, city).await;
        network.settle().await;
    }
    network.laptops[ANA].away = false;
    let before = network.laptops[ANA].engine.cursor(WIRE);
    lied_to(&mut network, ANA, |frame| {
        if let ServerFrame::Entries { entries, .. } = frame
            && entries.len() > 2
        {
            let moved = entries[2].bytes.clone();
            entries[2].bytes = std::mem::replace(&mut entries[1].bytes, moved);
        }
        true
    })
    .await;
    assert_eq!(network.laptops[ANA].engine.cursor(WIRE), before, "of such a page nothing is taken");
    assert_eq!(network.laptops[ANA].engine.distrust(), None, "once may be a slip: it is asked again");
    network.laptops[ANA].disconnect().await;
    network.settle().await;
    assert_eq!(city(&network.laptops[ANA], lead).await.as_deref(), Some("Celaya"));

    // the first of two is kept back
    network.laptops[ANA].disconnect().await;
    move_to(&mut network.laptops[LUIS], lead, "Tula").await;
    while network.carry_up(LUIS, false).await {}
    let before = network.laptops[ANA].engine.cursor(WIRE);
    lied_to(&mut network, ANA, |frame| {
        if let ServerFrame::Entries { entries, .. } = frame {
            for entry in entries.iter_mut() {
                entry.seq += 1;
            }
        }
        true
    })
    .await;
    assert_eq!(network.laptops[ANA].engine.cursor(WIRE), before);
    assert_eq!(city(&network.laptops[ANA], lead).await.as_deref(), Some("Celaya"), "and is late, not lost");
    network.laptops[ANA].restart().await;
    network.settle().await;
    assert_eq!(city(&network.laptops[ANA], lead).await.as_deref(), Some("Tula"));
}

/// The batch that a laptop has on its way.
fn pushed(laptop: &Laptop) -> Option<Blob> {
    laptop.up.iter().find_map(|frame| match frame {
        ClientFrame::Push { batches, .. } => batches.first().cloned(),
        _ => None,
    })
}

#[tokio::test]
async fn an_acknowledgement_of_what_was_not_sent_is_none_and_one_that_leads_elsewhere_moves_nothing() {
    let mut network = company(7).await;
    let ack = |hash, seq, chain| ServerFrame::Ack { scope: WIRE, acks: vec![Acked { hash, seq, chain }] };
    let lead = capture(&mut network.laptops[ANA], "uno").await;
    let at = network.laptops[ANA].engine.cursor(WIRE);
    hear(&mut network.laptops[ANA], &ack(BatchHash([9; 16]), at.seq + 1, ChainHash([9; 32]))).await;
    assert_eq!(network.laptops[ANA].store.unsent().await.unwrap(), 1);
    assert_eq!(network.laptops[ANA].engine.cursor(WIRE), at);
    let batch = pushed(&network.laptops[ANA]).unwrap();
    let hash = zuc_protocol::envelope::batch_hash(&batch.0);
    hear(&mut network.laptops[ANA], &ack(hash, at.seq + 1, ChainHash([9; 32]))).await;
    assert_eq!(network.laptops[ANA].engine.cursor(WIRE), at, "its log is not the one that was read");
    assert_eq!(network.laptops[ANA].store.unsent().await.unwrap(), 1, "and what waits goes on waiting");
    network.laptops[ANA].disconnect().await;
    let next = capture(&mut network.laptops[ANA], "dos").await;
    network.settle().await;
    for lead in [lead, next] {
        assert!(network.laptops[LUIS].store.read::<Lead>(lead).await.unwrap().is_some(), "it got there");
    }
}

#[tokio::test]
async fn what_a_relay_says_it_has_and_has_not_is_given_to_it_again() {
    let mut network = company(8).await;
    let lead = capture(&mut network.laptops[ANA], "uno").await;
    let batch = pushed(&network.laptops[ANA]).unwrap();
    let at = network.laptops[ANA].engine.cursor(WIRE);
    let entry =
        zuc_protocol::chain::LogEntry { seq: at.seq + 1, kind: zuc_protocol::chain::LogKind::Batch, bytes: batch };
    let chain = zuc_protocol::chain::extend(at.chain, [&entry]);
    let hash = zuc_protocol::envelope::batch_hash(&entry.bytes.0);
    // it never left, and the answer is as it should be
    network.laptops[ANA].up.retain(|frame| !matches!(frame, ClientFrame::Push { .. }));
    let acks = vec![Acked { hash, seq: entry.seq, chain }];
    hear(&mut network.laptops[ANA], &ServerFrame::Ack { scope: WIRE, acks }).await;
    assert_eq!(network.laptops[ANA].store.unsent().await.unwrap(), 0, "what is acknowledged is believed");
    // the next time that they compare, its log ends before what it had said
    network.laptops[ANA].disconnect().await;
    network.settle().await;
    for laptop in &network.laptops {
        assert!(laptop.store.read::<Lead>(lead).await.unwrap().is_some(), "{}", laptop.name);
    }
}

#[tokio::test]
async fn a_relay_that_says_nothing_is_waited_for_and_loses_nothing() {
    let mut network = company(9).await;
    let lead = capture(&mut network.laptops[ANA], "uno").await;
    lied_to(&mut network, ANA, |_| false).await;
    network.laptops[ANA].hear(Input::Tick(10)).await;
    assert_eq!(network.laptops[ANA].store.unsent().await.unwrap(), 1);
    network.laptops[ANA].restart().await;
    network.settle().await;
    assert!(network.laptops[LUIS].store.read::<Lead>(lead).await.unwrap().is_some());
}

#[tokio::test]
async fn a_log_that_one_laptop_is_shown_under_another_name_is_found_out_by_those_who_know_the_first() {
    let mut network = company(10).await;
    let first = capture(&mut network.laptops[ANA], "uno").await;
    network.settle().await;
    let name = network.host.log_id(network.company).await;
    network.laptops[ANA].disconnect().await;
    // and takes back what she holds of the log that it says was lost
    let mut asked = VecDeque::new();
    let mut renamed = |frame: &mut ServerFrame| {
        match frame {
            ServerFrame::Welcome { log, .. } => *log = LogId([77; 16]),
            ServerFrame::Holds { scope, .. } => asked.push_back(*scope),
            ServerFrame::Error { code, .. } if code == "relay.not_lost" => {
                *frame = ServerFrame::Offered { scope: asked.pop_front().unwrap(), last: true };
            }
            _ => {}
        }
        true
    };
    lied_to(&mut network, ANA, &mut renamed).await;
    let second = capture(&mut network.laptops[ANA], "dos").await;
    lied_to(&mut network, ANA, &mut renamed).await;
    assert_eq!(network.laptops[ANA].engine.distrust(), None, "to her it looks like a log that was lost and came back");
    assert_eq!(network.laptops[ANA].store.unsent().await.unwrap(), 0);
    lied_to(&mut network, LUIS, |_| true).await;
    let found = network.laptops[LUIS].store.findings().await.unwrap();
    let found: Vec<_> = found.iter().map(|found| (found.fate, found.code.as_str(), found.device)).collect();
    let ana = zuc_domain::shared::DeviceId(network.laptops[ANA].keys().id().to_uuid());
    assert_eq!(found, [(zuc_store::Fate::Distrusted, "sync.two_logs", Some(ana))]);
    assert_eq!(network.laptops[LUIS].engine.distrust(), Some("sync.two_logs"), "though it was greeted anew");

    // She comes back to the first name, says that another followed it, and an honest relay takes a third.
    network.laptops[ANA].disconnect().await;
    network.settle().await;
    assert_ne!(network.host.log_id(network.company).await, name);
    for laptop in &network.laptops {
        assert_eq!(
            (laptop.engine.distrust(), laptop.store.findings().await.unwrap().len()),
            (None, 0),
            "{}",
            laptop.name
        );
        for lead in [first, second] {
            assert!(laptop.store.read::<Lead>(lead).await.unwrap().is_some(), "{}", laptop.name);
        }
    }
}
