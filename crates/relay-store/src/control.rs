//! The control log: one per company, compare-and-append on its head.

use async_trait::async_trait;
use zuc_protocol::control::Mark;

use crate::{BagReplacement, CompanyId, ControlHash, DeviceId, LogId, StoreError};

/// A signed record of the control log, kept verbatim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlRecord {
    /// Its place, dense from 0, the genesis.
    pub seq: u64,
    /// The record's hash.
    pub hash: ControlHash,
    /// The bytes as they were signed.
    pub bytes: Vec<u8>,
}

/// Where the control log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlHead {
    /// The last place.
    pub seq: u64,
    /// The hash of the last record.
    pub hash: ControlHash,
}

/// A record and what must become true with it, in one transaction.
#[derive(Clone, Debug)]
pub struct ControlAppend {
    /// The head the record names as its predecessor.
    pub expected: ControlHash,
    /// The record's hash.
    pub hash: ControlHash,
    /// The record.
    pub bytes: Vec<u8>,
    /// The last batches that the record lets count; refused when a later one was acknowledged.
    pub marks: Vec<Mark>,
    /// Bags that the record replaces whole.
    pub bags: Vec<BagReplacement>,
    /// The device that joins by this record: its join request, if it made one, is answered.
    pub joined: Option<DeviceId>,
}

/// The control log.
#[async_trait]
pub trait ControlStore: Send + Sync {
    /// Makes a company from its genesis record.
    ///
    /// # Errors
    /// [`StoreError::CompanyExists`] when it stands already.
    async fn create(
        &self,
        company: CompanyId,
        log_id: LogId,
        hash: ControlHash,
        genesis: Vec<u8>,
    ) -> Result<(), StoreError>;

    /// Appends a record if the log still ends where the caller believes.
    ///
    /// A record that stands already is answered with its place, so that a lost reply costs nothing.
    ///
    /// # Errors
    /// [`StoreError::ControlMoved`] with the head that stands; [`StoreError::Refused`] `sync.mark_stale`.
    async fn control_append(&self, company: CompanyId, append: ControlAppend) -> Result<u64, StoreError>;

    /// The records from place `from` on, in order.
    async fn control_read(&self, company: CompanyId, from: u64, max: u32) -> Result<Vec<ControlRecord>, StoreError>;

    /// Where the control log ends.
    async fn control_head(&self, company: CompanyId) -> Result<ControlHead, StoreError>;
}
