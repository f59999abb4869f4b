//! Golden vectors: what this version writes, byte for byte. A later version must go on reading them.
//!
//! A file that is missing is written and the test fails once, so that a new vector is looked at before it is kept.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use automerge::transaction::Transactable as _;
use automerge::{AutoCommit, ROOT};
use zuc_protocol::codec;
use zuc_protocol::control::{ControlLog, Founding, SignedControl, found};
use zuc_protocol::enrolment::{Invite, InviteSecret};
use zuc_protocol::envelope::{BatchBody, BatchHeader, BatchKind, SealedBatch, SeenTip};
use zuc_protocol::glance::{Glance, SealedGlance};
use zuc_protocol::holding::{HeldWord, Holding};
use zuc_protocol::identity::{DeviceKeys, short_code};
use zuc_protocol::ids::{
    ActorId, BatchHash, ChainHash, CompanyId, ControlHead, Digest32, EpochId, Incarnation, InviteId, ItemId, KeyId,
    LogId, PersonId,
};
use zuc_protocol::item::{Change, DocKind, Fact, Item};
use zuc_protocol::left::{LeftBehind, LeftItem, LeftKey, SealedLeft};
use zuc_protocol::manifest::{FOLD, Manifest, PackRef, Says, Witness, manifest_hash};
use zuc_protocol::pack::{
    Digester, PackHeader, PackItem, PackedAuthor, PackedDocument, PackedFact, PackedVerdict, SealedPack, items,
    pack_hash,
};
use zuc_protocol::relay_fact::epoch_public;
use zuc_protocol::secret::{BagKey, EpochKey, IndexKey, PersonKey};
use zuc_protocol::{Blob, Rights, Role, Scope, recovery, stamp_key, suite, token};

fn golden(name: &str, now: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let Ok(kept) = std::fs::read_to_string(&path) else {
        std::fs::write(&path, format!("{now}\n")).unwrap();
        panic!("{} was missing and is written: look at it and keep it", path.display());
    };
    assert_eq!(kept.trim_end(), now, "{name} is no longer written as it was");
    kept.trim_end().to_owned()
}

fn device() -> DeviceKeys {
    DeviceKeys::from_seeds(&[1; 32], &[2; 32])
}

fn fact() -> Item {
    Item::Fact(Fact {
        id: ItemId([0x10; 16]),
        kind: "activity.logged".into(),
        subject: ItemId([0x11; 16]),
        fence: 0,
        body: r#"{"note":"llamada, ñ y acentos"}"#.into(),
        person_keys: vec![],
        events: vec![],
        part: None,
    })
}

fn header(incarnation: Incarnation) -> BatchHeader {
    BatchHeader {
        version: suite::VERSION,
        suite: suite::SUITE,
        scope: Scope::Sales(1),
        epoch: EpochId([5; 16]),
        kind: BatchKind::Fact,
        author: device().id(),
        incarnation,
        number: 1,
        prev: BatchHash::NONE,
        control_head: ControlHead([7; 16]),
    }
}

#[test]
fn an_envelope_is_written_and_read_as_in_version_1() {
    let (company, key) = (CompanyId([3; 16]), EpochKey::from_bytes([4; 32]));
    let header = header(Incarnation([6; 16]));
    let body = BatchBody { seen: SeenTip::new(&LogId([1; 16]), 0, &ChainHash([8; 32])), items: vec![fact()] };
    let sealed = SealedBatch::seal(company, header.clone(), &body, &key, &device(), &[9; 24]).unwrap();
    let kept = hex::decode(golden("envelope-v1.hex", &hex::encode(sealed.bytes()))).unwrap();
    let read = SealedBatch::parse(&kept).unwrap();
    assert_eq!(read.header(), &header);
    assert_eq!(read.open(company, &key, &device().public()).unwrap(), body);
    golden("envelope-v1.hash", &read.hash().to_string());
}

/// Two changes of one document; the second says that it follows the first.
fn changes(actor: ActorId) -> Vec<Item> {
    let mut doc = AutoCommit::new().with_actor(actor.0.into());
    ["León", "Mérida"]
        .map(|city| {
            let heads = doc.get_heads();
            doc.put(ROOT, "city", city).unwrap();
            doc.commit();
            Item::Change(Change {
                doc: ItemId([0x10; 16]),
                kind: DocKind::LEAD,
                chunk: doc.save_after(&heads),
                person_keys: vec![],
                events: vec![],
                part: None,
            })
        })
        .into()
}

