//! The commands: one type each, a name, what goes in and what comes out.

use serde::{Serialize, de::DeserializeOwned};

/// A call from the window to the shell.
pub trait Command {
    /// Name the shell registers.
    const NAME: &'static str;
    /// What goes in, as the single argument `args`.
    type Args: Serialize + DeserializeOwned;
    /// What comes out.
    type Reply: Serialize + DeserializeOwned;
}

macro_rules! commands {
    ($($(#[$doc:meta])* $type:ident = $name:literal ($args:ty) -> $reply:ty;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub enum $type {}
            impl Command for $type {
                const NAME: &'static str = $name;
                type Args = $args;
                type Reply = $reply;
            }
        )*

        /// Names of all commands, for the test that compares them with what the shell registers.
        pub const COMMANDS: &[&str] = &[$($name),*];
    };
}

/// The command types; they carry no value.
pub mod list {
    use super::Command;
    use crate::{
        attachment::{FileDone, FileNew, FileRow, FileSpace, FileSpaceSet},
        backup::{BackupTo, BackupTried, BackupView, RestoreAsk, RestoreDone},
        company::{
            Boot, CompanyCreated, CompanyNew, CompanyRecover, DeviceRevoke, DeviceRow, InviteNew, InviteView, Join,
            JoinStatus, KeysRotate, PendingDevice, Secret, SettingsSet,
        },
        conflict::{ApartRow, ConflictAsk, ConflictRow, ConflictSettle, ConflictView},
        customer::{Customer360, CustomerRow, FiscalChoices, FiscalChoicesQuery, FiscalProfileSet},
        history::{History, HistoryAsk, HistoryRestore},
        home::{Hit, Home},
        import::{HeldDecision, HeldRow, ImportDone, ImportPreview, ImportRow, ImportRowsQuery, ImportSource},
        invoice::{
            CsdAdd, CsdRow, InvoiceFiscalSet, InvoiceHold, InvoiceIssued, InvoiceOpen, InvoicePage, InvoiceQuery,
            InvoiceView,
        },
        lead::{
            ActivityNew, Converted, Disqualification, LeadComparison, LeadDetail, LeadDuplicate, LeadEdit, LeadMerge,
            LeadMove, LeadNew, LeadPage, LeadPair, LeadQuery, LeadsEdit, Qualification,
        },
        left::{Left, LeftDiscard, LeftTake},
        lock::{LockIdle, LockPut, LockView, UnlockByCode},
        people::{PeopleView, RightsSet},
        privacy::{PersonErase, PersonErased, PersonHeld, PersonOppose, ReceiptView},
        proposal::{ProductRow, ProposalEdit, ProposalNew, ProposalRow, ProposalSaved, ProposalSign, ProposalView},
        shared::{ById, Changes, Choice, Empty, Page, Query},
        sync::{Onlooker, SyncLogRow, SyncStatus},
    };

    commands! {
        /// Where the program stands.
        BootGet = "boot" (Empty) -> Boot;
        /// Opens the data with the passphrase.
        Unlock = "unlock" (Secret) -> Boot;
        /// Opens locked data with the recovery code, under a new passphrase.
        UnlockCode = "unlock_by_code" (UnlockByCode) -> Boot;
        /// How the lock stands.
        LockGet = "lock_view" (Empty) -> LockView;
        /// Locks the data behind a passphrase, or behind another.
        LockSet = "lock_put" (LockPut) -> LockView;
        /// Takes the lock off; `text` is the passphrase.
        LockOff = "lock_off" (Secret) -> LockView;
        /// After how long it locks by itself.
        LockWhen = "lock_idle" (LockIdle) -> LockView;
        /// Locks now.
        LockNow = "lock_now" (Empty) -> Boot;
        /// Asks for the passphrase again, before what cannot be called back.
        LockProve = "lock_prove" (Secret) -> LockView;
        /// Somebody sits here.
        Touch = "touch" (Empty) -> ();
        /// Makes a company.
        CompanyCreate = "company_create" (CompanyNew) -> CompanyCreated;
        /// The recovery code of a new company, until it was typed back.
        RecoveryCode = "recovery_code" (Empty) -> Secret;
        /// The recovery code typed back.
        RecoveryConfirm = "recovery_confirm" (Secret) -> Boot;
        /// Asks to join by invite.
        CompanyJoin = "company_join" (Join) -> JoinStatus;
        /// Comes into a company by its recovery code, which then gives way to another.
        Recover = "company_recover" (CompanyRecover) -> Boot;
        /// How the joining stands.
        JoinGet = "join_status" (Empty) -> JoinStatus;
        /// Makes an invite.
        DeviceInvite = "device_invite" (InviteNew) -> InviteView;
        /// Devices that ask to come in.
        DevicePending = "device_pending" (Empty) -> Vec<PendingDevice>;
        /// Lets one in, after the codes were compared.
        DeviceApprove = "device_approve" (ById) -> Changes;
        /// Devices of the company.
        DeviceList = "device_list" (Empty) -> Vec<DeviceRow>;
        /// The company's people.
        PeopleGet = "people_view" (Empty) -> PeopleView;
        /// Gives one other roles.
        RightsChange = "rights_set" (RightsSet) -> Changes;
        /// Takes a device out.
        DeviceOut = "device_revoke" (DeviceRevoke) -> Changes;
        /// Lets a stopped device go on.
        DeviceRelease = "device_release" (ById) -> Changes;
        /// What those who left could not send.
        LeftList = "left_list" (Empty) -> Vec<Left>;
        /// Takes a piece of it over.
        LeftTaken = "left_take" (LeftTake) -> Changes;
        /// Throws away what is left of it.
        LeftGone = "left_discard" (LeftDiscard) -> Changes;
        /// Gives scopes new keys.
        KeysNew = "keys_rotate" (KeysRotate) -> Changes;
        /// Has folios given and invoices stamped without waiting for what computers that are missing may hold.
        RelayThaw = "relay_thaw" (Empty) -> Changes;
        /// Changes settings of this device.
        SettingsChange = "settings_set" (SettingsSet) -> Changes;
        /// Régimenes of the SAT for the company's form: `text` is the RFC.
        Regimenes = "regimenes" (Query) -> Vec<Choice>;

        /// State of the status bar.
        SyncGet = "sync_status" (Empty) -> SyncStatus;
        /// Exchanges now.
        SyncNow = "sync_now" (Empty) -> SyncStatus;
        /// Newest first.
        SyncLog = "sync_log" (Empty) -> Vec<SyncLogRow>;
        /// Says that the person looks at a record, or with an empty id at none; who else looks at it.
        RecordLook = "record_look" (ById) -> Vec<Onlooker>;

        /// How the backups stand.
        BackupGet = "backup_view" (Empty) -> BackupView;
        /// Makes one now.
        BackupMake = "backup_now" (BackupTo) -> BackupView;
        /// Tries the newest, aside from the data.
        BackupTry = "backup_drill" (Empty) -> BackupTried;
        /// Lets the person choose the folder; the view after it.
        BackupFolder = "backup_folder" (Empty) -> BackupView;
        /// Takes one back.
        Restore = "restore" (RestoreAsk) -> RestoreDone;

        /// Inicio.
        HomeGet = "home" (Empty) -> Home;
        /// Records for the palette.
        Search = "search" (Query) -> Vec<Hit>;
        /// Undoes by token.
        Undo = "undo" (ById) -> Changes;

        /// Fields that were changed apart, newest first.
        ConflictList = "conflict_list" (Empty) -> Vec<ConflictRow>;
        /// One of them with its sides.
        ConflictGet = "conflict_get" (ConflictAsk) -> ConflictView;
        /// What this laptop wrote and does not count, newest first.
        ApartList = "apart_list" (Empty) -> Vec<ApartRow>;
        /// A person's word on it.
        ConflictDecide = "conflict_settle" (ConflictSettle) -> Changes;
        /// What is held on the person of a record.
        PersonGet = "person_held" (ById) -> PersonHeld;
        /// Saves the copy of it in a folder that the person chooses; `None` = closed.
        PersonCopySave = "person_save_copy" (ById) -> Option<String>;
        /// Notes whether the person of a record opposes being scored and written to.
        PersonOpposes = "person_oppose" (PersonOppose) -> Changes;
        /// Forgets the person of a record.
        PersonForget = "person_erase" (PersonErase) -> PersonErased;
        /// Saves the receipt of an erasure in a folder that the person chooses; `None` = closed.
        ReceiptSave = "receipt_save" (ById) -> Option<String>;
        /// Checks a receipt; `text` is its file.
        ReceiptLook = "receipt_look" (Query) -> ReceiptView;
        /// The history of a record.
        HistoryGet = "history_get" (HistoryAsk) -> History;
        /// Writes again what a field was before a change.
        HistoryTakeBack = "history_restore" (HistoryRestore) -> Changes;

        /// A page of leads.
        LeadList = "lead_list" (LeadQuery) -> LeadPage;
        /// One lead.
        LeadGet = "lead_get" (ById) -> LeadDetail;
        /// A lead typed by hand; the reply's `undo` takes it back.
        LeadCreate = "lead_create" (LeadNew) -> Changes;
        /// One cell.
        LeadEditCell = "lead_edit" (LeadEdit) -> Changes;
        /// The same field of several leads.
        LeadsEditAll = "leads_edit" (LeadsEdit) -> Changes;
        /// A touch.
        LeadLog = "lead_log" (ActivityNew) -> Changes;
        /// Qualifies.
        LeadQualify = "lead_qualify" (Qualification) -> Changes;
        /// Discards.
        LeadDisqualify = "lead_disqualify" (Disqualification) -> Changes;
        /// Converts.
        LeadConvert = "lead_convert" (ById) -> Converted;
        /// Leads that may be the same as one.
        LeadDuplicates = "lead_duplicates" (ById) -> Vec<LeadDuplicate>;
        /// Two leads side by side.
        LeadCompare = "lead_compare" (LeadPair) -> LeadComparison;
        /// Makes them one; the reply's `undo` parts them.
        LeadMergeInto = "lead_merge" (LeadMerge) -> Changes;
        /// Lets a lead go to another team; the reply's `undo` brings it back.
        LeadMoveTo = "lead_move" (LeadMove) -> Changes;
        /// Teams in which whoever sits here can capture a lead, the one it would be of first.
        LeadTeams = "lead_teams" (Empty) -> Vec<u16>;

        /// The files of a prospect or a customer.
        FileList = "file_list" (ById) -> Vec<FileRow>;
        /// Hangs one on it.
        FileAdd = "file_add" (FileNew) -> FileDone;
        /// Saves one where the person says; `None` = closed.
        FileSave = "file_save" (ById) -> Option<String>;
        /// Takes one away; the reply's `undo` brings it back.
        FileRemove = "file_remove" (ById) -> Changes;
        /// Stops fetching a file that somebody opened.
        FileStop = "file_stop" (ById) -> Changes;
        /// What room files take on this computer.
        FileSpaceGet = "file_space" (Empty) -> FileSpace;
        /// Which files this computer keeps from now on.
        FileSpacePut = "file_space_set" (FileSpaceSet) -> FileSpace;

        /// Lets the person choose a file; `text` is the kind (`leads`, `products`, `cer`, `key`, `file`); `None` = closed.
        PickFile = "pick_file" (Query) -> Option<String>;
        /// Dry run.
        ImportLook = "import_preview" (ImportSource) -> ImportPreview;
        /// Rows of the last dry run.
        ImportRows = "import_rows" (ImportRowsQuery) -> Page<ImportRow>;
        /// Does what the dry run said.
        ImportCommit = "import_commit" (ImportSource) -> ImportDone;
        /// Stops the running import; nothing of it stays.
        ImportCancel = "import_cancel" (Empty) -> Changes;
        /// Undoes an import by its batch.
        ImportUndo = "import_undo" (ById) -> Changes;
        /// Saves the rejected rows of the last dry run where the person says; `None` = closed.
        ImportSaveRejects = "import_save_rejects" (Empty) -> Option<String>;
        /// Rows held as probable duplicates.
        HeldList = "held_list" (Empty) -> Vec<HeldRow>;
        /// A person's word on one.
        HeldDecide = "held_decide" (HeldDecision) -> Changes;
        /// Imports products.
        ProductsImport = "products_import" (ImportSource) -> ImportDone;

        /// Customers.
        CustomerList = "customer_list" (Query) -> Page<CustomerRow>;
        /// One customer, whole.
        CustomerGet = "customer_360" (ById) -> Customer360;
        /// Fiscal profile.
        CustomerSetFiscal = "customer_set_fiscal" (FiscalProfileSet) -> Changes;
        /// Choices that fit.
        FiscalChoicesGet = "fiscal_choices" (FiscalChoicesQuery) -> FiscalChoices;

        /// Products by text.
        ProductSearch = "product_search" (Query) -> Vec<ProductRow>;
        /// Proposals.
        ProposalList = "proposal_list" (Query) -> Page<ProposalRow>;
        /// Opens one.
        ProposalCreate = "proposal_create" (ProposalNew) -> ProposalSaved;
        /// One proposal.
        ProposalGet = "proposal_get" (ById) -> ProposalView;
        /// Saves the draft.
        ProposalSave = "proposal_save" (ProposalEdit) -> ProposalSaved;
        /// The client signs on this screen.
        ProposalAccept = "proposal_sign" (ProposalSign) -> ProposalSaved;
        /// Saves its PDF where the person says; `None` = closed.
        ProposalPdf = "proposal_save_pdf" (ById) -> Option<String>;

        /// Invoices.
        InvoiceList = "invoice_list" (InvoiceQuery) -> InvoicePage;
        /// One invoice.
        InvoiceGet = "invoice_get" (ById) -> InvoiceView;
        /// Receiver and terms of a draft.
        InvoiceSetFiscal = "invoice_set_fiscal" (InvoiceFiscalSet) -> InvoiceIssued;
        /// Opens a document that is kept for the law alone, by whoever says why.
        InvoiceReveal = "invoice_open" (InvoiceOpen) -> InvoiceView;
        /// Keeps a document longer than the law does.
        InvoiceKeep = "invoice_hold" (InvoiceHold) -> Changes;
        /// Claims the folio, seals and stamps.
        InvoiceIssue = "invoice_issue" (ById) -> InvoiceIssued;
        /// Saves the XML where the person says; `None` = closed.
        InvoiceXml = "invoice_save_xml" (ById) -> Option<String>;
        /// Saves the PDF where the person says; `None` = closed.
        InvoicePdf = "invoice_save_pdf" (ById) -> Option<String>;

        /// Loads a certificate.
        CsdLoad = "csd_add" (CsdAdd) -> Vec<CsdRow>;
        /// Certificates of the company.
        CsdList = "csd_list" (Empty) -> Vec<CsdRow>;
    }
}

pub use list::COMMANDS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_a_name() {
        let mut names = COMMANDS.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COMMANDS.len());
    }
}
