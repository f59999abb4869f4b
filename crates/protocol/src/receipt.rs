//! Receipts: what the relay decided, signed by its key, readable by itself so that its ledgers can be rebuilt.

use serde::{Deserialize, Serialize};

use crate::bytes::Blob;
use crate::codec::{self, MAX_CONTROL};
use crate::error::ProtocolError;
use crate::identity::DeviceKeys;
use crate::ids::{
    BlindToken, CompanyId, ControlHash, DeviceId, Digest32, ItemId, LogId, RequestId, Signature, VerifyKey,
};
use crate::scope::Scope;
use crate::suite;

const SIGN: &str = "zuclubit 1 receipt";

/// The job that takes a signed proposal to an invoice: its lease is for who writes in finance.
pub const PROPOSAL_TO_CASH: &str = "proposal_to_cash";

/// What a device asks of the relay as the one authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Claim {
    /// The next folio of a serie for an invoice; asked again it gives the same.
    Folio {
        /// SAT: `Serie`, up to 25 characters.
        serie: String,
        /// The invoice.
        invoice: ItemId,
    },
    /// An invoice is discarded before any attempt was sent: its folio serves the next claim of its serie.
    DiscardFolio {
        /// The serie.
        serie: String,
        /// The invoice.
        invoice: ItemId,
    },
    /// An RFC for an account.
    Rfc {
        /// Of the RFC.
        token: BlindToken,
        /// The customer or lead.
        account: ItemId,
    },
    /// An account gives its RFC up (merge, un-merge, change).
    ReleaseRfc {
        /// Of the RFC.
        token: BlindToken,
        /// The customer or lead.
        account: ItemId,
    },
    /// A lead for the asking device's person.
    Lead {
        /// The lead.
        lead: ItemId,
    },
    /// A fenced lease of a job that only one may do; also renews one's own.
    Lease {
        /// As [`PROPOSAL_TO_CASH`].
        job: String,
        /// As `2026-04` or the process's id.
        period: String,
        /// How long, in milliseconds.
        for_ms: u32,
        /// How far the device has read: only one that has read everything gets it.
        seen: Seen,
    },
    /// Ends one's own lease.
    ReleaseLease {
        /// The job.
        job: String,
        /// The period.
        period: String,
        /// The fence that was granted.
        fence: u64,
    },
}

/// How far a device has read. Who does a job that only one may do has seen what the one before them did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The last record of membership that it knows.
    pub control: ControlHash,
    /// The last entry that it has read of each scope that its roles read; 0 where there is none.
    pub scopes: Vec<(Scope, u64)>,
    /// The highest fence under which it saw the job done for the period, 0 where it saw none: a relay that lost its leases
    /// gives a higher one all the same.
    pub fence: u64,
}

/// A claim with the id under which it is done once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRequest {
    /// Asking again under this id gives the same answer.
    pub id: RequestId,
    /// What is asked.
    pub claim: Claim,
}

/// Whether an invoice is to be issued or never will be; the first of the two stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentKind {
    /// To be issued.
    Issue,
    /// Never.
    Void,
}

/// The states of one attempt to stamp (or to cancel).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StampState {
    /// Taken in.
    Received,
    /// A worker holds the lease.
    Claimed,
    /// Committed before the call to the PAC.
    Sent,
    /// The outcome is not known.
    Unknown,
    /// Twice definitely not found.
    Absent,
    /// The PAC or the SAT said no.
    Rejected,
    /// Our own checks said no.
    Refused,
    /// Given up by a finance device.
    Withdrawn,
    /// A person must look.
    Human,
    /// Done.
    Stamped,
}

