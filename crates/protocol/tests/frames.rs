//! Every frame and every act of membership, byte for byte: their numbers are their places, so none may move.
//!
//! Each list is a `match` without a wildcard: what is added later does not compile before it has its line here.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use zuc_protocol::bytes::Blob;
use zuc_protocol::chain::{LogEntry, LogKind};
use zuc_protocol::codec::{self, MAX_CONTROL};
use zuc_protocol::control::{
    AddDevice, BagChange, ControlAct, EpochStart, EraseAct, Genesis, GrantAct, IndexWrap, KeyWrap, Mark, Recipient,
    RemoveAct, RemoveReason, RightsAct, SignedControl,
};
use zuc_protocol::fingerprint::{Fingerprint, Stretch};
use zuc_protocol::glance::SealedGlance;
use zuc_protocol::holding::{HeldWord, Holding};
use zuc_protocol::identity::{DeviceKeys, DevicePublic};
use zuc_protocol::ids::{
    AttachmentId, BagId, BatchHash, ChainHash, ControlHash, DeviceId, Digest32, EpochId, HeldRows, ItemId, KeyId,
    LogId, PersonId, ReceiveKey, RequestId, Signature, VerifyKey,
};
use zuc_protocol::left::{KeptLeft, SealedLeft};
use zuc_protocol::manifest::{KeptManifest, Says, Witness};
use zuc_protocol::messages::{
    Acked, AuthorTip, ClientFrame, Offered, Refusal, RefusalCode, ScopeCursor, ScopeHead, ServerFrame, StandingLoss,
    Stored,
};
use zuc_protocol::person_key::{BagKeyWraps, BagReplacement, BagRow};
use zuc_protocol::receipt::{Claim, ClaimRequest, IntentKind, SignedReceipt, StampState};
use zuc_protocol::seal::Wrapped;
use zuc_protocol::stamping::{StampCommand, StampJob, StampView};
use zuc_protocol::{Rights, Role, Scope, suite};

const SALES: Scope = Scope::Sales(1);

fn public() -> DevicePublic {
    DeviceKeys::from_seeds(&[1; 32], &[2; 32]).public()
}

fn wrapped() -> Wrapped {
    Wrapped { enc: ReceiveKey([3; 32]), sealed: Blob(vec![4, 5]) }
}

fn key_wrap() -> KeyWrap {
    KeyWrap { to: Recipient::Device(DeviceId([6; 16])), wrap: wrapped() }
}

fn record() -> SignedControl {
    SignedControl { record: Blob(vec![7, 8]), signature: Signature([9; 64]), root_signature: None }
}

fn bag_row() -> BagRow {
    BagRow { scope: SALES, bag: BagId([10; 16]), key: KeyId([11; 16]), wrap: Blob(vec![12]) }
}

fn bag_wraps() -> BagKeyWraps {
    BagKeyWraps {
        scope: SALES,
        bag: BagId([10; 16]),
        wraps: vec![(Recipient::Root, wrapped())],
        author: DeviceId([6; 16]),
        signature: Signature([13; 64]),
    }
}

fn receipt() -> SignedReceipt {
    SignedReceipt { header: Blob(vec![14]), signature: Signature([15; 64]) }
}

fn mark() -> Mark {
    Mark { device: DeviceId([6; 16]), scope: SALES, number: 300, last: BatchHash([16; 16]) }
}

fn head() -> ScopeHead {
    ScopeHead { scope: Scope::Fiscal, seq: 17, chain: ChainHash([18; 32]) }
}

fn bag_change() -> BagChange {
    BagChange { scope: SALES, bag: BagId([10; 16]), replacement: Digest32([19; 32]) }
}

fn epoch_start() -> EpochStart {
    EpochStart {
        scope: SALES,
        public: ReceiveKey([20; 32]),
        wraps: vec![key_wrap()],
        previous: Some(Blob(vec![21])),
        bag: Some(BagId([10; 16])),
    }
}

fn glance() -> SealedGlance {
    SealedGlance {
        epoch: EpochId([52; 16]),
        author: DeviceId([6; 16]),
        sealed: Blob(vec![65]),
        signature: Signature([66; 64]),
    }
}

fn witness() -> Witness {
    Witness { device: DeviceId([6; 16]), says: Says::Wrong, signature: Signature([60; 64]) }
}

