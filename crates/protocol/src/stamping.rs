//! What a finance device and the relay say to each other about stamping.

use serde::{Deserialize, Serialize};

use crate::bytes::Blob;
use crate::ids::{ItemId, RequestId};
use crate::receipt::{IntentKind, SignedReceipt, StampState};

/// A sealed CFDI to be stamped. The XML is in clear: PAC and SAT read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampJob {
    /// Sending again under this id does it once.
    pub id: RequestId,
    /// The invoice.
    pub invoice: ItemId,
    /// See [`crate::stamp_key`]; the relay computes it again from the XML.
    pub stamp_key: String,
    /// SAT: `Serie`.
    pub serie: String,
    /// SAT: `Folio`.
    pub folio: u64,
    /// The folio's receipt: under an earlier log id the job enters as UNKNOWN.
    pub folio_receipt: SignedReceipt,
    /// The CFDI, sealed with the CSD on the finance device.
    pub xml: Blob,
}

/// Something other than a new job, about an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StampCommand {
    /// Never issue this invoice: stands only if no `ISSUE` was first.
    Void {
        /// The invoice.
        invoice: ItemId,
        /// Its serie.
        serie: String,
        /// Its folio.
        folio: u64,
    },
    /// Give up an attempt that is rejected, refused or absent.
    Withdraw {
        /// The attempt.
        stamp_key: String,
    },
    /// Where an invoice stands.
    Status {
        /// The invoice.
        invoice: ItemId,
    },
}

/// One attempt, as its invoice's people may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampView {
    /// The invoice.
    pub invoice: ItemId,
    /// The attempt, when there is one.
    pub stamp_key: Option<String>,
    /// Which intent stands.
    pub intent: Option<IntentKind>,
    /// Where the attempt stands.
    pub state: Option<StampState>,
    /// The PAC's, the SAT's or our code, when it failed.
    pub code: Option<String>,
    /// SAT: `UUID`, when stamped.
    pub uuid: Option<String>,
    /// The stamped XML, when stamped and not yet erased.
    pub xml: Option<Blob>,
    /// Signed, when stamped or failed for good.
    pub receipt: Option<SignedReceipt>,
}
