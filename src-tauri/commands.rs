//! The commands of `zuc_ipc`, one by one, without a decision of their own.

use std::sync::Arc;

use tauri::{AppHandle, State, Wry};
use zuc_app::{AppError, Desk};
use zuc_ipc::{Failure, list};

use crate::dialogs;

type Reply<C> = Result<<C as zuc_ipc::Command>::Reply, Failure>;
type Args<C> = <C as zuc_ipc::Command>::Args;

/// What a command is asked of: the desk, or the company open at it.
macro_rules! on {
    (desk, $desk:ident) => {
        $desk.inner()
    };
    (office, $desk:ident) => {
        $desk.office().await.map_err(AppError::into_failure)?
    };
}

/// A command whose use case has the same name: `name: Type => |desk, args| call`.
macro_rules! commands {
    ($($name:ident: $type:ident => |$on:ident, $args:pat_param| $call:expr;)*) => {
        $(
            #[tauri::command]
            pub(crate) async fn $name(desk: State<'_, Arc<Desk>>, args: Args<list::$type>) -> Reply<list::$type> {
                let $on = on!($on, desk);
                let $args = args;
                $call.await.map_err(AppError::into_failure)
            }
        )*
    };
}

commands! {
    boot: BootGet => |desk, _| desk.boot();
    unlock: Unlock => |desk, args| desk.unlock(args);
    unlock_by_code: UnlockCode => |desk, args| desk.unlock_by_code(args);
    lock_view: LockGet => |desk, _| desk.lock_view();
    lock_put: LockSet => |desk, args| desk.lock_put(args);
    lock_off: LockOff => |desk, args| desk.lock_off(args);
    lock_idle: LockWhen => |desk, args| desk.lock_idle(args);
    lock_now: LockNow => |desk, _| desk.lock_now();
    lock_prove: LockProve => |desk, args| desk.lock_prove(args);
    company_create: CompanyCreate => |desk, args| desk.company_create(args);
    recovery_code: RecoveryCode => |desk, _| desk.recovery_code();
    recovery_confirm: RecoveryConfirm => |desk, args| desk.recovery_confirm(args);
    company_join: CompanyJoin => |desk, args| desk.company_join(args);
    company_recover: Recover => |desk, args| Box::pin(desk.company_recover(args));
    join_status: JoinGet => |desk, _| desk.join_status();
    device_invite: DeviceInvite => |office, args| office.device_invite(args);
    device_pending: DevicePending => |office, _| office.device_pending();
    device_approve: DeviceApprove => |office, args| office.device_approve(args.id);
    people_view: PeopleGet => |office, _| office.people_view();
    rights_set: RightsChange => |office, args| office.rights_set(args);
    device_revoke: DeviceOut => |office, args| office.device_revoke(args);
    device_release: DeviceRelease => |office, args| office.device_release(args.id);
    left_list: LeftList => |office, _| office.left_list();
    left_take: LeftTaken => |office, args| office.left_take(args);
    left_discard: LeftGone => |office, args| office.left_discard(args);
    keys_rotate: KeysNew => |office, args| office.keys_rotate(args);
    relay_thaw: RelayThaw => |office, _| office.relay_thaw(None);
    device_list: DeviceList => |office, _| office.device_list();
    settings_set: SettingsChange => |office, args| office.settings_set(args);
    regimenes: Regimenes => |desk, args| desk.regimenes(args);

    sync_status: SyncGet => |office, _| office.sync_status();
    sync_now: SyncNow => |office, _| office.sync_now();
    sync_log: SyncLog => |office, _| office.sync_log();
    record_look: RecordLook => |office, args| office.record_look(args.id);

    backup_view: BackupGet => |office, _| office.backup_view();
    backup_now: BackupMake => |office, args| office.backup_now(args);
    backup_drill: BackupTry => |office, _| office.backup_drill();
    restore: Restore => |desk, args| desk.restore(args);

    search: Search => |office, args| office.search(args);
    undo: Undo => |office, args| office.undo(args.id);

    conflict_list: ConflictList => |office, _| office.conflict_list();
    conflict_get: ConflictGet => |office, args| office.conflict_get(args);
    apart_list: ApartList => |office, _| office.apart_list();
    conflict_settle: ConflictDecide => |office, args| office.conflict_settle(args);
    person_held: PersonGet => |office, args| office.person_held(args.id);
    person_oppose: PersonOpposes => |office, args| office.person_oppose(args.id, args.opposes);
    person_erase: PersonForget => |office, args| office.person_erase_named(args);
    receipt_look: ReceiptLook => |office, args| office.receipt_look(args);
    history_get: HistoryGet => |office, args| office.history_get(args);
    history_restore: HistoryTakeBack => |office, args| office.history_restore(args);

    lead_list: LeadList => |office, args| office.lead_list(args);
    lead_get: LeadGet => |office, args| office.lead_get(args.id);
    lead_create: LeadCreate => |office, args| office.lead_create(args);
    lead_edit: LeadEditCell => |office, args| office.lead_edit(args);
    leads_edit: LeadsEditAll => |office, args| office.leads_edit(args);
    lead_log: LeadLog => |office, args| office.lead_log(args);
    lead_qualify: LeadQualify => |office, args| office.lead_qualify(args);
    lead_disqualify: LeadDisqualify => |office, args| office.lead_disqualify(args);
    lead_convert: LeadConvert => |office, args| office.lead_convert(args.id);
    lead_duplicates: LeadDuplicates => |office, args| office.lead_duplicates(args.id);
    lead_compare: LeadCompare => |office, args| office.lead_compare(args);
    lead_merge: LeadMergeInto => |office, args| office.lead_merge(args);
    lead_move: LeadMoveTo => |office, args| office.lead_move(args);
    lead_teams: LeadTeams => |office, _| office.lead_teams();

    file_list: FileList => |office, args| office.file_list(args.id);
    file_add: FileAdd => |office, args| office.file_add(args);
    file_remove: FileRemove => |office, args| office.file_remove(args.id);
    file_stop: FileStop => |office, args| office.file_stop(args.id);
    file_space: FileSpaceGet => |office, _| office.file_space();
    file_space_set: FileSpacePut => |office, args| office.file_space_set(args);

    import_preview: ImportLook => |office, args| office.import_preview(args);
    import_rows: ImportRows => |office, args| office.import_rows(args);
    import_commit: ImportCommit => |office, args| office.import_commit(args);
    import_cancel: ImportCancel => |office, _| office.import_cancel();
    import_undo: ImportUndo => |office, args| office.import_undo(args.id);
    held_list: HeldList => |office, _| office.held_list();
    held_decide: HeldDecide => |office, args| office.held_decide(args);
    products_import: ProductsImport => |office, args| office.products_import(args);

    customer_list: CustomerList => |office, args| office.customer_list(args);
    customer_360: CustomerGet => |office, args| office.customer_360(args.id);
    customer_set_fiscal: CustomerSetFiscal => |office, args| office.customer_set_fiscal(args);
    fiscal_choices: FiscalChoicesGet => |office, args| office.fiscal_choices(args);

    product_search: ProductSearch => |office, args| office.product_search(args);
    proposal_list: ProposalList => |office, args| office.proposal_list(args);
    proposal_create: ProposalCreate => |office, args| office.proposal_create(args);
    proposal_get: ProposalGet => |office, args| office.proposal_get(args.id);
    proposal_save: ProposalSave => |office, args| office.proposal_save(args);
    proposal_sign: ProposalAccept => |office, args| office.proposal_sign(args);

    home: HomeGet => |office, _| office.home();
    invoice_list: InvoiceList => |office, args| office.invoice_list(args);
    invoice_get: InvoiceGet => |office, args| office.invoice_get(args.id);
    invoice_set_fiscal: InvoiceSetFiscal => |office, args| office.invoice_set_fiscal(args);
    invoice_open: InvoiceReveal => |office, args| office.invoice_open(args);
    invoice_hold: InvoiceKeep => |office, args| office.invoice_hold(args);
    invoice_issue: InvoiceIssue => |office, args| office.invoice_issue(args.id);
    csd_add: CsdLoad => |office, args| office.csd_add(args);
    csd_list: CsdList => |office, _| office.csd_list();
}