#[test]
fn changes_are_written_and_read_as_in_version_1() {
    let (company, key, incarnation) = (CompanyId([3; 16]), EpochKey::from_bytes([4; 32]), Incarnation([6; 16]));
    let header = BatchHeader { kind: BatchKind::Change, ..header(incarnation) };
    let items = changes(device().public().actor(incarnation));
    let body = BatchBody { seen: SeenTip::new(&LogId([1; 16]), 0, &ChainHash([8; 32])), items };
    let sealed = SealedBatch::seal(company, header, &body, &key, &device(), &[9; 24]).unwrap();
    let kept = hex::decode(golden("changes-v1.hex", &hex::encode(sealed.bytes()))).unwrap();
    let read = SealedBatch::parse(&kept).unwrap();
    assert_eq!(read.open(company, &key, &device().public()).unwrap(), body);
}

#[test]
fn a_genesis_is_written_and_read_as_in_version_1() {
    let root = recovery::root_keys(&[0x42; recovery::SECRET]);
    let index = IndexKey::from_bytes([0x21; 32]);
    let mut count = 0_u8;
    let signed = found(
        &Founding {
            salt: [0x22; 16],
            name: "Escuela Kemper Urgate",
            person: PersonId([0x23; 16]),
            rights: Rights::new(Role::ALL, [1]),
            label: "laptop",
            device: &device(),
            root: &root,
            index: &index,
            scopes: Scope::FIRST
                .map(|scope| (scope, EpochKey::from_bytes([0x24; 32]), BagKey::from_bytes([0x25; 32])))
                .to_vec(),
            relay_url: Some("https://relevo.example".into()),
            time_ms: 1_700_000_000_000,
        },
        &mut || {
            count += 1;
            [count; 32]
        },
    )
    .unwrap();
    let kept = hex::decode(golden("genesis-v1.hex", &hex::encode(signed.to_bytes().unwrap()))).unwrap();
    let log = ControlLog::open(SignedControl::from_bytes(&kept).unwrap()).unwrap();
    golden("genesis-v1.company", &log.company().to_uuid().to_string());
    golden("genesis-v1.epoch", &log.epoch(Scope::Sales(1)).unwrap().id.to_string());
}

#[test]
fn codes_and_names_are_written_as_in_version_1() {
    let other = DeviceKeys::from_seeds(&[3; 32], &[4; 32]);
    golden("short-code-v1.txt", &short_code(&device().public(), &other.public(), ControlHead([7; 16])));
    golden("recovery-code-v1.txt", &recovery::to_code(&[0x42; recovery::SECRET]));
    golden("root-v1.id", &recovery::root_keys(&[0x42; recovery::SECRET]).id().to_string());
    golden("device-v1.id", &device().id().to_string());
    golden("actor-v1.hex", &device().public().actor(Incarnation([6; 16])).to_string());
    golden("epoch-public-v1.hex", &epoch_public(&EpochKey::from_bytes([4; 32])).to_string());
    golden(
        "blind-token-v1.hex",
        &token::blind_token(&IndexKey::from_bytes([0x21; 32]), "EKU9003173C9").unwrap().to_string(),
    );
    golden("stamp-key-v1.hex", &stamp_key::stamp_key(CompanyId([3; 16]), "EKU9003173C9", "||4.0|A|1||"));
    let invite = Invite {
        version: suite::VERSION,
        suite: suite::SUITE,
        id: InviteId([1; 16]),
        secret: InviteSecret::from_bytes([2; 16]),
        company: CompanyId([3; 16]),
        admin: [4; 16],
        control_head: ControlHead([5; 16]),
        relay_url: "https://relevo.example".into(),
    };
    let kept = golden("invite-v1.txt", &invite.to_code().unwrap());
    assert!(Invite::from_code(&kept).unwrap() == invite);
}