fn held() -> HeldWord {
    let held = Holding { scope: SALES, log: LogId([23; 16]), after: 67, up_to: 300, chain: ChainHash([18; 32]) };
    HeldWord { device: DeviceId([6; 16]), held, signature: Signature([68; 64]) }
}

fn left() -> SealedLeft {
    SealedLeft {
        scope: SALES,
        epoch: EpochId([52; 16]),
        author: DeviceId([6; 16]),
        sealed: Blob(vec![70]),
        signature: Signature([71; 64]),
    }
}

fn client_frames() -> Vec<ClientFrame> {
    vec![
        ClientFrame::Hello {
            version: suite::VERSION,
            token: "token".into(),
            control: ControlHash([22; 32]),
            log: Some(LogId([23; 16])),
        },
        ClientFrame::Push { scope: SALES, batches: vec![Blob(vec![24])], bag_rows: vec![bag_row()] },
        ClientFrame::Pull { scope: SALES, from: 25, max: 26 },
        ClientFrame::Subscribe { cursors: vec![ScopeCursor { scope: Scope::Admin, seq: 27 }] },
        ClientFrame::Control { from: 28 },
        ClientFrame::ControlAppend {
            record: record(),
            replacements: vec![BagReplacement { wraps: bag_wraps(), rows: vec![bag_row()] }],
            wraps: vec![bag_wraps()],
        },
        ClientFrame::Bag { scope: SALES, have: HeldRows([29; 16]), after: Some(KeyId([11; 16])) },
        ClientFrame::BagOffer { wraps: Some(bag_wraps()), rows: vec![bag_row()] },
        ClientFrame::Heads,
        ClientFrame::Marks { device: DeviceId([6; 16]) },
        ClientFrame::Claim(ClaimRequest {
            id: RequestId([30; 16]),
            claim: Claim::Folio { serie: "A".into(), invoice: ItemId([31; 16]) },
        }),
        ClientFrame::Stamp(Box::new(StampJob {
            id: RequestId([30; 16]),
            invoice: ItemId([31; 16]),
            stamp_key: "k".into(),
            serie: "A".into(),
            folio: 32,
            folio_receipt: receipt(),
            xml: Blob(vec![33]),
        })),
        ClientFrame::StampCommand {
            id: RequestId([30; 16]),
            command: StampCommand::Status { invoice: ItemId([31; 16]) },
        },
        ClientFrame::Ping(34),
        ClientFrame::Behind { log: LogId([23; 16]), at: head() },
        ClientFrame::ControlOffer { records: vec![record()] },
        ClientFrame::Holds { scope: SALES },
        ClientFrame::Offer {
            scope: SALES,
            entries: vec![Offered { kind: LogKind::RelayFact, bytes: Blob(vec![55]) }],
            last: true,
        },
        ClientFrame::Credit { frames: 300 },
        ClientFrame::Attachment { scope: SALES, id: AttachmentId([56; 32]) },
        ClientFrame::AttachmentPut {
            scope: SALES,
            id: AttachmentId([56; 32]),
            size: 57,
            at: 58,
            bytes: Blob(vec![59]),
        },
        ClientFrame::AttachmentGet { scope: SALES, id: AttachmentId([56; 32]), at: 58 },
        ClientFrame::Manifests { scope: SALES },
        ClientFrame::Pack { scope: SALES, manifest: Digest32([56; 32]), hash: Digest32([57; 32]) },
        ClientFrame::ManifestOffer { manifest: Blob(vec![58]), witness: witness() },
        ClientFrame::PackOffer { scope: SALES, manifest: Digest32([56; 32]), pack: Blob(vec![59]) },
        ClientFrame::Testify { scope: SALES, manifest: Digest32([56; 32]), witness: witness() },
        ClientFrame::Fingerprint { scope: SALES, stretch: Stretch { after: 61, up_to: 62 } },
        ClientFrame::Glance { scope: SALES, glance: glance() },
        ClientFrame::Held { word: held() },
        ClientFrame::HeldBy { scope: SALES },
        ClientFrame::AttachmentDrop { scope: SALES, id: AttachmentId([56; 32]) },
        ClientFrame::Followed { log: LogId([23; 16]) },
        ClientFrame::Leave { left: left() },
        ClientFrame::LeftBehind { scope: SALES, after: Some(DeviceId([6; 16])) },
        ClientFrame::SettleLeft { scope: SALES, device: DeviceId([6; 16]) },
    ]
}

