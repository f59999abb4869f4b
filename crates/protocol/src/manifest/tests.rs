//! Who must have signed: Luis manages, Ana and Beto sell, Carla invoices and sells nothing.

use super::*;
use crate::control::{AddDevice, ControlAct, Founding, Recipient, found, seal_label, wrap_epoch_key, wrap_index_key};
use crate::ids::{LogId, PersonId};
use crate::recovery;
use crate::scope::Rights;
use crate::secret::{BagKey, EpochKey, IndexKey};

const SALES: Scope = Scope::Sales(1);
const LOG: LogId = LogId([6; 16]);
const INDEX: IndexKey = IndexKey::from_bytes([0x11; 32]);
const LUIS: u8 = 1;
const ANA: u8 = 2;
const BETO: u8 = 3;
const CARLA: u8 = 4;
/// Another device of Luis's.
const LUIS_TOO: u8 = 5;

fn keys(seed: u8) -> DeviceKeys {
    DeviceKeys::from_seeds(&[seed; 32], &[seed ^ 0x80; 32])
}

fn company() -> ControlLog {
    let scopes = Scope::FIRST.map(|scope| (scope, EpochKey::from_bytes([7; 32]), BagKey::from_bytes([8; 32])));
    let founding = Founding {
        salt: [9; 16],
        name: "Escuela Kemper Urgate",
        person: PersonId([LUIS; 16]),
        rights: Rights::new([Role::Gerencia, Role::Administracion], []),
        label: "Luis",
        device: &keys(LUIS),
        root: &recovery::root_keys(&[0x42; recovery::SECRET]),
        index: &INDEX,
        scopes: scopes.to_vec(),
        relay_url: None,
        time_ms: 1,
    };
    let mut turn = 0;
    let mut fresh = || {
        turn += 1;
        [turn; 32]
    };
    let mut log = ControlLog::open(found(&founding, &mut fresh).unwrap()).unwrap();
    let sells = || Some(Rights::new([Role::Ventas], [1]));
    let others = [
        (ANA, ANA, sells(), vec![SALES]),
        (BETO, BETO, sells(), vec![SALES]),
        (CARLA, CARLA, Some(Rights::new([Role::Administracion], [])), vec![Scope::Admin]),
        (LUIS_TOO, LUIS, None, vec![SALES]),
    ];
    for (device, person, rights, scopes) in others {
        let public = keys(device).public();
        let to = Recipient::Device(public.id());
        let wrap = |scope: &Scope| {
            let key = EpochKey::from_bytes([7; 32]);
            (*scope, wrap_epoch_key(*scope, &key, to, &public.receive, &[5; 32]).unwrap())
        };
        let act = ControlAct::AddDevice(AddDevice {
            person: PersonId([person; 16]),
            rights,
            device: public,
            label: seal_label(&INDEX, public.id(), "otra", &[3; 24]),
            index: wrap_index_key(&INDEX, to, &public.receive, &[4; 32]).unwrap(),
            keys: scopes.iter().map(wrap).collect(),
        });
        log.append(log.sign(act, 2, &keys(LUIS)).unwrap()).unwrap();
    }
    log
}

fn manifest() -> Manifest {
    Manifest {
        version: suite::VERSION,
        suite: suite::SUITE,
        fold: FOLD,
        scope: SALES,
        log: LOG,
        cursor: SPAN,
        chain: ChainHash([1; 32]),
        digest: Digest32([2; 32]),
        packs: vec![PackRef { hash: Digest32([3; 32]), size: 4 }],
    }
}

fn kept(manifest: &Manifest, words: &[(u8, Says)], company: CompanyId) -> KeptManifest {
    let bytes = codec::encode(manifest, MAX_MANIFEST).unwrap();
    let hash = manifest_hash(&bytes);
    let witnesses = words.iter().map(|(device, says)| Witness::sign(company, hash, *says, &keys(*device))).collect();
    KeptManifest { manifest: Blob(bytes), witnesses }
}