#[test]
fn a_pack_and_its_manifest_are_written_and_read_as_in_version_1() {
    let (company, key) = (CompanyId([3; 16]), EpochKey::from_bytes([4; 32]));
    let packed = [
        PackItem::Document(PackedDocument {
            id: ItemId([0x10; 16]),
            kind: DocKind::LEAD,
            chunk: Blob(vec![1, 2, 3]),
            ignored: vec![Digest32([4; 32])],
            version: 5,
        }),
        PackItem::Fact(PackedFact {
            id: ItemId([0x11; 16]),
            kind: "activity.logged".into(),
            subject: ItemId([0x10; 16]),
            fence: 6,
            body: "{}".into(),
            author: None,
        }),
        PackItem::Event("{}".into()),
        PackItem::Verdict(PackedVerdict {
            item: ItemId([0x10; 16]),
            hash: Digest32([4; 32]),
            kind: "lead".into(),
            code: "author.not_allowed".into(),
            author: Some(device().id()),
            person: Some(PersonId([7; 16])),
            merged: true,
        }),
        PackItem::Actor { actor: ActorId([8; 16]), device: device().id() },
        PackItem::Author(PackedAuthor {
            device: device().id(),
            number: 9,
            hash: BatchHash([10; 16]),
            control_seq: 11,
            blocked: false,
        }),
    ];
    let plain: Vec<u8> = packed.iter().flat_map(|item| item.to_bytes().unwrap()).collect();
    let header = PackHeader {
        version: suite::VERSION,
        suite: suite::SUITE,
        scope: Scope::Sales(1),
        epoch: EpochId([5; 16]),
        log: LogId([12; 16]),
        cursor: 4_096,
        author: device().id(),
    };
    let sealed = SealedPack::seal(company, header, &plain, &key, &device(), &[9; 24]).unwrap();
    let kept = hex::decode(golden("pack-v1.hex", &hex::encode(sealed.bytes()))).unwrap();
    let read = SealedPack::parse(&kept).unwrap();
    read.verify(company, &device().public().verify).unwrap();
    let opened = read.open(company, &key).unwrap();
    let found: Vec<PackItem> = items(&opened).unwrap().into_iter().map(|(item, _)| item).collect();
    assert_eq!(found, packed);

    let mut digester = Digester::new();
    for (_, bytes) in items(&opened).unwrap() {
        digester.add(bytes);
    }
    let manifest = Manifest {
        version: suite::VERSION,
        suite: suite::SUITE,
        fold: FOLD,
        scope: Scope::Sales(1),
        log: LogId([12; 16]),
        cursor: 4_096,
        chain: ChainHash([13; 32]),
        digest: digester.finish(),
        packs: vec![PackRef { hash: pack_hash(&kept), size: u32::try_from(kept.len()).unwrap() }],
    };
    let kept = hex::decode(golden("manifest-v1.hex", &hex::encode(manifest.to_bytes().unwrap()))).unwrap();
    assert_eq!(Manifest::from_bytes(&kept).unwrap(), manifest);
    let words = [Says::Right, Says::Wrong].map(|says| Witness::sign(company, manifest_hash(&kept), says, &device()));
    let signatures = words.map(|word| word.signature.to_string()).join(".");
    golden("manifest-words-v1.txt", &signatures);
    for word in words {
        word.verify(company, manifest_hash(&kept), &device().public().verify).unwrap();
    }
}

#[test]
fn what_a_device_holds_is_said_as_in_version_1() {
    let held =
        Holding { scope: Scope::Sales(1), log: LogId([12; 16]), after: 1, up_to: 4_096, chain: ChainHash([13; 32]) };
    let word = HeldWord::sign(CompanyId([3; 16]), held, &device());
    golden("held-word-v1.hex", &hex::encode(codec::encode(&word, codec::MAX_FRAME).unwrap()));
}

#[test]
fn where_somebody_looks_is_sealed_as_in_version_1() {
    let key = EpochKey::from_bytes([4; 32]);
    let (company, scope) = (CompanyId([3; 16]), Scope::Sales(1));
    let glance = Glance { record: Some(ItemId([8; 16])), at_ms: 1_790_000_000_000 };
    let sealed = SealedGlance::seal(company, scope, (EpochId([2; 16]), &key), &device(), &glance, &[7; 24]).unwrap();
    let now = hex::encode(codec::encode(&sealed, codec::MAX_FRAME).unwrap());
    let kept = hex::decode(golden("glance-v1.hex", &now)).unwrap();
    let read: SealedGlance = codec::decode(&kept, codec::MAX_FRAME).unwrap();
    assert_eq!(read.open(company, scope, &key, &device().public().verify).unwrap(), glance);
}

#[test]
fn what_is_left_behind_is_sealed_as_in_version_1() {
    let key = EpochKey::from_bytes([4; 32]);
    let (company, scope) = (CompanyId([3; 16]), Scope::Sales(1));
    let edits = r#"[{"field":"city","from":"Null","to":{"Text":"León"}}]"#.to_owned();
    let change = LeftItem::Change { doc: ItemId([8; 16]), kind: DocKind::LEAD, at_ms: 1_790_000_000_000, edits };
    let keys = vec![LeftKey::new(KeyId([9; 16]), &PersonKey::from_bytes([10; 32]))];
    let left = LeftBehind::fitting(vec![change], keys);
    let sealed = SealedLeft::seal(company, scope, (EpochId([2; 16]), &key), &device(), &left, &[7; 24]).unwrap();
    let kept = hex::decode(golden("left-behind-v1.hex", &hex::encode(sealed.to_bytes().unwrap()))).unwrap();
    assert!(SealedLeft::from_bytes(&kept).unwrap().open(company, &key).unwrap() == left);
}
