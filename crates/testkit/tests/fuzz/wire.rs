//! What peers and relays send.

use std::path::Path;

use zuc_protocol::codec::{self, MAX_CONTROL};
use zuc_protocol::control::{ControlAct, ControlLog, SignedControl};
use zuc_protocol::enrolment::{Invite, InviteOffer, JoinRequest};
use zuc_protocol::envelope::{BatchBody, BatchHeader, BatchKind, SealedBatch};
use zuc_protocol::identity::DeviceKeys;
use zuc_protocol::ids::CompanyId;
use zuc_protocol::manifest::{KeptManifest, Manifest};
use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_protocol::pack::{self, SealedPack};
use zuc_protocol::person_key::{BagReplacement, BagRow, SealedIdentifier};
use zuc_protocol::receipt::SignedReceipt;
use zuc_protocol::recovery;
use zuc_protocol::relay_fact::SealedRelayFact;
use zuc_protocol::secret::EpochKey;
use zuc_protocol::session::ChallengeAnswer;

use crate::never_panics;

/// A file of the protocol's golden vectors, its lines without their names.
fn golden(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/tests/golden");
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    text.lines().map(|line| hex::decode(line.rsplit(' ').next().unwrap()).unwrap()).collect()
}

/// The keys under which the golden batches are sealed.
fn author() -> (DeviceKeys, EpochKey, CompanyId) {
    (DeviceKeys::from_seeds(&[1; 32], &[2; 32]), EpochKey::from_bytes([4; 32]), CompanyId([3; 16]))
}

#[test]
fn frames_to_the_relay() {
    never_panics(&golden("client-frames-v1.txt"), |bytes| {
        if let Ok(frame) = ClientFrame::from_bytes(bytes) {
            let _ = frame.to_bytes();
        }
    });
}

#[test]
fn frames_of_the_relay() {
    never_panics(&golden("server-frames-v1.txt"), |bytes| {
        if let Ok(frame) = ServerFrame::from_bytes(bytes) {
            let _ = frame.to_bytes();
        }
    });
}

#[test]
fn envelopes() {
    let kept = [golden("envelope-v1.hex"), golden("changes-v1.hex")].concat();
    never_panics(&kept, |bytes| {
        let (device, key, company) = author();
        if let Ok(batch) = SealedBatch::parse(bytes) {
            let _ = batch.verify(company, &device.public().verify);
            let _ = batch.open_verified(company, &key, &device.public());
        }
    });
}

/// What a member seals, who holds the key and means ill.
#[test]
fn bodies() {
    let (device, key, company) = author();
    let mut kept = Vec::new();
    let mut headers: Vec<BatchHeader> = Vec::new();
    for name in ["envelope-v1.hex", "changes-v1.hex"] {
        let batch = SealedBatch::parse(&golden(name)[0]).unwrap();
        let body = batch.open(company, &key, &device.public()).unwrap();
        kept.push(body.to_bytes(batch.header(), &device.public()).unwrap());
        headers.push(batch.header().clone());
    }
    assert_eq!(headers[1].kind, BatchKind::Change);
    never_panics(&kept, |bytes| {
        for header in &headers {
            if let Ok(body) = BatchBody::from_bytes(header, bytes, &device.public()) {
                let written = body.to_bytes(header, &device.public()).expect("what was read can be written");
                let again = BatchBody::from_bytes(header, &written, &device.public());
                assert_eq!(again.expect("what was written can be read"), body);
            }
        }
    });
}

/// What a member packs, who holds the key and means ill; and what is said of it.
#[test]
fn packs_and_manifests() {
    let (device, key, company) = author();
    let sealed = golden("pack-v1.hex");
    never_panics(&sealed, |bytes| {
        if let Ok(pack) = SealedPack::parse(bytes) {
            let _ = pack.verify(company, &device.public().verify);
            let _ = pack.open(company, &key);
        }
    });
    let opened = SealedPack::parse(&sealed[0]).unwrap().open(company, &key).unwrap();
    never_panics(&[opened], |bytes| {
        if let Ok(items) = pack::items(bytes) {
            for (item, _) in items {
                item.to_bytes().expect("what was read can be written");
            }
        }
    });
    let genesis = golden("genesis-v1.hex");
    let log = ControlLog::open(SignedControl::from_bytes(&genesis[0]).unwrap()).unwrap();
    never_panics(&golden("manifest-v1.hex"), |bytes| {
        if let Ok(manifest) = Manifest::from_bytes(bytes) {
            assert_eq!(manifest.to_bytes().expect("what was read can be written"), bytes);
            let kept = KeptManifest { manifest: bytes.to_vec().into(), witnesses: vec![] };
            let _ = kept.check(&log, manifest.scope, manifest.log);
        }
    });
}

#[test]
fn control_records() {
    let genesis = golden("genesis-v1.hex");
    let log = ControlLog::open(SignedControl::from_bytes(&genesis[0]).unwrap()).unwrap();
    never_panics(&genesis, |bytes| {
        if let Ok(record) = SignedControl::from_bytes(bytes) {
            let _ = record.decode();
            let _ = ControlLog::open(record.clone());
            let _ = log.clone().offer(record);
        }
    });
}

#[test]
fn acts() {
    never_panics(&golden("acts-v1.txt"), |bytes| {
        let _ = codec::decode::<ControlAct>(bytes, MAX_CONTROL);
    });
}

#[test]
fn what_else_travels() {
    let kept = [golden("client-frames-v1.txt"), golden("server-frames-v1.txt"), golden("acts-v1.txt")].concat();
    never_panics(&kept, |bytes| {
        let _ = SealedRelayFact::from_bytes(bytes);
        let _ = codec::decode::<JoinRequest>(bytes, MAX_CONTROL);
        let _ = codec::decode::<InviteOffer>(bytes, MAX_CONTROL);
        let _ = codec::decode::<ChallengeAnswer>(bytes, MAX_CONTROL);
        let _ = codec::decode::<BagReplacement>(bytes, MAX_CONTROL);
        let _ = codec::decode::<BagRow>(bytes, MAX_CONTROL);
        if let Ok(receipt) = codec::decode::<SignedReceipt>(bytes, MAX_CONTROL) {
            let _ = receipt.peek();
        }
    });
}

#[test]
fn codes_that_people_type() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/tests/golden");
    let kept = ["invite-v1.txt", "recovery-code-v1.txt"].map(|name| std::fs::read(folder.join(name)).unwrap());
    never_panics(&kept, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let _ = Invite::from_code(&text);
        let _ = recovery::from_code(&text);
        let _ = SealedIdentifier::from_text(&text);
    });
}
