//! The one envelope: what it costs, and that nothing of it can be changed, moved, replayed or weakened.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use automerge::transaction::Transactable as _;
use automerge::{AutoCommit, ROOT};
use proptest::prelude::*;
use zuc_protocol::ProtocolError;
use zuc_protocol::envelope::{BatchBody, BatchHeader, BatchKind, SealedBatch, SeenTip};
use zuc_protocol::identity::DeviceKeys;
use zuc_protocol::ids::{
    ActorId, BatchHash, ChainHash, CompanyId, ControlHead, DeviceId, EpochId, Incarnation, ItemId, KeyId, LogId,
};
use zuc_protocol::item::{Change, DocKind, Fact, Item};
use zuc_protocol::scope::Scope;
use zuc_protocol::secret::EpochKey;
use zuc_protocol::suite;

const COMPANY: CompanyId = CompanyId([1; 16]);
const KEY: EpochKey = EpochKey::from_bytes([2; 32]);
const INCARNATION: Incarnation = Incarnation([3; 16]);

fn device() -> DeviceKeys {
    DeviceKeys::from_seeds(&[4; 32], &[5; 32])
}

fn actor() -> ActorId {
    device().public().actor(INCARNATION)
}

/// Like the random-looking ids of real headers, so that sizes are honest.
fn noise(seed: u8) -> [u8; 16] {
    let hash = blake3::hash(&[seed]);
    hash.as_bytes()[..16].try_into().unwrap()
}

fn header() -> BatchHeader {
    BatchHeader {
        version: suite::VERSION,
        suite: suite::SUITE,
        scope: Scope::Sales(1),
        epoch: EpochId(noise(1)),
        kind: BatchKind::Change,
        author: device().id(),
        incarnation: INCARNATION,
        number: 300,
        prev: BatchHash(noise(2)),
        control_head: ControlHead(noise(3)),
    }
}

/// A document that has a history, and the chunk of one more field.
fn one_field(actor: ActorId, seed: u8) -> Vec<u8> {
    let mut doc = AutoCommit::new().with_actor(actor.0.into());
    for field in ["name", "phone", "status", "owner"] {
        doc.put(ROOT, field, format!("{field}{seed}")).unwrap();
    }
    doc.commit();
    let heads = doc.get_heads();
    doc.put(ROOT, "phone", format!("55000000{seed:02}")).unwrap();
    doc.commit();
    doc.save_after(&heads)
}

fn change(doc: u8, chunk: Vec<u8>) -> Item {
    Item::Change(Change {
        doc: ItemId(noise(doc)),
        kind: DocKind::LEAD,
        chunk,
        person_keys: vec![],
        events: vec![],
        part: None,
    })
}

fn body(items: Vec<Item>) -> BatchBody {
    BatchBody { seen: SeenTip::new(&LogId([1; 16]), 1_000, &ChainHash([9; 32])), items }
}

fn seal(header: BatchHeader, body: &BatchBody) -> Result<SealedBatch, ProtocolError> {
    SealedBatch::seal(COMPANY, header, body, &KEY, &device(), &[7; 24])
}

#[test]
fn a_batch_goes_round() {
    let body = body(vec![change(1, one_field(actor(), 1)), change(2, one_field(actor(), 2))]);
    let sealed = seal(header(), &body).unwrap();
    let read = SealedBatch::parse(sealed.bytes()).unwrap();
    assert_eq!(read.header(), &header());
    assert_eq!(read.hash(), sealed.hash());
    read.verify(COMPANY, &device().public().verify).unwrap();
    let opened = read.open(COMPANY, &KEY, &device().public()).unwrap();
    assert_eq!(opened, body);
}

