//! The desktop program: wires the use cases, lists the commands, opens the window.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod commands;
mod dialogs;
mod notices;
mod start;

use anyhow::Context as _;

/// A list of prospects is millions of small pieces: a fifth less processor time for its import than with the system's.
#[global_allocator]
static ALLOCATOR: zuc_gateways::MiMalloc = zuc_gateways::MiMalloc;

fn main() -> anyhow::Result<()> {
    start::settle_memory();
    zuc_gateways::keep_memory_to_itself();
    start::quiet_the_renderer();
    let options = start::options();
    start::logs(&options.home);
    let desk = start::desk(&options);
    let entry = options.entry();
    let at_exit = desk.clone();
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _arguments, _folder| start::to_front(app)))
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .plugin(tauri_plugin_dialog::init())
        .manage(desk.clone())
        .invoke_handler(tauri::generate_handler![
            commands::boot,
            commands::unlock,
            commands::unlock_by_code,
            commands::lock_view,
            commands::lock_put,
            commands::lock_off,
            commands::lock_idle,
            commands::lock_now,
            commands::lock_prove,
            commands::touch,
            commands::company_create,
            commands::recovery_code,
            commands::recovery_confirm,
            commands::company_join,
            commands::company_recover,
            commands::join_status,
            commands::device_invite,
            commands::device_pending,
            commands::device_approve,
            commands::device_list,
            commands::people_view,
            commands::rights_set,
            commands::device_revoke,
            commands::device_release,
            commands::left_list,
            commands::left_take,
            commands::left_discard,
            commands::keys_rotate,
            commands::relay_thaw,
            commands::settings_set,
            commands::regimenes,
            commands::sync_status,
            commands::sync_now,
            commands::sync_log,
            commands::record_look,
            commands::backup_view,
            commands::backup_now,
            commands::backup_drill,
            commands::backup_folder,
            commands::restore,
            commands::search,
            commands::undo,
            commands::conflict_list,
            commands::conflict_get,
            commands::apart_list,
            commands::conflict_settle,
            commands::person_held,
            commands::person_save_copy,
            commands::person_oppose,
            commands::person_erase,
            commands::receipt_save,
            commands::receipt_look,
            commands::history_get,
            commands::history_restore,
            commands::lead_list,
            commands::lead_get,
            commands::lead_create,
            commands::lead_edit,
            commands::leads_edit,
            commands::lead_log,
            commands::lead_qualify,
            commands::lead_disqualify,
            commands::lead_convert,
            commands::lead_duplicates,
            commands::lead_compare,
            commands::lead_merge,
            commands::lead_move,
            commands::lead_teams,
            commands::pick_file,
            commands::import_preview,
            commands::import_rows,
            commands::import_commit,
            commands::import_cancel,
            commands::import_undo,
            commands::import_save_rejects,
            commands::held_list,
            commands::held_decide,
            commands::products_import,
            commands::customer_list,
            commands::customer_360,
            commands::customer_set_fiscal,
            commands::fiscal_choices,
            commands::product_search,
            commands::proposal_list,
            commands::proposal_create,
            commands::file_list,
            commands::file_add,
            commands::file_save,
            commands::file_remove,
            commands::file_stop,
            commands::file_space,
            commands::file_space_set,
            commands::proposal_get,
            commands::proposal_save,
            commands::proposal_sign,
            commands::proposal_save_pdf,
            commands::home,
            commands::invoice_list,
            commands::invoice_get,
            commands::invoice_set_fiscal,
            commands::invoice_open,
            commands::invoice_hold,
            commands::invoice_issue,
            commands::invoice_save_xml,
            commands::invoice_save_pdf,
            commands::csd_add,
            commands::csd_list,
        ])
        .setup(move |app| {
            start::window(app, &entry)?;
            notices::forward(app.handle().clone(), desk.clone());
            tauri::async_runtime::spawn(async move { desk.watch() });
            Ok(())
        })
        .build(tauri::generate_context!("tauri.conf.json"))
        .context("the window")?;
    app.run(move |_, event| {
        if matches!(event, tauri::RunEvent::Exit) {
            // SQLCipher frees its keys at exit: no connection may be open then
            tauri::async_runtime::block_on(at_exit.close());
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The words of a file between two marks, without what stands around each.
    fn listed<'a>(text: &'a str, from: &str, before: &str) -> BTreeSet<&'a str> {
        let words = text.split_once("fn main()").map_or(text, |(_, main)| main);
        let (_, rest) = words.split_once(from).expect("the list begins");
        let (list, _) = rest.split_once(']').expect("the list ends");
        list.split(',').filter_map(|word| word.trim().trim_matches('"').strip_prefix(before)).collect()
    }

    #[test]
    fn the_shell_registers_and_grants_every_command_of_the_contract_and_no_other() {
        let contract: BTreeSet<&str> = zuc_ipc::COMMANDS.iter().copied().collect();
        assert_eq!(listed(include_str!("main.rs"), "generate_handler![", "commands::"), contract);
        let granted = listed(include_str!("capabilities/main.json"), "\"permissions\": [", "allow-");
        let granted: BTreeSet<String> = granted.into_iter().map(|name| name.replace('-', "_")).collect();
        assert_eq!(granted, contract.into_iter().map(ToOwned::to_owned).collect());
    }
}
