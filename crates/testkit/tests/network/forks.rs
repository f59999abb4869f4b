//! A relay that shows what cannot be: it is found out, whoever is killed then does not trust it the more, and it ends where
//! somebody ends it.

use zuc_domain::lead::Lead;
use zuc_domain::shared::LeadId;
use zuc_protocol::chain::{self, LogEntry, LogKind};
use zuc_protocol::control::{ControlAct, RemoveAct, RemoveReason};
use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_protocol::{Blob, Rights, Role};
use zuc_store::{Fate, wire_scope};
use zuc_sync::{Cursor, Input, SyncStatus};
use zuc_testkit::network::{Laptop, Network, On};

use crate::work::{self, SALES};

const LUIS: usize = 0;
const ANA: usize = 1;
const BETO: usize = 2;

/// Luis manages, Ana and Beto sell; what their disks hold outlives their programs.
async fn company(seed: u64) -> Network {
    let seller = || Rights::new([Role::Ventas], [1]);
    let mut network = Network::found_on(On::Disk, seed, &[("Ana", seller()), ("Beto", seller())]).await;
    work::capture(&mut network.laptops[LUIS], "antes").await.unwrap();
    network.settle().await;
    network
}

async fn go_away(network: &mut Network, at: usize) {
    network.laptops[at].disconnect().await;
    network.laptops[at].away = true;
}

/// A laptop talks with the relay, and somebody between them changes what comes back, or keeps it.
async fn lied_to(network: &mut Network, at: usize, lie: impl Fn(&mut ServerFrame) -> bool) {
    network.laptops[at].away = false;
    for _ in 0..20 {
        network.connect(at).await;
        while network.carry_up(at, false).await {}
        network.poll(at).await;
        network.laptops[at].down.retain_mut(&lie);
        while network.laptops[at].receive(0, 1).await {}
    }
}

/// A laptop does not trust the relay, and says why; of what was written there, so many changes are neither sealed nor sent.
async fn does_not_trust(laptop: &Laptop, code: &'static str, unsent: u64) {
    assert_eq!(laptop.engine.status(), SyncStatus::Failed(code));
    assert_eq!(laptop.engine.distrust(), Some(code));
    let control = laptop.store.control().await.unwrap();
    assert!(laptop.store.resume(&control).await.unwrap().unacked.is_empty(), "nothing is sealed");
    assert_eq!(laptop.store.unsent().await.unwrap(), unsent);
}

async fn head(network: &Network) -> u64 {
    network.host.head(network.company, wire_scope(SALES)).await.unwrap().seq
}

async fn told(laptop: &Laptop) -> Vec<(Fate, String, Option<uuid::Uuid>)> {
    let found = laptop.store.findings().await.unwrap().into_iter();
    found.map(|found| (found.fate, found.code, found.device.map(|device| device.0))).collect()
}

fn device(network: &Network, at: usize) -> uuid::Uuid {
    network.laptops[at].keys().id().to_uuid()
}