#[test]
fn two_persons_vouch_one_of_whom_manages_and_both_read_the_scope() {
    use Says::{Right, Wrong};
    let log = company();
    let verdict = |words: &[(u8, Says)]| kept(&manifest(), words, log.company()).check(&log, SALES, LOG).map(|_| ());
    assert_eq!(verdict(&[(LUIS, Right), (ANA, Right)]), Ok(()));
    assert_eq!(verdict(&[]), Err(Unfit::OneSigner));
    assert_eq!(verdict(&[(LUIS, Right)]), Err(Unfit::OneSigner));
    assert_eq!(verdict(&[(LUIS, Right), (LUIS_TOO, Right)]), Err(Unfit::OneSigner), "two devices of one person");
    assert_eq!(verdict(&[(ANA, Right), (BETO, Right)]), Err(Unfit::NoManager));
    assert_eq!(verdict(&[(ANA, Right), (CARLA, Right)]), Err(Unfit::OneSigner), "who does not read it has no word");
    assert_eq!(verdict(&[(LUIS, Right), (ANA, Right), (BETO, Wrong)]), Err(Unfit::Disputed));
    assert_eq!(verdict(&[(LUIS, Right), (ANA, Right), (CARLA, Wrong)]), Ok(()));
}

#[test]
fn a_word_counts_for_its_manifest_and_its_company_alone() {
    let log = company();
    let good = kept(&manifest(), &[(LUIS, Says::Right), (ANA, Says::Right)], log.company());
    let other = Manifest { digest: Digest32([9; 32]), ..manifest() };
    let moved = KeptManifest { manifest: Blob(other.to_bytes().unwrap()), ..good.clone() };
    assert_eq!(moved.check(&log, SALES, LOG), Err(Unfit::OneSigner));
    let elsewhere = kept(&manifest(), &[(LUIS, Says::Right), (ANA, Says::Right)], CompanyId([1; 16]));
    assert_eq!(elsewhere.check(&log, SALES, LOG), Err(Unfit::OneSigner));
    let mut turned = good;
    turned.witnesses[1].says = Says::Wrong;
    assert_eq!(turned.check(&log, SALES, LOG), Err(Unfit::OneSigner), "nobody said that it is wrong");
}

#[test]
fn a_manifest_of_another_scope_log_or_version_is_not_begun_at() {
    let log = company();
    let words = [(LUIS, Says::Right), (ANA, Says::Right)];
    let check = |manifest: &Manifest, scope| kept(manifest, &words, log.company()).check(&log, scope, LOG);
    assert_eq!(check(&manifest(), Scope::Catalog), Err(Unfit::OtherScope));
    let fiscal = Manifest { scope: Scope::Fiscal, ..manifest() };
    assert_eq!(check(&fiscal, Scope::Fiscal), Err(Unfit::OtherScope), "what is fiscal is read from its first entry");
    assert_eq!(check(&Manifest { log: LogId([7; 16]), ..manifest() }, SALES), Err(Unfit::OtherLog));
    assert_eq!(check(&Manifest { fold: FOLD + 1, ..manifest() }, SALES), Err(Unfit::OtherFold));
}

#[test]
fn a_manifest_without_bounds_is_none() {
    let refused = |manifest: Manifest| {
        let bytes = codec::encode(&manifest, MAX_MANIFEST).unwrap();
        assert_eq!(Manifest::from_bytes(&bytes), Err(ProtocolError::Malformed));
    };
    let pack = |n: u8| PackRef { hash: Digest32([n; 32]), size: 4 };
    refused(Manifest { cursor: 0, ..manifest() });
    refused(Manifest { packs: vec![], ..manifest() });
    refused(Manifest { packs: vec![pack(1), pack(1)], ..manifest() });
    refused(Manifest { packs: vec![PackRef { size: u32::MAX, ..pack(1) }], ..manifest() });
    refused(Manifest { packs: (0..=64).map(pack).collect(), ..manifest() });
}
