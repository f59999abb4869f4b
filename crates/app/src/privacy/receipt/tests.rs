//! A receipt is what its device signed, byte for byte, or it is none.

use jiff::civil::date;
use zuc_protocol::{
    Rights, Role, Scope,
    control::{ControlAct, EraseAct, Founding, found},
    ids::{KeyId, PersonId},
    recovery,
    secret::{BagKey, EpochKey, IndexKey},
};

use super::*;

fn keys(seed: u8) -> DeviceKeys {
    DeviceKeys::from_seeds(&[seed; 32], &[seed ^ 0x80; 32])
}

/// The log of a company whose one device has erased somebody.
fn log(salt: u8) -> ControlLog {
    let mut count = 0_u8;
    let mut fresh = || {
        count += 1;
        [count; 32]
    };
    let scopes = Scope::FIRST.map(|scope| (scope, EpochKey::from_bytes([3; 32]), BagKey::from_bytes([7; 32])));
    let genesis = found(
        &Founding {
            salt: [salt; 16],
            name: "Escuela Kemper Urgate",
            person: PersonId([1; 16]),
            rights: Rights::new([Role::Gerencia, Role::Administracion], []),
            label: "laptop de Luis",
            device: &keys(1),
            root: &recovery::root_keys(&[0x42; recovery::SECRET]),
            index: &IndexKey::from_bytes([0x11; 32]),
            scopes: scopes.to_vec(),
            relay_url: None,
            time_ms: 1,
        },
        &mut fresh,
    );
    let mut log = ControlLog::open(genesis.unwrap()).unwrap();
    let erase = ControlAct::Erase(EraseAct { keys: vec![KeyId([5; 16])], bags: Vec::new() });
    log.append(log.sign(erase, 2, &keys(1)).unwrap()).unwrap();
    log
}

fn receipt(log: &ControlLog) -> Receipt {
    let id = Uuid::from_u128;
    Receipt {
        format: FORMAT.to_owned(),
        version: VERSION,
        company: log.company().to_uuid(),
        company_name: "ESCUELA KEMPER URGATE".to_owned(),
        record: id(5),
        act: Act { seq: 1, hash: hex::encode(log.head().0), at: Timestamp::UNIX_EPOCH },
        issued_at: Timestamp::UNIX_EPOCH,
        destroyed: Destroyed {
            keys: vec![hex::encode([5; 16])],
            records: vec![Fields { kind: "lead".to_owned(), id: id(5), fields: vec!["email".to_owned()] }],
            facts: 1,
            events: 2,
        },
        stays: vec![Stays {
            kind: "invoice".to_owned(),
            id: id(6),
            label: "A-1".to_owned(),
            why: "law".to_owned(),
            basis: "CFF 30".to_owned(),
            until: Some(date(2032, 3, 31)),
        }],
        devices: Devices { here: true, confirmed: vec![id(7)], waiting: vec![id(8)], removed: vec![id(9)] },
        files: Some(RelayFiles { dropped: 1, waiting: 0 }),
        cleared: vec!["sales.1".to_owned()],
        owed: vec![Owed { scope: "fiscal".to_owned(), roles: vec!["finanzas".to_owned()], devices: vec![id(8)] }],
        not_read: vec!["fiscal".to_owned()],
    }
}

fn code(result: Result<SignedReceipt, AppError>) -> String {
    result.err().map(|error| error.code).unwrap_or_default()
}

#[test]
fn a_receipt_verifies_and_one_changed_by_a_byte_does_not() {
    let log = log(9);
    let signed = SignedReceipt::sign(receipt(&log), &keys(1)).unwrap();
    let bytes = signed.to_bytes().unwrap();
    assert_eq!(SignedReceipt::check(&bytes, &log).unwrap(), signed);
    for at in 0..bytes.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut other = bytes.clone();
            other[at] ^= flip;
            let refused = code(SignedReceipt::check(&other, &log));
            assert!(refused.starts_with("privacy.receipt_"), "byte {at}, {flip:#x}: {refused:?}");
        }
        let mut longer = bytes.clone();
        longer.insert(at, b' ');
        assert_ne!(code(SignedReceipt::check(&longer, &log)), "", "a blank at {at}");
        assert_ne!(code(SignedReceipt::check(&bytes[..at], &log)), "", "cut at {at}");
    }
}

#[test]
fn a_receipt_counts_only_where_company_device_and_act_are_known() {
    let (ours, theirs) = (log(9), log(8));
    let checked = |receipt: Receipt, by: u8, log: &ControlLog| {
        code(SignedReceipt::check(&SignedReceipt::sign(receipt, &keys(by)).unwrap().to_bytes().unwrap(), log))
    };
    assert_eq!(checked(receipt(&ours), 1, &ours), "");
    assert_eq!(checked(receipt(&ours), 1, &theirs), "privacy.receipt_foreign", "another company");
    assert_eq!(checked(receipt(&ours), 2, &ours), "privacy.receipt_foreign", "a device that is none");
    let mut invented = receipt(&ours);
    invented.act.seq = 2;
    assert_eq!(checked(invented, 1, &ours), "privacy.receipt_foreign", "an act that was never signed");
    let mut older = receipt(&ours);
    older.version = 2;
    assert_eq!(checked(older, 1, &ours), "privacy.receipt_unreadable");
}

#[test]
fn whoever_signs_for_another_device_is_found_out() {
    let log = log(9);
    let mut signed = SignedReceipt::sign(receipt(&log), &keys(2)).unwrap();
    signed.device = keys(1).id().to_uuid();
    assert_eq!(code(SignedReceipt::check(&signed.to_bytes().unwrap(), &log)), "privacy.receipt_foreign");
    signed.key = hex::encode(keys(1).public().verify.0);
    assert_eq!(code(SignedReceipt::check(&signed.to_bytes().unwrap(), &log)), "privacy.receipt_altered");
}