fn client_name(frame: &ClientFrame) -> &'static str {
    match frame {
        ClientFrame::Hello { .. } => "hello",
        ClientFrame::Push { .. } => "push",
        ClientFrame::Pull { .. } => "pull",
        ClientFrame::Subscribe { .. } => "subscribe",
        ClientFrame::Control { .. } => "control",
        ClientFrame::ControlAppend { .. } => "control_append",
        ClientFrame::Bag { .. } => "bag",
        ClientFrame::BagOffer { .. } => "bag_offer",
        ClientFrame::Heads => "heads",
        ClientFrame::Marks { .. } => "marks",
        ClientFrame::Claim(_) => "claim",
        ClientFrame::Stamp(_) => "stamp",
        ClientFrame::StampCommand { .. } => "stamp_command",
        ClientFrame::Ping(_) => "ping",
        ClientFrame::Behind { .. } => "behind",
        ClientFrame::ControlOffer { .. } => "control_offer",
        ClientFrame::Holds { .. } => "holds",
        ClientFrame::Offer { .. } => "offer",
        ClientFrame::Credit { .. } => "credit",
        ClientFrame::Attachment { .. } => "attachment",
        ClientFrame::AttachmentPut { .. } => "attachment_put",
        ClientFrame::AttachmentGet { .. } => "attachment_get",
        ClientFrame::AttachmentDrop { .. } => "attachment_drop",
        ClientFrame::Manifests { .. } => "manifests",
        ClientFrame::Pack { .. } => "pack",
        ClientFrame::ManifestOffer { .. } => "manifest_offer",
        ClientFrame::PackOffer { .. } => "pack_offer",
        ClientFrame::Testify { .. } => "testify",
        ClientFrame::Fingerprint { .. } => "fingerprint",
        ClientFrame::Glance { .. } => "glance",
        ClientFrame::Held { .. } => "held",
        ClientFrame::HeldBy { .. } => "held_by",
        ClientFrame::Followed { .. } => "followed",
        ClientFrame::Leave { .. } => "leave",
        ClientFrame::LeftBehind { .. } => "left_behind",
        ClientFrame::SettleLeft { .. } => "settle_left",
    }
}

fn server_frames() -> Vec<ServerFrame> {
    let hash = BatchHash([35; 16]);
    vec![
        ServerFrame::Welcome {
            version: suite::VERSION,
            log: LogId([23; 16]),
            time_ms: 36,
            control: ControlHash([22; 32]),
            control_len: 37,
            heads: vec![head()],
        },
        ServerFrame::Ack { scope: SALES, acks: vec![Acked { hash, seq: 38, chain: ChainHash([18; 32]) }] },
        ServerFrame::Refused {
            scope: SALES,
            refusal: Refusal {
                hash,
                code: RefusalCode::NumberTaken,
                stored: Some(Stored { hash, seq: 39 }),
                last_accepted: 40,
            },
        },
        ServerFrame::Entries {
            scope: SALES,
            from: 41,
            entries: vec![LogEntry { seq: 42, kind: LogKind::RelayFact, bytes: Blob(vec![43]) }],
            head: 44,
            chain: ChainHash([18; 32]),
        },
        ServerFrame::ControlRecords { from: 45, records: vec![record()], len: 46 },
        ServerFrame::ControlAccepted { seq: 47, hash: ControlHash([22; 32]) },
        ServerFrame::ControlConflict { head: ControlHash([22; 32]), len: 48 },
        ServerFrame::Bag { scope: SALES, wraps: vec![bag_wraps()], rows: vec![bag_row()], more: true, listing: true },
        ServerFrame::Heads { heads: vec![head()] },
        ServerFrame::Marks { marks: vec![mark()] },
        ServerFrame::Receipt(receipt()),
        ServerFrame::Stamp(Box::new(StampView {
            invoice: ItemId([31; 16]),
            stamp_key: Some("k".into()),
            intent: Some(IntentKind::Issue),
            state: Some(StampState::Stamped),
            code: Some("c".into()),
            uuid: Some("u".into()),
            xml: Some(Blob(vec![33])),
            receipt: Some(receipt()),
        })),
        ServerFrame::Error { request: Some(RequestId([30; 16])), code: "relay.frozen".into() },
        ServerFrame::GoAway { code: "relay.no_credit".into() },
        ServerFrame::Pong { number: 34, time_ms: 36 },
        ServerFrame::Holds { scope: SALES, authors: vec![AuthorTip { author: DeviceId([6; 16]), number: 300 }] },
        ServerFrame::Offered { scope: SALES, last: true },
        ServerFrame::Lost { loss: Some(StandingLoss { since_ms: 36, waits: vec![DeviceId([6; 16])] }) },
        ServerFrame::Attachment { id: AttachmentId([56; 32]), size: 57, have: 58 },
        ServerFrame::AttachmentBytes { id: AttachmentId([56; 32]), at: 58, bytes: Blob(vec![59]) },
        ServerFrame::Manifests {
            scope: SALES,
            kept: vec![KeptManifest { manifest: Blob(vec![58]), witnesses: vec![witness()] }],
        },
        ServerFrame::Pack { scope: SALES, pack: Some(Blob(vec![59])) },
        ServerFrame::ManifestKept { scope: SALES, manifest: Digest32([56; 32]), lacks: vec![Digest32([57; 32])] },
        ServerFrame::Fingerprint(Fingerprint {
            scope: SALES,
            stretch: Stretch { after: 61, up_to: 62 },
            xor: Digest32([63; 32]),
            count: 64,
        }),
        ServerFrame::Glance { scope: SALES, glance: glance() },
        ServerFrame::Begins { scope: SALES, at: 69, chain: ChainHash([18; 32]), head: 300 },
        ServerFrame::HeldBy { scope: SALES, begins: 69, wants: true, words: vec![held()] },
        ServerFrame::LeftKept { scope: SALES, until_ms: 300 },
        ServerFrame::LeftBehind { scope: SALES, left: Some(KeptLeft { left: left(), at_ms: 300 }) },
    ]
}

