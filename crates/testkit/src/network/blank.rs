//! The database of a laptop on which nothing was done yet. Making one takes all migrations, which are the same for each: it is
//! made once, and copied.

use std::sync::Arc;

use tokio::sync::OnceCell;
use zuc_store::{
    OpenOptions, Store,
    keys::{Home, Keys},
};

/// As a home calls its database.
pub(super) const NAME: &str = "zuclubit.db";
/// Under one key for all, for it is one file.
const KEY: [u8; 32] = [0x5a; 32];

/// The bytes of the file, made by the product and closed again.
pub(super) async fn database() -> &'static [u8] {
    static DATABASE: OnceCell<Vec<u8>> = OnceCell::const_new();
    DATABASE.get_or_init(|| Box::pin(made())).await
}

/// Keys of which that of the database opens it.
pub(super) fn keyed(mut keys: Keys) -> Keys {
    keys.database.copy_from_slice(&KEY);
    keys
}

async fn made() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let nobodys = Arc::new(|out: &mut [u8]| out.fill(0));
    let keys = keyed(Keys::fresh(nobodys.as_ref()));
    let home = Home::open(folder.path()).expect("nobody else's folder");
    let store = Store::open(home, &keys, nobodys, &OpenOptions::default()).await.expect("a disk that works");
    store.close().await;
    std::fs::read(folder.path().join(NAME)).expect("a database")
}
