//! What the relay checks of a snapshot without reading it.

use zuc_protocol::{
    Rights, Role, Scope,
    ids::{Digest32, LogId},
    manifest::{FOLD, KeptManifest, Manifest, PackRef, Says, Unfit, Witness, manifest_hash},
    messages::{ClientFrame, ServerFrame},
    pack::{Digester, PackHeader, PackItem, SealedPack, pack_hash},
    suite,
};

use crate::stage::{Laptop, Stage, epoch_key};

pub(crate) const SALES: Scope = Scope::Sales(1);

/// Luis manages, Ana sells, Carla administers alone; three entries stand in the log of the team.
pub(crate) async fn company() -> (Stage, Laptop, Laptop, Laptop) {
    let (mut stage, mut luis) = Stage::found().await;
    let ana = stage.join(&luis, Rights::new([Role::Ventas], [1])).await;
    let carla = stage.join(&luis, Rights::new([Role::Administracion], [])).await;
    for text in ["uno", "dos", "tres"] {
        let batch = luis.seal(&stage, SALES, text);
        luis.push(&stage, SALES, &[&batch]).await;
    }
    (stage, luis, ana, carla)
}

pub(crate) async fn log_id(stage: &Stage, laptop: &Laptop) -> LogId {
    let control = stage.log.head();
    let hello = ClientFrame::Hello { version: suite::VERSION, token: String::new(), control, log: None };
    let frames = stage.relay.handle(&laptop.session, hello).await;
    frames
        .iter()
        .find_map(|frame| if let ServerFrame::Welcome { log, .. } = frame { Some(*log) } else { None })
        .unwrap()
}

/// A snapshot by a laptop, as far as the relay can tell.
pub(crate) async fn snapshot(stage: &Stage, by: &Laptop, scope: Scope, cursor: u64) -> (Manifest, SealedPack) {
    let log = log_id(stage, by).await;
    let pull = ClientFrame::Pull { scope, from: cursor - 1, max: 1 };
    let chain = match stage.relay.handle(&by.session, pull).await.remove(0) {
        ServerFrame::Entries { chain, .. } => chain,
        _ => zuc_protocol::ids::ChainHash([0; 32]),
    };
    let item = PackItem::Event("{}".into()).to_bytes().unwrap();
    let header = PackHeader {
        version: suite::VERSION,
        suite: suite::SUITE,
        scope,
        epoch: stage.log.epoch(scope).unwrap().id,
        log,
        cursor,
        author: by.keys.id(),
    };
    let pack = SealedPack::seal(stage.company(), header, &item, &epoch_key(), &by.keys, &[9; 24]).unwrap();
    let mut digester = Digester::new();
    digester.add(&item);
    let packs = vec![PackRef { hash: pack_hash(pack.bytes()), size: u32::try_from(pack.bytes().len()).unwrap() }];
    let (version, suite, digest) = (suite::VERSION, suite::SUITE, digester.finish());
    (Manifest { version, suite, fold: FOLD, scope, log, cursor, chain, digest, packs }, pack)
}

pub(crate) async fn offer(stage: &Stage, by: &Laptop, manifest: &Manifest) -> Result<Vec<Digest32>, String> {
    let bytes = manifest.to_bytes().unwrap();
    let witness = Witness::sign(stage.company(), manifest_hash(&bytes), Says::Right, &by.keys);
    answer(stage, by, ClientFrame::ManifestOffer { manifest: bytes.into(), witness }).await
}

pub(crate) async fn give(
    stage: &Stage,
    by: &Laptop,
    manifest: &Manifest,
    pack: &[u8],
) -> Result<Vec<Digest32>, String> {
    let (scope, hash) = (manifest.scope, manifest_hash(&manifest.to_bytes().unwrap()));
    answer(stage, by, ClientFrame::PackOffer { scope, manifest: hash, pack: pack.to_vec().into() }).await
}

pub(crate) async fn say(stage: &Stage, by: &Laptop, manifest: &Manifest, says: Says) -> Result<Vec<Digest32>, String> {
    let (scope, hash) = (manifest.scope, manifest_hash(&manifest.to_bytes().unwrap()));
    let witness = Witness::sign(stage.company(), hash, says, &by.keys);
    answer(stage, by, ClientFrame::Testify { scope, manifest: hash, witness }).await
}

/// The packs that are lacking still, or the code of the refusal.
async fn answer(stage: &Stage, by: &Laptop, frame: ClientFrame) -> Result<Vec<Digest32>, String> {
    match stage.relay.handle(&by.session, frame).await.remove(0) {
        ServerFrame::ManifestKept { lacks, .. } => Ok(lacks),
        ServerFrame::Error { code, .. } => Err(code),
        other => panic!("{other:?}"),
    }
}

