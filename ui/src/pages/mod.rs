//! The pages: they fetch and arrange; what is allowed arrives decided.

mod conflicts;
mod customers;
mod files;
mod held;
mod history;
mod home;
mod import;
pub(crate) mod invoices;
mod leads;
mod nowhere;
mod onlookers;
mod person;
mod proposals;
mod settings;
mod welcome;

pub(crate) use conflicts::ConflictsPage;
pub(crate) use customers::{CustomerPage, CustomersPage};
pub(crate) use files::{Files, hear_drops};
pub(crate) use held::HeldPage;
pub(crate) use history::HistoryButton;
pub(crate) use home::HomePage;
pub(crate) use import::{ImportKind, ImportPage};
pub(crate) use invoices::{InvoicePage, InvoicesPage};
pub(crate) use leads::LeadsPage;
pub(crate) use nowhere::{Gone, Nowhere};
pub(crate) use onlookers::Onlookers;
pub(crate) use person::{PersonButton, PersonDialog};
pub(crate) use proposals::{ProposalPage, ProposalsPage, SignPage};
pub(crate) use settings::SettingsPage;
pub(crate) use welcome::{LockPart, ShutPart, Welcome};