/// Lets the person choose a file of a kind.
#[tauri::command]
pub(crate) async fn pick_file(app: AppHandle<Wry>, args: Args<list::PickFile>) -> Reply<list::PickFile> {
    Ok(dialogs::pick(&app, &args.text).await.map(|path| path.display().to_string()))
}

/// Somebody sits here.
#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "the shell hands over what a command is given")]
pub(crate) fn touch(desk: State<'_, Arc<Desk>>, args: Args<list::Touch>) {
    let zuc_ipc::shared::Empty {} = args;
    desk.touch();
}

/// Lets the person choose where backups go.
#[tauri::command]
pub(crate) async fn backup_folder(
    app: AppHandle<Wry>,
    desk: State<'_, Arc<Desk>>,
    args: Args<list::BackupFolder>,
) -> Reply<list::BackupFolder> {
    let _ = args;
    let office = desk.office().await.map_err(AppError::into_failure)?;
    // asked before the folder is chosen, not after
    office.ask_again().map_err(AppError::into_failure)?;
    let view = match dialogs::folder(&app).await {
        Some(folder) => office.backup_set_folder(&folder.display().to_string()).await,
        None => office.backup_view().await,
    };
    view.map_err(AppError::into_failure)
}

/// Saves the rejected rows of the last dry run.
#[tauri::command]
pub(crate) async fn import_save_rejects(
    app: AppHandle<Wry>,
    desk: State<'_, Arc<Desk>>,
    args: Args<list::ImportSaveRejects>,
) -> Reply<list::ImportSaveRejects> {
    let _ = args;
    let office = desk.office().await.map_err(AppError::into_failure)?;
    let bytes = office.import_rejects().await.map_err(AppError::into_failure)?;
    dialogs::save(&app, "prospectos-por-corregir.csv", bytes).await
}

