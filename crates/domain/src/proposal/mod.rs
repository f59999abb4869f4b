//! Proposals: what is offered, at what price, until when, and the signature under it.

pub mod acceptance;
pub mod approval;
pub mod error;
pub mod event;
pub mod order_key;
pub mod product;
pub mod state;
pub mod version;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use acceptance::{Acceptance, Signature, Signer};
pub use approval::{ApprovalLimits, ApprovalNeed, Approver, Trigger};
pub use error::ProposalError;
pub use event::ProposalEvent;
pub use order_key::OrderKey;
pub use product::{PriceBreak, Product, Recurrence};
pub use state::ProposalState;
pub use version::{Figures, ProposalLine, ProposalVersion, VersionContent};

use crate::shared::named::named;
use crate::shared::text::clean;
use crate::shared::{
    Act, Currency, CustomerId, Folded, LeadId, OpportunityId, PersonId, ProposalId, Scope, StateMachine, Transition,
    TransitionId, fold,
};

/// Most lines one proposal holds.
pub const MAX_LINES: usize = 300;

named! {
    /// Why a customer refuses.
    DeclineReason {
        /// Too dear.
        Price = "price",
        /// Bought elsewhere.
        Competitor = "competitor",
        /// The timing is wrong.
        Timing = "timing",
        /// Does not fit.
        Scope = "scope",
        /// Anything else.
        Other = "other",
    }
}

/// A proposal with all its versions; the last one counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Proposal {
    /// Id.
    pub id: ProposalId,
    /// Sales scope of the customer.
    pub scope: Scope,
    /// What it is about.
    pub title: String,
    /// The lead it came from.
    pub lead: Option<LeadId>,
    /// The deal it belongs to.
    pub opportunity: Option<OpportunityId>,
    /// Whom it is for.
    pub customer: CustomerId,
    /// Who wrote it.
    pub owner: PersonId,
    /// Currency of every amount.
    pub currency: Currency,
    /// Versions by number, from 1; never empty.
    pub versions: BTreeMap<u32, ProposalVersion>,
    /// The signature.
    pub acceptance: Option<Acceptance>,
    /// Every recorded change of state.
    pub transitions: BTreeMap<TransitionId, Transition<ProposalState>>,
}

/// What is known when a proposal is opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewProposal {
    /// Fresh id.
    pub id: ProposalId,
    /// Sales scope of the customer.
    pub scope: Scope,
    /// What it is about.
    pub title: String,
    /// The lead it came from.
    pub lead: Option<LeadId>,
    /// The deal it belongs to.
    pub opportunity: Option<OpportunityId>,
    /// Whom it is for.
    pub customer: CustomerId,
    /// Who writes it.
    pub owner: PersonId,
    /// Currency of every amount.
    pub currency: Currency,
    /// Lines and terms to begin with.
    pub content: VersionContent,
}

impl Proposal {
    /// Decides whether a proposal may be opened.
    ///
    /// # Errors
    /// It needs a title; its lines, if any, can be priced.
    pub fn create(new: NewProposal) -> Result<ProposalEvent, ProposalError> {
        let title = clean(&new.title).ok_or(ProposalError::TitleMissing)?;
        check(&new.content, new.currency)?;
        let version = ProposalVersion {
            id: ProposalVersion::id_for(new.scope, new.id, 1),
            number: 1,
            based_on: None,
            content: new.content,
        };
        let proposal = Self {
            id: new.id,
            scope: new.scope,
            title,
            lead: new.lead,
            opportunity: new.opportunity,
            customer: new.customer,
            owner: new.owner,
            currency: new.currency,
            versions: BTreeMap::from([(1, version)]),
            acceptance: None,
            transitions: BTreeMap::new(),
        };
        Ok(ProposalEvent::Created { proposal: Box::new(proposal) })
    }

    /// The proposal that [`ProposalEvent::Created`] makes; `None` for any other event.
    pub fn from_created(event: &ProposalEvent) -> Option<Self> {
        match event {
            ProposalEvent::Created { proposal } => Some(proposal.as_ref().clone()),
            _ => None,
        }
    }

    /// The version that counts.
    pub fn latest(&self) -> &ProposalVersion {
        self.versions.last_key_value().map(|(_, version)| version).expect("a proposal is opened with its first version")
    }

    /// The fold of every recorded transition.
    pub fn folded(&self) -> Folded<ProposalState> {
        fold(self.transitions.values())
    }

    /// The state to show.
    pub fn state(&self) -> ProposalState {
        self.folded().state()
    }

