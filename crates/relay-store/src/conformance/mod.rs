//! The promises of a store, as functions that panic when one is broken. A maker's tests call [`all`], or each.
//!
//! Each function takes an empty store and makes companies of its own.

#![expect(clippy::unwrap_used, reason = "a broken promise fails by panicking")]

mod archive;
mod attachment;
mod compact;
mod control;
mod decision;
mod left;
mod log;
mod loss;
mod snapshot;
mod stamp;

use zuc_protocol::{
    Blob,
    ids::{ItemId, RequestId, Signature},
    receipt::SignedReceipt,
};

use crate::{
    BatchHash, CompanyId, ControlHash, DeviceId, LogId, NewEntry, Receipted, RelayFact, RelayStore, Scope, Sign, Signed,
};

pub use archive::{a_broken_move_goes_on, a_company_moves_whole, no_write_is_lost_while_a_company_moves};

/// All promises of one store, one after the other.
pub async fn all(store: &dyn RelayStore) {
    control::a_company_begins_once(store).await;
    control::the_second_of_two_acts_is_refused(store).await;
    control::an_invite_admits_one_device_until_it_expires(store).await;
    control::a_bag_grows_by_union_and_an_erased_key_never_returns(store).await;
    control::an_idempotency_key_has_one_effect(store).await;
    log::numbers_are_dense_and_repetitions_are_told(store).await;
    log::chains_are_per_scope_and_dense(store).await;
    log::nothing_is_appended_under_an_old_control_head(store).await;
    log::companies_do_not_see_each_other(store).await;
    decision::folios_are_dense_and_one_per_invoice(store).await;
    decision::a_request_is_decided_once(store).await;
    decision::the_first_claim_wins(store).await;
    decision::leases_are_fenced(store).await;
    decision::a_lease_is_given_to_who_has_read_everything(store).await;
    stamp::the_first_intent_wins(store).await;
    stamp::an_attempt_walks_to_its_timbre(store).await;
    stamp::a_lost_answer_becomes_unknown_and_only_recovery_leaves_it(store).await;
    stamp::of_two_workers_only_one_moves_an_attempt(store).await;
    stamp::one_timbre_per_invoice_and_one_invoice_per_uuid(store).await;
    stamp::withdrawn_is_the_one_way_to_new_bytes(store).await;
    stamp::an_attempt_of_an_earlier_log_enters_as_unknown(store).await;
    attachment::a_file_grows_from_where_it_ends_and_is_read_when_it_is_whole(store).await;
    attachment::what_is_not_what_its_name_says_is_thrown_away(store).await;
    attachment::what_is_dropped_is_gone_and_comes_from_nobody_again(store).await;
    attachment::a_company_has_its_quota_and_sees_no_others_file(store).await;
    snapshot::a_snapshot_is_kept_with_its_packs_and_every_devices_last_word(store).await;
    snapshot::of_one_maker_the_newest_two_snapshots_stay(store).await;
    compact::what_devices_say_and_when_they_were_there_is_kept(store).await;
    compact::a_log_begins_behind_the_snapshot_that_was_waited_for(store).await;
    compact::what_was_dropped_answers_as_before_and_comes_back_as_it_was(store).await;
    left::of_what_a_device_left_behind_the_first_stays_until_it_is_dealt_with(store).await;
    loss::a_loss_is_noted_once_under_the_name_that_stands(store).await;
    loss::entries_come_back_scope_by_scope_and_once(store).await;
    loss::nothing_is_given_or_stamped_before_the_thaw(store).await;
    loss::the_ledgers_come_back_with_the_receipts(store).await;
    loss::what_stood_in_a_ledger_that_went_back_gives_way(store).await;
    // The last: it freezes them all.
    loss::a_store_that_was_put_back_freezes_every_company(store).await;
}

/// A company with nothing but its genesis; `seed` names it.
pub(crate) async fn company(store: &dyn RelayStore, seed: u8) -> (CompanyId, ControlHash) {
    let (company, genesis) = (CompanyId([seed; 16]), ControlHash([seed; 32]));
    store.create(company, LogId([seed; 16]), genesis, vec![seed]).await.unwrap();
    (company, genesis)
}

pub(crate) fn device(seed: u8) -> DeviceId {
    DeviceId([seed; 16])
}

pub(crate) fn item(seed: u8) -> ItemId {
    ItemId([seed; 16])
}

pub(crate) fn request(seed: u8) -> RequestId {
    RequestId([seed; 16])
}

pub(crate) fn receipt(text: &str) -> SignedReceipt {
    SignedReceipt { header: Blob(text.as_bytes().to_vec()), signature: Signature([7; 64]) }
}

pub(crate) fn fact(control_head: ControlHash, text: &str) -> RelayFact {
    RelayFact { scope: Scope::Fiscal, bytes: text.as_bytes().to_vec(), control_head }
}

pub(crate) fn receipted(control_head: ControlHash, text: &str) -> Receipted {
    Receipted { receipt: receipt(text), fact: fact(control_head, text) }
}

/// Signs a decision by writing it down; what was new goes into the log.
pub(crate) fn sign(control_head: ControlHash) -> Sign {
    Box::new(move |decided| {
        let text = format!("{:?}", decided.decision);
        let facts = if decided.fresh { vec![fact(control_head, &text)] } else { vec![] };
        Ok(Signed { receipt: receipt(&text), facts })
    })
}

/// The batch `number` of a device, after the one whose hash is `previous`.
pub(crate) fn batch(scope: Scope, author: u8, number: u64, previous: BatchHash) -> NewEntry {
    let bytes = format!("{scope} {author} {number}").into_bytes();
    let mut hash = [0; 16];
    hash.copy_from_slice(&blake3::hash(&bytes).as_bytes()[..16]);
    NewEntry { scope, author: device(author), number, previous, control_seq: 0, hash: BatchHash(hash), bytes }
}
