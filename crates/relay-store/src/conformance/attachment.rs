//! Sealed files.

use zuc_protocol::{attachment::Naming, ids::AttachmentId};

use super::company;
use crate::{
    AttachmentHead, AttachmentPiece, CompanyId, PieceOutcome, RelayStore, Scope, StoreError,
    attachment::{DROPPED, NOT_WHOLE, QUOTA},
};

const SCOPE: Scope = Scope::Sales(1);
const PLENTY: u64 = 1 << 20;

fn name(bytes: &[u8]) -> AttachmentId {
    let mut naming = Naming::default();
    naming.take(bytes);
    naming.name()
}

fn piece(id: AttachmentId, whole: &[u8], from: usize, to: usize) -> AttachmentPiece {
    let (size, at) = (whole.len() as u64, from as u64);
    AttachmentPiece { scope: SCOPE, id, size, at, bytes: whole[from..to].to_vec() }
}

fn here(size: usize, have: usize) -> PieceOutcome {
    PieceOutcome::Here(AttachmentHead { size: size as u64, have: have as u64 })
}

fn is_refused<T>(outcome: &Result<T, StoreError>, code: &str) -> bool {
    matches!(outcome, Err(StoreError::Refused(refused)) if *refused == code)
}

fn is_missing<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::NotFound(what)) if *what == NOT_WHOLE)
}

async fn read(store: &dyn RelayStore, company: CompanyId, scope: Scope, id: AttachmentId) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(more) = store.attachment_bytes(company, scope, id, bytes.len() as u64, 7).await {
        assert!((1..=7).contains(&more.len()));
        bytes.extend(more);
    }
    bytes
}

fn a_file() -> Vec<u8> {
    b"sealed bytes that nobody here can open".to_vec()
}

/// Leaves a whole file of several pieces, and word of one that was dropped.
pub(super) async fn leave_a_file(store: &dyn RelayStore, company: CompanyId, scope: Scope) {
    let file = a_file();
    for (from, to) in [(0, 10), (10, 11), (11, file.len())] {
        let piece = AttachmentPiece { scope, ..piece(name(&file), &file, from, to) };
        store.put_attachment(company, piece, PLENTY).await.unwrap();
    }
    store.drop_attachment(company, scope, name(b"dropped")).await.unwrap();
}

/// What [`leave_a_file`] left, as it is read.
pub(super) async fn file_left_by(store: &dyn RelayStore, company: CompanyId, scope: Scope) -> String {
    let id = name(&a_file());
    assert!(is_refused(&store.attachment(company, scope, name(b"dropped")).await, DROPPED));
    format!("{:?} {:?}", store.attachment(company, scope, id).await.unwrap(), read(store, company, scope, id).await)
}

pub(crate) async fn a_file_grows_from_where_it_ends_and_is_read_when_it_is_whole(store: &dyn RelayStore) {
    let (company, _) = company(store, 70).await;
    let file = a_file();
    let (id, size) = (name(&file), file.len());
    let put = |from, to| store.put_attachment(company, piece(id, &file, from, to), PLENTY);
    assert_eq!(store.attachment(company, SCOPE, id).await.unwrap(), None);
    assert_eq!(put(10, 20).await.unwrap(), here(size, 0), "it has no beginning yet");
    assert_eq!(put(0, 10).await.unwrap(), here(size, 10));
    assert_eq!(put(0, 10).await.unwrap(), here(size, 10), "the answer was lost");
    assert_eq!(put(20, 30).await.unwrap(), here(size, 10), "not where it ends");
    let begun = AttachmentHead { size: size as u64, have: 10 };
    assert_eq!(store.attachment(company, SCOPE, id).await.unwrap(), Some(begun));
    assert!(is_missing(&store.attachment_bytes(company, SCOPE, id, 0, 7).await), "not before it is whole");
    assert_eq!(put(10, size).await.unwrap(), here(size, size));
    assert_eq!(put(10, size).await.unwrap(), here(size, size));
    assert_eq!(read(store, company, SCOPE, id).await, file);
    assert!(is_missing(&store.attachment_bytes(company, SCOPE, id, size as u64, 7).await), "behind its end");
    assert!(is_missing(&store.attachment_bytes(company, Scope::Fiscal, id, 0, 7).await), "of another scope");
    assert!(!begun.is_whole());
}

