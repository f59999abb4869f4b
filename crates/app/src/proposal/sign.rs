//! The client signs on this screen.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zuc_domain::{
    customer::{Contact, Customer},
    lead::opportunity::Opportunity,
    proposal::{ApprovalLimits, Signature, Signer},
    shared::{
        Action, ContactId, ProposalId, Scope,
        text::{fold, names_agree},
    },
};
use zuc_ipc::{
    proposal::{ProposalSaved, ProposalSign},
    words,
};
use zuc_protocol::item::Fact;
use zuc_store::{FactRecord, Projector, StoreError};

use super::{id, load, object};
use crate::{AppError, Office, privacy::id_at};

/// Largest picture of a signature.
const MAX_PICTURE: usize = 256 * 1024;

/// The drawn signature: an identifier of the person who signed, sealed under their key.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SignatureFact {
    id: Uuid,
    scope: Scope,
    proposal: ProposalId,
    /// Whose key seals the picture: the contact's who signed, else the proposal's.
    contact: Uuid,
    /// PNG, base64; none once whoever drew it was forgotten.
    pub(crate) image: Option<String>,
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
    /// `proposal.signature_incomplete`, `signature.not_a_picture`; `proposal.key_late` while the key of somebody that the
    /// paper names has not come.
    #[tracing::instrument(skip_all, fields(proposal.id = %sign.id))]
    pub async fn proposal_sign(&self, sign: ProposalSign) -> Result<ProposalSaved, AppError> {
        let proposal_id = id(&sign.id)?;
        let picture = STANDARD
            .decode(sign.signature_png.trim_start_matches("data:image/png;base64,"))
            .map_err(|_| AppError::new("signature.not_a_picture", "not base64").at("signature_png"))?;
        if picture.len() > MAX_PICTURE || !picture.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Err(AppError::new("signature.not_a_picture", "not a PNG of reasonable size").at("signature_png"));
        }
        self.must_read_whole(proposal_id).await?;
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
        // whoever signs may be one of the customer's contacts: then one erasure reaches their signature too
        let customer = crate::customer::load(&mut tx, proposal.customer).await?;
        let signer = proposal.acceptance.as_ref().map(|acceptance| &acceptance.signer);
        let contact = signer.and_then(|signer| contact_of(&customer, signer));
        if let Some(contact) = contact {
            tx.follow_person(contact, proposal.id).await?;
        }
        let picture = SignatureFact {
            id: tx.fresh_id(),
            scope: proposal.scope,
            proposal: proposal.id,
            contact: contact.map_or(proposal.id.uuid(), ContactId::uuid),
            image: Some(STANDARD.encode(&picture)),
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
        self.saved(proposal_id, words::say("proposal.signed"), None).await
    }
}

impl Office {
    /// Refuses while a key is on its way that seals what the paper says, or who of the customer's contacts signs: nobody
    /// signs a paper on which somebody stands as forgotten who was not.
    ///
    /// # Errors
    /// `proposal.key_late`.
    async fn must_read_whole(&self, proposal: ProposalId) -> Result<(), AppError> {
        let found = self.store.held_record(proposal.uuid()).await?.ok_or_else(|| AppError::not_found("proposal"))?;
        let customer = id_at(&found.value, "/customer");
        let customer = match customer {
            Some(customer) => self.store.held_record(customer).await?,
            None => None,
        };
        for record in std::iter::once(&found).chain(&customer) {
            if self.is_late(record, "").await? {
                return Err(AppError::new("proposal.key_late", "a key of somebody named here has not come"));
            }
        }
        Ok(())
    }
}

/// The contact who signs: by their mail, where the name agrees with it (a mail may be an office's, or another's who lent
/// it), else by their name.
fn contact_of(customer: &Customer, signer: &Signer) -> Option<ContactId> {
    let has_mail = |contact: &&Contact| contact.email.is_some() && contact.email == signer.email;
    let agrees = |contact: &&Contact| names_agree(&contact.name, &signer.name);
    let called = |contact: &&Contact| fold(&contact.name) == fold(&signer.name);
    let by_mail = customer.contacts.values().filter(has_mail).find(agrees);
    by_mail.or_else(|| customer.contacts.values().find(called)).map(|contact| contact.id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use zuc_domain::{
        customer::{CustomerKind, DecisionPower},
        shared::{Currency, CustomerId, PersonId},
    };

    use super::*;

    fn contact(id: u128, name: &str, email: &str) -> (ContactId, Contact) {
        let id = ContactId(Uuid::from_u128(id));
        let contact = Contact {
            id,
            name: name.to_owned(),
            role: None,
            is_primary: id.uuid().as_u128() == 1,
            email: email.parse().ok(),
            phone: None,
            decision_power: DecisionPower::Unknown,
            opposed_at: None,
            consent: None,
        };
        (id, contact)
    }

    #[test]
    fn a_signature_is_of_the_contact_who_signs_and_of_nobody_else() {
        let customer = Customer {
            id: CustomerId(Uuid::from_u128(9)),
            scope: Scope::Sales(1),
            legal_name: "Talleres".to_owned(),
            trade_name: None,
            rfc: None,
            kind: CustomerKind::Moral,
            owner: PersonId(Uuid::from_u128(7)),
            currency: Currency::Mxn,
            source: "web".to_owned(),
            lead: None,
            contacts: BTreeMap::from([contact(1, "Rosa Ruiz", "rosa@a.example"), contact(2, "Juan Peña", "")]),
            fiscal_profile: None,
            transitions: BTreeMap::new(),
        };
        let signs = |name: &str, email: &str| {
            let signer = Signer { name: name.to_owned(), role: String::new(), email: email.parse().ok() };
            contact_of(&customer, &signer).map(|id| id.uuid().as_u128())
        };
        assert_eq!(signs("R. Ruiz", "rosa@a.example"), Some(1));
        assert_eq!(signs("JUAN PENA", ""), Some(2), "not whoever is written to first");
        assert_eq!(signs("Eva Soto", ""), None, "no mail is nobody's mail");
        assert_eq!(signs("Eva Soto", "rosa@a.example"), None, "who signs with another's mail is not the other");
        assert_eq!(signs("Juan Peña", "rosa@a.example"), Some(2));
    }
}
