//! The laptop's store: one encrypted SQLite file per home, Automerge documents in it, read tables beside them.
//!
//! A command is one transaction ([`Tx`]): it loads aggregates from their documents, writes what an event changed
//! (document tail, outbox, event, audit, read rows) and commits; the commit is the acknowledgement. Queries read
//! projected rows and never load a document.

mod aggregate;
mod alarm;
mod attachment;
mod audit;
mod backup;
mod bag;
mod boot;
mod carry;
mod checkup;
mod conflicts;
mod customer;
mod doctor;
mod earlier;
mod erase;
mod error;
mod events;
mod facts;
mod financial;
mod floor;
mod fresh;
mod give_back;
mod held;
mod history;
mod holding;
mod imports;
mod lead;
mod lease;
mod legality;
mod log;
mod members;
mod open;
mod outbox;
mod outgoing;
mod parts;
mod pending;
mod persons;
mod projections;
mod proposal;
mod refused;
mod registry;
mod remote;
mod reread;
mod resume;
mod shape;
mod snapshot;
mod store;
mod tx;
mod vault;
mod verify;

pub mod doc;

pub mod keys;
#[cfg(test)]
mod measure;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod wipe;

pub use aggregate::{Aggregate, Projector, Repository};
pub use attachment::{
    AttachmentError, FileKey, FileSpace, FileWords, HeldFile, IN_THE_BIN, NewFile, OwedFile, SpareFile,
};
pub use audit::{AuditHead, Heard, Mark};
pub use backup::{
    Backup, BackupError, BackupOrder, FOLDER as BACKUP_FOLDER, Header as BackupHeader, Progress, Reason, Restored,
    Step, Told, Tried, backups_in,
};
pub use carry::Carried;
pub use conflicts::{ConflictRow, Contested, SideValue, Written};
pub use customer::{Balances, ContactRow, ContractRow, CustomerRow};
pub use doctor::{Fate, Finding};
pub use error::StoreError;
pub use events::StoredEvent;
pub use facts::{FactRecord, StoredFact};
pub use financial::{InvoiceRow, InvoiceView, SavedSaga};
pub use floor::Newer;
pub use held::HeldRecord;
pub use history::{FieldEdit, History, Past};
pub use imports::{ImportBatch, ImportOf};
pub use lead::agenda::AgendaCounts;
pub use lead::{
    ActivityRow, HeldRow, ImportMark, LateChange, LeadFilter, LeadIdentity, LeadOrder, LeadPage, LeadRow, LeadSum,
    OpportunityRow,
};
pub use lease::Lease;
pub use log::Quarantined;
pub use open::OpenOptions;
pub use parts::Incomplete;
pub use projections::{Counts, FunnelRow, Money, MonthRow};
pub use proposal::{ProductMark, ProductRow, ProposalRow};
pub use refused::{KeptApart, Leaving, LeftHere, LeftSaid};
pub use remote::Received;
pub use shape::{Items, SealedField, Shape, When};
pub use snapshot::{Dispute, Mended, Snapshot, Unproven};
pub use store::{Identity, Session, Store, domain_scope, wire_scope};
pub use tx::Tx;
pub use verify::{Problem, ScopeDigest};
