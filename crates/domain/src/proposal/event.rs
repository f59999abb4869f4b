//! What happens to a proposal.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::acceptance::Acceptance;
use super::state::ProposalState;
use super::version::{Figures, ProposalVersion};
use super::{DeclineReason, Proposal};
use crate::shared::event::without_nulls;
use crate::shared::money::{canonical_decimal, round_half_up};
use crate::shared::{DomainEvent, PersonId, ProposalId, Transition, VersionId};

/// A fact a proposal decided, with the transition it records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProposalEvent {
    /// Opened, with its first version.
    Created {
        /// As opened.
        proposal: Box<Proposal>,
    },
    /// The figures of a draft changed.
    Repriced {
        /// The proposal.
        proposal: ProposalId,
        /// The version with its new content.
        version: Box<ProposalVersion>,
        /// Its figures.
        figures: Box<Figures>,
        /// Pesos per unit of the currency.
        fx_rate: Decimal,
    },
    /// A change after sending began a new version.
    VersionCreated {
        /// The proposal.
        proposal: ProposalId,
        /// The new version.
        version: Box<ProposalVersion>,
        /// Hash of its content.
        content_hash: String,
        /// What changed, in words.
        change_summary: String,
        /// Back to draft.
        transition: Transition<ProposalState>,
    },
    /// Handed to the customer in person.
    Sent {
        /// The proposal.
        proposal: ProposalId,
        /// The version.
        version: VersionId,
        /// Hash of the PDF.
        document_hash: String,
        /// To sent.
        transition: Transition<ProposalState>,
    },
    /// Signed.
    Accepted {
        /// The proposal.
        proposal: ProposalId,
        /// The signature.
        acceptance: Box<Acceptance>,
        /// To accepted.
        transition: Transition<ProposalState>,
    },
    /// Refused by the customer.
    Declined {
        /// The proposal.
        proposal: ProposalId,
        /// The version.
        version: VersionId,
        /// Why.
        reason: DeclineReason,
        /// In words.
        comment: Option<String>,
        /// Who won instead.
        competitor: Option<String>,
        /// To declined.
        transition: Transition<ProposalState>,
    },
    /// Its last day passed.
    Expired {
        /// The proposal.
        proposal: ProposalId,
        /// The version.
        version: VersionId,
        /// The last day.
        valid_until: Date,
        /// What it came to.
        total: Decimal,
        /// To expired.
        transition: Transition<ProposalState>,
    },
    /// Taken back by the seller.
    Withdrawn {
        /// The proposal.
        proposal: ProposalId,
        /// The version.
        version: VersionId,
        /// Why.
        reason: String,
        /// Who.
        by: PersonId,
        /// To withdrawn.
        transition: Transition<ProposalState>,
    },
}

impl DomainEvent for ProposalEvent {
    fn event_type(&self) -> &'static str {
        match self {
            Self::Created { .. } => "Proposal.Created",
            Self::Repriced { .. } => "Proposal.Repriced",
            Self::VersionCreated { .. } => "Proposal.VersionCreated",
            Self::Sent { .. } => "Proposal.Sent",
            Self::Accepted { .. } => "Proposal.Accepted",
            Self::Declined { .. } => "Proposal.Declined",
            Self::Expired { .. } => "Proposal.Expired",
            Self::Withdrawn { .. } => "Proposal.Withdrawn",
        }
    }

    fn subject(&self) -> Uuid {
        match self {
            Self::Created { proposal } => proposal.id.0,
            Self::Repriced { proposal, .. }
            | Self::VersionCreated { proposal, .. }
            | Self::Sent { proposal, .. }
            | Self::Accepted { proposal, .. }
            | Self::Declined { proposal, .. }
            | Self::Expired { proposal, .. }
            | Self::Withdrawn { proposal, .. } => proposal.0,
        }
    }

    fn data(&self) -> Value {
        let percent = |value: Decimal| canonical_decimal(round_half_up(value, 4));
        without_nulls(match self {
            Self::Created { proposal } => json!({
                "proposalId": proposal.id,
                "versionId": proposal.latest().id,
                "leadId": proposal.lead,
                "opportunityId": proposal.opportunity,
                "customerId": proposal.customer,
                "currency": proposal.currency,
                "priceBookId": "lista",
                "validUntil": proposal.latest().content.valid_until,
                "ownerId": proposal.owner,
            }),
            Self::Repriced { proposal, version, figures, fx_rate } => json!({
                "proposalId": proposal,
                "versionId": version.id,
                "subtotal": canonical_decimal(figures.quote.subtotal),
                "discountTotal": canonical_decimal(figures.quote.descuento),
                "taxTotal": canonical_decimal(figures.quote.total_impuestos.unwrap_or_default()),
                "total": canonical_decimal(figures.quote.total),
                "avgDiscountPct": percent(figures.average_discount),
                "marginPct": figures.margin.map(percent),
                "fxRate": canonical_decimal(*fx_rate),
            }),
            Self::VersionCreated { proposal, version, content_hash, change_summary, .. } => json!({
                "proposalId": proposal,
                "versionId": version.id,
                "number": version.number,
                "basedOnVersionId": version.based_on,
                "contentHash": content_hash,
                "changeSummary": change_summary,
            }),
            Self::Sent { proposal, version, document_hash, .. } => json!({
                "proposalId": proposal,
                "versionId": version,
                "channel": "in_person",
                "recipients": [],
                "documentHash": document_hash,
            }),
            Self::Accepted { proposal, acceptance, .. } => json!({
                "proposalId": proposal,
                "versionId": acceptance.version,
                "contentHash": acceptance.content_hash,
                "signer": acceptance.signer,
                "signedAt": acceptance.signed_at,
                "evidence": {
                    "imageHash": acceptance.image_hash,
                    "deviceId": acceptance.device,
                    "documentHash": acceptance.document_hash,
                },
            }),
            Self::Declined { proposal, version, reason, comment, competitor, .. } => json!({
                "proposalId": proposal,
                "versionId": version,
                "reasonCode": reason,
                "comment": comment,
                "competitor": competitor,
            }),
            Self::Expired { proposal, version, valid_until, total, .. } => json!({
                "proposalId": proposal,
                "versionId": version,
                "validUntil": valid_until,
                "total": canonical_decimal(*total),
            }),
            Self::Withdrawn { proposal, version, reason, by, .. } => json!({
                "proposalId": proposal,
                "versionId": version,
                "reason": reason,
                "by": by,
            }),
        })
    }
}