    /// Hash of the latest version's content.
    pub fn content_hash(&self) -> String {
        self.latest().content_hash(self.id, self.currency)
    }

    /// Figures of the latest version.
    ///
    /// # Errors
    /// A line that a merge brought may not be priceable.
    pub fn figures(&self) -> Result<Figures, ProposalError> {
        Ok(self.latest().content.figures(self.currency)?)
    }

    fn step(
        &self,
        to: ProposalState,
        act: &Act,
        reason: Option<String>,
    ) -> Result<Transition<ProposalState>, ProposalError> {
        let folded = self.folded();
        let from = folded.state();
        if from != to && from.allows(to) {
            Ok(Transition::record(&folded, to, act, reason))
        } else {
            Err(ProposalError::NoSuchStep { from, to })
        }
    }

    /// Decides to change lines or terms. A draft is changed in place; what was sent gets a new version.
    ///
    /// # Errors
    /// An answered proposal is sealed; [`ProposalError::Unchanged`] where nothing changes.
    pub fn revise(
        &self,
        content: VersionContent,
        fx_rate: Decimal,
        change_summary: &str,
        act: &Act,
    ) -> Result<Vec<ProposalEvent>, ProposalError> {
        let latest = self.latest();
        if latest.content == content {
            return Err(ProposalError::Unchanged);
        }
        let figures = Box::new(check(&content, self.currency)?);
        if self.state() == ProposalState::Draft {
            let version = Box::new(ProposalVersion { content, ..latest.clone() });
            return Ok(vec![ProposalEvent::Repriced { proposal: self.id, version, figures, fx_rate }]);
        }
        let transition = self.step(ProposalState::Draft, act, None)?;
        let number = latest.number + 1;
        let version = ProposalVersion {
            id: ProposalVersion::id_for(self.scope, self.id, number),
            number,
            based_on: Some(latest.id),
            content,
        };
        let content_hash = version.content_hash(self.id, self.currency);
        let repriced =
            ProposalEvent::Repriced { proposal: self.id, version: Box::new(version.clone()), figures, fx_rate };
        let created = ProposalEvent::VersionCreated {
            proposal: self.id,
            version: Box::new(version),
            content_hash,
            change_summary: change_summary.to_owned(),
            transition,
        };
        Ok(vec![created, repriced])
    }

    /// What the approval matrix says of the latest version.
    ///
    /// # Errors
    /// A line that a merge brought may not be priceable.
    pub fn approval_need(&self, limits: &ApprovalLimits, rate_to_mxn: Decimal) -> Result<ApprovalNeed, ProposalError> {
        Ok(limits.need(&self.latest().content, &self.figures()?, rate_to_mxn))
    }

    /// Decides to hand the latest version to the customer in person.
    ///
    /// # Errors
    /// It has lines, is still valid, and needs no approval it has not got.
    pub fn send_in_person(
        &self,
        document_hash: &str,
        limits: &ApprovalLimits,
        rate_to_mxn: Decimal,
        act: &Act,
    ) -> Result<ProposalEvent, ProposalError> {
        let transition = self.step(ProposalState::Sent, act, None)?;
        let latest = self.latest();
        if latest.content.lines.is_empty() {
            return Err(ProposalError::NoLines);
        }
        self.still_valid(act)?;
        let need = self.approval_need(limits, rate_to_mxn)?;
        if need.approver != Approver::Nobody && self.state() != ProposalState::Approved {
            return Err(ProposalError::ApprovalRequired { approver: need.approver });
        }
        Ok(ProposalEvent::Sent {
            proposal: self.id,
            version: latest.id,
            document_hash: document_hash.to_owned(),
            transition,
        })
    }

    fn still_valid(&self, act: &Act) -> Result<(), ProposalError> {
        let valid_until = self.latest().content.valid_until;
        if act.today > valid_until { Err(ProposalError::Expired { valid_until }) } else { Ok(()) }
    }