/// Everybody is back, trusts the relay, and holds the same with all that was written.
async fn at_peace(network: &mut Network, leads: &[LeadId]) {
    for laptop in &mut network.laptops {
        laptop.away = false;
    }
    network.settle().await;
    // of persons whom somebody wrote of while a liar stood between, the relay is given the keys at the next greeting
    network.disconnect_all().await;
    network.settle().await;
    let mut first = None;
    for laptop in &network.laptops {
        assert_eq!(laptop.engine.distrust(), None, "{}", laptop.name);
        assert_eq!(laptop.store.alarms().await.unwrap(), [], "{}", laptop.name);
        assert_eq!(laptop.store.unsent().await.unwrap(), 0, "{}", laptop.name);
        assert!(laptop.set_aside.is_empty(), "{}: {:?}", laptop.name, laptop.set_aside);
        assert_eq!(laptop.store.rebuild(false).await.unwrap(), [], "{}", laptop.name);
        let digests = laptop.store.digests().await.unwrap();
        let held = digests.into_iter().find(|digest| digest.scope == SALES);
        assert_eq!(*first.get_or_insert_with(|| held.clone()), held, "{}", laptop.name);
        for lead in leads {
            assert!(laptop.store.read::<Lead>(*lead).await.unwrap().is_some(), "{}", laptop.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_changes_what_it_hands_on_is_not_trusted_after_a_kill_until_its_log_proves_right() {
    let mut network = company(51).await;
    go_away(&mut network, ANA).await;
    let mut leads = vec![work::capture(&mut network.laptops[LUIS], "dos").await.unwrap()];
    network.settle().await;
    let before = head(&network).await;

    // for once may be a slip, it is asked again
    for _ in 0..3 {
        lied_to(&mut network, ANA, |frame| {
            if let ServerFrame::Entries { entries, .. } = frame {
                entries.iter_mut().filter_map(|entry| entry.bytes.0.last_mut()).for_each(|byte| *byte ^= 1);
            }
            true
        })
        .await;
        network.time.pass(10_000);
        let now = network.time.passed_ms();
        network.laptops[ANA].hear(Input::Tick(now)).await;
    }
    does_not_trust(&network.laptops[ANA], "sync.chain_broken", 0).await;
    leads.push(work::capture(&mut network.laptops[ANA], "tres").await.unwrap());
    for _ in 0..2 {
        network.laptops[ANA].kill().await;
        does_not_trust(&network.laptops[ANA], "sync.chain_broken", 1).await;
        assert_eq!(told(&network.laptops[ANA]).await, [(Fate::Distrusted, "sync.chain_broken".to_owned(), None)]);
        // it changes nothing any more, and shows nothing either
        lied_to(&mut network, ANA, |frame| !matches!(frame, ServerFrame::Entries { .. })).await;
        assert!(network.laptops[ANA].is_online());
        does_not_trust(&network.laptops[ANA], "sync.chain_broken", 1).await;
        assert_eq!(head(&network).await, before);
    }
    network.laptops[ANA].disconnect().await;
    at_peace(&mut network, &leads).await;
    assert_eq!(told(&network.laptops[ANA]).await, []);
}

/// The batch that a laptop is about to push: nobody else is shown it.
fn kept_back(laptop: &mut Laptop) -> Vec<u8> {
    let at = laptop.up.iter().position(|frame| matches!(frame, ClientFrame::Push { .. })).unwrap();
    match laptop.up.remove(at) {
        Some(ClientFrame::Push { batches, .. }) => batches[0].0.clone(),
        other => panic!("{other:?} is no push"),
    }
}

/// One more entry at the end of what a laptop has read.
async fn is_shown(laptop: &mut Laptop, bytes: Vec<u8>) {
    let scope = wire_scope(SALES);
    let Cursor { seq, chain } = laptop.engine.cursor(scope);
    let entry = LogEntry { seq: seq + 1, kind: LogKind::Batch, bytes: Blob(bytes) };
    let chain = chain::extend(chain, [&entry]);
    let frame = ServerFrame::Entries { scope, from: seq, head: entry.seq, entries: vec![entry], chain };
    laptop.hear(Input::Frame(frame)).await;
    assert_eq!(laptop.engine.cursor(scope), Cursor { seq: seq + 1, chain });
}

#[tokio::test(flavor = "multi_thread")]
async fn two_logs_under_one_name_are_not_forgotten_by_a_kill_and_end_with_another_name() {
    let mut network = company(52).await;
    // Ana is shown Beto's change where everybody else is shown one of Luis's, and writes upon it.
    let mut leads = vec![work::capture(&mut network.laptops[BETO], "beto").await.unwrap()];
    let his = kept_back(&mut network.laptops[BETO]);
    is_shown(&mut network.laptops[ANA], his).await;
    leads.push(work::capture(&mut network.laptops[ANA], "ana").await.unwrap());
    let hers = kept_back(&mut network.laptops[ANA]);
    for at in [ANA, BETO] {
        go_away(&mut network, at).await;
    }
    leads.push(work::capture(&mut network.laptops[LUIS], "luis").await.unwrap());
    network.settle().await;
    let before = head(&network).await;

    is_shown(&mut network.laptops[LUIS], hers).await;
    does_not_trust(&network.laptops[LUIS], "sync.log_forked", 0).await;
    let found = [(Fate::Distrusted, "sync.log_forked".to_owned(), Some(device(&network, ANA)))];
    leads.push(work::capture(&mut network.laptops[LUIS], "espera").await.unwrap());
    let read = network.laptops[LUIS].engine.cursor(wire_scope(SALES));
    for _ in 0..2 {
        network.laptops[LUIS].kill().await;
        does_not_trust(&network.laptops[LUIS], "sync.log_forked", 1).await;
        assert_eq!(told(&network.laptops[LUIS]).await, found);
        // the liar goes on as if its log ended where he has read to
        lied_to(&mut network, LUIS, |frame| match frame {
            ServerFrame::Welcome { heads, .. } => {
                for head in heads.iter_mut().filter(|head| head.scope == wire_scope(SALES)) {
                    (head.seq, head.chain) = (read.seq, read.chain);
                }
                true
            }
            other => !matches!(other, ServerFrame::Entries { .. }),
        })
        .await;
        assert!(network.laptops[LUIS].engine.is_ready());
        does_not_trust(&network.laptops[LUIS], "sync.log_forked", 1).await;
        assert_eq!(head(&network).await, before);
    }
    // An honest relay takes another name once it hears that somebody has read further.
    let name = network.host.log_id(network.company).await;
    network.laptops[LUIS].disconnect().await;
    at_peace(&mut network, &leads).await;
    assert_ne!(network.host.log_id(network.company).await, name);
    for laptop in &network.laptops {
        assert_eq!(told(laptop).await, [], "{}", laptop.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_memberships_are_not_forgotten_by_a_kill_and_what_the_root_settles_is_done_at_once() {
    let mut network = company(53).await;
    let lead = work::capture(&mut network.laptops[LUIS], "olvidada").await.unwrap();
    network.settle().await;
    // Ana is shown an act that nobody else is, where Luis has somebody forgotten.
    let luis = &network.laptops[LUIS];
    let log = luis.engine.log();
    let shown = log.sign(ControlAct::SchemaFloor(1), 9, &luis.keys()).unwrap();
    let (from, hash) = (log.len(), shown.hash());
    let frame = ServerFrame::ControlRecords { from, records: vec![shown], len: from + 1 };
    network.laptops[ANA].hear(Input::Frame(frame)).await;
    assert_eq!(network.laptops[ANA].engine.log().head(), hash);
    go_away(&mut network, ANA).await;
    network.forget(lead.0).await;

    lied_to(&mut network, ANA, |_| true).await;
    does_not_trust(&network.laptops[ANA], "sync.control_forked", 0).await;
    let mut leads = vec![work::capture(&mut network.laptops[ANA], "espera").await.unwrap()];
    let before = head(&network).await;
    for _ in 0..2 {
        network.laptops[ANA].kill().await;
        does_not_trust(&network.laptops[ANA], "sync.control_forked", 1).await;
        lied_to(&mut network, ANA, |_| true).await;
        does_not_trust(&network.laptops[ANA], "sync.control_forked", 1).await;
        assert_eq!(head(&network).await, before);
    }
    let both = (Fate::Forked, "sync.control_forked".to_owned(), Some(device(&network, LUIS)));
    assert_eq!(told(&network.laptops[ANA]).await, [both.clone(), both]);
    let hers = network.laptops[ANA].store.read::<Lead>(lead).await.unwrap().unwrap();
    assert!(hers.full_name.is_some(), "nobody has said which of them counts");

    go_away(&mut network, ANA).await;
    network.settle_fork(hash).await;
    leads.push(lead);
    at_peace(&mut network, &leads).await;
    for laptop in &network.laptops {
        let forgotten = laptop.store.read::<Lead>(lead).await.unwrap().unwrap();
        assert_eq!(forgotten.full_name, None, "{}: and it was not started again", laptop.name);
    }
    let left = (Fate::Left, "sync.branch_left".to_owned(), Some(device(&network, LUIS)));
    assert_eq!(told(&network.laptops[ANA]).await, [left]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_losing_branch_had_set_aside_counts_once_the_root_has_spoken() {
    let mut network = company(54).await;
    // Ana is shown that Beto was taken out, which nobody else is.
    let luis = &network.laptops[LUIS];
    let log = luis.engine.log();
    let device = network.laptops[BETO].keys().id();
    let act = RemoveAct { device, marks: vec![], wipe: false, reason: RemoveReason::Left, bags: vec![] };
    let shown = log.sign(ControlAct::Remove(act), 9, &luis.keys()).unwrap();
    let (from, hash) = (log.len(), shown.hash());
    let frame = ServerFrame::ControlRecords { from, records: vec![shown], len: from + 1 };
    network.laptops[ANA].hear(Input::Frame(frame)).await;
    let lead = work::capture(&mut network.laptops[BETO], "beto").await.unwrap();
    let edited = work::capture(&mut network.laptops[BETO], "dos").await.unwrap();
    while network.carry_up(BETO, false).await {}
    network.poll(ANA).await;
    while network.laptops[ANA].receive(0, 1).await {}
    let ana = &network.laptops[ANA];
    assert!(ana.set_aside.contains(&"sync.beyond_mark".to_owned()), "{:?}", ana.set_aside);
    assert!(ana.store.read::<Lead>(lead).await.unwrap().is_none());

    go_away(&mut network, ANA).await;
    network.trust_the_relay().await;
    lied_to(&mut network, ANA, |_| true).await;
    does_not_trust(&network.laptops[ANA], "sync.control_forked", 0).await;
    go_away(&mut network, ANA).await;
    network.settle_fork(hash).await;
    network.laptops[ANA].set_aside.clear();
    at_peace(&mut network, &[lead, edited]).await;
    let left = (Fate::Left, "sync.branch_left".to_owned(), Some(self::device(&network, LUIS)));
    assert_eq!(told(&network.laptops[ANA]).await, [left], "nothing of Beto's lies apart any more");
    network.laptops[ANA].kill().await;
    at_peace(&mut network, &[lead, edited]).await;
}