impl StampState {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Received,
        Self::Claimed,
        Self::Sent,
        Self::Unknown,
        Self::Absent,
        Self::Rejected,
        Self::Refused,
        Self::Withdrawn,
        Self::Human,
        Self::Stamped,
    ];

    /// As the ledger writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "RECEIVED",
            Self::Claimed => "CLAIMED",
            Self::Sent => "SENT",
            Self::Unknown => "UNKNOWN",
            Self::Absent => "ABSENT",
            Self::Rejected => "REJECTED",
            Self::Refused => "REFUSED",
            Self::Withdrawn => "WITHDRAWN",
            Self::Human => "HUMAN",
            Self::Stamped => "STAMPED",
        }
    }

    /// The state of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What the relay decided; no names stand in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// The folio of an invoice.
    Folio {
        /// The serie.
        serie: String,
        /// The folio.
        folio: u64,
        /// The invoice.
        invoice: ItemId,
    },
    /// A folio is free again.
    FolioDiscarded {
        /// The serie.
        serie: String,
        /// The folio.
        folio: u64,
        /// The invoice that gave it up.
        invoice: ItemId,
    },
    /// An RFC belongs to `holder`; the claim lost when that is another account.
    Rfc {
        /// Of the RFC.
        token: BlindToken,
        /// Who asked.
        account: ItemId,
        /// Who has it; `None` when it is another team's, which the loser must not learn.
        holder: Option<ItemId>,
        /// Whether the asking account has it.
        granted: bool,
    },
    /// An RFC is free.
    RfcReleased {
        /// Of the RFC.
        token: BlindToken,
        /// Who gave it up.
        account: ItemId,
    },
    /// A lead belongs to a device's person.
    Lead {
        /// The lead.
        lead: ItemId,
        /// Whose claim was first.
        device: DeviceId,
        /// The claim's number.
        number: u64,
    },
    /// A lease is held.
    Lease {
        /// The job.
        job: String,
        /// The period.
        period: String,
        /// Who holds it.
        device: DeviceId,
        /// Grows with each holder.
        fence: u64,
        /// On the relay's clock, milliseconds since 1970.
        until_ms: i64,
    },
    /// A lease ended.
    LeaseReleased {
        /// The job.
        job: String,
        /// The period.
        period: String,
        /// Its fence.
        fence: u64,
    },
    /// Which intent stands for an invoice.
    Intent {
        /// The invoice.
        invoice: ItemId,
        /// The first of the two.
        kind: IntentKind,
        /// The serie.
        serie: String,
        /// The folio.
        folio: u64,
    },
    /// An invoice is stamped.
    Stamp {
        /// The invoice.
        invoice: ItemId,
        /// 64 hexadecimal digits.
        stamp_key: String,
        /// The serie.
        serie: String,
        /// The folio.
        folio: u64,
        /// SAT: `UUID` of the timbre.
        uuid: String,
        /// SHA-256 of the stamped XML, which is in the sealed fact.
        xml: Digest32,
    },
    /// An attempt ended without a timbre.
    StampFailed {
        /// The invoice.
        invoice: ItemId,
        /// 64 hexadecimal digits.
        stamp_key: String,
        /// Rejected, refused, withdrawn or human.
        state: StampState,
        /// The PAC's, the SAT's or our code.
        code: String,
    },
    /// A cancelation's outcome.
    Cancel {
        /// The invoice.
        invoice: ItemId,
        /// The timbre.
        uuid: String,
        /// Where it stands.
        state: StampState,
        /// The SAT's code.
        code: String,
    },
}

/// A decision with company, log and time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptHeader {
    /// See [`suite::VERSION`].
    pub version: u8,
    /// See [`suite::SUITE`].
    pub suite: u8,
    /// The company.
    pub company: CompanyId,
    /// The log it was decided in; after a lost log an older one tells that a job must enter as UNKNOWN.
    pub log: LogId,
    /// The claim that it answers, when it answers one.
    pub request: Option<RequestId>,
    /// On the relay's clock, milliseconds since 1970.
    pub time_ms: i64,
    /// What was decided.
    pub decision: Decision,
}

/// A receipt as it is sent, logged and kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedReceipt {
    /// The encoded [`ReceiptHeader`].
    pub header: Blob,
    /// The relay's signature over it.
    pub signature: Signature,
}

impl SignedReceipt {
    /// Signs a receipt with the relay's key.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`].
    pub fn sign(header: &ReceiptHeader, relay: &DeviceKeys) -> Result<Self, ProtocolError> {
        let bytes = codec::encode(header, MAX_CONTROL)?;
        let signature = relay.sign(SIGN, &[&bytes]);
        Ok(Self { header: Blob(bytes), signature })
    }

    /// Reads the header without verifying it.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`], [`ProtocolError::TooLarge`], [`ProtocolError::Downgrade`], [`ProtocolError::TooNew`].
    pub fn peek(&self) -> Result<ReceiptHeader, ProtocolError> {
        if let [version, suite, ..] = *self.header.0 {
            suite::check(version, suite)?;
        }
        codec::decode(&self.header.0, MAX_CONTROL)
    }

    /// Verifies it under the relay key that an admin entered, and that it is this company's.
    ///
    /// # Errors
    /// [`ProtocolError::NotTheRelay`], [`ProtocolError::Inconsistent`] for another company's.
    pub fn verify(&self, company: CompanyId, relay: &VerifyKey) -> Result<ReceiptHeader, ProtocolError> {
        relay.verify(SIGN, &[&self.header.0], &self.signature).map_err(|_| ProtocolError::NotTheRelay)?;
        let header = self.peek()?;
        if header.company == company { Ok(header) } else { Err(ProtocolError::Inconsistent) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_counts_for_one_company_and_under_one_relay_key() {
        let relay = DeviceKeys::from_seeds(&[1; 32], &[2; 32]);
        let company = CompanyId([3; 16]);
        let header = ReceiptHeader {
            version: suite::VERSION,
            suite: suite::SUITE,
            company,
            log: LogId([4; 16]),
            request: Some(RequestId([5; 16])),
            time_ms: 1,
            decision: Decision::Folio { serie: "A".into(), folio: 7, invoice: ItemId([6; 16]) },
        };
        let receipt = SignedReceipt::sign(&header, &relay).unwrap();
        let key = relay.public().verify;
        assert_eq!(receipt.verify(company, &key).unwrap(), header);
        assert_eq!(receipt.verify(CompanyId([9; 16]), &key), Err(ProtocolError::Inconsistent));
        let mut forged = receipt.clone();
        *forged.header.0.last_mut().unwrap() ^= 1;
        assert_eq!(forged.verify(company, &key), Err(ProtocolError::NotTheRelay));
    }

    #[test]
    fn a_state_has_one_name() {
        for state in StampState::ALL {
            assert_eq!(StampState::from_name(state.name()), Some(state));
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{}\"", state.name()));
        }
    }
}