/// Saves a file of a record.
#[tauri::command]
pub(crate) async fn file_save(
    app: AppHandle<Wry>,
    desk: State<'_, Arc<Desk>>,
    args: Args<list::FileSave>,
) -> Reply<list::FileSave> {
    let office = desk.office().await.map_err(AppError::into_failure)?;
    let file = office.file_read(args.id).await.map_err(AppError::into_failure)?;
    dialogs::save(&app, &file.name, file.bytes).await
}

/// Saves the copy of what is held on a person.
#[tauri::command]
pub(crate) async fn person_save_copy(
    app: AppHandle<Wry>,
    desk: State<'_, Arc<Desk>>,
    args: Args<list::PersonCopySave>,
) -> Reply<list::PersonCopySave> {
    let office = desk.office().await.map_err(AppError::into_failure)?;
    let files = office.person_export(args.id).await.map_err(AppError::into_failure)?;
    dialogs::save_all(&app, files).await
}

/// Saves the receipt of an erasure.
#[tauri::command]
pub(crate) async fn receipt_save(
    app: AppHandle<Wry>,
    desk: State<'_, Arc<Desk>>,
    args: Args<list::ReceiptSave>,
) -> Reply<list::ReceiptSave> {
    let office = desk.office().await.map_err(AppError::into_failure)?;
    let (_, files) = office.person_receipt(args.id).await.map_err(AppError::into_failure)?;
    dialogs::save_all(&app, files).await
}

/// Saves a proposal's PDF.
#[tauri::command]
pub(crate) async fn proposal_save_pdf(
    app: AppHandle<Wry>,
    desk: State<'_, Arc<Desk>>,
    args: Args<list::ProposalPdf>,
) -> Reply<list::ProposalPdf> {
    let office = desk.office().await.map_err(AppError::into_failure)?;
    let file = office.proposal_pdf(args.id).await.map_err(AppError::into_failure)?;
    dialogs::save(&app, &file.name, file.bytes).await
}

/// Saves an invoice's XML, byte for byte.
#[tauri::command]
pub(crate) async fn invoice_save_xml(
    app: AppHandle<Wry>,
    desk: State<'_, Arc<Desk>>,
    args: Args<list::InvoiceXml>,
) -> Reply<list::InvoiceXml> {
    let office = desk.office().await.map_err(AppError::into_failure)?;
    let file = office.invoice_xml(args.id).await.map_err(AppError::into_failure)?;
    dialogs::save(&app, &file.name, file.bytes).await
}

/// Saves an invoice's PDF.
#[tauri::command]
pub(crate) async fn invoice_save_pdf(
    app: AppHandle<Wry>,
    desk: State<'_, Arc<Desk>>,
    args: Args<list::InvoicePdf>,
) -> Reply<list::InvoicePdf> {
    let office = desk.office().await.map_err(AppError::into_failure)?;
    let file = office.invoice_pdf(args.id).await.map_err(AppError::into_failure)?;
    dialogs::save(&app, &file.name, file.bytes).await
}