    /// Decides whether the customer may accept on the issuer's calendar day of `act`.
    ///
    /// # Errors
    /// Expired after `valid_until`, which is itself a valid day; an older version; content that is not what was
    /// shown; a signature without name, role, consent, image or document.
    pub fn accept(&self, signature: Signature, act: &Act) -> Result<ProposalEvent, ProposalError> {
        if !self.state().awaits_answer() {
            return Err(ProposalError::NotAwaitingAnswer);
        }
        self.still_valid(act)?;
        let latest = self.latest();
        if signature.version != latest.number {
            return Err(ProposalError::NotLatestVersion { latest: latest.number });
        }
        let content_hash = self.content_hash();
        if signature.content_hash != content_hash {
            return Err(ProposalError::ContentChanged);
        }
        let name = clean(&signature.signer.name);
        let role = clean(&signature.signer.role);
        let given = [
            ("name", name.is_some()),
            ("role", role.is_some()),
            ("consent", signature.consent),
            ("image", !signature.image_hash.is_empty()),
            ("document", !signature.document_hash.is_empty()),
        ];
        if let Some((missing, _)) = given.into_iter().find(|(_, given)| !given) {
            return Err(ProposalError::SignatureIncomplete { missing });
        }
        let acceptance = Acceptance {
            version: latest.id,
            content_hash,
            document_hash: signature.document_hash,
            signer: Signer {
                name: name.unwrap_or_default(),
                role: role.unwrap_or_default(),
                email: signature.signer.email,
            },
            signed_at: act.at,
            image_hash: signature.image_hash,
            device: signature.device,
        };
        let transition = self.step(ProposalState::Accepted, act, None)?;
        Ok(ProposalEvent::Accepted { proposal: self.id, acceptance: Box::new(acceptance), transition })
    }

    /// Records that the customer refused.
    ///
    /// # Errors
    /// Only what was sent can be refused.
    pub fn decline(
        &self,
        reason: DeclineReason,
        comment: Option<&str>,
        competitor: Option<&str>,
        act: &Act,
    ) -> Result<ProposalEvent, ProposalError> {
        if !self.state().awaits_answer() {
            return Err(ProposalError::NotAwaitingAnswer);
        }
        let transition = self.step(ProposalState::Declined, act, Some(reason.name().to_owned()))?;
        Ok(ProposalEvent::Declined {
            proposal: self.id,
            version: self.latest().id,
            reason,
            comment: comment.and_then(clean),
            competitor: competitor.and_then(clean),
            transition,
        })
    }

    /// Decides that the last day passed.
    ///
    /// # Errors
    /// [`ProposalError::StillValid`] up to and on the last day.
    pub fn expire(&self, act: &Act) -> Result<ProposalEvent, ProposalError> {
        let valid_until = self.latest().content.valid_until;
        if act.today <= valid_until {
            return Err(ProposalError::StillValid { valid_until });
        }
        let transition = self.step(ProposalState::Expired, act, None)?;
        let total = self.figures()?.quote.total;
        Ok(ProposalEvent::Expired { proposal: self.id, version: self.latest().id, valid_until, total, transition })
    }

    /// Decides to take the proposal back.
    ///
    /// # Errors
    /// An answered proposal is sealed.
    pub fn withdraw(&self, reason: &str, act: &Act) -> Result<ProposalEvent, ProposalError> {
        let transition = self.step(ProposalState::Withdrawn, act, clean(reason))?;
        Ok(ProposalEvent::Withdrawn {
            proposal: self.id,
            version: self.latest().id,
            reason: clean(reason).unwrap_or_default(),
            by: act.by,
            transition,
        })
    }

    /// Puts in a state that a person chose among those that stood side by side; never fails.
    pub fn apply_transition(&mut self, transition: &Transition<ProposalState>) {
        self.transitions.insert(transition.id, transition.clone());
    }

    /// Never fails: an event is a fact, perhaps decided on another device.
    pub fn apply(&mut self, event: &ProposalEvent) {
        let transition = match event {
            ProposalEvent::Created { .. } => return,
            ProposalEvent::Repriced { version, .. } => {
                self.versions.insert(version.number, version.as_ref().clone());
                return;
            }
            ProposalEvent::VersionCreated { version, transition, .. } => {
                self.versions.insert(version.number, version.as_ref().clone());
                transition
            }
            ProposalEvent::Accepted { acceptance, transition, .. } => {
                self.acceptance = Some(acceptance.as_ref().clone());
                transition
            }
            ProposalEvent::Sent { transition, .. }
            | ProposalEvent::Declined { transition, .. }
            | ProposalEvent::Expired { transition, .. }
            | ProposalEvent::Withdrawn { transition, .. } => transition,
        };
        self.apply_transition(transition);
    }
}

fn check(content: &VersionContent, currency: Currency) -> Result<Figures, ProposalError> {
    if content.lines.len() > MAX_LINES { Err(ProposalError::TooManyLines) } else { Ok(content.figures(currency)?) }
}

#[cfg(test)]
mod tests;
