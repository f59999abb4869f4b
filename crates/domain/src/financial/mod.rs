//! Invoices: drafted from what was accepted, frozen when issued; and the saga that gets from one to the other.

pub mod error;
pub mod event;
pub mod proposal_to_cash;
pub mod public;
pub mod terms;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use error::InvoiceError;
pub use event::InvoiceEvent;
pub use public::PublicInvoice;
pub use terms::{MetodoPago, PaymentTerms};

use crate::compliance::CfdiState;
use crate::proposal::Proposal;
use crate::shared::text::clean;
use crate::shared::{
    Act, ContractId, Currency, CustomerId, Folded, InvoiceId, LeadId, LineId, Percentage, PricingLine, ProposalId,
    Quote, RoundingStrategy, Scope, StateMachine, TaxKind, Transition, TransitionId, fold,
};

/// A line of an invoice, with the keys of the SAT.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InvoiceLine {
    /// Id, the proposal line's where it comes from one.
    pub id: LineId,
    /// Place among the lines, from 0.
    pub position: u32,
    /// SKU.
    pub sku: String,
    /// Description.
    pub description: String,
    /// Key of `c_ClaveProdServ`.
    pub clave_prod_serv: String,
    /// Key of `c_ClaveUnidad`.
    pub clave_unidad: String,
    /// Unit as said.
    pub unit: String,
    /// How many.
    pub quantity: Decimal,
    /// Price of one, before discount and tax.
    pub unit_price: Decimal,
    /// Discount of the line.
    pub discount: Percentage,
    /// Its tax.
    pub tax: TaxKind,
}

/// The receiver as the document names them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Receptor {
    /// RFC.
    pub rfc: String,
    /// Name without company type, as registered.
    pub legal_name: String,
    /// Key of `c_RegimenFiscal`.
    pub regimen_fiscal: String,
    /// Postal code of the fiscal domicile.
    pub domicilio_cp: String,
    /// Key of `c_UsoCFDI`.
    pub uso_cfdi: String,
}

/// What was fixed when the document was sealed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Issuance {
    /// Serie.
    pub serie: String,
    /// Folio, claimed at the relay.
    pub folio: u64,
    /// Fecha of the document as an instant: the 72 hours run from here.
    pub fecha: Timestamp,
    /// SHA-256 of the sealed XML, hex.
    pub xml_hash: String,
    /// Reference of the attempt at the relay and the PAC.
    pub stamp_key: String,
}

/// The timbre.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Timbre {
    /// Folio fiscal.
    pub uuid: String,
    /// `FechaTimbrado` as delivered.
    pub fecha_timbrado: String,
    /// SHA-256 of the stamped XML, hex.
    pub xml_hash: String,
}

/// Why the PAC, the SAT or our own rules refused the document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refusal {
    /// SAT style, as `CFDI40148`.
    pub code: String,
    /// The PAC's or our own text.
    pub message: String,
    /// Field it points to.
    pub field: Option<String>,
}

/// An invoice. Lives in `finance`; its XML in `fiscal`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Invoice {
    /// Id: derived from the proposal it came from.
    pub id: InvoiceId,
    /// Always `finance`.
    pub scope: Scope,
    /// The customer.
    pub customer: CustomerId,
    /// The accepted proposal.
    pub proposal: Option<ProposalId>,
    /// The contract.
    pub contract: Option<ContractId>,
    /// The lead all began with.
    pub lead: Option<LeadId>,
    /// What a draft is called; no fiscal meaning.
    pub draft_label: String,
    /// Currency.
    pub currency: Currency,
    /// Lines.
    pub lines: BTreeMap<LineId, InvoiceLine>,
    /// Discount of the whole document, prorated to its lines.
    pub document_discount: Percentage,
    /// Rounding of the lines; never mixed within a document.
    pub rounding: RoundingStrategy,
    /// Receiver, once known.
    pub receptor: Option<Receptor>,
    /// PUE or PPD, and the form.
    pub terms: PaymentTerms,
    /// Day of the draft.
    pub created_on: Date,
    /// Day it is due.
    pub due_on: Date,
    /// Internal note; never printed, never in the XML.
    pub note: String,
    /// Set when it was sealed; a new seal replaces it, with the same folio.
    pub issuance: Option<Issuance>,
    /// Set when it was stamped.
    pub timbre: Option<Timbre>,
    /// The last refusal, until the document is sealed again.
    pub refusal: Option<Refusal>,
    /// Every recorded change of the fiscal state.
    pub transitions: BTreeMap<TransitionId, Transition<CfdiState>>,
}