#[test]
fn facts_and_what_changes_bring_along_go_round() {
    let fact = Item::Fact(Fact {
        id: ItemId(noise(1)),
        kind: "activity.logged".into(),
        subject: ItemId(noise(2)),
        fence: 3,
        body: r#"{"type":"call"}"#.into(),
        person_keys: vec![KeyId(noise(4))],
        events: vec![r#"{"specversion":"1.0"}"#.into()],
        part: None,
    });
    let header = BatchHeader { kind: BatchKind::Fact, ..header() };
    let sealed = seal(header, &body(vec![fact.clone()])).unwrap();
    assert_eq!(sealed.open(COMPANY, &KEY, &device().public()).unwrap().items, vec![fact]);

    let mut with_event = change(1, one_field(actor(), 1));
    if let Item::Change(change) = &mut with_event {
        change.events.push(r#"{"specversion":"1.0","type":"Lead.Updated"}"#.into());
        change.person_keys.push(KeyId(noise(5)));
    }
    let sealed = seal(self::header(), &body(vec![with_event.clone()])).unwrap();
    assert_eq!(sealed.open(COMPANY, &KEY, &device().public()).unwrap().items, vec![with_event]);
}

#[test]
fn one_field_alone_takes_at_most_300_bytes_and_85_beside_nine_others() {
    let alone = seal(header(), &body(vec![change(1, one_field(actor(), 1))])).unwrap().bytes().len();
    let ten: Vec<_> = (0..10).map(|doc| change(doc, one_field(actor(), doc))).collect();
    let ten = seal(header(), &body(ten)).unwrap().bytes().len() / 10;
    assert!(alone <= 300, "{alone} bytes");
    assert!(ten <= 85, "{ten} bytes");
}

#[test]
fn every_field_of_the_header_is_bound() {
    let sealed = seal(header(), &body(vec![change(1, one_field(actor(), 1))])).unwrap();
    let header_len = postcard::to_stdvec(&header()).unwrap().len();
    let rest = &sealed.bytes()[header_len..];
    let other = |edit: fn(&mut BatchHeader)| {
        let mut header = header();
        edit(&mut header);
        let mut bytes = postcard::to_stdvec(&header).unwrap();
        bytes.extend_from_slice(rest);
        bytes
    };
    let wrong: [(&str, Vec<u8>); 10] = [
        ("version", other(|header| header.version = 0)),
        ("suite", other(|header| header.suite = 0)),
        ("scope", other(|header| header.scope = Scope::Finance)),
        ("epoch", other(|header| header.epoch.0[0] ^= 1)),
        ("kind", other(|header| header.kind = BatchKind::Fact)),
        ("author", other(|header| header.author = DeviceId([9; 16]))),
        ("incarnation", other(|header| header.incarnation.0[0] ^= 1)),
        ("number", other(|header| header.number += 1)),
        ("prev", other(|header| header.prev.0[0] ^= 1)),
        ("control head", other(|header| header.control_head.0[0] ^= 1)),
    ];
    for (field, bytes) in wrong {
        let refused =
            SealedBatch::parse(&bytes).and_then(|batch| batch.open(COMPANY, &KEY, &device().public())).unwrap_err();
        assert!(
            matches!(
                refused,
                ProtocolError::BadSignature | ProtocolError::Downgrade { .. } | ProtocolError::Inconsistent
            ),
            "{field}: {refused}"
        );
        // The relay, which has no key, refuses it too.
        let by_relay = SealedBatch::parse(&bytes).and_then(|batch| batch.verify(COMPANY, &device().public().verify));
        assert!(by_relay.is_err(), "{field} at the relay");
    }
}

#[test]
fn a_batch_is_of_one_company_one_key_and_one_author() {
    let sealed = seal(header(), &body(vec![change(1, one_field(actor(), 1))])).unwrap();
    let public = device().public();
    assert_eq!(sealed.open(CompanyId([8; 16]), &KEY, &public), Err(ProtocolError::BadSignature));
    assert_eq!(sealed.open(COMPANY, &EpochKey::from_bytes([8; 32]), &public), Err(ProtocolError::BadSeal));
    let other = DeviceKeys::from_seeds(&[8; 32], &[5; 32]);
    assert_eq!(sealed.open(COMPANY, &KEY, &other.public()), Err(ProtocolError::Inconsistent));
    assert_eq!(
        SealedBatch::seal(COMPANY, header(), &body(vec![change(1, one_field(actor(), 1))]), &KEY, &other, &[7; 24]),
        Err(ProtocolError::Inconsistent)
    );
}

#[test]
fn a_weaker_or_unknown_suite_is_neither_written_nor_read() {
    let body = body(vec![change(1, one_field(actor(), 1))]);
    for (version, number) in [(0, 1), (1, 0), (2, 1), (1, 2)] {
        let header = BatchHeader { version, suite: number, ..header() };
        assert!(seal(header, &body).is_err());
        let mut bytes = seal(self::header(), &body).unwrap().into_bytes();
        bytes[0] = version;
        bytes[1] = number;
        assert!(matches!(
            SealedBatch::parse(&bytes),
            Err(ProtocolError::Downgrade { .. } | ProtocolError::TooNew { .. })
        ));
    }
}

#[test]
fn a_batch_that_carries_anothers_actor_is_refused_whole() {
    let mine = change(1, one_field(actor(), 1));
    let theirs = change(2, one_field(ActorId([0xab; 16]), 2));
    assert_eq!(seal(header(), &body(vec![mine.clone(), theirs])), Err(ProtocolError::ForeignActor));
    // An earlier incarnation of this very device is another actor too.
    let earlier = BatchHeader { incarnation: Incarnation([9; 16]), ..header() };
    assert_eq!(seal(earlier, &body(vec![mine])), Err(ProtocolError::ForeignActor));
}

#[test]
fn a_body_is_of_its_headers_kind_and_within_its_bounds() {
    let item = change(1, one_field(actor(), 1));
    let wrong_kind = BatchHeader { kind: BatchKind::Fact, ..header() };
    assert_eq!(seal(wrong_kind, &body(vec![item.clone()])), Err(ProtocolError::Inconsistent));
    assert_eq!(seal(header(), &body(vec![])), Err(ProtocolError::Inconsistent));
    assert!(matches!(seal(header(), &body(vec![item; 257])), Err(ProtocolError::TooLarge { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_flipped_bit_is_read(place in 0_usize..10_000, bit in 0_u8..8) {
        let sealed = seal(header(), &body(vec![change(1, one_field(actor(), 1))])).unwrap();
        let mut bytes = sealed.into_bytes();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        let read = SealedBatch::parse(&bytes).and_then(|batch| batch.open(COMPANY, &KEY, &device().public()));
        prop_assert!(read.is_err());
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut bytes = bytes;
        prop_assert!(SealedBatch::parse(&bytes).and_then(|batch| batch.open(COMPANY, &KEY, &device().public())).is_err());
        if bytes.len() > 2 {
            bytes[0] = suite::VERSION;
            bytes[1] = suite::SUITE;
        }
        prop_assert!(SealedBatch::parse(&bytes).and_then(|batch| batch.open(COMPANY, &KEY, &device().public())).is_err());
    }
}