pub(crate) async fn what_is_not_what_its_name_says_is_thrown_away(store: &dyn RelayStore) {
    let (company, _) = company(store, 71).await;
    let (file, other) = (a_file(), vec![7; a_file().len()]);
    let (id, size) = (name(&file), file.len());
    store.put_attachment(company, piece(id, &other, 0, 10), PLENTY).await.unwrap();
    let last = store.put_attachment(company, piece(id, &file, 10, size), PLENTY).await.unwrap();
    assert_eq!(last, PieceOutcome::Altered);
    assert_eq!(store.attachment(company, SCOPE, id).await.unwrap(), None);
    // One who lies about how long it is keeps nobody from saying it right.
    let lie = AttachmentPiece { size: 1_000, ..piece(id, &file, 0, 10) };
    store.put_attachment(company, lie, PLENTY).await.unwrap();
    assert_eq!(store.put_attachment(company, piece(id, &file, 0, 20), PLENTY).await.unwrap(), here(size, 20));
    assert_eq!(store.put_attachment(company, piece(id, &file, 20, size), PLENTY).await.unwrap(), here(size, size));
    let late = AttachmentPiece { size: 1_000, ..piece(id, &file, 0, 10) };
    assert_eq!(store.put_attachment(company, late, PLENTY).await.unwrap(), here(size, size), "what is whole stays");
    assert_eq!(read(store, company, SCOPE, id).await, file);
}

pub(crate) async fn a_company_has_its_quota_and_sees_no_others_file(store: &dyn RelayStore) {
    let ((one, _), (two, _)) = (company(store, 72).await, company(store, 73).await);
    let (file, more) = (a_file(), vec![9; 20]);
    let quota = file.len() as u64 + 19;
    let whole = |bytes: &[u8]| piece(name(bytes), bytes, 0, bytes.len());
    store.put_attachment(one, whole(&file), quota).await.unwrap();
    assert!(is_refused(&store.put_attachment(one, whole(&more), quota).await, QUOTA));
    assert_eq!(store.attachment(one, SCOPE, name(&more)).await.unwrap(), None);
    assert!(
        is_refused(&store.put_attachment(one, piece(name(&more), &more, 0, 1), quota).await, QUOTA),
        "as it will be"
    );
    assert_eq!(store.put_attachment(two, whole(&more), quota).await.unwrap(), here(20, 20), "each has its own");
    assert_eq!(store.attachment(two, SCOPE, name(&file)).await.unwrap(), None);
    assert!(is_missing(&store.attachment_bytes(two, SCOPE, name(&file), 0, 7).await));
    assert_eq!(store.put_attachment(one, whole(&more), quota + 1).await.unwrap(), here(20, 20));
}

pub(crate) async fn what_is_dropped_is_gone_and_comes_from_nobody_again(store: &dyn RelayStore) {
    let ((one, _), (two, _)) = (company(store, 74).await, company(store, 75).await);
    let (file, more) = (a_file(), vec![9; 20]);
    let (id, size) = (name(&file), file.len());
    for company in [one, two] {
        leave_a_file(store, company, SCOPE).await;
        leave_a_file(store, company, Scope::Catalog).await;
    }
    store.drop_attachment(one, SCOPE, id).await.unwrap();
    store.drop_attachment(one, SCOPE, id).await.unwrap();
    assert!(is_refused(&store.attachment(one, SCOPE, id).await, DROPPED));
    assert!(is_refused(&store.attachment_bytes(one, SCOPE, id, 0, 7).await, DROPPED));
    assert!(is_refused(&store.put_attachment(one, piece(id, &file, 0, size), PLENTY).await, DROPPED));
    assert_eq!(read(store, one, Scope::Catalog, id).await, file, "of another scope");
    assert_eq!(read(store, two, SCOPE, id).await, file, "of another company");

    // what is not here yet, or only half of it, is not to come either
    let whole = piece(name(&more), &more, 0, more.len());
    store.put_attachment(one, piece(name(&more), &more, 0, 5), PLENTY).await.unwrap();
    store.drop_attachment(one, SCOPE, name(&more)).await.unwrap();
    assert!(is_refused(&store.put_attachment(one, whole, PLENTY).await, DROPPED));
    store.drop_attachment(two, SCOPE, name(&more)).await.unwrap();
    assert!(is_refused(&store.attachment(two, SCOPE, name(&more)).await, DROPPED));
    // and takes no room: only the one of the other scope does
    let rest = vec![3; 11];
    let put = store.put_attachment(one, piece(name(&rest), &rest, 0, 11), size as u64 + 11).await;
    assert_eq!(put.unwrap(), here(11, 11));
}