impl Invoice {
    /// The id of the invoice that `proposal` leads to.
    pub fn id_for(proposal: ProposalId) -> InvoiceId {
        InvoiceId::derive(Scope::Finance, proposal, "invoice")
    }

    /// Drafts the invoice of an accepted proposal: the same lines, discounts and engine, so the same cents.
    ///
    /// # Errors
    /// [`InvoiceError::NotAccepted`] for any other proposal; the codes of the pricing engine.
    pub fn draft_from(
        proposal: &Proposal,
        contract: ContractId,
        receptor: Option<Receptor>,
        label: &str,
        act: &Act,
    ) -> Result<InvoiceEvent, InvoiceError> {
        if proposal.acceptance.is_none() {
            return Err(InvoiceError::NotAccepted);
        }
        let content = &proposal.latest().content;
        let lines = content
            .ordered_lines()
            .into_iter()
            .zip(0_u32..)
            .map(|(line, position)| {
                let line = InvoiceLine {
                    id: line.id,
                    position,
                    sku: line.sku.clone(),
                    description: line.description.clone(),
                    clave_prod_serv: line.clave_prod_serv.clone(),
                    clave_unidad: line.clave_unidad.clone(),
                    unit: line.unit.clone(),
                    quantity: line.quantity,
                    unit_price: line.unit_price,
                    discount: line.discount,
                    tax: line.tax,
                };
                (line.id, line)
            })
            .collect();
        let due_on = act.today.saturating_add(jiff::Span::new().days(i64::from(content.payment_days)));
        let invoice = Self {
            id: Self::id_for(proposal.id),
            scope: Scope::Finance,
            customer: proposal.customer,
            proposal: Some(proposal.id),
            contract: Some(contract),
            lead: proposal.lead,
            draft_label: label.to_owned(),
            currency: proposal.currency,
            lines,
            document_discount: content.document_discount,
            rounding: content.rounding,
            receptor,
            terms: PaymentTerms::for_due(act.today, due_on),
            created_on: act.today,
            due_on,
            note: String::new(),
            issuance: None,
            timbre: None,
            refusal: None,
            transitions: BTreeMap::new(),
        };
        invoice.quote()?;
        Ok(InvoiceEvent::Created { invoice: Box::new(invoice) })
    }

    /// The invoice a created event makes.
    pub fn from_created(event: &InvoiceEvent) -> Option<Self> {
        match event {
            InvoiceEvent::Created { invoice } => Some(invoice.as_ref().clone()),
            _ => None,
        }
    }

    /// Lines in their order.
    pub fn ordered_lines(&self) -> Vec<&InvoiceLine> {
        let mut lines: Vec<_> = self.lines.values().collect();
        lines.sort_by_key(|line| (line.position, line.id));
        lines
    }

    /// The amounts, by the one decimal engine, in the order of [`Self::ordered_lines`].
    ///
    /// # Errors
    /// The codes of the pricing engine.
    pub fn quote(&self) -> Result<Quote, InvoiceError> {
        let lines: Vec<PricingLine> = self
            .ordered_lines()
            .into_iter()
            .map(|line| PricingLine {
                quantity: line.quantity,
                unit_price: line.unit_price,
                discount: line.discount,
                tax: line.tax,
            })
            .collect();
        Ok(Quote::price(&lines, self.document_discount, self.rounding, self.currency)?)
    }

    /// The fold of every recorded transition.
    pub fn folded(&self) -> Folded<CfdiState> {
        fold(self.transitions.values())
    }

    /// The fiscal state.
    pub fn state(&self) -> CfdiState {
        self.folded().state()
    }

    /// Serie and folio once sealed, the draft's label before.
    pub fn label(&self) -> String {
        self.issuance
            .as_ref()
            .map_or_else(|| self.draft_label.clone(), |issued| format!("{}-{}", issued.serie, issued.folio))
    }

    /// Changes receiver, terms and note of what is not sealed; events come later, when it is issued.
    ///
    /// # Errors
    /// [`InvoiceError::Locked`] once it is sealed: issued means immutable.
    pub fn complete(&mut self, receptor: Receptor, terms: PaymentTerms, note: &str) -> Result<(), InvoiceError> {
        let state = self.state();
        if !state.is_editable() {
            return Err(InvoiceError::Locked { state });
        }
        self.receptor = Some(receptor);
        self.terms = terms;
        self.note = clean(note).unwrap_or_default();
        Ok(())
    }

