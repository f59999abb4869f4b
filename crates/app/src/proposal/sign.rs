//! The client signs on this screen.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zuc_domain::{
    lead::opportunity::Opportunity,
    proposal::{ApprovalLimits, Signature, Signer},
    shared::{Action, ProposalId, Scope},
};
use zuc_ipc::{
    proposal::{ProposalSaved, ProposalSign},
    words,
};
use zuc_protocol::item::Fact;
use zuc_store::{FactRecord, Projector, StoreError};

use super::{id, load, object};
use crate::{AppError, Office};

/// Largest picture of a signature.
const MAX_PICTURE: usize = 256 * 1024;

/// The drawn signature: an identifier of the person who signed, sealed under their key.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SignatureFact {
    id: Uuid,
    scope: Scope,
    proposal: ProposalId,
    contact: Uuid,
    /// PNG, base64.
    pub(crate) image: String,
}

impl FactRecord for SignatureFact {
    const KIND: &'static str = Fact::SIGNATURE;
    const SEALED: &'static [&'static str] = &["/image"];

    fn uuid(&self) -> Uuid {
        self.id
    }

    fn subject(&self) -> Uuid {
        self.proposal.uuid()
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn person(&self) -> Uuid {
        self.contact
    }

    async fn project(&self, _into: &mut Projector<'_>) -> Result<(), StoreError> {
        // shown only on the paper, which reads it as a fact
        Ok(())
    }
}

impl Office {
    /// Hands the latest version over in person and records the client's signature, bound to the hash that was shown.
    ///
    /// # Errors
    /// `proposal.content_changed` when another hash was shown, `proposal.expired`, `proposal.approval_required`,
    /// `proposal.signature_incomplete`, `signature.not_a_picture`.
    #[tracing::instrument(skip_all, fields(proposal.id = %sign.id))]
    pub async fn proposal_sign(&self, sign: ProposalSign) -> Result<ProposalSaved, AppError> {
        let proposal_id = id(&sign.id)?;
        let picture = STANDARD
            .decode(sign.signature_png.trim_start_matches("data:image/png;base64,"))
            .map_err(|_| AppError::new("signature.not_a_picture", "not base64").at("signature_png"))?;
        if picture.len() > MAX_PICTURE || !picture.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Err(AppError::new("signature.not_a_picture", "not a PNG of reasonable size").at("signature_png"));
        }
        let shown = self.proposal_get(sign.id.clone()).await?;
        let paper = self.paper(proposal_id).await?;
        let document_hash = hex::encode(Sha256::digest(&paper));
        let mut tx = self.begin().await?;
        let mut proposal = load(&mut tx, proposal_id).await?;
        self.allow(Action::AcceptProposal, object(&proposal))?;
        let mut events = Vec::new();
        if !proposal.state().awaits_answer() {
            let act = tx.act();
            let sent = proposal.send_in_person(&document_hash, &ApprovalLimits::default(), Decimal::ONE, &act)?;
            proposal.apply(&sent);
            events.push(sent);
        }
        let act = tx.act();
        let email = match sign.signer_email.trim() {
            "" => None,
            text => Some(text.parse().map_err(|_| AppError::new("lead.bad_email", "not a mail").at("signer_email"))?),
        };
        let accepted = proposal.accept(
            Signature {
                version: proposal.latest().number,
                content_hash: sign.content_hash,
                document_hash,
                signer: Signer { name: sign.signer_name, role: sign.signer_role, email },
                consent: sign.consent,
                image_hash: hex::encode(Sha256::digest(&picture)),
                device: self.actor.device,
            },
            &act,
        )?;
        proposal.apply(&accepted);
        events.push(accepted);
        let customer = crate::customer::load(&mut tx, proposal.customer).await?;
        let contact = customer
            .contacts
            .values()
            .find(|contact| contact.is_primary)
            .map_or(customer.id.uuid(), |contact| contact.id.uuid());
        let picture = SignatureFact {
            id: tx.fresh_id(),
            scope: proposal.scope,
            proposal: proposal.id,
            contact,
            image: STANDARD.encode(&picture),
        };
        tx.record_fact(&picture, &[]).await?;
        let recorded: Vec<&dyn zuc_domain::shared::DomainEvent> =
            events.iter().map(|event| event as &dyn zuc_domain::shared::DomainEvent).collect();
        tx.repository().record_all(&proposal, &recorded).await?;
        if let Some(opportunity) = proposal.opportunity {
            let mut deal = tx
                .repository::<Opportunity>()
                .load(opportunity)
                .await?
                .ok_or_else(|| AppError::not_found("opportunity"))?;
            let act = tx.act();
            // a deal that was closed meanwhile stays as it is
            if let Ok(won) = deal.win(Some(proposal.id), Decimal::ONE, &act) {
                deal.apply(&won, act.at);
                tx.repository().record(&deal, &won).await?;
            }
        }
        tx.commit().await?;
        self.work.notify_one();
        tracing::info!(proposal.id = %proposal_id, version = shown.version, "proposal accepted");
        self.saved(proposal_id, words::say("proposal.signed")).await
    }
}
