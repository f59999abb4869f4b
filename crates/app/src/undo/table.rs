//! Which command of the window can be taken back, and why the others cannot. A command that is missing here is found out when
//! this crate is compiled.

use zuc_ipc::COMMANDS;

use self::Undo::{Inverse, Never, Nothing};

/// How a command is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// It writes nothing that others see: it asks, shows, or opens and locks the data of this computer.
    Nothing,
    /// Its answer has the token, where it changed something.
    Inverse,
    /// It is not taken back.
    Never(Why),
}

/// Why a command is not taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It tells what happened: a call, an answer of the customer, a signature, that a kept document was read and why, that
    /// somebody took over what another could not send. Another note, value or state follows it.
    Happened,
    /// It is a signed act of membership: only another one follows it.
    Membership,
    /// A folio and a stamp were asked for: the document is cancelled, never undone.
    Fiscal,
    /// It destroyed: that is what was asked for.
    Destroyed,
    /// It is set again in the same place.
    Setting,
    /// It takes something back itself.
    Undoes,
}

/// Every command with how it is taken back.
pub const UNDO: &[(&str, Undo)] = &[
    ("boot", Nothing),
    ("unlock", Nothing),
    ("unlock_by_code", Nothing),
    ("lock_view", Nothing),
    ("lock_put", Never(Why::Setting)),
    ("lock_off", Never(Why::Setting)),
    ("lock_idle", Never(Why::Setting)),
    ("lock_now", Nothing),
    ("lock_prove", Nothing),
    ("touch", Nothing),
    ("company_create", Never(Why::Membership)),
    ("recovery_code", Nothing),
    ("recovery_confirm", Nothing),
    ("company_join", Never(Why::Membership)),
    ("company_recover", Never(Why::Membership)),
    ("join_status", Nothing),
    ("device_invite", Never(Why::Membership)),
    ("device_pending", Nothing),
    ("device_approve", Never(Why::Membership)),
    ("device_list", Nothing),
    ("people_view", Nothing),
    ("rights_set", Never(Why::Membership)),
    ("left_list", Nothing),
    ("left_take", Never(Why::Happened)),
    ("left_discard", Never(Why::Destroyed)),
    ("device_revoke", Never(Why::Membership)),
    ("device_release", Never(Why::Membership)),
    ("keys_rotate", Never(Why::Membership)),
    ("relay_thaw", Never(Why::Membership)),
    ("settings_set", Never(Why::Setting)),
    ("regimenes", Nothing),
    ("sync_status", Nothing),
    ("sync_now", Nothing),
    ("sync_log", Nothing),
    ("record_look", Nothing),
    ("backup_view", Nothing),
    ("backup_now", Nothing),
    ("backup_drill", Nothing),
    ("backup_folder", Never(Why::Setting)),
    ("restore", Never(Why::Undoes)),
    ("home", Nothing),
    ("search", Nothing),
    ("undo", Inverse),
    ("conflict_list", Nothing),
    ("conflict_get", Nothing),
    ("apart_list", Nothing),
    ("conflict_settle", Inverse),
    ("person_held", Nothing),
    ("person_save_copy", Nothing),
    ("person_oppose", Inverse),
    ("person_erase", Never(Why::Destroyed)),
    ("receipt_save", Nothing),
    ("receipt_look", Nothing),
    ("history_get", Nothing),
    ("history_restore", Inverse),
    ("lead_list", Nothing),
    ("lead_get", Nothing),
    ("lead_create", Inverse),
    ("lead_edit", Inverse),
    ("leads_edit", Inverse),
    ("lead_log", Never(Why::Happened)),
    ("lead_qualify", Never(Why::Happened)),
    ("lead_disqualify", Never(Why::Happened)),
    ("lead_convert", Never(Why::Happened)),
    ("lead_duplicates", Nothing),
    ("lead_compare", Nothing),
    ("lead_merge", Inverse),
    ("lead_move", Inverse),
    ("lead_teams", Nothing),
    ("file_list", Nothing),
    ("file_add", Inverse),
    ("file_save", Nothing),
    ("file_remove", Inverse),
    ("file_stop", Nothing),
    ("file_space", Nothing),
    ("file_space_set", Never(Why::Setting)),
    ("pick_file", Nothing),
    ("import_preview", Nothing),
    ("import_rows", Nothing),
    ("import_commit", Inverse),
    ("import_cancel", Nothing),
    ("import_undo", Never(Why::Undoes)),
    ("import_save_rejects", Nothing),
    ("held_list", Nothing),
    ("held_decide", Never(Why::Undoes)),
    ("products_import", Inverse),
    ("customer_list", Nothing),
    ("customer_360", Nothing),
    ("customer_set_fiscal", Inverse),
    ("fiscal_choices", Nothing),
    ("product_search", Nothing),
    ("proposal_list", Nothing),
    ("proposal_create", Inverse),
    ("proposal_get", Nothing),
    ("proposal_save", Inverse),
    ("proposal_sign", Never(Why::Happened)),
    ("proposal_save_pdf", Nothing),
    ("invoice_list", Nothing),
    ("invoice_get", Nothing),
    ("invoice_set_fiscal", Inverse),
    ("invoice_issue", Never(Why::Fiscal)),
    ("invoice_open", Never(Why::Happened)),
    ("invoice_hold", Never(Why::Happened)),
    ("invoice_save_xml", Nothing),
    ("invoice_save_pdf", Nothing),
    ("csd_add", Never(Why::Setting)),
    ("csd_list", Nothing),
];

const _: () = {
    let mut at = 0;
    while at < COMMANDS.len() {
        assert!(stands(COMMANDS[at]), "a command has no line in `UNDO`: say how it is taken back, or why it is not");
        at += 1;
    }
    assert!(COMMANDS.len() == UNDO.len(), "a line of `UNDO` is of no command");
};

const fn stands(name: &str) -> bool {
    let mut at = 0;
    while at < UNDO.len() {
        if is_same(UNDO[at].0.as_bytes(), name.as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}
