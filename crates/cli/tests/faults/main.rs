//! Faults in real processes: a step that fails or is killed, a relay that is away, slow or silent, two programs on one
//! home, a keyring that is shut, an invite that is used up, a recovery code that is another's, a certificate that is another's, an amount that is none, a backup that is damaged, data of a newer version. Each
//! gives a stable code and a Spanish sentence, and changes nothing.

mod admins;
mod amounts;
mod apart;
mod backup;
mod csd;
mod distrust;
mod erasing;
mod files;
mod homes;
mod invites;
mod issue;
mod joining;
mod keyring;
mod left;
#[cfg(target_os = "linux")]
mod memory;
mod newer;
mod papers;
mod privacy;
mod recovering;
mod relay;
mod reports;
mod revoking;
mod rights;
mod room;
mod saga;
mod signing;
mod silence;
mod snapshots;
#[path = "../world/mod.rs"]
mod world;

use std::path::PathBuf;

use tokio::sync::OnceCell;

use world::{
    World,
    company::{Deal, customer, sign},
    copy,
    program::Ran,
    servers::Options,
};

/// A world at rest: the company is founded, a proposal is signed, its saga has not begun.
struct Prepared {
    root: PathBuf,
    deal: Deal,
    _folder: tempfile::TempDir,
}

/// A copy of the prepared world with servers of its own.
struct Stage {
    world: World,
    deal: Deal,
    _folder: tempfile::TempDir,
}

/// Who sells and issues.
const CARLA: &str = "carla";

async fn prepared() -> &'static Prepared {
    static PREPARED: OnceCell<Prepared> = OnceCell::const_new();
    PREPARED
        .get_or_init(|| async {
            let folder = tempfile::tempdir().expect("a folder");
            let root = folder.path().join("world");
            let mut world = World::open(&root, Options::default()).await;
            world.found().await;
            // without a relay no saga begins
            world.servers.kill_relay().await;
            let desk = world.desk(CARLA).await;
            let office = desk.office().await.expect("an office");
            let buyer = Box::pin(customer(&office, 1)).await;
            let deal = Box::pin(sign(&office, &buyer)).await;
            desk.close().await;
            Prepared { root, deal, _folder: folder }
        })
        .await
}

impl Stage {
    async fn set() -> Self {
        let prepared = Box::pin(prepared()).await;
        let folder = tempfile::tempdir().expect("a folder");
        copy(&prepared.root, folder.path());
        let mut world = World::open(folder.path(), Options::default()).await;
        // told while it is away, so that no saga begins behind the test's back
        world.servers.kill_relay().await;
        let url = world.servers.relay_url();
        world.ask(CARLA, &["company", "relay", &url]).await;
        world.servers.start_relay().await;
        Self { world, deal: prepared.deal.clone(), _folder: folder }
    }

    /// The same, and the saga has drafted the invoice; gives its id.
    async fn with_a_draft() -> (Self, String) {
        let stage = Self::set().await;
        stage.world.ask(CARLA, &["sync"]).await;
        let drafts = stage.world.ask(CARLA, &["invoice", "list"]).await;
        let id = drafts["rows"][0]["id"].as_str().expect("the saga drafted an invoice").to_owned();
        (stage, id)
    }

    /// The one invoice's fiscal state; none when there is no invoice.
    async fn invoice_state(&self) -> Option<String> {
        let page = self.world.ask(CARLA, &["invoice", "list"]).await;
        page["rows"][0]["fiscal_state"].as_str().map(ToOwned::to_owned)
    }
}

/// It was refused by this code, with its sentence, and this exit code.
fn refused(ran: &Ran, code: &str, exit: i32) {
    assert_eq!((ran.refusal(), ran.code), (Some(code), Some(exit)), "{}", ran.stderr);
    let sentence = zuc_ipc::sentence(code).unwrap_or_else(|| panic!("{code} has a sentence"));
    assert!(ran.stderr.contains(sentence), "{code} is said in Spanish: {}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

impl Stage {
    /// The same, with Luis's home told where the relay is.
    async fn with_luis() -> Self {
        let stage = Self::set().await;
        let url = stage.world.servers.relay_url();
        stage.world.ask("luis", &["company", "relay", &url]).await;
        stage
    }
}
