//! What the control log asks of a disk.

use zuc_protocol::ids::ControlHash;

use super::capture;
use crate::StoreError;
use crate::testing::{SALES, at, device};

#[tokio::test]
async fn the_disk_holds_a_control_log_without_holes_and_of_one_branch() {
    let store = device(1).await;
    let append = |seq: u64, record: u8| {
        let store = store.clone();
        async move { store.append_control(seq, &ControlHash([record; 32]), &[record]).await }
    };
    for seq in 0..4 {
        append(seq, u8::try_from(seq).unwrap()).await.unwrap();
    }
    assert!(matches!(append(5, 5).await, Err(StoreError::Corrupt { table: "control", .. })), "4 is not here");
    append(1, 1).await.unwrap();
    assert_eq!(store.control_log().await.unwrap(), [[0], [1], [2], [3]], "the same again takes nothing away");
    append(1, 11).await.unwrap();
    assert_eq!(store.control_log().await.unwrap(), [[0], [11]], "what built upon the other is no part of it");
}

#[tokio::test]
async fn a_scope_is_left_whole_and_that_is_seen() {
    let store = device(1).await;
    assert!(!store.holds_any_of(SALES).await.unwrap());
    capture(&store, 1, "Ana", "Una").await;
    assert!(store.holds_any_of(SALES).await.unwrap());
    store.purge_scope(SALES, None, at(0).at).await.unwrap();
    assert!(!store.holds_any_of(SALES).await.unwrap());
}