fn server_name(frame: &ServerFrame) -> &'static str {
    match frame {
        ServerFrame::Welcome { .. } => "welcome",
        ServerFrame::Ack { .. } => "ack",
        ServerFrame::Refused { .. } => "refused",
        ServerFrame::Entries { .. } => "entries",
        ServerFrame::ControlRecords { .. } => "control_records",
        ServerFrame::ControlAccepted { .. } => "control_accepted",
        ServerFrame::ControlConflict { .. } => "control_conflict",
        ServerFrame::Bag { .. } => "bag",
        ServerFrame::Heads { .. } => "heads",
        ServerFrame::Marks { .. } => "marks",
        ServerFrame::Receipt(_) => "receipt",
        ServerFrame::Stamp(_) => "stamp",
        ServerFrame::Error { .. } => "error",
        ServerFrame::GoAway { .. } => "go_away",
        ServerFrame::Pong { .. } => "pong",
        ServerFrame::Holds { .. } => "holds",
        ServerFrame::Offered { .. } => "offered",
        ServerFrame::Lost { .. } => "lost",
        ServerFrame::Attachment { .. } => "attachment",
        ServerFrame::AttachmentBytes { .. } => "attachment_bytes",
        ServerFrame::Manifests { .. } => "manifests",
        ServerFrame::Pack { .. } => "pack",
        ServerFrame::ManifestKept { .. } => "manifest_kept",
        ServerFrame::Fingerprint(_) => "fingerprint",
        ServerFrame::Glance { .. } => "glance",
        ServerFrame::Begins { .. } => "begins",
        ServerFrame::HeldBy { .. } => "held_by",
        ServerFrame::LeftKept { .. } => "left_kept",
        ServerFrame::LeftBehind { .. } => "left_behind",
    }
}

