//! An edit takes nothing with it that the person did not change: over a real home, what stands beside it, and what came
//! while it was typed.

mod leads;
mod merges;
mod products;
mod proposals;
mod undo;
#[path = "../world/mod.rs"]
mod world;

use zuc_app::{AppError, Office};
use zuc_ipc::{Failure, import::ImportSource};

use world::shop::Shop;

/// Brings a price list in.
async fn price_list(shop: &Shop, office: &Office, text: &str) {
    let source = ImportSource { path: shop.file("precios.csv", text), ..ImportSource::default() };
    let done = office.products_import(source).await.expect("a price list");
    assert_eq!(done.rejected, []);
}

/// Refused by this code, with its Spanish sentence and what the field says now.
fn refused<T: std::fmt::Debug>(answer: Result<T, AppError>, code: &str, now: &str) -> Failure {
    let failure = answer.expect_err(code).into_failure();
    assert_eq!((failure.code.as_str(), failure.hint.as_deref()), (code, Some(format!("Ahora dice «{now}».").as_str())));
    assert!(zuc_ipc::sentence(code).is_some(), "{code} has its sentence");
    failure
}