    /// Decides that the sealed document is this invoice's: folio, totals and receiver are frozen.
    ///
    /// # Errors
    /// [`InvoiceError::NoReceptor`]; [`InvoiceError::OtherFolio`]: a folio stays with its invoice; no such step.
    pub fn issue(&self, issuance: Issuance, act: &Act) -> Result<InvoiceEvent, InvoiceError> {
        if self.receptor.is_none() {
            return Err(InvoiceError::NoReceptor);
        }
        if self.issuance.as_ref().is_some_and(|old| (&old.serie, old.folio) != (&issuance.serie, issuance.folio)) {
            return Err(InvoiceError::OtherFolio);
        }
        let transition = self.step(CfdiState::Generated, act, None)?;
        let total = self.quote()?.total;
        Ok(InvoiceEvent::Issued {
            invoice: self.id,
            issuance,
            total,
            currency: self.currency,
            terms: self.terms.clone(),
            transition,
        })
    }

    /// Records where the document stands at the relay or the PAC; `None` when it already stands there.
    ///
    /// # Errors
    /// No such step.
    pub fn follow(&self, to: CfdiState, act: &Act) -> Result<Option<Transition<CfdiState>>, InvoiceError> {
        if self.state() == to { Ok(None) } else { self.step(to, act, None).map(Some) }
    }

    /// Records the relay's receipt of the timbre: an authority, it counts wherever we thought the document was.
    /// `None` when it is already stamped.
    ///
    /// # Errors
    /// [`InvoiceError::NoSuchStep`] when it was taken back.
    pub fn stamped(&self, act: &Act) -> Result<Option<Transition<CfdiState>>, InvoiceError> {
        self.by_authority(CfdiState::Stamped, act, None)
    }

    /// Records that it will never be issued, which the relay's ledger has promised: an authority, it counts even where
    /// the document was sealed meanwhile. `None` when it is already taken back.
    ///
    /// # Errors
    /// [`InvoiceError::NoSuchStep`]: what may be at the PAC is not taken back, a stamped document is cancelled.
    pub fn void(&self, reason: &str, act: &Act) -> Result<Option<InvoiceEvent>, InvoiceError> {
        let reason = clean(reason);
        let transition = self.by_authority(CfdiState::Voided, act, reason.clone())?;
        let reason = reason.unwrap_or_default();
        Ok(transition.map(|transition| InvoiceEvent::Voided { invoice: self.id, reason, at: act.at, transition }))
    }

    /// A step that the relay's ledger or the PAC has decided; `None` when it is taken already.
    fn by_authority(
        &self,
        to: CfdiState,
        act: &Act,
        reason: Option<String>,
    ) -> Result<Option<Transition<CfdiState>>, InvoiceError> {
        let folded = self.folded();
        let from = folded.state();
        if from == to {
            return Ok(None);
        }
        if !from.allows_authority(to) {
            return Err(InvoiceError::NoSuchStep { from, to });
        }
        Ok(Some(Transition { authority: true, ..Transition::record(&folded, to, act, reason) }))
    }

    fn step(&self, to: CfdiState, act: &Act, reason: Option<String>) -> Result<Transition<CfdiState>, InvoiceError> {
        let folded = self.folded();
        let from = folded.state();
        if from != to && from.allows(to) {
            Ok(Transition::record(&folded, to, act, reason))
        } else {
            Err(InvoiceError::NoSuchStep { from, to })
        }
    }

    /// Puts a change of state in; never fails.
    pub fn apply_transition(&mut self, transition: &Transition<CfdiState>) {
        self.transitions.insert(transition.id, transition.clone());
    }

    /// Never fails: an event is a fact, perhaps decided on another device.
    pub fn apply(&mut self, event: &InvoiceEvent) {
        match event {
            InvoiceEvent::Created { .. } => {}
            InvoiceEvent::Issued { issuance, transition, .. } => {
                self.issuance = Some(issuance.clone());
                self.refusal = None;
                self.apply_transition(transition);
            }
            InvoiceEvent::Voided { transition, .. } => self.apply_transition(transition),
        }
    }
}

#[cfg(test)]
mod tests;
