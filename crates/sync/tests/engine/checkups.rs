//! Entries that lie spoiled on a disk are found by comparing, and the relay can make nothing of it.

use zuc_protocol::Blob;
use zuc_protocol::chain::{LogEntry, LogKind};
use zuc_protocol::fingerprint::{Fingerprint, Stretch};
use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_sync::{Effect, Input};

use crate::support::{Device, Relay, SALES, scene};

const PLACES: u64 = 5_000;

fn entry(seq: u64, bytes: &[u8]) -> LogEntry {
    LogEntry { seq, kind: LogKind::Batch, bytes: Blob(bytes.to_vec()) }
}

fn log() -> Vec<LogEntry> {
    (1..=PLACES).map(|seq| entry(seq, &seq.to_le_bytes())).collect()
}

fn print(of: &[LogEntry], stretch: Stretch) -> Fingerprint {
    let mut print = Fingerprint::of_nothing(SALES, stretch);
    for entry in of {
        print.add(entry.seq, entry.kind, &entry.bytes.0);
    }
    print
}

fn page(of: &[LogEntry], from: u64, max: u32) -> ServerFrame {
    let entries: Vec<_> = of.iter().filter(|entry| entry.seq > from).take(max as usize).cloned().collect();
    ServerFrame::Entries { scope: SALES, from, entries, head: PLACES, chain: zuc_protocol::ids::ChainHash([0; 32]) }
}

/// What the engine asks of disk and relay in a check-up, until it says what to repair: those places, and how much it asked.
fn check_up(
    luis: &mut Device,
    disk: &[LogEntry],
    mut relay: impl FnMut(ClientFrame) -> Vec<ServerFrame>,
) -> (Vec<u64>, usize) {
    luis.effects.clear();
    luis.sent.clear();
    luis.input(Input::Spoiled { scope: SALES, stretches: vec![Stretch { after: 0, up_to: PLACES }] });
    let (mut asked, mut seen) = (0, 0);
    for _ in 0..100_000 {
        for frame in std::mem::take(&mut luis.sent) {
            asked += 1;
            for answer in relay(frame) {
                luis.frame(answer);
            }
        }
        let Some(effect) = luis.effects.get(seen).cloned() else { continue };
        seen += 1;
        match effect {
            Effect::Compare(theirs) => {
                let ours = print(disk, theirs.stretch);
                luis.input(Input::Compared { theirs, ours });
            }
            Effect::Repair { entries, .. } => return (entries.iter().map(|entry| entry.seq).collect(), asked),
            _ => {}
        }
    }
    panic!("it never ends");
}

fn honest(of: Vec<LogEntry>) -> impl FnMut(ClientFrame) -> Vec<ServerFrame> {
    move |frame| match frame {
        ClientFrame::Fingerprint { stretch, .. } => vec![ServerFrame::Fingerprint(print(&of, stretch))],
        ClientFrame::Pull { from, max, .. } => vec![page(&of, from, max)],
        _ => vec![],
    }
}

fn connected() -> (Relay, Device) {
    let (_, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    (relay, luis)
}

#[test]
fn what_is_spoiled_or_gone_is_found_with_few_questions() {
    let (_, mut luis) = connected();
    let mut disk = log();
    disk[6].bytes.0[0] ^= 1;
    disk.retain(|entry| entry.seq != 4_999);
    let (pulled, asked) = check_up(&mut luis, &disk, honest(log()));
    assert!(pulled.contains(&7) && pulled.contains(&4_999), "{pulled:?}");
    assert!(pulled.len() <= 32, "little else is pulled: {pulled:?}");
    assert!(asked < 50, "{asked}");
    let (pulled, asked) = check_up(&mut luis, &log(), honest(log()));
    assert_eq!((pulled, asked), (vec![], 2), "what is right is asked for once");
}

#[test]
fn a_relay_that_looks_at_less_at_a_time_is_asked_for_the_rest() {
    let (_, mut luis) = connected();
    let mut disk = log();
    disk[300].bytes.0[0] ^= 1;
    let all = log();
    let (pulled, _) = check_up(&mut luis, &disk, |frame| match frame {
        ClientFrame::Fingerprint { stretch, .. } => {
            let less = Stretch { up_to: stretch.up_to.min(stretch.after + 100), ..stretch };
            vec![ServerFrame::Fingerprint(print(&all, less))]
        }
        ClientFrame::Pull { from, .. } => vec![page(&all, from, 3)],
        _ => vec![],
    });
    assert!(pulled.contains(&301) && pulled.len() <= 16, "{pulled:?}");
}

#[test]
fn a_relay_that_says_nonsense_is_not_asked_for_ever_and_moves_nothing() {
    let (relay, mut luis) = connected();
    let before = (luis.engine.cursor(SALES), luis.alarms.len(), luis.facts.len());
    let nonsense = |stretch| Fingerprint { count: 9, ..print(&[], stretch) };
    let (pulled, asked) = check_up(&mut luis, &log(), |frame| match frame {
        ClientFrame::Fingerprint { stretch, .. } => vec![
            ServerFrame::Fingerprint(nonsense(Stretch { after: 0, up_to: u64::MAX })),
            ServerFrame::Fingerprint(nonsense(Stretch { after: stretch.after, up_to: stretch.after })),
            ServerFrame::Fingerprint(nonsense(Stretch { up_to: stretch.after + 1, ..stretch })),
        ],
        ClientFrame::Pull { from, .. } => vec![page(&[entry(from + 1, &[0; 100_000])], from, 1)],
        _ => vec![],
    });
    assert!(pulled.len() <= 4_096 && asked <= 8_200, "{} entries, {asked} questions", pulled.len());
    assert_eq!((luis.engine.cursor(SALES), luis.alarms.len(), luis.facts.len()), before);
    assert_eq!(relay.head(SALES).seq, 0);
    assert!(!luis.effects.iter().any(|effect| matches!(effect, Effect::Apply { .. } | Effect::Quarantine { .. })));
}

#[test]
fn what_nobody_asked_for_is_no_answer() {
    let (_, mut luis) = connected();
    luis.effects.clear();
    luis.frame(ServerFrame::Fingerprint(print(&log(), Stretch { after: 0, up_to: 9 })));
    assert!(!luis.effects.iter().any(|effect| matches!(effect, Effect::Compare(_) | Effect::Repair { .. })));
}

#[test]
fn the_disk_looks_where_nothing_else_is_to_be_done_and_a_check_up_that_nobody_answers_is_let_go() {
    let (mut relay, mut luis) = connected();
    let looks = |luis: &Device| luis.effects.iter().filter(|effect| **effect == Effect::NeedCheckup).count();
    luis.effects.clear();
    for second in 0..=60 {
        luis.input(Input::Tick(second * 1_000));
        luis.talk(&mut relay);
    }
    assert_eq!(looks(&luis), 2, "once a minute");
    luis.effects.clear();
    luis.input(Input::Spoiled { scope: SALES, stretches: vec![Stretch { after: 0, up_to: 9 }] });
    luis.sent.clear();
    for second in 61..=200 {
        luis.input(Input::Tick(second * 1_000));
        luis.sent.retain(|frame| !matches!(frame, ClientFrame::Fingerprint { .. }));
        luis.talk(&mut relay);
    }
    assert!(looks(&luis) > 0, "it begins again");
    assert!(!luis.effects.iter().any(|effect| matches!(effect, Effect::Repair { .. })));
}