fn acts() -> Vec<ControlAct> {
    let index = IndexWrap { to: Recipient::Root, wrap: wrapped() };
    let rights = Rights::new([Role::Ventas], [1]);
    vec![
        ControlAct::Genesis(Genesis {
            salt: [49; 16],
            name: Digest32([19; 32]),
            root: public(),
            person: PersonId([50; 16]),
            device: public(),
            rights: rights.clone(),
            label: Blob(vec![51]),
            index: vec![index.clone()],
            epochs: vec![epoch_start()],
            relay_url: Some("https://relevo.example".into()),
        }),
        ControlAct::AddDevice(AddDevice {
            person: PersonId([50; 16]),
            rights: Some(rights.clone()),
            device: public(),
            label: Blob(vec![51]),
            index: index.clone(),
            keys: vec![(SALES, key_wrap())],
        }),
        ControlAct::Freeze { device: DeviceId([6; 16]), on: true },
        ControlAct::Remove(RemoveAct {
            device: DeviceId([6; 16]),
            marks: vec![mark()],
            wipe: true,
            reason: RemoveReason::LostOrStolen,
            bags: vec![bag_change()],
        }),
        ControlAct::Rights(RightsAct {
            person: PersonId([50; 16]),
            rights,
            marks: vec![mark()],
            bags: vec![bag_change()],
        }),
        ControlAct::Epoch(epoch_start()),
        ControlAct::Grant(GrantAct { scope: SALES, epoch: EpochId([52; 16]), wraps: vec![key_wrap()] }),
        ControlAct::RelayKey { key: VerifyKey([53; 32]), url: "https://relevo.example".into() },
        ControlAct::Erase(EraseAct { keys: vec![KeyId([11; 16])], bags: vec![bag_change()] }),
        ControlAct::SchemaFloor(54),
        ControlAct::RootReplaced { root: public(), index, keys: vec![(SALES, key_wrap())] },
        ControlAct::Settle { loser: ControlHash([22; 32]) },
        ControlAct::Thaw { log: LogId([23; 16]) },
    ]
}

fn act_name(act: &ControlAct) -> &'static str {
    match act {
        ControlAct::Genesis(_) => "genesis",
        ControlAct::AddDevice(_) => "add_device",
        ControlAct::Freeze { .. } => "freeze",
        ControlAct::Remove(_) => "remove",
        ControlAct::Rights(_) => "rights",
        ControlAct::Epoch(_) => "epoch",
        ControlAct::Grant(_) => "grant",
        ControlAct::RelayKey { .. } => "relay_key",
        ControlAct::Erase(_) => "erase",
        ControlAct::SchemaFloor(_) => "schema_floor",
        ControlAct::RootReplaced { .. } => "root_replaced",
        ControlAct::Settle { .. } => "settle",
        ControlAct::Thaw { .. } => "thaw",
    }
}

/// Compares with the kept file; where there is none it is written and the test fails once.
fn golden(file: &str, lines: &[(&'static str, Vec<u8>)]) {
    for (number, (name, bytes)) in (0_u8..).zip(lines) {
        assert_eq!(bytes[0], number, "{name} begins with its place");
    }
    let now: Vec<String> = lines.iter().map(|(name, bytes)| format!("{name} {}", hex::encode(bytes))).collect();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    let Ok(kept) = std::fs::read_to_string(&path) else {
        std::fs::write(&path, now.join("\n") + "\n").unwrap();
        panic!("{} was missing and is written: look at it and keep it", path.display());
    };
    for (kept, now) in kept.lines().zip(&now) {
        assert_eq!(kept, now, "it is no longer written as it was");
    }
    assert_eq!(kept.lines().count(), now.len(), "one is missing in {file}");
}

#[test]
fn frames_to_the_relay_are_written_and_read_as_in_version_1() {
    let frames = client_frames();
    let lines = frames.iter().map(|frame| (client_name(frame), frame.to_bytes().unwrap())).collect::<Vec<_>>();
    for (frame, (name, bytes)) in frames.iter().zip(&lines) {
        assert_eq!(&ClientFrame::from_bytes(bytes).unwrap(), frame, "{name}");
    }
    golden("client-frames-v1.txt", &lines);
}

#[test]
fn frames_of_the_relay_are_written_and_read_as_in_version_1() {
    let frames = server_frames();
    let lines = frames.iter().map(|frame| (server_name(frame), frame.to_bytes().unwrap())).collect::<Vec<_>>();
    for (frame, (name, bytes)) in frames.iter().zip(&lines) {
        assert_eq!(&ServerFrame::from_bytes(bytes).unwrap(), frame, "{name}");
    }
    golden("server-frames-v1.txt", &lines);
}

#[test]
fn acts_are_written_and_read_as_in_version_1() {
    let acts = acts();
    let encode = |act: &ControlAct| codec::encode(act, MAX_CONTROL).unwrap();
    let lines = acts.iter().map(|act| (act_name(act), encode(act))).collect::<Vec<_>>();
    for (act, (name, bytes)) in acts.iter().zip(&lines) {
        assert_eq!(&codec::decode::<ControlAct>(bytes, MAX_CONTROL).unwrap(), act, "{name}");
    }
    golden("acts-v1.txt", &lines);
}