async fn kept(stage: &Stage, by: &Laptop) -> Vec<KeptManifest> {
    match stage.relay.handle(&by.session, ClientFrame::Manifests { scope: SALES }).await.remove(0) {
        ServerFrame::Manifests { kept, .. } => kept,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_snapshot_is_given_to_readers_once_it_is_whole_with_every_word_on_it() {
    let (stage, luis, ana, carla) = company().await;
    let (manifest, pack) = snapshot(&stage, &luis, SALES, 2).await;
    let hash = pack_hash(pack.bytes());
    assert_eq!(offer(&stage, &luis, &manifest).await, Ok(vec![hash]));
    assert!(kept(&stage, &ana).await.is_empty(), "its pack is not here");
    assert_eq!(give(&stage, &luis, &manifest, pack.bytes()).await, Ok(vec![]));
    let check = |kept: &[KeptManifest]| kept[0].check(&stage.log, SALES, manifest.log).map(|_| ()).map_err(Unfit::code);
    assert_eq!(check(&kept(&stage, &ana).await), Err("snapshot.one_signer"));
    assert_eq!(say(&stage, &ana, &manifest, Says::Right).await, Ok(vec![]));
    assert_eq!(check(&kept(&stage, &ana).await), Ok(()));
    let named = manifest_hash(&manifest.to_bytes().unwrap());
    let ask = ClientFrame::Pack { scope: SALES, manifest: named, hash };
    let given = stage.relay.handle(&ana.session, ask.clone()).await;
    let pack = Some(pack.bytes().to_vec().into());
    assert_eq!(given, [ServerFrame::Pack { scope: SALES, pack }]);
    for frame in [ask, ClientFrame::Manifests { scope: SALES }] {
        let refused = stage.relay.handle(&carla.session, frame).await;
        assert!(matches!(&refused[..], [ServerFrame::Error { code, .. }] if code == "relay.not_allowed"));
    }
    assert_eq!(say(&stage, &ana, &manifest, Says::Wrong).await, Ok(vec![]));
    assert_eq!(check(&kept(&stage, &luis).await), Err("snapshot.disputed"));
}

#[tokio::test]
async fn a_manifest_that_is_not_of_the_log_or_not_ones_own_word_is_refused() {
    let (stage, luis, ana, carla) = company().await;
    let (good, pack) = snapshot(&stage, &luis, SALES, 2).await;
    let refused = async |by: &Laptop, manifest: Manifest| offer(&stage, by, &manifest).await.unwrap_err();
    assert_eq!(refused(&carla, good.clone()).await, "relay.not_allowed");
    assert_eq!(refused(&luis, Manifest { log: LogId([9; 16]), ..good.clone() }).await, "snapshot.other_log");
    assert_eq!(refused(&luis, Manifest { cursor: 3, ..good.clone() }).await, "snapshot.other_chain");
    assert_eq!(refused(&luis, Manifest { cursor: 99, ..good.clone() }).await, "snapshot.other_chain");
    let bytes = good.to_bytes().unwrap();
    let of_ana = Witness::sign(stage.company(), manifest_hash(&bytes), Says::Right, &ana.keys);
    let frame = ClientFrame::ManifestOffer { manifest: bytes.clone().into(), witness: of_ana };
    assert_eq!(answer(&stage, &luis, frame).await, Err("snapshot.forged_word".into()));
    let frame = ClientFrame::ManifestOffer { manifest: vec![1, 1, 0].into(), witness: of_ana };
    assert_eq!(answer(&stage, &luis, frame).await, Err("relay.malformed".into()));

    assert!(say(&stage, &ana, &good, Says::Right).await.is_err(), "nobody has offered it");
    offer(&stage, &luis, &good).await.unwrap();
    let forged = "snapshot.forged_pack".to_owned();
    let (_, other) = snapshot(&stage, &luis, SALES, 3).await;
    assert_eq!(give(&stage, &luis, &good, other.bytes()).await, Err(forged.clone()), "no manifest names it");
    assert_eq!(give(&stage, &ana, &good, pack.bytes()).await, Err(forged), "it is another's");
    assert_eq!(give(&stage, &luis, &good, &[1, 1]).await, Err("relay.malformed".into()));
    let mut of_luis = Witness::sign(stage.company(), manifest_hash(&bytes), Says::Right, &luis.keys);
    of_luis.device = ana.keys.id();
    let frame = ClientFrame::Testify { scope: SALES, manifest: manifest_hash(&bytes), witness: of_luis };
    assert_eq!(answer(&stage, &ana, frame).await, Err("snapshot.forged_word".into()));
}
